"""One ration for all workers, whatever becomes of Redis, and of what is heard of it."""

import asyncio

import pytest

from gateway.flight import Urgency
from gateway.ports import Allowance, SharedAway
from gateway.sharing.ledger import SharedLedger
from tests.scripts import Clock
from tests.sharing.company import ALLOWANCE, LIMIT, WINDOW, WORKERS, company, joined
from tests.sharing.server import redis_server

WRITE = Urgency.WRITE


@pytest.fixture(scope="module")
def one_server():
    with redis_server() as server:
        yield server


@pytest.fixture
def server(one_server):
    one_server.client.flushall()
    return one_server


@pytest.fixture
def own_server():
    """Return one that may be killed."""
    with redis_server() as server:
        yield server


def come_again(server):
    """Start it anew: it knows nothing."""
    server.kill()
    server.start()


BROKEN = {
    "killed": (lambda server: server.kill(), lambda server: server.start()),
    "hung": (lambda server: server.hang(), lambda server: server.go_on()),
    "full": (lambda server: server.fill(), lambda server: server.empty()),
    "replaced": (come_again, lambda _: None),
    "emptied": (lambda server: server.client.flushall(), lambda _: None),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("tells", [True, False], ids=["told", "own-count"])
async def test_redis_fails_in_the_middle(own_server, fault, tells):
    """No call is sent that the system refuses, where it tells what is left; and then all is one again."""
    breaks, mends = BROKEN[fault]
    async with company(own_server, patience=0.25, tells=tells) as four:
        lost_early = []

        def broken():
            lost_early.append(four.losses)
            breaks(own_server)

        four.at[60] = broken
        made = await four.rush()
        # Where no answer tells of it, nobody knows what the others had on their way when Redis was lost.
        unknown = 0 if tells else 8 * WORKERS
        # On a machine that stands still a working Redis may seem to be away to one of them alone.
        assert (60 <= made <= LIMIT + unknown and four.refused <= unknown) or lost_early != [0]
        mends(own_server)
        await four.together()
        four.clock.move(WINDOW)
        four.refused = 0
        await four.together()
        losses = four.losses
        made, left = await four.rush(), await four.left()
        assert (made == LIMIT and left == [0] * WORKERS and not four.refused) or four.losses > losses


@pytest.mark.parametrize("fault", ["hung", "full"])
async def test_what_is_left_when_redis_is_back(own_server, fault):
    """What Redis knew and what each sent alone is added up: the rest of the window is one ration again."""
    breaks, mends = BROKEN[fault]
    async with company(own_server, patience=0.25, tells=False) as four:
        four.at[60] = lambda: breaks(own_server)
        made = await four.rush()
        mends(own_server)
        await four.together()
        losses = four.losses
        left = await four.left()
        assert left == [max(0, LIMIT - made)] * WORKERS or four.losses > losses
        made += await four.rush()
        assert LIMIT <= made <= LIMIT + 8 * WORKERS or four.losses > losses


async def test_each_has_its_part_while_redis_is_away(own_server):
    """Of what was left each may use a fourth, and in the next window a fourth of all."""
    clock = Clock()
    async with company(own_server, clock) as four:
        for turn in range(30):
            assert await four.ask(turn % WORKERS)
        await four.left()
        own_server.kill()
        first = [await four.ask(0) for _ in range(100)]
        assert sum(first) == (LIMIT - 30) // WORKERS
        clock.move(WINDOW)
        second = [sum([await four.ask(worker) for _ in range(100)]) for worker in range(WORKERS)]
        # The later ones hear that less is left, and take a part of that.
        assert second[0] == LIMIT // WORKERS
        assert all(1 <= each <= LIMIT // WORKERS for each in second)
        assert four.refused == 0


async def test_a_part_of_the_own_count(own_server):
    """Where nothing is told, a fourth is used up in any window, and makes room as it grows old."""
    clock = Clock()
    async with company(own_server, clock, allowance=Allowance(40, 60), tells=False) as four:
        assert [await four.ask(0) for _ in range(20)] == [True] * 20
        await four.left()
        own_server.kill()
        clock.move(30)
        assert sum([await four.ask(1) for _ in range(50)]) == (40 - 20) // WORKERS
        clock.move(30)
        assert sum([await four.ask(1) for _ in range(50)]) == 40 // WORKERS - 5
        clock.move(30)
        assert sum([await four.ask(1) for _ in range(50)]) == 5


async def test_fewer_calls_than_workers(own_server):
    """Each may send one a window: none is closed for good."""
    clock = Clock()
    async with company(own_server, clock, allowance=Allowance(2, 60), tells=False) as four:
        own_server.kill()
        assert sum([await four.ask(0) for _ in range(5)]) == 1
        clock.move(60)
        assert sum([await four.ask(0) for _ in range(5)]) == 1


async def test_what_was_sent_alone_is_told(own_server):
    """When Redis is back, all know what each sent meanwhile, also where no answer tells of it."""
    async with company(own_server, patience=0.25, tells=False) as four:
        assert await four.ask(0)
        await four.left()
        own_server.hang()
        sent = [sum([await four.ask(worker) for _ in range(10)]) for worker in range(WORKERS)]
        assert sent == [10] * WORKERS
        own_server.go_on()
        await four.together()
        assert await four.left() == [LIMIT - 41] * WORKERS


async def test_an_empty_redis_begins_with_what_is_known(server):
    """The first worker that comes tells what all did; the others add what it did not know."""
    async with company(server, tells=False) as four:
        for turn in range(8):
            assert await four.ask(turn % WORKERS)
        await four.settled()
        server.client.flushall()
        # The first one knows nothing of what the others did after its own last call.
        assert await four.ask(0)
        await four.together()
        assert await four.left() == [LIMIT - 9] * WORKERS


async def test_what_redis_holds_and_nobody_can_read_is_as_nothing(server):
    """Another release's account is written over."""
    async with company(server) as four:
        assert await four.ask(0)
        await four.settled()
        (key,) = server.client.keys()
        server.client.set(key, b"x" * 100)
        await four.together()
        assert await four.left() == [LIMIT - 1] * WORKERS
        assert key.startswith(b"cg1:{ration:")
        assert key.endswith(b"}:ledger")
        assert b"token" not in key
        assert server.client.ttl(key) > 24 * 3600


class Unsure:
    """A way to Redis on which things are done, and not heard of.

    `twice`: each question is asked again after another worker had its turn. `deaf`: Redis does what it is
    asked, and for all that is known it does not answer.
    """

    def __init__(self, link):
        self.link = link
        self.twice = self.deaf = False
        self.between = None

    def script(self, text):
        return self.link.script(text)

    async def do(self, job):
        answer = await self.link.do(job)
        if self.twice:
            between, self.between = self.between, None
            if between:
                await between()
            answer = await self.link.do(job)
        if self.deaf:
            raise SharedAway("not heard")
        return answer


@pytest.mark.parametrize("another", [False, True], ids=["at-once", "after-another"])
async def test_done_twice_is_counted_once(server, another):
    """A worker that stood still asks again, and others may have changed the account meanwhile."""
    async with company(server, tells=False) as four:
        unsure = Unsure(four.links[0])
        unsure.twice = True
        first = SharedLedger(unsure, "token", ALLOWANCE, lambda: WORKERS, four.clock)
        for _ in range(10):
            unsure.between = (lambda: four.ask(1)) if another else None
            assert isinstance(await first.spend(four.clock(), WRITE), int)
        await first.close()
        assert four.counted == (10 if another else 0)
        assert await four.left() == [LIMIT - 10 - four.counted] * WORKERS


async def test_done_and_not_heard_is_counted_once(server):
    """What Redis counted before it went away is not counted again when it is back."""
    async with company(server, tells=False) as four:
        unsure = Unsure(four.links[0])
        first = SharedLedger(unsure, "token", ALLOWANCE, lambda: WORKERS, four.clock)
        assert isinstance(await first.spend(four.clock(), WRITE), int)
        unsure.deaf = True
        calls = [await first.spend(four.clock(), WRITE) for _ in range(100)]
        sent = [each for each in calls if isinstance(each, int)]
        assert first.is_alone
        assert len(sent) == LIMIT // WORKERS - 1
        await first.give_back(sent[0])
        await first.close()
        unsure.deaf = False
        await joined(four.clock, first)
        assert await four.left() == [LIMIT - len(sent)] * WORKERS


async def test_counted_and_then_refused_is_given_back(server):
    """A call that Redis counted unheard, and for which the worker's part is too small, was not sent."""
    async with company(server, allowance=Allowance(3, 60), tells=False) as four:
        assert await four.ask(1)
        unsure = Unsure(four.links[0])
        first = SharedLedger(unsure, "token", Allowance(3, 60), lambda: WORKERS, four.clock)
        await first.look()
        unsure.deaf = True
        both = await asyncio.gather(first.spend(four.clock(), WRITE), first.spend(four.clock(), WRITE))
        assert [isinstance(each, int) for each in both] == [False, False]
        await first.close()
        unsure.deaf = False
        await joined(four.clock, first)
        assert await four.left() == [2] * WORKERS
