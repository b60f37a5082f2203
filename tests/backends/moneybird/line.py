"""The Moneybird adapter over HTTP against its emulator, and a writer that goes by a plan as services do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.sandbox import create
from gateway.backends.moneybird.settings import Settings
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendError
from gateway.domain.secret import Secret
from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator
from gateway.ports import Backend, Plan, Trace, Written
from gateway.transport.client import HttpNetwork

UNKNOWN_KEY = "433118204917999999"
READS = frozenset({"GET"})


@dataclass(frozen=True, slots=True)
class Line:
    """A connected backend, and the emulator behind it."""

    backend: Backend
    emulator: Emulator

    @property
    def book(self) -> Any:
        """The emulated book."""
        return self.emulator.emulated.book

    def row(self, key: str) -> dict[str, Any]:
        """Return what the emulator holds of a contact."""
        return self.book.contact(key)

    def some(self, wanted: Callable[[dict[str, Any]], Any] = bool, *, archived: bool = False) -> str:
        """Return the id of the first seeded contact that is wanted."""
        rows = self.book.contacts(archived=True)
        return next(row["id"] for row in rows if row["archived"] == archived and wanted(row))

    def unused(self, *, archived: bool = False, used: bool = False) -> str:
        """Return a contact that is not in use, or one that is."""
        return self.some(lambda row: self.book.in_use(row["id"]) == used, archived=archived)

    def writes(self) -> list[tuple[str, str]]:
        """Return method and sent keys of every writing call so far."""
        rows = self.emulator.log.rows()
        return [(row.method, row.about.get("sent", "")) for row in rows if row.method not in READS]

    def fail(self, kind: str, **how: Any) -> None:
        """Make the emulator fail."""
        self.emulator.faults.add(Fault(kind, **how))


@asynccontextmanager
async def opened(*, patience: float = 5, **choices: Any) -> AsyncIterator[Line]:
    """Serve an emulated book and connect the adapter to it.

    Args:
        patience: Seconds that a call may take.
        choices: Of the emulator's behaviour.
    """
    sandbox = create(**{"contacts": 60, **choices})
    async with Emulator(sandbox) as emulator:
        token = Secret(sandbox.connection["token"])
        url = emulator.url + sandbox.base_path
        settings = Settings(sandbox.connection["administration_id"], token, url, timeout=patience)
        shop = Administration("shop", "Shop", "moneybird", settings.administration_id)
        async with connect(settings, shop, HttpNetwork()) as backend:
            yield Line(backend, emulator)


async def carried_out(plan: Plan) -> Written | BackendError | None:
    """Send a plan; look where the answer was lost. An error means that nothing was written, None unknown."""
    asked_at = datetime.now(UTC)
    assert not plan.faults
    try:
        return await plan.send()
    except BackendError as error:
        if not error.may_have_landed:
            return error
    try:
        return await plan.look(Trace(asked_at, plan.known))
    except BackendError:
        return None
