"""What Redis does for the journal: as often as it is asked, late, and for no longer than is needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.faults import Outcome
from gateway.ports import SharedAway
from tests.sharing.worker import note, until, worker
from tests.store.writes import NOON, intent, settled

HOUR = 3_600_000
"""Milliseconds."""


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        pytest.param((Outcome.CREATED, 9), (Outcome.REFUSED, 1), 0, id="older"),
        pytest.param((Outcome.CREATED, 1), (Outcome.UPDATED, 9), 1, id="newer"),
        pytest.param((Outcome.UNKNOWN, 9), (Outcome.CREATED, 1), 1, id="sure-by-another-clock"),
        pytest.param((Outcome.CREATED, 1), (Outcome.UNKNOWN, 9), 0, id="not-sure-any-more"),
        pytest.param((Outcome.UNKNOWN, 1), (Outcome.UNKNOWN, 9), 1, id="still-not-sure"),
    ],
)
async def test_the_end_that_tells_most_is_kept(server, first, then, kept):
    """An end that is told late changes nothing where another worker learnt more, whatever its clock says."""
    ends = [settled("w1", each, NOON + timedelta(seconds=moment)) for each, moment in (first, then)]
    async with worker(server) as one, worker(server) as two, worker(server) as three:
        await note(one, intent("w1", "k"))
        await two.store.journal.settle("shop", ends[0])
        await three.store.journal.settle("shop", ends[1])
        assert await two.store.journal.find("shop", "k") == (intent("w1", "k"), ends[kept])
        await one.store.local.journal.settle("shop", ends[1 - kept])
        if ends[1 - kept].outcome != Outcome.REFUSED:
            assert await one.store.journal.find("shop", "k") == (intent("w1", "k"), ends[kept])


async def test_everything_in_redis_ends_by_itself(server):
    """A key lasts a day, an entry an hour more, and nothing stays for ever."""
    async with worker(server) as one, worker(server, beats=False) as dead:
        await note(one, intent("w1", "k"))
        await one.store.journal.settle("shop", settled("w1", contact="17"))
        await note(dead, intent("w2", "l"))
        await note(dead, intent("w3", "l"))
        with pytest.raises(OSError, match="lost"):
            await dead.store.journal.intend(intent("w4", contact="17"))
        await one.store.journal.settle("shop", settled("w5", contact="18"))
        found = [key.decode() for key in server.client.scan_iter("*journal:*")]
        left = {key.rpartition("journal:")[2]: round(server.client.pttl(key) / HOUR) for key in found}
    entries = {f"entry:{name}": 25 for name in ("w1", "w2", "w4", "w5")}
    assert left == {**entries, "key:k": 24, "key:l": 24, "open": 25, "touched": 768}


async def test_a_question_that_is_carried_out_late_notes_nothing(server):
    """A write that was refused because Redis stood still is not there when Redis goes on."""
    async with worker(server) as one, worker(server) as two:
        async with one.store.lock("key:shop:k"):
            server.hang()
            try:
                with pytest.raises(SharedAway):
                    await one.store.journal.intend(intent("w1", "k"))
            finally:
                server.go_on()

            async def taken_back() -> bool:
                return not one.store.journal._owed

            await until(taken_back)
        assert await two.store.journal.find("shop", "k") is None
        await two.store.journal.settle("shop", settled("w1", Outcome.UPDATED, contact="17"))
        assert await two.store.journal.touched("shop", NOON - timedelta(days=1)) == {}

        # Locks are given again once all workers had the time to say what they hold.
        async def is_settled() -> bool:
            return not one.link.is_settling and not two.link.is_settling

        await until(is_settled)
        # As the kernel may give it to Redis after all that was asked later.
        async with one.store.lock("key:shop:k"):
            with pytest.raises(OSError, match="lost"):
                await one.store.journal.intend(intent("w1", "k"))
        assert await note(two, intent("w2", "k")) is None


async def test_noting_twice_is_noting_once(server):
    """A write whose noting is carried out twice is one entry, and is not taken for another's."""
    async with worker(server) as one, one.store.lock("key:shop:k"):
        journal = one.store.journal
        assert [await journal._is_claimed(intent("w1", "k")) for _ in range(3)] == [False] * 3
        assert len(server.client.keys("*entry:*")) == 1
        await journal.settle("shop", settled("w1"))
        debt = journal._debt("shop", settled("w1"), None)
        assert [await one.link.do(debt) for _ in range(3)] == [0] * 3
        assert await journal.find("shop", "k") == (intent("w1", "k"), settled("w1"))
