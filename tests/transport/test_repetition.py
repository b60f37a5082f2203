"""What is sent again after a failure, when, and what never is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import structlog

from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    NotFound,
    RateLimited,
)
from gateway.flight import Deadline, Urgency, urgent
from gateway.ports import Allowance, Answer, Call, Client
from gateway.telemetry import Instruments
from gateway.transport.client import HttpNetwork
from gateway.transport.patience import Patience
from tests.fakes import Clock
from tests.transport.calls import sent
from tests.transport.test_client import LINE, System, turns

LONG = replace(LINE, timeout=60)
READ = Call("GET", "/x")
WRITE = Call("POST", "/x", b"x", safe=False)


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Waiting:
    """Satisfies `Pause`: notes for how long, and lets so much time go by."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.move(seconds)


def understand(answer: Answer) -> Answer:
    """Read an answer as a backend does."""
    if answer.status == 503:
        wait = answer.headers.get("wait")
        later = Clock()() + timedelta(seconds=float(wait)) if wait else None
        raise BackendUnavailable("It failed.", retry_after=later)
    if answer.body == b"senseless":
        raise BadUpstreamAnswer("No sense.")
    if answer.body == b"refused":
        raise BadUpstreamAnswer("Refused.", retryable=False)
    if answer.status == 401:
        raise CredentialsRejected("Not you.")
    if answer.status == 404:
        raise NotFound("Not there.")
    return answer


async def outcome(client: Client, call: Call) -> object:
    """Make a call; return its answer, or what it raised."""
    return (await asyncio.gather(client.ask(call, understand), return_exceptions=True))[0]


FAILURES = [
    pytest.param(lambda: httpx.ReadError("reset"), id="reset"),
    pytest.param(lambda: httpx.ConnectError("refused"), id="refused"),
    pytest.param(lambda: httpx.Response(503), id="503"),
    pytest.param(lambda: httpx.Response(200, content=b"senseless"), id="senseless"),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
async def test_a_safe_call_is_sent_once_more(failure, shared):
    """Whatever failed may go well a moment later."""
    system = System(failure())
    answer = await outcome(system.network().open(LONG), replace(READ, shared=shared))
    assert isinstance(answer, Answer)
    assert len(system.requests) == 2


@pytest.mark.parametrize("failure", FAILURES)
async def test_and_not_a_third_time(failure):
    """Two failures are the system's answer."""
    system = System(*(failure() for _ in range(3)))
    raised = await outcome(system.network().open(LONG), READ)
    assert isinstance(raised, BackendError)
    assert len(system.requests) == 2


@pytest.mark.parametrize("failure", FAILURES)
async def test_an_unsafe_call_is_sent_once(failure):
    """It may have been carried out, whatever it looked like."""
    system = System(failure())
    raised = await outcome(system.network().open(LONG), WRITE)
    assert isinstance(raised, BackendError)
    assert len(system.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: httpx.Response(200, content=b"refused"), id="not-retryable"),
        pytest.param(lambda: httpx.Response(401), id="credentials"),
        pytest.param(lambda: httpx.Response(404), id="not-found"),
    ],
)
async def test_what_would_fail_again_is_not_repeated(answer):
    """An error that says that the same call fails again is believed."""
    system = System(answer())
    await outcome(system.network().open(LONG), READ)
    assert len(system.requests) == 1


@pytest.mark.parametrize(("took", "count"), [(59.5, 2), (59.9, 1), (61, 1)], ids=["time", "little", "none"])
async def test_nothing_is_repeated_after_the_calls_time(took, count):
    """Where its seconds are nearly over a call that failed has failed."""
    seconds, system = Seconds(), System()

    async def fails_late(request: httpx.Request) -> httpx.Response:
        seconds.now += took
        return await system(request)

    system.answers = [httpx.ReadError("late")]
    network = HttpNetwork(transport=httpx.MockTransport(fails_late), clock=Clock(), seconds=seconds)
    # The second try has no second left to spare on a slow machine: what counts is that it was sent.
    await outcome(network.open(LONG), READ)
    assert len(system.requests) == count


def test_a_calls_time_begins_when_it_is_sent():
    """Whoever waits for a place loses nothing of it."""
    seconds = Seconds()
    patience = Patience(10, seconds)
    seconds.now += 100
    assert patience.left() == 10
    patience.begin()
    seconds.now += 4
    patience.begin()
    assert patience.left() == 6
    seconds.now += 100
    assert patience.left() == 0


async def test_calls_that_wait_for_a_place_do_not_run_out_of_time():
    """Forty calls one after the other take longer than the time of one, and all go well."""
    seconds, system = Seconds(), System()

    async def takes_long(request: httpx.Request) -> httpx.Response:
        seconds.now += 50
        return await system(request)

    network = HttpNetwork(transport=httpx.MockTransport(takes_long), clock=Clock(), seconds=seconds)
    client = network.open(replace(LONG, at_once=1))
    answers = await asyncio.gather(*(outcome(client, Call("GET", f"/{turn}")) for turn in range(40)))
    assert [type(each) for each in answers] == [Answer] * 40


async def test_a_repetition_that_got_no_place_in_time_is_not_sent():
    """Its time runs on while it waits: it fails without a call, and the ration is none the worse."""
    seconds, system = Seconds(), System(httpx.ReadError("once"))

    async def takes_a_minute(request: httpx.Request) -> httpx.Response:
        seconds.now += 61 if request.method == "POST" else 0
        return await system(request)

    network = HttpNetwork(transport=httpx.MockTransport(takes_a_minute), clock=Clock(), seconds=seconds)
    client = network.open(replace(LONG, at_once=1, allowance=Allowance(100, 60)))
    reading = asyncio.create_task(outcome(client, READ))
    await turns(50)
    await sent(client, WRITE)
    raised = await reading
    assert isinstance(raised, BackendUnavailable)
    assert "gave no answer in 60 s" in raised.message
    quota = client.quota()
    assert quota
    assert (len(system.requests), quota.remaining) == (2, 98)


async def test_repetitions_are_spread():
    """Thirty calls that failed in one moment do not come back in the order in which they went."""
    system = System(*(httpx.ReadError("all at once") for _ in range(30)))
    client = system.network().open(replace(LONG, at_once=100))
    # A breaker that opens would end this: a success now and then keeps it closed.
    system.answers = [
        each for failure in system.answers for each in (failure, httpx.Response(200, content=b"ok"))
    ]
    await asyncio.gather(*(outcome(client, Call("GET", f"/{turn}")) for turn in range(60)))
    paths = [request.url.path for request in system.requests]
    again = [path for place, path in enumerate(paths) if path in paths[:place]]
    assert len(again) == 30
    assert again != [path for path in paths[:60] if path in again]


async def test_equal_calls_share_one_repetition():
    """A hundred who ask the same are two calls to the system, and all get the second's answer."""
    system = System(httpx.ReadError("once"))
    client = system.network().open(LONG)
    answers = await asyncio.gather(*(outcome(client, READ) for _ in range(100)))
    assert [type(each) for each in answers] == [Answer] * 100
    assert len(system.requests) == 2


@pytest.mark.parametrize(
    ("wait", "deadline", "count"),
    [
        pytest.param("0.3", 60, 2, id="fits"),
        pytest.param("0.3", None, 1, id="nobody-waits"),
        pytest.param("5.1", 60, 1, id="too-long"),
        pytest.param("4.9", 4, 1, id="beyond-the-deadline"),
        pytest.param("0", 60, 2, id="at-once"),
        pytest.param("-100", 60, 2, id="past"),
    ],
)
async def test_a_failing_system_is_asked_again_when_it_wants_to_be(wait, deadline, count):
    """A moment that fits the operation's deadline is waited for, anything later is a failure now."""
    system = System(httpx.Response(503, headers={"Wait": wait}))
    client = system.network().open(LONG)
    began = asyncio.get_running_loop().time()
    asking = outcome(client, READ)
    answer = await (Deadline(deadline).bound(asking) if deadline else asking)
    assert len(system.requests) == count
    assert isinstance(answer, Answer) is (count == 2)
    assert count == 1 or asyncio.get_running_loop().time() - began >= float(wait)


async def test_waiting_for_the_ration():
    """A call whose turn comes soon, and within the operation's deadline, waits for it; no other does."""
    system, clock = System(), Clock()
    waiting = Waiting(clock)
    network = HttpNetwork(transport=httpx.MockTransport(system), clock=clock, pause=waiting)
    client = network.open(replace(LONG, allowance=Allowance(1, 4)))
    await sent(client, READ)
    with pytest.raises(RateLimited):
        await sent(client, READ)
    with pytest.raises(RateLimited):
        await Deadline(3).bound(sent(client, READ))
    assert waiting.waits == []
    assert (await Deadline(30).bound(sent(client, READ))).status == 200
    assert len(waiting.waits) == 1
    assert 4 <= waiting.waits[0] < 4.1
    with urgent(Urgency.BACKGROUND), pytest.raises(RateLimited):
        await sent(client, READ)
    assert len(waiting.waits) == 1


async def test_tries_are_told_by_us_alone():
    """Two tries are two events, numbered; the library that repeats adds none, and no metric."""
    system = System(httpx.ReadError("s3cret"))
    instruments = Instruments()
    network = HttpNetwork(transport=httpx.MockTransport(system), clock=Clock(), instruments=instruments)
    with structlog.testing.capture_logs() as events:
        await outcome(network.open(LONG), READ)
    assert [(each["event"], each["outcome"], each["tries"]) for each in events] == [
        ("upstream_call", "SYSTEM_UNAVAILABLE", 1),
        ("upstream_call", "200", 2),
    ]
    assert "s3cret" not in str(events)
