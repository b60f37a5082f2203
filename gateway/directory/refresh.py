"""Keeping one administration's book at hand: what is waited for stands here and in `hydration`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.cache import HIT, Cache, Held, Kind, guarded
from gateway.directory.arrivals import Arrivals, confirmed, entries_of
from gateway.directory.attempts import tell, turned_away
from gateway.directory.attention import Attention
from gateway.directory.batches import BATCH, Read, read_in_batches
from gateway.directory.entry import Entry, entry
from gateway.directory.questions import Finder
from gateway.directory.snapshot import Snapshot, empty
from gateway.directory.writes import Writes, listed
from gateway.domain.contact import Contact, with_listed
from gateway.domain.errors import BackendError, CredentialsRejected
from gateway.domain.question import Question
from gateway.flight import SingleFlight, Urgency, for_calls, urgency, urgent
from gateway.ports import Backend, Scan
from gateway.settings import Ages
from gateway.telemetry import CacheState, Cause, because, holding

FOLDED_FROM = 32
"""Changes in the overlay from which on they are worked into a new index."""

MANY = 500
"""Changes that are worked in before anybody sees them: looking through them one by one takes too long."""


Came = Callable[[Mapping[str, Read]], None]


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
        self.read_since: datetime | None = None
        self.is_turned_away = False
        self.on_rejection: Callable[[], Awaitable[None]] | None = None
        self._cache = cache
        self._kind = kinds.contacts if "" in backend.contacts.listed else kinds.details
        self._ages = ages
        self._clock = clock
        self._arrivals = Arrivals()
        self._writes = Writes()
        self._changed_at: dict[str, datetime] = {}
        self._heir: Book | None = None
        self._finder = Finder(backend, ages, clock)
        self._flight: SingleFlight[None] = SingleFlight(linger=True)
        self._behind: set[asyncio.Task[None]] = set()
        self.attention = Attention()

    @property
    def slug(self) -> str:
        """The administration's slug."""
        return self.backend.administration.slug

    @property
    def writes(self) -> Writes:
        """What was written since the list was asked for."""
        return self._writes

    @property
    def is_thin(self) -> bool:
        """Whether the system's list tells less than its details."""
        return "" not in self.backend.contacts.listed

    def usable(self) -> Snapshot | None:
        """Return what may be shown: the whole book, or as much of it as has arrived.

        Nothing is shown of a system that turned us away, nor what is older than the stale limit.
        """
        snapshot = self.snapshot or self._arrived()
        if snapshot is None or self.is_turned_away:
            return None
        return snapshot if snapshot.age(self._clock()) <= self._ages.longest else None

    def young(self, max_age: float | None) -> bool:
        """Whether the snapshot answers without waiting; one past its freshness is renewed behind."""
        snapshot = self.usable()
        if snapshot is None or not snapshot.is_whole or self.problem is not None or self._writes.in_doubt:
            return False
        age = snapshot.age(self._clock())
        if not self._ages.good(age, max_age):
            return False
        if self._ages.due(age):
            self._run_behind("renew", self._renew)
        return True

    def inherit(self, other: Book) -> None:
        """Show what another book of the same administration holds, until the system was asked anew."""
        self.snapshot, self._changed_at = other.snapshot, dict(other._changed_at)
        self.is_turned_away, self.read_since = other.is_turned_away, other.read_since
        self._writes.doubt("")  # what the other doubts, this one does
        other._heir = self  # what the other is writing at this moment is shown here as well

    async def renew(self) -> None:
        """Bring the snapshot up to date; how it went stands in `problem`. Shared by all who ask at once."""
        number = self._writes.number
        await self._flight.do("renew", self._renew)
        if self.problem is None and self._writes.doubt_until(number):
            # That list was under way before; what is in doubt takes one that was asked for since.
            await self._flight.do("renew", self._renew)

    async def read(
        self, keys: Sequence[str], *, max_age: float | None, details: bool, came: Came | None = None
    ) -> Mapping[str, Read]:
        """Return contacts by the system's ids; those that do not exist are left out.

        Args:
            keys: The system's own ids.
            max_age: Seconds; 0 asks the system now.
            details: Whether a thin row is not enough.
            came: Told of every part of the answer as it comes.
        """
        answer: dict[str, Read] = {}

        def keep(part: Mapping[str, Read]) -> None:
            answer.update(part)
            if came:
                came(part)

        async def read_batch(batch: Sequence[str]) -> None:
            keep(await self._read_batch(batch, max_age))

        keep(self._at_hand(keys, max_age, details))
        if answer:
            self._cache.meters.cache.labels(self._kind.name, HIT).inc(len(answer))
        missing = [key for key in dict.fromkeys(keys) if key not in answer]
        size = BATCH if self.is_thin else 100
        with self.attention.paid(), urgent(for_calls(len(missing) if self.is_thin else len(missing) // 100)):
            batches = (missing[start : start + size] for start in range(0, len(missing), size))
            await asyncio.gather(*map(read_batch, batches))
        return answer

    async def learn(self, keys: Sequence[str]) -> BackendError | None:
        """Read the details behind thin rows, for somebody who waits; return what kept any from being read."""
        with self.attention.paid(), urgent(for_calls(len(keys))):
            return await self.hydrate(keys)

    async def hydrate(self, keys: Sequence[str]) -> BackendError | None:
        """Read the details behind thin rows until a whole batch fails, and put them into the snapshot."""
        with because(Cause.HYDRATE):
            return await read_in_batches(keys, lambda batch: self._read_batch(batch, None))

    async def find(self, question: Question, max_age: float | None) -> None:
        """Have the system look for contacts, where it can, that join what has come of a book not whole."""
        asked_at, number = self._clock(), self._writes.number

        def join(found: Mapping[str, Entry]) -> None:
            found = self._writes.untouched(found, number)
            if self.snapshot is None:
                self._arrivals.join(found, asked_at, number)
            elif not self.snapshot.is_whole:
                self._show(self.snapshot.joined(found))

        await self._finder.find(question, max_age, join)

    async def put(self, key: str, contact: Contact | None) -> None:
        """Show a contact as it was read after a write, None for one that is gone, before any older answer."""
        changed = entry(contact, self._clock()) if contact else None
        self._writes.put(key, changed)
        self._changed_at[key] = self._clock()
        if self.snapshot:
            self._show(self.snapshot.written({key: changed}))
        await self._cache.forget(self._kind, self.slug, [key])
        if self._heir:
            await self._heir.put(key, contact)

    async def doubt(self, key: str | None) -> None:
        """Show nothing of a contact without asking: it may have been written, or, None, may be new."""
        self._writes.doubt(key or "")
        if key:
            self._changed_at[key] = self._clock()
            await self._cache.forget(self._kind, self.slug, [key])
        if self._heir:
            await self._heir.doubt(key)

    async def close(self) -> None:
        """End what runs behind answers."""
        for task in list(self._behind):
            task.cancel()
        await asyncio.gather(self._flight.close(), self._finder.close())

    def _arrived(self) -> Snapshot | None:
        """Return the part of a first list that came, with what was written since it was asked for."""
        came = self._arrivals.snapshot()
        return came and came.written(self._writes.after(self._arrivals.writes))

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
            if contact is None or self._writes.doubted(key):
                continue
            if read_at is not None and (details or not is_young):
                age = Held(contact, read_at).age(self._clock())
                if self._kind.ages.good(age, max_age) and not self._kind.ages.due(age):
                    found[key] = Held(contact, read_at)
            elif is_young and (contact.complete or not details):
                found[key] = Held(contact, snapshot.fetched_at)
        return found

    async def _read_batch(self, keys: Sequence[str], max_age: float | None) -> dict[str, Read]:
        states, number = self._states(keys), self._writes.number
        loaded = dict(await self._cache.get_or_load_many(self._kind, self.slug, keys, self._load, max_age))
        written = self._writes.after(number)
        unknown = {key: value for key, value in loaded.items() if key not in written}
        if outdated := [key for key, value in unknown.items() if self._is_outdated(key, value)]:
            states = {**states, **self._states(outdated)}
            again = await self._cache.get_or_load_many(self._kind, self.slug, outdated, self._load, 0)
            loaded = {**{key: value for key, value in loaded.items() if key not in outdated}, **again}
        answer: dict[str, Read] = {}
        for key, value in loaded.items():
            row, read_at = self._row(key)
            if isinstance(value, BackendError):
                answer[key] = self._stand_in(row, read_at, value)
                continue
            full = with_listed(value.value, row) if row else value.value
            answer[key] = Held(full, value.fetched_at, value.stale_because)
        self._absorb(loaded, states)
        return self._with_written(answer, keys, number)

    def _with_written(self, answer: dict[str, Read], keys: Sequence[str], number: int) -> dict[str, Read]:
        """Put what was written while contacts were read before what was read of them."""
        for key, each in self._writes.after(number).items():
            answer.pop(key, None)
            if key in keys and each and each.read_at:
                answer[key] = Held(each.contact, each.read_at)
        return answer

    async def _load(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        return await self.backend.contacts.get_many(keys)

    def _states(self, keys: Sequence[str]) -> dict[str, str | None]:
        """What the last list, and the writes since, say of some contacts."""
        versions = self.snapshot.versions if self.snapshot else {}
        return {key: self._writes.state(key, versions) for key in keys}

    def _row(self, key: str) -> tuple[Contact | None, datetime | None]:
        snapshot = self.usable()
        return (snapshot.get(key) if snapshot else None) or (None, None)

    def _stand_in(self, row: Contact | None, read_at: datetime | None, error: BackendError) -> Read:
        """Return what an earlier list or reading told where the full record cannot be read."""
        if row is None or self.snapshot is None or isinstance(error, CredentialsRejected):
            return error
        return Held(row, read_at or self.snapshot.fetched_at, error)

    def _is_outdated(self, key: str, value: Read) -> bool:
        """Whether details were asked for before the list showed that their contact had changed."""
        changed_at = self._changed_at.get(key)
        return bool(changed_at and isinstance(value, Held) and value.fetched_at < changed_at)

    def _absorb(self, loaded: Mapping[str, Read], states: Mapping[str, str | None]) -> None:
        """Put details into the snapshot, unless their contacts changed while they were read."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        details: dict[str, tuple[Contact, datetime]] = {}
        for key, value in loaded.items():
            if isinstance(value, BackendError) or self._is_outdated(key, value):
                continue
            _, read_at = snapshot.get(key) or (None, None)
            is_newer = read_at is None or read_at < value.fetched_at
            if is_newer and states.get(key) == self._writes.state(key, snapshot.versions):
                details[key] = (value.value, value.fetched_at)
                self._changed_at.pop(key, None)
        self._show(snapshot.with_details(details) if self.is_thin else snapshot.reread(details))

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
        with holding(CacheState.RENEWED_BEHIND), urgent(Urgency.BULK):
            task = asyncio.create_task(self._flight.do(name, job))  # type: ignore[arg-type]
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _renew(self) -> None:
        asked_at = self._clock()
        before = self.snapshot
        arrivals = self._arrivals.begin(asked_at, self._writes.number, resumes=before is None)
        try:
            # A whole book never takes what single questions need.
            degree = urgency() if before else max(urgency(), Urgency.BULK)
            with because(Cause.REFRESH if before else Cause.LOAD), urgent(degree):
                known = self._known(before, asked_at) if before else arrivals.versions
                scan = await guarded(self.backend.contacts.scan(known, arrivals.take), self.slug)
                missing = before.missing_from(scan.versions) if before else []
                kept = await guarded(confirmed(missing, self._load), self.slug)
        except BackendError as error:
            await self._keep_what_came(arrivals)
            self._note(error)
            if self.is_turned_away and self.on_rejection:
                await self.on_rejection()
            return
        rows = {**arrivals.entries, **await entries_of(scan.contacts, arrivals.entries)}
        await self._take_over(rows, scan, kept, asked_at)
        self.read_since = self.read_since if before else asked_at
        self._writes.forget(arrivals.writes)
        self._arrivals = Arrivals()
        self._finder.forget()
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
        if len(snapshot.overlay) > MANY:
            snapshot = await asyncio.to_thread(snapshot.folded)
        elif not before.index:
            snapshot = snapshot.folded()
        # Last, with no pause after it: what was written since the list was asked for is newer.
        written = self._writes.after(self._arrivals.writes)
        snapshot = replace(snapshot.written(written), versions=listed(versions, written))
        # What an earlier scan could not read and this one did not read again is still left out.
        left_out = max(scan.left_out, len(snapshot.versions) - len(snapshot))
        self._show(replace(snapshot, left_out=left_out))

    async def _forget(self, changed: Sequence[str]) -> None:
        """Drop full records of what changed, and of what is gone: they are worth nothing any more."""
        await self._cache.forget(self._kind, self.slug, changed)
        if self.is_thin:
            self._changed_at.update(dict.fromkeys(changed, self._clock()))

    async def _keep_what_came(self, arrivals: Arrivals) -> None:
        """Take over the single contacts of a list that broke off; the rest stays as it was."""
        if self.snapshot and arrivals.entries:
            await self._forget([*arrivals.entries])
            written = self._writes.after(arrivals.writes)
            came = {key: each for key, each in arrivals.entries.items() if key not in written}
            self._show(self.snapshot.extended(came, arrivals.told))

    def _known(self, before: Snapshot, now: datetime) -> Mapping[str, str]:
        """Return what need not be read again; details past every age give way to their rows."""
        versions = self._writes.known(before.versions)
        expired = set(before.read_before(now - timedelta(seconds=self._kind.ages.longest)))
        return {key: each for key, each in versions.items() if key not in expired} if expired else versions

    def _note(self, problem: BackendError | None) -> None:
        tell(self.slug, self.problem, problem)
        self.problem = problem
        self.is_turned_away = turned_away(self.is_turned_away, problem)
