"""Filling a thin book with details while nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice

from gateway.directory.refresh import Book
from gateway.directory.snapshot import Snapshot
from gateway.domain.errors import BackendError, BadUpstreamAnswer

STEP = 8
"""Details read before it is looked again whether somebody waits."""

SHARE = 0.5
"""Part of the ration that is for this; the rest is kept for those who wait."""

IDLE = 1.0
"""Seconds after which a book with nothing to do is looked at again."""

PATIENCE = 60.0
"""Seconds between two attempts at a system that fails, at most."""


class Hydrator:
    """Reads the details behind a book's thin rows, a few at a time and with the least priority.

    Args:
        book: Whose rows.
        clock: The present moment, UTC.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        book: Book,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._book = book
        self._clock = clock
        self._pause = pause
        self._refused: dict[str, str] = {}
        self._failures = 0

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            await self._book.quiet()
            await self._pause(await self.step())

    async def step(self) -> float:
        """Read some details; return how many seconds to wait before the next."""
        keys = self._waiting()
        if not keys or self._book.problem is not None:
            return IDLE
        if wait := self._ration_wait():
            return wait
        problem = await self._book.hydrate(keys)
        return self._note(keys, problem)

    def _waiting(self) -> list[str]:
        snapshot = self._book.snapshot
        if snapshot is None:
            return []
        versions = snapshot.versions
        # What could not be read is not asked for again until its row changes.
        wanted = (key for key in snapshot.thin_keys() if self._refused.get(key) != versions.get(key, ""))
        return list(islice(wanted, STEP))

    def _ration_wait(self) -> float:
        """Return seconds until the ration has calls to spare; 0 when it has them now."""
        quota = self._book.backend.quota()
        if quota is None or quota.limit is None or quota.remaining is None:
            return 0.0
        if quota.remaining - STEP >= quota.limit * (1 - SHARE):
            return 0.0
        if quota.resets_at is None:
            return IDLE
        return min(PATIENCE, max(IDLE, (quota.resets_at - self._clock()).total_seconds()))

    def _note(self, keys: list[str], problem: BackendError | None) -> float:
        snapshot = self._book.snapshot
        left = [key for key in keys if snapshot and _is_thin(snapshot, key)]
        if snapshot and (problem is None or isinstance(problem, BadUpstreamAnswer)):
            self._refused.update({key: snapshot.versions.get(key, "") for key in left})
            if len(left) < len(keys):
                problem = None
        if problem is None:
            self._failures = 0
            return 0.0
        self._failures += 1
        return float(min(PATIENCE, 2.0 ** min(self._failures, 10)))


def _is_thin(snapshot: Snapshot, key: str) -> bool:
    held = snapshot.get(key)
    return held is not None and not held[0].complete
