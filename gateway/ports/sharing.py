"""What the workers of one gateway know together, whichever machine they run on.

Everything here may raise `SharedAway`: then each worker goes on by itself, with what it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError


class SharedAway(OSError):
    """What is shared cannot be reached, or takes nothing more."""


@dataclass(frozen=True, slots=True)
class Told:
    """The newest that is known of one contact.

    Attributes:
        contact: As a book shows it; None: it is gone.
        read_at: When its details were read, UTC; None where it is as old as the list.
        version: What the system's list says of its state.
        written: Whether a write left it so: it is newer than any list that was asked for before.
    """

    contact: Contact | None = field(repr=False)
    read_at: datetime | None = None
    version: str = ""
    written: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list told of a book as a whole.

    Attributes:
        fetched_at: When the system was asked for it, UTC.
        number: Of the last change that was known when it was asked for: it may lack later ones.
        left_out: Records that could not be read as a contact.
        expected: Contacts in the book, where not all of them arrived; None for a whole book.
        read_since: When the last reading of the whole book began, UTC.
    """

    fetched_at: datetime
    number: int
    left_out: int = 0
    expected: int | None = None
    read_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What changed in a book since it was last asked.

    Attributes:
        number: Of the last change that is told here.
        whole: Whether this is all there is of the book: it takes the place of what is held.
        listed: Of the newest list; None: there is none yet.
        rows: By the system's id; each with the number of its change.
        doubts: Contacts that may have been written, with the number of that; "" is one that may be new.
        problem: How the last renewal failed, whoever tried it; None: it did not.
    """

    number: int
    whole: bool
    listed: Listed | None
    rows: Mapping[str, tuple[int, Told]] = field(repr=False)
    doubts: Mapping[str, int] = field(repr=False)
    problem: BackendError | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The one renewal of a book that may be under way.

    Attributes:
        number: Of all turns of the book; each is larger than the one before.
        is_mine: Whether this worker is to do it.
    """

    number: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn went.

    Attributes:
        is_lost: Whether its worker never said: it died, or was taken to be dead.
        problem: What kept the book from being renewed.
    """

    is_lost: bool = False
    problem: BackendError | None = None


class SharedBook(Protocol):
    """What all workers know of one administration's book."""

    @property
    def leads(self) -> bool:
        """Whether this worker does what is done for the book while nobody waits."""

    @property
    def number(self) -> int:
        """The number up to which this worker knows everything, by its own telling and by news."""

    def forget(self) -> None:
        """Let the next news be whole: what is held here is not what is shared any more."""

    async def news(self) -> News | None:
        """Return what changed since this was last asked, by whomever; None: nothing did.

        What a worker told before this began is in it. One round trip where nothing changed, and one
        for all who ask at once.
        """

    async def tell(
        self,
        rows: Mapping[str, Told],
        *,
        listed: Listed | None = None,
        since: int | None = None,
        turn: Turn | None = None,
    ) -> int | None:
        """Tell all workers of contacts.

        Args:
            rows: By the system's id.
            listed: Of the list that they come from, told after all of them: it ends the doubts that are
                no newer than its number.
            since: A contact that changed after this number is left as it is; with `listed`, one that
                was written after this number. None: all are taken.
            turn: Under which they are told.

        Returns:
            The number of the last change; None: the turn was lost, and nothing was taken.
        """

    async def doubt(self, key: str) -> int:
        """Tell all workers that a contact, or "" for a new one, may have been written; return the number."""

    async def is_empty(self) -> bool:
        """Whether nothing is known of the book, or only single changes and no list."""

    async def take_turn(self) -> Turn:
        """Begin a renewal, or learn which one is under way."""

    async def ended(self, turn: Turn) -> Ended:
        """Wait until another worker's turn is over."""

    async def end_turn(self, turn: Turn, problem: BackendError | None) -> None:
        """Say how this worker's own turn went; it is news where it went otherwise than the turn before."""
