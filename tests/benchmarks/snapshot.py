"""How long a page of a book takes, by the book's size: `python -m tests.benchmarks.snapshot`.

Each size has a process of its own. A time is the median of one page of 50 through `paginate` over a
new `Selection`; a scan with a sort for each request answers the same questions beside it, and both
must give the same rows. `--sizes 500 2000 --seconds 0.01` is a quick look.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from gateway.directory.entry import Entry, entry
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot, empty
from tests.benchmarks.aside import aside, weight, with_changes
from tests.benchmarks.book import people
from tests.benchmarks.questions import CHANGED, NEW, SCAN, answered, questions, scanned
from tests.benchmarks.report import Result, report

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIZES = (10_000, 100_000, 1_000_000)
SCANNED_UP_TO = 100_000
ROUNDS = 3
FEWEST, MOST = 3, 300
"""Runs of one question in a round."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size in a process of its own and print the tables."""
    parser = argparse.ArgumentParser(description="How long a page of a book takes, by the book's size.")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="contacts in each book")
    parser.add_argument("--seconds", type=float, default=0.3, help="for each question in each round")
    parser.add_argument("--alone", action="store_true", help="the first size in this process, as JSON")
    asked = parser.parse_args(arguments)
    if asked.alone:
        sys.stdout.write(json.dumps(asdict(asyncio.run(measured(asked.sizes[0], asked.seconds)))))
    else:
        sys.stdout.write(report([in_its_own_process(size, asked.seconds) for size in asked.sizes]))


def in_its_own_process(size: int, seconds: float) -> Result:
    """Measure one size in a memory that no other size has used."""
    words = [sys.executable, "-m", "tests.benchmarks.snapshot", "--alone"]
    words += ["--sizes", str(size), "--seconds", str(seconds)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return Result(**json.loads(done.stdout))


async def measured(size: int, seconds: float) -> Result:
    """Measure one size; see `main`."""
    spent: dict[str, float] = {}
    held: dict[str, float] = {}
    contacts = list(people(size))
    began = perf_counter()
    entries = {each.key.remote: entry(each) for each in contacts}
    spent["make contacts ready"] = perf_counter() - began
    plain = list(entries.values()) if size <= SCANNED_UP_TO else []
    snapshot, spent["build"], held["build"] = await aside(empty(NOW).renewed(entries, {}, NOW).folded)
    del contacts, entries
    for each in questions(snapshot):
        if not snapshot.index.is_ready(each.criteria):
            job = f"prepare for: {each.name}"
            _, spent[job], held[job] = await aside(partial(snapshot.index.prepare, each.criteria))
    times, matches = timed(snapshot, plain, seconds)
    memory = weight(snapshot.index) / size
    books = [with_changes(snapshot)]
    del snapshot
    folded, spent["fold 100 changes in"], held["fold 100 changes in"] = await aside(books[0].folded)
    held["let go of the old index"] = let_go(books)
    assert len(folded.index) == len(folded)
    return Result(size, spent, held, memory, times, matches)


def timed(
    snapshot: Snapshot, plain: Sequence[Entry], seconds: float
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the milliseconds of every question, and how many contacts match it."""
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, before, work in ways(snapshot, plain):
            times[name] += runs(work, seconds, before)
    matches = {each.name: each.matches(snapshot) for each in questions(snapshot)}
    return {name: median(told) * 1000 for name, told in times.items()}, matches


def ways(
    snapshot: Snapshot, plain: Sequence[Entry]
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Return what is measured: its name, what goes before each run, and the run."""
    for each in questions(snapshot):
        asked = partial(answered, snapshot, each)
        if each.is_remembered:
            yield each.name + NEW, partial(forget, snapshot.index), asked
        yield each.name, nothing, asked
        if plain:
            scan = partial(scanned, plain, each)
            assert scan() == asked(), each.name
            yield SCAN + each.name, nothing, scan
    yield CHANGED, nothing, partial(answered, with_changes(snapshot), questions(snapshot)[1])


def runs(work: Callable[[], object], seconds: float, before: Callable[[], object]) -> list[float]:
    """Return the seconds of each of many runs."""
    told: list[float] = []
    until = perf_counter() + seconds
    while len(told) < FEWEST or (len(told) < MOST and perf_counter() < until):
        before()
        began = perf_counter()
        work()
        told.append(perf_counter() - began)
    return told


def forget(index: Index) -> None:
    """Make an index as one that was not asked yet."""
    index._found.clear()
    index.column("city")._remembered.clear()


def nothing() -> None:
    """Do nothing."""


def let_go(books: list[Snapshot]) -> float:
    """Return the milliseconds that the last holder of a book waits for its memory to be given back."""
    began = perf_counter()
    books.clear()
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
