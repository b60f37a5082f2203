"""What a book begins with after a restart, and how it comes to be at rest: away from the event loop."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.directory.entry import entry
from gateway.directory.index import Index
from gateway.directory.refresh import Book
from gateway.directory.snapshot import Snapshot
from gateway.domain.errors import CredentialsRejected
from gateway.ports import Confirmed, Journal, Saved, Snapshots
from gateway.telemetry import log

SETTLED = 5.0
"""Seconds between two savings of a book, at least: changes come together."""

SPARED = 10.0
"""How many times as long as saving took nothing is saved: it costs a tenth of the time at most."""

IDLE = 1.0
"""Seconds after which it is looked again whether anything changed."""

PATIENCE = 60.0
"""Seconds after which a place that cannot be written to is tried again."""

DAY = timedelta(days=1)
REJECTED = "The system did not accept the credentials when it was last asked."


@dataclass(frozen=True, slots=True)
class Kept:
    """What is at rest of a book: the snapshot that says the same, the file's mark, the age noted there."""

    snapshot: Snapshot
    mark: bytes
    confirmed: Confirmed


async def restore_all(
    books: Iterable[Book], snapshots: Snapshots, journal: Journal, now: datetime
) -> list[Kept | None]:
    """Let every book that holds nothing stand again, as `restore` does."""
    with _uncollected():
        return await asyncio.gather(*(restore(book, snapshots, journal, now) for book in books))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles: among contacts there are none, and looking takes longer than reading them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def restore(book: Book, snapshots: Snapshots, journal: Journal, now: datetime) -> Kept | None:
    """Let a book that holds nothing stand again as it was saved, with its true age.

    What was written, or may have been, after it was read is left out of it until the system is asked, and
    nothing of it is shown where the system had turned us away.

    Returns:
        What is at rest; None where there is nothing that can be used.
    """
    if book.snapshot is not None:
        return None
    try:
        saved = await snapshots.load(book.slug)
        if saved is None:
            return None
        touched = await journal.touched(book.slug, _read_at(saved, now))
    except OSError as error:
        log().warning("snapshot_not_restored", administration=book.slug, error=type(error).__name__)
        return None
    snapshot, lost = await asyncio.to_thread(_standing, saved, touched, now)
    book.snapshot = snapshot
    if (since := saved.confirmed.read_since) and since <= now:
        book.read_since = since
    if saved.confirmed.is_rejected:
        book.is_turned_away = True
        book.problem = CredentialsRejected(REJECTED, administration=book.slug)
    for key in lost:
        await book.doubt(key)
    if saved.confirmed.fetched_at > now:
        await book.doubt(None)
    age = round(snapshot.age(now), 1)
    log().info("snapshot_restored", administration=book.slug, contacts=len(snapshot), age=age)
    return Kept(snapshot, saved.mark, saved.confirmed)


class Saver:
    """Keeps one book at rest as it stands, not more often than it is worth.

    Args:
        book: Whose snapshots; it tells when its system turns us away.
        snapshots: Where to.
        kept: What is at rest already.
        pause: Waits for so many seconds.
        timer: Monotonic seconds.
    """

    def __init__(
        self,
        book: Book,
        snapshots: Snapshots,
        kept: Kept | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._snapshots = snapshots
        self._kept = kept
        self._pause = pause
        self._timer = timer
        self._turn = asyncio.Lock()
        self._job: asyncio.Task[float] | None = None
        self._is_failing = False
        book.on_rejection = self.note_rejection

    async def run(self) -> None:
        """Go on for ever."""
        wait = SETTLED
        while True:
            await self._pause(wait)
            wait = await self.step()

    async def step(self) -> float:
        """Save what changed; return how many seconds to wait before the next time.

        Whoever gives up waiting does not end what is being written.
        """
        self._job = asyncio.create_task(self._step())
        return await asyncio.shield(self._job)

    async def note_rejection(self) -> None:
        """Note that the system turned us away, so that a restart shows nothing of it either."""
        async with self._turn:
            try:
                if self._kept:
                    await self._confirm(self._kept, replace(self._kept.confirmed, is_rejected=True))
            except OSError as error:
                self._tell(error)

    async def close(self) -> None:
        """Save what is not at rest yet."""
        if self._job:
            await asyncio.wait([self._job])
        await self._step()

    async def _step(self) -> float:
        async with self._turn:
            try:
                wait = await self._catch_up()
            except BlockingIOError:
                # Another process is at it; what it saves is as good.
                return SETTLED
            except OSError as error:
                self._tell(error)
                return PATIENCE
            self._is_failing = False
            return wait

    async def _catch_up(self) -> float:
        snapshot = self._book.usable()
        if snapshot is None:
            return IDLE
        confirmed = Confirmed(snapshot.fetched_at, read_since=self._book.read_since)
        if self._kept is None or not _same(self._kept.snapshot, snapshot):
            return await self._save(snapshot, confirmed)
        if confirmed != self._kept.confirmed:
            # Compared with the newest, most looks find the very same object.
            await self._confirm(replace(self._kept, snapshot=snapshot), confirmed)
        return IDLE

    async def _save(self, snapshot: Snapshot, confirmed: Confirmed) -> float:
        began = self._timer()
        mark = await self._snapshots.save(self._book.slug, _at_rest(snapshot, confirmed))
        self._kept = Kept(snapshot, mark, confirmed)
        return max(SETTLED, SPARED * (self._timer() - began))

    async def _confirm(self, kept: Kept, confirmed: Confirmed) -> None:
        """Note the age of what is at rest; it is saved anew where it is not there any more."""
        is_there = await self._snapshots.confirm(self._book.slug, kept.mark, confirmed)
        self._kept = replace(kept, confirmed=confirmed) if is_there else None

    def _tell(self, error: OSError) -> None:
        if not self._is_failing:
            log().warning(
                "snapshot_not_saved",
                administration=self._book.slug,
                error=type(error).__name__,
                reason=error.strerror,
            )
        self._is_failing = True


@asynccontextmanager
async def saving(savers: Iterable[Saver]) -> AsyncIterator[None]:
    """Save books as long as the block lasts, and once more at its end."""
    all_of_them = list(savers)
    tasks = [asyncio.create_task(each.run()) for each in all_of_them]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(each.close() for each in all_of_them))


def _at_rest(snapshot: Snapshot, confirmed: Confirmed) -> Saved:
    # Read while it is written down, in the thread that does so: a snapshot never changes.
    contacts = (held for key in snapshot.keys() if (held := snapshot.get(key)))  # noqa: SIM118 - no mapping
    return Saved(confirmed, contacts, snapshot.versions, snapshot.left_out, snapshot.expected)


def _same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots of a book hold the same; one that was folded in between counts as another."""
    if one.index is not other.index or one.overlay is not other.overlay:
        return False
    told, tells = (one.left_out, one.expected), (other.left_out, other.expected)
    return told == tells and (one.versions is other.versions or one.versions == other.versions)


def _read_at(saved: Saved, now: datetime) -> datetime:
    """When the list was asked for; a day ago where the clock was wrong then, or is now."""
    return saved.confirmed.fetched_at if saved.confirmed.fetched_at <= now else now - DAY


def _standing(
    saved: Saved, touched: Mapping[str | None, datetime], now: datetime
) -> tuple[Snapshot, list[str | None]]:
    """Return what may be shown of a saved book, and the contacts that it lacks since they were touched.

    A contact whose details were read after it was touched is as good as any. Details from a time that is
    yet to come are read anew, with their row.
    """
    rows = {contact.key.remote: (contact, read_at) for contact, read_at in saved.contacts}
    lost = [key for key, moment in touched.items() if key is None or not _tells(rows.get(key), moment)]
    early = {key for key, (_, read_at) in rows.items() if read_at and read_at > now}
    kept = {
        key: entry(contact, min(read_at, now) if read_at else None)
        for key, (contact, read_at) in rows.items()
        if key not in lost
    }
    known = rows.keys() | {key for key in lost if key}
    snapshot = Snapshot(
        Index(),
        {key: each for key, each in saved.versions.items() if key not in early and key not in lost},
        min(saved.confirmed.fetched_at, now),
        kept,
        saved.left_out,
        len(known) if saved.expected is None and len(kept) < len(known) else saved.expected,
    )
    return snapshot.folded(), lost


def _tells(row: tuple[object, datetime | None] | None, moment: datetime) -> bool:
    return row is not None and row[1] is not None and row[1] >= moment
