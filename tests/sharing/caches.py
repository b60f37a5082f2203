"""Caches of several workers over one Redis, and what they load from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.cache import BoundedMemory, Cache, Found, Held, Kind
from gateway.domain.errors import BackendError
from gateway.settings import Ages
from gateway.sharing.claims import Claims
from gateway.sharing.coding import Coding
from gateway.sharing.forms import Forms
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.sharing.pulse import Pulse
from gateway.sharing.values import SharedValues
from tests.fakes import Clock
from tests.sharing.server import RedisServer
from tests.sharing.worker import Stopwatch

NAMES = {"shop": "shop-1f2e", "web": "web-3c4d"}

WORD = Kind("word", Ages(fresh=30, revalidate=300, stale=3600), shape=str)


class Ticking(Clock):
    """The one clock of all workers: no two moments are the same."""

    def __call__(self):
        self.now += timedelta(microseconds=1)
        return self.now


class Town:
    """The system that all workers read: says each word with how often it was written."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.written: dict[str, int] = {}
        self.absent: set[str] = set()
        self.failures = 0
        self.gate: asyncio.Event | None = None
        self.running = 0
        self.most = 0

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(list(keys))
        told = {key: f"{key}{self.written.get(key, 0)}" for key in keys if key not in self.absent}
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0.01))
        finally:
            self.running -= 1
        if self.failures:
            self.failures -= 1
            raise BackendError("away")
        return told

    def write(self, key: str) -> None:
        """Change a word."""
        self.written[key] = self.written.get(key, 0) + 1


@dataclass
class Sharer:
    """One worker's cache."""

    link: Link
    leases: Leases
    values: SharedValues
    claims: Claims
    cache: Cache
    town: Town
    watch: Stopwatch = field(default_factory=Stopwatch)

    async def get(self, key: str = "a", max_age: float | None = None) -> Any:
        """Return one word, with its age."""
        return (await self.all([key], max_age)).get(key)

    async def word(self, key: str = "a", max_age: float | None = None) -> str:
        """Return one word."""
        found = await self.get(key, max_age)
        assert isinstance(found, Held), found
        return found.value

    async def all(self, keys: Sequence[str], max_age: float | None = None) -> Found[str]:
        """Return words, with their ages."""
        return await self.cache.get_or_load_many(WORD, "shop", keys, self.town, max_age)

    async def forget(self, *keys: str) -> None:
        """Forget words."""
        await self.cache.forget(WORD, "shop", keys)


@asynccontextmanager
async def sharer(
    server: RedisServer, town: Town, clock: Clock, *, beats: bool = True, patience: float = 10.0
) -> AsyncIterator[Sharer]:
    """Start a worker, one with patience where nothing is to hang: the machine may stand still."""
    watch = Stopwatch()
    link = Link(server.secret, seconds=watch, patience=patience)
    leases = Leases(link, watch)
    forms = Forms(Coding(None), [WORD])
    values = SharedValues(link, Pulse(link, NAMES), NAMES, forms, BoundedMemory())
    claims = Claims(link, leases, values, NAMES, watch)
    cache = Cache(values, clock, others=claims)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(link.close)
        if beats:
            await stack.enter_async_context(leases.beating())
        stack.push_async_callback(cache.close)
        yield Sharer(link, leases, values, claims, cache, town, watch)


@asynccontextmanager
async def sharers(
    server: RedisServer, town: Town, count: int, *, patience: float = 10.0
) -> AsyncIterator[list[Sharer]]:
    """Start several workers, that have one clock."""
    clock = Ticking()
    async with AsyncExitStack() as stack:
        workers = [sharer(server, town, clock, patience=patience) for _ in range(count)]
        yield [await stack.enter_async_context(each) for each in workers]
