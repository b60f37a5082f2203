"""The whole gateway in this process, in front of emulated systems over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway import telemetry
from gateway.app import Gateway, Lasting, open_gateway
from gateway.backends import discover
from gateway.backends.acumulus.sandbox.book import Choice
from gateway.domain.identity import contact_id
from gateway.emulation.log import Row
from gateway.emulation.server import Emulator
from gateway.schema.context import Context
from gateway.serving.errors import formatted
from gateway.settings import read
from gateway.telemetry import Instruments
from gateway.transport.breaker import SUCCESSES
from gateway.transport.client import HttpNetwork
from tests.fakes import Clock
from tests.ports.connected import mended

SYSTEMS = discover()
OTHER = {"moneybird": "acumulus", "acumulus": "moneybird"}


@dataclass(frozen=True, slots=True)
class House:
    """An open gateway with an administration of each system, called by the system's name.

    `context` makes that of a request.
    """

    gateway: Gateway
    emulators: Mapping[str, Emulator]
    clock: Clock
    context: Callable[[Gateway], Context] = lambda gateway: gateway.context()

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation as one request; the answer is what a client reads."""
        with telemetry.request("r1") as identifier:
            result = await self.gateway.schema.execute(
                document, variables, context_value=self.context(self.gateway)
            )
        errors = [formatted(error, identifier) for error in result.errors or ()]
        return {"data": result.data, "errors": errors}

    async def data(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation that must go well."""
        answer = await self.ask(document, **variables)
        assert answer["errors"] == []
        found: dict[str, Any] = answer["data"]
        return found

    def calls(self) -> dict[str, int]:
        """Return each system's number of calls since the last question, and forget them."""
        counts = {name: len(emulator.log) for name, emulator in self.emulators.items()}
        for emulator in self.emulators.values():
            emulator.log.clear()
        return counts

    def rows(self, name: str) -> list[Row]:
        """Return what a system was asked since the last question."""
        return self.emulators[name].log.rows()

    def book(self, name: str) -> Any:
        """Return a system's own book."""
        emulated: Any = self.emulators[name].emulated
        return emulated.book

    def keys(self, name: str, *, archived: bool | None = None) -> list[str]:
        """Return a system's own ids: of all contacts, of the archived ones, or of the others."""
        book = self.book(name)
        if name == "acumulus":
            status = {None: "2", True: "0", False: "1"}[archived]
            return list(book.choose(Choice(status=status)))
        rows = list(book.contacts(archived=True))
        return [row["id"] for row in rows if archived is None or row["archived"] is archived]

    def ids(self, name: str, *, archived: bool | None = None) -> list[str]:
        """Return global ids, as `keys` does."""
        return [contact_id(name, key) for key in self.keys(name, archived=archived)]

    async def mend(self, name: str) -> None:
        """End a system's faults, let its refusals run out, and have it asked until it is trusted again."""
        self.clock.move(61)
        await mended(self.emulators[name])
        for _ in range(SUCCESSES):
            await self.gateway.directory.books[name].renew()


@asynccontextmanager
async def opened(
    contacts: Mapping[str, int] | int = 40,
    *,
    timeout: float = 20,  # noqa: ASYNC109 - the administrations' setting, not a limit on this call
    emulated: Mapping[str, Mapping[str, str]] | None = None,
    options: Mapping[str, Any] | None = None,
    instruments: Instruments | None = None,
) -> AsyncIterator[House]:
    """Start emulators and open a gateway in front of them; nothing is loaded yet.

    Args:
        contacts: In each book, or by system.
        timeout: Seconds that a call may take.
        emulated: System to settings of its emulator.
        options: System to further keys of its administration's section.
        instruments: What all of it is measured by.
    """
    emulators: dict[str, Emulator] = {}
    sections = []
    async with AsyncExitStack() as stack:
        for name in ("moneybird", "acumulus"):
            make = SYSTEMS[name].sandbox
            assert make
            size = contacts if isinstance(contacts, int) else contacts[name]
            sandbox = make(size, False, **(emulated or {}).get(name, {}))
            emulators[name] = await stack.enter_async_context(Emulator(sandbox))
            section = {"slug": name, "title": f"{name} book", "system": name, "timeout": timeout}
            section["base_url"] = emulators[name].url + sandbox.base_path
            sections.append({**section, **sandbox.connection, **(options or {}).get(name, {})})
        cache = {"preload": False, "hydrate": "demand"}
        values = {"cache": cache, "graphql": {"deadline": 60}, "administrations": sections}
        clock = Clock(datetime.now(UTC))
        settings = read(values, SYSTEMS)
        measured = instruments or Instruments()
        network = HttpNetwork(clock=clock, instruments=measured)
        opening = open_gateway(settings, SYSTEMS, Lasting(network, measured))
        gateway = await stack.enter_async_context(opening)
        yield House(gateway, emulators, clock)
