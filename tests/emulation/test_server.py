"""The emulator over real sockets."""

import asyncio
import socket
import time
from datetime import UTC, datetime

import httpx
import pytest

from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply


async def test_a_request_arrives_whole(client):
    """Method, decoded path, last query value, headers and body reach the system."""
    answer = await client.post("/a%2Fb%20c?x=1&x=2&e=", content=b"12345", headers={"Content-Type": "text/x"})
    assert answer.json() == {
        "method": "POST",
        "path": "/a/b c",
        "raw_path": "/a%2Fb%20c",
        "query": {"x": "2", "e": ""},
        "kind": "text/x",
        "size": 5,
    }
    assert answer.headers["x-echo"] == "yes"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_a_chunked_body_arrives(client):
    """A body without a length is put together."""

    async def parts():
        yield b"123"
        yield b"45"

    assert (await client.post("/", content=parts())).json()["size"] == 5


async def test_answers_without_a_body(client):
    """204 and HEAD leave the connection usable."""
    empty = await client.get("/empty")
    assert (empty.status_code, empty.content, "content-type" in empty.headers) == (204, b"", False)
    assert (await client.head("/")).content == b""
    assert (await client.get("/")).status_code == 200


async def test_connections_are_kept_alive(emulator):
    """Two requests go over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(size)
    writer.close()
    await writer.wait_closed()


async def test_a_body_too_large_is_refused(emulator):
    """More than 16 MB is answered 413 and does not reach the system."""
    async with httpx.AsyncClient(base_url=emulator.url, timeout=10) as client:
        answer = await client.post("/", content=b"x" * (16 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert emulator.emulated.answered == 0


async def test_what_is_no_http_is_refused(emulator):
    """Nonsense is answered 400 and the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(b"\x00\x01 nonsense\r\n\r\n")
    writer.write_eof()
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()


async def test_the_clock_is_the_argument():
    """The Date header and the log tell the given time."""
    at = datetime(2026, 8, 21, 13, 48, 43, tzinfo=UTC)
    async with Emulator(StaticPage(), clock=lambda: at) as emulator, httpx.AsyncClient() as client:
        answer = await client.get(emulator.url)
    assert answer.headers["date"] == "Fri, 21 Aug 2026 13:48:43 GMT"
    assert [row.at for row in emulator.log.rows()] == [at]


async def test_the_log_tells_of_a_request(emulator, client):
    """A row has method, path, query, status, fault and what the system says of it."""
    emulator.faults.add(Fault("html", path="/b"))
    await client.get("/a?x=1")
    await client.get("/b")
    rows = emulator.log.rows()
    assert [(row.method, row.path, row.query, row.status, row.fault, row.about) for row in rows] == [
        ("GET", "/a", "x=1", 200, None, {"call": "a"}),
        ("GET", "/b", "", 200, "html", {"call": "b"}),
    ]


async def test_every_answer_can_wait():
    """`latency` delays all answers of the system."""
    async with Emulator(StaticPage(), latency=0.05) as emulator, httpx.AsyncClient() as client:
        started = time.perf_counter()
        await client.get(emulator.url)
    assert time.perf_counter() - started >= 0.05
    assert emulator.log.rows()[0].ms >= 50


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault("hang"), httpx.ReadTimeout, id="hang"),
        pytest.param(Fault("reset"), httpx.ReadError, id="reset"),
        pytest.param(Fault("truncated"), httpx.RemoteProtocolError, id="truncated"),
        pytest.param(Fault("garbage"), httpx.RemoteProtocolError, id="garbage"),
        pytest.param(Fault("drip", seconds=3), httpx.ReadTimeout, id="drip slower than the timeout"),
    ],
)
async def test_faults_that_leave_no_answer(emulator, client, fault, error):
    """The client meets the error of the kind, the log names it, and the next request is fine."""
    emulator.faults.add(Fault(fault.kind, seconds=fault.seconds, count=1))
    with pytest.raises(error):
        await client.get("/")
    assert emulator.faults.active() == ()
    assert (await client.get("/")).status_code == 200
    assert [row.fault for row in emulator.log.rows()] == [fault.kind, None]


async def test_latency_delays_the_right_answer(emulator, client):
    """The answer comes, later, and the log tells how much later."""
    emulator.faults.add(Fault("latency", seconds=0.05))
    assert (await client.get("/")).json()["path"] == "/"
    assert (emulator.log.rows()[0].fault, emulator.log.rows()[0].ms >= 50) == ("latency", True)


async def test_truncated_promises_the_whole_length(emulator):
    """Half of the body follows a Content-Length for all of it."""
    emulator.faults.add(Fault("truncated"))
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    promised = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(body) == promised // 2
    writer.close()
    await writer.wait_closed()


async def test_drip_comes_to_a_right_answer(emulator, client):
    """Byte by byte the whole answer arrives, and the connection lives on."""
    emulator.faults.add(Fault("drip", seconds=0.0005, count=1))
    answer = await client.get("/", timeout=5)
    assert answer.json()["path"] == "/"


async def test_a_cut_document_is_complete_http(emulator, client):
    """`cut` halves the document and tells its true length."""
    emulator.faults.add(Fault("cut"))
    answer = await client.get("/")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


async def test_a_429_carries_retry_after_as_given(emulator, client):
    """Retry-After is sent as it stands, with a page for a body."""
    emulator.faults.add(Fault("status", status=429, retry_after="Fri, 21 Aug 2026 13:50:00 GMT"))
    answer = await client.get("/")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "Fri, 21 Aug 2026 13:50:00 GMT"
    assert answer.headers["content-type"].startswith("text/html")


async def test_the_system_sees_only_what_landed(emulator, client):
    """A reset before the request landed leaves the system untouched; a landed one does not."""
    for landed in (False, True):
        emulator.faults.add(Fault("reset", count=1, landed=landed))
        with pytest.raises(httpx.ReadError):
            await client.get("/")
        assert emulator.emulated.answered == int(landed)


async def test_a_refusal_closes_the_door_and_opens_it_again(emulator, client):
    """Connects are refused and kept connections die, then the same port answers."""
    await client.get("/")
    emulator.faults.add(Fault("refuse", seconds=0.15))
    with pytest.raises(httpx.TransportError):
        await client.get("/")
    with socket.socket() as late, pytest.raises(ConnectionRefusedError):
        late.connect(("127.0.0.1", emulator.port))
    await asyncio.sleep(0.2)
    assert (await client.get("/")).status_code == 200
    assert emulator.faults.active() == ()


async def test_clearing_ends_a_refusal(emulator, client):
    """`clear` opens the door at once."""
    emulator.faults.add(Fault("refuse", seconds=60))
    with pytest.raises(httpx.ConnectError):
        await client.get("/")
    emulator.faults.clear()
    await asyncio.sleep(0.02)
    assert (await client.get("/")).status_code == 200


async def test_close_is_quick_with_hanging_connections(client):
    """A hanging request does not keep the emulator open, and it listens no more."""
    emulator = Emulator(StaticPage())
    await emulator.start()
    emulator.faults.add(Fault("hang"))
    waiting = asyncio.create_task(client.get(f"{emulator.url}/", timeout=5))
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    await emulator.close()
    assert time.perf_counter() - started < 4
    with pytest.raises(httpx.TransportError):
        await waiting
    with pytest.raises(httpx.ConnectError):
        await client.get(f"{emulator.url}/")


async def test_a_refused_emulator_closes():
    """Closing during a refusal leaves nothing behind."""
    emulator = Emulator(StaticPage())
    await emulator.start()
    emulator.faults.add(Fault("refuse", seconds=60))
    await emulator.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", emulator.port))


async def test_a_taken_port_is_an_error(emulator):
    """Starting on a port in use raises OSError."""
    with pytest.raises(OSError, match="in use"):
        await Emulator(StaticPage(), port=emulator.port).start()


class StaticPage:
    """The smallest system there is."""

    name = "page"

    def answer(self, request):
        return Reply(200, b"{}")

    def describe(self, request):
        return {}

    def reset(self):
        return None

    def state(self):
        return {}


async def test_an_endless_answer_ends_with_its_reader(emulator, client):
    """Bytes come as long as somebody takes them; then the connection is gone."""
    emulator.faults.add(Fault("endless", count=1))
    async with client.stream("GET", "/") as answer:
        size = 0
        async for piece in answer.aiter_bytes():
            size += len(piece)
            if size > 1024 * 1024:
                break
    assert (await client.get("/")).status_code == 200
    await client.aclose()
    for _ in range(2_000):
        if not emulator.connections:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(emulator.connections)
