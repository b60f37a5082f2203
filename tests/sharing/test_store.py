"""Locks over all workers: one holds, others wait, and whoever stood still holds no longer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.ports import SharedAway
from gateway.sharing.leases import LASTS
from tests.sharing.server import redis_server
from tests.sharing.worker import until, worker
from tests.store.writes import intent

NAME = "contact:shop:17"


async def test_one_worker_holds_at_a_time(server):
    """Of sixty that want a contact's lock in three workers, one at a time has it, and all get it."""
    inside, most, had = 0, 0, []

    async def hold(store, number) -> None:
        nonlocal inside, most
        async with store.lock(NAME):
            inside, most = inside + 1, max(most, inside + 1)
            had.append(number)
            await asyncio.sleep(0.001)
            inside -= 1

    async with worker(server) as one, worker(server) as two, worker(server) as three:
        workers = (one, two, three)
        await asyncio.gather(*(hold(workers[number % 3].store, number) for number in range(60)))
    assert (most, sorted(had)) == (1, list(range(60)))
    for own in range(3):
        mine = [number for number in had if number % 3 == own]
        assert mine == sorted(mine)
    assert server.client.keys("cg1:{shop-1f2e}*") == []


async def test_names_do_not_hold_one_another(server):
    """Another contact, another kind of name and another administration have locks of their own."""
    async with worker(server) as one, worker(server) as two, AsyncExitStack() as held:
        await held.enter_async_context(one.store.lock(NAME))
        for name in ("contact:shop:18", "key:shop:17", "contact:other:17"):
            await held.enter_async_context(two.store.lock(name))
        leases = sorted(key.decode().partition("lock:")[0] for key in server.client.keys("cg1:*lock*"))
    assert leases == ["cg1:{other}:", *["cg1:{shop-1f2e}:"] * 3]


async def test_a_lock_lasts_as_long_as_it_is_held(server):
    """The heart of a worker renews the locks that it holds, and those that it let go no more."""
    async with worker(server) as one:
        async with one.store.lock(NAME):
            (key,) = server.client.keys("cg1:*lock*")
            server.client.persist(key)

            async def renewed() -> bool:
                return 0 < server.client.pttl(key) <= 1000 * LASTS

            await until(renewed)
        assert server.client.keys("cg1:*lock*") == []
        await one.leases.beat()
        assert server.client.keys("cg1:*lock*") == []


async def test_a_dead_worker_holds_nothing(server):
    """A worker whose heart stopped loses its locks by itself, and the next one gets them."""
    async with worker(server, beats=False) as dead, worker(server) as alive, AsyncExitStack() as held:
        await held.enter_async_context(dead.store.lock(NAME))
        async with asyncio.timeout(30), alive.store.lock(NAME):
            assert alive.store._places.held(NAME)


async def test_what_was_lost_is_not_let_go_for_its_new_owner(server):
    """A worker that let a lock go after it lost it leaves the one alone who has it now."""
    async with worker(server, beats=False) as late, worker(server) as now, AsyncExitStack() as held:
        await held.enter_async_context(late.store.lock(NAME))
        server.client.delete(*server.client.keys("cg1:*lock*"))
        async with now.store.lock(NAME):
            before = server.client.keys("cg1:*lock*")
            await held.aclose()
            assert server.client.keys("cg1:*lock*") == before
            assert len(before) == 1


async def test_who_gives_up_waiting_holds_nothing(server):
    """A caller that goes away while it waits leaves neither a lease nor a lock behind."""
    async with worker(server) as one, worker(server) as two:
        async with one.store.lock(NAME):
            tasks = [asyncio.create_task(two.store.lock(NAME).__aenter__()) for _ in range(3)]
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with two.store.lock(NAME):
            pass
        assert two.store.local.locks == {}
    assert server.client.keys("cg1:*lock*") == []


async def test_who_is_stopped_at_any_moment_leaves_nothing(server):
    """Wherever a caller is stopped between asking for a lock and having let it go, it is free at once."""

    async def hold(store) -> None:
        async with store.lock(NAME):
            await asyncio.sleep(0)

    async with worker(server) as one:
        for steps in range(60):
            task = asyncio.create_task(hold(one.store))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.gather(*one.store._dropping)
            assert server.client.keys("cg1:*lock*") == [], steps
            assert one.store.local.locks == {}


@pytest.mark.parametrize("state", ["killed", "hung", "full"])
async def test_without_redis_a_lock_is_refused(state):
    """Where nobody knows who holds a lock nobody gets it, at once; later it is there again."""
    with redis_server() as server:
        async with worker(server) as one:
            async with one.store.lock(NAME):
                pass
            {"killed": server.kill, "hung": server.hang, "full": server.fill}[state]()
            for _ in range(3):
                with pytest.raises(SharedAway):
                    await one.store.lock(NAME).__aenter__()
            assert one.store.local.locks == {}
            {"killed": server.start, "hung": server.go_on, "full": server.empty}[state]()

            async def had() -> bool:
                async with one.store.lock(NAME):
                    return True

            await until(had)


@pytest.mark.parametrize("name", [NAME, "key:shop:digest"], ids=["contact", "key"])
async def test_a_write_under_a_lost_lock_is_refused(server, name):
    """Whoever lost a lock to another worker notes no write under it; the other one does."""
    meant = {"contact": "17", "key": "digest"}
    async with worker(server, beats=False) as late, worker(server) as now, AsyncExitStack() as held:
        for each in (NAME, "key:shop:digest"):
            await held.enter_async_context(late.store.lock(each))
        server.client.delete(late.store._places.lease(name))
        async with now.store.lock(name):
            with pytest.raises(OSError, match="lost"):
                await late.store.journal.intend(intent("w1", **meant))
        assert await now.store.journal.find("shop", "digest") is None
        assert await now.store.journal.unsettled("shop") == ()
        assert await late.store.local.journal.unsettled("shop") == ()


async def test_no_lock_is_given_just_after_redis_came_back():
    """Those who held locks say so again first: until then nobody gets one, and nothing is written."""
    with redis_server() as server:
        async with worker(server) as one:
            async with one.store.lock("contact:shop:1"):
                pass
            server.kill()
            server.start()

            async def is_replaced() -> bool:
                await one.link.do(lambda redis: redis.ping())
                return one.link.is_settling

            await until(is_replaced)
            with pytest.raises(SharedAway):
                async with one.store.lock("contact:shop:1"):
                    pass

            async def is_given() -> bool:
                async with one.store.lock("contact:shop:1"):
                    return True

            await until(is_given)
