"""How many calls a system still takes, learnt from its answers or told by the settings, and for what."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from math import inf

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration

KEPT = {Urgency.WRITE: 0.0, Urgency.WAITED: 0.04, Urgency.BULK: 0.2, Urgency.BACKGROUND: 0.5}
"""Part of the ration that is left for whatever is more urgent."""


LONGEST = timedelta(hours=24)
"""No wait is longer, whatever was told and however the clock was set since."""

ROUNDING = timedelta(seconds=10)
"""Ends of a window that differ by no more are the same: they are told in whole seconds, by several clocks."""


class Budget:
    """One ration that every line of its name draws on.

    A call is counted when it is sent. What an answer tells counts, less the calls that are on their way
    then: answers overtake one another, so of those of one window the one that leaves least was the last to
    be made. As long as no answer told anything, the calls sent are counted against the allowance. Others
    may draw on the same ration; what they spent is known with the next answer.

    Args:
        allowance: What may be sent where the system does not count.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._window = timedelta(seconds=allowance.seconds)
        self._limit: int | None = None
        self._remaining: int | None = None
        self._least: int | None = None
        self._resets_at: datetime | None = None
        self._assumed_end: datetime | None = None
        self._closed_until: datetime | None = None
        self._sent: deque[datetime] = deque()
        self._number = 0
        self._told_by = 0
        # Calls that the system may have counted or not, each with the last one sent before it was given up.
        self._on_their_way: dict[int, float] = {}

    def closed_until(self, now: datetime, urgency: Urgency) -> datetime | None:
        """Return when a call may be sent at the earliest; None: now."""
        self._move_on(now)
        ends = [end for end in (self._closed_until, self._used_up_until(now, urgency)) if end]
        return max(ends) if ends else None

    def spend(self, now: datetime) -> int:
        """Count a call that is being sent; return its number, for whatever becomes of it."""
        self._move_on(now)
        self._number += 1
        self._on_their_way[self._number] = inf
        if self._allowance.calls:
            self._sent.append(now)
        if self._remaining:
            self._remaining -= 1
        return self._number

    def give_back(self, number: int) -> None:
        """Take back a call that never reached the system."""
        # One that is not on its way was counted by the system, or in a window that is over.
        if self._on_their_way.pop(number, None) and self._remaining is not None:
            self._remaining += 1
        if self._sent:
            self._sent.pop()

    def lose(self, number: int, now: datetime) -> None:
        """Take note that no answer will come to a call: it may have been counted all the same."""
        self._move_on(now)
        if number in self._on_their_way:
            self._on_their_way[number] = self._number

    def learn(self, ration: Ration, number: int, now: datetime) -> None:
        """Take over what the answer to a call told, be it nothing."""
        self._move_on(now)
        self._arrived(number)
        if ration.retry_after:
            self._closed_until = max(ration.retry_after, self._closed_until or ration.retry_after)
        if ration.limit is not None:
            self._limit = ration.limit
        if ration.remaining is None:
            self._least = self._least and self._least - 1
        elif not ration.resets_at or ration.resets_at > now:  # else of a window that is over
            self._count(ration.remaining, ration.resets_at, number)

    def quota(self, now: datetime) -> Quota | None:
        """What is left, as far as it is known."""
        self._move_on(now)
        if self._remaining is None and self._limit is None:
            return self._own_quota() if self._allowance.calls else None
        return Quota(limit=self._limit, remaining=self._remaining, resets_at=self._resets_at)

    def _count(self, remaining: int, resets_at: datetime | None, number: int) -> None:
        same = self._resets_at and resets_at and abs(self._resets_at - resets_at) <= ROUNDING
        overtaken = number < self._told_by and not same
        if overtaken and self._resets_at:
            return
        self._least = min(self._least, remaining) if same and self._least is not None else remaining
        left = max(0, self._least - len(self._on_their_way))
        self._remaining = min(left, self._remaining) if overtaken and self._remaining is not None else left
        self._resets_at, self._assumed_end = resets_at, None
        self._told_by = max(number, self._told_by)

    def _arrived(self, number: int) -> None:
        """Forget a call that was answered, and those that were given up before it was sent."""
        self._on_their_way = {
            each: last for each, last in self._on_their_way.items() if each != number and last >= number
        }

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
            self._on_their_way = {each: last for each, last in self._on_their_way.items() if last == inf}
            self._remaining = self._limit and max(0, self._limit - len(self._on_their_way))
            self._resets_at = self._assumed_end = self._least = None
        while self._sent and not now - self._window < self._sent[0] <= now:
            self._sent.popleft()

    def _used_up_until(self, now: datetime, urgency: Urgency) -> datetime | None:
        if self._remaining is None:
            return self._own_closing(urgency)
        if self._remaining > _kept(self._limit or 0, urgency):
            return None
        if self._resets_at is None and self._limit is not None:
            # It ends some time, or a line on which nobody answers would never be tried again.
            self._assumed_end = self._assumed_end or now + self._window
        return self._resets_at or self._assumed_end

    def _own_closing(self, urgency: Urgency) -> datetime | None:
        calls = self._allowance.calls
        over = len(self._sent) - (calls - _kept(calls, urgency))
        return self._sent[over] + self._window if calls and over >= 0 else None

    def _own_quota(self) -> Quota:
        left = max(0, self._allowance.calls - len(self._sent))
        return Quota(self._allowance.calls, left, self._sent[0] + self._window if self._sent else None)


def _kept(limit: int, urgency: Urgency) -> int:
    """Return how many calls of a ration are left for whatever is more urgent."""
    return int(limit * KEPT[urgency])


def _at_most(moment: datetime | None, latest: datetime) -> datetime | None:
    """Bring a moment forward that became too far away when the clock was put back."""
    return moment and min(moment, latest)
