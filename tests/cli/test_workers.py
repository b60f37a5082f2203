"""Workers that are started, watched and ended; each is a few lines of Python that serve nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from structlog.testing import capture_logs

from gateway.cli.listening import listen
from gateway.cli.workers import PAUSES, STEADY, Trouble, Workers

BEGUN = """
import os, signal, socket, sys
from pathlib import Path
number, count, opened, line = map(int, os.environ["_GATEWAY_WORKER"].split(":"))
place = Path(sys.argv[1])
def note(word):
    with (place / "noted").open("a") as file:
        file.write(f"{word} {number}\\n")
def noting(word, status=None):
    def told(*_):
        note(word)
        if status is not None:
            os._exit(status)
    return told
note("begun")
"""
SERVING = (
    BEGUN
    + """
signal.signal(signal.SIGTERM, noting("drained", 0))
signal.signal(signal.SIGQUIT, noting("ended", 0))
signal.signal(signal.SIGHUP, noting("reloaded"))
socket.socket(fileno=line).send(b"+")
note("serves")
while True:
    signal.pause()
"""
)
STUBBORN = SERVING.replace('noting("drained", 0)', 'noting("drained")')
DEAF = STUBBORN.replace('noting("ended", 0)', 'noting("ended")')
BROKEN = SERVING.replace('noting("drained", 0)', 'noting("drained", 3)')
SHORT = (
    BEGUN
    + """
import time
if (place / "noted").read_text().count("begun") > 2:
    exec(sys.argv[2])
else:
    socket.socket(fileno=line).send(b"+")
"""
)
SLOW = (
    BEGUN
    + """
while not (place / "go").exists():
    pass
exec(sys.argv[2])
"""
)
FAILING = BEGUN + "sys.exit(7)"
REFUSING = BEGUN + "sys.exit(2)"
ONE_FAILING = (
    BEGUN
    + """
if number == 2:
    sys.exit(7)
exec(sys.argv[2])
"""
)
PATIENCE = 30.0


class Crew:
    """Workers that run in the background of a test, and what became of them.

    `told` are the times that they were announced.
    """

    def __init__(self, script: str, place: Path, count: int) -> None:
        self.told = 0
        self._place = place
        self._socket = listen("127.0.0.1", 0)
        command = [sys.executable, "-c", script, str(place), SERVING]
        self._running = asyncio.create_task(Workers(command, count, self._socket, self._announce).run())

    def _announce(self) -> None:
        self.told += 1

    @property
    def noted(self) -> list[str]:
        """What workers noted, sorted."""
        file = self._place / "noted"
        return sorted(file.read_text().splitlines()) if file.exists() else []

    async def until(self, is_so: Callable[[list[str]], bool]) -> None:
        """Wait until what is noted is so."""
        async with asyncio.timeout(PATIENCE):
            while not is_so(self.noted):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(0.01)

    async def ended(self, *words: signal.Signals) -> int:
        """Send signals to the process that watches; return the status."""
        for word in words:
            os.kill(os.getpid(), word)
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            status = await self._running
        assert self._socket.fileno() == -1
        return status


def serve(count: int) -> Callable[[list[str]], bool]:
    return lambda noted: sum(line.startswith("serves") for line in noted) >= count


async def test_all_are_told_to_end(tmp_path: Path):
    """Each gets its number, the first one is announced and no other, and all end as they are told."""
    crew = Crew(SERVING, tmp_path, 3)
    await crew.until(serve(3))
    assert await crew.ended(signal.SIGTERM) == 0
    assert crew.noted == [f"{word} {n}" for word in ("begun", "drained", "serves") for n in (1, 2, 3)]
    assert crew.told == 1


async def test_what_a_second_word_ends(tmp_path: Path):
    """Who does not end is told again, and does it at once."""
    crew = Crew(STUBBORN, tmp_path, 2)
    await crew.until(serve(2))
    os.kill(os.getpid(), signal.SIGINT)
    await crew.until(lambda noted: {"drained 1", "drained 2"} <= set(noted))
    assert await crew.ended(signal.SIGINT) == 0
    assert {"ended 1", "ended 2"} <= set(crew.noted)


async def test_what_a_third_word_ends(tmp_path: Path):
    """Who heeds neither is ended by the system, and the status tells it."""
    crew = Crew(DEAF, tmp_path, 1)
    await crew.until(serve(1))
    for word in ("drained 1", "ended 1"):
        os.kill(os.getpid(), signal.SIGTERM)
        await crew.until(lambda noted, word=word: word in noted)
    assert await crew.ended(signal.SIGTERM) == 128 + signal.SIGKILL


async def test_one_that_does_not_end_well(tmp_path: Path):
    """Its status is that of the whole."""
    crew = Crew(BROKEN, tmp_path, 1)
    await crew.until(serve(1))
    assert await crew.ended(signal.SIGTERM) == 3


async def test_the_configuration_is_read_anew(tmp_path: Path):
    """All are told that serve; one that just begins would die of it, and is told once it serves."""
    crew = Crew(SLOW, tmp_path, 1)
    await crew.until(lambda noted: "begun 1" in noted)
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0.05)
    assert crew.noted == ["begun 1"]
    (tmp_path / "go").touch()
    await crew.until(lambda noted: "reloaded 1" in noted)
    os.kill(os.getpid(), signal.SIGHUP)
    await crew.until(lambda noted: noted.count("reloaded 1") == 2)
    assert await crew.ended(signal.SIGTERM) == 0
    assert crew.noted.count("begun 1") == 2  # the second one is of the lines that serve


async def test_an_end_before_it_serves(tmp_path: Path):
    """A process that is told to end while a worker begins waits for nothing."""
    crew = Crew(SLOW, tmp_path, 2)
    await crew.until(lambda noted: "begun 1" in noted)
    assert await crew.ended(signal.SIGTERM) == 0
    assert (crew.noted, crew.told) == (["begun 1"], 0)


async def test_one_that_dies_is_started_again(tmp_path: Path):
    """The others go on, it gets its number again, the log tells it, and nothing is announced anew."""
    with capture_logs() as events:
        crew = Crew(SHORT, tmp_path, 1)
        await crew.until(serve(1))
        assert await crew.ended(signal.SIGTERM) == 0
    assert crew.noted.count("begun 1") == 4  # the fourth one is of the lines that serve
    told = [(each["worker"], each["status"], each["again_in"]) for each in events]
    assert told == [(1, 0, PAUSES[0]), (1, 0, PAUSES[1])]
    assert crew.told == 1


async def test_none_can_serve(tmp_path: Path):
    """Where the first one fails three times in a row the others are not tried, and its status is told."""
    crew = Crew(FAILING, tmp_path, 3)
    assert await crew.ended() == 7
    assert (crew.noted, crew.told) == (["begun 1"] * 3, 0)


async def test_a_configuration_that_cannot_be_served(tmp_path: Path):
    """What a worker refuses is told once: trying again would not help."""
    crew = Crew(REFUSING, tmp_path, 3)
    assert await crew.ended() == 2
    assert crew.noted == ["begun 1"]


async def test_one_fails_while_others_serve(tmp_path: Path):
    """Those that serve go on; it is tried again and again."""
    crew = Crew(ONE_FAILING, tmp_path, 2)
    await crew.until(lambda noted: noted.count("begun 2") >= 4)
    assert "drained 1" not in crew.noted
    assert await crew.ended(signal.SIGTERM) == 0
    assert "drained 1" in crew.noted


def test_pauses_grow():
    """At once, then later and later, until one has served for a while."""
    trouble = Trouble()
    assert [trouble.note(None) for _ in PAUSES] == list(PAUSES)
    assert trouble.failures == len(PAUSES)
    assert trouble.note(STEADY - 1) == PAUSES[-1]
    assert trouble.failures == 0
    assert trouble.note(STEADY) == PAUSES[0]
    assert trouble.note(None) == PAUSES[1]


async def test_nothing_is_left_behind(tmp_path: Path):
    """The folder of what is counted is there while they live, and gone afterwards."""
    crew = Crew(SERVING.replace('note("begun")', 'note(os.environ["PROMETHEUS_MULTIPROC_DIR"])'), tmp_path, 1)
    await crew.until(serve(1))
    [place] = [Path(line.removesuffix(" 1")) for line in crew.noted if line.startswith("/")]
    assert place.is_dir()
    assert await crew.ended(signal.SIGTERM) == 0
    assert not place.exists()
