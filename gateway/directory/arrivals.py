"""The pieces of a list that is being read: kept when it breaks off, and shown when nobody can wait longer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from gateway.directory.entry import Entry, entry
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact
from gateway.ports import Scan

MADE_AT_ONCE = 200
"""Entries made without leaving the event loop: each takes some tens of microseconds."""


class Arrivals:
    """What came so far of one list.

    Attributes:
        entries: Contacts by the system's id.
        told: What the list says of every contact, those that are still to come included.
        versions: What the list said of the contacts that came, when they came.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.told: Mapping[str, str] = {}
        self.versions: dict[str, str] = {}
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._shown: Snapshot | None = None

    def begin(self, asked_at: datetime, *, resumes: bool) -> Arrivals:
        """Get ready for a list that is asked for; a first one goes on where an earlier one broke off."""
        if not resumes:
            self.entries, self.told, self.versions = {}, {}, {}
        if not self.entries:
            self._asked_at = asked_at
        return self

    def take(self, piece: Scan) -> None:
        """Keep a piece."""
        came = {each.key.remote: entry(each) for each in piece.contacts}
        self.entries |= came
        # A later list may tell of a newer state of what came before: that has not come yet.
        self.versions |= {key: piece.versions[key] for key in came if key in piece.versions}
        self.told = piece.versions
        self._shown = None

    def snapshot(self) -> Snapshot | None:
        """Return the part of the book that came; None while nothing has."""
        if not self.entries:
            return None
        if self._shown is None:
            came = {key: each for key, each in self.entries.items() if key in self.told}
            self._shown = Snapshot(Index(), self.versions, self._asked_at, came, expected=len(self.told))
        return self._shown


async def entries_of(contacts: Iterable[Contact], made: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of contacts that are not made yet."""
    new = [each for each in contacts if each.key.remote not in made]
    if len(new) <= MADE_AT_ONCE:
        return _made(new)
    return await asyncio.to_thread(_made, new)


def _made(contacts: Iterable[Contact]) -> dict[str, Entry]:
    return {each.key.remote: entry(each) for each in contacts}
