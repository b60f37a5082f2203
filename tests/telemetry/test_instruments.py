"""How calls to systems are measured."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway import telemetry
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendUnavailable, RateLimited
from gateway.telemetry import Attempt, CacheState, Cause, Instruments
from tests.telemetry.measured import shown

SHOP = Administration("shop", "Shop", "moneybird", "123")
WHOSE = ("moneybird", "shop")


@pytest.fixture
def instruments() -> Instruments:
    return Instruments()


async def test_an_answer(instruments):
    """An answered call is counted, logged once and noted of its operation, with all its facts."""
    with capture_logs() as events, telemetry.operation(), telemetry.because(Cause.REFRESH):
        with (
            telemetry.holding(CacheState.EXPIRED),
            instruments.upstream(Attempt(SHOP, "POST", 5, 2)) as telling,
        ):
            assert shown(instruments, "upstream_in_flight") == {WHOSE: 1}
            telling.answered(200, 7)
        [call] = telemetry.calls()
    assert shown(instruments, "upstream_in_flight") == {}
    assert shown(instruments, "upstream_calls_total") == {(*WHOSE, "refresh", "200"): 1}
    assert shown(instruments, "upstream_seconds_count") == {("moneybird",): 1}
    assert shown(instruments, "upstream_bytes_total") == {(*WHOSE, "sent"): 5, (*WHOSE, "received"): 7}
    facts = {
        "system": "moneybird",
        "administration": "shop",
        "method": "POST",
        "cause": "refresh",
        "cache": "expired",
        "outcome": "200",
        "tries": 2,
        "bytes_sent": 5,
        "bytes_received": 7,
    }
    assert [{**each, "ms": 0} for each in events] == [
        {"event": "upstream_call", "log_level": "info", "ms": 0, **facts}
    ]
    noted = (call.administration, call.cause, call.cache, call.outcome, call.tries, call.sent, call.received)
    assert noted == ("shop", Cause.REFRESH, CacheState.EXPIRED, "200", 2, 5, 7)
    assert call.ms >= 0
    assert call.started >= 0


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(BackendUnavailable("NL91ABNA0417164300"), "SYSTEM_UNAVAILABLE", id="unavailable"),
        pytest.param(RateLimited("NL91ABNA0417164300"), "RATE_LIMITED", id="rationed"),
        pytest.param(asyncio.CancelledError(), "cancelled", id="cancelled"),
        pytest.param(ValueError("NL91ABNA0417164300"), "INTERNAL", id="unforeseen"),
    ],
)
def test_a_failure(instruments, failure, outcome):
    """What leaves the block is the outcome, by its code and never in its words, and goes on."""
    raised, call = pytest.raises(type(failure)), instruments.upstream(Attempt(SHOP, "GET"))
    with capture_logs() as events, telemetry.operation() as noted, raised, call:
        raise failure
    assert shown(instruments, "upstream_calls_total") == {(*WHOSE, "demand", outcome): 1}
    assert shown(instruments, "upstream_in_flight") == {}
    assert [each.outcome for each in noted.calls] == [each["outcome"] for each in events] == [outcome]
    assert "NL91" not in repr((events, noted.calls))


async def test_a_call_behind_an_answer(instruments):
    """A call that goes on behind its operation's answer disturbs nobody, and is the operation's still."""
    go = asyncio.Event()

    async def behind() -> None:
        with instruments.upstream(Attempt(SHOP, "GET")) as telling:
            await go.wait()
            telling.answered(204, 0)

    with telemetry.operation() as noted:
        task = asyncio.create_task(behind())
        await asyncio.sleep(0)
        assert telemetry.calls() == ()
    go.set()
    await task
    assert [each.outcome for each in noted.calls] == ["204"]
    assert telemetry.calls() == ()


def test_a_call_that_is_not_sent(instruments):
    """A call that is held back is counted with the reason, and is no call."""
    instruments.withheld(SHOP, "ration")
    assert shown(instruments, "upstream_withheld_total") == {(*WHOSE, "ration"): 1}
    assert shown(instruments, "upstream_calls_total") == {}


def test_processes_have_registries_of_their_own(instruments):
    """Two instruments in one process share nothing."""
    instruments.withheld(SHOP, "ration")
    assert shown(Instruments(), "upstream_withheld_total") == {}


async def test_the_lag_of_the_loop(instruments):
    """As long as the loop is watched its lag is looked at again and again, and not afterwards."""
    async with instruments.watching(every=0):
        for _ in range(10):
            await asyncio.sleep(0)
    looks = shown(instruments, "loop_lag_seconds_count")[()]
    assert looks > 1
    for _ in range(10):
        await asyncio.sleep(0)
    assert shown(instruments, "loop_lag_seconds_count")[()] == looks
