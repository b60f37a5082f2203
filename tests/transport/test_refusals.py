"""A system that takes no more calls: in every shape the wait is right, and nothing is sent meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from gateway.backends.acumulus.protocol import failures
from gateway.backends.moneybird import protocol
from gateway.domain.errors import NotLoaded, RateLimited
from gateway.flight import Deadline, Urgency, urgent
from gateway.ports import Allowance, Answer, Call, Client, Line
from gateway.transport.breaker import FAILURES
from gateway.transport.client import UNTOLD, HttpNetwork
from tests.fakes import NOW, Clock
from tests.transport.test_client import LINE, System, turns

RETRY_LATER = b'"Retry later"'
PAGE = b"<!DOCTYPE html><html><h1>Too Many Requests</h1></html>"
EPOCH = int(NOW.timestamp())
DAY = 86_400

SHAPES = [
    pytest.param({"Retry-After": "90"}, RETRY_LATER, 90, id="seconds"),
    pytest.param(
        {"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, RETRY_LATER, 90, id="date"
    ),
    pytest.param({"Retry-After": str(EPOCH + 90)}, RETRY_LATER, 90, id="epoch"),
    pytest.param({}, RETRY_LATER, UNTOLD.total_seconds(), id="nothing"),
    pytest.param({"Content-Type": "text/html"}, PAGE, UNTOLD.total_seconds(), id="page"),
    pytest.param({"Retry-After": "90", "Content-Type": "text/html"}, PAGE, 90, id="page-that-tells"),
    pytest.param({"Retry-After": "0"}, RETRY_LATER, 1, id="no-wait"),
    pytest.param({"Retry-After": str(EPOCH - 90)}, RETRY_LATER, 1, id="past"),
    pytest.param({"Retry-After": "50 years"}, RETRY_LATER, UNTOLD.total_seconds(), id="senseless"),
    pytest.param({"Retry-After": str(EPOCH + 50 * 365 * DAY)}, RETRY_LATER, DAY, id="fifty-years"),
]

ONLY_MONEYBIRD = [
    pytest.param({"RateLimit-Reset": str(EPOCH + 90)}, RETRY_LATER, 90, id="reset-alone"),
    pytest.param(
        {
            "RateLimit-Limit": "150",
            "RateLimit-Remaining": "90",
            "RateLimit-RequestsRemaining": "0",
            "RateLimit-Reset": str(EPOCH + 3600 + 90),
            "Retry-After": str(EPOCH + 3600 + 90),
        },
        RETRY_LATER,
        90,
        id="clock-an-hour-behind",
    ),
]


def moneybird(answer: Answer) -> Answer:
    protocol.body_of(answer, administration="shop", now=NOW)
    return answer


def acumulus(answer: Answer) -> Answer:
    if answer.status == 429:
        raise failures.rate_limited(answer, failures.Origin("shop", NOW))
    return answer


SYSTEMS = {"moneybird": (protocol.ration, moneybird), "acumulus": (failures.ration, acumulus)}
EACH = [
    *(pytest.param("moneybird", *each.values, id=f"moneybird-{each.id}") for each in SHAPES + ONLY_MONEYBIRD),
    *(pytest.param("acumulus", *each.values, id=f"acumulus-{each.id}") for each in SHAPES),
]


async def outcome(client: Client, call: Call, understand=moneybird) -> object:
    return (await asyncio.gather(client.ask(call, understand), return_exceptions=True))[0]


def line(system: str, timeout: float = 10) -> Line:
    return replace(LINE, timeout=timeout, learn=SYSTEMS[system][0])


@pytest.mark.parametrize("safe", [True, False], ids=["read", "write"])
@pytest.mark.parametrize(("system", "headers", "body", "wait"), EACH)
async def test_the_wait_is_right(system, headers, body, wait, safe):
    """What is told is right within a second and at most a day; until then nothing is sent, and then it is."""
    upstream, clock = System(httpx.Response(429, headers=headers, content=body)), Clock()
    client, understand = upstream.network(clock).open(line(system)), SYSTEMS[system][1]
    refused = await outcome(client, Call("GET", "/1", safe=safe), understand)
    assert isinstance(refused, RateLimited)
    assert refused.retry_after == NOW + timedelta(seconds=wait)
    for urgency in Urgency:
        with urgent(urgency):
            later = await outcome(client, Call("GET", f"/{urgency}"), understand)
        assert isinstance(later, RateLimited)
        assert not isinstance(later, NotLoaded)
        assert later.retry_after == refused.retry_after
    clock.move(wait - 0.1)
    assert isinstance(await outcome(client, Call("GET", "/2"), understand), RateLimited)
    assert len(upstream.requests) == 1
    clock.move(0.1)
    with urgent(Urgency.WRITE):
        assert isinstance(await outcome(client, Call("GET", "/2"), understand), Answer)


async def test_refusals_open_no_breaker():
    """A system that refuses, however often, works: it is asked as soon as it said that it may be."""
    answers = [httpx.Response(429, headers={"Retry-After": "30"}) for _ in range(3 * FAILURES)]
    upstream, clock = System(*answers), Clock()
    client = upstream.network(clock).open(line("moneybird"))
    for turn in range(3 * FAILURES):
        assert isinstance(await outcome(client, Call("GET", f"/{turn}")), RateLimited)
        clock.move(30)
    assert len(upstream.requests) == 3 * FAILURES
    assert isinstance(await outcome(client, Call("GET", "/last")), Answer)


async def test_a_refusal_in_the_body_alone_closes_the_line():
    """Where the status says nothing of it, what the answer means does."""

    def says_so(answer: Answer) -> Answer:
        raise RateLimited("No more.")

    upstream, clock = System(), Clock()
    client = upstream.network(clock).open(line("acumulus"))
    for _ in range(2):
        refused = await outcome(client, Call("GET", "/1"), says_so)
        assert isinstance(refused, RateLimited)
        assert refused.retry_after == NOW + UNTOLD
    assert len(upstream.requests) == 1
    clock.move(UNTOLD.total_seconds())
    assert isinstance(await outcome(client, Call("GET", "/1")), Answer)


async def test_a_short_refusal_is_waited_for():
    """A read that has the time is sent again when it was told to be, and no sooner."""
    upstream = System(httpx.Response(429, headers={"Retry-After": "1"}))
    loop = asyncio.get_running_loop()
    began, at = loop.time(), NOW
    network = HttpNetwork(
        transport=httpx.MockTransport(upstream), clock=lambda: at + timedelta(seconds=loop.time() - began)
    )
    answer = await Deadline(60).bound(outcome(network.open(line("moneybird", 30)), Call("GET", "/1")))
    assert isinstance(answer, Answer)
    assert len(upstream.requests) == 2
    assert loop.time() - began >= 1


async def test_who_is_refused_waits_for_no_place():
    """A ration that is used up is told at once, though every place is taken."""
    upstream = System()
    upstream.gate = asyncio.Event()
    client = upstream.network().open(replace(line("acumulus", 60), at_once=1, allowance=Allowance(1, 60)))
    holding = asyncio.create_task(outcome(client, Call("GET", "/1"), acumulus))
    await turns(50)
    refused = asyncio.create_task(outcome(client, Call("GET", "/2"), acumulus))
    await turns(50)
    assert refused.done()
    assert isinstance(await refused, RateLimited)
    upstream.gate.set()
    assert isinstance(await holding, Answer)


async def test_what_is_kept_is_not_loaded():
    """A ration that is kept for others is told apart from one that is used up."""
    told = {"RateLimit-Limit": "150", "RateLimit-RequestsRemaining": "50", "RateLimit-Reset": str(EPOCH + 60)}
    upstream = System(httpx.Response(200, headers=told, content=b"[]"))
    client = upstream.network().open(line("moneybird"))
    await outcome(client, Call("GET", "/1"))
    with urgent(Urgency.BACKGROUND):
        kept = await outcome(client, Call("GET", "/2"))
    assert isinstance(kept, NotLoaded)
    assert (kept.code, kept.retry_after) == ("NOT_LOADED", NOW + timedelta(seconds=60))
    assert len(upstream.requests) == 1


class Window:
    """A system that counts 150 calls, and refuses the others."""

    def __init__(self) -> None:
        self.left = 150
        self.refused = 0
        self.written = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.refused += not self.left
        status, self.left = (200, self.left - 1) if self.left else (429, 0)
        self.written += request.method == "POST"
        told = {"Limit": "150", "RequestsRemaining": str(self.left), "Reset": str(EPOCH + 300)}
        headers = {f"RateLimit-{name}": value for name, value in told.items()}
        return httpx.Response(status, headers=headers, content=b"[]")


@pytest.mark.parametrize("spent", [0, 100], ids=["fresh", "others-spent"])
async def test_a_thousand_calls_in_one_window(spent):
    """Of a thousand mixed calls no more are sent than the window has; every write is."""
    window = Window()
    window.left -= spent
    network = HttpNetwork(transport=httpx.MockTransport(window), clock=Clock())
    client = network.open(replace(line("moneybird", 60), allowance=Allowance(150, 300)))

    async def asks(number: int) -> object:
        degree = list(Urgency)[3 - number % 4] if number % 100 else Urgency.WRITE
        degree = Urgency.WAITED if degree is Urgency.WRITE and number % 100 else degree
        call = Call("POST" if degree is Urgency.WRITE else "GET", f"/{number}", safe=degree > 0)
        with urgent(degree):
            return await outcome(client, call)

    await asks(1)  # the first answer tells what others spent
    told = await asyncio.gather(*(asks(number) for number in range(2, 1002)))
    assert window.refused == 0
    assert {type(each) for each in told} <= {Answer, RateLimited, NotLoaded}
    assert window.written == 10
    assert sum(isinstance(each, Answer) for each in told) == 149 - spent - window.left
    assert window.left < 10
