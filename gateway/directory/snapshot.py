"""One administration's contacts at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.selection import Entry, entry, is_listed
from gateway.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole book, immutable.

    Attributes:
        contacts: Every contact by the system's own id, archived ones included.
        listed: The entries that a plain list shows, in NAME order.
        versions: What the system's list said of each contact's state.
        fetched_at: When the system was asked, UTC.
        left_out: Records that could not be read as a contact.
    """

    contacts: Mapping[str, Contact]
    listed: tuple[Entry, ...]
    versions: Mapping[str, str]
    fetched_at: datetime
    left_out: int = 0

    def age(self, now: datetime) -> float:
        """Seconds since the system was asked, never negative."""
        return max(0.0, (now - self.fetched_at).total_seconds())


def build(
    contacts: Iterable[Contact], versions: Mapping[str, str], fetched_at: datetime, left_out: int = 0
) -> Snapshot:
    """Make a snapshot; of two contacts with one key the later counts."""
    by_key = {contact.key.remote: contact for contact in contacts}
    listed = sorted((entry(each) for each in by_key.values() if is_listed(each)), key=lambda each: each.place)
    return Snapshot(by_key, tuple(listed), versions, fetched_at, left_out)
