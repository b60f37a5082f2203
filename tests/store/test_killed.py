"""kill -9 while a book is being saved: what was at rest before, or what was to be, and nothing between."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.store.replacing import replace
from tests.e2e.program import PATIENCE, ROOT, environment
from tests.store.books import Place

ROUNDS = 6


@pytest.mark.parametrize("key", [pytest.param("", id="in-the-clear"), pytest.param("a long word", id="key")])
async def test_a_process_killed_at_any_moment_leaves_a_whole_book(tmp_path: Path, key: str):
    """Killed at any moment, the file is the last book that was told to be at rest, or the one after it."""
    place = Place(tmp_path / "snapshots")
    chance = random.Random(7)  # noqa: S311 - the same moments every time is what is wanted
    for _ in range(ROUNDS):
        least = _killed_after(place, key, chance.randrange(1, 5), chance.random() * 0.05)
        found = await place.store(key or None).load("shop")
        assert found is not None
        held = len(list(found.contacts))
        assert held in (least, least + 7)
        assert not place.aside.exists()


def _killed_after(place: Place, key: str, savings: int, seconds: float) -> int:
    """Let a process save, kill it a moment after so many savings, and return what it told of last."""
    command = [sys.executable, "-m", "tests.store.killed", str(place.directory), key]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(savings)]
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        process.kill()
        told += process.stdout.readlines()
    return int([line for line in told if line.endswith("\n")][-1])


ENDS = """
import os, sys
from pathlib import Path
from gateway.store.replacing import replace

def pieces():
    for at in range(4):
        if at == int(sys.argv[2]):
            os._exit(0)
        yield b"piece"

replace(Path(sys.argv[1]), pieces())
"""


@pytest.mark.parametrize("count", [pytest.param(at, id=f"after-{at}") for at in range(4)])
def test_a_writer_that_ends_between_two_pieces_leaves_the_older_file(tmp_path: Path, count: int):
    """Wherever the writer ends, the file is the older one, and the next writer is not kept from its work."""
    path = tmp_path / "file"
    replace(path, [b"old"])
    command = [sys.executable, "-c", ENDS, str(path), str(count)]
    subprocess.run(command, cwd=ROOT, env=environment(), timeout=PATIENCE, check=True)  # noqa: S603 - our own
    assert path.read_bytes() == b"old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "file.new"]
    assert replace(path, [b"new", b"er"]) == 5
    assert path.read_bytes() == b"newer"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
