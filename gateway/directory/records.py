"""One book's full records: kept for as long as they are good, and known from those that are outdated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.cache import HIT, Cache, Held, Kind
from gateway.directory.batches import Read
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact, with_listed
from gateway.domain.errors import BackendError, CredentialsRejected
from gateway.ports import Backend


@dataclass(frozen=True, slots=True)
class Kinds:
    """How the parts of a book are kept: full records asked by id, and details behind thin rows."""

    contacts: Kind[Contact]
    details: Kind[Contact]


class Records:
    """Full records by the system's ids.

    Args:
        backend: Reads them.
        cache: Keeps them.
        kinds: Their ages.
        clock: The present moment, UTC.
    """

    def __init__(self, backend: Backend, cache: Cache, kinds: Kinds, clock: Callable[[], datetime]) -> None:
        self._backend = backend
        self._cache = cache
        self._kind = kinds.contacts if "" in backend.contacts.listed else kinds.details
        self._clock = clock
        self._changed_at: dict[str, datetime] = {}

    async def get(self, keys: Sequence[str], max_age: float | None) -> dict[str, Read]:
        """Return records, from the system where none is held that is young enough."""
        slug = self._backend.administration.slug
        return dict(await self._cache.get_or_load_many(self._kind, slug, keys, self.load, max_age))

    async def load(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Ask the system."""
        return await self._backend.contacts.get_many(keys)

    async def forget(self, keys: Iterable[str]) -> None:
        """Drop what is held of contacts."""
        await self._cache.forget(self._kind, self._backend.administration.slug, keys)

    def note_change(self, *keys: str) -> None:
        """Take it that whatever was read of contacts until now is old."""
        self._changed_at.update(dict.fromkeys(keys, self._clock()))

    def note_read(self, key: str) -> None:
        """Take it that what is held of a contact is as new as its list."""
        self._changed_at.pop(key, None)

    def outran(self, key: str, value: Read) -> bool:
        """Whether a record was asked for before the list showed that its contact had changed."""
        changed_at = self._changed_at.get(key)
        return bool(changed_at and isinstance(value, Held) and value.fetched_at < changed_at)

    def is_good(self, value: Held[Contact], max_age: float | None) -> bool:
        """Whether a record is young enough, and so young that it need not be renewed either."""
        age = value.age(self._clock())
        return self._kind.ages.good(age, max_age) and not self._kind.ages.due(age)

    def still_good(self, snapshot: Snapshot, versions: Mapping[str, str], now: datetime) -> Mapping[str, str]:
        """Return what need not be read again by a list; details past every age give way to their rows."""
        expired = set(snapshot.read_before(now - timedelta(seconds=self._kind.ages.longest)))
        return {key: each for key, each in versions.items() if key not in expired} if expired else versions

    def count_hits(self, number: int) -> None:
        """Count records that were at hand."""
        if number:
            self._cache.meters.cache.labels(self._kind.name, HIT).inc(number)

    def inherit(self, other: Records) -> None:
        """Take over what another knows of changes."""
        self._changed_at = dict(other._changed_at)


def with_row(value: Read, snapshot: Snapshot | None, key: str) -> Read:
    """Return a record with what the list tells of its contact; that stands in where it could not be read."""
    row, read_at = (snapshot.get(key) if snapshot else None) or (None, None)
    if isinstance(value, Held):
        full = with_listed(value.value, row) if row else value.value
        return Held(full, value.fetched_at, value.stale_because)
    if row is None or snapshot is None or isinstance(value, CredentialsRejected):
        return value
    return Held(row, read_at or snapshot.fetched_at, value)
