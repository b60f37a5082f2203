"""The emulators' idea of now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware, UTC."""


def wall_clock() -> datetime:
    """Return the machine's own time."""
    return datetime.now(UTC)
