"""`python -m tests.benchmarks.at_rest`: what it takes to put a book at rest, and to let it stand again."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from gateway.directory.entry import entry
from gateway.directory.index import Index
from gateway.directory.saving import Saver, restore_all
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact
from gateway.domain.secret import Secret
from gateway.store import FileSnapshots, Keys, MemoryJournal
from tests.benchmarks.aside import beat, stopped
from tests.benchmarks.book import people
from tests.fakes import NOW, Clock, backend, book_of

SIZES = (10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: seconds and the longest that the event loop was held, in milliseconds, of each job."""

    size: int
    file: int
    saving: tuple[float, float]
    confirming: tuple[float, float]
    standing: tuple[float, float]


def with_record(contact: Contact, number: int) -> Contact:
    """Give a contact about as much of a record as Moneybird's has, in full."""
    record = {f"field_{at}": f"{contact.display_name} {number * at}" for at in range(45)}
    return replace(contact, raw=json.dumps(record).encode())


def made(size: int) -> Snapshot:
    """Return a book of made-up people."""
    rows = {
        each.key.remote: entry(with_record(each, at), NOW - timedelta(seconds=at % 900))
        for at, each in enumerate(people(size))
    }
    return Snapshot(Index(), dict.fromkeys(rows, "1600000000"), NOW, rows).folded()


async def timed(job: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Do a job beside a beating loop."""
    gaps: list[float] = []
    beats = asyncio.create_task(beat(gaps))
    await asyncio.sleep(0)
    began = perf_counter()
    await job()
    spent = perf_counter() - began
    await asyncio.sleep(0.01)
    await stopped(beats)
    return spent, max(gaps) * 1000


async def measure(size: int, key: str | None) -> Measured:
    """Save a book, confirm it, and let it stand again."""
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keys = Keys(Secret(key) if key else None)
        snapshots = FileSnapshots(place, {"shop": "shop-0123456789ab"}, keys)
        clock = Clock()
        book, again = book_of(backend(), clock), book_of(backend(), clock)
        book.snapshot = await asyncio.to_thread(made, size)
        saver = Saver(book, snapshots)
        saving = await timed(saver.step)
        book.snapshot = replace(book.snapshot, fetched_at=NOW + timedelta(seconds=30))
        confirming = await timed(saver.step)
        clock.move(60)
        standing = await timed(lambda: restore_all([again], snapshots, MemoryJournal(clock), clock()))
        assert again.snapshot
        assert len(again.snapshot) == size
        file = sum(path.stat().st_size for path in place.iterdir())  # noqa: ASYNC240 - nobody else waits
        return Measured(size, file, saving, confirming, standing)


def main(words: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--key", help="encrypts")
    asked = parser.parse_args(words)
    print("| contacts | file, MB | save, s | loop held, ms | confirm, ms | stand again, s | loop held, ms |")  # noqa: T201
    print("| --- | --- | --- | --- | --- | --- | --- |")  # noqa: T201
    for size in asked.sizes:
        one = asyncio.run(measure(size, asked.key))
        (saving, held), (confirming, _), (standing, slowed) = one.saving, one.confirming, one.standing
        print(  # noqa: T201
            f"| {size:,} | {one.file / 1e6:.1f} | {saving:.2f} | {held:.0f} | {confirming * 1000:.0f} "
            f"| {standing:.2f} | {slowed:.0f} |"
        )


if __name__ == "__main__":
    main()
