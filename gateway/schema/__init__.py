"""GraphQL as a client sees it; a concept file holds its type and its resolvers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.extensions import DisableIntrospection, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.schema.types.concrete_type import ConcreteType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from gateway.domain.errors import GatewayError
from gateway.schema.administration import Administration
from gateway.schema.charge import Charge
from gateway.schema.contact import Contact
from gateway.schema.enums import System
from gateway.schema.mutation import Mutation
from gateway.schema.note import Note
from gateway.schema.person import ContactPerson
from gateway.schema.query import Query
from gateway.schema.scalars import scalar_map
from gateway.telemetry import log, shape

DOCUMENTS = 32
"""How many documents are parsed and validated once per text; each may be as large as a request."""

DOCUMENT_CACHES = (partial(ParserCache, maxsize=DOCUMENTS), partial(ValidationCache, maxsize=DOCUMENTS))


class ContactsSchema(strawberry.Schema):
    """The schema, with the enum of systems made from those that are installed.

    Args:
        systems: System name to its title.
        introspection: Whether clients may ask what the schema holds, and are told what they may have meant.
    """

    def __init__(self, systems: Mapping[str, str], *, introspection: bool = True) -> None:
        self._systems = systems
        super().__init__(
            query=Query,
            mutation=Mutation,
            types=[Administration, Contact, ContactPerson, Note, Charge],
            config=StrawberryConfig(scalar_map=scalar_map(), disable_field_suggestions=not introspection),
            extensions=[*DOCUMENT_CACHES, *([] if introspection else [DisableIntrospection])],
        )

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """Return a type's fields; Strawberry asks before it converts any type that they name."""
        self.schema_converter.type_map.setdefault("System", self._system_enum())
        return super().get_fields(type_definition)

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: Any = None,  # noqa: ARG002
    ) -> None:
        """Log what nobody foresaw; what we say of ourselves is the client's, and not news."""
        for error in errors:
            cause = error.original_error
            if error.path is not None and cause is not None and not isinstance(cause, GatewayError):
                log().error("resolver_failed", path=".".join(map(str, error.path)), **shape(cause))

    def _system_enum(self) -> ConcreteType:
        """Put the installed systems in the place of the enum that stands for them in the code."""
        placeholder: Any = System.__strawberry_definition__  # type: ignore[attr-defined]
        values: Any = {
            name.upper(): strawberry.enum_value(name, description=f"{title}.")
            for name, title in self._systems.items()
        }
        make_enum: Any = Enum
        definition = strawberry.enum(make_enum("System", values)).__strawberry_definition__
        implementation = CustomGraphQLEnumType(
            enum=definition,
            name="System",
            values={each.name: self.schema_converter.from_enum_value(each) for each in definition.values},
            description=placeholder.description,
            extensions={"strawberry-definition": placeholder},
        )
        return ConcreteType(definition=placeholder, implementation=implementation)


def build(systems: Mapping[str, str], *, introspection: bool = True) -> ContactsSchema:
    """Make the schema.

    Args:
        systems: System name ("moneybird") to its title ("Moneybird"), in the order of the enum's values.
        introspection: Whether clients may ask what the schema holds.
    """
    return ContactsSchema(systems, introspection=introspection)


def print_sdl(schema: ContactsSchema) -> str:
    """Return the schema as text, ending in a line break."""
    return schema.as_str().rstrip("\n") + "\n"
