"""Values that all workers read, and what becomes of them while Redis is away, and after."""

import asyncio
import pickle
from collections.abc import Iterable

import pytest

from gateway.cache import Held
from gateway.sharing.forms import Spots
from tests.sharing.caches import NAMES, WORD, Sharer, Ticking, Town, sharer, sharers
from tests.sharing.server import RedisServer, redis_server
from tests.sharing.worker import until


@pytest.fixture
def own():
    """A server that a test may do anything with."""
    with redis_server() as server:
        yield server


@pytest.fixture
def town():
    return Town()


def keys_of(server: RedisServer, room: str) -> list[bytes]:
    return [key for key in server.client.scan_iter() if f":{room}:" in key.decode()]


def calls_of(server: RedisServer, *commands: str) -> int:
    """How often Redis was told some commands."""
    told = server.client.info("commandstats")
    return sum(told.get(f"cmdstat_{each}", {}).get("calls", 0) for each in commands)


async def back(workers: Iterable[Sharer]) -> None:
    """Wait until Redis answers each worker."""

    async def answers() -> bool:
        return all([await each.link.do(lambda redis: redis.ping()) for each in workers])

    await until(answers)


async def test_one_loads_and_all_read(server, town):
    """What one worker loaded the others show, with its age, and without a load."""
    async with sharers(server, town, 2) as (one, other):
        first = await one.all(["a", "b"])
        assert await other.all(["b", "a"]) == first
        assert town.asked == [["a", "b"]]


async def test_read_in_this_process(server, town):
    """What a process has read it does not read from Redis again while nothing is forgotten."""
    async with sharers(server, town, 2) as (one, other):
        await one.all(["a", "b"])
        await other.all(["a", "b"])
        before = calls_of(server, "mget")
        for _ in range(10):
            await other.all(["a", "b"])
            await one.all(["b"])
        assert calls_of(server, "mget") == before
        await other.all(["a", "c"])
        assert calls_of(server, "mget") > before


async def test_reading_costs_one_question_for_all(server, town):
    """A thousand questions at once, of what is held, are few to Redis."""
    async with sharers(server, town, 1) as (one,):
        await one.all(["a", "b"])
        before = calls_of(server, "hget", "mget")
        found = await asyncio.gather(*(one.word("a") for _ in range(1000)))
        assert set(found) == {"a0"}
        assert calls_of(server, "hget", "mget") - before < 20


async def test_a_thousand_at_once(server, town):
    """A thousand values are asked of Redis at once, by a worker that holds none, without an error."""
    async with sharers(server, town, 2) as (one, other):
        keys = [str(number) for number in range(1000)]
        await one.all(keys)
        found = await asyncio.gather(*(other.word(key) for key in keys))
        assert found == [f"{key}0" for key in keys]
        assert (len(town.asked), other.link.losses) == (1, 0)


async def test_forget_is_seen_at_once(server, town):
    """After a worker forgot a value no worker shows it, also not one that held it in its process."""
    async with sharers(server, town, 3) as workers:
        for turn in range(30):
            assert [await each.word() for each in workers] == [f"a{turn}"] * 3
            town.write("a")
            await workers[turn % 3].forget("a", "never-held")
        assert len(town.asked) == 30


async def test_what_is_newer_takes_the_place(server, town):
    """Once a worker has read a newer value, no other shows the one that it held before."""
    async with sharers(server, town, 2) as (one, other):
        for turn in range(10):
            assert [await other.word(), await one.word()] == [f"a{turn}"] * 2
            town.write("a")
            assert await one.word(max_age=0) == f"a{turn + 1}"
        assert len(town.asked) == 11


async def test_an_epoch_is_never_one_that_was(server, town):
    """Where Redis let go of what it counts, a worker does not take what it held long ago for new."""
    async with sharers(server, town, 2) as (one, other):
        await one.forget("a")
        assert [await one.word(), await other.word()] == ["a0"] * 2
        await one.forget("b")
        server.client.delete(*[key for key in server.client.scan_iter() if key.endswith(b":meta")])
        town.write("a")
        await one.forget("a")
        assert await other.word() == "a1"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff" * 100, id="garbage"),
        pytest.param(pickle.dumps(("shop:word:a", "evil", None)), id="a-pickle"),
        pytest.param(b"cg\x01" + b"\x00" * 60, id="like-ours"),
        pytest.param(b'{"value": "evil"}', id="json"),
        pytest.param(None, id="another-word's"),
    ],
)
async def test_what_is_not_ours_is_missing(server, town, data):
    """Bytes that are no value, or that of another name, are loaded anew and replaced."""
    async with sharers(server, town, 2) as (one, other):
        await one.all(["a", "b"])
        spots = Spots(NAMES, one.link.life)
        server.client.set(
            spots.value("shop:word:a"),
            server.client.get(spots.value("shop:word:b")) if data is None else data,
        )
        assert await other.word() == "a0"
        assert town.asked == [["a", "b"], ["a"]]
        assert await other.word("b") == "b0"


async def test_nothing_is_kept_for_ever(server, town):
    """A value is in Redis no longer than it could be shown, and its name cannot be read there."""
    async with sharers(server, town, 1) as (one,):
        await one.word("secret-name")
        (key,) = keys_of(server, "v")
        assert 3_590_000 < server.client.pttl(key) <= 3_600_000
        assert b"secret" not in key


async def test_what_has_no_form_stays_here(server, town):
    """A value that cannot be made bytes is shown by the process that has it, and harms nobody."""
    async with sharers(server, town, 2) as (one, other):
        assert await one.word("\ud800") == "\ud8000"
        assert await one.word("\ud800") == "\ud8000"
        assert await other.word("\ud800") == "\ud8000"
        assert len(town.asked) == 2


async def test_aiocache_reads_and_writes(server, town):
    """What calls aiocache's own methods gets what they promise."""
    async with sharers(server, town, 2) as (one, other):
        held = Held("here", Ticking()())
        await one.values.set("shop:word:x", (held, 1))
        await one.values.multi_set([("web:word:y", (held, 1))])
        assert await other.values.multi_get(["shop:word:x", "shop:word:z", "web:word:y"]) == [
            held,
            None,
            held,
        ]
        assert (await other.values.get("shop:word:x"), await other.values.exists("shop:word:z")) == (
            held,
            False,
        )
        await other.values.delete("shop:word:x")
        assert await one.values.get("shop:word:x") is None


async def test_killed(own, town):
    """Without Redis each worker shows what it holds, loads the rest, and raises nothing."""
    async with sharers(own, town, 2) as workers:
        assert [await each.word() for each in workers] == ["a0"] * 2
        own.kill()
        assert [await each.word() for each in workers] == ["a0"] * 2
        assert [await each.word("b") for each in workers] == ["b0"] * 2
        assert [await each.word("b") for each in workers] == ["b0"] * 2
        assert town.asked == [["a"], ["b"], ["b"]]
        town.write("b")
        await workers[0].forget("b")
        assert await workers[0].word("b") == "b1"


async def test_replaced(own, town):
    """Beside another Redis, which knows nothing, nothing that was held before is shown."""
    async with sharers(own, town, 2) as workers:
        assert [await each.word() for each in workers] == ["a0"] * 2
        own.kill()
        town.write("a")
        own.start()
        await back(workers)
        assert [await each.word() for each in workers] == ["a1"] * 2
        assert len(town.asked) == 2


async def test_what_was_kept_alone_goes(own, town):
    """What a worker kept while Redis did not answer is not shown any more when it does."""
    clock = Ticking()
    async with (
        sharer(own, town, clock, patience=0.25) as one,
        sharer(own, town, clock) as other,
    ):
        await asyncio.gather(one.word(), other.word())
        own.hang()
        assert await one.word("b") == "b0"
        own.go_on()
        town.write("b")
        assert await other.word("b") == "b1"
        await back([one])
        assert await one.word("b") == "b1"
        assert await one.word("a") == "a0"


async def test_hung(own, town):
    """While Redis hangs answers go on, and cost its patience once and not each time."""
    async with sharers(own, town, 2, patience=0.25) as workers:
        await asyncio.gather(*(each.word() for each in workers))
        own.hang()
        errors = workers[0].link.losses
        found = await asyncio.gather(*(each.word() for each in workers for _ in range(200)))
        assert set(found) == {"a0"}
        assert await workers[0].word("b") == "b0"
        assert workers[0].link.losses == errors + 1
        own.go_on()
        await back(workers)
        assert [await each.word() for each in workers] == ["a0"] * 2


async def test_forgotten_while_away(own, town):
    """What was forgotten while Redis hung is forgotten everywhere once it answers, without any question."""
    clock = Ticking()
    async with (
        sharer(own, town, clock, patience=0.25) as one,
        sharer(own, town, clock) as other,
    ):
        assert await asyncio.gather(one.word(), other.word()) == ["a0"] * 2
        own.hang()
        town.write("a")
        await one.forget("a")
        assert await one.word() == "a1"
        own.go_on()

        async def told() -> bool:
            return await other.word() == "a1"

        await until(told)
        await back([one])
        assert await one.word() == "a1"


async def test_forgotten_while_it_is_kept(own, town):
    """What is forgotten while Redis does not say whether it kept it is not held in the process either."""
    async with sharers(own, town, 1, patience=0.5) as (one,):
        await one.word("b")
        town.gate = asyncio.Event()
        loading = asyncio.create_task(one.word())

        async def begun() -> bool:
            return ["a"] in town.asked

        await until(begun)
        own.hang()
        town.gate.set()
        await asyncio.sleep(0.1)
        town.write("a")
        await one.forget("a")
        assert await loading == "a0"
        assert await one.word() == "a1"


async def test_full(own, town):
    """A full Redis keeps nothing new, is still told what to forget, and nobody sees an error."""
    async with sharers(own, town, 2) as workers:
        assert [await each.word() for each in workers] == ["a0"] * 2
        own.fill()
        town.write("a")
        await workers[0].forget("a")
        assert keys_of(own, "v") == []
        assert await workers[0].word() == "a1"
        await back(workers)
        assert await workers[1].word() == "a1"
        own.empty()

        async def takes() -> bool:
            return all(each.link.is_up for each in workers)

        await until(takes)
        assert [await each.word("c") for each in workers] == ["c0"] * 2
        assert town.asked.count(["c"]) == 1


async def test_kept_by_none_that_is_not_shared(server, town):
    """A kind without a shape stays in the process that loaded it."""
    async with sharers(server, town, 2) as (one, other):
        plain = type(WORD)("plain", WORD.ages)
        for each in (one, other, one, other):
            found = await each.cache.get_or_load_many(plain, "shop", ["a"], town)
            assert found["a"].value == "a0"
        assert len(town.asked) == 2
        assert keys_of(server, "v") == []
