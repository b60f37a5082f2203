"""Requests of one caller in a minute."""

import asyncio

from gateway.serving.rates import Rates


async def test_as_many_as_allowed():
    """The allowed number goes through, even at once; whoever is over it is told how long to wait."""
    rates = Rates(10)
    waits = await asyncio.gather(*(rates.wait("one") for _ in range(15)))
    assert waits.count(0) == 10
    assert all(1 <= each <= 60 for each in waits if each)


async def test_callers_are_apart():
    """One caller's requests cost another nothing."""
    rates = Rates(1)
    assert [await rates.wait("one"), await rates.wait("two")] == [0, 0]
    assert await rates.wait("one") > 0


async def test_a_batch_counts_for_its_operations():
    """A request may stand for several; one for more than are allowed uses up what there is."""
    rates = Rates(5)
    assert await rates.wait("one", 3) == 0
    assert await rates.wait("one", 3) > 0
    assert await rates.wait("two", 50) == 0
    assert await rates.wait("two") > 0


async def test_no_limit():
    """0 is no limit."""
    rates = Rates(0)
    assert [await rates.wait("one") for _ in range(100)] == [0] * 100
