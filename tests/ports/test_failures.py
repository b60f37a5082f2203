"""Every way to fail becomes the right BackendError, in time, and leaves nothing broken behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.administration import ChoiceKind
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    NotReached,
    RateLimited,
)
from gateway.domain.question import Question
from gateway.emulation.faults import KINDS, Fault
from gateway.transport.breaker import SUCCESSES
from tests.ports.connected import NAMES, SLUG, SYSTEMS, Connected, connected

TIMEOUT = 1.0
"""Seconds for a call where one is slow or never answers."""
SLOW = ("hang", "latency", "drip")
PATIENCE = 20.0
"""Seconds in which an operation must have ended, on a machine with other things to do."""


def patience(fault: Fault) -> float:
    """Return how long a call may take: a busy machine is slow by itself."""
    return TIMEOUT if fault.kind in SLOW else PATIENCE


FAILURES = [
    pytest.param(Fault("refuse", seconds=60), BackendUnavailable, id="refuse"),
    pytest.param(Fault("hang"), BackendUnavailable, id="hang"),
    pytest.param(Fault("latency", seconds=60), BackendUnavailable, id="latency"),
    pytest.param(Fault("drip"), BackendUnavailable, id="drip"),
    pytest.param(Fault("reset"), BackendUnavailable, id="reset"),
    pytest.param(Fault("truncated"), BackendUnavailable, id="truncated"),
    pytest.param(Fault("garbage"), BadUpstreamAnswer, id="garbage"),
    pytest.param(Fault("html"), BadUpstreamAnswer, id="html"),
    pytest.param(Fault("html", status=503), BackendUnavailable, id="html-503"),
    pytest.param(Fault("cut"), BadUpstreamAnswer, id="cut"),
    pytest.param(Fault("status", status=200, body=""), (BadUpstreamAnswer, BackendUnavailable), id="empty"),
    pytest.param(Fault("status", status=302), BadUpstreamAnswer, id="302"),
    pytest.param(Fault("status", status=400), BadUpstreamAnswer, id="400"),
    pytest.param(Fault("status", status=401), CredentialsRejected, id="401"),
    pytest.param(Fault("status", status=429), RateLimited, id="429"),
    pytest.param(Fault("status", status=429, retry_after="30"), RateLimited, id="429-retry-after"),
    pytest.param(Fault("status", status=500), BackendUnavailable, id="500"),
    pytest.param(Fault("status", status=503, retry_after="30"), BackendUnavailable, id="503"),
]


TAMPERED = {"edited", "headed", "crowded", "bomb", "endless"}
"""Tried in tests/faults, kind by kind of call."""


def operations(line: Connected) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return every operation that asks the system at least once."""
    backend, key = line.backend, line.keys[0]
    found: dict[str, Callable[[], Awaitable[Any]]] = {
        "scan": lambda: backend.contacts.scan({}),
        "get_many": lambda: backend.contacts.get_many(line.keys[:3]),
    }
    if look_up := backend.contacts.by_customer_number:
        found["by_customer_number"] = lambda: look_up("no such number")
    if find := backend.contacts.find:
        found["find"] = lambda: find(Question(words=("nobody",)))
    if charges := backend.charges:
        found["charges"] = lambda: charges.of_contact(key, include_billed=True)
    if mandates := backend.mandates:
        # Half of "there is none" still says so: the status tells it.
        given = next(each for each in line.keys if line.book.mandate(each))
        found["mandates"] = lambda: mandates.of_contact(given)
    if backend.administration.system == "moneybird":
        found["facts"] = backend.book.facts
        found["choices"] = lambda: backend.book.choices(ChoiceKind.USER)
    else:
        found["choices"] = lambda: backend.book.choices(ChoiceKind.COST_CENTER)
    return found


async def outcome(job: Callable[[], Awaitable[Any]]) -> Any:
    """Return the error that an operation ended in: raised, or the answer to each of its keys."""
    try:
        answer = await job()
    except Exception as error:  # noqa: BLE001 - which one it is, is what the test asks
        return error
    if isinstance(answer, dict) and answer and all(isinstance(each, Exception) for each in answer.values()):
        return next(iter(answer.values()))
    return answer


async def outcomes(line: Connected) -> dict[str, Any]:
    """Return how each operation ends, one after the other; a system that is left alone is tried by each."""
    found = {}
    for name, job in operations(line).items():
        line.clock.move(61)
        async with asyncio.timeout(PATIENCE):
            found[name] = await outcome(job)
    return found


async def trusted_again(line: Connected) -> None:
    """Lift what is wrong, and ask until the system is asked as before."""
    await line.mend()
    line.clock.move(600)
    for _ in range(SUCCESSES):
        await line.backend.book.inspect()


def test_every_kind_of_fault_is_tried():
    """An emulator's new way to fail is tried here too, or where answers that were tampered with are."""
    assert {failure.values[0].kind for failure in FAILURES} | TAMPERED == set(KINDS)


@pytest.mark.parametrize(("fault", "kind"), FAILURES)
@pytest.mark.parametrize("name", NAMES)
async def test_a_fault_is_a_backend_error_and_passes(name: str, fault: Fault, kind: Any):
    """Each operation fails in time with the right error, its system named, and works again afterwards."""
    async with connected(SYSTEMS[name], contacts=12, timeout=patience(fault)) as line:
        line.emulator.faults.add(fault)
        failed = await outcomes(line)

        assert {job: type(error) for job, error in failed.items() if not isinstance(error, kind)} == {}
        assert {(error.system, error.administration) for error in failed.values()} == {(name, SLUG)}
        is_told = bool(fault.retry_after or fault.status == 429)
        assert {error.message[-1] for error in failed.values()} == {"."}
        assert {bool(error.retry_after) for error in failed.values()} == {is_told}

        await trusted_again(line)
        healed = await outcomes(line)
        assert {job: error for job, error in healed.items() if isinstance(error, Exception)} == {}


@pytest.mark.parametrize("name", NAMES)
async def test_inspection_raises_nothing(name: str):
    """Whatever goes wrong, an inspection tells it instead of raising it."""
    async with connected(SYSTEMS[name], contacts=12, timeout=TIMEOUT) as line:
        for failure in FAILURES:
            line.emulator.faults.add(failure.values[0])
            seen = await line.backend.book.inspect()
            assert seen.problem, failure.id
            assert seen.contacts is None, failure.id
            await trusted_again(line)
        assert (await line.backend.book.inspect()).problem is None


@pytest.mark.parametrize("name", NAMES)
async def test_hanging_calls_free_their_places(name: str):
    """More calls than may run at once hang and fail; afterwards as many run as before."""
    async with connected(SYSTEMS[name], contacts=12, timeout=TIMEOUT) as line:
        line.emulator.faults.add(Fault("hang"))
        asked = (outcome(lambda key=key: line.backend.contacts.get_many([key])) for key in line.keys)
        async with asyncio.timeout(PATIENCE * 2):
            failed = await asyncio.gather(*asked)
        assert {type(error) for error in failed} <= {BackendUnavailable, NotReached}

        await trusted_again(line)
        asked = (line.backend.contacts.get_many([key]) for key in line.keys)
        async with asyncio.timeout(PATIENCE):
            found = await asyncio.gather(*asked)
        assert [list(each) for each in found] == [[key] for key in line.keys]
        assert len(line.emulator._live) <= 8


@pytest.mark.parametrize("name", NAMES)
async def test_a_cancelled_caller_leaves_the_line_whole(name: str):
    """A caller that goes away while the system hangs takes nothing from those who come after."""
    async with connected(SYSTEMS[name], contacts=24) as line:
        line.emulator.faults.add(Fault("hang"))
        callers = [asyncio.create_task(line.backend.contacts.get_many([key])) for key in line.keys]
        await asyncio.sleep(0.05)
        for caller in callers:
            caller.cancel()
        ended = await asyncio.gather(*callers, return_exceptions=True)
        assert {type(each) for each in ended} == {asyncio.CancelledError}

        await line.mend()
        async with asyncio.timeout(PATIENCE):
            assert set(await line.backend.contacts.get_many(line.keys)) == set(line.keys)


@pytest.mark.parametrize("name", NAMES)
async def test_a_refusal_is_obeyed(name: str):
    """After a 429 nothing is sent until the moment it named; then everything goes on."""
    async with connected(SYSTEMS[name], contacts=12) as line:
        line.emulator.faults.add(Fault("status", status=429, retry_after="30", count=1))
        first = await outcome(lambda: line.backend.contacts.scan({}))
        assert isinstance(first, RateLimited)
        assert first.retry_after == line.clock.now + timedelta(seconds=30)
        line.calls()

        line.clock.move(29)
        again = await outcome(lambda: line.backend.contacts.scan({}))
        assert isinstance(again, RateLimited)
        assert (again.system, again.administration) == (name, SLUG)
        assert line.calls() == 0

        line.clock.move(2)
        assert len((await line.backend.contacts.scan({})).contacts) == 12


@pytest.mark.parametrize("name", NAMES)
async def test_wrong_credentials_are_rejected(name: str):
    """The system's own refusal of a wrong token or password is CredentialsRejected everywhere."""
    wrong = {"token": "wrong"} if name == "moneybird" else {"password": "wrong"}
    async with connected(SYSTEMS[name], contacts=12, **wrong) as line:
        failed = await outcomes(line)

    assert {job: type(error) for job, error in failed.items()} == dict.fromkeys(failed, CredentialsRejected)


async def test_one_bad_detail_costs_itself_alone():
    """Of several Acumulus contacts one that cannot be read is an error at its own key."""
    async with connected(SYSTEMS["acumulus"], contacts=12) as line:
        line.emulator.faults.add(Fault("status", status=400, count=1))
        found = await line.backend.contacts.get_many(line.keys)

    failed = [each for each in found.values() if isinstance(each, BackendError)]
    assert len(found) == 12
    assert [type(each) for each in failed] == [BadUpstreamAnswer]


async def test_moneybirds_own_ration_is_kept():
    """The emulated Moneybird takes 150 calls; the gateway sends not one that would be refused."""
    async with connected(SYSTEMS["moneybird"], contacts=12, ration=True) as line:
        found = [await outcome(lambda: line.backend.contacts.scan({"": ""})) for _ in range(90)]

    failed = [each for each in found if isinstance(each, Exception)]
    assert {type(each) for each in failed} <= {RateLimited}
    assert 429 not in {row.status for row in line.emulator.log.rows()}
