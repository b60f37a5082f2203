"""What a worker holds while its heart beats, and loses when it stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog

from gateway.ports import SharedAway
from gateway.sharing.leases import EVERYWHERE, LASTS, Leases
from gateway.sharing.link import Link
from tests.sharing.server import redis_server
from tests.sharing.worker import Stopwatch, until

KEY = "cg1:{shop}:leader"


@asynccontextmanager
async def leased(server, clock=None) -> AsyncIterator[Leases]:
    link = Link(server.secret)
    try:
        yield Leases(link, clock or Stopwatch())
    finally:
        await link.close()


async def test_one_has_it(server):
    """Of many that ask at once one gets a lease, asks again and still has it; the next one gets it later."""
    async with leased(server) as one, leased(server) as two:
        values = [f"v{number}" for number in range(50)]
        got = await asyncio.gather(*((one, two)[at % 2].take(KEY, each) for at, each in enumerate(values)))
        assert got.count(True) == 1
        owner, other = (one, two) if got.index(True) % 2 == 0 else (two, one)
        assert await owner.take(KEY, values[got.index(True)])
        assert (owner.holds(KEY), other.holds(KEY)) == (True, False)
        assert 0 < server.client.pttl(KEY) <= LASTS * 1000
        await other.drop(KEY)
        assert not await other.take(KEY, "v")
        await owner.drop(KEY)
        assert await other.take(KEY, "v")
        assert (owner.holds(KEY), other.holds(KEY)) == (False, True)


async def test_a_beat_renews_what_is_held(server):
    """Leases and the sign of life last from each beat on; what was taken otherwise is renewed likewise."""
    async with leased(server) as one:
        await one.take(KEY, "v")
        server.client.set("cg1:{shop}:turn", "7:token")
        one.keep("cg1:{shop}:turn", "7:token")
        names = [KEY, "cg1:{shop}:turn", f"{EVERYWHERE}{one.worker}"]
        for _ in range(3):
            await one.beat()
            assert all(0 < server.client.pttl(each) <= LASTS * 1000 for each in names)
            for each in names:
                server.client.pexpire(each, 60_000)
        assert await one.living([one.worker, "nobody"]) == {one.worker}
        assert await one.living([]) == set()


async def test_who_stood_still_holds_nothing(server):
    """A worker that stood still holds nothing by its own clock, and what another took meanwhile is lost."""
    clock = Stopwatch()
    async with leased(server, clock) as late, leased(server) as now:
        await late.take(KEY, "v")
        await late.take("cg1:{shop}:other", "w")
        clock.ahead += LASTS
        assert not late.holds(KEY)
        server.client.delete(KEY)
        assert await now.take(KEY, "theirs")
        await late.beat()
        assert (late.holds(KEY), late.holds("cg1:{shop}:other"), now.holds(KEY)) == (False, True, True)
        await late.drop(KEY)
        assert server.client.get(KEY) == b"theirs"


async def test_what_is_let_go_during_a_beat_stays_so(server):
    """A lease that is let go, or taken anew, while a beat is under way is not brought back by it."""
    async with leased(server) as one:
        for _ in range(50):
            await one.take(KEY, "old")
            await asyncio.gather(one.beat(), one.drop(KEY))
            assert not one.holds(KEY)
            assert server.client.get(KEY) is None


async def test_the_heart_beats_as_long_as_the_block_lasts(server):
    """Within the block all is renewed by itself; after it the worker is gone and holds nothing."""
    async with leased(server) as one, leased(server) as two:
        async with one.beating():
            assert await two.living([one.worker]) == {one.worker}
            await one.take(KEY, "v")
            server.client.persist(KEY)

            async def renewed() -> bool:
                return server.client.pttl(KEY) > 0

            await until(renewed)
        assert await two.living([one.worker]) == set()
        assert await two.take(KEY, "w")


async def test_a_mistake_does_not_stop_the_heart(server):
    """A key that is no lease any more costs no other one its renewal for good."""
    async with leased(server) as one, one.beating():
        server.client.lpush("cg1:{shop}:list", "x")
        one.keep("cg1:{shop}:list", "x")
        await one.take(KEY, "v")
        with pytest.raises(Exception, match="WRONGTYPE"):
            await one.beat()
        with structlog.testing.capture_logs() as logged:

            async def skipped() -> bool:
                return [each["event"] for each in logged] == ["heart_skipped"]

            await until(skipped)
        server.client.delete("cg1:{shop}:list")
        server.client.persist(KEY)

        async def renewed() -> bool:
            return server.client.pttl(KEY) > 0

        await until(renewed)


@pytest.mark.parametrize("state", ["killed", "hung", "full"])
async def test_without_redis(state):
    """While Redis is away nothing new is held, and what was ends by this worker's clock; later it goes on."""
    clock = Stopwatch()
    with redis_server() as server:
        async with leased(server, clock) as one:
            await one.take(KEY, "v")
            {"killed": server.kill, "hung": server.hang, "full": server.fill}[state]()
            with pytest.raises(SharedAway):
                await one.take("cg1:{shop}:other", "v")
            with pytest.raises(SharedAway):
                await one.beat()
            assert one.holds(KEY)
            clock.ahead += LASTS
            assert not one.holds(KEY)
            await one.drop(KEY)
            {"killed": server.start, "hung": server.go_on, "full": server.empty}[state]()
            await until(lambda: one.take(KEY, "w"))
            assert one.holds(KEY)


async def test_a_lease_that_a_lost_server_had_is_held_again(server):
    """A server that knows nothing of a lease is told of it by the next beat, unless another has it there."""
    async with leased(server) as one, leased(server) as two:
        await one.take(KEY, "v")
        await one.take("cg1:{shop}:other", "w")
        server.client.flushall()
        assert await two.take("cg1:{shop}:other", "theirs")
        await one.beat()
        assert (one.holds(KEY), one.holds("cg1:{shop}:other")) == (True, False)
        assert not await two.take(KEY, "theirs")
        assert 0 < server.client.pttl(KEY) <= LASTS * 1000


async def test_a_lease_that_ended_is_not_held_again(server):
    """Where a lease ended by its worker's own clock, somebody may have held it since: it stays lost."""
    clock = Stopwatch()
    async with leased(server, clock) as one:
        await one.take(KEY, "v")
        server.client.flushall()
        clock.ahead += LASTS
        await one.beat()
        assert not one.holds(KEY)
        assert server.client.get(KEY) is None
