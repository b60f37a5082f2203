"""One gateway in place of another while requests go on: what SIGHUP does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from gateway.app import Gateway, Lasting, open_gateway
from gateway.backends import System
from gateway.cli.logs import configure
from gateway.serving import Draining, Site
from gateway.serving.site import Message, Receive, Send
from gateway.settings import Fault, Settings, SettingsError
from gateway.telemetry import log, shape

MOVED = "is another one than when the gateway was started", "end it and start it again"
"""What is wrong with a configuration that shares elsewhere: all workers have to change at once."""


class Turn:
    """A gateway that serves: it is closed when another has taken its place and nobody waits for it."""

    def __init__(self, gateway: Gateway, site: Site, closing: AsyncExitStack) -> None:
        self.gateway = gateway
        self.site = site
        self._closing = closing
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        self._waiting += 1
        self._idle.clear()
        try:
            await self.site(scope, receive, send)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle.set()

    async def end(self) -> None:
        """Close it, once its last request is answered."""
        await self._idle.wait()
        await self._closing.aclose()


Open = Callable[[Settings, Gateway | None], Awaitable[Turn]]
"""Opens a gateway, in place of an earlier one where there is one."""


class Reloading:
    """Serves by the configuration as it was last read without a fault; made by `reloading`.

    Attributes:
        draining: Whether the process is about to end.

    Args:
        turn: Serves first.
        opened: Opens the next one.
        read: Reads the configuration anew.
    """

    def __init__(self, turn: Turn, opened: Open, read: Callable[[], Settings]) -> None:
        self.draining = turn.site.draining
        self._turn = turn
        self._opened = opened
        self._read = read
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    @property
    def gateway(self) -> Gateway:
        """The gateway that serves."""
        return self._turn.gateway

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request by the configuration of this moment, whatever is read meanwhile."""
        await self._turn(scope, receive, send)

    def reload(self) -> None:
        """Read the configuration anew, and serve by it; one with faults changes nothing, and is told."""
        task = asyncio.create_task(self._reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Close every gateway."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._turn.end()

    async def _reload(self) -> None:
        async with self._one_at_a_time:
            before = self._turn
            try:
                settings = self._read()
                self._turn = await self._opened(settings, before.gateway)
            except SettingsError as error:
                for fault in error.faults:
                    log().error("reload_refused", where=fault.where, problem=fault.problem, cure=fault.cure)
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the old configuration goes on
                log().error("reload_failed", **shape(error))
                return
            configure(settings.log)
            log().info("reloaded", administrations=len(settings.administrations))
            await before.end()


async def reloading(
    settings: Settings, read: Callable[[], Settings], systems: Mapping[str, System], lasting: Lasting
) -> Reloading:
    """Open a gateway that can be replaced.

    Args:
        settings: The configuration to begin with.
        read: Reads it anew.
        systems: All installed systems by name.
        lasting: What the next ones go on with.
    """
    draining = Draining()

    async def opened(wanted: Settings, earlier: Gateway | None) -> Turn:
        if wanted.cache.url != settings.cache.url:
            raise SettingsError([Fault("cache.url", *MOVED)])
        closing = AsyncExitStack()
        try:
            opening = open_gateway(wanted, systems, lasting, earlier)
            gateway = await closing.enter_async_context(opening)
        except BaseException:
            await closing.aclose()
            raise
        return Turn(gateway, gateway.application(draining), closing)

    return Reloading(await opened(settings, None), opened, read)
