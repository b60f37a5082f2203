"""A connected book, what its system can do, and how an attempt to reach it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Administration:
    """One connected book.

    `slug` is the owner's short name for it, unique in the gateway and part of every id; `system`
    is the system's name ("moneybird"); `remote_id` is what the system calls the book, and stays out
    of logs: at Acumulus it is part of the credentials.
    """

    slug: str
    title: str
    system: str
    remote_id: str = field(repr=False)
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class AdministrationFacts:
    """What the system tells of the book itself: ISO 4217, ISO 3166-1 alpha-2, IANA zone."""

    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls that the system still takes, as far as it tells; `resets_at` is UTC."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


class SourceState(StrEnum):
    """How much an answer may be relied on for one administration."""

    FRESH = "FRESH"
    STALE = "STALE"
    PARTIAL = "PARTIAL"
    UNAVAILABLE = "UNAVAILABLE"


class ChoiceKind(StrEnum):
    """The lists that a system keeps for a book's fields."""

    INVOICE_WORKFLOW = "INVOICE_WORKFLOW"
    ESTIMATE_WORKFLOW = "ESTIMATE_WORKFLOW"
    CUSTOM_FIELD = "CUSTOM_FIELD"
    USER = "USER"
    IDENTITY = "IDENTITY"
    INVOICE_TEMPLATE = "INVOICE_TEMPLATE"
    COST_HEADING = "COST_HEADING"
    COST_CENTER = "COST_CENTER"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    VAT_CATEGORY = "VAT_CATEGORY"
    VAT_TREATMENT = "VAT_TREATMENT"
    VAT_RATE = "VAT_RATE"
    PEPPOL_SCHEME = "PEPPOL_SCHEME"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of such a list: the value that a contact's field holds, and its name."""

    value: str
    name: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a system can do with one unified path.

    `clearable` only says something where `writable` does. `choices` is the list that a value is
    taken from. `note` tells what a reader or writer must know. `same_as` names other paths of an
    input that are the same stored value.
    """

    path: str
    readable: bool = False
    writable: bool = False
    clearable: bool = False
    choices: ChoiceKind | None = None
    note: str | None = None
    same_as: tuple[str, ...] = ()


CAPABILITIES = (
    "contacts.create",
    "contacts.update",
    "contacts.archive",
    "contacts.restore",
    "contacts.delete",
    "persons.read",
    "persons.write",
    "notes.read",
    "notes.write",
    "charges.read",
    "charges.write",
    "mandate.sepa.read",
    "mandate.sepa.write",
    "mandate.payments.read",
    "mandate.payments.write",
    "customFields.read",
    "customFields.write",
    "events.read",
    "webhooks",
)
"""Every capability's name, in the order in which they are shown."""
