"""Filling a thin book with details while nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice

from gateway.directory.attempts import IDLE, later
from gateway.directory.following import leads
from gateway.directory.refresh import Book
from gateway.directory.snapshot import Snapshot
from gateway.domain.errors import BackendError, BadUpstreamAnswer
from gateway.flight import Urgency, urgent

STEP = 8
"""Details read before it is looked again whether somebody waits."""


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
            await self._book.attention.quiet()
            await self._pause(await self.step())

    async def step(self) -> float:
        """Read some details; return how many seconds to wait before the next."""
        keys = self._waiting() if leads(self._book.following) else []
        if not keys or self._book.problem is not None:
            return IDLE
        with urgent(Urgency.BACKGROUND):
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
        return later(problem, self._failures, self._clock())


def _is_thin(snapshot: Snapshot, key: str) -> bool:
    held = snapshot.get(key)
    return held is not None and not held[0].complete
