"""Whether a system that keeps failing is asked at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5
"""Failed calls in a row after which a system is left alone."""

PAUSE = timedelta(seconds=30)
"""For how long it is."""

SUCCESSES = 2
"""Calls that have to go well, one after the other, before it is asked as before."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that was let through; `turn` counts how often the breaker had opened or closed by then."""

    turn: int
    is_probe: bool = False


class Breaker:
    """Lets calls through until too many fail in a row, and then one at a time until enough went well.

    closed: everything passes. Open: nothing does, until the pause is over. Half open: one call at a time
    is let through, as a probe; a failed probe opens it again. What becomes of a call counts only in the
    state in which it was let through: late news of an earlier one change nothing.

    Args:
        failures: In a row, to open it.
        successes: In a row, to close it.
        pause: From opening to the first probe.
        patience: After which a probe of which nothing was heard makes room for another.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        successes: int = SUCCESSES,
        pause: timedelta = PAUSE,
        patience: timedelta = PAUSE,
    ) -> None:
        self._needed = failures, successes
        self._pause = pause
        self._patience = patience
        self._turn = 0
        self._failed = 0
        self._went_well = 0
        self._opened_at: datetime | None = None
        self._probed_at: datetime | None = None

    @property
    def state(self) -> str:
        """How it stands: "closed", "open", or "half_open" once a probe has been let through."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._probed_at or self._went_well else "open"

    def closed_until(self, now: datetime) -> datetime | None:
        """Return when the next call may pass; None: now."""
        if self._opened_at is None:
            return None
        # A clock that was put back does not make a while longer.
        self._opened_at = min(self._opened_at, now)
        self._probed_at = min(self._probed_at, now) if self._probed_at else None
        if not self._went_well and now < (until := self._opened_at + self._pause):
            return until
        if self._probed_at and now < (until := self._probed_at + self._patience):
            return until
        return None

    def enter(self, now: datetime) -> Ticket:
        """Let a call through, after `closed_until` said that it may pass."""
        if self._opened_at is None:
            return Ticket(self._turn)
        self._probed_at = now
        self._turn += 1
        return Ticket(self._turn, is_probe=True)

    def succeeded(self, ticket: Ticket) -> None:
        """Take note that a call went well: the system answered, be it with a refusal."""
        if ticket.turn != self._turn:
            return
        self._failed = 0
        if not ticket.is_probe:
            return
        self._probed_at = None
        self._went_well += 1
        if self._went_well >= self._needed[1]:
            self._opened_at = None
            self._went_well = 0
            self._turn += 1

    def failed(self, ticket: Ticket, now: datetime) -> None:
        """Take note that a call failed."""
        if ticket.turn != self._turn:
            return
        self._failed += 1
        if ticket.is_probe or self._failed >= self._needed[0]:
            self._opened_at = now
            self._probed_at = None
            self._went_well = 0
            self._failed = 0
            self._turn += 1

    def gave_up(self, ticket: Ticket) -> None:
        """Take note that nobody waits for a call any more: it says nothing, and another may probe."""
        if ticket.is_probe and ticket.turn == self._turn:
            self._probed_at = None
