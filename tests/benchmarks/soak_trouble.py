"""What goes on around the users of a soak: faults in one book, edits elsewhere, reloads, gauges."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import linear_regression
from typing import Any

import httpx

from gateway.backends.moneybird.sandbox.administration import ID
from gateway.backends.moneybird.sandbox.system import TOKEN
from tests.benchmarks.soak_truth import Truth

Fault = dict[str, Any]
WRITES = {"moneybird": ("PATCH", "/contacts"), "acumulus": ("POST", "contact_manage")}
BREAKS = {"moneybird": '"', "acumulus": "</"}
"""Text without which an answer cannot be read."""


def fault(random: Random, slug: str) -> Fault:
    """Return one of all faults but rejected credentials: after those nothing is shown for minutes."""
    kinds: list[Fault] = [
        {"kind": "latency", "seconds": random.uniform(0.2, 4)},
        {"kind": "refuse", "seconds": random.uniform(0.5, 3)},
        *({"kind": kind} for kind in ("hang", "reset", "truncated", "drip", "garbage", "html", "cut")),
        {"kind": "html", "status": 503},
        *({"kind": "status", "status": status} for status in (500, 502, 503, 504)),
        {"kind": "status", "status": 429, "retry_after": "1"},
        *({"kind": kind, "landed": True} for kind in ("hang", "reset", "garbage")),
        {"kind": "status", "status": 500, "landed": True},
        {"kind": "edited", "find": BREAKS[slug], "body": "?"},
        {"kind": "headed", "headers": {"Content-Type": "text/html"}},
        {"kind": "crowded", "size": 5000},
        {"kind": "bomb", "size": 64 * 1024 * 1024, "count": 1},
        {"kind": "endless", "count": 1},
    ]
    chosen = dict(random.choice(kinds))
    if random.random() < 0.5:
        chosen["method"], chosen["path"] = WRITES[slug]
    if random.random() < 0.7:
        chosen.setdefault("count", random.randint(1, 4))
    return chosen | ({"skip": random.randint(0, 4)} if chosen["kind"] != "refuse" else {})


@dataclass(slots=True)
class Trouble:
    """Makes one book fail now and then; `faults` counts what it did by kind."""

    random: Random
    slug: str
    control: str
    longest: float
    faults: Counter[str] = field(default_factory=Counter)

    async def go_on(self, http: httpx.AsyncClient) -> None:
        """Fail and recover in turn, until cancelled."""
        while True:
            told = [fault(self.random, self.slug) for _ in range(self.random.randint(1, 3))]
            self.faults.update(each["kind"] for each in told)
            await self._tell(http, told)
            await asyncio.sleep(self.random.uniform(self.longest / 4, self.longest))
            await self._tell(http, [])
            await asyncio.sleep(self.random.uniform(self.longest / 2, self.longest * 2))

    async def lift(self, http: httpx.AsyncClient) -> None:
        """End every fault."""
        await self._tell(http, [])

    async def _tell(self, http: httpx.AsyncClient, told: list[Fault]) -> None:
        # A book that refuses connections refuses this one too, for as long as it does.
        for _ in range(100):
            try:
                (await http.post(f"{self.control}/faults", json=told)).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
        raise AssertionError("the emulator does not come back")


async def edit_elsewhere(
    truth: Truth, random: Random, base: str, http: httpx.AsyncClient, pause: float
) -> None:
    """Change contacts in Moneybird itself, as its own users do, until cancelled."""
    number = 0
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        # Moneybird's version counts whole seconds: of two changes in one, the second cannot be seen.
        old = time.time() - 3
        if free := truth.free(
            lambda slug, life, old=old: slug == "moneybird" and life.is_active and life.touched < old
        ):
            number += 1
            await _edit(truth, random.choice(free), f"Elders {number}", base, http)


async def _edit(truth: Truth, key: tuple[str, str], city: str, base: str, http: httpx.AsyncClient) -> None:
    life, outcome = truth.lives[key], "UNKNOWN"
    version = truth.writing(life, city=city)
    try:
        answer = await http.patch(
            f"{base}/{ID}/contacts/{key[1]}.json",
            json={"contact": {"city": city}},
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        answer.raise_for_status()
        outcome = "UPDATED"
    finally:
        truth.written(life, version, outcome, time.time(), told=False)


async def reload(signal: Callable[[], None], pause: float, count: Counter[str]) -> None:
    """Have the configuration read anew again and again, until cancelled."""
    while True:
        await asyncio.sleep(pause)
        signal()
        count["reloads"] += 1


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a process: its memory in bytes, its sockets and all its open files."""

    at: float
    memory: int
    sockets: int
    files: int


def read_process(pid: int) -> Reading:
    """Look at a process."""
    place = Path(f"/proc/{pid}")
    resident = next(line for line in (place / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    targets = []
    for each in (place / "fd").iterdir():
        try:
            targets.append(str(each.readlink()))
        except FileNotFoundError:
            continue
    sockets = sum(each.startswith("socket:") for each in targets)
    return Reading(time.monotonic(), int(resident.split()[1]) * 1024, sockets, len(targets))


async def watch(pid: int, readings: list[Reading]) -> None:
    """Look at a process every second, until cancelled."""
    while True:
        readings.append(read_process(pid))
        await asyncio.sleep(1)


def slope(readings: list[Reading]) -> float:
    """Return by how many MB a minute memory grows in the second half: a straight line through it."""
    half = readings[len(readings) // 2 :]
    if len(half) < 3:
        return 0.0
    return linear_regression([each.at for each in half], [each.memory for each in half]).slope * 60 / 1e6
