"""Where writes are noted, contacts locked and books at rest: one process, and the machine's own disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from gateway.ports import Journal
from gateway.store.entries import MemoryJournal
from gateway.store.journal import FileJournal
from gateway.store.replacing import prepare
from gateway.store.sealing import Keys
from gateway.store.snapshots import FileSnapshots

__all__ = ["FileJournal", "FileSnapshots", "Keys", "LocalStore", "MemoryJournal", "local_store", "prepare"]


class LocalStore:
    """Locks within this process; a shared store takes its place where there are several.

    Args:
        journal: Where writes are noted.
        earlier: A store whose locks are shared, because what it serves is still at work.
    """

    def __init__(self, journal: Journal, earlier: LocalStore | None = None) -> None:
        self.journal = journal
        self.locks: dict[str, tuple[asyncio.Lock, int]] = earlier.locks if earlier else {}

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Hold a name; whoever wants the same one waits, in the order of asking."""
        lock, users = self.locks.get(name, (asyncio.Lock(), 0))
        self.locks[name] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self.locks.pop(name)
            if users > 1:
                self.locks[name] = (lock, users - 1)


def local_store(
    directory: Path | None,
    names: Mapping[str, str],
    clock: Callable[[], datetime],
    earlier: LocalStore | None = None,
) -> LocalStore:
    """Make the store of a single process.

    Args:
        directory: Where the journal's files go; None keeps it in memory, until the process ends.
        names: An administration's slug to what its files are called.
        clock: The present moment, UTC.
        earlier: The store that this one takes the place of: its locks go on, as does what it remembers.
    """
    if directory:
        return LocalStore(FileJournal(directory, names, clock), earlier)
    kept = earlier.journal if earlier and isinstance(earlier.journal, MemoryJournal) else MemoryJournal(clock)
    return LocalStore(kept, earlier)
