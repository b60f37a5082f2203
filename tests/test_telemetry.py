"""What the gateway tells of itself."""

import asyncio
import logging

import pytest
import structlog

from gateway import telemetry
from gateway.telemetry import Cause


@pytest.fixture
def configured():
    yield telemetry.configure_logging
    structlog.reset_defaults()


def test_events_are_key_value_lines(configured, capsys):
    """An event is one line on stderr: time, level and name first, then its facts and the request's id."""
    configured()
    with telemetry.request("abc"):
        telemetry.log().info("told", administration="shop", words="two words")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("timestamp=")
    assert ' level=info event=told administration=shop words="two words" request_id=abc' in shown.err


def test_no_request_no_id(configured, capsys):
    """Outside of a request an event carries no id."""
    configured()
    telemetry.log().warning("told")
    assert "request_id" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        pytest.param(logging.DEBUG, ["d", "i", "e"], id="debug"),
        pytest.param(logging.INFO, ["i", "e"], id="info"),
        pytest.param(logging.ERROR, ["e"], id="error"),
    ],
)
def test_levels(configured, capsys, level, seen):
    """What is below the level is not written."""
    configured(level=level)
    telemetry.log().debug("d")
    telemetry.log().info("i")
    telemetry.log().error("e")
    shown = capsys.readouterr().err
    assert [name for name in "die" if f"event={name}" in shown] == seen


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


async def test_requests_side_by_side():
    """Requests that are answered at once do not take each other's names."""

    async def answer(identifier: str) -> str:
        with telemetry.request(identifier), telemetry.because(Cause(identifier)):
            await asyncio.sleep(0)
            return f"{telemetry.request_id()}{telemetry.cause()}"

    assert await asyncio.gather(*map(answer, ("load", "reread"))) == ["loadload", "rereadreread"]
