"""The ration of a process that shares it with nobody."""

from __future__ import annotations

from datetime import datetime

from gateway.domain.administration import Quota
from gateway.ports import Allowance, Ration
from gateway.transport.ration import Budget


class LocalLedger:
    """A budget behind the port `Ledger`; nothing in it waits.

    Args:
        allowance: What may be sent where the system does not count.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._budget = Budget(allowance)

    async def closed_until(self, now: datetime, urgency: int) -> datetime | None:
        """Return when a call may be sent at the earliest; None: now."""
        return self._budget.closed_until(now, urgency)

    async def spend(self, now: datetime, urgency: int) -> int | datetime:
        """Count a call, or say until when none may be sent."""
        return self._budget.closed_until(now, urgency) or self._budget.spend(now)

    async def give_back(self, call: int) -> None:
        """Take back a call that never reached the system."""
        self._budget.give_back(call)

    async def lose(self, call: int, now: datetime) -> None:
        """Take note that no answer will come to a call."""
        self._budget.lose(call, now)

    async def learn(self, ration: Ration, call: int, now: datetime) -> None:
        """Take over what the answer to a call told."""
        self._budget.learn(ration, call, now)

    def quota(self, now: datetime) -> Quota | None:
        """What is left, as far as it is known."""
        return self._budget.quota(now)
