"""One book on many workers: what they tell one another of it, and who renews it.

While what is shared is away each worker goes on by itself; what it wrote meanwhile is looked at anew, by all,
once it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Protocol

from gateway.directory.entry import Entry, entry
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot, empty
from gateway.directory.writes import Writes
from gateway.domain.errors import BackendError
from gateway.flight import Rounds
from gateway.ports import Listed, News, SharedAway, SharedBook, Told, Turn

IN_A_THREAD = 200
"""Contacts from which on they are made ready away from the event loop."""

Made = Mapping[str, tuple[int, Told, Entry | None]]
"""By the system's id: the number of the change, what is told, and the entry; None: it is gone."""


class Following:
    """Keeps a book, and what all workers know of it, the same.

    Args:
        shared: What all workers know.
        book: As this worker shows it.
    """

    def __init__(self, shared: SharedBook, book: Followed) -> None:
        self._shared = shared
        self._book = book
        self._rounds = Rounds(self._catch_up)
        self._turn: Turn | None = None
        self._asked = 0
        self._tells_all = False
        self._listed: Listed | None = None
        self._problem: BackendError | None = None
        self._doubts: Mapping[str, int] = {}
        # The number that all know a write by, and its number in this worker.
        self._numbers: list[tuple[int, int]] = []
        # What was written here: the number that all know it by, None until it is told.
        self._own: dict[str, int | None] = {}
        # Writes that could not be told.
        self._owed: set[str] = set()

    @property
    def leads(self) -> bool:
        """Whether this worker does what is done while nobody waits."""
        return self._shared.leads

    @property
    def number(self) -> int:
        """Up to which change this worker knows everything."""
        return self._shared.number

    async def catch_up(self) -> None:
        """Take in what was told until now; nothing, where that cannot be known."""
        await self._rounds.join()

    async def renew(self, alone: Callable[[], Awaitable[None]]) -> None:
        """Have the book renewed by one worker, for all.

        Args:
            alone: Renews it here.
        """
        try:
            while not (turn := await self._shared.take_turn()).is_mine:
                ended = await self._shared.ended(turn)
                if not ended.is_lost:
                    await self.catch_up()
                    await self._book.note(ended.problem)
                    return
        except SharedAway:
            await alone()
            return
        await self._take(turn, alone)

    async def tell_listed(self, keys: Collection[str], snapshot: Snapshot) -> None:
        """Tell of the contacts that a list changed, and of the book as a whole."""
        rows = await _rows([*(snapshot.keys() if self._tells_all else keys)], snapshot)
        told = snapshot.left_out, snapshot.expected, self._book.read_since
        listed = Listed(snapshot.fetched_at, self._asked, *told)
        with suppress(SharedAway):
            if await self._shared.tell(rows, listed=listed, turn=self._turn) is None:
                self._shared.forget()
            self._listed = listed

    async def tell_read(self, keys: Iterable[str], snapshot: Snapshot, since: int) -> None:
        """Tell of contacts that were read, unless they changed since a number."""
        with suppress(SharedAway):
            if rows := await _rows([*keys], snapshot):
                await self._shared.tell(rows, since=since)

    async def tell_written(self, key: str, changed: Entry | None, number: int) -> None:
        """Tell of a contact that was written, None: it is gone; the number is the write's in this worker."""
        self._own[key] = None
        told = Told(changed.contact, changed.read_at, written=True) if changed else Told(None, written=True)
        try:
            at = await self._shared.tell({key: told})
        except SharedAway:
            self._owed.add(key)
        else:
            self._own[key] = at
            self._numbers.append((at or 0, number))

    async def tell_doubt(self, key: str, number: int) -> None:
        """Tell that a contact, or "" for a new one, may have been written."""
        try:
            self._numbers.append((await self._shared.doubt(key), number))
        except SharedAway:
            self._owed.add(key)

    async def close(self) -> None:
        """End what is being taken in."""
        await self._rounds.close()

    async def _take(self, turn: Turn, alone: Callable[[], Awaitable[None]]) -> None:
        self._turn = turn
        try:
            await self.catch_up()
            with suppress(SharedAway):
                self._tells_all = await self._shared.is_empty()
            self._asked = self._shared.number
            await alone()
        finally:
            self._turn, self._tells_all = None, False
            with suppress(SharedAway):
                await self._shared.end_turn(turn, self._book.problem)

    async def _catch_up(self) -> None:
        with suppress(SharedAway):
            await self._pay()
            if news := await self._shared.news():
                await self._take_in(news)
                await self._pay()

    async def _pay(self) -> None:
        """Have all workers doubt what was written here and could not be told, or may have been lost."""
        for key in list(self._owed):
            # Others may have written it since: nobody knows which is newer.
            await self._shared.doubt(key)
            self._owed.discard(key)

    async def _take_in(self, news: News) -> None:
        """Make what is told the next snapshot of the book."""
        made = await _made(news)
        if not news.whole:
            # What was told before a write of this worker's is older than that.
            made = {key: each for key, each in made.items() if each[0] > self._written_at(key)}
        before, self._listed = self._listed, news.listed
        is_newer = news.listed is not None and news.listed != before
        if news.whole or (before and news.listed is None):
            self._begin_anew()
        if news.whole:
            await self._take_all(news, made)
        else:
            self._take_some(news, made, is_newer=is_newer)
        self._heed(news, made)
        if news.listed and is_newer:
            self._book.read_since = news.listed.read_since
        if is_newer or _code(news.problem) != _code(self._problem):
            await self._book.note(news.problem)
        self._problem = news.problem

    def _written_at(self, key: str) -> float:
        """Return the number of this worker's own last write of a contact, inf while it is being told."""
        at = self._own.get(key, 0)
        return inf if at is None else at

    def _begin_anew(self) -> None:
        """Hold nothing any more for certain that was written here: nobody knows whether it is in the news."""
        self._numbers, self._doubts, self._own = [], {}, {}
        self._owed |= self._book.writes.begin_anew()

    async def _take_all(self, news: News, made: Made) -> None:
        listed = news.listed
        if listed is None:
            return
        number = self._book.writes.number
        entries = {key: each for key, (_, _, each) in made.items() if each}
        versions = {key: told.version for key, (_, told, each) in made.items() if each}
        rows = Snapshot(Index(), versions, listed.fetched_at, entries, listed.left_out, listed.expected)
        folded = await asyncio.to_thread(rows.folded)
        self._book.show(folded.written(self._book.writes.after(number)))

    def _take_some(self, news: News, made: Made, *, is_newer: bool) -> None:
        listed = news.listed
        before = self._book.snapshot or (empty(listed.fetched_at) if listed else None)
        if before is None:
            return
        changes = {key: each for key, (_, _, each) in made.items()}
        versions = before.versions
        if changes:
            told = {key: each.version for key, (_, each, kept) in made.items() if kept}
            gone = {key for key, each in changes.items() if each is None}
            versions = {key: each for key, each in {**versions, **told}.items() if key not in gone}
        after = replace(before.written(changes), versions=versions)
        if is_newer and listed:
            left_out, expected = listed.left_out, listed.expected
            after = replace(after, fetched_at=listed.fetched_at, left_out=left_out, expected=expected)
        self._book.show(after)

    def _heed(self, news: News, made: Made) -> None:
        """Hold what was written elsewhere before any list that was asked for earlier."""
        writes, confirmed = self._book.writes, news.listed.number if news.listed else 0
        for key, (number, told, each) in made.items():
            if each is None or each.read_at is None or told.written:
                self._book.note_change(key)
            if told.written and number > confirmed:
                writes.put(key, each)
                self._numbers.append((number, writes.number))
        for key, number in news.doubts.items():
            if self._doubts.get(key) != number and number > confirmed:
                writes.doubt(key)
                self._numbers.append((number, writes.number))
        self._doubts = news.doubts
        if settled := [own for number, own in self._numbers if number <= confirmed]:
            writes.forget(max(settled))
            self._numbers = [each for each in self._numbers if each[0] > confirmed]
            self._own = {key: at for key, at in self._own.items() if at is None or at > confirmed}


def leads(following: Following | None) -> bool:
    """Whether this worker does for a book what is done while nobody waits; None: there are no others."""
    return following is None or following.leads


class Followed(Protocol):
    """A book, as far as following concerns it."""

    snapshot: Snapshot | None
    problem: BackendError | None
    read_since: datetime | None

    @property
    def writes(self) -> Writes:
        """What was written since the list was asked for."""

    def show(self, snapshot: Snapshot) -> None:
        """Take a snapshot in place of the one there is."""

    def note_change(self, key: str) -> None:
        """Take it that whatever was read of a contact until now is old."""

    async def note(self, problem: BackendError | None) -> None:
        """Note how the last renewal went."""


async def _made(news: News) -> Made:
    def made() -> Made:
        return {key: (number, told, _entry(told)) for key, (number, told) in news.rows.items()}

    return await asyncio.to_thread(made) if len(news.rows) > IN_A_THREAD else made()


def _entry(told: Told) -> Entry | None:
    return entry(told.contact, told.read_at) if told.contact else None


async def _rows(keys: list[str], snapshot: Snapshot) -> dict[str, Told]:
    def rows() -> dict[str, Told]:
        return {key: _told(snapshot, key) for key in keys}

    return await asyncio.to_thread(rows) if len(keys) > IN_A_THREAD else rows()


def _told(snapshot: Snapshot, key: str) -> Told:
    contact, read_at = snapshot.get(key) or (None, None)
    return Told(contact, read_at, snapshot.versions.get(key, ""))


def _code(problem: BackendError | None) -> str:
    return problem.code if problem else ""
