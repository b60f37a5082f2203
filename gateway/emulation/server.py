"""Serves an emulated system over HTTP on this machine, and fails when told to."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Self

from gateway.emulation.clock import Clock, wall_clock
from gateway.emulation.connection import Arrival, Connection, RequestRefusedError
from gateway.emulation.control import PREFIX, Control
from gateway.emulation.faults import Fault, Faults, altered
from gateway.emulation.log import RequestLog, Row
from gateway.emulation.outbox import Sender
from gateway.emulation.postman import Postman
from gateway.emulation.vocabulary import Emulated, Reply

if TYPE_CHECKING:
    from types import TracebackType

_GARBAGE = b"\x00\xff\x13GARBAGE\r\nnot HTTP at all\r\n\r\n"
_NOTHING = Reply(204)


class Emulator:
    """An HTTP/1.1 server around an emulated system; `async with` starts and closes it.

    Connections are kept alive; a request body may be 16 MB; answers are never compressed but by a fault.
    Paths under `/_control/` are the control surface, see `gateway.emulation.control`.

    Args:
        emulated: What answers.
        host: Where to listen.
        port: 0 for any free one; it stays the same over a refusal.
        latency: Seconds that every answer waits.
        clock: Present moment for the log and the Date header.
    """

    def __init__(
        self,
        emulated: Emulated,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        clock: Clock = wall_clock,
    ) -> None:
        self.emulated = emulated
        self.log = RequestLog()
        self.faults = Faults(self._refuse_or_reopen)
        self.latency = latency
        self._host = host
        self._port = port
        self._clock = clock
        self._postman = Postman()
        self._control = Control(emulated, self.faults, self.log)
        self._listener: asyncio.Server | None = None
        self._placeholder: socket.socket | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._live: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._in_control: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """The port it listens on, known once started."""
        return self._port

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._live)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken.
        """
        taken = self._bound()
        self._port = taken.getsockname()[1]
        self._listener = await asyncio.start_server(self._serve, sock=taken)
        self._refuse_or_reopen()

    async def close(self) -> None:
        """Stop listening and drop every connection, the hanging ones too."""
        self._stop_listening()
        await self._postman.close()
        tasks = [task for task in (*self._live.values(), self._reopening) if task is not None]
        self._drop_connections()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None
        # The transports of dropped connections close their sockets one turn of the loop later.
        await asyncio.sleep(0)

    def _bound(self) -> socket.socket:
        # With its protocol named, asyncio sends what is written at once, instead of after 40 ms.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        try:
            bound.bind((self._host, self._port))
        except OSError:
            bound.close()
            raise
        return bound

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _drop_connections(self) -> None:
        for writer in list(self._live):
            if writer is not self._in_control:
                writer.transport.abort()

    def _refuse_or_reopen(self) -> None:
        refusal = self.faults.refusal()
        if refusal is not None and self._listener is not None:
            self._stop_listening()
            # Bound but deaf: connects are refused and nobody else gets the port meanwhile.
            self._placeholder = self._bound()
            self._drop_connections()
            self._reopening = asyncio.get_running_loop().create_task(self._reopen(refusal.duration))
        elif refusal is None and self._placeholder is not None and self._reopening is not None:
            self._reopening.cancel()
            self._reopening = asyncio.get_running_loop().create_task(self._reopen(0.0))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        bound, self._placeholder = self._placeholder, None
        self._listener = await asyncio.start_server(self._serve, sock=bound)
        self.faults.end_refusal()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        self._live[writer] = asyncio.current_task()
        try:
            while await self._exchange(connection, writer):
                pass
        except (ConnectionError, asyncio.CancelledError):
            # The client has left, or `close` said so; asyncio's streams would report a cancelled task.
            return
        finally:
            del self._live[writer]
            writer.close()

    async def _exchange(self, connection: Connection, writer: asyncio.StreamWriter) -> bool:
        try:
            arrival = await connection.receive()
        except RequestRefusedError as refused:
            await connection.send(Reply(refused.status, str(refused).encode(), "text/plain"), self._clock())
            await connection.part()
            return False
        if arrival is None:
            return False
        if arrival.request.path.startswith(PREFIX):
            self._in_control = writer
            reply = self._control.answer(arrival.request)
            self._in_control = None
            self._send_word()
            return await connection.send(reply, self._clock()) and self._listener is not None
        return await self._answer(connection, arrival)

    async def _answer(self, connection: Connection, arrival: Arrival) -> bool:
        request = arrival.request
        started = time.perf_counter()
        fault = self.faults.take(request.method, request.path)
        delay = self.latency + (fault.duration if fault and fault.kind == "latency" else 0.0)
        if delay:
            await asyncio.sleep(delay)
        answer = self.emulated.answer(request) if fault is None or fault.carried_out else _NOTHING
        self._send_word()
        reply = altered(fault, answer)
        self.log.add(
            Row(
                at=self._clock(),
                method=request.method,
                path=request.path,
                query=arrival.query,
                status=reply.status if reply else None,
                fault=fault.kind if fault else None,
                ms=round((time.perf_counter() - started) * 1000, 3),
                about=self.emulated.describe(request),
            )
        )
        return await self._deliver(connection, reply, fault)

    def _send_word(self) -> None:
        """Deliver what the system has to tell of its own accord."""
        if isinstance(self.emulated, Sender):
            self._postman.send(self.emulated.outbox)

    async def _deliver(self, connection: Connection, reply: Reply | None, fault: Fault | None) -> bool:
        kind = fault.kind if fault else ""
        if reply is None:
            await _deliver_nothing(connection, kind)
            return False
        if kind == "truncated":
            head, body = connection.encoded(reply, self._clock())
            await connection.send_raw(head + body[: len(body) // 2] if body else head[: len(head) // 2])
            return False
        if fault and kind == "drip":
            return await connection.drip(b"".join(connection.encoded(reply, self._clock())), fault.duration)
        return await connection.send(reply, self._clock())


async def _deliver_nothing(connection: Connection, kind: str) -> None:
    if kind == "hang":
        await connection.hang()
    elif kind == "reset":
        connection.reset()
    elif kind == "endless":
        await connection.pour()
    else:
        await connection.send_raw(_GARBAGE)
