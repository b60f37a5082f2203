"""Filling a thin book while nobody waits."""

import asyncio
from datetime import timedelta

import pytest

from gateway.directory.attempts import IDLE, LOCKED_OUT, WHOLE_WINDOW
from gateway.directory.hydration import STEP, Hydrator
from gateway.domain.errors import (
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    NotLoaded,
    RateLimited,
)
from gateway.flight import Urgency, urgency
from gateway.telemetry import Cause, cause
from tests.fakes import NOW, THIN, Clock, FakeContacts, backend, book_of, contact, turns

AWAY = BackendUnavailable("away")
BAD = BadUpstreamAnswer("unreadable")
COUNT = 20


class Setting:
    """A thin book of twenty contacts, and who fills it; its pauses are noted and end when told to."""

    def __init__(self, count: int = COUNT) -> None:
        self.clock = Clock()
        self.contacts = FakeContacts([contact(str(10 + number)) for number in range(count)], listed=THIN)
        self.book = book_of(backend(self.contacts), self.clock)
        self.pauses: list[float] = []
        self.go_on = asyncio.Semaphore(0)
        self.hydrator = Hydrator(self.book, self.clock, self.pause)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if seconds:
            await self.go_on.acquire()

    @property
    def read(self) -> list[int]:
        """How many details each call asked for."""
        return [len(keys) for keys in self.contacts.switch.asked("get_many")]

    @property
    def keys(self) -> list[list[str]]:
        """Whose details each call asked for."""
        return self.contacts.switch.asked("get_many")


@pytest.fixture
async def at():
    setting = Setting()
    await setting.book.renew()
    yield setting
    await setting.book.close()


def left(at) -> int:
    return len(list(at.book.snapshot.thin_keys()))


async def test_a_book_is_filled_in_steps(at):
    """All details are read, a few at a time and without a pause between; then nothing is left to do."""
    pauses = [await at.hydrator.step() for _ in range(4)]
    assert at.read == [STEP, STEP, COUNT - 2 * STEP]
    assert pauses == [0.0, 0.0, 0.0, IDLE]
    assert (left(at), at.book.snapshot.detailed) == (0, COUNT)


async def test_it_says_why_it_asks(at):
    """Its calls are made to fill rows."""
    seen: list[Cause] = []
    asked = at.contacts.switch.call

    async def noting(method: str, what: object = None) -> None:
        seen.append(cause())
        await asked(method, what)

    at.contacts.switch.call = noting
    await at.hydrator.step()
    assert seen == [Cause.HYDRATE]


async def test_changed_rows_are_filled_again(at):
    """What the list shows as changed is read once more, and nothing else."""
    for _ in range(4):
        await at.hydrator.step()
    at.contacts.book["15"] = contact("15", version="2")
    await at.book.renew()
    await at.hydrator.step()
    assert at.keys[3:] == [["15"]]
    assert left(at) == 0


async def test_nothing_before_a_load():
    """A book that is not loaded is left alone."""
    at = Setting()
    assert await at.hydrator.step() == IDLE
    assert at.contacts.switch.calls == []


async def test_nothing_while_the_book_has_a_problem(at):
    """While its list cannot be read, a book's details are not asked for."""
    at.contacts.switch.failing["scan"] = AWAY
    await at.book.renew()
    assert await at.hydrator.step() == IDLE
    assert at.read == []
    at.contacts.switch.failing.clear()
    await at.book.renew()
    assert await at.hydrator.step() == 0.0
    assert at.read == [STEP]


class TestStandingBack:
    """Whoever waits goes first."""

    @pytest.mark.parametrize("waits_for", ["read", "learn"])
    async def test_while_somebody_waits(self, at, waits_for):
        """No step begins while somebody waits for details; afterwards it goes on."""
        gate = at.contacts.switch.shut("get_many")
        question = (
            at.book.read(["29"], max_age=None, details=True) if waits_for == "read" else at.book.learn(["29"])
        )
        waiting = asyncio.create_task(question)
        await turns()
        running = asyncio.create_task(at.hydrator.run())
        await turns(50)
        assert at.keys == [["29"]]
        gate.set()
        await waiting
        await turns(200)
        assert (at.read[1:], left(at)) == ([STEP, STEP, COUNT - 1 - 2 * STEP], 0)
        assert at.pauses[-1] == IDLE
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def test_until_the_last_one_has_gone(self, at):
        """Of two who wait the second is stood back for too."""
        gates = {key: asyncio.Event() for key in ("28", "29")}
        asked = at.contacts.switch.call

        async def slow(method: str, what: object = None) -> None:
            await asked(method, what)
            if method == "get_many" and what[0] in gates:
                await gates[what[0]].wait()

        at.contacts.switch.call = slow
        waiting = [asyncio.create_task(at.book.learn([key])) for key in gates]
        await turns()
        running = asyncio.create_task(at.hydrator.run())
        gates["28"].set()
        await turns(50)
        assert at.keys == [["28"], ["29"]]
        gates["29"].set()
        await asyncio.gather(*waiting)
        await turns(50)
        assert len(at.keys) > 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def test_who_gives_up_waits_no_more(self, at):
        """One who was cancelled is not stood back for."""
        at.contacts.switch.shut("get_many")
        waiting = asyncio.create_task(at.book.learn(["29"]))
        await turns()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(at.book.attention.quiet(), 1)


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [
        pytest.param(20, 20.0, id="soon"),
        pytest.param(9000, WHOLE_WINDOW, id="late"),
        pytest.param(-20, IDLE, id="past"),
    ],
)
async def test_it_waits_for_the_ration(at, seconds, pause):
    """What the ration does not give to the background is read when it begins anew."""
    full = NotLoaded("kept for others", retry_after=NOW + timedelta(seconds=seconds))
    at.contacts.switch.failing["get_many"] = full
    assert await at.hydrator.step() == pause
    at.contacts.switch.failing.clear()
    assert await at.hydrator.step() == 0.0


async def test_it_asks_in_the_background(at):
    """Its calls reach into the ration no deeper than what nobody waits for may."""
    seen: list[Urgency] = []
    asked = at.contacts.switch.call

    async def noting(method: str, what: object = None) -> None:
        seen.append(urgency())
        await asked(method, what)

    at.contacts.switch.call = noting
    await at.hydrator.step()
    assert seen == [Urgency.BACKGROUND]


class TestFailures:
    """Details that cannot be read."""

    @pytest.mark.parametrize(
        "failure",
        [AWAY, RateLimited("full")],
        ids=lambda failure: failure.code,
    )
    async def test_it_backs_off(self, at, failure):
        """It waits longer from failure to failure, to a minute; then it asks the same contacts again."""
        at.contacts.switch.failing["get_many"] = failure
        pauses = [await at.hydrator.step() for _ in range(8)]
        assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
        assert at.keys == [at.keys[0]] * 8
        at.contacts.switch.failing.clear()
        assert await at.hydrator.step() == 0.0
        assert at.keys[-1] == at.keys[0]
        at.contacts.switch.failing["get_many"] = failure
        assert await at.hydrator.step() == 2.0

    async def test_it_does_not_knock_at_a_locked_door(self, at):
        """Where the credentials are rejected it asks again after a long while: more may lock the account."""
        at.contacts.switch.failing["get_many"] = CredentialsRejected("no")
        assert [await at.hydrator.step() for _ in range(2)] == [LOCKED_OUT] * 2

    async def test_a_fault_of_ours_does_not_end_it(self, at):
        """An error that nobody foresaw is waited out like any other."""
        at.contacts.switch.failing["get_many"] = KeyError("fault")
        assert [await at.hydrator.step() for _ in range(2)] == [2.0, 4.0]

    async def test_what_is_unreadable_is_asked_for_once(self, at):
        """A contact whose details are broken does not hold up the others, and is not asked for again."""
        at.contacts.failures["12"] = BAD
        assert [await at.hydrator.step() for _ in range(5)] == [0.0, 0.0, 0.0, IDLE, IDLE]
        assert sum("12" in keys for keys in at.keys) == 1
        assert list(at.book.snapshot.thin_keys()) == ["12"]

    async def test_until_its_row_changes(self, at):
        """What could not be read is tried again when the list shows another state of it."""
        at.contacts.failures["12"] = BAD
        for _ in range(4):
            await at.hydrator.step()
        at.contacts.failures.clear()
        await at.book.renew()
        assert await at.hydrator.step() == IDLE
        at.contacts.book["12"] = contact("12", version="2")
        await at.book.renew()
        assert await at.hydrator.step() == 0.0
        assert at.keys[-1] == ["12"]
        assert left(at) == 0

    async def test_when_nothing_else_is_left(self):
        """A step of unreadable contacts alone is not repeated either, and the next waits a little."""
        at = Setting(count=3)
        at.contacts.failures |= dict.fromkeys(at.contacts.book, BAD)
        await at.book.renew()
        assert [await at.hydrator.step() for _ in range(2)] == [2.0, IDLE]
        assert at.read == [3]

    async def test_what_is_gone_is_asked_for_once(self, at):
        """A contact deleted since the list was read is not asked for until the list speaks of it again."""
        del at.contacts.book["12"]
        assert [await at.hydrator.step() for _ in range(4)] == [0.0, 0.0, 0.0, IDLE]
        assert sum("12" in keys for keys in at.keys) == 1

    async def test_a_ration_that_ends_in_the_middle(self, at):
        """Of a step that the system broke off the rest is asked for again, after a while."""
        full = RateLimited("full")
        at.contacts.failures |= dict.fromkeys(["14", "15", "16", "17"], full)
        assert await at.hydrator.step() == 2.0
        at.contacts.failures.clear()
        assert [await at.hydrator.step() for _ in range(3)] == [0.0, 0.0, IDLE]
        assert at.keys[1][:4] == ["14", "15", "16", "17"]
        assert left(at) == 0


async def test_a_change_while_it_reads(at):
    """Details under way while their contact changes are read once more, and the book is full afterwards."""
    gate = at.contacts.switch.shut("get_many")
    stepping = asyncio.create_task(at.hydrator.step())
    await turns()
    at.clock.move(5)
    at.contacts.book["12"] = contact("12", first_name="new", version="2")
    await at.book.renew()
    gate.set()
    await stepping
    for _ in range(3):
        await at.hydrator.step()
    assert (left(at), at.book.snapshot.get("12")[0].first_name) == (0, "new")
