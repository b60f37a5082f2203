"""What the rest of the gateway asks of a connected system, and of the network under it.

A port that a system lacks is None on its `Backend`: presence is the capability, and the type
checker makes every caller answer the question. Paths are unified paths, as in `domain.contact`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.domain.administration import (
    Administration,
    AdministrationFacts,
    Choice,
    ChoiceKind,
    FieldRule,
    Quota,
)
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError
from gateway.domain.mandate import PaymentsMandate
from gateway.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class Scan:
    """A whole book as its list gives it.

    Attributes:
        versions: Every contact's key to what its list says of its state, archived ones included.
            Opaque; compared for equality with an earlier scan's.
        contacts: The contacts that were read: all, or those whose entry in `versions` differs
            from the one handed in. Thin where the list is thin.
        left_out: Records that could not be read as a contact at all.
    """

    versions: Mapping[str, str]
    contacts: tuple[Contact, ...]
    left_out: int = 0


Arrived = Callable[[Scan], None]


class Contacts(Protocol):
    """Reading contacts; implementations share nothing between calls but the connection.

    Every method raises a `BackendError`: RateLimited, BackendUnavailable, BadUpstreamAnswer or
    CredentialsRejected.
    """

    @property
    def listed(self) -> frozenset[str]:
        """Paths that a scan tells in full, each standing for all below it; {""} where it tells everything."""

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """Read the whole book, archived contacts included.

        Args:
            known: `versions` of an earlier scan; what is unchanged since is not read again.
            arrived: Told of every part of the book as it comes, where it comes in parts. A part has
                the `versions` of all and the contacts just read; the answer holds them all once more.

        Cost: Moneybird one call, and one for every hundred contacts read. Acumulus one.
        """

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Read contacts in full, archived ones included; unknown keys are left out.

        A key whose own reading failed maps to the BackendError; a failure that concerns all of
        them is raised.

        Cost: Moneybird one call for every hundred. Acumulus one each, a few at once.
        """

    @property
    def by_customer_number(self) -> Callable[[str], Awaitable[tuple[Contact, ...]]] | None:
        """Look contacts up by customer number, archived ones included; None where only the list can tell.

        Cost: Moneybird one call, two when nobody active holds the number.
        """


class Charges(Protocol):
    """Reading a contact's additional charges."""

    async def of_contact(self, key: str, *, include_billed: bool) -> tuple[Charge, ...]:
        """Return the charges, those already billed only when asked; empty for an unknown contact.

        Cost: one call.
        """


class Mandates(Protocol):
    """Reading the mandate that the payments provider keeps."""

    async def of_contact(self, key: str) -> PaymentsMandate | None:
        """Return the mandate; None where there is none, or where the provider is switched off.

        Cost: one call.
        """


class Book(Protocol):
    """What a system tells of the administration itself."""

    async def facts(self) -> AdministrationFacts:
        """Return currency, country and time zone. Cost: at most one call."""

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return a list that fields take their values from; None: no such list. Cost: at most two calls."""

    async def inspect(self) -> Inspection:
        """Talk to the system once and say how it went; raises no BackendError. Cost: four calls at most."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one visit to a system showed.

    `contacts` counts the book, archived ones included. `doubtful` maps paths whose reading no
    document promises to whether this account answers them; empty where nothing is in doubt.
    `problem` is for people, None when all is well.
    """

    reachable: bool
    credentials_accepted: bool | None = None
    rights: str | None = None
    contacts: int | None = None
    quota: Quota | None = None
    doubtful: Mapping[str, bool] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Backend:
    """A connected administration; ports that its system lacks are None.

    `unsupported` maps capability names to the reason why they are not there; every other
    capability is. `fields` says what can be done with each unified path. Each port knows its own
    administration: nothing is shared between two backends but the ration of a common egress.
    """

    administration: Administration
    contacts: Contacts
    book: Book
    charges: Charges | None
    mandates: Mandates | None
    fields: tuple[FieldRule, ...]
    unsupported: Mapping[str, str]
    quota: Callable[[], Quota | None]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call to a system; `path` is below the base URL, with its query, percent-encoded.

    `safe` says that repeating it changes nothing: equal safe calls in flight are made once.
    """

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case, the body is decoded and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ration:
    """What an answer told of the system's ration; `retry_after` is set when it refused the call.

    Times are UTC. `remaining` counts calls.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    retry_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """How a backend wants to be connected.

    Attributes:
        base_url: Everything before a call's path.
        headers: Sent with every call; credentials belong here, or in a body.
        timeout: Seconds for a whole call, from connect to the last byte.
        at_once: Calls in flight at most.
        per_minute: Calls in a minute at most; 0 is no limit.
        ration: Name of the ration it draws on; lines of one name share it.
        learn: Reads the ration from an answer, pure.
    """

    administration: Administration
    base_url: str
    headers: Mapping[str, str]
    timeout: float
    at_once: int = 8
    per_minute: int = 0
    ration: str = ""
    learn: Callable[[Answer, datetime], Ration | None] = lambda answer, now: None  # noqa: ARG005


class Client(Protocol):
    """An open line to one system."""

    async def send(self, call: Call) -> Answer:
        """Make one call; any HTTP status is an answer.

        Raises:
            BackendUnavailable: no connection, or no whole answer in time.
            BadUpstreamAnswer: what came was no HTTP, or larger than is read.
            RateLimited: the ration is known to be used up; nothing was sent.
        """

    def quota(self) -> Quota | None:
        """What is left of the ration, as far as answers told; None when they never did."""

    async def close(self) -> None:
        """Close every connection."""


class Network(Protocol):
    """Opens lines; the one thing that a backend needs of the machine."""

    def open(self, line: Line) -> Client:
        """Open a line; nothing is sent yet."""

    def now(self) -> datetime:
        """The present moment, UTC."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An administration's settings, read.

    Attributes:
        remote_id: What the system calls the book.
        connect: Opens the way to it.
        secret: A credential that only the owner knows; the gateway derives keys of its own from it.
            None where the system has none.
    """

    remote_id: str
    connect: Callable[[Administration, Network], AbstractAsyncContextManager[Backend]]
    secret: Secret | None = None


class Options(Protocol):
    """One [[administrations]] section being read.

    Every method returns the value, or the default; a fault is noted with its key and cure, and all
    of them are reported together once everything was read.
    """

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required when there is no default."""

    def secret(self, key: str) -> Secret:
        """A required text that is never shown."""

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """A number within bounds, both included."""

    def url(self, key: str, default: str) -> str:
        """An https URL, or http to a loopback address; no query, no slash at the end."""
