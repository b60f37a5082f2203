"""The request that something happens in, and why a system is called."""

import asyncio

from gateway import telemetry
from gateway.telemetry import CacheState, Cause


def test_request_ids():
    """Every request gets an id of its own, 32 hexadecimal digits, and none is left afterwards."""
    first, second = telemetry.new_request_id(), telemetry.new_request_id()
    assert first != second
    assert len(first) == 32
    assert int(first, 16)
    with telemetry.request(first) as named:
        assert named == telemetry.request_id() == first
        with telemetry.request(second):
            assert telemetry.request_id() == second
        assert telemetry.request_id() == first
    assert telemetry.request_id() == ""


def test_cause():
    """Calls are made on demand unless something else is said; what is said ends with its block."""
    assert telemetry.cause() is Cause.DEMAND
    with telemetry.because(Cause.HYDRATE):
        with telemetry.because(Cause.REREAD):
            assert telemetry.cause() is Cause.REREAD
        assert telemetry.cause() is Cause.HYDRATE
    assert telemetry.cause() is Cause.DEMAND


def test_cache_state():
    """Nothing is held of what is asked for unless something else is said, within its block."""
    assert telemetry.cache_state() is CacheState.NOT_HELD
    with telemetry.holding(CacheState.EXPIRED):
        assert telemetry.cache_state() is CacheState.EXPIRED
    assert telemetry.cache_state() is CacheState.NOT_HELD


async def test_requests_side_by_side():
    """Requests that are answered at once do not take each other's names."""

    async def answer(identifier: str) -> str:
        with telemetry.request(identifier), telemetry.because(Cause(identifier)):
            await asyncio.sleep(0)
            return f"{telemetry.request_id()}{telemetry.cause()}"

    assert await asyncio.gather(*map(answer, ("load", "reread"))) == ["loadload", "rereadreread"]


def test_what_is_noted_outside_of_an_operation_is_nobodys():
    """Outside of an operation everything may be noted, and nothing of it is kept."""
    telemetry.noted().name = "told"
    assert telemetry.noted().name == ""
    assert telemetry.calls() == ()


async def test_operations_side_by_side():
    """What is noted of an operation is its own, also what its tasks note."""

    async def note(name: str) -> None:
        telemetry.noted().name = name

    async def answer(name: str) -> str:
        with telemetry.operation() as noted:
            await asyncio.gather(note(name))
            return noted.name

    assert await asyncio.gather(answer("a"), answer("b")) == ["a", "b"]
