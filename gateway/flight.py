"""One running call shared by all who ask for it at once; an operation's time, and how urgent it is.

Stands below cache, directory, loaders and transport, which all need it: a caller that goes away does not
take the answer from the others, and the call itself ends only when nobody waits any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Generic, TypeVar

from gateway.domain.errors import DeadlineExceeded

T = TypeVar("T")


class Urgency(IntEnum):
    """For what calls are made; the smaller, the sooner, and the deeper they may reach into a ration."""

    WRITE = 0
    """A write, and all that it reads."""
    WAITED = 1
    """Somebody waits, and few calls will do."""
    BULK = 2
    """Somebody may wait, but it takes many: a whole book, or a call for each contact."""
    BACKGROUND = 3
    """Nobody waits."""


FEW = 10
"""Calls that one question may take before it counts as many."""

_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.WAITED)
_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def urgency() -> Urgency:
    """Return for what calls are being made just now."""
    return _urgency.get()


@contextmanager
def urgent(degree: Urgency) -> Iterator[None]:
    """Say for what the calls inside are made; what is in the background has no deadline."""
    token = _urgency.set(degree)
    unbound = _deadline.set(None if degree is Urgency.BACKGROUND else _deadline.get())
    try:
        yield
    finally:
        _deadline.reset(unbound)
        _urgency.reset(token)


def for_calls(count: int) -> Urgency:
    """Return how urgent so many calls together are: many must not use up what single questions need."""
    degree = urgency()
    return Urgency.BULK if degree is Urgency.WAITED and count > FEW else degree


def time_left() -> float | None:
    """Return the seconds that the operation has, for which calls are being made; None: nobody waits."""
    deadline = _deadline.get()
    return deadline.left() if deadline else None


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
            with self.told():
                async with asyncio.timeout(self.left()) as scope:
                    return await awaitable
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise DeadlineExceeded("The time for this operation was over before the answer came.") from error

    @contextmanager
    def told(self) -> Iterator[None]:
        """Let the calls that are begun inside know of it, as `time_left`."""
        token = _deadline.set(self)
        try:
            yield
        finally:
            _deadline.reset(token)


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
        # One that has just ended was asked for earlier: its answer is not for who comes now.
        if task is None or task.done():
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


class Rounds:
    """A job that is begun anew for those who ask while it is under way: it finds nothing older than that.

    Args:
        job: Is done by one at a time; raises nothing.
    """

    def __init__(self, job: Callable[[], Awaitable[None]]) -> None:
        self._job = job
        self._now: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """Wait for the next time that the job is begun, and done; it goes on whoever goes away."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._now))
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """End what runs."""
        tasks = [each for each in (self._now, self._next) if each]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _after(self, before: asyncio.Task[None] | None) -> None:
        if before and not before.done():
            await asyncio.wait([before])
        self._now, self._next = self._next, None
        await self._job()
