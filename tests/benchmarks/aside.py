"""What is done away from the event loop, how long that holds it, and what an index weighs."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import TypeVar

from gateway.directory.entry import Entry, entry
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact, ContactKey

T = TypeVar("T")
BEAT = 0.001


async def aside(work: Callable[[], T]) -> tuple[T, float, float]:
    """Do work in a thread; return its result, its seconds, and the longest that the loop was held, in ms."""
    gaps: list[float] = []
    beats = asyncio.create_task(beat(gaps))
    await asyncio.sleep(0)
    began = perf_counter()
    result = await asyncio.to_thread(work)
    spent = perf_counter() - began
    await asyncio.sleep(2 * BEAT)
    await stopped(beats)
    return result, spent, max(gaps) * 1000


async def beat(gaps: list[float]) -> None:
    """Note how much later than asked for the event loop comes round."""
    while True:
        before = perf_counter()
        await asyncio.sleep(BEAT)
        gaps.append(perf_counter() - before - BEAT)


async def stopped(task: asyncio.Task[None]) -> None:
    """End a task."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def with_changes(snapshot: Snapshot, number: int = 100) -> Snapshot:
    """Change some of a book's contacts: most get another name, some are gone, some are new."""
    keys = list(snapshot.index.positions)
    changes: dict[str, Entry | None] = {}
    for count, key in enumerate(keys[:: max(1, len(keys) // number)][:number]):
        held = snapshot.index.contact(snapshot.index.positions[key])
        renamed = replace(held, display_name=f"Renamed {held.display_name}")
        fresh = ContactKey(held.key.administration, f"9{key}")
        kinds: tuple[tuple[str, Contact | None], ...] = (
            (key, renamed),
            (key, renamed),
            (key, None),
            (fresh.remote, replace(renamed, key=fresh)),
        )
        changed, contact = kinds[count % len(kinds)]
        changes[changed] = entry(contact) if contact else None
    return snapshot.renewed(changes, snapshot.versions, snapshot.fetched_at)


def weight(index: Index) -> int:
    """Return the bytes of all that an index refers to, its contacts and their keys left out."""
    seen = {id(key) for key in index.positions}
    total, found = 0, [index.__dict__]
    while found:
        each = found.pop()
        if id(each) in seen or isinstance(each, Contact | type) or callable(each):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        found += gc.get_referents(each)
    return total
