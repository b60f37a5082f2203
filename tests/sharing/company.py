"""A company of workers that share one ration, and the system that counts what they send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import cycle

from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from gateway.sharing.ledger import SharedLedger
from gateway.sharing.link import Link
from tests.scripts import Clock
from tests.sharing.server import RedisServer

LIMIT, WINDOW, WORKERS = 150, 300, 4
ALLOWANCE = Allowance(LIMIT, WINDOW)
GENEROUS = 30.0


async def joined(clock: Clock, *workers: SharedLedger) -> None:
    """Let time go by until none of them is alone any more."""
    until = asyncio.get_running_loop().time() + GENEROUS
    while True:
        for each in workers:
            await each.look()
            await each.close()
        if not any(each.is_alone for each in workers):
            break
        assert asyncio.get_running_loop().time() < until
        await asyncio.sleep(0.05)
        clock.move(1)


class Company:
    """A system that counts, and workers that share its ration.

    `tells` is whether its answers tell of the ration; `at_kill` is done when so many calls were counted.
    """

    def __init__(
        self,
        links: Sequence[Link],
        clock: Clock,
        allowance: Allowance = ALLOWANCE,
        tells: bool = True,
    ) -> None:
        self.clock, self.tells = clock, tells
        self.links = links
        self.workers = [SharedLedger(link, "token", allowance, lambda: WORKERS, clock) for link in links]
        self.counted = self.refused = 0
        self.reset = clock() + timedelta(seconds=WINDOW)
        self.at: dict[int, Callable[[], object]] = {}
        self.places = [asyncio.Semaphore(8) for _ in links]

    def count(self) -> Ration:
        """Count a call, and return what its answer tells."""
        while self.clock() >= self.reset:
            self.reset += timedelta(seconds=WINDOW)
            self.counted = 0
        if self.counted >= LIMIT:
            self.refused += 1
            return Ration(LIMIT, 0, self.reset, self.reset)
        self.counted += 1
        if self.counted in self.at:
            self.at.pop(self.counted)()
        return Ration(LIMIT, LIMIT - self.counted, self.reset) if self.tells else Ration()

    async def ask(self, worker: int, urgency: Urgency = Urgency.WRITE) -> bool:
        """Make a call, if there is something left for it; return whether it was made."""
        ledger = self.workers[worker]
        async with self.places[worker]:
            call = await ledger.spend(self.clock(), urgency)
            if not isinstance(call, int):
                return False
            await asyncio.sleep(0)
            told = self.count()
            await asyncio.sleep(0)
            await ledger.learn(told, call, self.clock())
            return True

    async def rush(self, tries: int = 1000) -> int:
        """Try so often at once, over all workers; return how many calls were made."""
        whose = zip(range(tries), cycle(range(len(self.workers))), cycle([*Urgency, *[Urgency.WRITE] * 3]))
        made = await asyncio.gather(*(self.ask(worker, urgency) for _, worker, urgency in whose))
        await self.settled()
        return sum(made)

    async def settled(self) -> None:
        """Wait until all is told that can be."""
        for each in self.workers:
            await each.close()

    async def together(self) -> None:
        """Wait until all workers have Redis again."""
        await joined(self.clock, *self.workers)

    @property
    def losses(self) -> int:
        """How often a worker lost Redis so far."""
        return sum(link.losses for link in self.links)

    async def left(self) -> list[int]:
        """Return what every worker says is left, each having looked."""
        for each in self.workers * 2:  # the first time they may have something to tell
            await each.look()
        quotas = [each.quota(self.clock()) for each in self.workers]
        return [-1 if each is None or each.remaining is None else each.remaining for each in quotas]


@asynccontextmanager
async def company(
    server: RedisServer, clock: Clock | None = None, patience: float = GENEROUS, **choices: object
) -> AsyncIterator[Company]:
    """Have four workers, each with its own way to Redis."""
    links = [Link(server.secret, patience=patience) for _ in range(WORKERS)]
    made = Company(links, clock or Clock(), **choices)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.settled()
        for link in links:
            await link.close()
