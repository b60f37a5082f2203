"""An emulated Moneybird over HTTP, and a client that holds its token."""

from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.emulation.server import Emulator


@pytest.fixture
def opened():
    """Return a function that serves a sandbox and yields a client under its administration."""

    @asynccontextmanager
    async def serve(**options):
        sandbox = create(**options)
        async with Emulator(sandbox) as emulator:
            base = f"{emulator.url}{sandbox.base_path}/{sandbox.connection['administration_id']}"
            headers = {"Authorization": f"Bearer {sandbox.connection['token']}"}
            async with httpx.AsyncClient(base_url=base, headers=headers) as client:
                yield client

    return serve


@pytest.fixture(scope="session")
def sandbox():
    """The book that `client` serves, to look things up in."""
    return create(contacts=250)


@pytest.fixture
async def client(opened):
    async with opened(contacts=250) as client:
        yield client
