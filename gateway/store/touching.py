"""Which contacts the writes of a journal touched, and from when on what is read of them tells so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from gateway.domain.faults import Outcome
from gateway.ports import Intent, Settled

LANDING = timedelta(minutes=10)
"""How long after a write of which no end is known it may still land."""


def touched_since(
    intents: Iterable[Intent], settled: Mapping[str, Settled], since: datetime
) -> dict[str | None, datetime]:
    """Return contacts as `Journal.touched` promises them.

    Args:
        intents: Writes.
        settled: How they ended, by the intent's id; may tell of others too.
        since: When what is held of the contacts was read.
    """
    known = {each.id: each for each in intents}
    ends = [(_contact(each, known.get(each.id)), _landed(each)) for each in settled.values() if _wrote(each)]
    open_ended = [(each.contact, each.at + LANDING) for each in known.values() if each.id not in settled]
    latest: dict[str | None, datetime] = {}
    for contact, moment in (*ends, *open_ended):
        if moment >= since:
            latest[contact] = max(moment, latest.get(contact, moment))
    return latest


def _wrote(settled: Settled) -> bool:
    return settled.outcome != Outcome.REFUSED


def _landed(settled: Settled) -> datetime:
    return settled.at + LANDING if settled.outcome == Outcome.UNKNOWN else settled.at


def _contact(settled: Settled, intent: Intent | None) -> str | None:
    return settled.contact or (intent.contact if intent else None)
