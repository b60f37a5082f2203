"""Which contacts a restart must not show as they were read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.faults import Outcome
from gateway.store import MemoryJournal
from gateway.store.touching import LANDING
from tests.store.writes import NOON, intent, settled

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[pytest.param("file", id="file"), pytest.param("memory", id="memory")])
def journal(request, process, clock):
    """Either kind."""
    return process() if request.param == "file" else MemoryJournal(clock)


async def note(journal, name: str, outcome: Outcome | None, **facts) -> None:
    """Note a write of noon, and how it ended a minute later."""
    await journal.intend(intent(name, at=NOON, contact=facts.get("contact")))
    if outcome:
        contact = facts.get("made", facts.get("contact"))
        await journal.settle("shop", settled(name, outcome, NOON + MINUTE, contact=contact))


async def test_a_write_touches_what_was_read_before_its_end(journal):
    """Read before the write's end, a contact is touched; read after it, it is not."""
    await note(journal, "w", Outcome.UPDATED, contact="7")
    assert await journal.touched("shop", NOON - MINUTE) == {"7": NOON + MINUTE}
    assert await journal.touched("shop", NOON + MINUTE) == {"7": NOON + MINUTE}
    assert await journal.touched("shop", NOON + 2 * MINUTE) == {}
    assert await journal.touched("other", NOON - MINUTE) == {}


@pytest.mark.parametrize(
    ("outcome", "facts", "expected"),
    [
        pytest.param(Outcome.REFUSED, {"contact": "7"}, {}, id="refused"),
        pytest.param(Outcome.CREATED, {"made": "8"}, {"8": NOON + MINUTE}, id="created"),
        pytest.param(Outcome.DELETED, {"contact": "7"}, {"7": NOON + MINUTE}, id="deleted"),
        pytest.param(Outcome.UNKNOWN, {"contact": "7"}, {"7": NOON + MINUTE + LANDING}, id="unknown"),
        pytest.param(Outcome.UNKNOWN, {}, {None: NOON + MINUTE + LANDING}, id="unknown-create"),
        pytest.param(None, {"contact": "7"}, {"7": NOON + LANDING}, id="no-end"),
        pytest.param(None, {}, {None: NOON + LANDING}, id="create-without-an-end"),
    ],
)
async def test_how_a_write_ended_says_what_it_touched(journal, outcome, facts, expected):
    """What was refused touched nothing; what may still land is in doubt for some minutes more."""
    await note(journal, "w", outcome, **facts)
    assert await journal.touched("shop", NOON) == expected


async def test_the_latest_write_counts(journal):
    """Of several writes of a contact the latest end is told."""
    await note(journal, "v", None, contact="7")
    await note(journal, "w", Outcome.UNKNOWN, contact="7")
    await note(journal, "x", Outcome.UPDATED, contact="7")
    assert await journal.touched("shop", NOON) == {"7": NOON + MINUTE + LANDING}


async def test_another_process_is_heard(process):
    """What one process wrote, the next one knows, however many days and months later."""
    before, after = process(), process()
    await note(before, "w", Outcome.UPDATED, contact="7")
    assert await after.touched("shop", NOON) == {"7": NOON + MINUTE}


async def test_a_journal_remembers_longer_than_a_day(process, clock):
    """An old reading is told of old writes, also of those in files of months ago."""
    await note(process(), "w", Outcome.UPDATED, contact="7")
    clock.move(70 * 24 * 3600)
    late = process()
    await late.intend(intent("x", at=clock(), contact="8"))
    assert await late.touched("shop", NOON) == {"7": NOON + MINUTE, "8": clock() + LANDING}
    assert await late.touched("shop", clock()) == {"8": clock() + LANDING}
