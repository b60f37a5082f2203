"""What a write means: rights, rules, and the way from a plan to what really happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.directory import Directory
from gateway.domain.contact import Contact, ContactKey
from gateway.loaders import Shelves
from gateway.ports import Store
from gateway.services.contacts import ContactService
from gateway.services.parts import ChargeService, MandateService, NoteService, PersonService
from gateway.services.showing import Showing
from gateway.services.writing import Writer
from gateway.telemetry import Instruments

__all__ = ["Services", "services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Every service; shared by all requests."""

    contacts: ContactService
    persons: PersonService
    notes: NoteService
    charges: ChargeService
    mandates: MandateService
    writer: Writer


def services(
    directory: Directory,
    shelves: Shelves,
    store: Store,
    now: Callable[[], datetime],
    instruments: Instruments,
) -> Services:
    """Make the services.

    Args:
        directory: Where writes are shown.
        shelves: What is held beside it, and the backends.
        store: Locks and the journal.
        now: The present moment, UTC.
        instruments: Count how writes end.
    """
    writer = Writer(shelves.backends, store, Showing(directory, shelves), now, instruments)

    def held(key: ContactKey) -> Contact | None:
        snapshot = directory.books[key.administration].usable()
        found = snapshot.get(key.remote) if snapshot else None
        return found[0] if found else None

    return Services(
        ContactService(writer, held),
        PersonService(writer),
        NoteService(writer),
        ChargeService(writer),
        MandateService(writer),
        writer,
    )
