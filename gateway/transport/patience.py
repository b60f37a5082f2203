"""How long one call may take, whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable

from gateway.flight import Deadline


class Patience:
    """A call's time, all its tries included: it runs from the moment at which the first is sent.

    A call that waits for its place among many has not begun: that it waits is no fault of the system.

    Args:
        seconds: In all.
        clock: Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._deadline: Deadline | None = None

    def begin(self) -> None:
        """Let the time run, where it does not yet."""
        self._deadline = self._deadline or Deadline(self._seconds, self._clock)

    def left(self) -> float:
        """Seconds that are left, never negative."""
        return self._deadline.left() if self._deadline else self._seconds
