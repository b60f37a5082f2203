"""One running call shared by all who ask for it at once."""

import asyncio
import gc

import pytest

from gateway.domain.errors import DeadlineExceeded
from gateway.flight import Deadline, SingleFlight


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Call:
    """A call that answers when told to, and counts."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> int:
        self.started += 1
        mine = self.started
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            await turns()  # winding down takes a while, as closing a connection does
            raise
        if self.failure is not None:
            raise self.failure
        return mine


@pytest.fixture
def call() -> Call:
    return Call()


async def test_a_hundred_who_ask_share_one_call(call):
    """All get the one answer."""
    flight = SingleFlight[int]()
    waiters = [asyncio.create_task(flight.do("key", call)) for _ in range(100)]
    await turns()
    assert flight.running("key")
    call.gate.set()
    assert await asyncio.gather(*waiters) == [1] * 100
    assert not flight.running("key")


async def test_keys_are_called_apart_and_answers_are_not_kept(call):
    """Another key is another call, and so is the same key afterwards."""
    flight = SingleFlight[int]()
    call.gate.set()
    assert sorted(await asyncio.gather(flight.do("a", call), flight.do("b", call))) == [1, 2]
    assert await flight.do("a", call) == 3


async def test_one_who_leaves_takes_nothing_from_the_others(call):
    """Cancelling the one that started the call leaves it running for the rest."""
    flight = SingleFlight[int]()
    first, second = (asyncio.create_task(flight.do("key", call)) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    call.gate.set()
    assert await second == 1
    assert first.cancelled()
    assert call.cancelled == 0


async def test_the_call_ends_when_the_last_one_leaves(call):
    """Nobody waits, nothing runs; who comes then starts anew."""
    flight = SingleFlight[int]()
    waiters = [asyncio.create_task(flight.do("key", call)) for _ in range(3)]
    await turns()
    for waiter in waiters:
        waiter.cancel()
    await asyncio.wait(waiters)
    assert not flight.running("key")
    late = asyncio.create_task(flight.do("key", call))
    await turns()
    assert call.cancelled == 1
    call.gate.set()
    assert await late == 2


async def test_a_lingering_call_finishes_without_anybody(call):
    """With `linger` the call goes on, and who comes back in time shares it."""
    flight = SingleFlight[int](linger=True)
    waiter = asyncio.create_task(flight.do("key", call))
    await turns()
    waiter.cancel()
    await turns()
    assert flight.running("key")
    back = asyncio.create_task(flight.do("key", call))
    await turns()
    call.gate.set()
    assert await back == 1
    assert (call.started, call.cancelled) == (1, 0)


async def test_everyone_is_told_of_a_failure(call):
    """The one exception reaches all who waited, and the next call is a new one."""
    flight = SingleFlight[int]()
    call.failure = ValueError("broken")
    waiters = [asyncio.create_task(flight.do("key", call)) for _ in range(3)]
    await turns()
    call.gate.set()
    told = await asyncio.gather(*waiters, return_exceptions=True)
    assert told == [call.failure] * 3
    call.failure = None
    assert await flight.do("key", call) == 2


@pytest.mark.parametrize("linger", [pytest.param(False, id="ends"), pytest.param(True, id="lingers")])
async def test_a_failure_that_nobody_waited_for_is_not_reported(call, linger):
    """The event loop has nothing to say of exceptions never retrieved."""
    reported: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["message"]))
    flight = SingleFlight[int](linger=linger)
    call.failure = ValueError("broken")
    waiter = asyncio.create_task(flight.do("key", call))
    await turns()
    waiter.cancel()
    call.gate.set()
    await turns()
    del waiter
    gc.collect()
    await turns()
    assert reported == []


async def test_closing_ends_what_runs(call):
    """Who still waits is cancelled with the call."""
    flight = SingleFlight[int](linger=True)
    waiter = asyncio.create_task(flight.do("key", call))
    await turns()
    await flight.close()
    assert call.cancelled == 1
    assert not flight.running("key")
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_an_answer_in_time_comes_through():
    """What is ready before the deadline is returned, and so is its own failure."""
    deadline = Deadline(10)
    assert await deadline.bound(asyncio.sleep(0, "answer")) == "answer"
    with pytest.raises(ValueError, match="broken"):
        await deadline.bound(broken())


async def broken() -> None:
    raise ValueError("broken")


async def test_a_deadline_ends_what_is_late(call):
    """Whoever waits past it is told so, and the call is cancelled."""
    deadline = Deadline(0.01)
    with pytest.raises(DeadlineExceeded):
        await deadline.bound(call())
    assert call.cancelled == 1


def test_what_is_left_never_goes_below_nothing():
    """Seconds run down to zero and stay there."""
    now = [100.0]
    deadline = Deadline(5, clock=lambda: now[0])
    now[0] = 103.0
    assert deadline.left() == 2
    now[0] = 200.0
    assert deadline.left() == 0
