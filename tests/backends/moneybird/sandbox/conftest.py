"""An emulated Moneybird over HTTP, and a client that holds its token."""

import json
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.emulation.server import Emulator

SAMPLES = Path(__file__).parents[3] / "samples" / "moneybird"


@pytest.fixture(scope="session")
def documented():
    """Return a function that reads a documented example by its name."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture
def stored():
    """Return a function that reads, through the control surface, all that the emulator holds."""

    async def read(client):
        return (await client.get(client.base_url.copy_with(path="/_control/state"))).json()

    return read


@pytest.fixture
def some(sandbox):
    """Return a function that finds the first seeded contact that is wanted."""

    def find(wanted=lambda row: True, *, archived=False):
        rows = sandbox.book.contacts(archived=True)
        return next(row for row in rows if row["archived"] == archived and wanted(row))

    return find


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
