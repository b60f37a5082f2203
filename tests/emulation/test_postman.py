"""Pushes that are delivered over HTTP, or not."""

from __future__ import annotations

import asyncio

import pytest

from gateway.emulation.outbox import Outbox, Push
from gateway.emulation.postman import Postman


def put(outbox: Outbox, url: str) -> asyncio.Future[tuple[int | None, str]]:
    """Put a push down; how it is answered comes later."""
    heard = asyncio.get_running_loop().create_future()
    outbox.put(Push(url, {"X-Kind": "test"}, b"body", {}, lambda *told: heard.set_result(told)))
    return heard


@pytest.fixture
async def postman():
    made = Postman()
    yield made
    await made.close()


async def test_an_answer_is_told(emulator, postman):
    """Status and body of the answer reach whoever put the push down."""
    outbox = Outbox()
    heard = put(outbox, f"{emulator.url}/some/where?a=b")
    postman.send(outbox)
    status, body = await heard
    assert status == 200
    assert '"method":"POST","path":"/some/where"' in body
    assert '"size":4' in body
    assert outbox.rows() == [{"number": 0, "url": f"{emulator.url}/some/where?a=b", "answers": [200]}]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:1/", id="nobody-there"),
        pytest.param("http://gateway.example/", id="another-machine"),
        pytest.param("http://127.0.0.1:x/", id="no-port"),
        pytest.param("nonsense", id="no-url"),
    ],
)
async def test_what_is_not_delivered_is_noted(postman, url):
    """Nothing leaves this machine, and no failure goes further than the note."""
    outbox = Outbox()
    heard = put(outbox, url)
    postman.send(outbox)
    assert (await heard)[0] is None
    assert outbox.rows()[0]["answers"] == [None]


async def test_nothing_is_sent_as_if_it_were_secret(emulator, postman):
    """An address that wants TLS is not spoken to without it."""
    outbox = Outbox()
    heard = put(outbox, emulator.url.replace("http:", "https:"))
    postman.send(outbox)
    assert (await heard)[0] is None
    assert emulator.log.rows() == []


@pytest.mark.parametrize("kind", ["reset", "garbage"])
async def test_a_broken_answer_is_none(emulator, client, postman, kind):
    """A listener that breaks off, or speaks no HTTP, has not answered."""
    await client.post("/_control/faults", json={"kind": kind})
    outbox = Outbox()
    heard = put(outbox, emulator.url)
    postman.send(outbox)
    assert (await heard)[0] is None


async def test_what_is_due_is_taken_once(emulator):
    """A push is delivered once, and once more for each time that somebody says so."""
    outbox = Outbox()
    put(outbox, emulator.url)
    assert len(outbox.take()) == 1
    assert outbox.take() == []
    assert outbox.again(0)
    assert not outbox.again(1)
    assert len(outbox.take()) == 1


async def test_a_system_that_sends_nothing(client):
    """Its control surface has no pushes, and makes none."""
    assert (await client.get("/_control/pushes")).json() == []
    assert (await client.post("/_control/pushes", json={"again": 0})).status_code == 404
