"""A gateway in front of emulated systems, on a clock that leaps; what it says and counts is noted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import orjson
from structlog.testing import capture_logs

from gateway.app import Gateway, Lasting, open_gateway
from gateway.auth import EVERYONE
from gateway.backends.acumulus import sandbox as acumulus
from gateway.backends.moneybird import sandbox as moneybird
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Sandbox
from gateway.flight import Deadline
from gateway.loaders import Loaders
from gateway.schema.context import Context
from gateway.settings import read
from gateway.telemetry import Instruments
from gateway.transport.client import HttpNetwork
from tests.e2e.house import OTHER, SYSTEMS, House
from tests.fakes import Clock
from tests.telemetry.measured import shown

__all__ = ["OTHER", "SYSTEMS", "Built", "Told", "built"]

DEADLINE = 20.0
"""Seconds of an operation, as configured where nobody says otherwise."""
EMULATED: Mapping[str, Callable[..., Sandbox]] = {
    "moneybird": moneybird.create,
    "acumulus": acumulus.create,
}
"""System to what makes its emulator, on a clock of ours."""
TIMEOUT = 10.0
"""Seconds of a call, likewise."""
PERSONAL = re.compile(r"[^@]+@.+|[A-Z]{2}\d\d ?[A-Z]{4}[\d ]{8,}")
"""An e-mail address, or an IBAN."""


class LoopClock(Clock):
    """The moment by the running loop's clock, that is moved besides."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=self._loop.time() - self._began)


@dataclass(frozen=True, slots=True)
class Built:
    """How a house is built.

    Attributes:
        contacts: In each book, or by system.
        options: System to further keys of its administration's section.
        rationed: Systems whose emulators count calls.
        kept: Where what outlives the process is kept; "none": nowhere.
        transport: Answers instead of the network.
        ports: System to the port that its emulator listens on; any free one else.
        front: System to the address under which it is called instead of its emulator's.
    """

    contacts: Mapping[str, int] | int = 12
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rationed: tuple[str, ...] = ()
    kept: str = "none"
    transport: httpx.AsyncBaseTransport | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    front: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What the gateway logged and counted while something was asked, and how long it took by the clock."""

    lines: Sequence[Mapping[str, Any]]
    counted: Mapping[tuple[str, ...], float]
    seconds: float

    def events(self, name: str) -> list[Mapping[str, Any]]:
        """Return the lines of one event."""
        return [line for line in self.lines if line["event"] == name]

    def outcomes(self, administration: str) -> list[str]:
        """Return what became of each upstream call."""
        calls = self.events("upstream_call")
        return [line["outcome"] for line in calls if line["administration"] == administration]

    def count(self, administration: str) -> float:
        """Return how many upstream calls were counted."""
        return sum(value for key, value in self.counted.items() if key[1] == administration)


@contextmanager
def told(house: House) -> Iterator[list[Told]]:
    """Note what is logged and counted inside; the list holds it once the block is left."""
    notes: list[Told] = []
    before, began = _counted(house), asyncio.get_running_loop().time()
    with capture_logs() as lines:
        yield notes
    counted = {key: value - before.get(key, 0) for key, value in _counted(house).items()}
    notes.append(Told(lines, counted, asyncio.get_running_loop().time() - began))


def _counted(house: House) -> dict[tuple[str, ...], float]:
    return shown(house.gateway.instruments, "upstream_calls_total")


@asynccontextmanager
async def built(plan: Built = Built()) -> AsyncIterator[House]:
    """Start emulators and open a gateway in front of them; in the end nobody is connected any more."""
    clock, emulators = LoopClock(), {}
    async with AsyncExitStack() as stack:
        sections = []
        for name in ("moneybird", "acumulus"):
            size = plan.contacts if isinstance(plan.contacts, int) else plan.contacts[name]
            sandbox = EMULATED[name](contacts=size, ration=name in plan.rationed, clock=clock)
            emulators[name] = await stack.enter_async_context(
                Emulator(sandbox, clock=clock, port=plan.ports.get(name, 0))
            )
            url = plan.front.get(name, emulators[name].url) + sandbox.base_path
            section = {"slug": name, "system": name, "base_url": url, **sandbox.connection}
            sections.append({**section, "timeout": TIMEOUT, **plan.options.get(name, {})})
        kept = {"preload": False, "hydrate": "demand", "directory": plan.kept}
        settings = read({"cache": kept, "administrations": sections}, SYSTEMS)
        instruments, seconds = Instruments(), asyncio.get_running_loop().time
        network = HttpNetwork(clock=clock, instruments=instruments, seconds=seconds, transport=plan.transport)
        async with open_gateway(settings, SYSTEMS, Lasting(network, instruments)) as gateway:
            yield House(gateway, emulators, clock, _context)
        assert shown(instruments, "upstream_in_flight") == {}
        await nobody_left(emulators)


def _context(gateway: Gateway) -> Context:
    deadline = Deadline(gateway.settings.graphql.deadline, asyncio.get_running_loop().time)
    loaders = Loaders(gateway.shelves, EVERYONE, deadline)
    return Context(EVERYONE, deadline, loaders, gateway.directory, gateway.now, services=gateway.services)


async def rested() -> None:
    """Let everything that goes on behind answers come to its end."""
    await asyncio.sleep(1)


async def nobody_left(emulators: Mapping[str, Emulator]) -> None:
    """Check that the gateway's connections are closed, once the emulators had their turn to see it."""
    for _ in range(60):
        if not any(emulator.connections for emulator in emulators.values()):
            return
        await asyncio.sleep(1)
    raise AssertionError({name: emulator.connections for name, emulator in emulators.items()})


@cache
def secrets(contacts: int = 12) -> tuple[str, ...]:
    """Return what no log and no error may hold: credentials, and what the books have of people's own."""
    found: list[str] = ["Even geduld", "GARBAGE", "DOCTYPE", "Traceback"]
    for name in ("moneybird", "acumulus"):
        sandbox = EMULATED[name](contacts=contacts)
        found += [text for key, text in sandbox.connection.items() if key != "administration_id"]
        for row in sandbox.state()["contacts"].values():
            found += [text for text in row.values() if isinstance(text, str) and PERSONAL.fullmatch(text)]
    return tuple(dict.fromkeys(found))


def assert_discreet(*shown_to_others: object) -> None:
    """Check that nothing of what is shown or logged holds a secret."""
    text = orjson.dumps(shown_to_others, default=str).decode()
    found = [each for each in secrets() if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)]
    assert found == [], found
