"""All contacts of all administrations as one searchable value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.cache import Held
from gateway.directory.paging import CursorSeal, Page, PageRequest, paginate
from gateway.directory.refresh import BATCH, Book
from gateway.directory.selection import covers
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

    async def load(self) -> None:
        """Bring every book up to date; how it went stands in each book's problem."""
        await asyncio.gather(*(book.renew(Cause.LOAD) for book in self.books.values()))

    async def read(
        self, administration: str, keys: Sequence[str], *, max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts of one administration by the system's ids, as `Book.read` does."""
        return await self.books[administration].read(keys, max_age=max_age, details=details)

    async def settle(self, administrations: Iterable[str], max_age: float | None, deadline: Deadline) -> None:
        """Renew the books that are too old, as far as the time goes; the renewal itself goes on."""
        due = [book for slug in administrations if not (book := self.books[slug]).young(max_age)]
        await _wait([book.renew() for book in due], deadline)

    async def list(self, query: ListQuery, deadline: Deadline) -> Listing:
        """Return one page over several books in NAME order, with what it is worth for each of them."""
        await self.settle(query.administrations, query.max_age, deadline)
        usable = [(slug, self.books[slug].usable()) for slug in query.administrations]
        shelves = [snapshot.listed for _, snapshot in usable if snapshot]
        page = paginate(shelves, query.page)
        hydrated = await self._hydrate(page, query, deadline)
        rows = tuple(_row(entry.contact, entry.place, hydrated, self.books) for entry in page.entries)
        sources = tuple(self._source_of_list(slug, rows) for slug in query.administrations)
        total = sum(len(shelf) for shelf in shelves) if all(snapshot for _, snapshot in usable) else None
        return Listing(rows, page.has_next, page.has_previous, total, sources)

    def source(self, administration: str) -> Source:
        """Say what is held of one administration."""
        book = self.books[administration]
        snapshot = book.usable()
        if snapshot is None:
            unloaded = DeadlineExceeded("The contacts have not been loaded yet.")
            return Source(administration, SourceState.UNAVAILABLE, problem=book.problem or unloaded)
        problem, state = book.problem, SourceState.STALE if book.problem else SourceState.FRESH
        if snapshot.left_out and problem is None:
            words = f"{snapshot.left_out} of the records could not be read as a contact and are left out."
            state, problem = SourceState.PARTIAL, BadUpstreamAnswer(words, administration=administration)
        return Source(
            administration,
            state,
            fetched_at=snapshot.fetched_at,
            contact_count=len(snapshot.contacts),
            detailed_count=len(book.detailed) if book.is_thin else len(snapshot.contacts),
            problem=problem,
        )

    async def close(self) -> None:
        """End what runs behind answers."""
        await asyncio.gather(*(book.close() for book in self.books.values()))

    def _source_of_list(self, slug: str, rows: Iterable[Row]) -> Source:
        source, book = self.source(slug), self.books[slug]
        snapshot = book.usable()
        if snapshot is None:
            return source
        mine = [row for row in rows if row.held.value.key.administration == slug]
        details = [row.held.fetched_at for row in mine if book.is_thin and row.held.value.complete]
        lacking = next((row.problem for row in mine if row.problem), None)
        return replace(
            source,
            state=SourceState.PARTIAL if lacking else source.state,
            problem=source.problem or lacking,
            match_count=len(snapshot.listed),
            details_fetched_at=min(details, default=None),
        )

    async def _hydrate(self, page: Page, query: ListQuery, deadline: Deadline) -> Hydrated:
        """Read the details of the page's thin rows: those asked for anew, the others as far as held."""
        found: dict[tuple[str, str], Held[Contact] | GatewayError] = {}
        late = DeadlineExceeded("The time for this operation was over before all details were read.")
        jobs = []
        for slug in query.administrations:
            book = self.books[slug]
            keys = [entry.contact.key.remote for entry in page.entries if _is_thin(entry.contact, slug)]
            if keys and covers(book.backend.contacts.listed, query.paths):
                found.update({(slug, key): held for key, held in (await book.held_details(keys)).items()})
            elif keys:
                found.update(dict.fromkeys(((slug, key) for key in keys), late))
                batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
                jobs += [_hydrate_batch(book, batch, query.max_age, found) for batch in batches]
        await _wait(jobs, deadline)
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


def _row(contact: Contact, place: tuple[str, str], hydrated: Hydrated, books: Mapping[str, Book]) -> Row:
    slug, key = contact.key.administration, contact.key.remote
    found = hydrated.get((slug, key))
    if isinstance(found, Held) and found.value.complete:
        return Row(found, place)
    book = books[slug]
    fetched_at = book.snapshot.fetched_at if book.snapshot else datetime.min.replace(tzinfo=UTC)
    problem = found.stale_because if isinstance(found, Held) else found
    return Row(Held(contact, fetched_at, book.problem), place, problem)


async def _wait(jobs: Sequence[Awaitable[None]], deadline: Deadline) -> None:
    """Run jobs side by side until all are done or the time is over; what is late is cancelled."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    if not tasks:
        return
    try:
        done, late = await asyncio.wait(tasks, timeout=deadline.left())
    finally:
        for task in tasks:
            task.cancel()
    if late:
        await asyncio.wait(late)
    for task in done:
        task.result()
