"""What is done for a book while nobody waits: loaded to its end, kept warm, and read again in turn."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gateway.directory.attempts import IDLE, later
from gateway.directory.following import leads
from gateway.directory.hydration import Hydrator
from gateway.directory.refresh import Book
from gateway.domain.errors import BackendError, GatewayError
from gateway.flight import Urgency, urgent
from gateway.ports import Intent
from gateway.telemetry import Cause, because

Pause = Callable[[float], Awaitable[None]]
Abandoned = Callable[[str], Awaitable[Iterable[Intent]]]
Clock = Callable[[], datetime]

PERIOD = 4 * 3600.0
"""Seconds after which a book is read again, and that reading takes: nothing is older than twice as long."""

FULL_ROWS = 100
"""Contacts read again together where one call brings as many."""

DETAILS = 4
"""Details read again together where each is a call."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is done for books while nobody waits.

    Attributes:
        loads: Whether they are loaded to their end, and lost systems found again.
        reads: Whether the details behind thin rows are read, and every contact again in turn.
        warm: Slug to the seconds after which a book is renewed though nobody asks.
        abandoned: Returns the writes of workers that died, each once; None: there are no other workers.
    """

    loads: bool
    reads: bool
    warm: Mapping[str, float]
    abandoned: Abandoned | None = None


@asynccontextmanager
async def kept_up(books: Iterable[Book], clock: Clock, wanted: Wanted) -> AsyncIterator[None]:
    """Do for books what is wanted, as long as the block lasts."""
    tasks = [asyncio.create_task(job) for book in books for job in _jobs(book, clock, wanted)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _jobs(book: Book, clock: Clock, wanted: Wanted) -> Iterator[Coroutine[Any, Any, None]]:
    if book.following:
        yield going_on(partial(_follow, book, wanted.abandoned))
    warm = wanted.warm.get(book.slug, 0)
    if wanted.loads or warm:
        yield going_on(Loading(book, clock, warm).step)
    if wanted.reads:
        yield going_on(Rereading(book, clock).step)
        if book.is_thin:
            yield Hydrator(book, clock).run()


async def _follow(book: Book, abandoned: Abandoned | None) -> float:
    """Hear what other workers tell though nobody asks, and doubt what those that died may have written."""
    await book.catch_up()
    if abandoned and leads(book.following):
        with suppress(OSError):
            for intent in await abandoned(book.slug):
                await book.doubt(intent.contact)
    return IDLE


async def going_on(step: Callable[[], Awaitable[float]], pause: Pause = asyncio.sleep) -> None:
    """Take steps for ever; each says how many seconds to wait before the next."""
    while True:
        await pause(await step())


class Loading:
    """Loads a book to its end, over as many windows of the ration as it takes, and finds a lost system again.

    Args:
        book: Which.
        clock: The present moment, UTC.
        warm: Seconds after which the book is renewed though nobody asks; 0: only when somebody does.
    """

    def __init__(self, book: Book, clock: Clock, warm: float = 0) -> None:
        self._book = book
        self._clock = clock
        self._warm = warm
        self._failures = 0

    async def step(self) -> float:
        """Renew the book where it is time to; return how many seconds to wait before looking again."""
        if not leads(self._book.following) or not self._is_due():
            return IDLE
        with urgent(Urgency.BULK):
            await self._book.renew()
        problem = self._book.problem
        self._failures = self._failures + 1 if problem else 0
        return later(problem, self._failures, self._clock()) if problem else IDLE

    def _is_due(self) -> bool:
        snapshot = self._book.snapshot
        is_partial = self._book.following and snapshot is not None and not snapshot.is_whole
        if snapshot is None or self._book.problem is not None or is_partial:
            return True
        return bool(self._warm) and snapshot.age(self._clock()) >= self._warm


class Rereading:
    """Reads every contact of a book again in turn: not every change shows in what the list says.

    Moneybird keeps a contact's version when its persons and notes change, and the list of Acumulus
    says nothing of most fields.

    Args:
        book: Which.
        clock: The present moment, UTC.
        period: Seconds that a turn takes.
    """

    def __init__(self, book: Book, clock: Clock, period: float = PERIOD) -> None:
        self._book = book
        self._clock = clock
        self._period = period
        self._failures = 0
        self._left: list[str] = []
        self._began: datetime | None = None

    async def step(self) -> float:
        """Read a few contacts again; return how many seconds to wait before the next."""
        snapshot = self._book.snapshot
        is_whole = snapshot is not None and snapshot.is_whole and self._book.problem is None
        if snapshot is None or not is_whole or not leads(self._book.following):
            return IDLE
        size = DETAILS if self._book.is_thin else FULL_ROWS
        wait = max(IDLE, self._period * size / max(1, len(snapshot)))
        if not self._left:
            if not self._is_young():
                self._begin()
            return wait
        keys, self._left = self._left[:size], self._left[size:]
        if due := self._due(keys):
            if (problem := await self._read(due)) is not None:
                self._left = [*keys, *self._left]
                self._failures += 1
                return max(wait, later(problem, self._failures, self._clock()))
            self._failures = 0
        elif self._left:
            return 0.0
        if not self._left and self._began:
            self._book.read_since = self._began
        return wait

    async def _read(self, keys: Sequence[str]) -> GatewayError | None:
        with because(Cause.REREAD), urgent(Urgency.BACKGROUND):
            read = await self._book.read(keys, max_age=0, details=True)
        lacking = (each if isinstance(each, BackendError) else each.stale_because for each in read.values())
        return next(filter(None, lacking), None)

    def _is_young(self) -> bool:
        """Whether the book was read, or its last turn began, less than a period ago."""
        began = max(filter(None, (self._began, self._book.read_since)), default=None)
        return began is not None and self._clock() - began < timedelta(seconds=self._period)

    def _begin(self) -> None:
        self._began = self._clock()
        snapshot = self._book.snapshot
        self._left = sorted(snapshot.keys()) if snapshot else []

    def _due(self, keys: Sequence[str]) -> list[str]:
        """Return those that are held in full, and were not read since this turn began."""
        snapshot, began = self._book.snapshot, self._began
        if snapshot is None or began is None:
            return []
        held = {key: found for key in keys if (found := snapshot.get(key))}
        half = began - timedelta(seconds=self._period / 2)
        return [
            key
            for key, (contact, read_at) in held.items()
            if contact.complete and (read_at is None or read_at < half)
        ]
