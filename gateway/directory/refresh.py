"""Keeping one administration's book at hand: what is waited for stands here and in `hydration`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.cache import Cache, Held, Kind, guarded
from gateway.directory.arrivals import Arrivals, entries_of
from gateway.directory.entry import Entry
from gateway.directory.snapshot import Snapshot, empty
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

BATCHES_AT_ONCE = 3
"""Batches of details under way: enough to keep the line busy while one of them ends."""

FOLDED_FROM = 32
"""Changes in the overlay from which on they are worked into a new index."""

MANY = 500
"""Changes that are worked in before anybody sees them: looking through them one by one takes too long."""


Came = Callable[[Mapping[str, Held[Contact] | BackendError]], None]


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
        self._cache = cache
        self._kind = kinds.contacts if "" in backend.contacts.listed else kinds.details
        self._ages = ages
        self._clock = clock
        self._arrivals = Arrivals()
        self._changed_at: dict[str, datetime] = {}
        self._flight: SingleFlight[None] = SingleFlight(linger=True)
        self._behind: set[asyncio.Task[None]] = set()
        self._attending = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def slug(self) -> str:
        """The administration's slug."""
        return self.backend.administration.slug

    @property
    def is_thin(self) -> bool:
        """Whether the system's list tells less than its details."""
        return "" not in self.backend.contacts.listed

    def usable(self) -> Snapshot | None:
        """Return what may be shown: the whole book, or as much of it as has arrived.

        Nothing is shown of a system that turned us away, nor what is older than the stale limit.
        """
        snapshot = self.snapshot or self._arrivals.snapshot()
        if snapshot is None or isinstance(self.problem, CredentialsRejected):
            return None
        return snapshot if snapshot.age(self._clock()) <= _limit(self._ages) else None

    def young(self, max_age: float | None) -> bool:
        """Whether the snapshot answers without waiting; one past its freshness is renewed behind."""
        snapshot = self.usable()
        if snapshot is None or not snapshot.is_whole or self.problem is not None:
            return False
        age = snapshot.age(self._clock())
        if not self._ages.good(age, max_age):
            return False
        if self._ages.due(age):
            self._run_behind("renew", self._renew)
        return True

    async def renew(self) -> None:
        """Bring the snapshot up to date; how it went stands in `problem`. Shared by all who ask at once."""
        await self._flight.do("renew", self._renew)

    async def read(
        self, keys: Sequence[str], *, max_age: float | None, details: bool, came: Came | None = None
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts by the system's ids; those that do not exist are left out.

        Args:
            keys: The system's own ids.
            max_age: Seconds; 0 asks the system now.
            details: Whether a thin row is not enough.
            came: Told of every part of the answer as it comes.
        """
        answer: dict[str, Held[Contact] | BackendError] = {}

        def keep(part: Mapping[str, Held[Contact] | BackendError]) -> None:
            answer.update(part)
            if came:
                came(part)

        async def read_batch(batch: Sequence[str]) -> None:
            keep(await self._read_batch(batch, max_age))

        keep(self._at_hand(keys, max_age, details))
        missing = [key for key in dict.fromkeys(keys) if key not in answer]
        size = BATCH if self.is_thin else 100
        with self._attended():
            batches = (missing[start : start + size] for start in range(0, len(missing), size))
            await asyncio.gather(*map(read_batch, batches))
        return answer

    async def learn(self, keys: Sequence[str]) -> BackendError | None:
        """Read the details behind thin rows, for somebody who waits; return what kept any from being read."""
        with self._attended():
            return await self.hydrate(keys)

    async def hydrate(self, keys: Sequence[str]) -> BackendError | None:
        """Read the details behind thin rows until a whole batch fails, and put them into the snapshot."""
        waiting = iter([keys[start : start + BATCH] for start in range(0, len(keys), BATCH)])
        problems: list[BackendError] = []

        async def work() -> None:
            for batch in waiting:
                found = await self._read_batch(batch, None)
                failed = [each for each in found.values() if isinstance(each, BackendError)]
                lacking = [each.stale_because for each in found.values() if isinstance(each, Held)]
                failed += [each for each in lacking if isinstance(each, BackendError)]
                problems.extend(failed[:1])
                if failed and len(failed) == len(found):
                    return

        with because(Cause.HYDRATE):
            async with asyncio.TaskGroup() as group:
                for _ in range(BATCHES_AT_ONCE):
                    group.create_task(work())
        return problems[0] if problems else None

    async def quiet(self) -> None:
        """Wait until nobody waits for this book's details."""
        await self._quiet.wait()

    async def close(self) -> None:
        """End what runs behind answers."""
        for task in list(self._behind):
            task.cancel()
        await self._flight.close()

    @contextmanager
    def _attended(self) -> Iterator[None]:
        self._attending += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._attending -= 1
            if not self._attending:
                self._quiet.set()

    def _at_hand(
        self, keys: Sequence[str], max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact]]:
        is_young = self.young(max_age)
        snapshot = self.usable()
        if snapshot is None:
            return {}
        found: dict[str, Held[Contact]] = {}
        for key in keys:
            contact, read_at = snapshot.get(key) or (None, None)
            if contact is None:
                continue
            if read_at is not None and (details or not is_young):
                age = Held(contact, read_at).age(self._clock())
                if self._kind.ages.good(age, max_age) and not self._kind.ages.due(age):
                    found[key] = Held(contact, read_at)
            elif is_young and (contact.complete or not details):
                found[key] = Held(contact, snapshot.fetched_at)
        return found

    async def _read_batch(
        self, keys: Sequence[str], max_age: float | None
    ) -> dict[str, Held[Contact] | BackendError]:
        versions = self._told(keys)
        loaded = dict(await self._cache.get_or_load_many(self._kind, self.slug, keys, self._load, max_age))
        if outdated := [key for key, value in loaded.items() if self._is_outdated(key, value)]:
            versions = {**versions, **self._told(outdated)}
            loaded |= await self._cache.get_or_load_many(self._kind, self.slug, outdated, self._load, 0)
        answer: dict[str, Held[Contact] | BackendError] = {}
        for key, value in loaded.items():
            row, read_at = self._row(key)
            if isinstance(value, BackendError):
                answer[key] = self._stand_in(row, read_at, value)
                continue
            full = with_listed(value.value, row) if row else value.value
            answer[key] = Held(full, value.fetched_at, value.stale_because)
        self._absorb(loaded, versions)
        return answer

    async def _load(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        return await self.backend.contacts.get_many(keys)

    def _told(self, keys: Sequence[str]) -> dict[str, str | None]:
        """What the last list said of some contacts."""
        return {key: self.snapshot.versions.get(key) for key in keys} if self.snapshot else {}

    def _row(self, key: str) -> tuple[Contact | None, datetime | None]:
        snapshot = self.usable()
        return (snapshot.get(key) if snapshot else None) or (None, None)

    def _stand_in(
        self, row: Contact | None, read_at: datetime | None, error: BackendError
    ) -> Held[Contact] | BackendError:
        """Return what an earlier list or reading told where the full record cannot be read."""
        if row is None or self.snapshot is None or isinstance(error, CredentialsRejected):
            return error
        return Held(row, read_at or self.snapshot.fetched_at, error)

    def _is_outdated(self, key: str, value: Held[Contact] | BackendError) -> bool:
        """Whether details were asked for before the list showed that their contact had changed."""
        changed_at = self._changed_at.get(key)
        return bool(changed_at and isinstance(value, Held) and value.fetched_at < changed_at)

    def _absorb(
        self, loaded: Mapping[str, Held[Contact] | BackendError], versions: Mapping[str, str | None]
    ) -> None:
        """Put details into the snapshot, unless their rows changed while they were read."""
        snapshot = self.snapshot
        if snapshot is None or not self.is_thin:
            return
        details: dict[str, tuple[Contact, datetime]] = {}
        for key, value in loaded.items():
            if isinstance(value, BackendError) or self._is_outdated(key, value):
                continue
            _, read_at = snapshot.get(key) or (None, None)
            is_newer = read_at is None or read_at < value.fetched_at
            if is_newer and versions.get(key) == snapshot.versions.get(key):
                details[key] = (value.value, value.fetched_at)
                self._changed_at.pop(key, None)
        self._show(snapshot.with_details(details))

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        if len(snapshot.overlay) >= FOLDED_FROM:
            self._run_behind("fold", self._fold)

    async def _fold(self) -> None:
        while (before := self.snapshot) and len(before.overlay) >= FOLDED_FROM:
            folded = await asyncio.to_thread(before.folded)
            self.snapshot = self.snapshot.over(before, folded)

    def _run_behind(self, name: str, job: Callable[[], object]) -> None:
        if self._flight.running(name):
            return
        task = asyncio.create_task(self._flight.do(name, job))  # type: ignore[arg-type]
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _renew(self) -> None:
        asked_at = self._clock()
        before = self.snapshot
        arrivals = self._arrivals.begin(asked_at, resumes=before is None)
        try:
            with because(Cause.REFRESH if before else Cause.LOAD):
                known = _known(before, asked_at, self._kind.ages) if before else arrivals.versions
                scan = await guarded(self.backend.contacts.scan(known, arrivals.take), self.slug)
                kept = await self._confirm_missing(before, scan) if before else []
        except BackendError as error:
            await self._keep_what_came(arrivals)
            self._note(error)
            return
        rows = {**arrivals.entries, **await entries_of(scan.contacts, arrivals.entries)}
        await self._take_over(rows, scan, kept, asked_at)
        self._arrivals = Arrivals()
        self._note(None)

    async def _take_over(
        self, rows: Mapping[str, Entry], scan: Scan, kept: Sequence[str], asked_at: datetime
    ) -> None:
        """Make the next snapshot of the one there is."""
        versions = {**scan.versions, **dict.fromkeys(kept, "")}
        before = self.snapshot or empty(asked_at)
        gone = before.missing_from(versions)
        if self.snapshot and (changed := [*rows, *gone]):
            await self._forget(changed)
            before = self.snapshot
        changes = {key: each for key, each in rows.items() if key in versions}
        snapshot = before.renewed({**changes, **dict.fromkeys(gone)}, versions, asked_at)
        # What an earlier scan could not read and this one did not read again is still left out.
        left_out = max(scan.left_out, len(versions) - len(snapshot))
        snapshot = replace(snapshot, left_out=left_out)
        if len(snapshot.overlay) > MANY:
            snapshot = await asyncio.to_thread(snapshot.folded)
        elif not before.index:
            snapshot = snapshot.folded()
        self._show(snapshot)

    async def _forget(self, changed: Sequence[str]) -> None:
        """Drop full records of what changed, and of what is gone: they are worth nothing any more."""
        await self._cache.forget(self._kind, self.slug, changed)
        if self.is_thin:
            self._changed_at.update(dict.fromkeys(changed, self._clock()))

    async def _keep_what_came(self, arrivals: Arrivals) -> None:
        """Take over the single contacts of a list that broke off; the rest stays as it was."""
        if self.snapshot and arrivals.entries:
            await self._forget([*arrivals.entries])
            self._show(self.snapshot.extended(arrivals.entries, arrivals.told))

    async def _confirm_missing(self, before: Snapshot, scan: Scan) -> list[str]:
        """Return the contacts that the list no longer names, less those that are really gone.

        A list can be short for other reasons than a deletion, so what it lacks is asked for; what
        cannot be asked this time stays, and is asked the next time.
        """
        missing = before.missing_from(scan.versions)
        asked = missing[:CONFIRMED_AT_ONCE]
        if not asked:
            return []
        with because(Cause.REREAD):
            found = await guarded(self._load(asked), self.slug)
        return [key for key in missing if key in found or key not in asked]

    def _note(self, problem: BackendError | None) -> None:
        if problem is not None and (self.problem is None or self.problem.code != problem.code):
            log().warning(
                "source_failed", administration=self.slug, code=problem.code, message=problem.message
            )
        elif problem is None and self.problem is not None:
            log().info("source_recovered", administration=self.slug)
        self.problem = problem


def _limit(ages: Ages) -> float:
    return max(ages.fresh, ages.revalidate, ages.stale)


def _known(before: Snapshot, now: datetime, ages: Ages) -> Mapping[str, str]:
    """Return what need not be read again; details past every age give way to their rows."""
    expired = set(before.read_before(now - timedelta(seconds=_limit(ages))))
    if not expired:
        return before.versions
    return {key: version for key, version in before.versions.items() if key not in expired}
