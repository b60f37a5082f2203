"""Calls over HTTP: what is sent, shared and counted."""

import asyncio
import base64
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import structlog

from gateway.domain.administration import Administration, Quota
from gateway.domain.errors import BackendUnavailable, RateLimited
from gateway.ports import Allowance, Answer, Call, Line, Ration
from gateway.telemetry import CacheState, Cause, because, holding
from gateway.transport.client import BIG, HttpNetwork
from tests.fakes import NOW, Clock
from tests.transport.calls import sent

LINE = Line(
    Administration("shop", "Shop", "moneybird", "123"),
    "http://system.test/api",
    {"Authorization": "Bearer s3cret"},
    timeout=60,
)

ONCE = Call("POST", "/customers/NL123", b"body", safe=False)
"""A call that is never repeated."""


class System:
    """Answers over a mock transport; counts, and waits when told to."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.gate: asyncio.Event | None = None
        self.in_flight = 0
        self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        finally:
            self.in_flight -= 1
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, content=b"ok")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def network(self, clock: Clock | None = None) -> HttpNetwork:
        return HttpNetwork(transport=httpx.MockTransport(self), clock=clock or Clock())


def told(answer: Answer, now) -> Ration | None:
    """Read a ration as a system might tell it."""
    remaining, wait = answer.headers.get("remaining"), answer.headers.get("retry-after")
    if wait:
        return Ration(retry_after=now + timedelta(seconds=int(wait)))
    return Ration(150, int(remaining), NOW + timedelta(seconds=60)) if remaining else None


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_sent():
    """A call goes below the line's address with both their headers; body and query stay as they are."""
    system = System()
    client = system.network().open(LINE)
    await sent(client, Call("POST", "/a%2Fb?q=1%202", b"body", {"X-Own": "yes"}, safe=False))
    request = system.requests[0]
    assert (request.method, str(request.url)) == ("POST", "http://system.test/api/a%2Fb?q=1%202")
    assert request.content == b"body"
    assert (request.headers["authorization"], request.headers["x-own"]) == ("Bearer s3cret", "yes")


@pytest.mark.parametrize("status", [200, 204, 301, 302, 404, 429, 500, 503])
async def test_any_status_is_an_answer(status):
    """Every status is handed back with lower-case headers and the whole body; redirects are not followed."""
    system = System(httpx.Response(status, headers={"Location": "http://elsewhere.test/"}, content=b"<p>"))
    answer = await sent(system.network().open(LINE), Call("GET", "/x"))
    assert (answer.status, answer.headers["location"], answer.body) == (
        status,
        "http://elsewhere.test/",
        b"<p>",
    )
    assert len(system.requests) == 1


async def test_equal_safe_calls_are_one():
    """Safe calls with one method, path and body that are in flight at once are made once."""
    system = System()
    system.gate = asyncio.Event()
    client = system.network().open(LINE)
    calls = [
        Call("GET", "/a"),
        Call("GET", "/a"),
        Call("GET", "/a?b"),
        Call("HEAD", "/a"),
        Call("POST", "/a", b"1"),
        Call("POST", "/a", b"2"),
        Call("POST", "/a", b"2"),
    ]
    sending = [asyncio.create_task(sent(client, call)) for call in calls]
    await turns()
    system.gate.set()
    await asyncio.gather(*sending)
    assert len(system.requests) == 5
    await sent(client, calls[0])
    assert len(system.requests) == 6


async def test_unsafe_calls_are_never_shared():
    """Each unsafe call is sent, equal or not, and none shares with a safe one."""
    system = System()
    client = system.network().open(LINE)
    unsafe = Call("POST", "/a", b"1", safe=False)
    await asyncio.gather(*(sent(client, call) for call in (unsafe, unsafe, Call("POST", "/a", b"1"))))
    assert len(system.requests) == 3


async def test_at_once():
    """No more calls are in flight than the line allows; the others wait their turn."""
    system = System()
    system.gate = asyncio.Event()
    client = system.network().open(replace(LINE, at_once=3))
    sending = [asyncio.create_task(sent(client, Call("GET", f"/{turn}"))) for turn in range(10)]
    await turns()
    assert system.in_flight == 3
    system.gate.set()
    await asyncio.gather(*sending)
    assert (system.most, len(system.requests)) == (3, 10)


async def test_per_minute():
    """A call over the minute's limit is not sent, and told from when on it may be."""
    system, clock = System(), Clock()
    client = system.network(clock).open(replace(LINE, allowance=Allowance(2, 60)))
    await sent(client, Call("GET", "/1"))
    clock.move(10)
    await sent(client, Call("GET", "/2"))
    with pytest.raises(RateLimited) as caught:
        await sent(client, Call("GET", "/3"))
    assert (len(system.requests), caught.value.retry_after) == (2, NOW + timedelta(seconds=60))
    assert client.quota() == Quota(2, 0, NOW + timedelta(seconds=60))
    clock.move(50)
    await sent(client, Call("GET", "/3"))
    assert len(system.requests) == 3


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({"Remaining": "0"}, 60, id="nothing-remains"),
        pytest.param({"Retry-After": "7"}, 7, id="refused"),
    ],
)
async def test_the_ration_is_learnt(headers, wait):
    """An answer that says the ration is used up closes the line until it is renewed."""
    system, clock = System(httpx.Response(429, headers=headers)), Clock()
    client = system.network(clock).open(replace(LINE, learn=told))
    assert (await sent(client, Call("GET", "/1"))).status == 429
    with pytest.raises(RateLimited) as caught:
        await sent(client, Call("GET", "/2"))
    error = caught.value
    assert (error.retryable, error.retry_after) == (True, NOW + timedelta(seconds=wait))
    assert (error.system, error.administration, len(system.requests)) == ("moneybird", "shop", 1)
    clock.move(wait)
    assert (await sent(client, Call("GET", "/2"))).status == 200


@pytest.mark.parametrize(
    ("names", "count"),
    [
        pytest.param(("token", "token"), 1, id="one-ration"),
        pytest.param(("token", "other"), 2, id="two-rations"),
        pytest.param(("", ""), 2, id="no-name"),
    ],
)
async def test_lines_share_a_ration_by_name(names, count):
    """What one line learns holds for every line of the same ration, and for no other."""
    system = System(httpx.Response(200, headers={"Remaining": "0"}))
    network = system.network()
    first, second = (network.open(replace(LINE, learn=told, ration=name)) for name in names)
    await sent(first, Call("GET", "/1"))
    await asyncio.gather(sent(second, Call("GET", "/2")), return_exceptions=True)
    assert len(system.requests) == count
    assert (second.quota() == Quota(150, 0, NOW + timedelta(seconds=60))) is (count == 1)


async def test_who_cannot_be_reached_counts_nothing():
    """Calls that never arrived use up nothing of the ration; when the system is back it is asked at once."""
    failures = [httpx.ConnectError("refused") for _ in range(4)]
    system = System(httpx.Response(200, headers={"Remaining": "8"}), *failures)
    client = system.network().open(replace(LINE, learn=told))
    await sent(client, Call("GET", "/1"))
    for _ in failures:
        with pytest.raises(BackendUnavailable):
            await sent(client, ONCE)
    assert (await sent(client, Call("GET", "/2"))).status == 200


async def test_a_call_that_broke_off_is_counted_once():
    """What the next answer tells includes it: the ration does not shrink with every failure."""
    answers = (httpx.Response(200, headers={"Remaining": str(left)}) for left in (8, 6))
    first, second = answers
    client = System(first, httpx.ReadError("broken"), second).network().open(replace(LINE, learn=told))
    for _ in range(3):
        await asyncio.gather(sent(client, ONCE), return_exceptions=True)
    assert client.quota() == Quota(150, 6, NOW + timedelta(seconds=60))


async def test_one_network_shares_nothing_with_another():
    """Rations live in their network: two gateways in one process do not close each other's lines."""
    system = System(httpx.Response(200, headers={"Remaining": "0"}))
    for _ in range(2):
        await sent(system.network().open(replace(LINE, learn=told, ration="token")), Call("GET", "/1"))
    assert len(system.requests) == 2


@pytest.mark.parametrize(
    ("failure", "retryable"),
    [
        pytest.param(httpx.ConnectError("no route to http://system.test"), True, id="connect"),
        pytest.param(httpx.ReadError("broken s3cret"), True, id="read"),
        pytest.param(httpx.WriteError(""), True, id="write"),
        pytest.param(httpx.ConnectTimeout(""), True, id="connect-timeout"),
        pytest.param(httpx.PoolTimeout(""), True, id="pool"),
        pytest.param(httpx.UnsupportedProtocol("s3cret"), True, id="protocol"),
        pytest.param(httpx.TooManyRedirects(""), True, id="redirects"),
    ],
)
async def test_every_fault_of_the_line_is_ours(failure, retryable):
    """Whatever httpx raises becomes one error that names system and administration, and keeps the cause."""
    client = System(failure).network().open(LINE)
    with pytest.raises(BackendUnavailable) as caught:
        await sent(client, ONCE)
    error = caught.value
    assert (error.system, error.administration, error.retryable) == ("moneybird", "shop", retryable)
    assert error.__cause__ is failure
    assert error.message.startswith("Moneybird ")
    for secret in ("s3cret", "system.test", "NL123", "http:"):
        assert secret not in error.message


@pytest.mark.parametrize(
    ("outcome", "received", "answer"),
    [
        pytest.param("200", 18, httpx.Response(200, content=b"NL91ABNA0417164300"), id="answered"),
        pytest.param("SYSTEM_UNAVAILABLE", 0, httpx.ReadError("NL91ABNA0417164300"), id="failed"),
    ],
)
async def test_only_facts_are_told(outcome, received, answer):
    """Of a call the log tells whose it is, why it was made, how it went and its measures, nothing else."""
    client = System(answer).network().open(LINE)
    with structlog.testing.capture_logs() as events, because(Cause.HYDRATE), holding(CacheState.EXPIRED):
        call = replace(ONCE, path="/c?email=jan@example.com")
        await asyncio.gather(sent(client, call), return_exceptions=True)
    assert [each | {"ms": 0} for each in events] == [
        {
            "event": "upstream_call",
            "log_level": "info",
            "system": "moneybird",
            "administration": "shop",
            "method": "POST",
            "cause": "hydrate",
            "cache": "expired",
            "outcome": outcome,
            "tries": 1,
            "ms": 0,
            "bytes_sent": 4,
            "bytes_received": received,
        }
    ]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_the_environment_has_no_say(monkeypatch, tmp_path, name):
    """Proxies and a .netrc of the environment are not used."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        line = replace(LINE, base_url=f"http://127.0.0.1:{port}", headers={})
        client = HttpNetwork().open(line)
        assert (await sent(client, Call("GET", "/direct"))).status == 200
        await client.close()
    assert seen[0].startswith(b"GET /direct HTTP/1.1")
    assert base64.b64encode(b"someone:else") not in seen[0]


async def test_close_ends_what_is_shared():
    """Closing cancels shared calls that still run."""
    system = System()
    system.gate = asyncio.Event()
    client = system.network().open(LINE)
    sending = asyncio.create_task(sent(client, Call("GET", "/a")))
    await turns()
    await client.close()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert system.in_flight == 0


async def test_a_large_answer_is_understood_beside_the_event_loop():
    """While megabytes are read others go on, and what they mean is the same."""
    client = System(httpx.Response(200, content=bytes(BIG + 1))).network().open(LINE)
    thread = threading.get_ident()

    def understand(answer: Answer) -> tuple[int, bool]:
        return len(answer.body), threading.get_ident() == thread

    assert await client.ask(Call("GET", "/large"), understand) == (BIG + 1, False)
    assert await client.ask(Call("GET", "/small"), understand) == (2, True)
