"""Keeping one administration's book at hand: the one awaiting file of the directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.cache import Cache, Held, Kind, guarded
from gateway.directory.snapshot import Snapshot, build
from gateway.domain.contact import Contact, with_listed
from gateway.domain.errors import BackendError, CredentialsRejected
from gateway.flight import SingleFlight
from gateway.ports import Backend, Scan
from gateway.settings import Ages
from gateway.telemetry import Cause, because, log

CONFIRMED_AT_ONCE = 100
"""Contacts missing from a list that are asked for one by one before they count as gone."""

BATCH = 20
"""Details read together: small enough that a deadline loses little, large enough for one call of ids."""

BUILT_ON_THE_LOOP = 1000
"""Contacts that are sorted without leaving the event loop."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """How the parts of a book are kept: full records asked by id, and details behind thin rows."""

    contacts: Kind[Contact]
    details: Kind[Contact]


class Book:
    """One administration: its snapshot, how the last attempt to renew it went, and its full records.

    Args:
        backend: The connected administration.
        cache: Where full records are kept.
        kinds: Ages of full records.
        ages: Ages of the book as a whole.
        clock: The present moment, UTC.
    """

    def __init__(
        self, backend: Backend, cache: Cache, kinds: Kinds, ages: Ages, clock: Callable[[], datetime]
    ) -> None:
        self.backend = backend
        self.snapshot: Snapshot | None = None
        self.problem: BackendError | None = None
        self.detailed: set[str] = set()
        self._cache = cache
        self._kind = kinds.contacts if "" in backend.contacts.listed else kinds.details
        self._ages = ages
        self._clock = clock
        self._flight: SingleFlight[None] = SingleFlight(linger=True)
        self._behind: set[asyncio.Task[None]] = set()

    @property
    def slug(self) -> str:
        """The administration's slug."""
        return self.backend.administration.slug

    @property
    def is_thin(self) -> bool:
        """Whether the system's list tells less than its details."""
        return "" not in self.backend.contacts.listed

    def usable(self) -> Snapshot | None:
        """Return the snapshot as far as it may still be shown.

        Nothing is shown of a system that turned us away, nor what is older than the stale limit.
        """
        if self.snapshot is None or isinstance(self.problem, CredentialsRejected):
            return None
        limit = max(self._ages.fresh, self._ages.revalidate, self._ages.stale)
        return self.snapshot if self.snapshot.age(self._clock()) <= limit else None

    def young(self, max_age: float | None) -> bool:
        """Whether the snapshot answers without waiting; one past its freshness is renewed behind."""
        snapshot = self.usable()
        if snapshot is None or self.problem is not None:
            return False
        age = snapshot.age(self._clock())
        if not self._ages.good(age, max_age):
            return False
        if self._ages.due(age):
            self._renew_behind()
        return True

    async def renew(self) -> None:
        """Bring the snapshot up to date; how it went stands in `problem`. Shared by all who ask at once."""
        await self._flight.do("renew", self._renew)

    async def read(
        self, keys: Sequence[str], *, max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts by the system's ids; those that do not exist are left out.

        Args:
            keys: The system's own ids.
            max_age: Seconds; 0 asks the system now.
            details: Whether a thin row is not enough.
        """
        answer: dict[str, Held[Contact] | BackendError] = {**self._from_snapshot(keys, max_age, details)}
        missing = [key for key in dict.fromkeys(keys) if key not in answer]
        batches = [missing[start : start + self._batch] for start in range(0, len(missing), self._batch)]
        for found in await asyncio.gather(*(self._read_batch(batch, max_age) for batch in batches)):
            answer.update(found)
        return answer

    async def held_details(self, keys: Sequence[str]) -> Mapping[str, Held[Contact]]:
        """Return what is known in full of these contacts without asking anyone."""
        return await self._cache.held_many(
            self._kind, self.slug, [key for key in keys if key in self.detailed]
        )

    async def close(self) -> None:
        """End what runs behind answers."""
        for task in list(self._behind):
            task.cancel()
        await self._flight.close()

    @property
    def _batch(self) -> int:
        return BATCH if self.is_thin else 100

    def _from_snapshot(
        self, keys: Iterable[str], max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact]]:
        if not self.young(max_age) or self.snapshot is None:
            return {}
        rows = ((key, self.snapshot.contacts.get(key)) for key in keys)
        fetched_at = self.snapshot.fetched_at
        return {key: Held(row, fetched_at) for key, row in rows if row and (row.complete or not details)}

    async def _read_batch(
        self, keys: Sequence[str], max_age: float | None
    ) -> dict[str, Held[Contact] | BackendError]:
        loaded = await self._cache.get_or_load_many(self._kind, self.slug, keys, self._load, max_age)
        answer: dict[str, Held[Contact] | BackendError] = {}
        for key, value in loaded.items():
            row = self._row(key)
            if isinstance(value, BackendError):
                answer[key] = self._stand_in(row, value)
                continue
            self.detailed.add(key)
            full = with_listed(value.value, row) if row else value.value
            answer[key] = Held(full, value.fetched_at, value.stale_because)
        return answer

    async def _load(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        return await self.backend.contacts.get_many(keys)

    def _row(self, key: str) -> Contact | None:
        snapshot = self.usable()
        return snapshot.contacts.get(key) if snapshot else None

    def _stand_in(self, row: Contact | None, error: BackendError) -> Held[Contact] | BackendError:
        """Return the row of an earlier list where the full record cannot be read."""
        if row is None or self.snapshot is None or isinstance(error, CredentialsRejected):
            return error
        return Held(row, self.snapshot.fetched_at, error)

    def _renew_behind(self) -> None:
        if self._flight.running("renew"):
            return
        task = asyncio.create_task(self.renew())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _renew(self) -> None:
        asked_at = self._clock()
        before = self.snapshot
        try:
            with because(Cause.REFRESH if before else Cause.LOAD):
                known = before.versions if before else {}
                scan = await guarded(self.backend.contacts.scan(known), self.slug)
                kept = await self._confirm_missing(before, scan) if before else []
        except BackendError as error:
            self._note(error)
            return
        if before:
            await self._forget_changed(before, scan, kept)
        self.snapshot = await _renewed(before, scan, kept, asked_at)
        self._note(None)

    async def _confirm_missing(self, before: Snapshot, scan: Scan) -> list[Contact]:
        """Return the contacts that the list no longer names, less those that are really gone.

        A list can be short for other reasons than a deletion, so what it lacks is asked for; what
        cannot be asked this time stays, and is asked the next time.
        """
        missing = [key for key in before.contacts if key not in scan.versions]
        asked = missing[:CONFIRMED_AT_ONCE]
        if not asked:
            return []
        with because(Cause.REREAD):
            found = await guarded(self._load(asked), self.slug)
        return [before.contacts[key] for key in missing if key in found or key not in asked]

    async def _forget_changed(self, before: Snapshot, scan: Scan, kept: Sequence[Contact]) -> None:
        """Drop the details of what changed, and of what is gone."""
        there = scan.versions.keys() | {contact.key.remote for contact in kept}
        changed = [contact.key.remote for contact in scan.contacts]
        changed += before.contacts.keys() - there
        await self._cache.forget(self._kind, self.slug, changed)
        self.detailed.difference_update(changed)

    def _note(self, problem: BackendError | None) -> None:
        if problem is not None and (self.problem is None or self.problem.code != problem.code):
            log().warning(
                "source_failed", administration=self.slug, code=problem.code, message=problem.message
            )
        elif problem is None and self.problem is not None:
            log().info("source_recovered", administration=self.slug)
        self.problem = problem


def _unchanged(before: Snapshot | None, scan: Scan) -> list[Contact]:
    if before is None:
        return []
    changed = {contact.key.remote for contact in scan.contacts}
    return [
        contact for key, contact in before.contacts.items() if key in scan.versions and key not in changed
    ]


async def _renewed(
    before: Snapshot | None, scan: Scan, kept: Sequence[Contact], asked_at: datetime
) -> Snapshot:
    """Return the snapshot that a scan makes of the one before; where nothing changed, that one, confirmed."""
    versions = {**scan.versions, **{each.key.remote: "" for each in kept}}
    if before and not scan.contacts and versions.keys() == before.contacts.keys():
        return replace(before, versions=versions, fetched_at=asked_at, left_out=scan.left_out)
    contacts = [*_unchanged(before, scan), *scan.contacts, *kept]
    # What an earlier scan could not read and this one did not read again is still left out.
    unread = len(versions.keys() - {contact.key.remote for contact in contacts})
    left_out = max(scan.left_out, unread)
    if len(contacts) <= BUILT_ON_THE_LOOP:
        return build(contacts, versions, asked_at, left_out)
    return await asyncio.to_thread(build, contacts, versions, asked_at, left_out)
