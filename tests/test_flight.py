"""One running call shared by all who ask for it at once."""

import asyncio
import gc

import pytest

from gateway.domain.errors import DeadlineExceeded
from gateway.flight import Deadline, SingleFlight, Urgency, time_left, urgency, urgent


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


async def test_one_that_has_just_ended_is_not_shared(call):
    """Who asks right after a call's end gets an answer of their own, although nobody cleared it away yet."""
    flight, at_its_end = SingleFlight[int](), asyncio.Event()

    async def ends() -> int:
        at_its_end.set()
        return 0

    async def asks() -> int:
        await at_its_end.wait()
        return await flight.do("key", call)

    call.gate.set()
    asking = asyncio.create_task(asks())
    await turns()
    assert (await flight.do("key", ends), await asking) == (0, 1)


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


def test_degrees_of_urgency():
    """The smaller goes first: writes, who waits, who waits for much, and what nobody waits for."""
    assert sorted(Urgency, reverse=True) == [
        *(Urgency.BACKGROUND, Urgency.BULK, Urgency.WAITED, Urgency.WRITE),
    ]


async def test_urgency_holds_inside_and_in_what_was_begun_there():
    """Calls are waited for unless said otherwise; tasks that begin inside keep what held there."""

    async def told() -> Urgency:
        await asyncio.sleep(0)
        return urgency()

    assert urgency() is Urgency.WAITED
    with urgent(Urgency.BULK):
        begun = asyncio.create_task(told())
        with urgent(Urgency.WRITE):
            assert await told() is Urgency.WRITE
        assert urgency() is Urgency.BULK
    assert (urgency(), await begun) == (Urgency.WAITED, Urgency.BULK)


async def test_urgency_ends_with_its_block_whatever_happens():
    """An error inside changes nothing outside."""
    with pytest.raises(ValueError, match="broken"), urgent(Urgency.WRITE):
        await broken()
    assert urgency() is Urgency.WAITED


async def test_an_operation_knows_what_time_is_left():
    """Inside of a deadline its seconds, outside none: nobody waits; the inner of two counts."""
    now = [100.0]

    async def left() -> float | None:
        return time_left()

    async def inner() -> float | None:
        return await Deadline(30, clock=lambda: now[0]).bound(left())

    deadline = Deadline(90, clock=lambda: now[0])
    now[0] += 10
    assert await left() is None
    assert await deadline.bound(left()) == 80
    assert await deadline.bound(inner()) == 30
    assert await left() is None
    with pytest.raises(ValueError, match="broken"):
        await deadline.bound(broken())
    assert await left() is None


@pytest.mark.parametrize(
    ("degree", "seconds"),
    [
        pytest.param(Urgency.WRITE, 80, id="write"),
        pytest.param(Urgency.WAITED, 80, id="waited"),
        pytest.param(Urgency.BULK, 80, id="bulk"),
        pytest.param(Urgency.BACKGROUND, None, id="background"),
    ],
)
async def test_what_is_in_the_background_has_no_deadline(degree, seconds):
    """Nobody waits for it, so that it never counts the seconds of the operation that began it."""

    async def left() -> tuple[float | None, float | None]:
        with urgent(degree):
            inside = time_left()
        return inside, time_left()

    assert await Deadline(80, clock=lambda: 100.0).bound(left()) == (seconds, 80)
