"""What is shared and outlives a request: locks, the journal of writes, and what is kept of books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is about to be sent.

    Attributes:
        id: Of this entry, unique.
        at: UTC.
        administration: Its slug.
        mutation: The field of the schema ("contactCreate").
        contact: The system's own id; None for a contact that is to be made.
        fields: Paths that are set; no values.
        actor: The viewer's name, where there is one.
        request_id: Of the operation.
        key: A digest of the idempotency key and its scope; None where there is no key.
        input: A digest of what was asked.
        known: What `Plan.known` held.
    """

    id: str
    at: datetime
    administration: str
    mutation: str
    contact: str | None = None
    fields: tuple[str, ...] = ()
    actor: str | None = None
    request_id: str | None = None
    key: str | None = None
    input: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """How a write ended, as far as is known.

    Attributes:
        id: Of the intent.
        at: UTC.
        outcome: The word of `domain.faults.Outcome`.
        contact: The system's own id.
        part: The key of the person, note or charge concerned.
        told: What else the first answer told, as JSON; may hold personal data.
    """

    id: str
    at: datetime
    outcome: str
    contact: str | None = None
    part: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Journal(Protocol):
    """Every write: what was meant before anything is sent, and how it ended. Nothing is ever taken back.

    Every method may raise OSError: what cannot be noted must not be sent.
    """

    async def intend(self, intent: Intent) -> tuple[Intent, Settled | None] | None:
        """Note a write; it is at rest when this returns.

        Returns:
            None; or the earlier write under the same key, and then this one is not noted.
        """

    async def settle(self, administration: str, settled: Settled) -> None:
        """Note how a write ended; an entry may be settled again, when more is known."""

    async def find(self, administration: str, key: str) -> tuple[Intent, Settled | None] | None:
        """Return the newest write under a key's digest in the last 24 hours, refused ones apart."""

    async def unsettled(self, administration: str) -> tuple[Intent, ...]:
        """Return the writes of which no end is known, the oldest first: those of a process that died."""

    async def touched(self, administration: str, since: datetime) -> Mapping[str | None, datetime]:
        """Return the contacts that were, or may have been, written so late that a moment's reading lacks it.

        Args:
            administration: Its slug.
            since: When it was read, UTC.

        Returns:
            The system's own ids, each with when it has to be read at the earliest; None: one that may be new.
        """


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What is known of a book that did not change.

    Attributes:
        fetched_at: When the system was last asked for the list that tells so, UTC.
        is_rejected: Whether the system turned us away since.
        read_since: When the last reading of the whole book began, UTC: what no list shows is no older.
    """

    fetched_at: datetime
    is_rejected: bool = False
    read_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """One administration's book as it is kept at rest.

    Attributes:
        confirmed: How old it is.
        contacts: Each with when its details were read, UTC; None where it is as old as the list.
        versions: What the system's list said of each contact's state.
        left_out: Records that could not be read as a contact.
        expected: Contacts in the book, where not all of them are there; None for a whole book.
        mark: Names the file that it came from; means nothing to others than its store.
    """

    confirmed: Confirmed
    contacts: Iterable[tuple[Contact, datetime | None]] = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    left_out: int = 0
    expected: int | None = None
    mark: bytes = b""


class Snapshots(Protocol):
    """Books at rest, one of each administration: what a restart begins with. All may raise OSError."""

    async def load(self, administration: str) -> Saved | None:
        """Return what is kept of a book; None where that is nothing that can be used."""

    async def save(self, administration: str, saved: Saved) -> bytes:
        """Keep a book in the place of an older one, whole or not at all; return its mark."""

    async def confirm(self, administration: str, mark: bytes, confirmed: Confirmed) -> bool:
        """Note how old a book is that is kept, unless it is not there any more; return whether it is."""


class Store(Protocol):
    """Where processes that serve the same administrations meet."""

    @property
    def journal(self) -> Journal:
        """The journal of writes."""

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold a name; whoever wants the same one waits, in the order of asking.

        Raises:
            OSError: on entering; it is not known who holds it.
        """
