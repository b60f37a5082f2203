"""Locks and the journal of all workers: who holds a name holds it on every machine."""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from gateway.ports.sharing import SharedAway
from gateway.sharing.coding import Coding
from gateway.sharing.journal import SharedJournal
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.store import LocalStore

FIRST, LONGEST = 0.01, 0.05
"""Seconds between two questions for a lock that another worker holds."""


class SharedStore:
    """Locks over all workers, and their journal.

    A lock is a lease: it lasts as long as its worker's heart beats, and a worker that stood still has lost
    it. So the journal, which is asked last before a write is sent, looks whether it is still held.

    Args:
        local: The locks of this process, which keep the order of asking, and its journal.
        link: To Redis.
        leases: Keep the locks.
        names: An administration's slug to its name among all gateways.
        coding: Of what stands in Redis.

    Attributes:
        journal: The journal of writes.
        local: As it was given.
    """

    def __init__(
        self, local: LocalStore, link: Link, leases: Leases, names: Mapping[str, str], coding: Coding
    ) -> None:
        self.local = local
        self._link = link
        self._leases = leases
        self._places = _Places(names)
        self._dropping: set[asyncio.Task[None]] = set()
        self.journal = SharedJournal(local.journal, link, leases, coding, self._places)

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Hold a name; whoever wants the same one waits, within one worker in the order of asking.

        Raises:
            SharedAway: nobody knows who holds it; nothing is held.
        """
        async with self.local.lock(name):
            if self._link.is_settling:
                # Who held it may not have said so again.
                raise SharedAway("The shared cache came back a moment ago.")
            key, value = self._places.lease(name), uuid.uuid4().hex
            try:
                await self._take(key, value)
                self._places.values[key] = value
                yield
            finally:
                self._places.values.pop(key, None)
                await self._let_go(key, value)

    async def close(self) -> None:
        """Let go of what is left, and tell Redis what it has to know."""
        await asyncio.gather(*self._dropping, return_exceptions=True)
        await self.journal.close()

    async def _take(self, key: str, value: str) -> None:
        pause = FIRST
        while not await self._leases.take(key, value):
            # They do not all come at once, nor in step.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(LONGEST, pause * 1.5)

    async def _let_go(self, key: str, value: str) -> None:
        """Let others have a lock at once, also where who held it is told to stop meanwhile."""
        # Whoever was stopped while asking may have got it all the same.
        self._leases.keep(key, value)
        task = asyncio.create_task(self._leases.drop(key))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)
        await asyncio.shield(task)


class _Places:
    """Where things are in Redis."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.values: dict[str, str] = {}
        self._names = names

    def prefix(self, administration: str) -> str:
        return f"cg1:{{{self._names.get(administration, administration)}}}:"

    def lease(self, name: str) -> str:
        slug = name.split(":", 2)[1]
        return f"{self.prefix(slug)}lock:{hashlib.sha256(name.encode()).hexdigest()[:32]}"

    def held(self, name: str) -> tuple[str, str] | None:
        key = self.lease(name)
        value = self.values.get(key)
        return (key, value) if value else None
