"""Moneybird's ration: 150 calls in every five minutes of the clock.

Source: Moneybird API v2, introduction (throttling); what the headers carry was observed by clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LIMIT = 150
"""Calls in one window."""

WINDOW = 300
"""Seconds of a window; windows begin at whole multiples of it since the epoch."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands in its window."""

    refused: bool
    left: int
    seconds: int
    reset: int

    def headers(self) -> Mapping[str, str]:
        """Return the headers of an answer.

        `RateLimit-Remaining` carries the seconds until the window ends, not a number of calls: that is what
        was observed, against the specification's text. `Retry-After` is an epoch.
        """
        found = {
            "RateLimit-Limit": str(LIMIT),
            "RateLimit-Remaining": str(self.seconds),
            "RateLimit-RequestsRemaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }
        if self.refused:
            found["Retry-After"] = str(self.reset)
        return found


class Ration:
    """Counts calls; with `enforced` false it never refuses and always shows one call used."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._window = 0
        self._used = 0

    def count(self, at: datetime) -> Standing:
        """Count one call at this moment; a refused call uses up nothing."""
        epoch = int(at.timestamp())
        window = epoch // WINDOW
        if window != self._window:
            self._window, self._used = window, 0
        refused = self._enforced and self._used >= LIMIT
        self._used += not refused
        reset = (window + 1) * WINDOW
        left = LIMIT - self._used if self._enforced else LIMIT - 1
        return Standing(refused=refused, left=left, seconds=reset - epoch, reset=reset)

    def reset(self) -> None:
        """Begin afresh."""
        self._window = self._used = 0
