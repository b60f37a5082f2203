"""The journal's files: whose they are, what a crash leaves of them, and several processes on them."""

import asyncio
import json
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.faults import Outcome
from gateway.store import FileJournal
from tests.fakes import Clock
from tests.store.writes import NOON, intent, settled

FILE = "shop-1f2e-2026-11.jsonl"

PATIENCE = 0.3
"""Seconds in which somebody who must wait would have come, if nothing kept them."""


async def test_files_belong_to_the_user_alone(directory, process):
    """Directory and files are closed to others, whatever the process's mask lets through."""
    mask = os.umask(0)
    try:
        await process().intend(intent("w1"))
    finally:
        os.umask(mask)
    assert directory.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}
    assert modes == {FILE: 0o600, "shop-1f2e.lock": 0o600}


async def test_a_line_is_an_entry(directory, process):
    """Each entry is one line of JSON with the format's version; without one there is no file."""
    journal = process()
    assert await journal.find("shop", "k") is None
    assert not directory.exists()
    await journal.intend(intent("w1", "k", known=("a\nb\u2028",)))
    await journal.settle("shop", settled("w1", told={"text": "x\ny"}))
    lines = [json.loads(line) for line in (directory / FILE).read_bytes().split(b"\n")[:-1]]
    assert [sorted(line) for line in lines] == [["intent", "v"], ["settled", "v"]]
    assert {line["v"] for line in lines} == {1}


async def test_an_administration_without_a_name_has_its_slug(directory, clock):
    """Files are called by the name that was given, else by the slug."""
    await FileJournal(directory, {}, clock).intend(intent("w1", administration="other"))
    assert {path.name for path in directory.iterdir()} == {"other-2026-11.jsonl", "other.lock"}


async def test_what_was_noted_is_known_after_a_restart(process):
    """A new process finds keys, ends and what was left open."""
    first = process()
    for name in ("w1", "w2", "w3"):
        await first.intend(intent(name, f"key of {name}"))
    await first.settle("shop", settled("w1"))
    await first.settle("shop", settled("w2", Outcome.REFUSED))
    second = process()
    assert await second.find("shop", "key of w1") == (intent("w1", "key of w1"), settled("w1"))
    assert await second.find("shop", "key of w2") is None
    assert await second.unsettled("shop") == (intent("w3", "key of w3"),)


async def test_two_processes_share_their_keys(process):
    """What one notes, the other knows: while it is open, when it ended, and when its key was freed."""
    one, other = process(), process()
    first = intent("w1", "k")
    assert await one.intend(first) is None
    assert await other.intend(intent("w2", "k")) == (first, None)
    await one.settle("shop", settled("w1"))
    assert await other.intend(intent("w2", "k")) == (first, settled("w1"))
    await other.settle("shop", settled("w1", Outcome.REFUSED))
    assert await one.intend(intent("w3", "k")) is None
    assert await other.find("shop", "k") == (intent("w3", "k"), None)


async def test_of_many_in_two_processes_one_is_noted(process):
    """Under one key at the same time, one write is noted in all processes together."""
    journals = [process() for _ in range(5)]
    wanted = [intent(f"w{number}", "k") for number in range(25)]
    calls = (journals[number % 5].intend(each) for number, each in enumerate(wanted))
    answers = await asyncio.gather(*calls)
    (noted,) = (each for each, answer in zip(wanted, answers, strict=True) if answer is None)
    assert {answer for answer in answers if answer} == {(noted, None)}
    assert {await journal.unsettled("shop") for journal in journals} == {(noted,)}


@pytest.mark.parametrize("kind", [pytest.param("intent", id="intent"), pytest.param("settled", id="settled")])
async def test_a_line_cut_anywhere_costs_itself_alone(directory, process, kind):
    """Wherever a crash cut the last line, what came before is known, and what comes next is too."""
    journal = process()
    await journal.intend(intent("w1", "a"))
    start = (directory / FILE).stat().st_size
    if kind == "intent":
        await journal.intend(intent("w2", "b"))
    else:
        await journal.settle("shop", settled("w1", contact="é"))
    text = (directory / FILE).read_bytes()
    for end in range(start, len(text)):
        (directory / FILE).write_bytes(text[:end])
        assert await process().unsettled("shop") == (intent("w1", "a"),)
        assert await process().intend(intent("w3", "c")) is None
        left = [each.id for each in await process().unsettled("shop")]
        # Without its line break alone, a line is whole: the next one gives it one.
        cut = ["w1"] if end < len(text) - 1 else {"intent": ["w1", "w2"], "settled": []}[kind]
        assert left == [*cut, "w3"]
        assert await process().find("shop", "a") is not None


async def test_a_cut_line_is_not_read_by_halves(directory, process):
    """What another process is still writing is taken in once its line has ended, and only then."""
    writer, reader = process(), process()
    await writer.intend(intent("w1", "a"))
    text = (directory / FILE).read_bytes()
    (directory / FILE).write_bytes(text[:-9])
    assert await reader.find("shop", "a") is None
    with (directory / FILE).open("ab") as file:
        file.write(text[-9:])
    assert await reader.find("shop", "a") == (intent("w1", "a"), None)


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\r", id="a-return"),
        pytest.param(b"\x00" * 4096, id="zeros"),
        pytest.param(b"\xff\xfe\x80", id="no-utf-8"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no-version"),
        pytest.param(b'{"v":1}', id="nothing-in-it"),
        pytest.param(b'{"v":1,"intent":{"id":"w9"}}', id="half-an-entry"),
        pytest.param(b'{"v":1,"settled":{"id":5,"at":"x","outcome":"CREATED"}}', id="other-types"),
        pytest.param(b'{"v":1,"x":' + b"[" * 100_000, id="deep"),
        pytest.param(
            b'{"v":1,"intent":{"id":"w9","at":"2026-11-21T12:00:00","administration":"shop",'
            b'"mutation":"contactCreate","key":"a"}}',
            id="a-moment-without-a-zone",
        ),
    ],
)
async def test_a_line_that_makes_no_sense_is_passed_over(directory, process, garbage):
    """Whatever stands between two entries, both are known, and more can be noted."""
    await process().intend(intent("w1", "a"))
    with (directory / FILE).open("ab") as file:
        file.write(garbage + b"\n")
    journal = process()
    await journal.intend(intent("w2", "b"))
    assert await process().unsettled("shop") == (intent("w1", "a"), intent("w2", "b"))
    assert await journal.find("shop", "a") == (intent("w1", "a"), None)


@pytest.mark.parametrize(
    ("last", "names"),
    [
        pytest.param(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), ("2026-11", "2026-12"), id="month"),
        pytest.param(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), ("2026-12", "2027-01"), id="year"),
        pytest.param(datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), ("2028-02", "2028-03"), id="leap-day"),
    ],
)
async def test_a_month_ends(directory, process, clock, last, names):
    """What was noted in the last second of a month is known, and ends, in the next; each has its file."""
    clock.now = last
    journal, other = process(), process()
    first = intent("w1", "k", last)
    await journal.intend(first)
    await other.find("shop", "k")
    clock.move(2)
    for each in (journal, other, process()):
        assert await each.intend(intent("w2", "k", clock.now)) == (first, None)
    await journal.settle("shop", settled("w1", at=clock.now))
    for each in (journal, other, process()):
        assert await each.find("shop", "k") == (first, settled("w1", at=clock.now))
        assert await each.unsettled("shop") == ()
    lines = {path.name: path.read_bytes().count(b"\n") for path in directory.glob("*.jsonl")}
    assert lines == {f"shop-1f2e-{month}.jsonl": 1 for month in names}


class Halting:
    """A clock whose first caller waits for somebody who should not come, or for as long as is decent."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.asked = threading.Event()
        self.come = threading.Event()

    def __call__(self) -> datetime:
        if not self.asked.is_set():
            self.asked.set()
            self.come.wait(PATIENCE)
        else:
            self.come.set()
        return self.now


async def test_at_the_turn_of_a_month_a_key_is_noted_once(directory):
    """A process that still writes to the old month's file keeps those out that write to the new one's."""
    old = Halting(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    new = Clock(old.now + timedelta(seconds=2))

    async def later():
        await asyncio.to_thread(old.asked.wait)
        answer = await FileJournal(directory, {}, new).intend(intent("w2", "k", new.now))
        old.come.set()
        return answer

    first = intent("w1", "k", old.now)
    answers = await asyncio.gather(FileJournal(directory, {}, old).intend(first), later())
    assert answers == [None, (first, None)]


async def test_who_gives_up_lets_nobody_in_too_early(directory):
    """A call that is cancelled goes on behind, and the next one waits until it is through."""
    clock = Halting()
    journal = FileJournal(directory, {}, clock)
    first = asyncio.create_task(journal.intend(intent("w1", "k")))
    await asyncio.to_thread(clock.asked.wait)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await journal.find("shop", "k") == (intent("w1", "k"), None)


async def test_a_file_that_is_taken_away_begins_anew(directory, process):
    """Who deletes the files while the gateway runs loses what they held for others, and nothing else."""
    one, other = process(), process()
    await one.intend(intent("w1", "a"))
    (directory / FILE).unlink()
    await one.intend(intent("w2", "b"))
    assert await one.intend(intent("w3", "b")) == (intent("w2", "b"), None)
    assert await one.find("shop", "a") == (intent("w1", "a"), None)
    assert await other.unsettled("shop") == (intent("w2", "b"),)
    (directory / FILE).write_bytes(b"")
    await other.intend(intent("w4", "d"))
    assert await other.intend(intent("w5", "d")) == (intent("w4", "d"), None)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(lambda place: place.parent.write_bytes(b""), id="no-directory-can-be-made"),
        pytest.param(lambda place: (place / FILE).mkdir(parents=True), id="no-file-can-be-made"),
    ],
)
async def test_what_cannot_be_noted_is_not(directory, process, block):
    """Where nothing can be written or read an OSError says so, and the key is as free as before."""
    block(directory)
    journal = process()
    noted = (journal.intend(intent("w1", "k")), journal.settle("shop", settled("w1")))
    for call in (*noted, journal.find("shop", "k"), journal.unsettled("shop")):
        with pytest.raises(OSError):  # noqa: PT011 - which one is the system's business
            await call
    blocked = directory.parent if directory.parent.is_file() else directory / FILE
    blocked.rmdir() if blocked.is_dir() else blocked.unlink()
    assert await journal.find("shop", "k") is None
    assert await journal.intend(intent("w2", "k")) is None
