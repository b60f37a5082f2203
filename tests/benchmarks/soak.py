"""Whether the gateway keeps working: `python -m tests.benchmarks.soak --minutes 10 --users 50`.

A `gateway serve` in front of emulated systems, each a process of its own. Users ask and write at once,
one book fails in every way and recovers, clients leave, configurations are read anew, contacts change
in Moneybird itself. Every answer is held against what is true; see `soak_truth` and `soak_checks`.
Ends with 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from gateway.domain.identity import parse
from tests.benchmarks.soak_report import report
from tests.benchmarks.soak_trouble import Reading, Trouble, edit_elsewhere, read_process, reload, slope, watch
from tests.benchmarks.soak_truth import Truth, shown
from tests.benchmarks.soak_users import LIST, SLUGS, Town, User
from tests.e2e.program import Program, free_port, ready

CONFIGURATION = """
[server]
grace = 20
[log]
level = "error"
[graphql]
deadline = 30
[cache]
directory = "kept"
fresh = 3
revalidate = 12
{sections}"""
SECTIONS = {
    "moneybird": """
[[administrations]]
slug = "moneybird"
title = "Shop"
system = "moneybird"
administration_id = "123456789012345678"
token = "sandbox-token-moneybird"
timeout = 3
base_url = "{}"
""",
    "acumulus": """
[[administrations]]
slug = "acumulus"
title = "Wholesale"
system = "acumulus"
contract_code = "123456"
username = "ApiUser123456"
password = "sandbox-only-Acumulus"
calls_per_minute = 100000
timeout = 3
base_url = "{}"
""",
}
MORE_MEMORY = 1.0
"""MB a minute by which memory may grow."""

RECOVERY = 120.0
"""Seconds in which both books are well again: the failing one is left alone for 30 first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a soak: `longest` is how many seconds a fault lasts at most."""

    seconds: float = 600.0
    users: int = 50
    contacts: int = 120
    faulty: str = "acumulus"
    pause: float = 1.0
    longest: float = 20.0
    reload: float = 45.0
    writing: float = 1.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it."""

    asked: Asked
    town: Town
    trouble: Counter[str]
    readings: list[Reading]
    before: Reading
    after: Reading
    calls: Counter[str]
    log: str

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong."""
        found = list(self.town.truth.faults)
        if self.after.sockets > self.before.sockets or self.after.files > self.before.files:
            found.append(f"left open: {self.after}, {self.before} at the start")
        if (grown := slope(self.readings)) > MORE_MEMORY and self.asked.seconds >= 300:
            found.append(f"memory grows by {grown:.2f} MB a minute")
        if "Traceback" in self.log or "reload_" in self.log:
            found.append(f"log: {self.log[:2000]}")
        return found


@dataclass(frozen=True, slots=True)
class Scene:
    """The processes, and who is at work."""

    asked: Asked
    program: Program
    bases: dict[str, str]
    http: httpx.AsyncClient
    town: Town
    readings: list[Reading] = field(default_factory=list)

    def control(self, slug: str) -> str:
        """Return the address of an emulator's control surface."""
        return "/".join(self.bases[slug].split("/")[:3]) + "/_control"

    async def state(self, slug: str) -> tuple[Any, float, float]:
        """Return what a system has stored, and between which moments that was so."""
        while True:
            since = time.time()
            try:
                answer = await self.http.get(f"{self.control(slug)}/state", timeout=30)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            return answer.json(), since, time.time()

    async def compare(self) -> None:
        """Hold what is stored against what was said, until cancelled."""
        while True:
            for slug in SLUGS:
                self.town.truth.compare(slug, *await self.state(slug))
            await asyncio.sleep(0.5)


@contextmanager
def processes(asked: Asked, folder: Path) -> Iterator[tuple[Program, str, dict[str, str]]]:
    """Serve emulated systems and the gateway in front of them."""
    words = [word for name in SLUGS for word in (f"--{name}-port", str(free_port()))]
    number = str(asked.contacts)
    with Program("sandbox", *words, "--contacts", number, "--no-ration", cwd=folder) as sandbox:
        bases = {name: sandbox.address(f"{name.capitalize()}:") for name in ("acumulus", "moneybird")}
        sections = "".join(SECTIONS[slug].format(base) for slug, base in bases.items())
        (folder / "gateway.toml").write_text(CONFIGURATION.format(sections=sections))
        with Program("serve", "--port", "0", cwd=folder) as program:
            address = program.address("GraphQL")
            ready(program.address("Health"))
            yield program, address, bases
            program.stop(signal.SIGTERM)
        sandbox.stop(signal.SIGTERM)


async def whole(scene: Scene, seconds: float = RECOVERY) -> list[Any]:
    """Wait until both books are as new as can be, and return all their contacts."""
    until = time.monotonic() + seconds
    where = {"status": ["ACTIVE", "ARCHIVED"]}
    while True:
        nodes: list[Any] = []
        told, after = set(), None
        while True:
            variables = {"first": 250, "maxAge": 0 if after is None else None, "after": after, "where": where}
            body = {"query": LIST, "variables": variables}
            answer = await scene.http.post(scene.town.address, json=body, timeout=90)
            page = answer.json()["data"]["contacts"]
            told |= {each["state"] for each in page["sources"]}
            nodes += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        if told == {"FRESH"} or time.monotonic() > until:
            return nodes
        await asyncio.sleep(1)


def agree(truth: Truth, slug: str, nodes: Sequence[Any]) -> None:
    """Hold everything that is shown against everything that is so."""
    held = {
        each["source"]["remoteId"]: shown(each) for each in nodes if parse(each["id"]).administration == slug
    }
    lives = {key: life.value for (whose, key), life in truth.lives.items() if whose == slug and life.value}
    for key in held.keys() | lives.keys():
        if held.get(key) != lives.get(key):
            truth.wrong(f"{slug} {key}: at the end {held.get(key)} is shown, and {lives.get(key)} is so")


@asynccontextmanager
async def going_on(*jobs: Any) -> AsyncIterator[None]:
    """Do jobs beside a block, and end them after it; one that fails ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
        yield
        for task in tasks:
            task.cancel()


async def scene_of(asked: Asked, program: Program, address: str, bases: dict[str, str]) -> Scene:
    """Look at both books before anybody writes."""
    # An idle connection is given up well before the gateway closes it: else a question meets its end.
    limits = httpx.Limits(max_connections=asked.users + 20, keepalive_expiry=2)
    http = httpx.AsyncClient(limits=limits, trust_env=False)
    scene = Scene(asked, program, bases, http, Town(Truth(), address, asked.faulty, {}, ()))
    town = scene.town
    town.writing = asked.writing
    for slug in SLUGS:
        state, _, _ = await scene.state(slug)
        town.truth.begin(slug, state)
        if slug == "moneybird":
            charges, mandates = state["charges"], state["mandates"]
            town.parts = {key: (len(charges.get(key, ())), key in mandates) for key in state["contacts"]}
    cities = {life.value.city for life in town.truth.lives.values() if life.value and life.value.city}
    town.cities = tuple(sorted(cities))
    return scene


def drawn(asked: Asked, number: int) -> Random:
    """Return what somebody draws from: the same again for the same seed."""
    return Random(f"{asked.seed} {number}")  # noqa: S311 - it guards nothing


async def soak(scene: Scene, trouble: Trouble) -> None:
    """Let users live for as long as asked, with trouble around them."""
    asked, town = scene.asked, scene.town
    users = [User(town, scene.http, drawn(asked, number)) for number in range(asked.users)]
    until = time.monotonic() + asked.seconds
    async with AsyncExitStack() as around:
        reloads = reload(lambda: scene.program.signal(signal.SIGHUP), asked.reload, trouble.faults)
        jobs = [scene.compare(), reloads, watch(scene.program.pid, scene.readings)]
        jobs.append(trouble.go_on(scene.http))
        if asked.faulty != "moneybird":
            jobs.append(
                edit_elsewhere(town.truth, drawn(asked, -1), scene.bases["moneybird"], scene.http, 1.0)
            )
        await around.enter_async_context(going_on(*jobs))
        async with asyncio.TaskGroup() as group:
            for user in users:
                group.create_task(user.live(until, asked.pause))
    await trouble.lift(scene.http)


async def settled(scene: Scene) -> None:
    """Wait until nothing is in doubt, and compare both books a last time."""
    await whole(scene)
    truth, until = scene.town.truth, time.monotonic() + RECOVERY
    while truth.open() and time.monotonic() < until:
        for slug in SLUGS:
            truth.compare(slug, *await scene.state(slug))
        await asyncio.sleep(1)
    nodes = await whole(scene)
    for slug in SLUGS:
        truth.compare(slug, *await scene.state(slug))
        agree(truth, slug, nodes)


async def at_rest(scene: Scene, before: Reading) -> Reading:
    """Wait until as many files are open as before, or long enough.

    A connection that was idle for long is closed when the next question is asked, so that some are.
    """
    pid, body = scene.program.pid, {"query": "{ contacts(first: 1, maxAge: 0) { totalCount } }"}
    for _ in range(20):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(scene.town.address, json=body, timeout=90)
            if read_process(pid).files <= before.files:
                break
        await asyncio.sleep(3)
    return read_process(pid)


async def run(asked: Asked, folder: Path) -> Soaked:
    """Soak a gateway; see the module."""
    with processes(asked, folder) as (program, address, bases):
        scene = await scene_of(asked, program, address, bases)
        async with aclosing(scene.http):
            await whole(scene)
            before = read_process(program.pid)
            trouble = Trouble(drawn(asked, -2), asked.faulty, scene.control(asked.faulty), asked.longest)
            await soak(scene, trouble)
            await settled(scene)
            calls = await counted(scene)
        after = await at_rest(scene, before)
    return Soaked(asked, scene.town, trouble.faults, scene.readings, before, after, calls, program.errors)


async def counted(scene: Scene) -> Counter[str]:
    """Return how often each system was called, and how often a fault hit."""
    found: Counter[str] = Counter()
    for slug in SLUGS:
        answer = await scene.http.get(f"{scene.control(slug)}/log", timeout=60)
        rows = answer.json()["requests"]
        found[slug] = len(rows)
        found[f"{slug}, hit"] = sum(row["fault"] is not None for row in rows)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Soak, print what came of it, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--faulty", choices=SLUGS, default="acumulus", help="the book that fails")
    parser.add_argument("--seed", type=int, default=1)
    words_of_writing = "how much of that which users of the tests write, for which a real ration is too small"
    parser.add_argument("--writing", type=float, default=0.1, help=words_of_writing)
    told = parser.parse_args(words)
    asked = Asked(told.minutes * 60, told.users, faulty=told.faulty, writing=told.writing, seed=told.seed)
    with tempfile.TemporaryDirectory() as folder:
        soaked = asyncio.run(run(asked, Path(folder)))
    sys.stdout.write(report(soaked))
    return 1 if soaked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
