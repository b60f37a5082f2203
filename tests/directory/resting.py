"""A place for books at rest that is in memory, and a book that was kept there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.directory.refresh import Book
from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.ports import Confirmed, Saved
from tests.fakes import NOW, FakeContacts, contact, listed

REJECTED = CredentialsRejected("no")
AWAY = BackendUnavailable("away")
EARLIER = NOW - timedelta(seconds=200)


class FakeSnapshots:
    """Satisfies `Snapshots`: one book, in memory; fails when told to."""

    def __init__(self) -> None:
        self.saved: Saved | None = None
        self.calls: list[str] = []
        self.failing: OSError | None = None
        self.gate: asyncio.Event | None = None

    async def load(self, administration: str) -> Saved | None:
        return self.saved

    async def save(self, administration: str, saved: Saved) -> bytes:
        await self._note("save")
        self.saved = replace(saved, contacts=tuple(saved.contacts), mark=str(len(self.calls)).encode())
        return self.saved.mark

    async def confirm(self, administration: str, mark: bytes, confirmed: Confirmed) -> bool:
        await self._note("confirm")
        if self.saved is None or self.saved.mark != mark:
            return False
        self.saved = replace(self.saved, confirmed=confirmed)
        return True

    async def _note(self, what: str) -> None:
        self.calls.append(what)
        if self.gate:
            await self.gate.wait()
        if self.failing:
            raise self.failing


def kept(at: datetime = EARLIER, **facts) -> Saved:
    """Return the shop's book as it was saved."""
    rows = ((contact("1", "Ann"), None), (contact("2", "Bo"), None))
    confirmed = Confirmed(at, facts.pop("is_rejected", False), facts.pop("read_since", None))
    return Saved(confirmed, facts.pop("rows", rows), {"1": "1", "2": "1"}, **facts)


def names(book: Book) -> list[str] | None:
    """Return who is shown; None where nothing may be."""
    snapshot = book.usable()
    return None if snapshot is None else [each.display_name for each in listed(snapshot)]


def scans(contacts: FakeContacts) -> list[Mapping[str, str]]:
    return [asked for method, asked in contacts.switch.calls if method == "scan"]
