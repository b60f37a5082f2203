"""Locks within a process, and which journal a store has."""

import asyncio
from contextlib import suppress

import pytest

from gateway.store import LocalStore, MemoryJournal, local_store
from tests.store.writes import intent


@pytest.fixture
def store(clock) -> LocalStore:
    return local_store(None, {}, clock)


async def until_they_wait() -> None:
    """Let every task run until it waits for something."""
    for _ in range(5):
        await asyncio.sleep(0)


class Passage:
    """Tasks that go through one lock, and how they fared."""

    def __init__(self, store: LocalStore) -> None:
        self.store = store
        self.seen: list[str] = []
        self.gate = asyncio.Event()

    async def go(self, who: str, name: str = "contact:shop:7") -> None:
        async with self.store.lock(name):
            self.seen.append(f"{who} in")
            await self.gate.wait()
            self.seen.append(f"{who} out")

    def start(self, *people: str, name: str = "contact:shop:7") -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.go(who, name)) for who in people]


async def test_one_after_the_other_in_the_order_of_asking(store):
    """Whoever holds a name leaves before the next one enters, and nobody overtakes."""
    passage = Passage(store)
    tasks = passage.start("a", "b", "c")
    await until_they_wait()
    assert passage.seen == ["a in"]
    passage.gate.set()
    tasks += passage.start("d")
    await asyncio.gather(*tasks)
    assert passage.seen == [f"{who} {way}" for who in "abcd" for way in ("in", "out")]


async def test_names_do_not_wait_for_each_other(store):
    """Two names are held at the same time."""
    passage = Passage(store)
    tasks = [*passage.start("a", name="contact:shop:7"), *passage.start("b", name="contact:shop:8")]
    await until_they_wait()
    assert passage.seen == ["a in", "b in"]
    passage.gate.set()
    await asyncio.gather(*tasks)


async def test_a_failure_lets_go(store):
    """What fails while it holds a name passes it on."""
    with pytest.raises(ValueError, match="broken"):
        async with store.lock("x"):
            raise ValueError("broken")
    async with asyncio.timeout(5), store.lock("x"):
        pass


@pytest.mark.parametrize("place", [pytest.param(0, id="the-holder"), pytest.param(1, id="who-waits")])
async def test_who_gives_up_lets_go(store, place):
    """A task that is cancelled, inside or still waiting, keeps nobody out, and lets nobody in too early."""
    passage = Passage(store)
    tasks = passage.start("a", "b", "c")
    await until_they_wait()
    tasks[place].cancel()
    await until_they_wait()
    assert passage.seen == (["a in", "b in"] if place == 0 else ["a in"])
    passage.gate.set()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    assert passage.seen[-2:] == ["c in", "c out"]
    assert ("b in" in passage.seen) is (place == 0)


async def test_no_name_stays_behind(store):
    """Once everybody is through, held in turn, given up or failed, no name takes room."""
    passage = Passage(store)
    tasks = [*passage.start("a", "b", "c"), *passage.start("d", name="other")]
    await until_they_wait()
    assert set(store.locks) == {"contact:shop:7", "other"}
    tasks[1].cancel()
    passage.gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert store.locks == {}


async def test_a_store_without_a_directory_notes_in_memory(store, clock):
    """None keeps the journal until the process ends."""
    assert isinstance(store.journal, MemoryJournal)
    assert await store.journal.intend(intent("w1", "k")) is None
    assert await local_store(None, {}, clock).journal.find("shop", "k") is None


async def test_a_store_with_a_directory_notes_there(directory, clock):
    """What one store notes, another one on the directory knows."""
    await local_store(directory, {"shop": "s"}, clock).journal.intend(intent("w1", "k"))
    found = await local_store(directory, {"shop": "s"}, clock).journal.find("shop", "k")
    assert found == (intent("w1", "k"), None)
    assert (directory / "s-2026-11.jsonl").exists()
