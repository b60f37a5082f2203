"""What a system says of its own accord: hints, upon which contacts are read again behind every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import islice

from gateway.cache import guarded
from gateway.directory.attempts import later
from gateway.directory.refresh import Book
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError
from gateway.flight import Urgency, urgent
from gateway.telemetry import Cause, because, log, shape

Changed = Callable[[str, Contact | None, Contact | None], Awaitable[None]]
"""Told of a contact's id, and the contact before and after; None where it was, or is, not there."""

Pause = Callable[[float], Awaitable[None]]

FIRST = 1.0
"""Seconds after a reading in which hints gather for the next one."""

STEADY = 8.0
"""The same where hints keep coming: at that pace they cost a quarter of what Moneybird allows."""

BURST = 10
"""Readings that may follow one another sooner; one more after every steady wait."""

ONE_CALL = 100
"""Contacts that are read together; where more of them wait, the list tells what became of them."""

MOST = 10_000
"""Contacts that wait; of those above it the list tells."""


class Hints:
    """Reads contacts again of which the system said that they may have changed.

    Any number of hints for one contact while it waits is one reading. A contact is gone only when asking
    for it says so. What fails is tried again.

    Args:
        book: Whose.
        clock: The present moment, UTC.
        changed: Told before a contact is shown as it was read.
        pause: Waits for seconds.
    """

    def __init__(
        self, book: Book, clock: Callable[[], datetime], changed: Changed, pause: Pause = asyncio.sleep
    ) -> None:
        self._book = book
        self._clock = clock
        self._changed = changed
        self._pause = pause
        self._waiting: dict[str, bool] = {}
        self._parts: set[str] = set()
        self._is_wide = False
        self._failures = 0
        self._credit = float(BURST)
        self._credited_at = clock()
        self._work: asyncio.Task[None] | None = None

    def add(
        self,
        keys: Iterable[str],
        parts: Iterable[str] = (),
        *,
        is_listed: bool = True,
        is_wide: bool = False,
    ) -> None:
        """Have contacts read again soon.

        Args:
            keys: The system's own ids.
            parts: Ids of persons and notes; whose they are is looked up in the book as it is held.
            is_listed: Whether the system's list shows the change too.
            is_wide: Whether others may have changed, too.
        """
        self._is_wide |= is_wide
        self._parts.update(islice(parts, MOST - len(self._parts)))
        for key in keys:
            if key not in self._waiting and len(self._waiting) >= MOST:
                self._is_wide = True
            else:
                self._waiting[key] = self._waiting.get(key, True) and is_listed
        if self._is_due and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """Read nothing any more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    @property
    def _is_due(self) -> bool:
        return bool(self._waiting or self._parts or self._is_wide)

    async def _go_on(self) -> None:
        while self._is_due:
            try:
                problem = await self._step()
            except Exception as error:  # noqa: BLE001 - what one hint does must not end the next
                log().error("hints_failed", administration=self._book.slug, **shape(error))
                problem = None
            self._failures = self._failures + 1 if problem else 0
            await self._pause(later(problem, self._failures, self._clock()) if problem else self._wait())

    async def _step(self) -> BackendError | None:
        """Look at everything that waits; return what kept any of it from being read."""
        parts, self._parts = self._parts, set()
        snapshot = self._book.snapshot
        if parts and snapshot:
            owners = await asyncio.to_thread(_owners, snapshot, parts)
            self._waiting |= dict.fromkeys(owners, False)
        waiting, self._waiting = self._waiting, {}
        is_wide, self._is_wide = self._is_wide or len(waiting) > ONE_CALL, False
        if is_wide:
            if problem := await self._renewed(waiting):
                self._put_back(waiting, is_wide=True)
                return problem
            waiting = {key: False for key, is_listed in waiting.items() if not is_listed}
        while waiting:
            keys = [*waiting][:ONE_CALL]
            try:
                await self._read(keys)
            except BackendError as error:
                self._put_back(waiting)
                return error
            waiting = {key: each for key, each in waiting.items() if key not in keys}
        return None

    def _put_back(self, waiting: Mapping[str, bool], *, is_wide: bool = False) -> None:
        self._is_wide |= is_wide
        for key, is_listed in waiting.items():
            self._waiting[key] = self._waiting.get(key, True) and is_listed

    async def _renewed(self, keys: Iterable[str]) -> BackendError | None:
        """Have the list tell what became of many; whoever asks meanwhile waits for it."""
        book = self._book
        before = {key: self._held(key) for key in keys}
        # A list that was asked for before the hints came would not tell.
        await book.doubt(None)
        with because(Cause.WEBHOOK), urgent(Urgency.BACKGROUND), urgent(Urgency.BULK):
            await book.renew()
        if book.problem is None:
            for key, earlier in before.items():
                await self._changed(key, earlier, self._held(key))
        return book.problem

    async def _read(self, keys: list[str]) -> None:
        """Read contacts, and show them unless they were written meanwhile, whose writer knows better."""
        book, number = self._book, self._book.writes.number
        with because(Cause.WEBHOOK), urgent(Urgency.BACKGROUND):
            found = await guarded(book.backend.contacts.get_many(keys), book.slug)
        for key in keys:
            after = found.get(key)
            if isinstance(after, BackendError):
                continue
            before = self._held(key)
            await self._changed(key, before, after)
            if book.writes.touched(key, number) or (before == after and self._is_sure(key)):
                continue
            await book.put(key, after)

    def _is_sure(self, key: str) -> bool:
        """Whether what is held of a contact, or that nothing is, is what anybody is shown."""
        snapshot = self._book.snapshot
        return snapshot is not None and snapshot.is_whole and not self._book.writes.doubted(key)

    def _held(self, key: str) -> Contact | None:
        snapshot = self._book.snapshot
        found = snapshot.get(key) if snapshot else None
        return found[0] if found else None

    def _wait(self) -> float:
        """Return how long hints gather, now that something was read: longer where much was of late."""
        now = self._clock()
        earned = max(0.0, (now - self._credited_at).total_seconds()) / STEADY
        self._credit, self._credited_at = max(0.0, min(BURST, self._credit + earned) - 1), now
        return FIRST if self._credit >= 1 else STEADY


def _owners(snapshot: Snapshot, parts: AbstractSet[str]) -> list[str]:
    """Return whose persons and notes have these ids; takes milliseconds for thousands of contacts."""
    held = ((key, snapshot.get(key)) for key in snapshot.keys())  # noqa: SIM118 - a book, not a dictionary
    return [key for key, found in held if found and not parts.isdisjoint(_parts(found[0]))]


def _parts(contact: Contact) -> set[str | None]:
    persons = {each.remote_id for each in contact.persons or ()}
    return persons | {each.remote_id for each in contact.notes or ()}
