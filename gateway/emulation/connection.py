"""One client's HTTP/1.1 connection to an emulator, with the socket within reach."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import h11

from gateway.emulation.vocabulary import Reply, Request

if TYPE_CHECKING:
    from datetime import datetime

MAX_BODY = 16 * 1024 * 1024
"""Largest request body in bytes; more is answered 413."""

_CHUNK = 65_536
_BOUNDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
_PARTING_SECONDS = 2.0


class RequestRefusedError(Exception):
    """What was sent cannot become a `Request`; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request, with its query as it was sent."""

    request: Request
    query: str


class Connection:
    """Reads requests and sends answers one after another; not more than one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)
        self._bodyless = False

    async def receive(self) -> Arrival | None:
        """Wait for the next request; None when the client has left.

        Raises:
            RequestRefusedError: 400 for what is no HTTP, 413 for a body over `MAX_BODY`.
        """
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            self._bodyless = head.method == b"HEAD"
            return _arrival(head, await self._body())
        except h11.RemoteProtocolError as error:
            # A client that leaves halfway is a protocol error too, but nobody is there to be told.
            if self._reader.at_eof():
                return None
            raise RequestRefusedError(400) from error

    async def send(self, reply: Reply, at: datetime) -> bool:
        """Send a whole answer; false when the connection cannot serve another request."""
        head, body = self.encoded(reply, at)
        self._writer.write(head + body)
        await self._writer.drain()
        return self._http.our_state is h11.DONE

    def encoded(self, reply: Reply, at: datetime) -> tuple[bytes, bytes]:
        """Return head and body of the answer as bytes, to be sent by `send_raw` in whatever way."""
        headers = list({"Date": format_datetime(at, usegmt=True), **reply.headers}.items())
        if reply.body:
            headers.append(("Content-Type", reply.content_type))
        if reply.status not in (204, 304):
            headers.append(("Content-Length", str(len(reply.body))))
        reason = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else ""
        head = self._http.send(
            h11.Response(status_code=reply.status, headers=headers, reason=reason.encode())
        )
        body = b"" if self._bodyless or not reply.body else self._http.send(h11.Data(data=reply.body))
        self._http.send(h11.EndOfMessage())
        return head or b"", body or b""

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def drip(self, data: bytes, seconds: float) -> bool:
        """Send bytes one at a time, `seconds` apart; false when the client did not wait for the end."""
        for place in range(len(data)):
            if self._writer.is_closing():
                return False
            await self.send_raw(data[place : place + 1])
            await asyncio.sleep(seconds)
        return self._http.our_state is h11.DONE

    async def pour(self) -> None:
        """Send a body that never ends, as fast as the client takes it, until the client leaves."""
        await self.send_raw(_BOUNDLESS)
        while not self._writer.is_closing():
            await self.send_raw(b" " * _CHUNK)

    async def hang(self) -> None:
        """Say nothing until the client leaves."""
        while await self._reader.read(_CHUNK):
            pass

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def part(self) -> None:
        """Stop sending and let the client finish, so that it gets to read a refusal it did not wait for."""
        self._writer.write_eof()
        try:
            async with asyncio.timeout(_PARTING_SECONDS):
                await self.hang()
        except TimeoutError:
            return

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                await self.send_raw(self._http.send(go_on) or b"")
            self._http.receive_data(await self._reader.read(_CHUNK))

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while isinstance(event := await self._event(), h11.Data):
            size += len(event.data)
            if size > MAX_BODY:
                raise RequestRefusedError(413)
            parts.append(bytes(event.data))
        return b"".join(parts)


def _arrival(head: h11.Request, body: bytes) -> Arrival:
    raw_path, _, query = head.target.decode("ascii", "replace").partition("?")
    request = Request(
        method=head.method.decode("ascii"),
        path=unquote(raw_path),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers},
        body=body,
        raw_path=raw_path,
    )
    return Arrival(request, query)
