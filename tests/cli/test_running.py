"""What a process that serves keeps, and lets go of."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable

import httpx
import pytest
import structlog

from gateway.backends import discover
from gateway.cli.running import serve_settings
from gateway.directory.refresh import Book
from gateway.sandbox import Emulation, emulated, settings_for
from gateway.settings import Settings
from tests.e2e.program import free_port

RELOADS = 5


@pytest.fixture(autouse=True)
def logged():
    """Serving configures the log of the whole process."""
    yield
    structlog.reset_defaults()


def books() -> int:
    """Count the books of this process."""
    gc.collect()
    return sum(isinstance(each, Book) for each in gc.get_objects())


async def answers(address: str) -> bool:
    """Ask whether all is well."""
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(address)).status_code == 200
        except httpx.TransportError:
            return False


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds, for a minute at most."""
    for _ in range(600):
        if await holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to hold")


async def test_a_gateway_whose_place_was_taken_is_let_go():
    """However often the configuration is read anew, what serves is kept, what served before, and no more."""
    systems, port, reads = discover(), free_port(), []
    async with emulated(systems, Emulation(contacts=3)) as running:
        settings = settings_for(running, systems, port=port)
        before = books()

        def read() -> Settings:
            reads.append(port)
            return settings

        async def ready() -> bool:
            return await answers(f"http://127.0.0.1:{port}/health/ready")

        async def let_go() -> bool:
            return len(reads) == RELOADS and books() - before <= 2 * len(running)

        serving = asyncio.create_task(serve_settings(settings, systems, read))
        try:
            await until(ready)
            for _ in range(RELOADS):
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(0.1)
            await until(let_go)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await serving
