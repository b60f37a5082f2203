"""A line to a system that fails on the wire, at the sockets of an emulator."""

import asyncio
import gzip
import ssl
import tracemalloc
import zlib
from dataclasses import replace

import httpx
import pytest

from gateway.domain.errors import BackendError, BackendUnavailable, BadUpstreamAnswer
from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply, Request
from gateway.ports import Call, Line
from gateway.transport.client import HttpNetwork
from tests.transport.calls import sent
from tests.transport.test_client import LINE, ONCE, System

BOMB = 256 * 1024 * 1024


class Fixed:
    """Satisfies `Emulated`: one answer to everything."""

    name = "fixed"

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def answer(self, request: Request) -> Reply:
        return self.reply

    def describe(self, request: Request) -> dict[str, str]:
        return {}

    def reset(self) -> None:
        """Nothing changes."""


def line(url: str) -> Line:
    return replace(LINE, base_url=url, timeout=2)


@pytest.fixture
async def emulator():
    async with Emulator(Fixed(Reply(200, b"x" * 400))) as started:
        yield started


@pytest.fixture
async def client(emulator):
    opened = HttpNetwork().open(line(emulator.url))
    yield opened
    await opened.close()


def bomb() -> bytes:
    """Return nothing but zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1024 * 1024)
    return b"".join(packer.compress(piece) for _ in range(BOMB // len(piece))) + packer.flush()


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        pytest.param(Fault("hang"), BackendUnavailable, "gave no answer in 2 s", id="hang"),
        pytest.param(Fault("drip", seconds=0.1), BackendUnavailable, "gave no answer in 2 s", id="drip"),
        pytest.param(Fault("latency", seconds=60), BackendUnavailable, "gave no answer in 2 s", id="late"),
        pytest.param(Fault("reset"), BackendUnavailable, "broke off its answer", id="reset"),
        pytest.param(Fault("truncated"), BackendUnavailable, "broke off its answer", id="truncated"),
        pytest.param(Fault("garbage"), BadUpstreamAnswer, "is no HTTP", id="garbage"),
    ],
)
async def test_faults(emulator, client, fault, kind, words):
    """Each way to fail becomes its error within the call's time, and the next call goes well."""
    emulator.faults.add(replace(fault, count=1))
    with pytest.raises(kind, match=words) as caught:
        await sent(client, ONCE)
    error = caught.value
    assert (type(error), error.system, error.administration, error.retryable) == (
        kind,
        "moneybird",
        "shop",
        True,
    )
    assert "127.0.0.1" not in error.message
    assert (await sent(client, Call("GET", "/x"))).body == b"x" * 400


async def test_nobody_listens(emulator, client):
    """A refused connection says that the system could not be reached."""
    await emulator.close()
    with pytest.raises(BackendUnavailable, match="could not be reached"):
        await sent(client, Call("GET", "/x"))


async def test_everyone_who_shares_a_call_gets_its_error(emulator, client):
    """A fault reaches all who waited for the one call, and is not kept for the next."""
    emulator.faults.add(Fault("reset", count=2))
    answers = await asyncio.gather(
        *(sent(client, Call("GET", "/x")) for _ in range(5)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [BackendUnavailable] * 5
    assert (await sent(client, Call("GET", "/x"))).status == 200


@pytest.mark.parametrize("waits", [1, 3], ids=["alone", "together"])
async def test_a_slot_comes_back(emulator, waits):
    """Calls that time out or are cancelled give their place in the line back."""
    emulator.faults.add(Fault("hang", count=waits))
    client = HttpNetwork().open(replace(line(emulator.url), at_once=1, timeout=2))
    sending = [asyncio.create_task(sent(client, Call("GET", f"/{turn}"))) for turn in range(waits)]
    sending[-1].cancel()
    answers = await asyncio.gather(*sending, return_exceptions=True)
    assert all(isinstance(answer, (BackendError, asyncio.CancelledError)) for answer in answers)
    emulator.faults.clear()
    assert (await sent(client, Call("GET", "/x"))).status == 200
    await client.close()


async def test_a_bomb_is_cut_short():
    """A small packed body that becomes hundreds of megabytes is refused at the cap, in bounded memory."""
    packed = bomb()
    reply = Reply(200, packed, headers={"Content-Encoding": "gzip"})
    async with Emulator(Fixed(reply)) as emulator:
        client = HttpNetwork().open(replace(line(emulator.url), timeout=10.0))
        tracemalloc.start()
        with pytest.raises(BadUpstreamAnswer, match="larger than is read"):
            await sent(client, Call("GET", "/x"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await client.close()
    assert len(packed) < 300_000
    assert peak < 64 * 1024 * 1024


async def test_a_packed_answer_is_unpacked():
    """A body comes out decoded."""
    reply = Reply(200, gzip.compress(b"plain"), headers={"Content-Encoding": "gzip"})
    async with Emulator(Fixed(reply)) as emulator:
        client = HttpNetwork().open(line(emulator.url))
        assert (await sent(client, Call("GET", "/x"))).body == b"plain"
        await client.close()


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"plain")[:-4]], ids=["not-packed", "cut"])
async def test_a_broken_packing_is_an_error(body):
    """A body that is not packed as it says, or not to its end, cannot be unpacked."""
    reply = Reply(200, body, headers={"Content-Encoding": "gzip"})
    async with Emulator(Fixed(reply)) as emulator:
        client = HttpNetwork().open(line(emulator.url))
        with pytest.raises(BadUpstreamAnswer, match="cannot be unpacked"):
            await sent(client, Call("GET", "/x"))
        await client.close()


async def test_a_foreign_certificate():
    """A server whose certificate cannot be checked is told apart, and asking again does not help."""
    failure = httpx.ConnectError("certificate verify failed")
    failure.__cause__ = ssl.SSLCertVerificationError("self-signed")
    client = System(failure).network().open(LINE)
    with pytest.raises(BackendUnavailable, match="no valid certificate") as caught:
        await sent(client, Call("GET", "/x"))
    assert caught.value.retryable is False
