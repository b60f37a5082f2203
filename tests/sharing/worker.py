"""Workers over one Redis, as tests start, stop and lose them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from gateway.ports import Intent, Journal, Settled
from gateway.sharing.coding import Coding
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.sharing.store import SharedStore
from gateway.store import LocalStore, MemoryJournal
from tests.fakes import Clock
from tests.sharing.server import PATIENCE, RedisServer
from tests.store.writes import NOON

NAMES = {"shop": "shop-1f2e"}

CODING = Coding(None)


@dataclass
class Stopwatch:
    """Monotonic seconds that a test moves on: so a worker stood still."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Worker:
    """One worker: its link, its leases and its store."""

    link: Link
    leases: Leases
    store: SharedStore
    clock: Stopwatch = field(default_factory=Stopwatch)


@asynccontextmanager
async def worker(
    server: RedisServer, journal: Journal | None = None, *, beats: bool = True, coding: Coding = CODING
) -> AsyncIterator[Worker]:
    """Start a worker; one whose heart does not beat is as good as dead after three seconds."""
    clock = Stopwatch()
    link = Link(server.secret, seconds=clock)
    leases = Leases(link, clock)
    store = SharedStore(LocalStore(journal or MemoryJournal(Clock(NOON))), link, leases, NAMES, coding)
    try:
        if beats:
            async with leases.beating():
                yield Worker(link, leases, store, clock)
        else:
            yield Worker(link, leases, store, clock)
    finally:
        await store.close()
        await link.close()


async def note(one: Worker, meant: Intent) -> tuple[Intent, Settled | None] | None:
    """Note a write under its locks."""
    async with AsyncExitStack() as held:
        if meant.key:
            await held.enter_async_context(one.store.lock(f"key:shop:{meant.key}"))
        if meant.contact:
            await held.enter_async_context(one.store.lock(f"contact:shop:{meant.contact}"))
        return await one.store.journal.intend(meant)


async def until(told: Callable[[], Awaitable[object]], seconds: float = PATIENCE) -> None:
    """Wait until something is so; what raises is not so yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if await told():
                return
        except OSError:
            pass
        await asyncio.sleep(0.02)
    raise AssertionError("it never was so")
