"""A way between the gateway and an emulator that breaks off after so many bytes."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the way breaks off.

    Attributes:
        method: Of the request that is hit.
        path: In its path.
        side: "request" or "answer": whose bytes are counted.
        after: Bytes that get through.
        reset: Whether both sides get a reset, instead of an end.
    """

    method: str
    path: str
    side: str
    after: int
    reset: bool


class Relay:
    """Passes on what is said, until a request comes that is to be cut; a context manager.

    Args:
        port: Where the emulator listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.cut: Cut | None = None
        self.lengths: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HERE, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server
        return f"http://{HERE}:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(HERE, self._port)
        except OSError:
            writer.close()
            return
        ends = writer, back
        self._writers.update(ends)
        try:
            while request := await _message(reader):
                if not await self._exchange(request, there, ends):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            for each in ends:
                self._writers.discard(each)
                each.close()

    async def _exchange(
        self, request: bytes, there: asyncio.StreamReader, ends: tuple[asyncio.StreamWriter, ...]
    ) -> bool:
        """Pass one request and its answer on; false where the way is broken off."""
        writer, back = ends
        line = request.split(b"\r\n", 1)[0].decode()
        cut = self.cut
        if cut and not (line.startswith(f"{cut.method} ") and cut.path in line):
            cut = None
        if cut and cut.side == "request":
            self.cut = None
            back.write(request[: cut.after])
            await back.drain()
            return _broken(ends, cut)
        back.write(request)
        await back.drain()
        answer = await _message(there)
        self.lengths = {"request": len(request), "answer": len(answer)}
        if cut:
            self.cut = None
            writer.write(answer[: cut.after])
            await writer.drain()
            return _broken(ends, cut)
        writer.write(answer)
        await writer.drain()
        return bool(answer)


def _broken(ends: tuple[asyncio.StreamWriter, ...], cut: Cut) -> bool:
    for writer in ends:
        if cut.reset:
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()
    return False


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read a whole HTTP message with a Content-Length, or none; empty where the other side has left."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + (await reader.readexactly(length) if length else b"")


@asynccontextmanager
async def relayed(port: int) -> AsyncIterator[Relay]:
    """Open a way to a port."""
    async with Relay(port) as relay:
        yield relay
