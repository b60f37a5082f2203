"""What calls show besides their answers."""

import ssl
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.domain.errors import NotReached
from gateway.ports import Call
from gateway.telemetry import Instruments
from gateway.transport.client import HttpNetwork
from gateway.transport.remarks import SILENCE
from tests.fakes import Clock
from tests.telemetry.measured import shown
from tests.transport.calls import sent
from tests.transport.servers import rude
from tests.transport.test_certificates import answers, presented
from tests.transport.test_client import LINE

SHOP = ("moneybird", "shop")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        pytest.param("Sat, 21 Nov 2026 11:00:00 GMT", 3600.0, id="ahead"),
        pytest.param("Sat, 21 Nov 2026 09:00:00 GMT", -3600.0, id="behind"),
        pytest.param("Sat, 21 Nov 2026 10:00:01 GMT", 1.0, id="near"),
        pytest.param("yesterday", None, id="no-date"),
        pytest.param("Sat, 21 Nov 99999999 10:00:00 GMT", None, id="no-such-year"),
        pytest.param(None, None, id="none"),
    ],
)
async def test_clocks(date, expected):
    """The clocks' distance is shown as the last answer tells it; what is no date changes nothing."""
    instruments, headers = Instruments(), {} if date is None else {"Date": date}
    answered = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers))
    clock = Clock()
    client = HttpNetwork(transport=answered, clock=clock, instruments=instruments).open(LINE)
    await sent(client, Call("GET", "/x"))
    assert shown(instruments, "clock_skew_seconds") == ({} if expected is None else {SHOP: expected})
    await client.close()


@pytest.mark.parametrize("days", [30, -1], ids=["self-signed", "expired"])
async def test_why_a_certificate_is_refused(tmp_path, days):
    """The reason is told at most once a minute, however many calls find it, and nothing of the calls is."""
    seconds = [0.0]
    async with rude(answers, presented(tmp_path, days=days)) as server:
        line = replace(LINE, base_url=f"https://127.0.0.1:{server.port}", timeout=60)
        client = HttpNetwork(seconds=lambda: seconds[0]).open(line)
        told = []
        for moment in (0.0, SILENCE - 1, SILENCE, SILENCE + 1):
            seconds[0] = moment
            with capture_logs() as events, pytest.raises(NotReached):
                await sent(client, Call("GET", "/x-s3cret", safe=False))
            told.append([each for each in events if each["event"] == "certificate_refused"])
        await client.close()
    assert [len(each) for each in told] == [1, 0, 1, 0]
    assert "certificate" in told[0][0]["reason"]
    assert (told[0][0]["system"], told[0][0]["administration"]) == SHOP
    assert "s3cret" not in repr(told)


async def test_no_connection_is_no_certificate():
    """A system that nobody listens for is told as such alone."""

    def fails(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused") from ssl.SSLError("not a certificate")

    client = HttpNetwork(transport=httpx.MockTransport(fails)).open(LINE)
    with capture_logs() as events, pytest.raises(NotReached):
        await sent(client, Call("GET", "/x", safe=False))
    assert "certificate_refused" not in repr(events)
    await client.close()
