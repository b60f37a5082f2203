"""A customer or supplier, the same shape for every system.

Fields are named by their unified path: the camel-case path of the GraphQL type ("customerNumber",
"address.postalCode"). `Contact.unknown` and the ports speak in these paths.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gateway.domain.mandate import SepaMandate
from gateway.domain.note import Note
from gateway.domain.person import Person


class ContactKind(StrEnum):
    """Organisation or person; UNKNOWN is a word that nobody knew yet."""

    COMPANY = "COMPANY"
    PERSON = "PERSON"
    UNKNOWN = "UNKNOWN"


class ContactRole(StrEnum):
    """What the contact is to the administration."""

    CUSTOMER = "CUSTOMER"
    SUPPLIER = "SUPPLIER"


class ContactStatus(StrEnum):
    """Whether the book still uses the contact."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    UNKNOWN = "UNKNOWN"


class DeliveryMethod(StrEnum):
    """How invoices reach the contact."""

    EMAIL = "EMAIL"
    POST = "POST"
    MANUAL = "MANUAL"
    SIMPLERINVOICING = "SIMPLERINVOICING"
    PEPPOL = "PEPPOL"
    UNKNOWN = "UNKNOWN"


class PhoneKind(StrEnum):
    """Which of a contact's lines a number is."""

    MAIN = "MAIN"
    SECOND = "SECOND"
    FAX = "FAX"


@dataclass(frozen=True, slots=True, order=True)
class ContactKey:
    """Where a contact lives: the administration's slug and the system's own id."""

    administration: str
    remote: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone or fax number as stored."""

    number: str
    kind: PhoneKind


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address; `country_code` is ISO 3166-1 alpha-2 in upper case, `country_name` as stored."""

    name: str | None = None
    department: str | None = None
    attention: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    country_name: str | None = None


@dataclass(frozen=True, slots=True)
class VatNumber:
    """A VAT number as stored; `valid` is the system's own check, None when it made none."""

    value: str
    valid: bool | None = None
    validated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account; `number` as stored, an IBAN or an older number."""

    number: str | None = None
    bic: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class CustomField:
    """The contact's value of a field that the administration's owner invented."""

    field_id: str
    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Invoicing:
    """How the contact is invoiced; ids and VAT codes are the system's own."""

    delivery_method: DeliveryMethod | None = None
    attention: str | None = None
    emails: tuple[str, ...] = ()
    attach_ubl: bool | None = None
    direct_debit: bool | None = None
    workflow_id: str | None = None
    template_id: str | None = None
    notes: str | None = None
    vat_category: str | None = None
    vat_treatment: str | None = None
    vat_rate: str | None = None
    portal_url: str | None = None


@dataclass(frozen=True, slots=True)
class Estimates:
    """How the contact gets estimates."""

    attention: str | None = None
    emails: tuple[str, ...] = ()
    workflow_id: str | None = None


@dataclass(frozen=True, slots=True)
class PeppolAddress:
    """The contact's address in the Peppol network."""

    identifier: str
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class BookingDefaults:
    """How entries of the contact are booked; `private_use_rate` in percent, 0 to 100."""

    cost_heading_id: str | None = None
    cost_center_id: str | None = None
    bank_account_id: str | None = None
    private_use_rate: Decimal | None = None
    entry_description: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether payments to the contact need no approval, up to an amount in the book's currency."""

    trusted: bool
    max_transfer_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditCard:
    """The card that the book knows of; `number` is masked by the system."""

    number: str | None = None
    reference: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something that happened to the record; `data` as the system gives it, changes left out.

    Both are JSON objects, not read: a record's history only grows, and hardly anybody looks at it.
    """

    action: str
    at: datetime
    user_id: str | None = None
    changes: bytes | None = None
    link_id: str | None = None
    link_type: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of one administration.

    None means "no value", unless the path stands in `unknown`: then the system has not told it.
    A path there covers everything below it. `complete` is False for a list row whose details were
    not read; `persons`, `notes` and `phones` are then None. `unreadable` names paths whose stored
    value made no sense. `raw` is the record as its system gave it, as JSON; it may hold
    anything and goes only to who may see it. `version` is opaque, of the full record.
    """

    key: ContactKey
    display_name: str
    kind: ContactKind = ContactKind.UNKNOWN
    status: ContactStatus = ContactStatus.UNKNOWN
    roles: tuple[ContactRole, ...] = ()
    complete: bool = True
    version: str | None = None
    url: str | None = None
    customer_number: str | None = None
    company_name: str | None = None
    full_name: str | None = None
    department: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    attention: str | None = None
    salutation: str | None = None
    label: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] | None = ()
    website: str | None = None
    address: PostalAddress | None = None
    alternative_address: PostalAddress | None = None
    vat_number: VatNumber | None = None
    chamber_of_commerce: str | None = None
    bank_account: BankAccount | None = None
    persons: tuple[Person, ...] | None = ()
    notes: tuple[Note, ...] | None = ()
    about: str | None = None
    sepa_mandate: SepaMandate | None = None
    has_payments_mandate: bool | None = None
    custom_fields: tuple[CustomField, ...] = ()
    invoicing: Invoicing = field(default_factory=Invoicing)
    estimates: Estimates = field(default_factory=Estimates)
    peppol: PeppolAddress | None = None
    booking: BookingDefaults = field(default_factory=BookingDefaults)
    trust: Trust | None = None
    credit_card: CreditCard | None = None
    events: tuple[ContactEvent, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    unknown: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()
    raw: bytes | None = field(default=None, repr=False)


FILLED_GROUPS = ("invoicing", "booking")
FILLED = ("status", "roles", *FILLED_GROUPS)
"""What a list row may tell beyond the details."""


def with_listed(details: Contact, row: Contact) -> Contact:
    """Fill what the details do not tell with what the same contact's list row tells.

    Acumulus answers some values only in a list (the default VAT treatment) and may keep others
    out of the details (the status); everything that the details do tell wins. `row` may hold
    earlier details too.
    """
    told = {path for path in details.unknown - row.unknown if path.partition(".")[0] in FILLED}
    if not told:
        return details
    changes: dict[str, Any] = {}
    if "status" in told:
        changes["status"] = row.status
    if "roles" in told:
        changes["roles"] = row.roles
    for group in FILLED_GROUPS:
        names = [path.partition(".")[2] for path in told if path.startswith(f"{group}.")]
        if names:
            taken = {_snake(name): getattr(getattr(row, group), _snake(name)) for name in names}
            changes[group] = replace(getattr(details, group), **taken)
    return replace(details, unknown=details.unknown - told, **changes)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
