"""An event loop whose clock leaps over every wait in which nothing can happen.

Timeouts keep the lengths that users have, are met at their exact moment, and cost no time; and no
machine is so slow that it meets one that it should not.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

QUIET = 0.02
"""Seconds without a sign from any socket after which none will come: both ends are in this process."""


class Leaping(asyncio.SelectorEventLoop):
    """Waits for sockets and threads as long as they take, and for nothing else.

    Its time stands still while anything happens.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.aside = 0
        super().__init__(Watchful(self))

    def time(self) -> float:
        """Return the seconds of this loop's own clock."""
        return self.now

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Run something in a thread; as long as it runs, nothing is leapt over."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self.aside += 1
        future.add_done_callback(self._back)
        return future

    def _back(self, _future: asyncio.Future[Any]) -> None:
        self.aside -= 1


class Watchful(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Tells its loop that nothing will happen before the next timer."""

    def __init__(self, loop: Leaping) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for sockets, and leap where it is quiet."""
        bounded = timeout if timeout is None else min(timeout, QUIET)
        found: list[tuple[selectors.SelectorKey, int]] = super().select(bounded)
        if not found and timeout and not self._loop.aside:
            self._loop.now += timeout
        return found


def leaping(test: Callable[P, Awaitable[T]]) -> Callable[P, T]:
    """Run a test on a loop of its own that leaps."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        async def whole() -> T:
            return await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=Leaping) as runner:
            return runner.run(whole())

    return run
