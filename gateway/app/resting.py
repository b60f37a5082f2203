"""What outlives a process: books at rest, and the journal of writes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from gateway.directory import Directory
from gateway.directory.saving import Saver, restore_all, saving
from gateway.ports import Journal
from gateway.settings import Fault, Settings, SettingsError
from gateway.store import FileSnapshots, Keys, LocalStore, local_store, prepare
from gateway.telemetry import Instruments, log


def store_of(settings: Settings, now: Callable[[], datetime], earlier: LocalStore | None) -> LocalStore:
    """Return this process's own locks and journal; they go on with those of an earlier gateway."""
    kept = settings.cache.directory
    return local_store(kept / "journal" if kept else None, names_of(settings), now, earlier)


@asynccontextmanager
async def at_rest(
    directory: Directory, settings: Settings, journal: Journal, now: datetime
) -> AsyncIterator[None]:
    """Let books stand as an earlier process left them, and put them at rest as long as the block lasts."""
    snapshots = _snapshots(settings)
    if snapshots is None:
        yield
        return
    books = directory.books.values()
    kept = await restore_all(books, snapshots, journal, now)
    if not settings.cache.saves:
        yield
        return
    async with saving(Saver(book, snapshots, each) for book, each in zip(books, kept, strict=True)):
        yield


def _snapshots(settings: Settings) -> FileSnapshots | None:
    """Return where books are at rest; None: nowhere.

    Raises:
        SettingsError: the owner named a directory that cannot be used.
    """
    cache = settings.cache
    if cache.directory is None:
        return None
    place = cache.directory / "snapshots"
    try:
        if cache.saves:
            prepare(place)
    except OSError as error:
        if cache.is_directory_named:
            problem = f"{place} cannot be used: {error.strerror}"
            cure = 'name a folder that the gateway may write to, or "none"'
            raise SettingsError([Fault("cache.directory", problem, cure)]) from error
        log().warning("snapshots_off", reason=error.strerror)
        return None
    return FileSnapshots(place, names_of(settings), Keys(cache.key), writes=cache.saves)


def names_of(settings: Settings) -> dict[str, str]:
    """Name each administration's files by its slug, and by what its system calls it: slugs can be reused."""
    names = {}
    for each in settings.administrations:
        own = f"{each.administration.system}\n{each.administration.remote_id}"
        names[each.administration.slug] = (
            f"{each.administration.slug}-{hashlib.sha256(own.encode()).hexdigest()[:12]}"
        )
    return names


async def tell_unsettled(journal: Journal, settings: Settings, instruments: Instruments) -> None:
    """Say which writes of an earlier process have no known end; nothing of them is sent again."""
    for each in settings.administrations:
        slug = each.administration.slug
        try:
            left = await journal.unsettled(slug)
        except OSError as error:
            instruments.meters.journal.labels(slug).inc()
            log().error("journal_failed", administration=slug, error=type(error).__name__)
            continue
        for intent in left:
            log().warning(
                "write_unsettled",
                administration=slug,
                mutation=intent.mutation,
                contact=intent.contact,
                at=intent.at.isoformat(),
                write=intent.id,
            )
