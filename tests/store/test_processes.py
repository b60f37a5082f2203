"""Real processes on one journal: killed, without room on the disk, and at the same time."""

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.writes import intent

ROOT = Path(__file__).parents[2]

BEGIN = """
import asyncio, sys
from pathlib import Path
from gateway.store import FileJournal
from tests.store.writes import NOON, intent, settled

def say(word):
    print(word, flush=True)

directory = Path(sys.argv[1])
journal = FileJournal(directory, {"shop": "shop-1f2e"}, lambda: NOON)
"""

NOTES_AND_WAITS = """
async def main():
    await journal.intend(intent("w0", "done"))
    await journal.settle("shop", settled("w0"))
    await journal.intend(intent("w1", "k"))
    say("noted")
    sys.stdin.readline()

asyncio.run(main())
"""

WAITS_WITH_THE_LOCK = """
def clock():
    say("locked")
    sys.stdin.readline()
    return NOON

asyncio.run(FileJournal(directory, {"shop": "shop-1f2e"}, clock).intend(intent("w1", "k")))
"""

HAS_NO_ROOM = """
import resource, signal

async def main():
    await journal.intend(intent("w1", "a"))
    (file,) = directory.glob("*.jsonl")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    room = file.stat().st_size + 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        await journal.intend(intent("w2", "b"))
    except OSError:
        say(f"refused {await journal.find('shop', 'b')} {file.stat().st_size - room}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    say(await journal.intend(intent("w3", "b")))

asyncio.run(main())
"""

NOTES_MANY = """
async def main():
    say("ready")
    sys.stdin.readline()
    for number in range(40):
        name = f"{sys.argv[2]}-{number}"
        if await journal.intend(intent(name, f"k{number}")) is None:
            await journal.settle("shop", settled(name))
            say(number)

asyncio.run(main())
"""


@contextmanager
def running(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program that knows the gateway; it is ended at the latest when the block ends."""
    command = [sys.executable, "-c", textwrap.dedent(BEGIN + code), *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip()


async def test_a_killed_process_leaves_what_it_had_noted(directory, process):
    """After kill -9 between noting and settling, the write is there, open, and holds its key."""
    with running(NOTES_AND_WAITS, directory) as other:
        assert heard(other) == "noted"
        other.kill()
        assert other.wait() == -9
    journal = process()
    assert await journal.unsettled("shop") == (intent("w1", "k"),)
    assert await journal.intend(intent("w2", "k")) == (intent("w1", "k"), None)


async def test_a_process_that_dies_with_the_lock_lets_others_on(directory, process):
    """Who waits for a process that is killed while it notes gets its turn, and finds nothing noted."""
    with running(WAITS_WITH_THE_LOCK, directory) as other:
        assert heard(other) == "locked"
        waiting = asyncio.create_task(process().intend(intent("w2", "k")))
        await asyncio.to_thread(other.kill)
        async with asyncio.timeout(30):
            assert await waiting is None
    assert await process().unsettled("shop") == (intent("w2", "k"),)


async def test_a_full_disk_notes_nothing(directory, process):
    """A line that found no room is an error, no entry, and in nobody's way once there is room."""
    with running(HAS_NO_ROOM, directory) as other:
        assert (heard(other), heard(other)) == ("refused None 0", "None")
        assert other.wait() == 0
    assert await process().unsettled("shop") == (intent("w1", "a"), intent("w3", "b"))


async def test_processes_at_once_note_each_key_once(directory, process):
    """Three processes that go for the same keys at the same time have each key once among them."""
    with (
        running(NOTES_MANY, directory, "a") as one,
        running(NOTES_MANY, directory, "b") as two,
        running(NOTES_MANY, directory, "c") as three,
    ):
        everybody = (one, two, three)
        assert [heard(each) for each in everybody] == ["ready"] * 3
        for each in everybody:
            each.stdin.write("go\n")
            each.stdin.flush()
        said = [each.stdout.read() for each in everybody]
    numbers = sorted(int(word) for words in said for word in words.split())
    assert numbers == list(range(40))
    journal = process()
    assert await journal.unsettled("shop") == ()
    found = [await journal.find("shop", f"k{number}") for number in range(40)]
    assert all(each and each[1] for each in found)
