"""The journal of all workers: what one notes all know, and what Redis loses the files still have."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from gateway.domain.faults import Outcome
from gateway.domain.secret import Secret
from gateway.ports import SharedAway
from gateway.sharing.coding import Coding
from gateway.sharing.leases import EVERYWHERE
from gateway.store import FileJournal, MemoryJournal
from gateway.store.touching import LANDING
from tests.fakes import Clock
from tests.sharing.server import redis_server
from tests.sharing.worker import NAMES, note, until, worker
from tests.store.writes import NOON, intent, settled


@pytest.fixture
def files(tmp_path):
    """Make the journal of a worker on one machine."""
    return lambda machine="one": FileJournal(tmp_path / machine, NAMES, Clock(NOON))


class BrokenFiles:
    """A journal in memory that can be written to so often, and not once more."""

    def __init__(self, often: int, after=None) -> None:
        self.memory = MemoryJournal(Clock(NOON))
        self.often = often
        self._after = after

    def __getattr__(self, name):
        return getattr(self.memory, name)

    async def intend(self, meant):
        await self._write()
        return await self.memory.intend(meant)

    async def settle(self, administration, how):
        await self._write()
        await self.memory.settle(administration, how)

    async def _write(self) -> None:
        if self._after:
            self._after()
        if self.often == 0:
            raise OSError("disk full")
        self.often -= 1


async def test_of_a_hundred_under_one_key_one_is_noted(server):
    """Of a hundred writes under one key in four workers at once, one is noted, and all learn which."""
    async with AsyncExitStack() as alive:
        workers = [await alive.enter_async_context(worker(server)) for _ in range(4)]
        wanted = [intent(f"w{number}", "k") for number in range(100)]
        answers = await asyncio.gather(*(note(workers[at % 4], each) for at, each in enumerate(wanted)))
        (noted,) = (each for each, answer in zip(wanted, answers, strict=True) if answer is None)
        assert {answer for answer in answers if answer} == {(noted, None)}
        assert {await each.store.journal.find("shop", "k") for each in workers} == {(noted, None)}
        assert len(server.client.keys("*entry:*")) == 1


async def test_two_workers_share_their_keys(server, files):
    """What one notes the other knows: while it is open, when it ended, and when its key was freed."""
    async with worker(server, files()) as one, worker(server, files("two")) as two:
        first, other = intent("w1", "k", contact="17"), two.store.journal
        assert await note(one, first) is None
        assert await note(two, intent("w2", "k")) == (first, None)
        end = settled("w1", told={"url": "https://x.example/\u00e9", "changes": [["a", None, 1]]})
        await one.store.journal.settle("shop", end)
        assert await note(two, intent("w2", "k")) == (first, end)
        assert await other.find("shop", "k") == (first, end)
        await other.settle("shop", settled("w1", Outcome.REFUSED))
        assert await one.store.journal.find("shop", "k") is None
        assert await note(one, intent("w3", "k")) is None
        assert await other.find("shop", "k") == (intent("w3", "k"), None)


async def test_nothing_that_a_client_sent_stands_in_redis_in_the_clear(server):
    """What an answer told is closed, with a key so that nobody can read it."""
    async with worker(server, coding=Coding(Secret("a long word"))) as one:
        await note(one, intent("w1", "k", actor="jansen"))
        await one.store.journal.settle("shop", settled("w1", told={"url": "https://pay.example/x"}))
        assert await one.store.journal.find("shop", "k") is not None
        held = [server.client.hgetall(key) for key in server.client.keys("*entry:*")]
    assert not any(word in str(held) for word in ("jansen", "pay.example", "digest of"))


async def test_what_has_no_form_is_noted_without_it(server):
    """An end whose words cannot be put into bytes is known all the same, without them."""
    async with worker(server) as one, worker(server) as two:
        await note(one, intent("w1", contact="17"))
        await one.store.journal.settle("shop", settled("w1", told={"url": "\ud800"}))
        assert await two.store.journal.touched("shop", NOON) == {"17": NOON}
        with pytest.raises(OSError, match="form"):
            await note(one, intent("w2", "l", actor="\ud800"))


class TestRedisIsReplaced:
    """Redis lost what it knew."""

    async def test_the_file_still_knows_the_key(self, server, files):
        """A write that the file has under a key is found, and no second one is noted."""
        async with worker(server, files()) as one, worker(server, files()) as two:
            await note(one, intent("w1", "k"))
            await one.store.journal.settle("shop", settled("w1"))
            server.client.flushall()
            assert await two.store.journal.find("shop", "k") == (intent("w1", "k"), settled("w1"))
            assert await note(two, intent("w2", "k")) == (intent("w1", "k"), settled("w1"))
            assert await note(two, intent("w3")) is None
            assert await two.store.journal.find("shop", "k") == (intent("w1", "k"), settled("w1"))

    async def test_a_write_under_way_is_known_again_when_it_ends(self, server):
        """Whoever settles a write tells all of it to a Redis that lost it, its key too."""
        async with worker(server) as one, worker(server) as two:
            await note(one, intent("w1", "k", contact="17"))
            server.client.flushall()
            await one.store.journal.settle("shop", settled("w1"))
            assert await two.store.journal.find("shop", "k") == (
                intent("w1", "k", contact="17"),
                settled("w1"),
            )
            assert await two.store.journal.touched("shop", NOON) == {"17": NOON}
            await note(one, intent("w2", "l"))
            server.client.flushall()
            await one.store.journal.settle("shop", settled("w2", Outcome.REFUSED))
            assert await note(two, intent("w3", "l")) is None

    async def test_a_server_that_starts_anew(self, files):
        """After a new server took the old one's place writes are noted again, over old connections too."""
        with redis_server() as server:
            async with worker(server, files()) as one:
                assert await note(one, intent("w1", "k")) is None
                server.kill()
                server.start()

                async def found() -> bool:
                    return await one.store.journal.find("shop", "k") == (intent("w1", "k"), None)

                await until(found)

                async def noted() -> bool:
                    return await note(one, intent("w2", "l")) is None

                await until(noted)


@pytest.mark.parametrize("state", ["killed", "hung", "full"])
async def test_without_redis_nothing_is_noted(state, files):
    """While Redis is away no write is noted anywhere; later it is, and under the same key."""
    with redis_server() as server:
        async with worker(server, files()) as one, AsyncExitStack() as held:
            journal = one.store.journal
            await held.enter_async_context(one.store.lock("key:shop:k"))
            {"killed": server.kill, "hung": server.hang, "full": server.fill}[state]()
            for _ in range(2):
                # Where Redis is full the lock cannot be kept either.
                with pytest.raises(OSError, match=r"shared cache|lock"):
                    await journal.intend(intent("w1", "k"))
            if state != "full":
                with pytest.raises(SharedAway):
                    await journal.find("shop", "k")
            assert await one.store.local.journal.unsettled("shop") == ()
            assert await journal.unsettled("shop") == ()
            assert await journal.touched("shop", NOON) == {}
            {"killed": server.start, "hung": server.go_on, "full": server.empty}[state]()
            await held.aclose()

            async def noted() -> bool:
                return await note(one, intent("w2", "k")) is None

            await until(noted)
            assert await journal.find("shop", "k") == (intent("w2", "k"), None)


@pytest.mark.parametrize("state", ["killed", "hung", "full"])
async def test_an_end_is_told_when_redis_is_back(state, files):
    """A write that ends while Redis is away is settled on disk at once, and for all workers afterwards."""
    with redis_server() as server:
        async with worker(server, files()) as one, worker(server, files("two")) as two:
            await note(one, intent("w1", "k"))
            {"killed": server.kill, "hung": server.hang, "full": server.fill}[state]()
            await one.store.journal.settle("shop", settled("w1", told={"a": 1}))
            assert await one.store.local.journal.find("shop", "k") == (
                intent("w1", "k"),
                settled("w1", told={"a": 1}),
            )
            {"killed": server.start, "hung": server.go_on, "full": server.empty}[state]()

            async def told() -> bool:
                found = await two.store.journal.find("shop", "k")
                return found == (intent("w1", "k"), settled("w1", told={"a": 1}))

            await until(told)


class TestTheFileFails:
    """The durable half cannot be written."""

    async def test_what_is_not_on_disk_is_noted_nowhere(self, server):
        """The entry in Redis is taken back, and its key is free for the next one."""
        async with worker(server, BrokenFiles(0)) as one, worker(server) as two:
            with pytest.raises(OSError, match="disk full"):
                await note(one, intent("w1", "k"))
            assert await two.store.journal.find("shop", "k") is None
            assert await two.store.journal.touched("shop", NOON) == {}
            assert await note(two, intent("w2", "k")) is None

    async def test_an_end_is_told_all_the_same(self, server):
        """An end that could not be written down is known to all workers."""
        async with worker(server, BrokenFiles(1)) as one, worker(server) as two:
            await note(one, intent("w1", "k"))
            with pytest.raises(OSError, match="disk full"):
                await one.store.journal.settle("shop", settled("w1"))
            assert await two.store.journal.find("shop", "k") == (intent("w1", "k"), settled("w1"))

    @pytest.mark.parametrize(
        "often", [pytest.param(2, id="and-is-settled"), pytest.param(1, id="and-is-not")]
    )
    async def test_a_worker_that_stood_still_meanwhile_sends_nothing(self, server, often):
        """Where writing to disk took longer than locks last, a write is refused, and its key is free."""
        files = BrokenFiles(often)
        async with worker(server, files) as one, worker(server) as two:
            files._after = lambda: setattr(one.clock, "ahead", 60.0)
            with pytest.raises(OSError, match=r"lost|disk full"):
                await note(one, intent("w1", "k"))
            files.often = 9
            assert await two.store.journal.find("shop", "k") is None
            assert await one.store.journal.find("shop", "k") is None
            assert await files.memory.find("shop", "k") is None


class TestWorkersDie:
    """Writes without an end."""

    async def test_those_of_the_dead_are_left_and_those_of_the_living_are_not(self, server, files):
        """Only a worker whose heart stopped leaves writes unsettled, on whichever machine it was."""
        async with worker(server, files()) as one, worker(server, files("two")) as two:
            async with worker(server, files("two")) as dead:
                await note(dead, intent("w2", at=NOON + timedelta(seconds=1)))
                await note(dead, intent("w1", "k"))
                await note(one, intent("w3"))
                assert [await each.store.journal.unsettled("shop") for each in (one, two)] == [(), ()]
            expected = (intent("w1", "k"), intent("w2", at=NOON + timedelta(seconds=1)))
            assert [await each.store.journal.unsettled("shop") for each in (one, two)] == [expected] * 2
            await one.store.journal.settle("shop", settled("w2"))
            await one.store.journal.settle("shop", settled("w3"))
            assert [await each.store.journal.unsettled("shop") for each in (one, two)] == [expected[:1]] * 2

    async def test_each_is_told_once(self, server):
        """Of what a dead worker left each write is told to one of the living, and is still unsettled."""
        async with worker(server) as one, worker(server) as two:
            async with worker(server) as dead:
                for number in range(20):
                    await note(dead, intent(f"w{number}"))
                await note(one, intent("mine"))
                assert await two.store.journal.abandoned("shop") == ()
            told = await asyncio.gather(*(each.store.journal.abandoned("shop") for each in (one, two) * 3))
            assert sorted(each.id for some in told for each in some) == sorted(f"w{n}" for n in range(20))
            assert await one.store.journal.abandoned("shop") == ()
            assert len(await two.store.journal.unsettled("shop")) == 20

    async def test_who_is_killed_is_dead_within_seconds(self, server):
        """A worker that ends without a word is taken to be dead when its heart was silent for long enough."""
        async with worker(server) as one, worker(server, beats=False) as silent:
            await silent.leases.beat()
            await note(silent, intent("w1"))
            server.client.persist(f"{EVERYWHERE}{silent.leases.worker}")
            assert await one.store.journal.abandoned("shop") == ()
            server.client.delete(f"{EVERYWHERE}{silent.leases.worker}")
            assert await one.store.journal.abandoned("shop") == (intent("w1"),)
            assert await silent.store.journal.unsettled("shop") == ()
            await note(silent, intent("w2"))
            assert await silent.store.journal.abandoned("shop") == ()
            for name in ("w1", "w2"):
                await silent.store.journal.settle("shop", settled(name))
            assert await one.store.journal.unsettled("shop") == ()

    async def test_without_redis_nobody_is_dead(self):
        """While Redis is away it is not known who lives, so that nobody is told of anything."""
        with redis_server() as server:
            async with worker(server) as one:
                server.kill()
                with pytest.raises(SharedAway):
                    await one.store.journal.abandoned("shop")


async def test_touched_is_of_all_workers(server, files):
    """Contacts that any worker wrote, or may have written, are told, with when a reading shows it."""
    later = NOON + timedelta(minutes=1)
    async with worker(server, files()) as one, worker(server, files("two")) as two:
        for name, contact in (("w1", "1"), ("w2", "2"), ("w3", "3"), ("w4", "4"), ("w5", None), ("w6", "6")):
            await note(one, intent(name, contact=contact))
        await one.store.journal.settle("shop", settled("w1", Outcome.UPDATED, later))
        await one.store.journal.settle("shop", settled("w2", Outcome.UNKNOWN, later))
        await one.store.journal.settle("shop", settled("w3", Outcome.REFUSED, later))
        await one.store.journal.settle("shop", settled("w5", Outcome.CREATED, later, contact="5"))
        await one.store.journal.settle("shop", settled("w6", Outcome.UPDATED, NOON - timedelta(seconds=1)))
        await note(one, intent("w7"))
        expected = {"1": later, "2": later + LANDING, "4": NOON + LANDING, "5": later, None: NOON + LANDING}
        for each in (one, two):
            assert await each.store.journal.touched("shop", NOON) == expected
        assert await two.store.journal.touched("shop", later + LANDING) == {"2": later + LANDING}
        await one.store.journal.settle("shop", settled("w4", Outcome.UPDATED, later))
        assert (await two.store.journal.touched("shop", NOON))["4"] == later


async def test_a_claim_that_cannot_be_read_is_one(server, files):
    """Under a key that another release noted nothing is sent; this machine's file may tell what that was."""
    async with worker(server, files()) as one, worker(server, files("two")) as two:
        await note(one, intent("w1", "k"))
        for key in server.client.keys("*entry:*"):
            server.client.hset(key, "intent", b"what another release wrote")
        with pytest.raises(OSError, match="another release"):
            await note(two, intent("w2", "k"))
        assert await note(one, intent("w3", "k")) == (intent("w1", "k"), None)


async def test_what_can_never_be_told_keeps_nothing_waiting(server):
    """An end that Redis answers with a mistake is given up, and what comes later goes on."""
    async with worker(server) as one:
        server.client.set("cg1:{shop-1f2e}:journal:entry:w1", "no hash")
        await one.store.journal.settle("shop", settled("w1"))
        assert await note(one, intent("w2", "k")) is None
