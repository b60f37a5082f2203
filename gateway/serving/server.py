"""Runs an ASGI application until the process is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.serving.site import Application, Draining
from gateway.telemetry import log

WAITING = 2048
"""Connections that may wait to be taken."""

Signals = Mapping[signal.Signals, Callable[[], None]]


@contextmanager
def heeding(signals: Signals) -> Iterator[None]:
    """Call what belongs to a signal whenever the process gets it."""
    loop = asyncio.get_running_loop()
    for number, call in signals.items():
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextmanager
def heeding_to_the_end(signals: Signals) -> Iterator[None]:
    """Do as `heeding` does, and let these signals do nothing afterwards, to the end of the process.

    There is no moment in between in which one of them would end it.
    """
    loop = asyncio.get_running_loop()
    for number, call in signals.items():
        signal.signal(number, lambda *_, call=call: loop.call_soon_threadsafe(call))
    try:
        yield
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)


def heeding_signals(stop: Callable[[], None]) -> Any:
    """Call `stop` whenever the process is told to end, by Ctrl-C or SIGTERM."""
    return heeding({signal.SIGINT: stop, signal.SIGTERM: stop})


class Impatient(HttpToolsProtocol):
    """uvicorn's connection, but for one thing: it is closed when a request's head does not arrive in time.

    uvicorn itself waits for ever, so that a few hundred half heads would take all connections.

    Args:
        head_seconds: For the whole head of a request, from when the connection is free for one.
        more: What uvicorn hands to every connection.
    """

    def __init__(self, *, head_seconds: float, **more: Any) -> None:
        super().__init__(**more)
        self._head_seconds = head_seconds
        self._head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer: the head is there."""
        self._forget_head()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, as long as uvicorn keeps the connection for one."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._forget_head()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._forget_head()
        self._head_due = self.loop.call_later(self._head_seconds, self.transport.close)

    def _forget_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None


class Server(uvicorn.Server):
    """uvicorn, but for its signals: a told end is a good end, with exit status 0."""

    def __init__(self, config: uvicorn.Config, serving: Serving) -> None:
        super().__init__(config)
        self._serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self._serving.is_one_of_several:
            for each in sockets or []:
                each.listen(WAITING)
        self._serving.announce()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Finish what runs when told to stop; uvicorn itself would die of the signal afterwards."""
        is_alone = not self._serving.is_one_of_several
        # Whoever tells all processes of a service may tell each of them too: that is no second word.
        told = self.stop if is_alone else self.drain
        signals = {signal.SIGINT: told, signal.SIGTERM: told}
        if self._serving.reload:
            signals[signal.SIGHUP] = self._serving.reload
        with heeding(signals) if is_alone else self._heeding_among(signals):
            yield

    @contextmanager
    def _heeding_among(self, signals: Signals) -> Iterator[None]:
        with heeding({signal.SIGQUIT: self.end}), heeding_to_the_end(signals):
            yield

    def stop(self) -> None:
        """Take no new requests and end when the running ones are answered; at once when told twice."""
        (self.end if self.should_exit else self.drain)()

    def drain(self) -> None:
        """Take no new requests and end when the running ones are answered, however often it is told."""
        self._serving.draining.told = True
        self.should_exit = True

    def end(self) -> None:
        """End, whatever runs."""
        self.drain()
        self.force_exit = True


@dataclass(frozen=True, slots=True)
class Serving:
    """How an application is served.

    Attributes:
        grace: Seconds to finish what runs, once the process is told to end.
        head_seconds: Seconds for a request's head.
        announce: Called once requests are taken and signals are heeded.
        reload: Called at SIGHUP; None: the signal ends the process, as it always did.
        draining: Told when the process is about to end.
        is_one_of_several: Whether other processes serve on the same socket: then SIGQUIT, and no second
            SIGINT or SIGTERM, ends it at once.
    """

    grace: float
    head_seconds: float
    announce: Callable[[], None] = lambda: None
    reload: Callable[[], None] | None = None
    draining: Draining = field(default_factory=Draining)
    is_one_of_several: bool = False


async def serve(app: Application, opened: socket.socket, serving: Serving) -> None:
    """Serve until SIGINT or SIGTERM; then finish what runs."""
    impatient: Any = partial(Impatient, head_seconds=serving.head_seconds)
    config = uvicorn.Config(
        app,
        http=impatient,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=max(1, round(serving.grace)),
        # asyncio takes as many connections in one go; the first worker to look would take them all.
        backlog=1 if serving.is_one_of_several else WAITING,
    )
    await Server(config, serving).serve(sockets=[opened])
    if serving.draining.told:
        log().info("drained", answers=serving.draining.answered, dropped=serving.draining.dropped)
