"""Systems that take their time, or send too much: cut off, and no connection is left behind."""

import asyncio
import gzip
import socket
from dataclasses import replace

import pytest

from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, NotReached
from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply
from gateway.flight import Deadline
from gateway.ports import Allowance, Call
from gateway.transport import exchange
from gateway.transport.client import HttpNetwork
from tests.transport.calls import sent
from tests.transport.servers import rude
from tests.transport.test_client import LINE
from tests.transport.test_client_faults import Fixed

ONCE = Call("POST", "/x", b"x", safe=False)
HEAD = b"HTTP/1.1 200 OK\r\n"
MIB = 1024 * 1024


async def says_nothing(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips_its_head(writer: asyncio.StreamWriter) -> None:
    for byte in HEAD * 1000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.01)


async def drips_its_body(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.01)


async def sends_headers_without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(100_000)))


async def sends_a_body_without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"100000\r\n" + bytes(MIB) + b"\r\n")
        await writer.drain()


async def sends_a_bomb(writer: asyncio.StreamWriter) -> None:
    packed = gzip.compress(bytes(exchange.MAX_BODY + MIB))
    writer.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


@pytest.mark.parametrize(
    ("behave", "seconds", "kind", "words"),
    [
        pytest.param(says_nothing, 2, BackendUnavailable, "gave no answer in 2 s", id="hang"),
        pytest.param(drips_its_head, 2, BackendUnavailable, "gave no answer in 2 s", id="slow-head"),
        pytest.param(drips_its_body, 2, BackendUnavailable, "gave no answer in 2 s", id="slow-body"),
        pytest.param(sends_headers_without_end, 60, BadUpstreamAnswer, "is no HTTP", id="headers"),
        pytest.param(sends_a_body_without_end, 60, BadUpstreamAnswer, "larger than is read", id="body"),
        pytest.param(sends_a_bomb, 60, BadUpstreamAnswer, "larger than is read", id="bomb"),
    ],
)
async def test_what_is_cut_off_leaves_nothing_behind(behave, seconds, kind, words):
    """The call fails in its time, sent once and counted once, and its connection is closed."""
    async with rude(behave) as server:
        url = f"http://127.0.0.1:{server.port}"
        line = replace(LINE, base_url=url, timeout=seconds, allowance=Allowance(10, 600))
        client = HttpNetwork().open(line)
        with pytest.raises(kind, match=words) as caught:
            await sent(client, ONCE)
        assert (type(caught.value), caught.value.may_have_landed) == (kind, True)
        await server.left()
        quota = client.quota()
        assert quota
        assert (len(server.heads), quota.remaining) == (1, 9)
        await client.close()


async def test_the_operations_end_closes_the_connection():
    """A read that nobody waits for any more is dropped where it is."""
    async with rude(says_nothing) as server:
        client = HttpNetwork().open(replace(LINE, base_url=f"http://127.0.0.1:{server.port}", timeout=60))
        with pytest.raises(Exception, match="time for this operation was over"):
            await Deadline(0.3).bound(sent(client, Call("GET", "/x")))
        await server.left()
        await client.close()


async def test_an_answer_that_broke_off_is_asked_for_again():
    """A read whose body ends early is sent once more, and what came first is not taken for whole."""
    async with Emulator(Fixed(Reply(200, b"x" * 400))) as emulator:
        client = HttpNetwork().open(replace(LINE, base_url=emulator.url, timeout=60))
        for kind in ("truncated", "reset", "garbage"):
            emulator.faults.add(Fault(kind, count=1))
            assert (await sent(client, Call("GET", f"/{kind}"))).body == b"x" * 400
        await client.close()
        assert len(emulator.log.rows()) == 6


def deaf() -> tuple[socket.socket, list[socket.socket]]:
    """Return a listener whose queue is full: whoever connects now gets no answer."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())
    return listener, waiting


async def test_a_connection_that_does_not_stand_in_time():
    """Nothing was sent: it is said so, and the ration has lost nothing, however little time the call has."""
    listener, waiting = deaf()
    line = replace(LINE, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=3)
    client = HttpNetwork().open(replace(line, allowance=Allowance(10, 60)))
    with pytest.raises(NotReached, match="could not be reached") as caught:
        await sent(client, ONCE)
    assert (caught.value.may_have_landed, caught.value.retryable) == (False, True)
    quota = client.quota()
    assert quota
    assert quota.remaining == 10
    await client.close()
    for each in (listener, *waiting):
        each.close()


async def test_a_name_that_does_not_resolve():
    """A host that nobody knows cannot be reached: nothing was sent."""
    line = replace(LINE, base_url="http://nowhere.invalid", timeout=60, allowance=Allowance(10, 60))
    client = HttpNetwork().open(line)
    with pytest.raises(NotReached, match="could not be reached") as caught:
        await sent(client, ONCE)
    assert (caught.value.may_have_landed, "nowhere" in caught.value.message) == (False, False)
    quota = client.quota()
    assert quota
    assert quota.remaining == 10
    await client.close()
