"""A book comes to be at rest, not too often, and not too late."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.directory.refresh import Book
from gateway.directory.saving import IDLE, PATIENCE, SETTLED, Kept, Saver, restore, saving
from gateway.ports import Confirmed
from gateway.store import MemoryJournal
from tests.directory.resting import AWAY, REJECTED, FakeSnapshots, kept, scans
from tests.fakes import NOW, Clock, FakeContacts, backend, book_of, contact, turns


@pytest.fixture
def snapshots() -> FakeSnapshots:
    return FakeSnapshots()


@pytest.fixture
def journal(clock: Clock) -> MemoryJournal:
    return MemoryJournal(clock)


@pytest.fixture
def saver(book: Book, snapshots: FakeSnapshots) -> Saver:
    return Saver(book, snapshots)


async def test_a_book_is_saved_when_it_changed(book, contacts, snapshots, saver, clock):
    """The first list, a change and a write are saved; a confirmation writes its moment alone."""
    assert await saver.step() == IDLE
    assert snapshots.calls == []
    await book.renew()
    assert await saver.step() >= SETTLED
    assert [each.display_name for each, _ in snapshots.saved.contacts] == ["Ann", "Bo"]
    assert await saver.step() == IDLE
    clock.move(40)
    await book.renew()
    assert await saver.step() == IDLE
    assert snapshots.saved.confirmed == Confirmed(clock(), read_since=book.read_since)
    await book.put("1", contact("1", "Ann the Second"))
    await saver.step()
    assert {each.display_name for each, _ in snapshots.saved.contacts} == {"Ann the Second", "Bo"}
    contacts.book["2"] = contact("2", "Bo the Second", version="2")
    await book.renew()
    await saver.step()
    assert snapshots.calls == ["save", "confirm", "save", "save"]


async def test_what_is_restored_is_not_saved_again(book, snapshots, journal, clock):
    """After a restart one confirmation leaves the book at rest as it is."""
    snapshots.saved = kept()
    saver = Saver(book, snapshots, await restore(book, snapshots, journal, clock()))
    await saver.step()
    assert snapshots.calls == []
    await book.renew()
    await saver.step()
    assert snapshots.calls == ["confirm"]
    assert snapshots.saved.confirmed == Confirmed(clock(), read_since=book.read_since)


async def test_saving_costs_a_tenth_of_the_time_at_most(book, snapshots):
    """After a saving that took long the next one waits ten times as long."""
    moments = iter([100.0, 103.0])
    await book.renew()
    assert await Saver(book, snapshots, timer=lambda: next(moments)).step() == 30


async def test_the_round_waits_as_it_was_told(book, snapshots):
    """It waits before it looks first, so that what comes together is saved together."""
    waits: list[float] = []
    enough = asyncio.Event()

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            enough.set()
            await asyncio.Event().wait()

    await book.renew()
    async with saving([Saver(book, snapshots, pause=pause, timer=lambda: 0.0)]):
        await asyncio.wait_for(enough.wait(), 20)
    assert waits == [SETTLED, SETTLED, IDLE]


async def test_the_end_saves_what_is_left(book, snapshots):
    """What changed since the last look is saved when the gateway ends."""
    async with saving([Saver(book, snapshots)]):
        await book.renew()
    assert snapshots.calls == ["save"]


async def test_the_end_waits_for_what_is_being_written(book, snapshots):
    """A saving under way is neither broken off nor begun twice."""
    snapshots.gate = asyncio.Event()
    await book.renew()
    saver = Saver(book, snapshots)
    step = asyncio.create_task(saver.step())
    await turns()
    step.cancel()
    ending = asyncio.create_task(saver.close())
    await asyncio.sleep(0)
    assert not ending.done()
    snapshots.gate.set()
    await ending
    assert snapshots.calls == ["save"]


async def test_a_rejection_is_at_rest_before_anybody_is_answered(book, contacts, snapshots, saver, clock):
    """Once the renewal ends that was turned away, a restart would know; letting us in again is noted too."""
    await book.renew()
    await saver.step()
    clock.move(40)
    contacts.switch.failing["scan"] = REJECTED
    await book.renew()
    assert snapshots.saved.confirmed == Confirmed(NOW, is_rejected=True, read_since=NOW)
    contacts.switch.failing["scan"] = AWAY
    await book.renew()
    await saver.step()
    assert snapshots.saved.confirmed.is_rejected
    contacts.switch.failing.clear()
    await book.renew()
    await saver.step()
    assert snapshots.saved.confirmed == Confirmed(clock(), read_since=book.read_since)


async def test_a_rejection_while_saving_is_noted_on_what_was_saved(book, contacts, snapshots, saver):
    """A book that is being written down when its system turns us away is marked once it is written."""
    await book.renew()
    snapshots.gate = asyncio.Event()
    step = asyncio.create_task(saver.step())
    await turns()
    contacts.switch.failing["scan"] = REJECTED
    renewal = asyncio.create_task(book.renew())
    await turns(50)
    assert book.is_turned_away
    snapshots.gate.set()
    await asyncio.gather(step, renewal)
    assert snapshots.saved.confirmed.is_rejected


async def test_a_place_that_cannot_be_written_to_is_told_once(book, snapshots, saver):
    """One warning, until it works again; the book is served all the same."""
    snapshots.failing = OSError(28, "No space left on device")
    await book.renew()
    with capture_logs() as logged:
        assert [await saver.step() for _ in range(3)] == [PATIENCE] * 3
    assert [(each["event"], each["reason"]) for each in logged] == [
        ("snapshot_not_saved", "No space left on device")
    ]
    snapshots.failing = None
    await saver.step()
    assert snapshots.saved is not None


async def test_who_comes_while_another_process_saves_tries_again(book, snapshots, saver):
    """That is no failure, and nobody is told."""
    snapshots.failing = BlockingIOError(11, "busy")
    await book.renew()
    with capture_logs() as logged:
        assert await saver.step() == SETTLED
    assert logged == []


async def test_what_was_cleared_is_saved_again(book, snapshots, saver, clock):
    """Where the file is gone when it is to be confirmed, the book is saved anew."""
    await book.renew()
    await saver.step()
    snapshots.saved = None
    clock.move(40)
    await book.renew()
    await saver.step()
    await saver.step()
    assert snapshots.calls == ["save", "confirm", "save"]


async def test_the_part_of_a_first_list_that_came_is_saved(clock, snapshots, journal):
    """A list that broke off is gone on with after a restart: what came is not asked for again."""
    contacts = FakeContacts([contact(str(at)) for at in range(6)])
    contacts.parts = 2
    contacts.switch.failing["part 4"] = AWAY
    book = book_of(backend(contacts), clock)
    await book.renew()
    await Saver(book, snapshots).step()
    assert snapshots.saved.expected == 6
    contacts.switch.failing.clear()
    again = book_of(backend(contacts), clock)
    assert isinstance(await restore(again, snapshots, journal, clock()), Kept)
    assert len(again.usable()) == 4
    assert not again.young(None)
    await again.renew()
    assert set(scans(contacts)[-1]) == {"0", "1", "2", "3"}
    assert again.snapshot.is_whole
    assert len(again.snapshot) == 6
