"""Several gateways before the same systems, with one Redis between them, each as on a machine of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from itertools import cycle
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from gateway.domain.identity import contact_id
from tests.e2e.program import Program, free_port, ready
from tests.sharing.server import RedisServer, redis_server

LONG = 30.0
"""Seconds in which something must come about, on a machine that stands still now and then."""

AT_ONCE = 120
"""Requests under way at once, each over a connection of its own, so that any worker may take it."""

SYSTEMS = ("moneybird", "acumulus")
SECTIONS = """
[[administrations]]
slug = "moneybird"
title = "Shop B.V."
system = "moneybird"
administration_id = "123456789012345678"
token = "sandbox-token-moneybird"
base_url = "{moneybird}"

[[administrations]]
slug = "acumulus"
title = "Wholesale V.O.F."
system = "acumulus"
contract_code = "123456"
username = "ApiUser123456"
password = "sandbox-only-Acumulus"
calls_per_minute = 100000
base_url = "{acumulus}"
"""

PAGE = """query($max: Int) { contacts(first: 50, maxAge: $max) { totalCount nodes { id displayName }
  sources { administration { slug } state contactCount fetchedAt } } }"""
ONE = "query($id: ID!) { contact(id: $id) { id displayName attention address { city } } }"
SEARCH = "query($it: String) { contacts(search: $it, first: 5) { totalCount nodes { id attention } } }"
ERRORS = "outcome userErrors { code message retryable }"
CREATE = f"""mutation($input: ContactCreateInput!) {{
  contactCreate(input: $input) {{ {ERRORS} contact {{ id displayName attention }} }} }}"""
UPDATE = f"""mutation($input: ContactUpdateInput!) {{
  contactUpdate(input: $input) {{ {ERRORS} contact {{ id attention address {{ city }} }} }} }}"""
CREATES = {"moneybird": ("POST", "/contacts.json"), "acumulus": ("POST", "contact_manage")}
UPDATES = {"moneybird": ("PATCH", "/contacts/"), "acumulus": ("POST", "contact_manage")}


@dataclass(frozen=True, slots=True)
class System:
    """An emulated system behind its control surface."""

    url: str

    @property
    def control(self) -> str:
        """Where it is told what to do."""
        return "/".join(self.url.split("/")[:3]) + "/_control"

    def fail(self, *faults: dict[str, Any]) -> None:
        """Add faults; without any, end them all."""
        httpx.post(f"{self.control}/faults", json=list(faults), timeout=LONG).raise_for_status()

    def rows(self) -> list[dict[str, Any]]:
        """Return what it was asked, oldest first."""
        found: list[dict[str, Any]] = httpx.get(f"{self.control}/log", timeout=LONG).json()["requests"]
        return found

    def count(self, method: str = "", path: str = "") -> int:
        """Count the calls with this method and with this text in their path."""
        return sum(row["method"].startswith(method) and path in row["path"] for row in self.rows())

    def forget(self) -> None:
        """Forget the calls so far."""
        httpx.delete(f"{self.control}/log", timeout=LONG).raise_for_status()

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Return what is stored, by the system's own id."""
        state = httpx.get(f"{self.control}/state", timeout=LONG).json()
        found: dict[str, dict[str, Any]] = state["contacts"]
        return found


@dataclass(slots=True)
class Machine:
    """A `gateway serve` in a folder of its own; `start` may be called again after an end."""

    folder: Path
    workers: int
    program: Program
    graphql: str = ""
    health: str = ""
    metrics: str = ""

    def listen(self) -> None:
        """Wait until it serves."""
        self.graphql = self.program.address("GraphQL ")
        self.health = self.program.address("Health")
        self.metrics = self.program.address("Metrics")
        ready(self.health)
        until(lambda: len(self.pids()) == self.workers)

    def pids(self) -> list[int]:
        """Return its workers: where there is one, the program itself."""
        if self.workers == 1:
            return [self.program.pid]
        return children(self.program.pid)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End all of it."""
        self.program.stop(number)

    def crash(self) -> None:
        """Let all of it die at once, as when the power fails."""
        # It starts no more workers while they are looked for.
        self.program.signal(signal.SIGSTOP)
        for pid in children(self.program.pid):
            kill(pid)
        with self.program:
            pass

    def start(self) -> None:
        """Start it, anew too; it does not serve yet."""
        self.program = started(self.folder, self.workers)


@dataclass(slots=True)
class House:
    """Machines, systems and the Redis between them."""

    machines: list[Machine]
    systems: Mapping[str, System]
    redis: RedisServer
    http: httpx.AsyncClient
    turn: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self.turn = cycle(range(len(self.machines)))

    @property
    def next(self) -> Machine:
        """The machines in turn."""
        return self.machines[next(self.turn)]

    def others(self, machine: Machine) -> list[Machine]:
        """Return all but one."""
        return [each for each in self.machines if each is not machine]

    async def post(self, document: str, machine: Machine | None = None, **variables: Any) -> httpx.Response:
        """Send an operation, to the next machine or a given one."""
        body = {"query": document, "variables": variables}
        return await self.http.post((machine or self.next).graphql, json=body)

    async def ask(self, document: str, machine: Machine | None = None, **variables: Any) -> dict[str, Any]:
        """Send an operation, and return the answer, which comes with 200."""
        answer = await self.post(document, machine, **variables)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def data(self, document: str, machine: Machine | None = None, **variables: Any) -> dict[str, Any]:
        """Send an operation that must go well."""
        answer = await self.ask(document, machine, **variables)
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    async def write(self, document: str, machine: Machine | None = None, **asked: Any) -> dict[str, Any]:
        """Send a mutation and return its payload."""
        data = await self.data(document, machine, input=asked)
        (payload,) = data.values()
        found: dict[str, Any] = payload
        return found

    async def writable(self, name: str, number: int) -> list[str]:
        """Return ids of contacts of which a system takes other values, none of which it would clear."""
        found: list[str] = []
        for key, row in self.systems[name].contacts().items():
            if row.get("archived") or row.get("contactstatus") == "0":
                continue
            asked = {"id": contact_id(name, key), "contact": {"attention": "Proef"}, "dryRun": True}
            payload = await self.write(UPDATE, **asked)
            found += [contact_id(name, key)] if payload["outcome"] == "DRY_RUN" else []
            if len(found) == number:
                break
        return found

    async def all_fresh(self, max_age: int | None = None) -> list[dict[str, Any]]:
        """Ask every machine for the first page until all its books are fresh; return the pages."""

        async def page(machine: Machine) -> dict[str, Any]:
            found: dict[str, Any] = {}

            async def is_fresh() -> bool:
                found.update((await self.data(PAGE, machine, max=max_age))["contacts"])
                return states(found) == dict.fromkeys(SYSTEMS, "FRESH")

            await eventually(is_fresh)
            return found

        return await asyncio.gather(*map(page, self.machines))

    def calls(self) -> dict[str, int]:
        """Return the calls of each system, and forget them."""
        found = {name: system.count() for name, system in self.systems.items()}
        self.forget()
        return found

    def forget(self) -> None:
        """Forget all calls so far."""
        for system in self.systems.values():
            system.forget()

    async def shared(self, machine: Machine) -> object:
        """Return what a machine says of Redis: "up" or "away"."""
        told: dict[str, Any] = (await self.http.get(machine.health)).json()
        return told.get("shared")

    async def all_say(self, word: str) -> None:
        """Wait until each machine said so of Redis, while it is asked things."""

        async def told(machine: Machine) -> None:
            async def said() -> bool:
                await self.data(PAGE, machine)
                return await self.shared(machine) == word

            await eventually(said)

        await asyncio.gather(*map(told, self.machines))

    async def figure(self, machine: Machine, name: str) -> float:
        """Return the sum of a metric over its labels."""
        text = (await self.http.get(machine.metrics)).text
        lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        assert lines, f"there is no {name}"
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def errors(self) -> str:
        """Return what all machines said on stderr."""
        return "\n".join(each.program.errors for each in self.machines)


def children(pid: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    found = []
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(place.name))
    return sorted(found)


def kill(pid: int) -> None:
    """End a process without a word."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    late = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < late, "it does not come about"
        time.sleep(0.05)


async def eventually(is_so: Callable[[], Awaitable[object]]) -> None:
    """Ask until something is so."""
    late = time.monotonic() + LONG
    while not await is_so():
        assert time.monotonic() < late, "it does not come about"
        await asyncio.sleep(0.05)


def states(page: Mapping[str, Any]) -> dict[str, str]:
    """Return what a page is worth for each book."""
    return {each["administration"]["slug"]: each["state"] for each in page["sources"]}


def per_window(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Count calls by the five minutes of the clock in which they came."""
    return Counter(f"{row['at'][:14]}{int(row['at'][14:16]) // 5 * 5:02d}" for row in rows)


def configure(folder: Path, systems: Mapping[str, System], url: str, **cache: object) -> None:
    """Write the configuration of one machine."""
    chosen = {"url": url, "directory": "kept", "hydrate": "demand", "preload": False} | cache
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in chosen.items())
    sections = SECTIONS.format(**{name: system.url for name, system in systems.items()})
    folder.mkdir(exist_ok=True)
    (folder / "gateway.toml").write_text(
        f"[server]\ngrace = 10\n[graphql]\ndeadline = 60\n[cache]\n{lines}\n{sections}"
    )


def started(folder: Path, workers: int) -> Program:
    """Start a machine."""
    return Program("serve", "--port", "0", "--workers", str(workers), cwd=folder)


@contextmanager
def sandbox(folder: Path, contacts: int, *, ration: bool = False) -> Iterator[dict[str, System]]:
    """Serve both emulated systems."""
    words = [word for name in SYSTEMS for word in (f"--{name}-port", str(free_port()))]
    words += ["--contacts", str(contacts), *(() if ration else ("--no-ration",))]
    with Program("sandbox", *words, cwd=folder) as program:
        bases = {name: program.address(f"{name.capitalize()}:") for name in ("acumulus", "moneybird")}
        yield {name: System(base) for name, base in bases.items()}


@asynccontextmanager
async def opened(
    folder: Path, layout: Sequence[int], *, contacts: int = 120, ration: bool = False, **cache: object
) -> AsyncIterator[House]:
    """Serve machines with so many workers each; nothing is loaded yet, unless `preload` says so.

    Args:
        folder: Where each machine has a folder of its own.
        layout: How many workers each machine has.
        contacts: In each book.
        ration: Whether the emulated Moneybird counts its calls.
        cache: Further keys of `[cache]`, or others than those that `configure` chooses.
    """
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        place = Path(mkdtemp(dir=folder))
        systems = stack.enter_context(sandbox(place, contacts, ration=ration))
        machines: list[Machine] = []
        # Whatever program a machine has at the end: it may have been started anew.
        stack.callback(put_out, machines)
        for number, workers in enumerate(layout):
            configure(place / str(number), systems, redis.url, **cache)
            machines.append(Machine(place / str(number), workers, started(place / str(number), workers)))
        for machine in machines:
            machine.listen()
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
        async with aclosing(httpx.AsyncClient(limits=limits, timeout=90, trust_env=False)) as http:
            house = House(machines, systems, redis, http)
            try:
                yield house
            except AssertionError as error:
                if "shared_away" in house.errors():
                    raise DisturbedError(str(error)[:2000]) from error
                raise


class DisturbedError(AssertionError):
    """What was expected did not come about, and Redis was too slow for a worker meanwhile."""


def when_calm(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Try a test that counts up to three times, where a busy machine kept Redis from answering in time."""

    @wraps(test)
    async def tried(**arguments: Any) -> None:
        for _ in range(2):
            with suppress(DisturbedError):
                return await test(**arguments)
        return await test(**arguments)

    return tried


def put_out(machines: Sequence[Machine]) -> None:
    """End all machines, with whatever still runs on them."""
    for machine in machines:
        machine.crash()
