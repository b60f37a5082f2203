"""Every way to fail, at every kind of call that only reads, of both systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.faults.house import Built, House, Told, assert_discreet, built, rested, told
from tests.faults.leaping import leaping
from tests.faults.reads import READS, Read, codes
from tests.faults.rows import REJECTED, ROWS

LONG = 90_000
"""Seconds after which nothing that is held is shown any more."""
HEAVY = ("bomb", "endless", "crowded")
A_WHILE = 1_300
"""Seconds after which everything is asked anew, and what is held stands in where that fails."""


@pytest.mark.parametrize("kind", READS)
@leaping
async def test_nothing_held(kind: str):
    """The failure is named and nothing else is lost; it is over when the system is well again."""
    read = READS[kind]
    async with built(Built(contacts=12)) as house:
        right = await read.ask(house)
        assert codes(right) == []
        for name, row in ROWS.items():
            await rested()
            house.clock.move(LONG)
            await fails(house, read, name)
            house.clock.move(row.wait or 0)
            await house.mend(read.system)
            assert (name, await read.ask(house)) == (name, right)


@pytest.mark.parametrize("kind", READS)
@leaping
async def test_what_is_held_stands_in(kind: str):
    """What was known before is shown, and marked where it can be; but nothing of one that turned us away."""
    read = READS[kind]
    async with built(Built(contacts=12)) as house:
        right = await read.ask(house)
        for name, row in ROWS.items():
            if row.wait and row.wait > A_WHILE:
                continue  # by then nothing that is held is shown any more
            if name in HEAVY or (read.in_turn and row.seconds[0]):
                continue  # walked above; or two such calls are all the time that an operation has
            await rested()
            house.clock.move(A_WHILE)
            answer = await fails(house, read, name, held=True)
            if row.code != REJECTED:
                assert (name, plain(answer["data"])) == (name, plain(right["data"]))
            house.clock.move(row.wait or 0)
            await house.mend(read.system)
            assert (name, await read.ask(house)) == (name, right)


def plain(value: Any) -> Any:
    """Leave out of an answer how old it is, and what is said of its sources."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: plain(each) for key, each in value.items() if key not in ("freshness", "sources")}


async def fails(house: House, read: Read, name: str, *, held: bool = False) -> dict[str, Any]:
    """Ask while the system fails in one way; check what holds of every such answer, and return it.

    Args:
        house: Where.
        read: What is asked.
        name: Of the way.
        held: Whether what was known before can stand in.
    """
    row, now = ROWS[name], house.clock()
    house.calls()
    house.emulators[read.system].faults.add(replace(row.fault(read.system, now), path=read.path))
    with told(house) as notes:
        answer = await read.ask(house)
    (note,) = notes
    if held and row.code != REJECTED:
        assert_marked(answer, read, name)
    else:
        assert_told(codes(answer), name, read.system, now)
    assert_besides(answer, house, read)
    assert_noted(house, read, name, note)
    assert row.seconds[0] <= note.seconds <= row.seconds[1], (name, note.seconds)
    assert_discreet(answer, note.lines)
    return answer


def assert_marked(answer: dict[str, Any], read: Read, name: str) -> None:
    """Check that what stands in says so, and why, where there is a place for it."""
    code = ROWS[name].instead.get(read.system, ROWS[name].code)
    assert answer["errors"] == [], name
    assert {each["code"] for each in codes(answer)} == ({code} if read.marks else set()), name
    asked = answer["data"]["asked"]
    for each in asked.get("nodes", [asked]) if read.marks else ():
        assert each["freshness"]["stale"], (name, each)
    assert [each["state"] for each in asked.get("sources", ())] == ["STALE"] * ("sources" in asked), name


def assert_told(found: list[dict[str, Any]], name: str, system: str, now: datetime) -> None:
    """Check that a client is told what is wrong, whether to try again, and when."""
    row = ROWS[name]
    assert {each["code"] for each in found} == {row.instead.get(system, row.code)}, (name, found)
    entries = [each for each in found if "retryable" in each]
    assert entries, (name, found)
    for each in entries:
        assert each["retryable"] is row.retryable, (name, each)
        moment = each.get("retryAfter")
        if row.wait is None:
            assert moment is None, (name, each)
        else:
            seconds = (_moment(moment) - now).total_seconds()
            assert abs(seconds - row.wait) <= 1, (name, seconds)


def _moment(text: Any) -> datetime:
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def assert_besides(answer: dict[str, Any], house: House, read: Read) -> None:
    """Check that the other book is there as a whole."""
    besides = answer["data"]["besides"]
    (source,) = besides["sources"]
    other = source["administration"]["slug"]
    assert other != read.system
    assert {node["id"] for node in besides["nodes"]} == set(house.ids(other, archived=False))
    assert (source["state"], source["problem"]) == ("FRESH", None)


def assert_noted(house: House, read: Read, name: str, note: Told) -> None:
    """Check that every attempt was logged and counted once, as what it was."""
    row, rows = ROWS[name], house.rows(read.system)
    well = sum(each.fault is None for each in rows)
    hit = len(rows) - well
    outcomes = note.outcomes(read.system)
    if row.arrives:
        assert hit in (row.tries, row.tries * (1 + read.in_turn)), (name, rows)
        assert sorted(outcomes) == sorted(["200"] * well + [row.outcome] * hit), name
    else:
        # What the question hangs on is not reached either.
        assert (hit, set(outcomes)) == (0, {row.outcome}), (name, rows)
        assert len(outcomes) in (row.tries, 2 * row.tries), (name, outcomes)
    assert note.count(read.system) == len(outcomes), name
    assert len(note.events("source_failed")) == read.by_book, (name, note.lines)
    assert [each for each in note.lines if each["log_level"] == "error"] == [], name
