"""One ration for all workers: nobody asks for more than there is."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from tests.scripts import Clock
from tests.sharing.company import LIMIT, WINDOW, WORKERS, company
from tests.sharing.server import redis_server

WRITE, WAITED, BACKGROUND = Urgency.WRITE, Urgency.WAITED, Urgency.BACKGROUND


@pytest.fixture(scope="module")
def one_server():
    with redis_server() as server:
        yield server


@pytest.fixture
def server(one_server):
    one_server.client.flushall()
    return one_server


@pytest.mark.parametrize("tells", [True, False], ids=["told", "own-count"])
async def test_a_thousand_tries_are_one_ration(server, tells):
    """Four workers that try a thousand times send what there is, and nothing that is refused."""
    async with company(server, tells=tells) as four:
        made = await four.rush()
        assert (made, four.counted, four.refused) == (LIMIT, LIMIT, 0)
        assert await four.left() == [0] * WORKERS
        until = [await each.closed_until(four.clock(), WRITE) for each in four.workers]
        assert until == [four.clock() + timedelta(seconds=WINDOW)] * WORKERS


async def test_what_is_less_urgent_leaves_its_part_to_all(server):
    """Calls in the background stop at half of what all workers have, not of what each of them sent."""
    async with company(server) as four:
        made = [await four.ask(turn % WORKERS, BACKGROUND) for turn in range(200)]
        assert sum(made) == LIMIT // 2
        assert await four.ask(0, WAITED)


async def test_a_worker_that_dies_holds_nothing_for_good(server):
    """Its calls on their way are taken off for two minutes, and until a later answer tells the truth."""
    clock = Clock()
    async with company(server, clock) as four:
        assert await four.ask(0)
        dead = [await four.workers[3].spend(clock(), WRITE) for _ in range(20)]
        assert len(set(dead)) == 20
        assert await four.ask(0)
        assert await four.left() == [LIMIT - 22] * WORKERS
        clock.move(119)
        assert await four.ask(0)
        assert await four.left() == [LIMIT - 23] * WORKERS
        clock.move(2)
        await four.left()
        assert await four.ask(0)
        assert await four.left() == [LIMIT - 4] * WORKERS


async def test_a_worker_that_dies_before_the_window_ends(server):
    """Its calls may be counted in the next window, until they are lost; in the one after they are not."""
    clock = Clock()
    async with company(server, clock) as four:
        clock.move(WINDOW - 30)
        assert await four.ask(0)
        for _ in range(20):
            await four.workers[3].spend(clock(), WRITE)
        clock.move(31)
        assert await four.rush() == LIMIT - 20
        clock.move(WINDOW)
        assert await four.rush() == LIMIT
        assert four.refused == 0


async def test_a_worker_that_sends_nothing_knows_what_is_left(server):
    """Having looked, it says what the others used."""
    async with company(server) as four:
        assert await four.ask(0)
        assert four.workers[1].quota(four.clock()) == Quota(LIMIT, LIMIT)
        await four.workers[1].look()
        assert four.workers[1].quota(four.clock()) == Quota(LIMIT, LIMIT - 1, four.reset)


async def test_a_refusal_closes_all(server):
    """What one worker was told, no other has to hear itself."""
    async with company(server) as four:
        clock, until = four.clock, four.clock() + timedelta(seconds=40)
        call = await four.workers[0].spend(clock(), WRITE)
        await four.workers[0].learn(Ration(retry_after=until), call, clock())
        await four.settled()
        assert [await each.closed_until(clock(), WRITE) for each in four.workers] == [until] * WORKERS
        assert await four.workers[2].spend(clock(), WRITE) == until


async def test_a_call_that_was_not_sent_is_there_for_all(server):
    """What one worker gives back another may use."""
    async with company(server, allowance=Allowance(1, 60), tells=False) as four:
        call = await four.workers[0].spend(four.clock(), WRITE)
        assert not await four.ask(1)
        await four.workers[0].give_back(call)
        await four.settled()
        assert await four.ask(1)


async def test_who_goes_away_while_it_is_asked_has_sent_nothing(server):
    """A call that is cancelled before it was allowed is given back, whether it was counted or not."""
    async with company(server) as four:
        assert await four.ask(0)
        for yields in range(6):
            spending = asyncio.ensure_future(four.workers[0].spend(four.clock(), WRITE))
            for _ in range(yields):
                await asyncio.sleep(0)
            spending.cancel()
            with suppress(asyncio.CancelledError):
                await spending
        await four.settled()
        assert await four.left() == [LIMIT - 1] * WORKERS
