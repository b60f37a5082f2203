"""Keeping one administration's book at hand: what is waited for stands here and in `hydration`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.cache import Cache, Held, guarded
from gateway.directory.arrivals import Arrivals, confirmed, entries_of
from gateway.directory.attempts import tell, turned_away
from gateway.directory.attention import Attention
from gateway.directory.batches import BATCH, Read, read_in_batches
from gateway.directory.entry import Entry, entry
from gateway.directory.following import Following
from gateway.directory.questions import Finder
from gateway.directory.records import Kinds, Records, with_row
from gateway.directory.snapshot import Snapshot, empty
from gateway.directory.writes import Writes, listed
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError
from gateway.domain.question import Question
from gateway.flight import SingleFlight, Urgency, for_calls, urgency, urgent
from gateway.ports import Backend, Scan, SharedBook
from gateway.settings import Ages
from gateway.telemetry import CacheState, Cause, because, holding

FOLDED_FROM = 32
"""Changes in the overlay from which on they are worked into a new index."""

MANY = 500
"""Changes that are worked in before anybody sees them: looking through them one by one takes too long."""


Came = Callable[[Mapping[str, Read]], None]


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
        self._records = Records(backend, cache, kinds, clock)
        self._ages = ages
        self._clock = clock
        self._arrivals = Arrivals()
        self._writes = Writes()
        self._heir: Book | None = None
        self._finder = Finder(backend, ages, clock)
        self._flight: SingleFlight[None] = SingleFlight(linger=True)
        self._behind: set[asyncio.Task[None]] = set()
        self.attention = Attention()
        self.following: Following | None = None

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
            self._run_behind("renew", self._renewal)
        return True

    def follow(self, shared: SharedBook) -> None:
        """Be one book with those of other workers."""
        self.following = Following(shared, self)

    async def catch_up(self) -> None:
        """Take in what other workers know of the book."""
        if self.following:
            await self.following.catch_up()

    def inherit(self, other: Book) -> None:
        """Show what another book of the same administration holds, until the system was asked anew."""
        self.snapshot = other.snapshot
        self._records.inherit(other._records)
        self.is_turned_away, self.read_since = other.is_turned_away, other.read_since
        self._writes.doubt("")  # what the other doubts, this one does
        other._heir = self  # what the other is writing at this moment is shown here as well

    async def renew(self) -> None:
        """Bring the snapshot up to date; how it went stands in `problem`. Shared by all who ask at once."""
        number = self._writes.number
        await self._flight.do("renew", self._renewal)
        if self.problem is None and self._writes.doubt_until(number):
            # That list was under way before; what is in doubt takes one that was asked for since.
            await self._flight.do("renew", self._renewal)

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
        self._records.count_hits(len(answer))
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
                self.show(self.snapshot.joined(found))

        await self._finder.find(question, max_age, join)

    async def put(self, key: str, contact: Contact | None) -> None:
        """Show a contact as it was read after a write, None for one that is gone, before any older answer."""
        changed = entry(contact, self._clock()) if contact else None
        self._writes.put(key, changed)
        self.note_change(key)
        if self.snapshot:
            self.show(self.snapshot.written({key: changed}))
        if self.following:
            await self.following.tell_written(key, changed, self._writes.number)
        await self._records.forget([key])
        if self._heir:
            await self._heir.put(key, contact)

    async def doubt(self, key: str | None) -> None:
        """Show nothing of a contact without asking: it may have been written, or, None, may be new."""
        self._writes.doubt(key or "")
        if self.following:
            await self.following.tell_doubt(key or "", self._writes.number)
        if key:
            self.note_change(key)
            await self._records.forget([key])
        if self._heir:
            await self._heir.doubt(key)

    async def close(self) -> None:
        """End what runs behind answers."""
        self._heir = None
        for task in list(self._behind):
            task.cancel()
        if self.following:
            await self.following.close()
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
                if self._records.is_good(held := Held(contact, read_at), max_age):
                    found[key] = held
            elif is_young and (contact.complete or not details):
                found[key] = Held(contact, snapshot.fetched_at)
        return found

    async def _read_batch(self, keys: Sequence[str], max_age: float | None) -> dict[str, Read]:
        states, number = self._states(keys), self._writes.number
        known = self.following.number if self.following else 0
        loaded = await self._records.get(keys, max_age)
        written = self._writes.after(number)
        unknown = {key: value for key, value in loaded.items() if key not in written}
        if outdated := [key for key, value in unknown.items() if self._records.outran(key, value)]:
            states = {**states, **self._states(outdated)}
            again = await self._records.get(outdated, 0)
            loaded = {**{key: value for key, value in loaded.items() if key not in outdated}, **again}
        snapshot = self.usable()
        answer = {key: with_row(value, snapshot, key) for key, value in loaded.items()}
        absorbed = self._absorb(loaded, states)
        if self.following and self.snapshot and absorbed:
            await self.following.tell_read(absorbed, self.snapshot, known)
        return self._with_written(answer, keys, number)

    def _with_written(self, answer: dict[str, Read], keys: Sequence[str], number: int) -> dict[str, Read]:
        """Put what was written while contacts were read before what was read of them."""
        for key, each in self._writes.after(number).items():
            answer.pop(key, None)
            if key in keys and each and each.read_at:
                answer[key] = Held(each.contact, each.read_at)
        return answer

    def _states(self, keys: Sequence[str]) -> dict[str, str | None]:
        """What the last list, and the writes since, say of some contacts."""
        versions = self.snapshot.versions if self.snapshot else {}
        return {key: self._writes.state(key, versions) for key in keys}

    def _absorb(self, loaded: Mapping[str, Read], states: Mapping[str, str | None]) -> list[str]:
        """Put details into the snapshot, unless their contacts changed while they were read; return whose."""
        snapshot = self.snapshot
        if snapshot is None:
            return []
        details: dict[str, tuple[Contact, datetime]] = {}
        for key, value in loaded.items():
            if isinstance(value, BackendError) or self._records.outran(key, value):
                continue
            _, read_at = snapshot.get(key) or (None, None)
            is_newer = read_at is None or read_at < value.fetched_at
            if is_newer and states.get(key) == self._writes.state(key, snapshot.versions):
                details[key] = (value.value, value.fetched_at)
                self._records.note_read(key)
        after = snapshot.with_details(details) if self.is_thin else snapshot.reread(details)
        self.show(after)
        return [key for key in details if after.overlay.get(key) is not snapshot.overlay.get(key)]

    def show(self, snapshot: Snapshot) -> None:
        """Take a snapshot in place of the one there is; many changes in it are worked in behind."""
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

    async def _renewal(self) -> None:
        """Renew the book, by whichever worker's turn it is."""
        await (self.following.renew(self._renew) if self.following else self._renew())

    async def _renew(self) -> None:
        asked_at = self._clock()
        before = self.snapshot
        arrivals = self._arrivals.begin(asked_at, self._writes.number, resumes=before is None)
        try:
            # A whole book never takes what single questions need.
            degree = urgency() if before and before.is_whole else max(urgency(), Urgency.BULK)
            with because(Cause.REFRESH if before else Cause.LOAD), urgent(degree):
                known: Mapping[str, str] = arrivals.versions
                if before:
                    told = self._writes.known(before.versions)
                    known = self._records.still_good(before, told, asked_at)
                scan = await guarded(self.backend.contacts.scan(known, arrivals.take), self.slug)
                missing = before.missing_from(scan.versions) if before else []
                kept = await guarded(confirmed(missing, self._records.load), self.slug)
        except BackendError as error:
            await self._keep_what_came(arrivals)
            await self.note(error)
            return
        rows = {**arrivals.entries, **await entries_of(scan.contacts, arrivals.entries)}
        changed = await self._take_over(rows, scan, kept, asked_at)
        self.read_since = self.read_since if before else asked_at
        if self.following and self.snapshot:
            await self.following.tell_listed(changed, self.snapshot)
        self._writes.forget(arrivals.writes)
        self._arrivals = Arrivals()
        self._finder.forget()
        await self.note(None)

    async def _take_over(
        self, rows: Mapping[str, Entry], scan: Scan, kept: Sequence[str], asked_at: datetime
    ) -> list[str]:
        """Make the next snapshot of the one there is; return what is told otherwise in it."""
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
        self.show(replace(snapshot, left_out=left_out))
        return [*changes, *gone, *kept]

    async def _forget(self, changed: Sequence[str]) -> None:
        """Drop full records of what changed, and of what is gone: they are worth nothing any more."""
        await self._records.forget(changed)
        if self.is_thin:
            self._records.note_change(*changed)

    async def _keep_what_came(self, arrivals: Arrivals) -> None:
        """Take over the single contacts of a list that broke off; the rest stays as it was."""
        if self.snapshot and arrivals.entries:
            await self._forget([*arrivals.entries])
            written = self._writes.after(arrivals.writes)
            came = {key: each for key, each in arrivals.entries.items() if key not in written}
            self.show(self.snapshot.extended(came, arrivals.told))
            if self.following:
                await self.following.tell_read(came, self.snapshot, self.following.number)
        elif self.following and (part := self._arrived()):
            await self.following.tell_listed([*part.keys()], part)

    def note_change(self, key: str) -> None:
        """Take it that whatever was read of a contact until now is old."""
        self._records.note_change(key)

    async def note(self, problem: BackendError | None) -> None:
        """Note how the last renewal went, for a restart too where the system turned us away."""
        tell(self.slug, self.problem, problem)
        self.problem = problem
        self.is_turned_away = turned_away(self.is_turned_away, problem)
        if problem and self.is_turned_away and self.on_rejection:
            await self.on_rejection()
