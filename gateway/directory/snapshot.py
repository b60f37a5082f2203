"""One administration's contacts at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from gateway.directory.entry import Entry, entry, is_later
from gateway.directory.index import Index, rebuilt
from gateway.directory.index.hits import Hits
from gateway.directory.index.sorting import sorted_in_steps
from gateway.domain.contact import Contact, with_listed


@dataclass(frozen=True)
class Snapshot:
    """A book, immutable: an index, and a small overlay of single changes since it was made.

    How a contact is held is this class's own affair.

    Attributes:
        index: The contacts as they were when it was made.
        overlay: What changed since, by the system's id; None for a contact that is gone.
        versions: What the system's list said of each contact's state.
        fetched_at: When the system was asked for the list, UTC.
        left_out: Records that could not be read as a contact.
        expected: Contacts in the book, where not all of them arrived; None for a whole book.
    """

    index: Index = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    fetched_at: datetime
    overlay: Mapping[str, Entry | None] = field(default_factory=dict, repr=False)
    left_out: int = 0
    expected: int | None = None

    def __bool__(self) -> bool:
        # A book with nobody in it is a book that was read.
        return True

    def __len__(self) -> int:
        added = sum(1 for key, each in self.overlay.items() if each and key not in self.index.positions)
        gone = sum(1 for key, each in self.overlay.items() if each is None and key in self.index.positions)
        return len(self.index) + added - gone

    def __contains__(self, key: str) -> bool:
        return self.overlay[key] is not None if key in self.overlay else key in self.index.positions

    def get(self, key: str) -> tuple[Contact, datetime | None] | None:
        """Return a contact by the system's id, and when its details were read where that was apart."""
        if key in self.overlay:
            changed = self.overlay[key]
            return (changed.contact, changed.read_at) if changed else None
        position = self.index.positions.get(key)
        return None if position is None else (self.index.contact(position), self.index.read_at(position))

    def keys(self) -> Iterator[str]:
        """Return the system's ids of all contacts."""
        yield from (key for key in self.index.positions if key not in self.overlay)
        yield from (key for key, each in self.overlay.items() if each)

    @property
    def is_whole(self) -> bool:
        """Whether the whole book arrived."""
        return self.expected is None

    def age(self, now: datetime) -> float:
        """Seconds since the system was asked, never negative.

        Where the clock was put back since, by as many as it is behind: else this would be young for as long.
        """
        return abs((now - self.fetched_at).total_seconds())

    @cached_property
    def shadowed(self) -> Hits:
        """Positions of the index that the overlay speaks for."""
        at = [self.index.positions[key] for key in self.overlay if key in self.index.positions]
        return Hits.gathered(len(self.index), at)

    def thin_keys(self) -> Iterator[str]:
        """Return the contacts whose details are not read, in the order of their names, changes last."""
        thin = (self.index.contact(at).key.remote for at in self.index.thin.positions())
        yield from (key for key in thin if key not in self.overlay)
        yield from (key for key, each in self.overlay.items() if each and not each.contact.complete)

    @cached_property
    def detailed(self) -> int:
        """How many contacts are known in full."""
        changed = sum(1 for each in self.overlay.values() if each and not each.contact.complete)
        return len(self) - changed - len(self.index.thin) + len(self.index.thin & self.shadowed)

    @cached_property
    def oldest_details(self) -> datetime | None:
        """When the oldest details were read that are held; None when none were read apart."""
        changed = [each.read_at for each in self.overlay.values() if each and each.read_at]
        return min((*changed, *filter(None, [self.index.oldest_details])), default=None)

    def read_before(self, moment: datetime) -> Iterator[str]:
        """Return the contacts whose details were read before a moment."""
        oldest = self.oldest_details
        if oldest is None or oldest >= moment:
            return
        for key in self.keys():
            held = self.get(key)
            if held and held[1] and held[1] < moment:
                yield key

    def with_details(self, details: Mapping[str, tuple[Contact, datetime]]) -> Snapshot:
        """Put details beside the rows that they belong to; those of unknown contacts are left out."""
        changes: dict[str, Entry | None] = {}
        for key, (full, read_at) in details.items():
            held = self.get(key)
            if held is not None:
                changes[key] = entry(with_listed(full, held[0]), read_at)
        return self._changed(changes)

    def reread(self, contacts: Mapping[str, tuple[Contact, datetime]]) -> Snapshot:
        """Put contacts in place of what the list had told as fully, where they differ from it."""
        return self._changed(
            {
                key: entry(contact)
                for key, (contact, _) in contacts.items()
                if (held := self.get(key)) and held[0] != contact
            }
        )

    def written(self, changes: Mapping[str, Entry | None]) -> Snapshot:
        """Return the book with contacts as writes left them; None for what is gone."""
        return self._changed(changes)

    def missing_from(self, versions: Mapping[str, str]) -> list[str]:
        """Return the contacts that a newer list does not name, in the order of their names."""
        missing = self.index.positions.keys() - versions.keys() - self.overlay.keys()
        ordered = sorted(missing, key=self.index.positions.__getitem__)
        return [*ordered, *(key for key, each in self.overlay.items() if each and key not in versions)]

    def renewed(
        self, changes: Mapping[str, Entry | None], versions: Mapping[str, str], fetched_at: datetime
    ) -> Snapshot:
        """Return the whole book as a newer list tells it: changed rows, and None for what is gone."""
        return replace(self._changed(changes), versions=versions, fetched_at=fetched_at, expected=None)

    def extended(self, rows: Mapping[str, Entry], versions: Mapping[str, str]) -> Snapshot:
        """Return the book with some rows of a newer list that did not arrive whole; nothing is gone.

        Args:
            rows: What arrived.
            versions: What the list says of every contact.
        """
        told = {key: versions[key] for key in rows if key in versions}
        made = replace(self._changed(rows), versions={**self.versions, **told})
        return made if self.expected is None else replace(made, expected=len(versions))

    def joined(self, found: Mapping[str, Entry]) -> Snapshot:
        """Return the book with contacts that were found beside its list; one that is gone stays so."""
        return self._changed(
            {
                key: each
                for key, each in found.items()
                if self.overlay.get(key, each) and is_later(each, (self.get(key) or (None,))[0])
            }
        )

    def folded(self) -> Snapshot:
        """Work the overlay into a new index; may take seconds, and is safe in any thread."""
        if not self.overlay:
            return self
        if self.index:
            return replace(self, index=rebuilt(self.index, self.overlay), overlay={})
        entries = (each for each in self.overlay.values() if each)
        return replace(self, index=Index(sorted_in_steps(entries, key=lambda each: each.place)), overlay={})

    def over(self, other: Snapshot, folded: Snapshot) -> Snapshot:
        """Take the index that another snapshot was folded into, less what that one had not known.

        Where this snapshot's index is not the other's any more, it stays as it is.
        """
        if self.index is not other.index:
            return self
        left = {key: each for key, each in self.overlay.items() if other.overlay.get(key, key) is not each}
        return replace(self, index=folded.index, overlay=left)

    def _changed(self, changes: Mapping[str, Entry | None]) -> Snapshot:
        return replace(self, overlay={**self.overlay, **changes}) if changes else self


def empty(fetched_at: datetime) -> Snapshot:
    """Return a book of which nothing arrived yet."""
    return Snapshot(Index(), {}, fetched_at, expected=0)
