"""Whatever happens between workers and Redis, in any order: in the end each call is counted once."""

import asyncio
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gateway.flight import Urgency
from gateway.ports import Allowance, Ration, SharedAway
from gateway.sharing.ledger import STAMP, SharedLedger
from tests.scripts import Clock

LIMIT, WINDOW, WORKERS = 7, 60, 3


class FakeRedis:
    """Holds one value."""

    def __init__(self):
        self.held = b""
        self.is_away = False


class FakeLink:
    """A worker's way to it; `twice`: all is done twice, `deaf`: and nothing is heard of that."""

    def __init__(self, redis):
        self.redis = redis
        self.twice = self.deaf = False

    def script(self, _):
        return self.swap

    async def swap(self, *, args, **_):
        stamp, body, _ = args
        if self.redis.held[:STAMP] != stamp:
            return self.redis.held
        self.redis.held = body or self.redis.held
        return 1

    async def do(self, job):
        await asyncio.sleep(0)
        if self.redis.is_away:
            raise SharedAway("away")
        answer = await job(None)
        if self.twice:
            answer = await job(None)
        if self.deaf:
            raise SharedAway("not heard")
        return answer


class WorkersOverRedis(RuleBasedStateMachine):
    """Workers that send, hear, lose and give back calls, over a Redis that comes and goes and forgets."""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.redis = FakeRedis()
        self.links = [FakeLink(self.redis) for _ in range(WORKERS)]
        self.ledgers = [self.ledger(link) for link in self.links]
        self.sent: dict[int, object] = {}
        self.under_way: list[tuple[SharedLedger, int]] = []
        self.is_calm = True

    def ledger(self, link):
        return SharedLedger(link, "own", Allowance(LIMIT, WINDOW), lambda: WORKERS, self.clock)

    def counted(self):
        """How many calls were sent in this window."""
        return sum(at > self.clock() - timedelta(seconds=WINDOW) for at in self.sent.values())

    @rule(
        whose=st.lists(st.integers(0, WORKERS - 1), min_size=1, max_size=6), urgency=st.sampled_from(Urgency)
    )
    def send(self, whose, urgency):
        async def at_once():
            ledgers = [self.ledgers[each] for each in whose]
            return ledgers, await asyncio.gather(*(each.spend(self.clock(), urgency) for each in ledgers))

        granted = False
        for ledger, call in zip(*self.runner.run(at_once()), strict=True):
            if isinstance(call, int):
                granted = True
                self.sent[call] = self.clock()
                self.under_way.append((ledger, call))
        # What was sent too much while Redis was away is sent; but nothing more is granted then.
        assert not (self.is_calm and granted) or self.counted() <= LIMIT

    @rule(who=st.integers(0, WORKERS - 1), yields=st.integers(0, 6))
    def send_and_go_away(self, who, yields):
        async def cancelled():
            spending = asyncio.ensure_future(self.ledgers[who].spend(self.clock(), Urgency.WRITE))
            for _ in range(yields):
                await asyncio.sleep(0)
            if spending.done():
                return spending.result()
            spending.cancel()
            await asyncio.wait([spending])
            return None

        call = self.runner.run(cancelled())
        if isinstance(call, int):
            self.sent[call] = self.clock()
            self.under_way.append((self.ledgers[who], call))

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 50), how=st.sampled_from(["answered", "lost", "back"]))
    def ends(self, place, how):
        ledger, call = self.under_way.pop(place % len(self.under_way))
        if how == "answered":
            self.runner.run(ledger.learn(Ration(), call, self.clock()))
        elif how == "lost":
            self.runner.run(ledger.lose(call, self.clock()))
        else:
            del self.sent[call]
            self.runner.run(ledger.give_back(call))

    @rule(who=st.integers(0, WORKERS - 1), twice=st.booleans(), deaf=st.booleans())
    def line_changes(self, who, twice, deaf):
        self.runner.run(self.ledgers[who].look())
        self.links[who].twice, self.links[who].deaf = twice, deaf
        self.is_calm = self.is_calm and not deaf

    @rule(is_away=st.booleans())
    def redis_goes_or_comes(self, is_away):
        self.redis.is_away = is_away
        self.is_calm = self.is_calm and not is_away

    @rule()
    def redis_forgets(self):
        self.redis.held = b""
        self.is_calm = False

    @rule(who=st.integers(0, WORKERS - 1))
    def looks(self, who):
        self.runner.run(self.ledgers[who].look())

    @rule(seconds=st.sampled_from([1, 5, 30, WINDOW]))
    def time_goes_by(self, seconds):
        self.clock.move(seconds)

    @rule()
    def all_is_well(self):
        """All have Redis again: they know the same, and it is true."""
        self.redis.is_away = False
        for link in self.links:
            link.deaf = False
        self.runner.run(self.joined())
        left = [each.quota(self.clock()).remaining for each in self.ledgers]
        assert left == [max(0, LIMIT - self.counted())] * WORKERS
        self.is_calm = True

    async def joined(self):
        for _ in range(4):
            for each in self.ledgers:
                await each.look()
                await each.close()
            self.clock.move(1)
        assert not any(each.is_alone for each in self.ledgers)

    def teardown(self):
        self.all_is_well()
        self.runner.close()


WorkersOverRedis.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestWorkersOverRedis = WorkersOverRedis.TestCase
