"""What a process needs to be one worker of many, and what each of its gateways needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from gateway.cache import Kind
from gateway.domain.secret import Secret
from gateway.ports import Allowance
from gateway.sharing.books import Books
from gateway.sharing.claims import Claims
from gateway.sharing.coding import Coding
from gateway.sharing.forms import Forms
from gateway.sharing.leases import Leases
from gateway.sharing.ledger import SharedLedger
from gateway.sharing.link import Link
from gateway.sharing.pulse import Pulse
from gateway.sharing.store import SharedStore
from gateway.sharing.values import SharedValues
from gateway.store import LocalStore
from gateway.telemetry import Instruments

LOOKED_AT = 5.0
"""Seconds between two looks at a ration from which this worker sends nothing itself."""


@dataclass(frozen=True, slots=True)
class Commons:
    """A process's part in what workers share: one link, one name, one heart.

    Attributes:
        link: To Redis.
        leases: What this worker holds.
        coding: Closes what is shared.
    """

    link: Link
    leases: Leases
    coding: Coding
    _ledgers: list[SharedLedger] = field(default_factory=list)

    def ledger(self, clock: Callable[[], datetime], name: str, allowance: Allowance) -> SharedLedger:
        """Return this worker's door to a ration."""
        made = SharedLedger(self.link, name, allowance, lambda: self.leases.count, clock)
        self._ledgers.append(made)
        return made

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """See now and then what other workers spend, as long as the block lasts."""

        async def look() -> None:
            while True:
                await asyncio.sleep(LOOKED_AT)
                for each in list(self._ledgers):
                    await each.look()

        task = asyncio.create_task(look())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.gather(*(each.close() for each in self._ledgers))


@dataclass(frozen=True, slots=True)
class Shared:
    """What one gateway shares with those of other workers.

    Attributes:
        books: The newest of every contact.
        values: What is read besides.
        claims: Who loads it.
        store: Locks, and the journal.
    """

    books: Books
    values: SharedValues
    claims: Claims
    store: SharedStore


@asynccontextmanager
async def joining(url: Secret, key: Secret | None, instruments: Instruments) -> AsyncIterator[Commons]:
    """Be one worker of those who share a Redis, for as long as the block lasts.

    Args:
        url: Of Redis.
        key: What is shared is encrypted with it; None: it is not.
        instruments: Count what goes wrong.
    """
    link = Link(url, instruments)
    leases = Leases(link)
    found = Commons(link, leases, await asyncio.to_thread(Coding, key))
    try:
        async with leases.beating(), found.looking():
            yield found
    finally:
        await link.close()


@asynccontextmanager
async def shared(
    commons: Commons, names: Mapping[str, str], kinds: Iterable[Kind[Any]], local: LocalStore
) -> AsyncIterator[Shared]:
    """Share what a gateway knows, for as long as the block lasts.

    Args:
        commons: The process's part.
        names: An administration's slug to its name among all gateways.
        kinds: Of the values that are shared.
        local: The process's own locks and journal.
    """
    link, leases, coding = commons.link, commons.leases, commons.coding
    pulse = Pulse(link, names)
    books = Books(link, leases, pulse, names, coding)
    values = SharedValues(link, pulse, names, Forms(coding, kinds))
    claims = Claims(link, leases, values, names)
    store = SharedStore(local, link, leases, names, coding)
    async with books.leading():
        try:
            yield Shared(books, values, claims, store)
        finally:
            await store.close()


def ledgers(commons: Commons, clock: Callable[[], datetime]) -> Callable[[str, Allowance], SharedLedger]:
    """Return what keeps the ration of a name."""
    return partial(commons.ledger, clock)
