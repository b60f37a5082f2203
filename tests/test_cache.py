"""Values kept by age, loaded once for all who ask, and never across administrations."""

import asyncio
import gc
from collections.abc import Mapping, Sequence

import pytest

from gateway.cache import BoundedMemory, Cache, Held, Kind
from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.settings import Ages
from tests.fakes import NOW, Clock

WORD = Kind("word", Ages(fresh=30, revalidate=300, stale=3600))


class Source:
    """Loads words; counts, waits and fails when told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None
        self.failures: dict[str, BackendUnavailable] = {}
        self.absent: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.cancelled = 0

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, str | BackendUnavailable]:
        self.asked.append(list(keys))
        turn = len(self.asked)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        return {key: f"{key}{turn}" for key in keys if key not in self.absent} | self.failures

    def times(self) -> dict[str, int]:
        """How often each key was loaded."""
        keys = [key for asked in self.asked for key in asked]
        return {key: keys.count(key) for key in keys}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def cache(clock):
    opened = Cache(BoundedMemory(), clock)
    yield opened
    await opened.close()


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def get(cache: Cache, source: Source, key: str = "a", max_age: float | None = None):
    return (await cache.get_or_load_many(WORD, "shop", [key], source, max_age)).get(key)


@pytest.mark.parametrize(
    ("age", "max_age", "value", "loads"),
    [
        pytest.param(0, None, "a1", 1, id="just-loaded"),
        pytest.param(30, None, "a1", 1, id="fresh-to-the-end"),
        pytest.param(31, None, "a1", 2, id="shown-at-once-and-renewed-behind"),
        pytest.param(300, None, "a1", 2, id="renewed-behind-to-the-end"),
        pytest.param(301, None, "a2", 2, id="too-old"),
        pytest.param(0, 0, "a2", 2, id="asked-for-now"),
        pytest.param(10, 10, "a1", 1, id="young-enough"),
        pytest.param(11, 10, "a2", 2, id="older-than-asked"),
        pytest.param(31, 60, "a1", 2, id="as-young-as-asked-and-renewed-behind"),
        pytest.param(301, 1000, "a2", 2, id="a-wish-does-not-widen"),
        pytest.param(-3600, None, "a2", 2, id="of-a-clock-that-was-put-back"),
    ],
)
async def test_age_decides(cache, clock, source, age, max_age, value, loads):
    """A value is shown as it is, shown and renewed behind, or awaited, by its age and the age asked for."""
    await get(cache, source)
    clock.move(age)
    found = await get(cache, source, max_age=max_age)
    await turns()
    assert found.value == value
    assert len(source.asked) == loads


async def test_one_load_behind(cache, clock, source):
    """However many see an ageing value, one load renews it, and its answer is what comes next."""
    await get(cache, source)
    clock.move(60)
    source.gate = asyncio.Event()
    shown = [await get(cache, source) for _ in range(5)]
    await turns()
    source.gate.set()
    await turns()
    assert {each.value for each in shown} == {"a1"}
    assert source.times() == {"a": 2}
    renewed = await get(cache, source)
    assert (renewed.value, renewed.fetched_at) == ("a2", clock())


@pytest.mark.parametrize(
    ("age", "failure", "stands_in"),
    [
        pytest.param(3600, BackendUnavailable("away"), True, id="failed"),
        pytest.param(3601, BackendUnavailable("away"), False, id="older-than-the-stale-limit"),
        pytest.param(301, CredentialsRejected("turned away"), False, id="turned-away"),
    ],
)
async def test_stale(cache, clock, source, age, failure, stands_in):
    """The last known value stands in for a load that failed, unless too old or the system turned us away."""
    await get(cache, source)
    clock.move(age)
    source.failure = failure
    found = await get(cache, source)
    assert found == (Held("a1", NOW, failure) if stands_in else failure)


async def test_a_failed_key_is_replaced_alone(cache, clock, source):
    """Of one load the keys that failed are stood in for, the others are new."""
    await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    clock.move(301)
    source.failures["a"] = BackendUnavailable("away")
    found = await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    assert (found["a"].value, found["a"].stale_because) == ("a1", source.failures["a"])
    assert (found["b"].value, found["b"].stale_because) == ("b2", None)


async def test_a_failure_behind_changes_nothing(cache, clock, source):
    """A renewal behind that fails leaves the value that is held."""
    await get(cache, source)
    clock.move(60)
    source.failure = BackendUnavailable("away")
    await get(cache, source)
    await turns()
    found = await get(cache, source)
    assert (found.value, found.stale_because) == ("a1", None)


async def test_a_value_has_the_age_of_its_question(cache, clock, source):
    """A value is as old as the moment in which its load began."""
    source.gate = asyncio.Event()
    asking = asyncio.create_task(get(cache, source))
    await turns()
    clock.move(20)
    source.gate.set()
    assert (await asking).fetched_at == NOW


async def test_a_hundred_at_once_load_each_key_once(cache, source):
    """A hundred concurrent questions with overlapping keys load every key once, and all get answers."""
    source.gate = asyncio.Event()
    wanted = [[str(start + step) for step in range(7)] for start in range(100)]
    asking = [
        asyncio.create_task(cache.get_or_load_many(WORD, "shop", keys, source, turn % 2 or None))
        for turn, keys in enumerate(wanted)
    ]
    await turns()
    source.gate.set()
    answers = await asyncio.gather(*asking)
    assert set(source.times().values()) == {1}
    assert [sorted(answer) for answer in answers] == [sorted(keys) for keys in wanted]


async def test_who_goes_away_takes_nothing(cache, source):
    """A waiter that is cancelled does not end the load that others wait for."""
    source.gate = asyncio.Event()
    first, second = (asyncio.create_task(get(cache, source)) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    source.gate.set()
    assert (await second).value == "a1"
    assert (source.times(), source.cancelled) == ({"a": 1}, 0)
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("ticks", [0, 1, 2, 3, 10], ids=lambda ticks: f"after-{ticks}-turns")
async def test_when_all_go_away_the_load_ends(cache, source, ticks):
    """A load that nobody waits for is cancelled, whenever they left, and the next question gets a new one."""
    source.gate = asyncio.Event()
    asking = [asyncio.create_task(get(cache, source)) for _ in range(3)]
    await turns(ticks)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await turns()
    assert source.cancelled == len(source.asked)
    source.gate.set()
    async with asyncio.timeout(10):
        assert (await get(cache, source)).value.startswith("a")


async def test_an_unforeseen_error_reaches_all(cache, source):
    """Whatever else a load raises is our own fault to everybody who waited, and leaves nothing stuck."""
    source.gate, source.failure = asyncio.Event(), KeyError("a fault")
    asking = [asyncio.create_task(get(cache, source)) for _ in range(5)]
    await turns()
    source.gate.set()
    answers = await asyncio.gather(*asking)
    assert [(each.code, each.administration) for each in answers] == [("INTERNAL", "shop")] * 5
    source.failure = None
    assert (await get(cache, source)).value == "a2"
    gc.collect()


async def test_errors_and_absences_are_not_kept(cache, source):
    """A failure and a missing key are both asked for again by the next question."""
    source.failures["a"], source.absent = BackendUnavailable("away"), {"b"}
    first = await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    source.failures, source.absent = {}, set()
    second = await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    assert (set(first), first["a"].code) == ({"a"}, "SYSTEM_UNAVAILABLE")
    assert {key: held.value for key, held in second.items()} == {"a": "a2", "b": "b2"}


async def test_a_finished_load_is_over(cache, source):
    """What was once loaded together is not loaded together for ever: later questions cost their own keys."""
    await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    await get(cache, source, "a", 0)
    assert source.asked == [["a", "b"], ["a"]]


async def test_what_was_not_asked_for_is_not_kept(cache, source):
    """A load cannot slip in values of other keys."""
    source.failures["z"] = "uninvited"
    await get(cache, source)
    del source.failures["z"]
    assert (await get(cache, source, "z")).value == "z2"


@pytest.mark.parametrize(
    ("kind", "administration", "key"),
    [
        pytest.param(WORD, "other", "a", id="administration"),
        pytest.param(Kind("wor", WORD.ages), "shop", "a", id="kind"),
        pytest.param(WORD, "shop", "A", id="key"),
        pytest.param(WORD, "sho", "p:a", id="run-together"),
    ],
)
async def test_keys_do_not_meet(cache, source, kind, administration, key):
    """One key of two administrations, or of two kinds, is two values."""
    await get(cache, source)
    found = await cache.get_or_load_many(kind, administration, [key], source)
    assert found[key].value == f"{key}2"


async def test_concurrent_loads_of_two_administrations_do_not_meet(cache, source):
    """The same key asked for in two administrations at once is loaded for each of them."""
    other = Source()
    found = await asyncio.gather(
        get(cache, source), cache.get_or_load_many(WORD, "other", ["a", "b"], other), get(cache, source)
    )
    assert (source.asked, other.asked) == ([["a"]], [["a", "b"]])
    assert found[0] == found[2]


async def test_forget(cache, source):
    """What was forgotten is asked for again, at any age."""
    await get(cache, source)
    await cache.forget(WORD, "shop", ["a", "never-held"])
    assert (await get(cache, source)).value == "a2"


async def test_close_ends_loads(clock, source):
    """Closing cancels what is being loaded, before and behind answers."""
    cache = Cache(BoundedMemory(), clock)
    await get(cache, source)
    clock.move(60)
    source.gate = asyncio.Event()
    await get(cache, source)
    waiting = asyncio.create_task(get(cache, source, "b"))
    await turns()
    await cache.close()
    await turns()
    assert source.cancelled == 2
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_bound_by_entries():
    """Over the bound of entries the one that was not used longest goes."""
    store = BoundedMemory(max_entries=2)
    await store.multi_set([("a", (1, 1)), ("b", (2, 1))])
    await store.get("a")
    await store.set("c", (3, 1))
    assert await store.multi_get(["a", "b", "c"]) == [1, None, 3]
    assert (len(store), store.weight) == (2, 2)


async def test_bound_by_weight():
    """Over the bound of weight those that were not used longest go, until what is left fits."""
    store = BoundedMemory(max_weight=10)
    await store.multi_set([("a", (1, 4)), ("b", (2, 4)), ("c", (3, 1))])
    await store.get("a")
    await store.set("d", (4, 5))
    assert [await store.exists(key) for key in "abcd"] == [True, False, True, True]
    assert store.weight == 10


async def test_weight_is_counted_once():
    """Setting anew, deleting and clearing keep the weight right; what is too heavy alone is not kept."""
    store = BoundedMemory(max_weight=10)
    await store.set("shop:a", (1, 4))
    await store.set("shop:a", (1, 6))
    await store.set("other:b", (2, 2))
    assert store.weight == 8
    await store.clear(namespace="shop:")
    assert (store.weight, len(store)) == (2, 1)
    assert await store.delete("other:b") == 1
    assert await store.delete("other:b") == 0
    await store.set("c", (3, 11))
    assert (store.weight, len(store)) == (0, 0)


async def test_a_kind_weighs_its_values(clock, source):
    """Values count by their kind's own estimate."""
    store = BoundedMemory()
    heavy = Kind("word", WORD.ages, lambda word: 100 * len(word))
    await Cache(store, clock).get_or_load_many(heavy, "shop", ["a", "bcd"], source)
    assert store.weight == 600
