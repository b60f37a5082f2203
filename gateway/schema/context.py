"""What resolvers have at hand: one context per request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import strawberry

from gateway.auth import Scope, Viewer
from gateway.directory import Directory
from gateway.domain.administration import Administration
from gateway.domain.errors import BadInput, Forbidden, GatewayError, NotFound
from gateway.domain.identity import GlobalId, parse
from gateway.flight import Deadline
from gateway.loaders import Loaders
from gateway.ports import Backend
from gateway.services import Services

T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """One request: who asks, until when answers are waited for, and where they come from.

    `max_age` is for fields that name none, in seconds; no wish below `min_max_age` is heeded. `services`
    is what mutations are carried out by.
    """

    viewer: Viewer
    deadline: Deadline
    loaders: Loaders
    directory: Directory
    now: Callable[[], datetime]
    max_age: int | None = None
    min_max_age: int = 0
    services: Services = field(kw_only=True)
    told: set[tuple[str, str]] = field(default_factory=set)

    def age(self, wanted: int | None) -> int | None:
        """Return how old what a field shows may be, in seconds; None as configured.

        Raises:
            BadInput: the field's own wish makes no sense.
        """
        if wanted is not None and wanted < 0:
            raise BadInput("maxAge must be 0 or more.")
        wish = self.max_age if wanted is None else wanted
        return None if wish is None else max(wish, self.min_max_age)

    @property
    def shown(self) -> list[tuple[float, float, bool]]:
        """What was shown: its age, the seconds for which it is as good as new, and whether it is whole."""
        now = self.now()
        return [((now - at).total_seconds(), fresh, whole) for at, fresh, whole in self.loaders.shown]

    def visible(self) -> list[Administration]:
        """Return the administrations that exist for the viewer, in the order of the configuration.

        Raises:
            Forbidden: the viewer may read none.
        """
        self._check_reading()
        books = self.directory.books.values()
        return [book.backend.administration for book in books if self.viewer.sees(book.slug)]

    def backend(self, slug: str) -> Backend:
        """Return a connected administration.

        Raises:
            Forbidden: the viewer may read none.
            NotFound: there is none of that name for the viewer.
        """
        self._check_reading()
        if slug not in self.directory.books or not self.viewer.sees(slug):
            raise NotFound("There is no such administration.")
        return self.directory.books[slug].backend

    def slug(self, administration: str) -> str:
        """Return the slug behind an administration's id; a slug is good too.

        Raises:
            BadInput: an id of something else.
            Forbidden: the viewer may read none.
            NotFound: there is none of that id or slug for the viewer.
        """
        self._check_reading()
        if administration in self.directory.books:
            slug = administration
        else:
            slug = self._administration_id(administration)
        return self.backend(slug).administration.slug

    def once(self, administration: str, field_name: str, error: GatewayError) -> None:
        """Raise an error the first time it concerns an administration and a field, else say nothing.

        A list of fifty contacts whose details are missing is one fault, not fifty.
        """
        if (administration, field_name) in self.told:
            return
        self.told.add((administration, field_name))
        raise error

    def _check_reading(self) -> None:
        # Before anything is looked up: who may read nothing learns nothing of what there is.
        if not self.viewer.may(Scope.READ):
            raise Forbidden(f"This needs the scope {Scope.READ}.")

    def _administration_id(self, text: str) -> str:
        try:
            found = parse(text)
        except BadInput:
            # What looks like a slug was meant as one.
            raise NotFound("There is no such administration.") from None
        if found.type != "Administration":
            raise BadInput("The id is not an administration's.")
        return found.administration


def parse_id(text: str, type_name: str) -> GlobalId:
    """Read the global id of a type.

    Raises:
        BadInput: it is malformed, or the id of something else.
    """
    found = parse(text)
    if found.type != type_name:
        raise BadInput(f"The id is not that of a {type_name}.")
    return found


Info = strawberry.Info[Context, None]
