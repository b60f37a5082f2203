"""What a list is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.cache import Held
from gateway.directory.criteria import ACTIVE_BY_NAME, Criteria
from gateway.directory.order import Order, Place
from gateway.directory.paging import PageRequest
from gateway.domain.administration import SourceState
from gateway.domain.contact import Contact
from gateway.domain.errors import GatewayError


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for.

    Attributes:
        administrations: Slugs of the books.
        page: Which part.
        max_age: Seconds; None as configured. Bounds the list, and the details of the rows on the page.
        paths: Unified paths that are shown of each contact.
        criteria: Which contacts, and in what order.
        counted: Whether the counts are asked for.
    """

    administrations: tuple[str, ...]
    page: PageRequest
    max_age: float | None
    paths: frozenset[str]
    criteria: Criteria = ACTIVE_BY_NAME
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer is worth for one administration; counts are None while they are not known.

    `match_count`, `details_fetched_at` and `not_filterable` speak of one list; `problem` is set when
    the last attempt failed, or when something is lacking.
    """

    administration: str
    state: SourceState
    fetched_at: datetime | None = None
    contact_count: int | None = None
    detailed_count: int | None = None
    match_count: int | None = None
    details_fetched_at: datetime | None = None
    not_filterable: tuple[str, ...] = ()
    problem: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in an answer, with what kept its details from being known."""

    held: Held[Contact]
    place: Place | None = None
    problem: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; `total` is exact, None where it was not asked for or a book is not known in full."""

    rows: tuple[Row, ...]
    has_next: bool
    has_previous: bool
    total: int | None
    sources: tuple[Source, ...]
    order: Order
