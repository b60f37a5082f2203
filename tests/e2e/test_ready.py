"""Whether a program is ready, as whoever sends it requests asks: true of the moment at which it is asked."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator
from tests.e2e.house import SYSTEMS
from tests.e2e.program import PATIENCE, Program
from tests.ports.connected import mended
from tests.telemetry.measured import total

LIST = {"query": "{ contacts(first: 1, maxAge: 0) { totalCount sources { state } } }"}
CONFIGURED = """
[server]
port = 0
[log]
level = "info"
format = "json"
[cache]
directory = "none"
[[administrations]]
slug = "shop"
title = "Shop"
system = "moneybird"
administration_id = "{administration_id}"
token = "{token}"
base_url = "{url}"
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A program in front of an emulated Moneybird, that nobody answers for at its start."""

    emulator: Emulator
    program: Program
    client: httpx.AsyncClient
    graphql: str
    health: str

    async def look(self) -> tuple[int, str, str]:
        """Ask once whether it is ready; return the status, its word for it, and the book's state."""
        answer = await self.client.get(self.health)
        [book] = answer.json()["administrations"]
        return answer.status_code, answer.json()["status"], book["state"]

    async def see(self, state: str) -> tuple[int, str, str]:
        """Ask for the list until it says this of the book, then look at once."""
        end = time.monotonic() + PATIENCE
        while await self._state() != state:
            assert time.monotonic() < end, state
            await asyncio.sleep(0.2)
        return await self.look()

    async def _state(self) -> str:
        told: Any = (await self.client.post(self.graphql, json=LIST)).json()
        state: str = told["data"]["contacts"]["sources"][0]["state"]
        return state


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    make = SYSTEMS["moneybird"].sandbox
    assert make
    sandbox = make(5, False)
    async with Emulator(sandbox) as emulator, httpx.AsyncClient(timeout=PATIENCE) as client:
        emulator.faults.add(Fault("refuse", seconds=600))
        url = emulator.url + sandbox.base_path
        (folder / "gateway.toml").write_text(CONFIGURED.format(url=url, **sandbox.connection))
        with Program("serve", cwd=folder) as program:
            graphql = await asyncio.to_thread(program.address, "GraphQL ")
            health = await asyncio.to_thread(program.address, "Health")
            yield Watched(emulator, program, client, graphql, health)


async def test_every_change_is_seen_at_once(tmp_path: Path):
    """The next question after a start, a load, a failure, a rejection and a healing is answered by it."""
    async with watched(tmp_path) as shop:
        assert await shop.look() == (503, "starting", "UNAVAILABLE")
        await mended(shop.emulator)
        assert await shop.see("FRESH") == (200, "ready", "FRESH")
        shop.emulator.faults.add(Fault("status", status=503))
        assert await shop.see("STALE") == (200, "ready", "STALE")
        shop.emulator.faults.clear()
        assert await shop.see("FRESH") == (200, "ready", "FRESH")
        shop.emulator.faults.add(Fault("status", status=401))
        assert await shop.see("UNAVAILABLE") == (503, "starting", "UNAVAILABLE")
        shop.emulator.faults.clear()
        assert await shop.see("FRESH") == (200, "ready", "FRESH")


async def test_told_to_end(tmp_path: Path):
    """Once it is told to end it is ready for nobody; what was begun is answered, and counted in the log."""
    async with watched(tmp_path) as shop:
        await mended(shop.emulator)
        assert await shop.see("FRESH") == (200, "ready", "FRESH")
        shop.emulator.faults.add(Fault("latency", seconds=5))
        asked = asyncio.create_task(shop.client.post(shop.graphql, json=LIST))
        metrics = shop.graphql.replace("/graphql", "/metrics")
        while total((await shop.client.get(metrics)).text, "upstream_in_flight") == 0:
            assert not asked.done()
            await asyncio.sleep(0.02)
        ended = asyncio.create_task(asyncio.to_thread(shop.program.stop, signal.SIGTERM))
        while await is_ready(shop):
            assert not asked.done()
        assert (await asked).json()["data"]["contacts"]["totalCount"] == 5
        assert not await is_ready(shop)
        assert (await ended)[0] == 0
    events = [json.loads(line) for line in shop.program.errors.splitlines() if line.startswith("{")]
    [drained] = [each for each in events if each["event"] == "drained"]
    assert (drained["answers"] >= 1, drained["dropped"]) == (True, 0)


async def is_ready(shop: Watched) -> bool:
    """Whether anybody would be told that it is ready; nobody is where nobody answers any more."""
    try:
        return (await shop.client.get(shop.health)).status_code == 200
    except httpx.TransportError:
        return False
