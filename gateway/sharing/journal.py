"""The journal of all workers: Redis is what they decide by, and a machine's own files are the durable half.

Of each administration there are, behind `cg1:{tenant}:journal:`

- `entry:<id>`: a write, the worker that noted it, and how it ended; for 25 hours,
- `key:<digest>`: the write that an idempotency key stands for; for 24 hours,
- `open`: the writes of which no end is known, by when they were noted,
- `touched`: contacts, by the moment from which on a reading shows what was written.

What was taken back stays as an entry that is `gone`: a Redis that stood still may carry out a question that
nobody waits for any more, and does so after later ones.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from gateway.domain.faults import Outcome
from gateway.ports import Intent, Journal, Settled, SharedAway
from gateway.sharing import noting
from gateway.sharing.coding import Coding
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.store.touching import LANDING
from gateway.telemetry import log

T = TypeVar("T")

Found = tuple[Intent, Settled | None]
Debt = Callable[[Any], Awaitable[object]]

KEY_LASTS = timedelta(hours=24)
ENTRY_LASTS = timedelta(hours=25)

TOUCHED_LASTS = timedelta(days=32)
"""How long it is known which contacts were written: no book that is at rest for longer is a good start."""

PAUSE = 0.5
"""Seconds between two attempts to tell Redis what it has to know."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LOST = "The lock of what is to be written was lost."
FOREIGN = "A write was noted by another release, or under another key."


class SharedJournal:
    """A journal that several workers write, on one machine or on many.

    Args:
        files: The durable half: this machine's, or this process's.
        link: To Redis.
        leases: Tell who is alive.
        coding: Of what stands in Redis.
        place: Returns what the keys of an administration begin with, and the lease of a lock by its name
            with the value that it has; "" where this worker does not hold it.
    """

    def __init__(
        self, files: Journal, link: Link, leases: Leases, coding: Coding, place: noting.Place
    ) -> None:
        self._files = files
        self._link = link
        self._leases = leases
        self._coding = coding
        self._place = place
        self._own: dict[str, Intent] = {}
        self._owed: dict[str, Debt] = {}
        self._paying: asyncio.Task[None] | None = None
        self._note = link.script(noting.NOTE)
        self._settle = link.script(noting.SETTLE)
        self._take_back = link.script(noting.TAKE_BACK)
        self._find = link.script(noting.FIND)
        self._open = link.script(noting.OPEN)
        self._leave = link.script(noting.LEAVE)

    async def intend(self, intent: Intent) -> Found | None:
        """Note a write, unless there is one under its key; it is at rest when this returns.

        Raises:
            OSError: it could not be noted everywhere, or a lock of it is not this worker's any more.
        """
        await self._pay()
        try:
            if await self._is_claimed(intent):
                return await self._claimed(intent)
            self._own[intent.id] = intent
            earlier = await self._put_down(intent)
        except OSError:
            await self._undo(intent)
            raise
        if earlier:
            await self._undo(intent)
        return earlier

    async def settle(self, administration: str, settled: Settled) -> None:
        """Note how a write ended; while Redis is away it is told as soon as it is back.

        Raises:
            OSError: it could not be written down on this machine.
        """
        self._owed[settled.id] = self._debt(administration, settled, self._own.pop(settled.id, None))
        try:
            await self._files.settle(administration, settled)
        finally:
            await self._try_to_pay()

    async def find(self, administration: str, key: str) -> Found | None:
        """Return the newest write under a key's digest, from whichever worker.

        Raises:
            OSError: Redis or the file cannot be read.
        """
        await self._pay()
        kept = await self._files.find(administration, key)
        prefix, keys = self._prefix(administration), [f"{self._prefix(administration)}key:{key}"]
        args = [prefix, kept[0].id if kept else ""]
        claimed, *told, settled, is_gone = await self._ask(self._find, keys, args)
        shared = self._entry(administration, told) if claimed else None
        if kept:
            kept = await self._compared(kept, self._opened(administration, settled, Settled), bool(is_gone))
        if claimed and shared is None:
            # A claim that cannot be read is one all the same.
            if kept is None or kept[0].id != claimed.decode():
                raise OSError(FOREIGN)
            return kept
        return _newest(shared, kept)

    async def unsettled(self, administration: str) -> tuple[Intent, ...]:
        """Return the writes of which no end is known and whose worker does not live, the oldest first.

        While Redis is away it is not known who lives, and all that this machine noted are returned.

        Raises:
            OSError: the file cannot be read.
        """
        found = {each.id: each for each in await self._files.unsettled(administration)}
        with suppress(SharedAway):
            rows = await self._rows(administration, found)
            living = await self._living(rows)
            for row in rows:
                if not row.is_open or row.worker in living:
                    found.pop(row.id, None)
                elif intent := self._opened(administration, row.intent, Intent):
                    found[row.id] = intent
        left = (each for each in found.values() if each.id not in self._own)
        return tuple(sorted(left, key=lambda each: each.at))

    async def abandoned(self, administration: str) -> tuple[Intent, ...]:
        """Return the writes whose worker died before their end was known, each once over all workers.

        Raises:
            OSError: Redis cannot be asked.
        """
        if self._link.is_settling:
            return ()  # the living look dead until they say that they are not
        rows = [row for row in await self._rows(administration, ()) if row.is_open and not row.is_left]
        living = await self._living(rows)
        prefix, token = self._prefix(administration), uuid.uuid4().hex
        dead = [row.id for row in rows if row.worker not in living]
        if not dead:
            return ()
        mine = set(await self._ask(self._leave, [f"{prefix}open"], [prefix, token, *dead]))
        found = [self._opened(administration, row.intent, Intent) for row in rows if row.id.encode() in mine]
        return tuple(each for each in found if each)

    async def touched(self, administration: str, since: datetime) -> Mapping[str | None, datetime]:
        """Return the contacts that what was read at a moment lacks, whichever worker wrote them.

        Of other machines that is known for 32 days, and not while Redis is away.

        Raises:
            OSError: the file cannot be read.
        """
        latest = dict(await self._files.touched(administration, since))
        first = _number(since)
        key = f"{self._prefix(administration)}touched"
        try:
            settled = await self._link.do(
                lambda redis: redis.zrangebyscore(key, first, "+inf", withscores=True)
            )
            rows = await self._rows(administration, ())
        except SharedAway:
            return latest
        ends = [(contact.decode() or None, _moment(int(number))) for contact, number in settled]
        ends += [(row.contact or None, _moment(row.at) + LANDING) for row in rows if row.is_open]
        for contact, moment in ends:
            if moment >= since:
                latest[contact] = max(moment, latest.get(contact, moment))
        return latest

    async def close(self) -> None:
        """Tell Redis once more what it has to know, and give up what it does not take."""
        if self._paying:
            self._paying.cancel()
            await asyncio.gather(self._paying, return_exceptions=True)
        with suppress(SharedAway):
            await self._pay()

    async def _is_claimed(self, intent: Intent) -> bool:
        """Note a write in Redis; return whether there is another one under its key.

        Raises:
            OSError: Redis is away, or a lock is not this worker's any more.
        """
        prefix = self._prefix(intent.administration)
        locks = self._locks(intent)
        keys = [f"{prefix}entry:{intent.id}", f"{prefix}key:{intent.key or ''}", f"{prefix}open"]
        args = [
            *self._facts(intent),
            _milliseconds(KEY_LASTS),
            _milliseconds(ENTRY_LASTS),
            _number(intent.at - ENTRY_LASTS),
            *(value for _, value in locks),
        ]
        answer = await self._ask(self._note, [*keys, *(key for key, _ in locks)], args)
        if answer == noting.LOST:
            raise OSError(LOST)
        return bool(answer == noting.EARLIER)

    async def _put_down(self, intent: Intent) -> Found | None:
        """Note a write on this machine.

        Raises:
            OSError: it could not be written down, or that took so long that a lock was lost.
        """
        earlier = await self._files.intend(intent)
        if earlier is None and not self._holds(intent):
            # This process stood still meanwhile: what the write was worked out from may be old.
            await self._files.settle(intent.administration, _refused(intent))
            raise OSError(LOST)
        return earlier

    async def _claimed(self, intent: Intent) -> Found:
        found = await self.find(intent.administration, intent.key or "")
        if found is None:
            raise OSError("The key was free again a moment later.")
        return found

    async def _undo(self, intent: Intent) -> None:
        """Take an entry back that is, or may be, in Redis: nothing of it was sent."""
        self._own.pop(intent.id, None)
        prefix = self._prefix(intent.administration)
        keys = [f"{prefix}entry:{intent.id}", f"{prefix}key:{intent.key or ''}", f"{prefix}open"]
        args = [intent.id, _milliseconds(ENTRY_LASTS)]
        self._owed[intent.id] = lambda redis: self._take_back(keys=keys, args=args, client=redis)
        await self._try_to_pay()

    def _debt(self, administration: str, settled: Settled, intent: Intent | None) -> Debt:
        prefix, is_refused = self._prefix(administration), settled.outcome == Outcome.REFUSED
        landed = settled.at + LANDING if settled.outcome == Outcome.UNKNOWN else settled.at
        keys = [f"{prefix}entry:{settled.id}", f"{prefix}open", f"{prefix}touched"]
        args = [
            prefix,
            settled.id,
            self._closed(administration, settled),
            _number(settled.at),
            "" if is_refused else _number(landed),
            settled.contact or (intent.contact if intent else None) or "",
            _milliseconds(KEY_LASTS),
            _milliseconds(ENTRY_LASTS),
            _milliseconds(TOUCHED_LASTS),
            _number(settled.at - TOUCHED_LASTS),
            *(self._facts(intent)[1:] if intent else ()),
        ]
        return lambda redis: self._settle(keys=keys, args=args, client=redis)

    def _facts(self, intent: Intent) -> list[str | bytes | int]:
        closed = self._closed(intent.administration, intent)
        key, contact = intent.key or "", intent.contact or ""
        return [intent.id, self._leases.worker, closed, key, contact, _number(intent.at)]

    async def _compared(self, kept: Found, settled: Settled | None, is_gone: bool) -> Found | None:
        """Return what is known of a write of this machine; None where its key is free again."""
        intent, before = kept
        if is_gone:
            settled = _refused(intent)
        if settled and settled.outcome == Outcome.REFUSED:
            await self._files.settle(intent.administration, settled)
            return None
        return (intent, settled) if _rank(settled) >= _rank(before) else kept

    async def _rows(
        self, administration: str, also: Sequence[str] | Mapping[str, object]
    ) -> list[noting.Row]:
        prefix = self._prefix(administration)
        rows = await self._ask(self._open, [f"{prefix}open"], [prefix, *also])
        return [noting.Row.of(each) for each in rows]

    async def _living(self, rows: Sequence[noting.Row]) -> set[str]:
        return await self._leases.living({row.worker for row in rows}) | {self._leases.worker}

    def _entry(self, administration: str, told: Sequence[bytes | None]) -> Found | None:
        intent = self._opened(administration, told[0], Intent)
        settled = self._opened(administration, told[1], Settled)
        if intent is None or (told[1] and settled is None):
            return None
        return intent, settled

    def _closed(self, administration: str, value: Intent | Settled) -> bytes:
        purpose = self._prefix(administration).encode()
        try:
            return self._coding.close(value, purpose)
        except ValueError:
            # What was told first has no form at rest; that, and how, it ended has.
            if not isinstance(value, Settled):
                raise OSError("The write has no form that could be noted.") from None
            return self._coding.close(replace(value, told={}), purpose)

    def _opened(self, administration: str, data: bytes | None, kind: type[T]) -> T | None:
        return self._coding.open(data, kind, self._prefix(administration).encode())

    def _prefix(self, administration: str) -> str:
        return f"{self._place.prefix(administration)}journal:"

    def _locks(self, intent: Intent) -> list[tuple[str, str]]:
        """Return the leases without which a write must not be sent, each with its value.

        Raises:
            OSError: this worker does not hold one.
        """
        found = [self._place.held(name) for name in noting.locks_of(intent)]
        if not all(found):
            raise OSError(LOST)
        return [each for each in found if each]

    def _holds(self, intent: Intent) -> bool:
        return all(self._leases.holds(key) for key, _ in self._locks(intent))

    async def _ask(self, script: Any, keys: Sequence[str], args: Sequence[object]) -> Any:
        return await self._link.do(lambda redis: script(keys=keys, args=args, client=redis))

    async def _pay(self) -> None:
        """Tell Redis what it has to know before anything is asked of it.

        Raises:
            SharedAway: it cannot be told now.
        """
        for name, debt in list(self._owed.items()):
            try:
                await self._link.do(debt)
            except SharedAway:
                raise
            except Exception as error:  # noqa: BLE001 - what can never be told must not keep all else waiting
                log().error("journal_not_told", write=name, error=type(error).__name__)
            if self._owed.get(name) is debt:
                del self._owed[name]

    async def _try_to_pay(self) -> None:
        try:
            with suppress(SharedAway):
                await self._pay()
        finally:
            if self._owed and (self._paying is None or self._paying.done()):
                self._paying = asyncio.create_task(self._keep_paying())

    async def _keep_paying(self) -> None:
        while self._owed:
            await asyncio.sleep(PAUSE)
            with suppress(SharedAway):
                await self._pay()


def _newest(one: Found | None, other: Found | None) -> Found | None:
    """Return the newer of two writes; of one write, what was learnt of it last."""
    found = [each for each in (one, other) if each]
    return max(found, key=lambda each: (each[0].at, _rank(each[1])), default=None)


def _rank(settled: Settled | None) -> tuple[int, datetime]:
    """Order what may be known of a write: that it ended, how it did, and what was learnt last."""
    if settled is None:
        return 0, EPOCH
    return (1 if settled.outcome == Outcome.UNKNOWN else 2), settled.at


def _refused(intent: Intent) -> Settled:
    return Settled(intent.id, intent.at, str(Outcome.REFUSED))


def _number(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(number: int) -> datetime:
    return EPOCH + timedelta(microseconds=number)


def _milliseconds(lasting: timedelta) -> int:
    return lasting // timedelta(milliseconds=1)
