"""Runs an ASGI application until the process is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def heeding_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` whenever the process is told to end, by Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


class Server(uvicorn.Server):
    """uvicorn, but for its signals: a told end is a good end, with exit status 0."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._announce()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Finish what runs when told to stop; uvicorn itself would die of the signal afterwards."""
        with heeding_signals(self.stop):
            yield

    def stop(self) -> None:
        """Take no new requests and end when the running ones are answered; at once when told twice."""
        self.force_exit = self.should_exit
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve on; port 0 is any free one.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends what is written at once; else answers wait 40 ms for one another.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


async def serve(
    app: ASGIApp, opened: socket.socket, *, grace: float, announce: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM; then finish what runs, for at most `grace` seconds.

    `announce` is called once requests are taken and signals are heeded.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    await Server(config, announce).serve(sockets=[opened])
