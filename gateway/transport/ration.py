"""How many calls a system still takes, learnt from its answers or told by the settings, and for what."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime, timedelta

import msgspec

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from gateway.transport.rolling import NONE, Rolling, Runs

KEPT: Mapping[int, float] = {
    Urgency.WRITE: 0.0,
    Urgency.WAITED: 0.04,
    Urgency.BULK: 0.2,
    Urgency.BACKGROUND: 0.5,
}
"""Part of the ration that is left for whatever is more urgent."""


LONGEST = timedelta(hours=24)
"""No wait is longer, whatever was told and however the clock was set since."""

ROUNDING = timedelta(seconds=10)
"""Ends of a window that differ by no more are the same: they are told in whole seconds, by several clocks."""


UNHEARD = timedelta(seconds=120)
"""After this a call of which nothing was heard is taken for lost, where who sent it may have died."""


class OnItsWay(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A call that the system may have counted or not.

    Attributes:
        number: Its place in the order of sending.
        since: When it was sent, UTC.
        last: The last call that was sent before this one was given up; None: it is not.
    """

    number: int
    since: datetime
    last: int | None = None


class Account(msgspec.Struct, array_like=True, frozen=True):
    """All that a budget knows, as a value that can be put into bytes.

    Attributes:
        number: Of the last call that was sent.
        told_by: The newest call whose answer told of the ration.
        limit: Calls of a window.
        remaining: Calls that are left, those on their way taken off.
        least: What the answers of this window left at the least.
        resets_at: When the window ends, as answers told.
        assumed_end: When it ends, where no answer told.
        closed_until: As a refusal told.
        sent: Moments of sending within the own window, each with the number of calls.
        on_their_way: By the name that a call was given.
    """

    number: int = 0
    told_by: int = 0
    limit: int | None = None
    remaining: int | None = None
    least: int | None = None
    resets_at: datetime | None = None
    assumed_end: datetime | None = None
    closed_until: datetime | None = None
    sent: Runs = ()
    on_their_way: dict[int, OnItsWay] = msgspec.field(default_factory=dict)


class Budget:
    """One ration that every line of its name draws on.

    A call is counted when it is sent. What an answer tells counts, less the calls that are on their way
    then: answers overtake one another, so of those of one window the one that leaves least was the last to
    be made. As long as no answer told anything, the calls sent are counted against the allowance. Others
    may draw on the same ration; what they spent is known with the next answer.

    Args:
        allowance: What may be sent where the system does not count.
        account: What is known; None: nothing.
        parts: Of the ration; this budget is one of them. Answers tell of the whole, and what is left of a
            part is never more for what they tell.
        grain: Of time, in which calls sent are counted together; none: one by one.
    """

    def __init__(
        self,
        allowance: Allowance,
        account: Account | None = None,
        parts: int = 1,
        grain: timedelta = NONE,
    ) -> None:
        known = account or Account()
        self._allowance = allowance
        self._window = timedelta(seconds=allowance.seconds)
        self._parts = parts
        self._limit = known.limit
        self._remaining = known.remaining
        self._least = known.least
        self._resets_at = known.resets_at
        self._assumed_end = known.assumed_end
        self._closed_until = known.closed_until
        self._grain = grain
        self._sent = Rolling(known.sent, grain)
        self._number = known.number
        self._told_by = known.told_by
        self._on_their_way: dict[int, OnItsWay] = dict(known.on_their_way)

    def account(self) -> Account:
        """Return all that is known; a budget that is made of it goes on as this one."""
        return Account(
            self._number,
            self._told_by,
            self._limit,
            self._remaining,
            self._least,
            self._resets_at,
            self._assumed_end,
            self._closed_until,
            self._sent.runs(),
            dict(self._on_their_way),
        )

    def part(self, parts: int, own: Container[int]) -> Budget:
        """Return what one of so many may use of this who know nothing of one another any more.

        Args:
            parts: At least one.
            own: Calls on their way whose end this one will hear of.
        """
        whole = self.account()
        account = msgspec.structs.replace(
            whole,
            limit=_part(whole.limit, parts),
            remaining=whole.remaining and whole.remaining // parts,
            least=whole.least and whole.least // parts,
            sent=self._sent.thinned(parts),
            on_their_way={each: call for each, call in whole.on_their_way.items() if each in own},
        )
        calls = _part(self._allowance.calls, parts) or 0
        return Budget(Allowance(calls, self._allowance.seconds), account, parts, self._grain)

    def closed_until(self, now: datetime, urgency: int) -> datetime | None:
        """Return when a call may be sent at the earliest; None: now."""
        self._move_on(now)
        ends = [end for end in (self._closed_until, self._used_up_until(now, urgency)) if end]
        return max(ends) if ends else None

    def spend(self, now: datetime, call: int | None = None, sent_at: datetime | None = None) -> int:
        """Count a call that is being sent; return its name, for whatever becomes of it.

        Args:
            now: The present moment, UTC.
            call: Its name, where it has one; counted once, however often this is said.
            sent_at: When it was sent; None: now.
        """
        self._move_on(now)
        if call in self._on_their_way:
            return call
        self._number += 1
        name = self._number if call is None else call
        self._on_their_way[name] = OnItsWay(self._number, sent_at or now)
        if self._allowance.calls:
            self._sent.add(sent_at or now)
        if self._remaining:
            self._remaining -= 1
        return name

    def recount(self, call: int, sent_at: datetime, now: datetime) -> None:
        """Count a call that was sent before, if it is of a window that is not over."""
        self._move_on(now)
        began = (self._resets_at or now) - self._window
        if not self._allowance.calls or sent_at > began:
            self.spend(now, call, sent_at)

    def give_back(self, call: int) -> None:
        """Take back a call that never reached the system."""
        # One that is not on its way was counted by the system, or in a window that is over.
        known = self._on_their_way.pop(call, None)
        if known is None:
            return
        if self._remaining is not None:
            self._remaining += 1
        self._sent.remove(known.since)

    def lose(self, call: int, now: datetime) -> None:
        """Take note that no answer will come to a call: it may have been counted all the same."""
        self._move_on(now)
        if known := self._on_their_way.get(call):
            self._on_their_way[call] = OnItsWay(known.number, known.since, self._number)

    def lose_unheard(self, now: datetime) -> None:
        """Take the calls for lost that are on their way for too long: who sent them may be dead."""
        self._move_on(now)
        for name, call in self._on_their_way.items():
            if call.last is None and abs(now - call.since) > UNHEARD:
                self._on_their_way[name] = OnItsWay(call.number, call.since, self._number)

    def learn(self, ration: Ration, call: int, now: datetime) -> None:
        """Take over what the answer to a call told, be it nothing."""
        self._move_on(now)
        number = self._arrived(call)
        if ration.retry_after:
            self._closed_until = max(ration.retry_after, self._closed_until or ration.retry_after)
        if ration.limit is not None:
            self._limit = _part(ration.limit, self._parts)
        if ration.remaining is None:
            self._least = self._least and self._least - bool(number)
        elif not ration.resets_at or ration.resets_at > now:  # else of a window that is over
            self._count(ration.remaining // self._parts, ration.resets_at, number)

    def heed(self, other: Account, now: datetime) -> None:
        """Take over what another was told of the same ration, where it is newer, or leaves less."""
        self._move_on(now)
        if other.closed_until and other.closed_until > now:
            self._closed_until = max(other.closed_until, self._closed_until or other.closed_until)
        if other.remaining is None or other.resets_at is None or other.resets_at <= now:
            return
        if _are_same(self._resets_at, other.resets_at) and self._remaining is not None:
            self._remaining = min(self._remaining, other.remaining)
            told = [each for each in (self._least, other.least) if each is not None]
            self._least = min(told, default=None)
        elif self._resets_at is None or self._resets_at < other.resets_at:
            strangers = self._on_their_way.keys() - other.on_their_way.keys()
            self._limit, self._least = other.limit, other.least
            self._remaining = max(0, other.remaining - len(strangers))
            self._resets_at, self._assumed_end = other.resets_at, None

    def quota(self, now: datetime) -> Quota | None:
        """What is left, as far as it is known."""
        self._move_on(now)
        if self._remaining is None and self._limit is None:
            return self._own_quota() if self._allowance.calls else None
        return Quota(limit=self._limit, remaining=self._remaining, resets_at=self._resets_at)

    def _count(self, remaining: int, resets_at: datetime | None, number: int) -> None:
        same = _are_same(self._resets_at, resets_at)
        overtaken = number < self._told_by and not same
        if overtaken and self._resets_at:
            return
        # Of a part nothing comes back before another window is told of.
        only_less = overtaken or (self._parts > 1 and (same or not self._resets_at))
        self._least = min(self._least, remaining) if same and self._least is not None else remaining
        left = max(0, self._least - len(self._on_their_way))
        self._remaining = min(left, self._remaining) if only_less and self._remaining is not None else left
        self._resets_at, self._assumed_end = resets_at, None
        self._told_by = max(number, self._told_by)

    def _arrived(self, call: int) -> int:
        """Forget a call that was answered, and those that were given up before it was sent.

        Returns:
            Its place in the order of sending; 0: it was forgotten before.
        """
        known = self._on_their_way.pop(call, None)
        if known is None:
            return 0
        self._on_their_way = {
            each: other
            for each, other in self._on_their_way.items()
            if other.last is None or other.last >= known.number
        }
        return known.number

    def _move_on(self, now: datetime) -> None:
        """Forget what is over: a window begins anew with all its calls, its end not known yet."""
        self._closed_until = _at_most(self._closed_until, now + LONGEST)
        self._resets_at = _at_most(self._resets_at, now + LONGEST)
        self._assumed_end = _at_most(self._assumed_end, now + self._window)
        if self._closed_until and now >= self._closed_until:
            self._closed_until = None
        end = self._resets_at or self._assumed_end
        if end and now >= end:
            # Calls on their way are counted in the new window, for all we know.
            self._on_their_way = {
                each: call for each, call in self._on_their_way.items() if call.last is None
            }
            self._remaining = self._limit and max(0, self._limit - len(self._on_their_way))
            self._resets_at = self._assumed_end = self._least = None
        # Several clocks may differ a little.
        self._sent.keep(now - self._window, now + ROUNDING)

    def _used_up_until(self, now: datetime, urgency: int) -> datetime | None:
        if self._remaining is None:
            return self._own_closing(urgency)
        if self._remaining > _kept(self._limit or 0, urgency):
            return None
        if self._resets_at is None and self._limit is not None:
            # It ends some time, or a line on which nobody answers would never be tried again.
            self._assumed_end = self._assumed_end or now + self._window
        return self._resets_at or self._assumed_end

    def _own_closing(self, urgency: int) -> datetime | None:
        calls = self._allowance.calls
        over = self._sent.total - (calls - _kept(calls, urgency))
        return self._sent.nth(over) + self._window if calls and over >= 0 else None

    def _own_quota(self) -> Quota:
        left = max(0, self._allowance.calls - self._sent.total)
        first = self._sent.first
        return Quota(self._allowance.calls, left, first + self._window if first else None)


def _kept(limit: int, urgency: int) -> int:
    """Return how many calls of a ration are left for whatever is more urgent."""
    return int(limit * KEPT[urgency])


def _part(calls: int | None, parts: int) -> int | None:
    """Return one part of so many calls, at least one; none of none."""
    return calls and max(1, calls // parts)


def _are_same(one: datetime | None, other: datetime | None) -> bool:
    """Whether two ends are of the same window."""
    return one is not None and other is not None and abs(one - other) <= ROUNDING


def _at_most(moment: datetime | None, latest: datetime) -> datetime | None:
    """Bring a moment forward that became too far away when the clock was put back."""
    return moment and min(moment, latest)
