"""How many requests one caller may send in a minute."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter


@dataclass(frozen=True)
class Rates:
    """Counts requests by caller, over the last sixty seconds.

    Attributes:
        per_minute: Requests that one caller may send; 0 is no limit.
    """

    per_minute: int
    _limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()), repr=False
    )

    async def wait(self, caller: str, cost: int = 1) -> int:
        """Count requests; return the whole seconds after which the caller may come again, 0 when it may now.

        Args:
            caller: The name of a key, or who else is told apart.
            cost: Requests that this one stands for.
        """
        if not self.per_minute:
            return 0
        item = RateLimitItemPerMinute(self.per_minute)
        if await self._limiter.hit(item, caller, cost=min(cost, self.per_minute)):
            return 0
        window = await self._limiter.get_window_stats(item, caller)
        return max(1, math.ceil(window.reset_time - time.time()))
