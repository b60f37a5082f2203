"""What a journal answers, the same in memory and in files."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.faults import Outcome
from gateway.ports import Intent, Settled
from gateway.store import MemoryJournal
from gateway.store.entries import Entries
from tests.store.writes import DAY, NOON, intent, settled


@pytest.fixture(params=[pytest.param("memory", id="memory"), pytest.param("files", id="files")])
def journal(request, clock, process):
    return MemoryJournal(clock) if request.param == "memory" else process()


FULL = Intent(
    id="w1",
    at=NOON + timedelta(microseconds=1),
    administration="shop",
    mutation="contactUpdate",
    contact="7",
    fields=("address.city", "customFields.3"),
    actor="Desk",
    request_id="r-1",
    key="k",
    input="digest",
    known=("1", "Ærø\n\u2028\x85"),
)
ENDED = Settled(
    id="w1",
    at=NOON + timedelta(seconds=1),
    outcome="UPDATED",
    contact="7",
    part="p1",
    told={"changes": [["city", None, "Ærø\r\n\u2028"]], "charge": {"price": "1.50"}},
)


async def test_entries_come_back_as_they_were(journal):
    """Every fact of a write and of its end is returned, whatever letters it has."""
    assert await journal.intend(FULL) is None
    assert await journal.find("shop", "k") == (FULL, None)
    await journal.settle("shop", ENDED)
    assert await journal.find("shop", "k") == (FULL, ENDED)


async def test_a_journal_that_is_empty_knows_nothing(journal):
    """Of an administration without writes there is nothing to find, and nothing left open."""
    assert await journal.find("shop", "k") is None
    assert await journal.unsettled("shop") == ()


async def test_one_key_is_one_write(journal):
    """Whoever comes second gets the first write, and its own is not noted."""
    first = intent("w1", "k")
    assert await journal.intend(first) is None
    assert await journal.intend(intent("w2", "k", input="another")) == (first, None)
    await journal.settle("shop", settled("w1"))
    assert await journal.intend(intent("w3", "k")) == (first, settled("w1"))
    assert await journal.unsettled("shop") == ()


async def test_writes_without_a_key_do_not_know_each_other(journal):
    """No key is no key of its own: each such write is noted."""
    assert [await journal.intend(intent(name)) for name in ("w1", "w2")] == [None, None]
    assert await journal.unsettled("shop") == (intent("w1"), intent("w2"))
    assert await journal.find("shop", "") is None


async def test_administrations_do_not_know_each_other(journal):
    """The same key, and the same ids, in two administrations are two writes."""
    other = intent("w1", "k", administration="wholesale")
    assert [await journal.intend(each) for each in (intent("w1", "k"), other)] == [None, None]
    await journal.settle("wholesale", settled("w1", Outcome.REFUSED))
    assert await journal.find("shop", "k") == (intent("w1", "k"), None)
    assert await journal.find("wholesale", "k") is None
    assert await journal.unsettled("wholesale") == ()


async def test_a_refusal_frees_its_key(journal):
    """Nothing was written, so the key may be used again; the refusal is settled all the same."""
    await journal.intend(intent("w1", "k"))
    await journal.settle("shop", settled("w1", Outcome.REFUSED))
    assert await journal.find("shop", "k") is None
    assert await journal.unsettled("shop") == ()
    assert await journal.intend(intent("w2", "k")) is None
    assert await journal.find("shop", "k") == (intent("w2", "k"), None)


async def test_a_late_refusal_frees_no_other_writes_key(journal):
    """A first write that turns out refused once more leaves the key to the second."""
    await journal.intend(intent("w1", "k"))
    await journal.settle("shop", settled("w1", Outcome.REFUSED))
    await journal.intend(intent("w2", "k"))
    await journal.settle("shop", settled("w1", Outcome.REFUSED))
    assert await journal.find("shop", "k") == (intent("w2", "k"), None)


@pytest.mark.parametrize(
    "outcome",
    [pytest.param(each, id=str(each)) for each in Outcome if each is not Outcome.REFUSED],
)
async def test_every_other_end_keeps_the_key(journal, outcome):
    """What was written, and what may have been, is not written again; nor is it left open."""
    await journal.intend(intent("w1", "k"))
    await journal.settle("shop", settled("w1", outcome))
    assert await journal.find("shop", "k") == (intent("w1", "k"), settled("w1", outcome))
    assert await journal.unsettled("shop") == ()


async def test_more_may_become_known_of_an_end(journal):
    """An entry that is settled again has its last end."""
    await journal.intend(intent("w1", "k"))
    await journal.settle("shop", settled("w1", Outcome.UNKNOWN))
    await journal.settle("shop", settled("w1", Outcome.CREATED, contact="9"))
    assert await journal.find("shop", "k") == (intent("w1", "k"), settled("w1", contact="9"))


async def test_an_end_without_a_beginning_is_nothing(journal):
    """What ends a write that nobody noted is not found, and frees nothing."""
    await journal.intend(intent("w1", "k"))
    await journal.settle("shop", settled("w2", Outcome.REFUSED))
    assert await journal.find("shop", "k") == (intent("w1", "k"), None)


@pytest.mark.parametrize("outcome", [pytest.param(None, id="open"), pytest.param(Outcome.CREATED, id="made")])
async def test_a_key_is_good_for_a_day(journal, clock, outcome):
    """24 hours after its write a key is known, a moment later it is free; the newest write counts."""
    await journal.intend(intent("w1", "k"))
    end = settled("w1", outcome) if outcome else None
    if end:
        await journal.settle("shop", end)
    clock.move(DAY)
    assert await journal.find("shop", "k") == (intent("w1", "k"), end)
    clock.move(0.000001)
    assert await journal.find("shop", "k") is None
    later = intent("w2", "k", clock.now)
    assert await journal.intend(later) is None
    assert await journal.intend(intent("w3", "k", clock.now)) == (later, None)


async def test_what_has_no_end_is_told_from_the_oldest(journal, clock):
    """Open writes stay, in their order, however long ago they were; the others do not."""
    for name in ("w1", "w2", "w3"):
        await journal.intend(intent(name, at=clock.now))
        clock.move(2 * DAY)
    await journal.settle("shop", settled("w2"))
    assert [each.id for each in await journal.unsettled("shop")] == ["w1", "w3"]


async def test_of_fifty_at_once_one_is_noted(journal):
    """Under one key at the same time one write is noted, and all others get that one."""
    wanted = [intent(f"w{number}", "k") for number in range(50)]
    answers = await asyncio.gather(*(journal.intend(each) for each in wanted))
    (noted,) = (each for each, answer in zip(wanted, answers, strict=True) if answer is None)
    assert [answer for answer in answers if answer] == [(noted, None)] * 49
    assert await journal.unsettled("shop") == (noted,)


def test_what_is_forgotten_leaves_its_key_to_a_later_write():
    """A day after a refusal its entry goes, and the write that took up its key stays known."""
    entries = Entries()
    entries.add(intent("w1", "k"))
    entries.settle(settled("w1", Outcome.REFUSED))
    second = intent("w2", "k", NOON + timedelta(hours=12))
    entries.add(second)
    entries.settle(settled("w2"))
    later = NOON + timedelta(hours=25)
    entries.add(intent("w3", "other", later))
    assert set(entries._intents) == {"w2", "w3"}
    assert entries.find("k", later) == (second, settled("w2"))


def test_what_is_over_is_not_kept():
    """A day after they ended, entries take no room; those without an end do, and hold back no other."""
    entries = Entries()
    entries.add(intent("open", "a"))
    for number in range(5):
        entries.add(intent(f"w{number}", f"k{number}"))
        entries.settle(settled(f"w{number}"))
    later = NOON + timedelta(days=1, seconds=1)
    entries.add(intent("late", "k0", later))
    assert set(entries._intents) == {"open", "late"}
    assert set(entries._settled) == set()
    assert set(entries._told) == set()
    assert entries._by_key == {"a": "open", "k0": "late"}
    assert entries.find("k0", later) == (intent("late", "k0", later), None)


def test_what_nobody_can_ask_for_is_not_kept():
    """What the first answer told is remembered for a key, and else for nobody."""
    entries = Entries()
    told = {"changes": [{"field": "attention", "after": "Anna"}]}
    for identifier, key in (("keyed", "k"), ("keyless", None)):
        entries.add(intent(identifier, key))
        entries.settle(replace(settled(identifier), told=told))
    assert entries.find("k", NOON) == (intent("keyed", "k"), replace(settled("keyed"), told=told))
    assert set(entries._told) == {"keyed"}
