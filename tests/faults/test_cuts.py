"""Two hundred writes that break off somewhere: none is made twice, and what is said of each is true."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.e2e.house import House
from tests.e2e.writes import codes, write
from tests.faults.changes import CASES, GOOD, Case, writes
from tests.faults.house import Built, built
from tests.faults.leaping import leaping
from tests.faults.relay import Cut, Relay
from tests.faults.test_writes import BOOKS

NAMES = sorted(CASES)
SEED = 20_261_121
COUNT = 200
GROUPS = 20
HEAD = 450
"""Bytes within which most requests and answers of writes lie: half of the cuts fall into a head."""


Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One place at which a write breaks off.

    Attributes:
        name: Of the write.
        how: "request" and "answer" are cut after so many bytes; "close": the gateway ends while it waits.
        after: Bytes, or turns of the event loop.
        reset: Whether a cut is a reset.
    """

    name: str
    how: str
    after: int
    reset: bool


def points() -> list[Point]:
    """Return two hundred places, the same ones each time."""
    dice = random.Random(SEED)  # noqa: S311
    found = []
    for number in range(COUNT):
        how = ("request", "answer", "answer", "close")[number % 4]
        most = 60 if how == "close" else dice.choice([HEAD, 4 * HEAD])
        found.append(Point(NAMES[number % len(NAMES)], how, dice.randint(0, most), dice.random() < 0.5))
    return found


@pytest.mark.parametrize("group", range(GROUPS))
@leaping
async def test_a_write_breaks_off(group: int, tmp_path: Path):
    """What is said of it is true, it was sent once at most, and what nobody was told is told at the start."""
    for number, point in enumerate(points()[group::GROUPS]):
        folder = tmp_path / str(number)
        if point.how == "close":
            await ended(point, folder)
        else:
            await cut(point, folder)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


async def cut(point: Point, folder: Path) -> None:
    """Cut the writing call, or its answer, and check what is said."""
    case, port = CASES[point.name], free_port()
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(Relay(port))
        plan = Built(
            BOOKS[case.system], ports={case.system: port}, front={case.system: relay.url}, kept=str(folder)
        )
        house = await stack.enter_async_context(built(plan))
        asked = case.asked(house)
        method, path, _ = case.steps[case.writing]
        relay.cut = Cut(method, path, point.how, point.after, point.reset)
        payload = await write(house, case.mutation, shown="id", **asked)
        assert relay.cut is None, point
        assert_true(house, case, asked, payload, point)
    # Whoever asked was told, be it that nobody knows.
    assert await told_at_start(folder) == [], point


def assert_true(house: House, case: Case, asked: Answer, payload: Answer, point: Point) -> None:
    """Check that what is said of a write is so, and that it was made once at most."""
    happened, said = case.happened(house, asked), (point, payload["outcome"], payload["userErrors"])
    assert writes(house, case) <= 1, said
    if payload["outcome"] in GOOD:
        assert happened, said
        assert payload["userErrors"] == [], said
    elif payload["outcome"] == "REFUSED":
        assert not happened, said
    else:
        assert (payload["outcome"], codes(payload)) == ("UNKNOWN", ["OUTCOME_UNKNOWN"]), said


async def ended(point: Point, folder: Path) -> None:
    """End the gateway while a write is under way, and check what the next one knows of it."""
    case = CASES[point.name]
    async with built(Built(BOOKS[case.system], kept=str(folder))) as house:
        asked = case.asked(house)
        task = asyncio.ensure_future(write(house, case.mutation, shown="id", **asked))
        for _ in range(point.after):
            await asyncio.sleep(0)
        killed, sent = folder.with_name(f"{folder.name}-killed"), writes(house, case)
        keep(folder, killed)
        task.cancel()
        (left,) = await asyncio.gather(task, return_exceptions=True)
    assert writes(house, case) <= 1, point
    assert case.happened(house, asked) is bool(writes(house, case)), point
    if isinstance(left, dict):
        assert_true(house, case, asked, left, point)
    # A write that was begun is finished before the gateway ends, whoever has left.
    assert await told_at_start(folder) == [], point
    if sent:
        # What a kill would have left on disk at that moment has a trace of what was sent.
        entries = "".join(file.read_text() for file in killed.glob("journal/*.jsonl"))
        assert await told_at_start(killed) or '"settled"' in entries, point


def keep(folder: Path, copy: Path) -> None:
    """Copy what is on disk, if anything is."""
    if folder.exists():
        shutil.copytree(folder, copy)


async def told_at_start(folder: Path) -> list[Any]:
    """Return what the next gateway tells of writes without a known end."""
    with capture_logs() as lines:
        async with built(Built(2, kept=str(folder))):
            pass
    return [line for line in lines if line["event"] == "write_unsettled"]
