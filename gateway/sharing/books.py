"""Books that all workers know together: what each is told of is there for all, and nothing older after it."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from math import inf
from typing import Any

from gateway.domain.errors import BackendError
from gateway.ports.sharing import Ended, Listed, News, SharedAway, Told, Turn
from gateway.sharing import scripts
from gateway.sharing.coding import Coding
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.sharing.pulse import Beat, Places, Pulse, in_life
from gateway.sharing.reading import MANY, PAGE, LetGo, Reader
from gateway.sharing.rows import Rows, Unreadable
from gateway.sharing.turns import Turns
from gateway.telemetry import log

__all__ = ["Books", "Pulse", "RedisBook"]

CHUNK = 250
"""Rows that are told in one step."""

AGAIN = 3
"""Times a book is read that is let go of while it is read."""

EVERY = 1.0
"""Seconds between two tries to lead a book that nobody leads."""

KEPT_EVERY = 60
"""Tries after which the leader says that a book is still in use."""

LOST = -1
"""Told of a turn that is another worker's by now, or nobody's."""

UNKNOWN = -1
"""Told of the number before, where something was done twice: rows may have been left as they were."""


class Books:
    """All books.

    Args:
        link: To Redis.
        leases: What this worker holds; its heart has to beat.
        pulse: Tells whether a book changed.
        names: An administration's slug to its tenant.
        coding: Closes contacts.
    """

    def __init__(
        self, link: Link, leases: Leases, pulse: Pulse, names: Mapping[str, str], coding: Coding
    ) -> None:
        self._leases = leases
        self._meters = link.meters
        work = _Work(link, leases, pulse, coding)
        self._books = {slug: RedisBook(slug, tenant, work) for slug, tenant in names.items()}

    def book(self, slug: str) -> RedisBook:
        """Return an administration's book."""
        return self._books[slug]

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        """Try every second to lead each book that nobody leads, as long as the block lasts."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def lead(self) -> None:
        """Try once to lead each book; what another worker leads stays its own."""
        # Each worker in an order of its own: those that begin together get some each.
        for slug in sorted(self._books, key=lambda slug: _digest(f"{self._leases.worker} {slug}")):
            with suppress(SharedAway):
                await self._books[slug].lead()
            self._meters.leads.labels(slug).set(self._books[slug].leads)

    async def _run(self) -> None:
        tries = 0
        while True:
            await self.lead()
            if tries % KEPT_EVERY == 0:
                for book in self._books.values():
                    with suppress(SharedAway):
                        await book.keep()
            tries += 1
            await asyncio.sleep(EVERY)


@dataclass(frozen=True, slots=True)
class _Work:
    """What all books of a worker need."""

    link: Link
    leases: Leases
    pulse: Pulse
    coding: Coding


@dataclass(frozen=True, slots=True)
class _Seen:
    """What this worker knows of a book: all up to a number.

    A number alone says nothing once the server, the book in it or the link to it was another.
    """

    number: int
    birth: bytes
    life: str
    losses: int

    def is_of(self, beat: Beat) -> bool:
        """Whether a beat tells of the same book, with nothing lost since."""
        return (self.birth, self.life, self.losses) == (beat.birth, beat.life, beat.losses)


class RedisBook:
    """One administration's book as a worker sees it: a `ports.SharedBook`.

    Made by `Books`.
    """

    def __init__(self, slug: str, tenant: str, work: _Work) -> None:
        self._slug = slug
        self._tenant = tenant
        self._link = work.link
        self._leases = work.leases
        self._pulse = work.pulse
        purpose = f"book {tenant}".encode()
        self._rows = Rows(slug, work.coding, purpose)
        self._reader = Reader(work.link, self._places, self._rows)
        self._turns = Turns(work.link, work.leases, self._places, work.coding, purpose)
        self._tell = work.link.script(scripts.TELL)
        self._doubt = work.link.script(scripts.DOUBT)
        self._end = work.link.script(scripts.END_TURN)
        self._seen: _Seen | None = None
        self._highest = 0
        self._left: set[str] = set()
        self._forgotten = 0
        self._pulling = asyncio.Lock()

    @property
    def leads(self) -> bool:
        """Whether this worker does what is done for the book while nobody waits."""
        return self._leases.holds(self._places(self._link.life).leader)

    @property
    def number(self) -> int:
        """The number up to which this worker knows everything, by its own telling and by news; 0: nothing."""
        return self._seen.number if self._seen else 0

    def forget(self) -> None:
        """Let the next news be whole: what is held here is not what is shared any more."""
        self._seen = None
        self._forgotten += 1

    async def news(self) -> News | None:
        """Return what changed since this was last asked, by whomever; None: nothing did.

        It is whole for the first one of a worker, after Redis was away or lost the book, and where more
        than half of it changed; but never where no list was told of: then it is single changes.

        Nothing is missed: the number is read before the rows, and each change after it has a larger one,
        so that what changes while a book is read is told again by the next news. A row has its own number
        with it, which may then be larger than that of the news. Of many changes those with the lowest
        numbers are read first; one that changes again meanwhile moves behind them, never before.
        What this worker told itself is no news to it, unless it was left as it is: that comes back.
        """
        for _ in range(AGAIN):
            beat = await self._pulse.look(self._slug)
            if self._knows(beat):
                return None
            async with self._pulling:
                if self._knows(beat):
                    return None
                try:
                    return await self._pull(beat)
                except LetGo:
                    continue
                except Unreadable:
                    log().warning("shared_book_unreadable", administration=self._slug)
                    await self._reader.discard(beat.birth)
        raise SharedAway("The shared book is let go of again and again.")

    async def tell(
        self,
        rows: Mapping[str, Told],
        *,
        listed: Listed | None = None,
        since: int | None = None,
        turn: Turn | None = None,
    ) -> int | None:
        """Tell all workers of contacts, some hundreds in one step: the port tells the rest.

        A row is left as it is that changed, or came into doubt, after `since`; with `listed`, one that
        changed after it and that a write left, or details that were read after that write.
        """
        fence = "" if turn is None else self._turns.fence(turn)
        if fence is None:
            return None
        number: int | None = None
        waiting = iter(rows.items())
        chunk: list[tuple[str, Told]] | None = list(islice(waiting, CHUNK))
        while chunk is not None:
            following = list(islice(waiting, CHUNK)) or None
            words: list[Any] = [fence, "" if since is None else since, int(listed is not None)]
            words += [b"" if following else self._rows.listed(listed), listed.number if listed else 0]
            number = await self._change(self._tell, words, await self._rows.closed(chunk))
            if number is None:
                return None
            chunk = following
        return number

    async def doubt(self, key: str) -> int:
        """Tell all workers that a contact, or "" for a new one, may have been written; return the number."""
        return await self._change(self._doubt, [key], []) or 0

    async def is_empty(self) -> bool:
        """Whether nothing is known of the book, or only single changes and no list."""
        try:
            page = await self._reader.page(inf)
        except Unreadable:
            return True
        return not page.is_there or page.head.listed is None

    async def take_turn(self) -> Turn:
        """Begin a renewal, or learn which one is under way."""
        return await self._turns.take()

    async def ended(self, turn: Turn) -> Ended:
        """Wait until another worker's turn is over."""
        return await self._turns.ended(turn)

    async def end_turn(self, turn: Turn, problem: BackendError | None) -> None:
        """Say how this worker's own turn went; it is news where it went otherwise than the turn before.

        Of a turn that was lost nothing is said.
        """
        words = self._turns.ending(turn, problem)
        if words is None:
            return
        try:
            await self._change(self._end, words, [])
        finally:
            await self._turns.over(turn)

    async def lead(self) -> None:
        """Try to be the one who leads the book.

        Raises:
            SharedAway: nobody knows who does.
        """
        if self.leads:
            return
        life = self._link.life or (await self._pulse.look(self._slug)).life
        await self._leases.take(self._places(life).leader, self._leases.worker)

    async def keep(self) -> None:
        """Let Redis keep the book for another day, where this worker leads it.

        Raises:
            SharedAway: it could not be told.
        """
        if not self.leads:
            return

        async def ask(redis: Any, life: str) -> None:
            at = self._places(life)
            async with redis.pipeline(transaction=False) as pipeline:
                for key in (at.book, at.rows, at.changes, at.meta):
                    pipeline.pexpire(key, scripts.DAY)
                await pipeline.execute()

        await in_life(self._link, ask)

    def _places(self, life: str) -> Places:
        return Places(self._tenant, life)

    def _knows(self, beat: Beat) -> bool:
        seen = self._seen
        return bool(seen and not self._left and seen.is_of(beat) and seen.number >= beat.number)

    async def _pull(self, beat: Beat) -> News:
        """Read what is new of the book that a beat told of."""
        forgotten, left = self._forgotten, set(self._left)
        if not beat.birth:
            self._left.clear()
            self._note(beat, 0, forgotten)
            return News(0, False, None, {}, {})
        seen = self._seen if self._seen and self._seen.is_of(beat) else None
        wanted = list(islice(left, PAGE)) if seen else []
        page = await self._reader.page(seen.number if seen else inf, wanted, MANY)
        if (page.head.birth, page.head.life) != (beat.birth, beat.life):
            raise LetGo
        if not page.is_there:
            # Redis let go of some of it, to make room: the rest says nothing.
            self._left -= left
            self._note(beat, beat.number, forgotten)
            return News(0, False, None, {}, page.head.doubts, self._turns.heard(page.head.problem))
        head, some = page.head, seen is not None and not page.is_all
        whole = head.listed is not None and not some
        if whole:
            rows = await self._reader.whole(head)
        else:
            head, rows = await self._reader.changes(page if some else None, beat.birth)
            if seen is None and head.listed:
                # It was listed just now: what there is takes the place of what is held.
                raise LetGo
        self._left -= set(wanted) if some else left
        self._note(beat, head.number, forgotten)
        return News(head.number, whole, head.listed, rows, head.doubts, self._turns.heard(head.problem))

    def _note(self, beat: Beat, number: int, forgotten: int) -> None:
        """Note up to where the book is known, unless all was to be forgotten while it was read.

        What this worker told meanwhile may not be in what was read, and is told again: it would be lost
        where that takes the place of what is held.
        """
        self._highest = max(self._highest, number)
        if forgotten == self._forgotten:
            self._seen = _Seen(number, beat.birth, beat.life, beat.losses)

    async def _change(self, script: Any, words: Sequence[Any], rows: Sequence[str | bytes]) -> int | None:
        token, birth = uuid.uuid4().hex, uuid.uuid4().hex

        async def ask(redis: Any, life: str) -> list[Any]:
            at = self._places(life)
            keys = [at.book, at.rows, at.changes, at.turn, at.memory(token)]
            always = [birth, self._highest, scripts.DAY, scripts.REMEMBERED]
            return list(await script(keys=keys, args=[*words, *always, *rows], client=redis))

        life, (number, prior, born, *left) = await in_life(self._link, ask)
        if number == LOST:
            return None
        self._left |= {key.decode() for key in left}
        if prior == UNKNOWN:
            self._left |= {str(key) for key in rows[::3]}
        self._highest = max(self._highest, number)
        seen = self._seen
        if seen and seen.life == life and seen.number == prior and (seen.birth == born or not prior):
            self._seen = replace(seen, number=number, birth=born)
        return int(number)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
