"""What `gateway serve` does where several workers are wanted."""

from __future__ import annotations

import sys
from functools import partial

from gateway.cli.addresses import announce
from gateway.cli.listening import listen
from gateway.cli.logs import configure
from gateway.cli.workers import Workers
from gateway.settings import Settings


async def supervise(settings: Settings) -> int:
    """Serve by several workers until told to stop; return the exit status.

    Each worker is started by the very words that this process was started by.

    Args:
        settings: The configuration.
    """
    configure(settings.log)
    with listen(settings.server.host, settings.server.port) as opened:
        command = [sys.executable, *sys.orig_argv[1:]]
        told = partial(announce, settings, opened.getsockname()[1])
        return await Workers(command, settings.server.workers, opened, told).run()
