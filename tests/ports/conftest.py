"""Every system, connected."""

import pytest

from tests.ports.connected import NAMES, SYSTEMS, connected


@pytest.fixture(params=NAMES)
async def line(request):
    async with connected(SYSTEMS[request.param]) as opened:
        yield opened


@pytest.fixture
async def moneybird():
    async with connected(SYSTEMS["moneybird"], contacts=200) as opened:
        # Ahead of every window that an answer tells of, so that no ration hinders a walk through the book.
        opened.clock.move(600)
        yield opened
