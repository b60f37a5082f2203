"""A ration that all workers draw on, and a part of it for each while Redis is away.

Redis holds the account of the ration as one value, and for each worker the number of the last of its notes
that is in it. A worker works out what becomes of the account, and puts it back if nobody else did meanwhile.
What happened to its calls it notes, and tells whatever account it meets of the notes that are not in it: so
nothing is told twice, be it that an answer of Redis was not heard, that Redis was away, or that it was
replaced by one that knows less.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile

import msgspec

from gateway.domain.administration import Quota
from gateway.ports import Allowance, Ration, SharedAway
from gateway.sharing.link import Link
from gateway.telemetry import log
from gateway.transport.ration import Account, Budget

KEPT = timedelta(minutes=10)
"""For how long a worker keeps its notes, or for the ration's window if that is longer."""

LASTS = timedelta(hours=25)
"""After this a ration that nobody draws on is forgotten; no refusal lasts longer."""

GRAINS = 600
"""Parts of a window in which calls sent are counted together: so an account stays small."""

GRACE = timedelta(seconds=1)
"""For how long a worker keeps to its part when Redis is back: the others may not have noticed yet."""

STAMP = 16
"""Bytes in front of an account that no other state of it has. A count would not do: a Redis that comes back
with what it once knew would count the same numbers again."""

SWAP = """
local held = redis.call('GET', KEYS[1]) or ''
if string.sub(held, 1, 16) ~= ARGV[1] then return held end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""

Tell = Callable[[Budget, datetime], object]


class Shared(msgspec.Struct, array_like=True, frozen=True):
    """What Redis holds of a ration.

    Attributes:
        account: Of all workers.
        heard: For each worker the number of its last note that is in the account, and when it was told.
    """

    account: Account
    heard: dict[int, tuple[int, datetime]]

    def last_of(self, worker: int) -> int:
        """Return the number of a worker's last note that is in the account."""
        return self.heard.get(worker, (0,))[0]


# Made here and not in threads: two that build one shape at once end the process.
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Shared)


@dataclass(frozen=True, slots=True)
class _Note:
    """What became of a call; `tell` may be done to any account that does not know it yet."""

    number: int
    at: datetime
    tell: Tell


@dataclass(eq=False, slots=True)
class _Change:
    """Something that is asked of a ration, or told to it.

    Attributes:
        at: The moment.
        call: The name of the call; 0: none.
        urgency: Of a call that is to be sent; None: nothing is asked.
        tell: What is to be noted, unless the ration is closed; None: nothing.
        answer: For who waits.
    """

    at: datetime
    call: int = 0
    urgency: int | None = None
    tell: Tell | None = None
    answer: asyncio.Future[int | datetime] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def done_to(self, budget: Budget) -> int | datetime:
        """Do it, and return until when the budget is closed, or the call's name."""
        if self.urgency is not None and (until := budget.closed_until(self.at, self.urgency)):
            return until
        self.force(budget)
        return self.call

    def force(self, budget: Budget) -> None:
        """Do it without asking whether the budget is closed."""
        if self.tell and self.urgency is not None:
            budget.spend(self.at, self.call)
        elif self.tell:
            self.tell(budget, self.at)


class SharedLedger:
    """One worker's door to a ration; made once for each name.

    Args:
        link: To Redis.
        name: Of the ration, the same for all workers.
        allowance: What may be sent where the system does not count, by all workers together.
        living: How many workers there are, as far as is known; at least this one.
        clock: The present moment, UTC.
    """

    def __init__(
        self,
        link: Link,
        name: str,
        allowance: Allowance,
        living: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._swap = link.script(SWAP)
        self._key = f"cg1:{{ration:{hashlib.sha256(name.encode()).hexdigest()[:16]}}}:ledger"
        self._allowance = allowance
        self._living = living
        self._clock = clock
        self._grain = timedelta(seconds=allowance.seconds) / GRAINS
        self._keep = max(KEPT, timedelta(seconds=allowance.seconds))
        self._me = _new_name()
        self._stamp = b""
        self._shared = Shared(Account(), {})
        # What is known: what is shared, and the notes that are not in it yet.
        self._view = Budget(allowance, grain=self._grain)
        # What may be sent while Redis is away; None: it is not.
        self._part: Budget | None = None
        self._number = 0
        self._told = 0
        self._back_since: datetime | None = None
        self._notes: deque[_Note] = deque()
        self._own: set[int] = set()
        self._waiting: list[_Change] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alone(self) -> bool:
        """Whether this worker goes on with its part of the ration, Redis being away."""
        return self._part is not None

    async def closed_until(self, now: datetime, urgency: int) -> datetime | None:
        """Return when a call may be sent at the earliest; None: now."""
        found = await self._submit(_Change(now, urgency=urgency))
        return found if isinstance(found, datetime) else None

    async def spend(self, now: datetime, urgency: int) -> int | datetime:
        """Count a call for all workers, or say until when none may be sent."""
        call = _new_name()

        def tell(budget: Budget, moment: datetime) -> None:
            budget.recount(call, now, moment)

        change = _Change(now, call, urgency, tell)
        try:
            return await self._submit(change)
        except asyncio.CancelledError:
            # If it was, or is being, counted, nobody sends it any more.
            await self.give_back(call)
            raise

    async def give_back(self, call: int) -> None:
        """Take back a call that never reached the system."""
        self._tell(call, self._clock(), _giving_back(call))

    async def lose(self, call: int, now: datetime) -> None:
        """Take note that no answer will come to a call."""
        self._tell(call, now, lambda budget, moment: budget.lose(call, moment))

    async def learn(self, ration: Ration, call: int, now: datetime) -> None:
        """Take over what the answer to a call told."""
        self._tell(call, now, lambda budget, moment: budget.learn(ration, call, moment))

    def quota(self, now: datetime) -> Quota | None:
        """What is left, as this worker last saw it."""
        return self._view.quota(now)

    async def look(self) -> None:
        """See what the other workers did, and whether Redis is back; for now and then."""
        await self.closed_until(self._clock(), 0)

    async def close(self) -> None:
        """Wait until what was told is told."""
        while self._task:
            await asyncio.wait([self._task])

    def _tell(self, call: int, now: datetime, tell: Tell) -> None:
        # Nobody waits for this: what is asked later is answered later.
        self._submit(_Change(now, call, tell=tell))

    def _submit(self, change: _Change) -> asyncio.Future[int | datetime]:
        if self._part is not None and self._is_back():
            self._part = None
            log().info("ration_shared_again")
        if self._part is not None and not self._waiting:
            self._do_alone(self._part, change)
        else:
            self._waiting.append(change)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return change.answer

    async def _run(self) -> None:
        """Have Redis do what waits, in one go whatever came meanwhile."""
        try:
            if self._part is not None:
                await self._come_back()
            while self._waiting:
                batch = [change for change in self._waiting if not change.answer.cancelled()]
                self._waiting = []
                await self._do(batch)
        finally:
            self._task = None

    async def _come_back(self) -> None:
        """Tell what happened meanwhile, if Redis is there again and takes it."""
        try:
            await self._changed([])
            while self._told < self._number:
                await self._changed([])
        except SharedAway:
            self._back_since = None
        else:
            self._back_since = self._back_since or self._clock()

    def _is_back(self) -> bool:
        """Whether all is told that happened meanwhile, and the others had time for that, too."""
        if self._back_since is None or self._told < self._number:
            return False
        return abs(self._clock() - self._back_since) >= GRACE

    async def _do(self, batch: Sequence[_Change]) -> None:
        try:
            found = await self._changed(batch) if self._part is None else None
        except SharedAway:
            self._go_alone()
            found = None
        except Exception as error:  # noqa: BLE001 - it is raised to whoever asked
            for change in batch:
                if not change.answer.done():
                    change.answer.set_exception(error)
            return
        if found is not None:
            for change, answer in zip(batch, found, strict=True):
                self._answer(change, answer)
        elif self._part is not None:
            for change in batch:
                self._do_alone(self._part, change)

    def _answer(self, change: _Change, answer: int | datetime) -> None:
        if change.tell:
            is_sent = change.urgency is not None and not isinstance(answer, datetime)
            (self._own.add if is_sent else self._own.discard)(change.call)
        if not change.answer.done():
            change.answer.set_result(answer)

    # Together

    async def _changed(self, batch: Sequence[_Change]) -> list[int | datetime]:
        """Do all of a batch to what is shared, and tell what it does not know.

        Raises:
            SharedAway: it may have been done, or not.
        """
        # Whatever becomes of it, no other attempt has this number.
        self._number += 1
        number = self._number
        while True:
            budget, found = self._worked_out(batch)
            account = budget.account()
            told = max(number, self._shared.last_of(self._me))
            is_new = self._part is not None or account != self._shared.account
            held = await self._asked(self._with(account, told) if is_new else None)
            # Where it was done twice, it may have been taken the first time.
            if held is None or (self._take(held) and self._shared.last_of(self._me) >= number):
                break
        self._told = told if is_new else self._told
        self._note(number, [each for each, answer in zip(batch, found, strict=True) if answer == each.call])
        self._view = budget
        for note in self._since(told):
            note.tell(budget, note.at)
        return found

    def _worked_out(self, batch: Sequence[_Change]) -> tuple[Budget, list[int | datetime]]:
        now = self._clock()
        budget = Budget(self._allowance, self._shared.account, grain=self._grain)
        budget.lose_unheard(now)
        last = self._shared.last_of(self._me)
        for note in self._since(last):
            note.tell(budget, now)
        if self._part is not None or last < self._told:
            budget.heed(self._view.account(), now)
        return budget, [change.done_to(budget) for change in batch]

    def _since(self, number: int) -> list[_Note]:
        """Return the notes after one, in their order."""
        return list(takewhile(lambda note: note.number > number, reversed(self._notes)))[::-1]

    def _with(self, account: Account, told: int) -> Shared:
        now = self._clock()
        heard = {
            who: (last, at) for who, (last, at) in self._shared.heard.items() if now - at < 2 * self._keep
        }
        return Shared(account, {**heard, self._me: (told, now)})

    async def _asked(self, new: Shared | None) -> bytes | None:
        """Put a new state in the place of the known one; return what else is there, None: it was done."""
        stamp = uuid.uuid4().bytes
        body = stamp + _ENCODER.encode(new) if new else b""
        arguments = [self._stamp, body, int(LASTS.total_seconds() * 1000)]
        held = await self._link.do(lambda redis: self._swap(keys=[self._key], args=arguments, client=redis))
        if isinstance(held, bytes):
            return held
        if new:
            self._stamp, self._shared = stamp, new
        return None

    def _take(self, held: bytes) -> bool:
        """Take over what another worker left; where nothing is left, what this one knows goes on.

        Raises:
            SharedAway: nothing is left, and more was known before.
        """
        self._stamp = held[:STAMP]
        try:
            self._shared = _DECODER.decode(memoryview(held)[STAMP:])
        except msgspec.DecodeError:
            if self._part is None and self._told:
                # The others go on by themselves until they hear of it.
                self._stamp = b""
                raise SharedAway("The shared cache does not know the ration any more.") from None
            self._view, _ = self._worked_out([])
            self._shared = self._with(self._view.account(), self._number)
            return False
        return True

    def _note(self, number: int, changes: Sequence[_Change]) -> None:
        for change in changes:
            if change.tell:
                self._notes.append(_Note(number, change.at, change.tell))
        oldest = self._clock() - self._keep
        while self._notes and self._notes[0].at < oldest:
            self._notes.popleft()

    # Alone

    def _go_alone(self) -> None:
        living = max(1, self._living())
        self._view, _ = self._worked_out([])
        self._part = self._view.part(living, self._own)
        self._back_since = None
        log().warning("ration_alone", workers=living)

    def _do_alone(self, part: Budget, change: _Change) -> None:
        for budget in (part, self._view):
            budget.lose_unheard(change.at)
        answer = change.done_to(part)
        if change.tell:
            if isinstance(answer, datetime):
                # It may have been counted where nothing was heard of that; and nobody sends it now.
                change = replace(change, urgency=None, tell=_giving_back(change.call))
            change.force(self._view)
            self._number += 1
            self._note(self._number, [change])
        self._answer(change, answer)


def _new_name() -> int:
    """Return a number that nobody else has."""
    return uuid.uuid4().int >> 65


def _giving_back(call: int) -> Tell:
    return lambda budget, _: budget.give_back(call)
