"""The pieces of a list that is being read: kept when it breaks off, and shown when nobody can wait longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from gateway.directory.entry import Entry, entry, is_later
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact
from gateway.ports import Scan
from gateway.telemetry import Cause, because

CONFIRMED_AT_ONCE = 100
"""Contacts missing from a list that are asked for one by one before they count as gone."""

NEVER = datetime.min.replace(tzinfo=UTC)

MADE_AT_ONCE = 200
"""Entries made without leaving the event loop: each takes some tens of microseconds."""


class Arrivals:
    """What came so far of one list, and what was found beside it.

    What was found is shown, and read again with the list: a list that was asked for later leaves it out
    where it is gone.

    Attributes:
        entries: Contacts of the list by the system's id.
        told: What the list says of every contact, those that are still to come included.
        versions: What the list said of the contacts that came, when they came.
        writes: How many writes there had been when the list was asked for first.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.told: Mapping[str, str] = {}
        self.versions: dict[str, str] = {}
        self.writes = 0
        self._asked_at = NEVER
        self._found: dict[str, Entry] = {}
        self._found_before: frozenset[str] = frozenset()
        self._shown: Snapshot | None = None

    def begin(self, asked_at: datetime, writes: int, *, resumes: bool) -> Arrivals:
        """Get ready for a list that is asked for; a first one goes on where an earlier one broke off."""
        if not resumes:
            self.entries, self.told, self.versions = {}, {}, {}
        if not self.entries and not self._found:
            self._asked_at, self.writes = asked_at, writes
        self._found_before = frozenset(self._found)
        return self

    def take(self, piece: Scan) -> None:
        """Keep a piece."""
        came = {each.key.remote: entry(each) for each in piece.contacts}
        self.entries |= came
        # A later list may tell of a newer state of what came before: that has not come yet.
        self.versions |= {key: piece.versions[key] for key in came if key in piece.versions}
        self.told = piece.versions
        for key in self._found_before - piece.versions.keys():
            self._found.pop(key, None)
        self._shown = None

    def join(self, found: Mapping[str, Entry], asked_at: datetime, writes: int) -> None:
        """Keep what was found beside the list.

        Args:
            found: Contacts by the system's id.
            asked_at: When the system was asked to look, UTC.
            writes: How many writes there had been then.
        """
        if self._asked_at == NEVER:
            self._asked_at, self.writes = asked_at, writes
        self._found |= found
        self._shown = None

    def snapshot(self) -> Snapshot | None:
        """Return the part of the book that came; None while nothing has."""
        if not self.entries and not self._found:
            return None
        if self._shown is None:
            came = {key: each for key, each in self.entries.items() if key in self.told}
            for key, each in self._found.items():
                if is_later(each, came[key].contact if key in came else None):
                    came[key] = each
            self._shown = Snapshot(Index(), self.versions, self._asked_at, came, expected=len(self.told))
        return self._shown


async def entries_of(contacts: Iterable[Contact], made: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of contacts that are not made yet."""
    new = [each for each in contacts if each.key.remote not in made]
    if len(new) <= MADE_AT_ONCE:
        return _made(new)
    return await asyncio.to_thread(_made, new)


async def confirmed(
    missing: Sequence[str], load: Callable[[Sequence[str]], Awaitable[Collection[str]]]
) -> list[str]:
    """Return the contacts that a list no longer names, less those that are really gone.

    A list can be short for other reasons than a deletion, so what it lacks is asked for; what
    cannot be asked this time stays, and is asked the next time.

    Args:
        missing: Ids that an earlier list named.
        load: Reads contacts by id; those that do not exist are left out. What it raises is raised.
    """
    asked = missing[:CONFIRMED_AT_ONCE]
    if not asked:
        return []
    with because(Cause.REREAD):
        found = await load(asked)
    return [key for key in missing if key in found or key not in asked]


def _made(contacts: Iterable[Contact]) -> dict[str, Entry]:
    return {each.key.remote: entry(each) for each in contacts}
