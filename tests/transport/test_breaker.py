"""Whether a system that keeps failing is asked: the breaker against a plain model, and on a line."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, NotReached, RejectedBySystem
from gateway.flight import Deadline
from gateway.ports import Answer, Call
from gateway.transport.breaker import FAILURES, PAUSE, SUCCESSES, Breaker, Ticket
from gateway.transport.client import HttpNetwork
from tests.fakes import NOW, Clock
from tests.transport.calls import sent
from tests.transport.test_client import LINE, ONCE, System, turns

PAUSED, PATIENT = 30, 10
"""Seconds of the breaker under test."""


class BreakerAgainstModel(RuleBasedStateMachine):
    """The model counts seconds gone by, where the breaker compares moments.

    `counting` are the calls whose news count while it is closed, `probe` the one that does while it is not;
    `calls` are all that ever passed and were not judged, most of them of earlier turns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = Breaker(3, 2, timedelta(seconds=PAUSED), timedelta(seconds=PATIENT))
        self.calls: list[Ticket] = []
        self.closed = True
        self.counting: list[Ticket] = []
        self.streak = self.wins = 0
        self.probe: Ticket | None = None
        self.since_opened = self.since_probe = 0

    def may_pass(self) -> bool:
        if self.closed:
            return True
        paused = self.wins == 0 and self.since_opened < PAUSED
        return not paused and (self.probe is None or self.since_probe >= PATIENT)

    def ask(self) -> bool:
        if self.breaker.closed_until(self.clock()):
            return False
        ticket = self.breaker.enter(self.clock())
        self.calls.append(ticket)
        if self.closed:
            self.counting.append(ticket)
        else:
            self.probe, self.since_probe = ticket, 0
        return True

    @rule(count=st.sampled_from([1, 1, 2, 100]))
    def many_ask(self, count):
        expected = count if self.closed else int(self.may_pass())
        assert sum(self.ask() for _ in range(count)) == expected

    @precondition(lambda self: self.calls)
    @rule(place=st.integers(0, 200), latest=st.booleans())
    def goes_well(self, place, latest):
        ticket = self.calls.pop(-1 if latest else place % len(self.calls))
        self.breaker.succeeded(ticket)
        if self.closed:
            self.streak = 0 if any(ticket is each for each in self.counting) else self.streak
        elif ticket is self.probe:
            self.probe, self.wins = None, self.wins + 1
            self.closed = self.wins == 2
            self.streak, self.counting = 0, []

    @precondition(lambda self: self.calls)
    @rule(place=st.integers(0, 200), latest=st.booleans())
    def fails(self, place, latest):
        ticket = self.calls.pop(-1 if latest else place % len(self.calls))
        self.breaker.failed(ticket, self.clock())
        self.streak += self.closed and any(ticket is each for each in self.counting)
        if self.streak == 3 or (not self.closed and ticket is self.probe):
            self.closed, self.probe = False, None
            self.streak = self.wins = self.since_opened = 0

    @precondition(lambda self: self.calls)
    @rule(place=st.integers(0, 200), latest=st.booleans())
    def is_abandoned(self, place, latest):
        ticket = self.calls.pop(-1 if latest else place % len(self.calls))
        self.breaker.gave_up(ticket)
        self.probe = None if ticket is self.probe else self.probe

    @rule(seconds=st.sampled_from([1, 5, PATIENT, PAUSED - 1, PAUSED, 3600, -1, -PATIENT, -3600]))
    def time_goes_by_or_back(self, seconds):
        self.clock.move(seconds)
        self.since_opened = max(0, self.since_opened + seconds)
        self.since_probe = max(0, self.since_probe + seconds)

    @invariant()
    def says_what_the_model_says(self):
        until = self.breaker.closed_until(self.clock())
        assert (until is None) == self.may_pass()
        assert until is None or self.clock() < until <= self.clock() + timedelta(seconds=PAUSED)
        half = self.probe is not None or self.wins > 0
        assert self.breaker.state == ("closed" if self.closed else "half_open" if half else "open")


BreakerAgainstModel.TestCase.settings = settings(max_examples=40, stateful_step_count=120, deadline=None)
TestBreakerAgainstModel = BreakerAgainstModel.TestCase


def opened(clock: Clock, breaker: Breaker) -> Breaker:
    """Fail so often that nothing passes."""
    for _ in range(FAILURES):
        assert breaker.closed_until(clock()) is None
        breaker.failed(breaker.enter(clock()), clock())
    assert breaker.state == "open"
    return breaker


@pytest.mark.parametrize("hours", [-1, 0, 1], ids=["back", "right", "forward"])
def test_a_clock_that_is_set_leaves_it_open_no_longer_than_its_pause(hours):
    """From the moment at which the clock is looked at again, it is a pause at most."""
    clock, breaker = Clock(), Breaker()
    opened(clock, breaker)
    clock.move(3600 * hours)
    if until := breaker.closed_until(clock()):
        assert until <= clock() + PAUSE
    clock.move(PAUSE.total_seconds())
    assert breaker.closed_until(clock()) is None


def test_late_news_change_nothing():
    """A call of an earlier turn neither closes nor opens, nor does it end or begin a count."""
    clock, breaker = Clock(), Breaker()
    early = [breaker.enter(clock()) for _ in range(20)]
    opened(clock, breaker)
    clock.move(PAUSE.total_seconds())
    lost = breaker.enter(clock())
    clock.move(PAUSE.total_seconds())
    probe = breaker.enter(clock())
    for _ in range(SUCCESSES):
        breaker.succeeded(lost)
        breaker.succeeded(early.pop())
    assert breaker.closed_until(clock()) == clock() + PAUSE
    breaker.failed(lost, clock())
    breaker.succeeded(probe)
    breaker.succeeded(breaker.enter(clock()))
    assert breaker.state == "closed"
    for _ in range(FAILURES - 1):
        breaker.failed(breaker.enter(clock()), clock())
        breaker.failed(early.pop(), clock())
        breaker.succeeded(early.pop())
    assert breaker.state == "closed"
    breaker.failed(breaker.enter(clock()), clock())
    assert breaker.state == "open"


async def failing(system: System, client, count: int) -> list[object]:
    """Make so many calls that fail, one after the other; return what was raised."""
    system.answers = [httpx.ReadError("broken") for _ in range(count)]
    return [(await asyncio.gather(sent(client, ONCE), return_exceptions=True))[0] for _ in range(count)]


async def test_it_opens_at_exactly_its_number():
    """A success between failures begins the count anew; the fifth in a row is the last that is sent."""
    system, clock = System(), Clock()
    client = system.network(clock).open(LINE)
    await failing(system, client, FAILURES - 1)
    await sent(client, ONCE)
    raised = await failing(system, client, FAILURES)
    assert [type(each) for each in raised] == [BackendUnavailable] * FAILURES
    for _ in range(3):
        with pytest.raises(NotReached, match="left alone for a moment") as caught:
            await sent(client, ONCE)
        assert (caught.value.retry_after, caught.value.may_have_landed) == (NOW + PAUSE, False)
    assert len(system.requests) == 2 * FAILURES


async def test_who_waited_for_a_place_is_not_sent_either():
    """It may open while calls wait: none of them goes out then."""
    system = System(*(httpx.ReadError("") for _ in range(20)))
    client = system.network().open(replace(LINE, at_once=1))
    told = await asyncio.gather(*(sent(client, ONCE) for _ in range(20)), return_exceptions=True)
    assert len(system.requests) == FAILURES
    assert [type(each) for each in told] == [BackendUnavailable] * FAILURES + [NotReached] * (20 - FAILURES)


async def test_one_of_a_hundred_probes_passes():
    """After the pause one call goes out, whoever asks; it closes after two that went well."""
    system, clock = System(), Clock()
    client = system.network(clock).open(LINE)
    await failing(system, client, FAILURES)
    clock.move(PAUSE.total_seconds())
    for turn in range(SUCCESSES):
        system.requests.clear()
        system.gate = asyncio.Event()
        calls = [Call("GET", f"/{turn}/{number}") for number in range(100)]
        asking = [asyncio.create_task(sent(client, call)) for call in calls]
        await turns(200)
        assert len(system.requests) == 1
        system.gate.set()
        told = await asyncio.gather(*asking, return_exceptions=True)
        assert sorted(type(each).__name__ for each in told) == ["Answer"] + ["NotReached"] * 99
    calls = [Call("GET", f"/last/{number}") for number in range(100)]
    assert all(await asyncio.gather(*(sent(client, call) for call in calls)))


async def test_a_failed_probe_opens_it_anew():
    """One that fails is enough, and the pause begins again."""
    system, clock = System(), Clock()
    client = system.network(clock).open(LINE)
    await failing(system, client, FAILURES)
    clock.move(PAUSE.total_seconds())
    assert [type(each) for each in await failing(system, client, 1)] == [BackendUnavailable]
    with pytest.raises(NotReached) as caught:
        await sent(client, ONCE)
    assert caught.value.retry_after == clock() + PAUSE


async def test_a_cancelled_probe_makes_room():
    """Nobody waits for it any more: the next call may probe at once."""
    system, clock = System(), Clock()
    client = system.network(clock).open(LINE)
    await failing(system, client, FAILURES)
    clock.move(PAUSE.total_seconds())
    system.gate = asyncio.Event()
    probing = asyncio.create_task(sent(client, ONCE))
    await turns()
    probing.cancel()
    await asyncio.wait([probing])
    system.gate.set()
    assert (await sent(client, ONCE)).status == 200


def refuses(answer: Answer) -> None:
    raise RejectedBySystem("The system refused.")


def is_unreadable(answer: Answer) -> None:
    raise BadUpstreamAnswer("No sense.")


def wants_no_such_call(answer: Answer) -> None:
    raise BadUpstreamAnswer("Status 400.", retryable=False)


@pytest.mark.parametrize(
    ("understand", "state"),
    [
        pytest.param(refuses, "closed", id="refusal"),
        pytest.param(wants_no_such_call, "closed", id="status-400"),
        pytest.param(is_unreadable, "open", id="no-sense"),
    ],
)
async def test_what_counts_as_a_failure(understand, state):
    """A system that refuses works; one whose answers make no sense does not."""
    system = System()
    client = system.network().open(LINE)
    for _ in range(FAILURES + 1):
        await asyncio.gather(client.ask(ONCE, understand), return_exceptions=True)
    assert len(system.requests) == (FAILURES + 1 if state == "closed" else FAILURES)


async def test_its_turns_are_logged_once():
    """Eight calls that fail at once open it once; a probe that fails is no news."""
    system, clock = System(), Clock()
    client = system.network(clock).open(LINE)
    with structlog.testing.capture_logs() as events:
        system.answers = [httpx.ReadError("") for _ in range(9)]
        await asyncio.gather(*(sent(client, ONCE) for _ in range(8)), return_exceptions=True)
        clock.move(PAUSE.total_seconds())
        await asyncio.gather(sent(client, ONCE), return_exceptions=True)
        clock.move(PAUSE.total_seconds())
        for _ in range(SUCCESSES):
            await sent(client, ONCE)
    assert [each["state"] for each in events if each["event"] == "breaker"] == ["open", "half_open", "closed"]


async def test_each_line_has_its_own():
    """One administration that fails leaves those beside it alone."""
    system = System()
    network = HttpNetwork(transport=httpx.MockTransport(system), clock=Clock())
    first, second = network.open(LINE), network.open(LINE)
    await failing(system, first, FAILURES)
    with pytest.raises(NotReached):
        await sent(first, ONCE)
    assert (await Deadline(10).bound(sent(second, ONCE))).status == 200
