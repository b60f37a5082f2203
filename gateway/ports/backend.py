"""What the rest of the gateway asks of a connected system.

A port that a system lacks is None on its `Backend`: presence is the capability, and the type
checker makes every caller answer the question. Paths are unified paths, as in `domain.contact`;
those of inputs as in `domain.changes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.administration import (
    Administration,
    AdministrationFacts,
    Choice,
    ChoiceKind,
    FieldRule,
    Quota,
)
from gateway.domain.changes import Value
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError
from gateway.domain.faults import Fault
from gateway.domain.mandate import PaymentsMandate
from gateway.domain.question import Question
from gateway.ports.webhooks import Webhooks
from gateway.ports.writing import Lifecycle, Plan


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
    """Reading and writing contacts; implementations share nothing between calls but the connection.

    Every method that awaits raises a `BackendError`: RateLimited, BackendUnavailable,
    BadUpstreamAnswer or CredentialsRejected. Those that plan the write of a contact that does not
    exist raise NotFound.
    """

    @property
    def unseen(self) -> frozenset[str]:
        """Unified paths that may change although `scan` says that the contact did not."""

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

    @property
    def find(self) -> Callable[[Question], Awaitable[tuple[Contact, ...]]] | None:
        """Look for contacts as far as the system can be asked, for a book that is not loaded yet.

        The answer may hold others too, and need not hold all: what does not come proves nothing. None
        where the system cannot, or where its list costs no more.

        Cost: Moneybird one call for every hundred found, three at most; none where it has no such filter.
        """

    def faults(self, values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
        """Return what the system's own rules have against values; asks nobody.

        Args:
            values: By path, as in `domain.changes`, each of the right form, for this system's fields.
            before: The contact as it is; None for a new one.
        """

    async def create(self, values: Mapping[str, Value]) -> Plan:
        """Plan a new contact.

        Cost, sent: Moneybird one call. Acumulus a list, the write, the list and the details.
        """

    async def update(self, key: str, values: Mapping[str, Value], accept: frozenset[str]) -> Plan:
        """Plan an update; what is not named stays as it is.

        Args:
            key: The system's own id.
            values: By path; None clears.
            accept: Paths that the caller agrees may be cleared, or reset, with it.

        Cost, sent: Moneybird two calls. Acumulus details and list row, before and after, and the write.
        """

    async def archive(self, key: str, accept: frozenset[str]) -> Plan:
        """Plan that the book does not use the contact any more; one that it does not use is ALREADY."""

    @property
    def restore(self) -> Lifecycle | None:
        """Plans that the book uses an archived contact again; None where the system cannot."""

    @property
    def delete(self) -> Lifecycle | None:
        """Plans to delete a contact; a system may archive it instead. None where it never deletes."""


class Persons(Protocol):
    """Writing a contact's persons; reading a contact reads them. Paths as in `PERSON_INPUTS`.

    Raises as `Contacts` does; NotFound also for an unknown person.
    """

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new person. Cost, sent: the contact before and after, and the write."""

    async def update(self, contact: str, key: str, values: Mapping[str, Value]) -> Plan:
        """Plan to change a person; what is not named stays. Cost, sent: as `create`."""

    async def delete(self, contact: str, key: str) -> Plan:
        """Plan to delete a person. Cost, sent: as `create`."""


class Notes(Protocol):
    """Writing a contact's notes; reading a contact reads them. Paths as in `NOTE_INPUTS`.

    Raises as `Persons` does.
    """

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new note. Cost, sent: the contact before and after, and the write."""

    async def delete(self, contact: str, key: str) -> Plan:
        """Plan to delete a note. Cost, sent: as `create`."""


class Charges(Protocol):
    """Reading and writing a contact's additional charges."""

    async def of_contact(self, key: str, *, include_billed: bool) -> tuple[Charge, ...]:
        """Return the charges, those already billed only when asked; empty for an unknown contact.

        Cost: one call.
        """

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new charge, by the paths of `CHARGE_INPUTS`; raises as `Contacts` does.

        Cost, sent: the contact, its charges, and the write.
        """


class Mandates(Protocol):
    """Reading the mandate that the payments provider keeps, and asking the contact for one."""

    async def of_contact(self, key: str) -> PaymentsMandate | None:
        """Return the mandate; None where there is none, or where the provider is switched off.

        Cost: one call.
        """

    async def request(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a mail of the system's that asks the contact for a mandate, by the paths of `MANDATE_INPUTS`.

        Cost, sent: the contact, and the write.
        """

    async def link(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a page on which the contact can give a mandate. Cost, sent: as `request`."""

    async def delete(self, contact: str) -> Plan:
        """Plan to delete the mandate. Cost, sent: the contact before and after, and the write."""


class Book(Protocol):
    """What a system tells of the administration itself."""

    async def facts(self) -> AdministrationFacts:
        """Return currency, country and time zone. Cost: at most one call."""

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return a list that fields take their values from; None: no such list. Cost: at most two calls."""

    async def inspect(self) -> Inspection:
        """Talk to the system once and say how it went; raises no BackendError. Cost: four calls at most."""

    @property
    def probe(self) -> Callable[[], Awaitable[tuple[str, ...]]] | None:
        """Find out what no document tells, by calls that change nothing; None where nothing is in doubt.

        It returns lines for people, without any value of a contact, and raises a BackendError when it
        could not be carried out, or when something did change. Cost: Acumulus fourteen calls at most.
        """


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
    persons: Persons | None
    notes: Notes | None
    charges: Charges | None
    mandates: Mandates | None
    fields: tuple[FieldRule, ...]
    unsupported: Mapping[str, str]
    quota: Callable[[], Quota | None]
    webhooks: Webhooks | None = None
