"""An emulated Moneybird and the adapter connected to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.backends.moneybird.line import opened

SAMPLES = Path(__file__).parents[2] / "samples/moneybird"


@pytest.fixture
async def line():
    async with opened() as connected:
        yield connected


@pytest.fixture(scope="session")
def answered():
    """Return a function that reads a documented answer by its name, as bytes."""
    return lambda name: json.dumps(json.loads((SAMPLES / f"{name}.json").read_text())).encode()
