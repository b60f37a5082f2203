"""Delivers what an emulated system sends of its own accord, over HTTP, to this machine alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import h11

if TYPE_CHECKING:
    from gateway.emulation.outbox import Delivery, Outbox, Push

_SECONDS = 15.0
"""In which an answer has to come."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CHUNK = 65_536


class Postman:
    """Delivers pushes beside everything else, each in a connection of its own; an answer is awaited once."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, outbox: Outbox) -> None:
        """Begin to deliver what is due."""
        for delivery in outbox.take():
            task = asyncio.get_running_loop().create_task(_deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _deliver(delivery: Delivery) -> None:
    status: int | None = None
    body = b""
    try:
        async with asyncio.timeout(_SECONDS):
            status, body = await _posted(delivery.push)
    except (OSError, ValueError, h11.RemoteProtocolError) as error:
        # A TimeoutError is an OSError. A delivery that fails is only noted, as the real systems do.
        body = type(error).__name__.encode()
    delivery.answers.append(status)
    delivery.push.told(status, body.decode(errors="replace"))


async def _posted(push: Push) -> tuple[int, bytes]:
    parts = urlsplit(push.url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise ValueError("no address of this machine")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        return await _exchange(push, parts, reader, writer)
    finally:
        writer.transport.abort()


async def _exchange(
    push: Push, parts: SplitResult, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, bytes]:
    http = h11.Connection(our_role=h11.CLIENT)
    headers = {
        "Host": parts.netloc,
        "Content-Length": str(len(push.body)),
        "Connection": "close",
        **push.headers,
    }
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    request = h11.Request(method="POST", target=target or "/", headers=list(headers.items()))
    for part in (request, h11.Data(data=push.body), h11.EndOfMessage()):
        writer.write(http.send(part) or b"")
    await writer.drain()
    status, body = 0, b""
    while not isinstance(event := http.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
    return status, body
