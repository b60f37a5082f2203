"""What is held, or being loaded, is not to be believed any more."""

import asyncio

import pytest

from gateway.cache import BoundedMemory, Cache
from gateway.domain.errors import BackendUnavailable
from tests.fakes import Clock, turns
from tests.test_cache import WORD, Source, get


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


async def test_what_is_held(cache, source):
    """A forgotten value is loaded anew; others, and those of other shops, stay."""
    await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    await cache.get_or_load_many(WORD, "web", ["a"], source)
    await cache.forget(WORD, "shop", ["a", "unknown"])
    found = await cache.get_or_load_many(WORD, "shop", ["a", "b"], source)
    assert {key: held.value for key, held in found.items()} == {"a": "a3", "b": "b1"}
    await cache.get_or_load_many(WORD, "web", ["a"], source)
    assert source.asked == [["a", "b"], ["a"], ["a"]]


async def test_what_is_being_loaded(cache, source):
    """A load under way is not kept for what was forgotten meanwhile, and who asks then starts another."""
    source.gate = asyncio.Event()
    first = asyncio.create_task(cache.get_or_load_many(WORD, "shop", ["a", "b"], source))
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    second = asyncio.create_task(get(cache, source))
    await turns()
    assert source.asked == [["a", "b"], ["a"]]
    source.gate.set()
    found = await first
    assert {key: held.value for key, held in found.items()} == {"a": "a1", "b": "b1"}
    assert (await second).value == "a2"
    assert [(await get(cache, source, key)).value for key in "ab"] == ["a2", "b1"]
    assert len(source.asked) == 2


@pytest.mark.parametrize("turn", range(8))
async def test_together_with_what_was_not_forgotten(cache, source, turn):
    """Who asks for both is given the new load of the one, whatever an older one told of it."""
    keys = ["a", "b"] if turn % 2 else ["b", "a"]
    junk = [object() for _ in range(turn * 7)]
    source.gate = asyncio.Event()
    first = asyncio.create_task(cache.get_or_load_many(WORD, "shop", keys, source))
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    second = asyncio.create_task(cache.get_or_load_many(WORD, "shop", keys, source))
    await turns()
    source.gate.set()
    await first
    found = await second
    assert {key: held.value for key, held in found.items()} == {"a": "a2", "b": "b1"}
    del junk


async def test_the_later_load_ends_first(cache, source):
    """A forgotten load that ends after the one that took its place changes nothing."""
    old = asyncio.Event()
    source.gate = old
    first = asyncio.create_task(get(cache, source))
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    source.gate = None
    assert (await get(cache, source)).value == "a2"
    old.set()
    assert (await first).value == "a1"
    assert (await get(cache, source)).value == "a2"
    assert len(source.asked) == 2


async def test_a_load_behind_an_answer(cache, source, clock):
    """A value that is renewed behind its answer is not kept when it was forgotten meanwhile."""
    await get(cache, source)
    clock.move(60)
    source.gate = asyncio.Event()
    assert (await get(cache, source)).value == "a1"
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    source.gate.set()
    await turns()
    assert (await get(cache, source)).value == "a3"


async def test_a_forgotten_load_that_fails(cache, source, clock):
    """A forgotten value does not stand in for a load that fails later."""
    await get(cache, source)
    await cache.forget(WORD, "shop", ["a"])
    clock.move(400)
    source.failure = BackendUnavailable("away")
    assert await get(cache, source) is source.failure


async def test_a_forgotten_load_that_nobody_waits_for(cache, source):
    """Whoever goes away leaves nothing behind, also when their load was forgotten."""
    source.gate = asyncio.Event()
    first = asyncio.create_task(get(cache, source))
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await turns()
    source.gate.set()
    assert (source.cancelled, (await get(cache, source)).value) == (1, "a2")


async def test_again_and_again(cache, source):
    """However often a load is forgotten, the last one is the one that is kept."""
    source.gate = asyncio.Event()
    asked = []
    for _ in range(5):
        asked.append(asyncio.create_task(get(cache, source)))
        await turns()
        await cache.forget(WORD, "shop", ["a"])
    asked.append(asyncio.create_task(get(cache, source)))
    await turns()
    source.gate.set()
    assert [each.value for each in await asyncio.gather(*asked)] == [f"a{turn}" for turn in range(1, 7)]
    assert (await get(cache, source)).value == "a6"


async def test_a_forgotten_load_leaves_the_new_one_alone(cache, source):
    """When a forgotten load ends, whoever asks still joins the one that took its place."""
    old, new = asyncio.Event(), asyncio.Event()
    source.gate = old
    asked = [asyncio.create_task(get(cache, source))]
    await turns()
    await cache.forget(WORD, "shop", ["a"])
    source.gate = new
    asked.append(asyncio.create_task(get(cache, source)))
    await turns()
    old.set()
    await turns()
    asked.append(asyncio.create_task(get(cache, source)))
    await turns()
    new.set()
    assert [each.value for each in await asyncio.gather(*asked)] == ["a1", "a2", "a2"]
    assert len(source.asked) == 2
