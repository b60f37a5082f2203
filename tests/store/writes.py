"""Entries of a journal as these tests write them."""

from datetime import UTC, datetime
from typing import Any

from gateway.domain.faults import Outcome
from gateway.ports import Intent, Settled

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = 24 * 3600.0
"""Seconds."""


def intent(name: str, key: str | None = None, at: datetime = NOON, **facts: Any) -> Intent:
    """Return a write of the shop that is about to be sent."""
    shown = {"administration": "shop", "mutation": "contactCreate", "input": f"digest of {name}", **facts}
    return Intent(name, at, key=key, **shown)


def settled(name: str, outcome: Outcome = Outcome.CREATED, at: datetime = NOON, **facts: Any) -> Settled:
    """Return how a write ended."""
    return Settled(name, at, str(outcome), **facts)
