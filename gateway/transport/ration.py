"""How many calls a system still takes, learnt from its answers or told by the settings."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from gateway.domain.administration import Quota
from gateway.ports import Ration

MINUTE = timedelta(seconds=60)


class RationGate:
    """One ration that every line of its name draws on.

    A call is counted when it is sent. What an answer tells counts, less the calls that were sent
    after the one it answers: others may draw on the same ration, and answers overtake one another, so
    that of an earlier call tells nothing once a later one was answered.
    """

    def __init__(self) -> None:
        self._limit: int | None = None
        self._remaining: int | None = None
        self._resets_at: datetime | None = None
        self._closed_until: datetime | None = None
        self._sent: deque[datetime] = deque()
        self._number = 0
        self._told_by = 0

    def closed_until(self, now: datetime, per_minute: int) -> datetime | None:
        """Return when the next call may be sent; None: now."""
        if self._closed_until and now < self._closed_until:
            return self._closed_until
        if self._remaining == 0 and self._resets_at and now < self._resets_at:
            return self._resets_at
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        if per_minute and len(self._sent) >= per_minute:
            return self._sent[0] + MINUTE
        return None

    def spend(self, now: datetime, per_minute: int) -> int:
        """Count a call that is being sent; return its number, for `learn`."""
        self._number += 1
        if per_minute:
            self._sent.append(now)
        if self._remaining:
            self._remaining -= 1
        return self._number

    def give_back(self) -> None:
        """Take back a call that never reached the system."""
        if self._remaining is not None:
            self._remaining += 1

    def learn(self, ration: Ration, number: int) -> None:
        """Take over what the answer to a call told."""
        if ration.retry_after:
            self._closed_until = ration.retry_after
        if ration.limit is not None:
            self._limit = ration.limit
        if ration.remaining is None or number < self._told_by:
            return
        self._told_by = number
        self._remaining = max(0, ration.remaining - (self._number - number))
        self._resets_at = ration.resets_at

    def quota(self, now: datetime, per_minute: int) -> Quota | None:
        """What is left, as far as it is known."""
        if self._limit is None and self._remaining is None:
            return self._minute_quota(now, per_minute) if per_minute else None
        if self._resets_at and now >= self._resets_at:
            return Quota(limit=self._limit, remaining=self._limit)
        return Quota(limit=self._limit, remaining=self._remaining, resets_at=self._resets_at)

    def _minute_quota(self, now: datetime, per_minute: int) -> Quota:
        recent = [sent for sent in self._sent if sent > now - MINUTE]
        resets_at = recent[0] + MINUTE if recent else None
        return Quota(limit=per_minute, remaining=max(0, per_minute - len(recent)), resets_at=resets_at)
