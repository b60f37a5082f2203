"""A list of contacts over several books."""

from __future__ import annotations

import strawberry

from gateway.directory import Listing, Row
from gateway.directory.paging import CursorSeal
from gateway.schema.administration import SourceStatus
from gateway.schema.contact import Contact
from gateway.schema.page_info import PageInfo


@strawberry.type(description="A contact and its place in the list.")
class ContactEdge:
    """An edge."""

    cursor: str = strawberry.field(
        description="Opaque; for after and before. Good for lists in the same order, "
        "also once the contact is gone."
    )
    node: Contact = strawberry.field(description="The contact.")


@strawberry.type(
    description="A page of contacts over all books asked, and what it is worth for each of them."
)
class ContactConnection:
    """A Listing of the directory."""

    listing: strawberry.Private[Listing]
    seal: strawberry.Private[CursorSeal]

    @strawberry.field(description="The contacts with their places.")
    def edges(self) -> list[ContactEdge]:
        """Return rows with cursors."""
        return [ContactEdge(cursor=self._cursor(row), node=Contact.of(row)) for row in self.listing.rows]

    @strawberry.field(description="The contacts.")
    def nodes(self) -> list[Contact]:
        """Return rows alone."""
        return [Contact.of(row) for row in self.listing.rows]

    @strawberry.field(description="What lies before and behind this page.")
    def page_info(self) -> PageInfo:
        """Return the page's place."""
        rows = self.listing.rows
        ends = [self._cursor(rows[0]), self._cursor(rows[-1])] if rows else []
        return PageInfo.around(ends, has_next=self.listing.has_next, has_previous=self.listing.has_previous)

    @strawberry.field(description="Contacts on all pages: exact, or null while that is not known.")
    def total_count(self) -> int | None:
        """Return the count over all books asked."""
        return self.listing.total

    @strawberry.field(
        description="One entry for each administration asked; a failing one costs only its own rows."
    )
    def sources(self) -> list[SourceStatus]:
        """Return what the list is worth."""
        return [SourceStatus.from_view(view) for view in self.listing.sources]

    def _cursor(self, row: Row) -> str:
        # Only a contact outside of any list has no place.
        return self.seal.close(self.listing.order, row.place or ())
