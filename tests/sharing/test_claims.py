"""What several workers want is loaded by one of them."""

import asyncio
import time

import pytest

from gateway.cache import Held
from gateway.domain.errors import BackendError
from gateway.sharing.claims import Claims
from gateway.sharing.leases import Leases
from tests.sharing.caches import NAMES, Ticking, Town, sharer, sharers
from tests.sharing.server import redis_server
from tests.sharing.worker import until


@pytest.fixture
def town():
    return Town()


@pytest.fixture
async def four(server, town):
    async with sharers(server, town, 4) as workers:
        yield workers


async def asked(town: Town, count: int = 1) -> None:
    """Wait until so many loads were begun."""

    async def enough() -> bool:
        return len(town.asked) >= count

    await until(enough)


async def test_a_hundred_misses_are_one_load(four, town):
    """A hundred questions at once over four workers load each key once, and all get the same."""
    found = await asyncio.gather(*(four[turn % 4].all(["a", "b", f"c{turn % 3}"]) for turn in range(100)))
    keys = sorted(key for each in town.asked for key in each)
    assert keys == ["a", "b", "c0", "c1", "c2"]
    assert {each["a"] for each in found} == {found[0]["a"]}


async def test_who_asks_for_the_present_joins_what_runs(four, town):
    """A question for what is true now waits for a load under way, and takes nothing that ended before it."""
    town.gate = asyncio.Event()
    first = asyncio.create_task(four[0].word())
    await asked(town)
    joined = [asyncio.create_task(each.word(max_age=0)) for each in four]
    await asyncio.sleep(0.1)
    town.gate.set()
    assert await asyncio.gather(first, *joined) == ["a0"] * 5
    assert town.asked == [["a"]]
    town.write("a")
    assert await four[1].word(max_age=0) == "a1"
    assert [await each.word() for each in four] == ["a1"] * 4
    assert town.asked == [["a"]] * 2


async def test_what_came_just_before(server, town):
    """Who comes to load what another worker has just kept takes that."""
    async with sharers(server, town, 2) as (one, other):
        held = await one.get()

        async def look(names):
            return dict(zip(names, await other.values.multi_get(names), strict=True))

        found = await other.claims.once(["shop:word:a"], lambda *_: pytest.fail("it was loaded"), look)
        assert found == {"shop:word:a": held}


async def test_nobody_is_given_what_was_seen_before(server, town):
    """Who sees a value, and asks for the present, does not join those who still wait for that value."""
    async with sharers(server, town, 2) as (one, other):
        for turn in range(10):
            town.gate, key = asyncio.Event(), str(turn)
            first = asyncio.create_task(one.word(key))
            await asked(town, 2 * turn + 1)
            waiting = asyncio.create_task(other.word(key))
            await asyncio.sleep(0.05)
            town.gate.set()
            await first
            town.write(key)
            assert await other.word(key, max_age=0) == f"{key}1"
            assert await waiting in (f"{key}0", f"{key}1")


async def test_one_renewal_behind(server, town):
    """However many workers see an ageing value, one of them renews it."""
    async with sharers(server, town, 2) as (one, other):
        await one.word()
        await other.word()
        town.write("a")
        one.cache._clock.move(60)  # both have one clock
        assert await asyncio.gather(one.word(), other.word(), one.word()) == ["a0"] * 3

        async def renewed() -> bool:
            return [await one.word(), await other.word()] == ["a1"] * 2

        await until(renewed)
        assert town.asked == [["a"]] * 2


async def test_an_error_is_not_shared(four, town):
    """Who waited for a load that failed loads itself, one after the other; only the first got the error."""
    town.failures = 1
    found = await asyncio.gather(*(each.get() for each in four))
    assert sum(isinstance(each, BackendError) for each in found) == 1
    assert {each.value for each in found if isinstance(each, Held)} == {"a0"}
    assert (len(town.asked), town.most) == (2, 1)


async def test_all_errors_one_after_the_other(four, town):
    """Where every load fails each worker asks once, and no two at a time."""
    town.failures = 4
    found = await asyncio.gather(*(four[turn % 4].get() for turn in range(40)))
    assert all(isinstance(each, BackendError) for each in found)
    assert (len(town.asked), town.most) == (4, 1)


async def test_failing_crosswise(server, town):
    """Two workers that wait for each other's failed loads go on."""
    async with sharers(server, town, 2) as (one, other):
        town.gate, town.failures = asyncio.Event(), 2
        first = [asyncio.create_task(one.all(["a"])), asyncio.create_task(other.all(["b"]))]
        await asked(town, 2)
        second = [asyncio.create_task(each.all(["b", "a", "c"])) for each in (one, other)]
        await asyncio.sleep(0.1)
        town.gate.set()
        async with asyncio.timeout(30):
            found = await asyncio.gather(*first, *second)
        assert sum(isinstance(value, BackendError) for each in found[:2] for value in each.values()) == 2
        assert [sorted(each) for each in found[2:]] == [["a", "b", "c"]] * 2


async def test_what_does_not_exist(four, town):
    """Nobody waits for ever for what is not there."""
    town.absent = {"a"}
    found = await asyncio.gather(*(each.all(["a", "b"]) for each in four))
    assert [sorted(each) for each in found] == [["b"]] * 4
    assert town.asked.count(["a", "b"]) == 1


async def test_who_goes_away_holds_up_nobody(server, town):
    """A load that was cancelled is another worker's at once."""
    async with sharers(server, town, 2) as (one, other):
        town.gate = asyncio.Event()
        first = asyncio.create_task(one.word())
        await asked(town)
        second = asyncio.create_task(other.word())
        first.cancel()
        await asked(town, 2)
        town.gate.set()
        assert await second == "a0"
        assert not one.leases._held


class Leaving(Leases):
    """Whoever holds something goes away at once."""

    def keep(self, *args):
        super().keep(*args)
        task = asyncio.current_task()
        assert task
        task.cancel()


async def test_who_goes_away_before_anything_is_read(server, town):
    """What was claimed by who goes away that moment is let go of."""
    async with sharers(server, town, 1) as (one,):
        leases = Leaving(one.link)
        claims = Claims(one.link, leases, one.values, NAMES)
        never = lambda *_: pytest.fail("it was read")  # noqa: E731
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(claims.once(["shop:word:a"], never, never))
        assert not leases._held
        assert await one.word() == "a0"


async def test_who_dies_holds_up_the_others_for_a_while(server, town):
    """What a dead worker was loading is another's once its lease is over, and its answer is not kept."""
    clock = Ticking()
    town.gate = asyncio.Event()
    async with (
        sharer(server, town, clock, beats=False) as dead,
        sharer(server, town, clock) as one,
        sharer(server, town, clock) as other,
    ):
        lost = asyncio.create_task(dead.word())
        await asked(town)
        town.write("a")
        began = time.monotonic()
        waiting = [asyncio.create_task(each.word()) for each in (one, other)]
        await asked(town, 2)
        assert time.monotonic() - began > 1
        town.gate.set()
        assert (await lost, await asyncio.gather(*waiting)) == ("a0", ["a1", "a1"])
        assert [await each.word() for each in (dead, one, other)] == ["a1"] * 3
        assert len(town.asked) == 2


async def test_a_load_under_way_is_forgotten_everywhere(four, town):
    """What was being loaded while another worker forgot it is not kept, and nobody joins it then."""
    town.gate = asyncio.Event()
    before = [asyncio.create_task(each.word()) for each in (four[0], four[1])]
    await asked(town)
    town.write("a")
    await four[2].forget("a")
    after = [asyncio.create_task(each.word()) for each in four]
    await asked(town, 2)
    town.gate.set()
    assert await asyncio.gather(*after) == ["a1"] * 4
    assert (await before[0]) == "a0"
    assert [await each.word() for each in four] == ["a1"] * 4
    assert len(town.asked) == 2


async def test_a_hundred_rounds_of_forgetting(four, town):
    """After one worker forgot a word that was written, no worker shows the older one, whatever they load."""
    for turn in range(100):
        loads = [asyncio.create_task(each.word(max_age=(None, 0)[turn % 2])) for each in four[:2]]
        await asyncio.sleep(0.001 * (turn % 5))
        town.write("a")
        await four[turn % 4].forget("a")
        assert await asyncio.gather(*(each.word() for each in four)) == [f"a{turn + 1}"] * 4
        await asyncio.gather(*loads)


async def test_claims_expire(server, four, town):
    """Whatever is left in Redis has an end, and stands beside the rest of its administration."""
    town.absent, town.failures = {"b"}, 1
    for _ in range(2):
        await four[0].all(["a", "b"])
    await four[0].forget("a")
    await four[0].all(["a"])
    keys = [key.decode() for key in server.client.scan_iter()]
    own = [key for key in keys if key.startswith("cg1:{shop")]
    assert [key for key in own if server.client.pttl(key) == -1] == []
    assert {key.partition("}")[0] for key in keys} == {f"cg1:{{{NAMES['shop']}", "cg1:{workers"}


async def test_away_everybody_loads(server, town):
    """Where nobody can be asked each worker loads by itself."""
    with redis_server() as gone:
        async with sharers(gone, town, 2) as (one, other):
            gone.kill()
            assert await asyncio.gather(one.word(), other.word(), one.word()) == ["a0"] * 3
            assert len(town.asked) == 2
