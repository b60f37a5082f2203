"""All contacts of all administrations as one searchable value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from gateway.cache import Held
from gateway.directory.paging import CursorSeal, Page, PageRequest, paginate
from gateway.directory.refresh import BATCH, Book
from gateway.directory.selection import covers
from gateway.directory.snapshot import Snapshot
from gateway.domain.administration import SourceState
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError, BadUpstreamAnswer, DeadlineExceeded, GatewayError, NotFound
from gateway.flight import Deadline
from gateway.telemetry import Cause, because


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer is worth for one administration; counts are None while they are not known.

    `match_count` and `details_fetched_at` speak of one list; `problem` is set when the last attempt
    failed, or when something is lacking.
    """

    administration: str
    state: SourceState
    fetched_at: datetime | None = None
    contact_count: int | None = None
    detailed_count: int | None = None
    match_count: int | None = None
    details_fetched_at: datetime | None = None
    problem: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in an answer, with what kept its details from being known."""

    held: Held[Contact]
    place: tuple[str, str] | None = None
    problem: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; `total` is exact, None where a book is missing."""

    rows: tuple[Row, ...]
    has_next: bool
    has_previous: bool
    total: int | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for: which books, which part, how old, and which unified paths."""

    administrations: tuple[str, ...]
    page: PageRequest
    max_age: float | None
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Holding:
    """What one book held at the moment of an answer, and why there is nothing newer."""

    book: Book
    snapshot: Snapshot | None
    problem: GatewayError | None

    @property
    def fetched_at(self) -> datetime:
        """When the rows were read; for a book with rows only."""
        return self.snapshot.fetched_at if self.snapshot else datetime.min.replace(tzinfo=UTC)


K = TypeVar("K")
Hydrated = Mapping[tuple[str, str], Held[Contact] | GatewayError]


class Directory:
    """Every connected book by its slug.

    Args:
        books: By administration.
        seal: Makes cursors.
    """

    def __init__(self, books: Mapping[str, Book], seal: CursorSeal) -> None:
        self.books = books
        self.seal = seal

    async def read(
        self, administration: str, keys: Sequence[str], *, max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts of one administration by the system's ids, as `Book.read` does."""
        return await self.books[administration].read(keys, max_age=max_age, details=details)

    async def settle(
        self, administrations: Iterable[str], max_age: float | None, deadline: Deadline
    ) -> frozenset[str]:
        """Renew the books that are too old, as far as the time goes; the renewal itself goes on.

        Returns:
            The administrations whose renewal did not end in time.
        """
        due = {slug: book for slug in administrations if not (book := self.books[slug]).young(max_age)}
        return await _wait({slug: book.renew() for slug, book in due.items()}, deadline)

    async def list(self, query: ListQuery, deadline: Deadline) -> Listing:
        """Return one page over several books in NAME order, with what it is worth for each of them."""
        late = await self.settle(query.administrations, query.max_age, deadline)
        # One moment for the whole answer, whatever is renewed while its details are read.
        held = {slug: self._held(slug, is_late=slug in late) for slug in query.administrations}
        shelves = [each.snapshot.listed for each in held.values() if each.snapshot]
        page = paginate(shelves, query.page)
        hydrated = await self._hydrate(page, query, deadline)
        rows = tuple(_row(entry.contact, entry.place, hydrated, held) for entry in page.entries)
        total = sum(len(shelf) for shelf in shelves) if len(shelves) == len(held) else None
        sources = tuple(_source_of_list(each, rows) for each in held.values())
        return Listing(rows, page.has_next, page.has_previous, total, sources)

    def source(self, administration: str) -> Source:
        """Say what is held of one administration."""
        return _source(self._held(administration))

    async def close(self) -> None:
        """End what runs behind answers."""
        await asyncio.gather(*(book.close() for book in self.books.values()))

    def _held(self, slug: str, *, is_late: bool = False) -> _Holding:
        book = self.books[slug]
        problem: GatewayError | None = book.problem
        if is_late and problem is None:
            problem = DeadlineExceeded("The time for this operation was over before the list was renewed.")
        return _Holding(book, book.usable(), problem)

    async def _hydrate(self, page: Page, query: ListQuery, deadline: Deadline) -> Hydrated:
        """Read the details of the page's thin rows: those asked for anew, the others as far as held."""
        found: dict[tuple[str, str], Held[Contact] | GatewayError] = {}
        late = DeadlineExceeded("The time for this operation was over before all details were read.")
        jobs: list[Awaitable[None]] = []
        for slug in query.administrations:
            book = self.books[slug]
            keys = [entry.contact.key.remote for entry in page.entries if _is_thin(entry.contact, slug)]
            if keys and covers(book.backend.contacts.listed, query.paths):
                found.update({(slug, key): held for key, held in (await book.held_details(keys)).items()})
            elif keys:
                found.update(dict.fromkeys(((slug, key) for key in keys), late))
                batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
                jobs += [_hydrate_batch(book, batch, query.max_age, found) for batch in batches]
        await _wait(dict(enumerate(jobs)), deadline)
        return found


async def _hydrate_batch(
    book: Book,
    keys: Sequence[str],
    max_age: float | None,
    found: dict[tuple[str, str], Held[Contact] | GatewayError],
) -> None:
    with because(Cause.HYDRATE):
        answer = await book.read(keys, max_age=max_age, details=True)
    for key in keys:
        # A row whose details are gone was deleted since the list was read; it stays as listed.
        found[book.slug, key] = answer.get(key) or NotFound("A contact is gone since the list was read.")


def _is_thin(contact: Contact, slug: str) -> bool:
    return contact.key.administration == slug and not contact.complete


def _source(holding: _Holding) -> Source:
    book, snapshot, problem = holding.book, holding.snapshot, holding.problem
    if snapshot is None:
        unloaded = DeadlineExceeded("The contacts have not been loaded yet.")
        return Source(book.slug, SourceState.UNAVAILABLE, problem=problem or unloaded)
    state = SourceState.STALE if problem else SourceState.FRESH
    if snapshot.left_out and problem is None:
        words = f"{snapshot.left_out} of the records could not be read as a contact and are left out."
        state, problem = SourceState.PARTIAL, BadUpstreamAnswer(words, administration=book.slug)
    return Source(
        book.slug,
        state,
        fetched_at=snapshot.fetched_at,
        contact_count=len(snapshot.contacts),
        detailed_count=len(book.detailed) if book.is_thin else len(snapshot.contacts),
        problem=problem,
    )


def _source_of_list(holding: _Holding, rows: Iterable[Row]) -> Source:
    source, book = _source(holding), holding.book
    if holding.snapshot is None:
        return source
    mine = [row for row in rows if row.held.value.key.administration == book.slug]
    details = [row.held.fetched_at for row in mine if book.is_thin and row.held.value.complete]
    lacking = next((row.problem for row in mine if row.problem), None)
    return replace(
        source,
        state=SourceState.PARTIAL if lacking else source.state,
        problem=source.problem or lacking,
        match_count=len(holding.snapshot.listed),
        details_fetched_at=min(details, default=None),
    )


def _row(contact: Contact, place: tuple[str, str], hydrated: Hydrated, held: Mapping[str, _Holding]) -> Row:
    slug, key = contact.key.administration, contact.key.remote
    found = hydrated.get((slug, key))
    if isinstance(found, Held) and found.value.complete:
        return Row(found, place)
    holding = held[slug]
    problem = found.stale_because if isinstance(found, Held) else found
    return Row(Held(contact, holding.fetched_at, holding.problem), place, problem)


async def _wait(jobs: Mapping[K, Awaitable[None]], deadline: Deadline) -> frozenset[K]:
    """Run jobs side by side until all are done or the time is over; what is late is cancelled and named."""
    tasks = {asyncio.ensure_future(job): name for name, job in jobs.items()}
    if not tasks:
        return frozenset()
    try:
        done, late = await asyncio.wait(tasks, timeout=deadline.left())
    finally:
        for task in tasks:
            task.cancel()
    if late:
        await asyncio.wait(late)
    for task in done:
        task.result()
    return frozenset(tasks[task] for task in late)
