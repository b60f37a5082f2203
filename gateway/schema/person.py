"""A person to talk to at a contact."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.domain import person as domain
from gateway.domain.identity import GlobalId
from gateway.schema.node import Node, optional_id

if TYPE_CHECKING:
    from gateway.schema.contact import Contact


@strawberry.type(description="A person to talk to at a contact.")
class ContactPerson(Node):
    """A Person of the domain, with the contact that holds it."""

    owner: strawberry.Private[Any]
    remote_id: strawberry.ID | None = strawberry.field(
        description="What the system calls the person; null where it keeps plain names."
    )
    version: str | None = strawberry.field(
        description="Changes with the person; null where the system has none."
    )
    full_name: str = strawberry.field(
        description="Never empty: e-mail address or telephone stand in for a name."
    )
    first_name: str | None = strawberry.field(description="Null where the system keeps the whole name only.")
    last_name: str | None = strawberry.field(description="Null where the system keeps the whole name only.")
    phone: str | None = strawberry.field(description="As stored.")
    email: str | None = strawberry.field(description="As stored.")
    department: str | None = strawberry.field(description="As stored.")
    created_at: datetime | None = strawberry.field(description="Null where the system does not tell.")
    updated_at: datetime | None = strawberry.field(description="Null where the system does not tell.")

    @strawberry.field(description="The contact that the person belongs to.")
    def contact(self) -> Annotated[Contact, strawberry.lazy("gateway.schema.contact")] | None:
        """Return the contact that was read with the person."""
        contact: Contact = self.owner
        return contact

    @classmethod
    def from_domain(cls, person: domain.Person, owner: Contact) -> ContactPerson:
        """Show a person."""
        key = owner.model.key
        return cls(
            id=strawberry.ID(str(GlobalId("ContactPerson", (key.administration, key.remote, person.key)))),
            owner=owner,
            remote_id=optional_id(person.remote_id),
            version=person.version,
            full_name=person.full_name,
            first_name=person.first_name,
            last_name=person.last_name,
            phone=person.phone,
            email=person.email,
            department=person.department,
            created_at=person.created_at,
            updated_at=person.updated_at,
        )
