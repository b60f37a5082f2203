"""Servers that do not behave, as small as they can be."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behave = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Rude:
    """A server that reads a request's head and then behaves as it wants.

    Attributes:
        behave: With each connection on which a request came.
        port: Where it listens.
        heads: Of all requests.
        live: Connections that stand.
    """

    behave: Behave
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    live: set[asyncio.StreamWriter] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.live.add(writer)
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            behaving = asyncio.ensure_future(self.behave(writer))
            # Until the client leaves: then nothing more can be read.
            while await reader.read(65_536):
                pass
            behaving.cancel()
            await asyncio.wait([behaving])
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            self.live.discard(writer)
            writer.close()
            async with self.changed:
                self.changed.notify_all()

    async def left(self) -> None:
        """Wait until no connection stands; the test's own time limit ends it otherwise."""
        async with self.changed:
            await self.changed.wait_for(lambda: not self.live)


@asynccontextmanager
async def rude(behave: Behave, tls: ssl.SSLContext | None = None) -> AsyncIterator[Rude]:
    """Let such a server listen as long as the block lasts."""
    server = Rude(behave)
    async with await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        await server.left()
