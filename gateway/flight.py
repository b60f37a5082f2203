"""One running call shared by all who ask for it at once, and the time that an operation has.

Stands below cache, directory, loaders and transport, which all need it: a caller that goes away does not
take the answer from the others, and the call itself ends only when nobody waits any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from gateway.domain.errors import DeadlineExceeded

T = TypeVar("T")


class Deadline:
    """The moment at which an operation answers with what it has.

    Args:
        seconds: From now on.
        clock: Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self._at - self._clock())

    async def bound(self, awaitable: Awaitable[T]) -> T:
        """Wait for an answer as long as there is time.

        Raises:
            DeadlineExceeded: the time was over first; what was awaited is cancelled.
        """
        try:
            async with asyncio.timeout(self.left()) as scope:
                return await awaitable
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise DeadlineExceeded("The time for this operation was over before the answer came.") from error


class SingleFlight(Generic[T]):
    """Runs at most one call per key at a time.

    Args:
        linger: Let a call finish although nobody waits for its answer any more.
    """

    def __init__(self, *, linger: bool = False) -> None:
        self._linger = linger
        self._running: dict[Hashable, asyncio.Task[T]] = {}
        self._waiting: dict[Hashable, int] = {}

    async def do(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of the running call for `key`, or of a new one.

        Raises:
            Exception: whatever the call raised, to everyone who waited for it.
        """
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(call())
            self._running[key] = task
            self._waiting[key] = 0
            task.add_done_callback(lambda done: self._forget(key, done))
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._leave(key, task)

    def running(self, key: Hashable) -> bool:
        """Whether a call for `key` is under way."""
        return key in self._running

    async def close(self) -> None:
        """Cancel what still runs and wait for it to end."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, key: Hashable, task: asyncio.Task[T]) -> None:
        if self._running.get(key) is not task:
            return
        self._waiting[key] -= 1
        if not self._waiting[key] and not self._linger and not task.done():
            # Forgotten before it is cancelled, so that who comes now starts a call of their own.
            self._forget(key, task)
            task.cancel()

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
            del self._waiting[key]
        if task.done() and not task.cancelled():
            # Everyone who waited has it; unread it would be reported as never retrieved.
            task.exception()
