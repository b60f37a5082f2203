"""A system's real adapter connected over HTTP to its emulator, and what its vendor would know of the book."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.backends import System, discover
from gateway.backends.acumulus.sandbox.book import Choice
from gateway.emulation.server import Emulator
from gateway.ports import Backend
from gateway.settings import read
from gateway.transport.client import HttpNetwork
from tests.fakes import Clock

SLUG = "the-book"
SYSTEMS = discover()
NAMES = sorted(name for name, system in SYSTEMS.items() if system.sandbox)


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a vendor's own book says, by the emulator's state.

    Attributes:
        keys: Ids of all contacts, archived ones included.
        is_archived: Whether a contact is.
        rename: Changes a contact.
        unknown: An id that no contact has.
    """

    keys: Callable[[Any], list[str]]
    is_archived: Callable[[Any, str], bool]
    rename: Callable[[Any, str, str], None]
    unknown: str


def _rename_in_moneybird(book: Any, key: str, name: str) -> None:
    row = book.contact(key)
    row["company_name"] = name
    row["version"] += 1
    book.changed(key)


VENDORS = {
    "acumulus": Vendor(
        keys=lambda book: book.choose(Choice()),
        is_archived=lambda book, key: book.contact(int(key))["contactstatus"] == "0",
        rename=lambda book, key, name: book.put({**book.contact(int(key)), "contactname1": name}),
        unknown="999999999",
    ),
    "moneybird": Vendor(
        keys=lambda book: [row["id"] for row in book.contacts(archived=True)],
        is_archived=lambda book, key: book.contact(key)["archived"],
        rename=_rename_in_moneybird,
        unknown="433118204917999999",
    ),
}


@dataclass(frozen=True, slots=True)
class Connected:
    """A backend, the emulator that it talks to, and the clock that it goes by."""

    backend: Backend
    emulator: Emulator
    clock: Clock
    vendor: Vendor

    @property
    def book(self) -> Any:
        """The emulated book."""
        return self.emulator.emulated.book

    @property
    def keys(self) -> list[str]:
        """Ids of all contacts in the book."""
        return self.vendor.keys(self.book)

    def calls(self) -> int:
        """Return the number of calls since the last question, and forget them."""
        count = len(self.emulator.log)
        self.emulator.log.clear()
        return count

    async def mend(self) -> None:
        """End every fault, and wait until the emulator listens again."""
        await mended(self.emulator)


async def mended(emulator: Emulator) -> None:
    """End an emulator's faults, and wait until it listens again."""
    emulator.faults.clear()
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(f"{emulator.emulated.name} does not listen again")


@asynccontextmanager
async def connected(
    system: System,
    *,
    contacts: int = 40,
    ration: bool = False,
    emulated: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Connected]:
    """Serve the system's emulator and connect its adapter to it.

    Args:
        system: With an emulator.
        contacts: In the book.
        ration: Whether calls are counted as the real system counts them.
        emulated: Settings of the emulator.
        options: Keys of the administration's section.
    """
    assert system.sandbox
    sandbox, clock = system.sandbox(contacts, ration, **(emulated or {})), Clock(datetime.now(UTC))
    async with Emulator(sandbox) as emulator:
        section = {
            "slug": SLUG,
            "system": system.name,
            "base_url": emulator.url + sandbox.base_path,
            **sandbox.connection,
            **options,
        }
        (read_section,) = read({"administrations": [section]}, SYSTEMS).administrations
        network = HttpNetwork(clock=clock)
        async with read_section.connection.connect(read_section.administration, network) as backend:
            yield Connected(backend, emulator, clock, VENDORS[system.name])
