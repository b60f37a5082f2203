"""All contacts of all administrations as one searchable value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from gateway.cache import HIT, Held
from gateway.directory.criteria import ACTIVE_BY_NAME, Criteria, one_of
from gateway.directory.fields import covers
from gateway.directory.finding import HEAD_START, helped, question_of
from gateway.directory.listing import Listing, ListQuery, Row, Source
from gateway.directory.paging import CursorSeal, paginate
from gateway.directory.refresh import Book
from gateway.directory.selection import Found
from gateway.directory.view import View, view
from gateway.domain.contact import Contact, ContactKey
from gateway.domain.errors import BackendError, DeadlineExceeded, GatewayError, NotFound
from gateway.flight import Deadline
from gateway.telemetry import CacheState, Cause, Instruments, because, holding

__all__ = ["Directory", "ListQuery", "Listing", "Row", "Source"]

K = TypeVar("K")
Hydrated = Mapping[tuple[str, str], Held[Contact] | GatewayError]

LOOKS = 3
"""How often a list looks which details decide who is listed, while its books are renewed under it."""

NOT_RENEWED = "The time for this operation was over before the list was renewed."
NOT_DECIDED = "The time for this operation was over before the details were read that decide who is listed."
NOT_READ = "The time for this operation was over before all details were read."


class Directory:
    """Every connected book by its slug.

    Args:
        books: By administration.
        seal: Makes cursors.
        instruments: Count what is asked; None: some that nobody reads.
    """

    def __init__(
        self, books: Mapping[str, Book], seal: CursorSeal, instruments: Instruments | None = None
    ) -> None:
        self.books = books
        self.seal = seal
        self._meters = (instruments or Instruments()).meters

    async def read(
        self, administration: str, keys: Sequence[str], *, max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts of one administration by the system's ids, as `Book.read` does."""
        await self.books[administration].catch_up()
        return await self.books[administration].read(keys, max_age=max_age, details=details)

    async def put(self, key: ContactKey, contact: Contact | None) -> None:
        """Show a contact as it was read after a write, None for one that is gone, before any older answer."""
        await self.books[key.administration].put(key.remote, contact)

    async def doubt(self, administration: str, remote: str | None) -> None:
        """Ask the system before anything of a contact is shown: a write of it ended nobody knows how.

        Args:
            administration: Its slug.
            remote: The system's own id; None for a contact that may be new.
        """
        await self.books[administration].doubt(remote)

    async def settle(
        self,
        administrations: Iterable[str],
        max_age: float | None,
        deadline: Deadline,
        criteria: Criteria = ACTIVE_BY_NAME,
    ) -> frozenset[str]:
        """Renew the books that are too old, as far as the time goes; the renewal itself goes on.

        Args:
            administrations: Their slugs.
            max_age: Seconds; None as configured.
            deadline: Until when.
            criteria: What is looked for, beside their load, in books that are not loaded yet.

        Returns:
            The administrations whose renewal did not end in time.
        """
        slugs = list(administrations)
        if following := {slug: self.books[slug].catch_up() for slug in slugs if self.books[slug].following}:
            await _wait(following, deadline)
        jobs: dict[str, Awaitable[None]] = {}
        for slug in slugs:
            book = self.books[slug]
            if book.young(max_age):
                self._meters.cache.labels("book", HIT).inc()
                continue
            state = _state(book, max_age)
            self._meters.cache.labels("book", state).inc()
            jobs[slug] = _renew(book, state)
            if question := question_of(criteria, book.backend.administration.system):
                jobs[slug] = helped(jobs[slug], book, question, max_age, deadline.left() * HEAD_START)
        return await _wait(jobs, deadline)

    async def holders(self, administration: str, number: str) -> list[ContactKey] | None:
        """Return who has a customer number by what is held of the book; None when that cannot tell."""
        book = self.books[administration]
        await book.catch_up()
        shown = await view(book, Criteria(one_of("customerNumber", [number])))
        if shown.selection is None or shown.snapshot is None:
            return None
        found = (each.contact for each in shown.selection.walk(None, down=False))
        holders = [each.key for each in found if each.customer_number == number]
        return holders if holders or shown.snapshot.is_whole else None

    async def list(self, query: ListQuery, deadline: Deadline) -> Listing:
        """Return one page over several books, with what it is worth for each of them."""
        late = await self.settle(query.administrations, query.max_age, deadline, query.criteria)
        unlearned = await self._learn(query, deadline)
        # One moment for the whole answer, whatever is renewed while its details are read.
        views = await self._views(query, late, unlearned)
        order = query.criteria.order
        page = paginate([each.selection for each in views.values() if each.selection], order, query.page)
        hydrated = await self._hydrate(page.rows, query, deadline)
        rows = tuple(_row(found, views, hydrated) for found in page.rows)
        counts = [each.count() if query.counted else None for each in views.values()]
        known = [count for count in counts if count is not None]
        sources = tuple(
            each.source_of_list(query, rows, count)
            for each, count in zip(views.values(), counts, strict=True)
        )
        for each in sources:
            self._meters.sources.labels(each.administration, each.state).inc()
        return Listing(
            rows,
            page.has_next,
            page.has_previous,
            total=sum(known) if len(known) == len(counts) and query.counted else None,
            sources=sources,
            order=order,
        )

    def source(self, administration: str) -> Source:
        """Say what is held of one administration."""
        book = self.books[administration]
        return View(book, book.usable(), None, book.problem).source()

    async def close(self) -> None:
        """End what runs behind answers."""
        await asyncio.gather(*(book.close() for book in self.books.values()))

    async def _views(
        self, query: ListQuery, late: frozenset[str], unlearned: Mapping[str, GatewayError]
    ) -> dict[str, View]:
        slugs = query.administrations
        problems = dict.fromkeys(late, DeadlineExceeded(NOT_RENEWED))
        views = [
            view(self.books[slug], query.criteria, problems.get(slug), unlearned.get(slug)) for slug in slugs
        ]
        return dict(zip(slugs, await asyncio.gather(*views), strict=True))

    async def _learn(self, query: ListQuery, deadline: Deadline) -> dict[str, GatewayError]:
        """Read the details that decide who is listed, and where; return what kept any from being read.

        A book that was renewed meanwhile may have more such rows, so that it is looked at again.
        """
        seen: dict[str, datetime] = {}
        for _ in range(LOOKS):
            views = await self._views(query, frozenset(), {})
            undecided = {
                slug: each.undecided
                for slug, each in views.items()
                if each.undecided and seen.get(slug) != each.fetched_at
            }
            if problems := await self._read_deciding(undecided, deadline):
                return problems
            seen = {slug: views[slug].fetched_at for slug in undecided}
            if not undecided:
                break
        return {}

    async def _read_deciding(
        self, undecided: Mapping[str, Sequence[str]], deadline: Deadline
    ) -> dict[str, GatewayError]:
        problems: dict[str, GatewayError] = dict.fromkeys(undecided, DeadlineExceeded(NOT_DECIDED))

        async def learn(slug: str, keys: Sequence[str]) -> None:
            problem = await self.books[slug].learn(keys)
            if problem is None:
                del problems[slug]
            else:
                problems[slug] = problem

        await _wait({slug: learn(slug, keys) for slug, keys in undecided.items()}, deadline)
        return problems

    async def _hydrate(self, rows: Sequence[Found], query: ListQuery, deadline: Deadline) -> Hydrated:
        """Read the details of the page's rows, where the list's rows do not tell what is asked for."""
        found: dict[tuple[str, str], Held[Contact] | GatewayError] = {}
        jobs: list[Awaitable[None]] = []
        for slug in query.administrations:
            book = self.books[slug]
            keys = [each.contact.key.remote for each in rows if each.contact.key.administration == slug]
            if keys and not covers(book.backend.contacts.listed, query.paths):
                found.update(dict.fromkeys(((slug, key) for key in keys), DeadlineExceeded(NOT_READ)))
                jobs.append(_read(book, keys, query.max_age, found))
        await _wait(dict(enumerate(jobs)), deadline)
        return found


def _state(book: Book, max_age: float | None) -> CacheState:
    """Say why a book is renewed while somebody waits."""
    if book.snapshot is None:
        return CacheState.NOT_HELD
    return CacheState.EXPIRED if max_age is None else CacheState.BYPASSED


async def _renew(book: Book, state: CacheState) -> None:
    with holding(state):
        await book.renew()


async def _read(
    book: Book,
    keys: Sequence[str],
    max_age: float | None,
    found: dict[tuple[str, str], Held[Contact] | GatewayError],
) -> None:
    def keep(part: Mapping[str, Held[Contact] | BackendError]) -> None:
        found.update({(book.slug, key): read for key, read in part.items()})

    with because(Cause.HYDRATE):
        answer = await book.read(keys, max_age=max_age, details=True, came=keep)
    # A row whose details are gone was deleted since the list was read; it stays as listed.
    gone = NotFound("A contact is gone since the list was read.")
    found.update({(book.slug, key): gone for key in keys if key not in answer})


def _row(found: Found, views: Mapping[str, View], hydrated: Hydrated) -> Row:
    contact, key = found.contact, found.contact.key
    shown = views[key.administration]
    read = hydrated.get((key.administration, key.remote))
    if isinstance(read, Held) and read.value.complete:
        return Row(read, found.place)
    problem = read.stale_because if isinstance(read, Held) else read
    if problem is not None and contact.complete and found.read_at is not None:
        return Row(Held(contact, found.read_at, problem), found.place)
    return Row(Held(contact, shown.fetched_at, shown.stale_because), found.place, problem)


async def _wait(jobs: Mapping[K, Awaitable[None]], deadline: Deadline) -> frozenset[K]:
    """Run jobs side by side until all are done or the time is over; what is late is cancelled and named."""
    if not jobs:
        return frozenset()
    with deadline.told():
        tasks = {asyncio.ensure_future(job): name for name, job in jobs.items()}
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
