"""What systems send of their own accord, to /webhooks/{slug}: checked, remembered, and acted upon behind.

A webhook is a hint and never data: nothing of it is shown, it only has contacts read again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.directory import Directory
from gateway.directory.hints import Hints
from gateway.domain.contact import Contact, ContactKey
from gateway.loaders import Shelves
from gateway.ports import Hint, Refused, Webhooks
from gateway.telemetry import Instruments, log

REMEMBERED_FOR = 600.0
"""Seconds: what is signed is good for five minutes before its time, and for five after."""

REMEMBERED = 20_000
"""Marks at most, of each administration; the oldest go first."""


class Repetitions:
    """The marks of webhooks that came, for as long as they could come again.

    Args:
        most: Marks that are remembered.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[str, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def known(self, marks: Iterable[str], now: datetime) -> bool:
        """Whether a webhook came before; if not, it is remembered from now on."""
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= self._most and (now - self._seen[oldest]).total_seconds() <= REMEMBERED_FOR:
                break
            del self._seen[oldest]
        marks = tuple(marks)
        if any(each in self._seen for each in marks):
            return True
        self._seen.update(dict.fromkeys(marks, now))
        return False


@dataclass(frozen=True, slots=True)
class Addressee:
    """An administration that takes webhooks in: who checks them, and what is done about them."""

    port: Webhooks
    hints: Hints
    repetitions: Repetitions


class Intake:
    """Takes in the webhooks of all administrations.

    Args:
        directory: Its books are read again.
        shelves: What is held beside contacts is dropped.
        clock: The present moment, UTC.
        instruments: Count what comes.
    """

    def __init__(
        self,
        directory: Directory,
        shelves: Shelves,
        clock: Callable[[], datetime],
        instruments: Instruments,
    ) -> None:
        self._shelves = shelves
        self._clock = clock
        self._instruments = instruments
        self._addressees = {
            slug: Addressee(port, Hints(book, clock, partial(self._changed, slug)), Repetitions())
            for slug, book in directory.books.items()
            if (port := book.backend.webhooks)
        }

    def take(self, slug: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a webhook in; what it gives rise to goes on behind the answer.

        Args:
            slug: Of the administration, as the address has it.
            headers: By lower-case name.
            body: As it came.

        Returns:
            Whether it can be trusted; what cannot be is not told why.
        """
        addressee = self._addressees.get(slug)
        if addressee is None:
            self._note("", "", "refused", reason="unknown_address")
            return False
        now = self._clock()
        found = addressee.port.verify(headers, body, now)
        if isinstance(found, Refused):
            self._note(slug, "", "refused", reason=found.reason)
            return False
        outcome = self._outcome(addressee, found, now)
        self._note(slug, found.action, outcome)
        if outcome == "taken":
            hints, parts = addressee.hints, [found.part] if found.part else []
            hints.add(found.contacts, parts, is_listed=found.is_listed, is_wide=found.is_wide)
        return True

    async def close(self) -> None:
        """End what goes on behind."""
        await asyncio.gather(*(each.hints.close() for each in self._addressees.values()))

    def _outcome(self, addressee: Addressee, hint: Hint, now: datetime) -> str:
        if addressee.repetitions.known(hint.marks, now):
            return "repeated"
        if hint.is_foreign:
            return "foreign"
        return "taken" if hint.contacts or hint.part or hint.is_wide else "ignored"

    def _note(self, slug: str, action: str, outcome: str, **more: str) -> None:
        self._instruments.meters.webhooks.labels(slug, outcome).inc()
        told = {"administration": slug, "action": action, "outcome": outcome, **more}
        log().info("webhook", **{name: value for name, value in told.items() if value})

    async def _changed(self, slug: str, key: str, before: Contact | None, after: Contact | None) -> None:
        """Drop what is held beside a contact: charges, the mandate, and who has its numbers."""
        await self._shelves.forget(ContactKey(slug, key))
        numbers = (each.customer_number for each in (before, after) if each)
        await self._shelves.forget_numbers(slug, filter(None, numbers))


@asynccontextmanager
async def taking_in(
    directory: Directory, shelves: Shelves, clock: Callable[[], datetime], instruments: Instruments
) -> AsyncIterator[Intake]:
    """Take in webhooks, and do what they give rise to, as long as the block lasts."""
    intake = Intake(directory, shelves, clock, instruments)
    try:
        yield intake
    finally:
        await intake.close()
