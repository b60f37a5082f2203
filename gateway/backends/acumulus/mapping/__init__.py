"""Acumulus' records as domain values. Pure and total: no record makes it raise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

import orjson

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.fields import DETAIL_ONLY, TOLD_BY
from gateway.backends.acumulus.mapping.record import Record
from gateway.backends.acumulus.wire import Nodes, Picklist
from gateway.domain.administration import Choice, ChoiceKind
from gateway.domain.contact import (
    BankAccount,
    BookingDefaults,
    Contact,
    ContactKey,
    ContactKind,
    ContactRole,
    ContactStatus,
    Invoicing,
    Phone,
    PhoneKind,
    PostalAddress,
    VatNumber,
)
from gateway.domain.identifiers import split_emails
from gateway.domain.mandate import SepaMandate, SepaSequence
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.domain.text import blank_to_none
from gateway.ports import Scan

ABOUT_KEY = "about"
CONTACT_PERSON_KEY = "contact"
ALTERNATIVE_PERSON_KEY = "alternative"

PICKLISTS: Mapping[ChoiceKind, Picklist] = {
    ChoiceKind.INVOICE_TEMPLATE: wire.INVOICE_TEMPLATES,
    ChoiceKind.COST_HEADING: wire.COST_HEADINGS,
    ChoiceKind.COST_CENTER: wire.COST_CENTERS,
    ChoiceKind.BANK_ACCOUNT: wire.ACCOUNTS,
    ChoiceKind.VAT_TREATMENT: wire.VAT_TYPES,
}
"""The lists that Acumulus answers, each with one call."""

DOCUMENTED_CHOICES: Mapping[ChoiceKind, tuple[Choice, ...]] = {
    ChoiceKind.VAT_CATEGORY: tuple(Choice(value, name) for value, name in wire.VAT_CATEGORIES),
    ChoiceKind.VAT_RATE: tuple(
        Choice(value, name, is_default=value == wire.DEFAULT_VAT_RATE) for value, name in wire.VAT_RATES
    ),
}
"""The lists that are part of Acumulus' documentation."""

_KINDS = {"1": ContactKind.PERSON, "2": ContactKind.COMPANY}
_STATUSES = {"0": ContactStatus.ARCHIVED, "1": ContactStatus.ACTIVE}
_ROLES = {
    "1": (ContactRole.CUSTOMER,),
    "2": (ContactRole.SUPPLIER,),
    "3": (ContactRole.CUSTOMER, ContactRole.SUPPLIER),
}

_ID = re.compile(r"[0-9]{1,20}")
_VAT_TREATMENT = re.compile(r"[1-9][0-9]{0,2}")


def scan(rows: Iterable[Nodes], known: Mapping[str, str], administration: str) -> Scan:
    """Read a whole book from its list; rows whose state stands in `known` are not read again.

    Of rows with the same id the last counts. A row without an id of digits is left out.
    """
    last: dict[str, Nodes] = {}
    left_out = 0
    for nodes in rows:
        if key := _key(nodes):
            last[key] = nodes
        else:
            left_out += 1
    # A list's rows hold the same nodes, so their contacts share one set of what is unknown.
    unknown_of_row = lru_cache(maxsize=64)(_unknown_of_row)
    versions = {key: _state(nodes) for key, nodes in last.items()}
    contacts = tuple(
        contact_from_row(nodes, administration, unknown_of_row)
        for key, nodes in last.items()
        if known.get(key) != versions[key]
    )
    return Scan(versions=versions, contacts=contacts, left_out=left_out)


def is_key(text: str) -> bool:
    """Whether a contact can have this id. Source: Acumulus, "API - Get contact details": numeric."""
    return _ID.fullmatch(text) is not None


def _unknown_of_row(told: frozenset[str]) -> frozenset[str]:
    return DETAIL_ONLY | _untold(told)


def contact_from_row(
    nodes: Nodes,
    administration: str,
    unknown_of_row: Callable[[frozenset[str]], frozenset[str]] = _unknown_of_row,
) -> Contact:
    """Read a row of contacts_list: thin, with everything that the row does not tell in `unknown`.

    Its contactvattype is the number of the default VAT treatment; a text there tells none.
    """
    record = Record(nodes)
    treatment = record.text("contactvattype")
    told = _told(nodes)
    if treatment is not None and not _VAT_TREATMENT.fullmatch(treatment):
        treatment = None
        told -= {"contactvattype"}
    return _contact(record, administration, thin=True, unknown=unknown_of_row(told), treatment=treatment)


def contact_from_details(nodes: Nodes, administration: str) -> Contact:
    """Read an answer of contact_get: complete, although an account may keep nodes out of it.

    Its contactvattype is the name of contactvattypeid, never the VAT treatment; that is told by
    the list only.
    """
    unknown = _untold(_told(nodes) - {"contactvattype"})
    return _contact(Record(nodes), administration, thin=False, unknown=unknown, treatment=None)


def choices(rows: Iterable[Nodes], picklist: Picklist) -> tuple[Choice, ...]:
    """Read a picklist; an entry without a value is left out, one without a name is called by its value."""
    found: dict[str, Choice] = {}
    for nodes in rows:
        record = Record(nodes)
        value = record.text(picklist.value)
        if value is None:
            continue
        names = (record.text(name) for name in picklist.names)
        found[value] = Choice(value, next((name for name in names if name), value))
    return tuple(found.values())


def role(nodes: Nodes) -> str | None:
    """Read the name of the credentials' role from general_about, in the words of Acumulus."""
    record = Record(nodes)
    return record.text("roleapi") or record.text("role") or record.text("rolenl")


def _key(nodes: Nodes) -> str | None:
    text = (nodes.get("contactid") or "").strip()
    return text if is_key(text) else None


def _told(nodes: Nodes) -> frozenset[str]:
    told = frozenset(nodes)
    # Acumulus knows no contact without a status, so an empty node tells none.
    return told if blank_to_none(nodes.get("contactstatus")) else told - {"contactstatus"}


def _untold(told: frozenset[str]) -> frozenset[str]:
    untold = {path for path, tellers in TOLD_BY.items() if tellers.isdisjoint(told)}
    if "kind" in untold:
        untold.add("fullName")
    return frozenset(untold)


def _state(nodes: Nodes) -> str:
    """Return a digest of the whole record, whatever the order of its nodes."""
    return hashlib.sha256(orjson.dumps(dict(nodes), option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _contact(
    record: Record, administration: str, *, thin: bool, unknown: frozenset[str], treatment: str | None
) -> Contact:
    key = (record.nodes.get("contactid") or "").strip()
    name = record.text("contactname1", "contactname")
    kind = _KINDS.get(record.text("contactvattypeid") or "", ContactKind.UNKNOWN)
    return Contact(
        key=ContactKey(administration, key),
        display_name=_display_name(record) or key,
        kind=kind,
        status=_STATUSES.get(record.text("contactstatus") or "", ContactStatus.UNKNOWN),
        roles=_ROLES.get(record.text("contacttype", "contacttypeid") or "", ()),
        complete=not thin,
        version=None if thin else _state(record.nodes),
        customer_number=record.text("contactyourid"),
        company_name=name,
        full_name=name if kind is ContactKind.PERSON else None,
        department=record.text("contactname2"),
        attention=record.text("contactperson"),
        salutation=record.text("contactsalutation"),
        label=record.text("contactmark"),
        emails=split_emails(record.text("contactemail") or ""),
        phones=None if thin else _phones(record),
        website=record.text("contactwebsite"),
        address=_address(record),
        alternative_address=_alternative_address(record),
        vat_number=_vat_number(record),
        bank_account=_bank_account(record),
        persons=None if "persons" in unknown else _persons(record),
        notes=None if "notes" in unknown else _notes(record),
        about=record.lines("contactabout"),
        sepa_mandate=_sepa_mandate(record),
        has_payments_mandate=False,
        invoicing=_invoicing(record, treatment),
        booking=_booking(record),
        unknown=unknown,
        # Last: everything above may have found something.
        unreadable=tuple(sorted(record.unreadable)),
        raw=orjson.dumps(dict(record.nodes)),
    )


def _display_name(record: Record) -> str | None:
    names = ("contactname1", "contactname", "contactperson", "contactyourid")
    return next((text for name in names if (text := record.text(name))), None)


def _phones(record: Record) -> tuple[Phone, ...]:
    lines = (
        (PhoneKind.MAIN, "contacttelephone"),
        (PhoneKind.SECOND, "contacttelephone2"),
        (PhoneKind.FAX, "contactfax"),
    )
    return tuple(Phone(number, kind) for kind, name in lines if (number := record.text(name)))


def _address(record: Record) -> PostalAddress | None:
    address = PostalAddress(
        line1=record.text("contactaddress1"),
        line2=record.text("contactaddress2"),
        postal_code=record.text("contactpostalcode"),
        city=record.text("contactcity"),
        country_code=record.country("address.country.code", "contactcountrycode"),
        country_name=record.text("contactcountry", "contactcountryname"),
    )
    return None if address == PostalAddress() else address


def _alternative_address(record: Record) -> PostalAddress | None:
    address = PostalAddress(
        name=record.text("contactaltname1"),
        department=record.text("contactaltname2"),
        attention=record.text("contactaltperson"),
        line1=record.text("contactaltaddress1"),
        line2=record.text("contactaltaddress2"),
        postal_code=record.text("contactaltpostalcode"),
        city=record.text("contactaltcity"),
        country_code=record.country("alternativeAddress.country.code", "contactaltcountrycode"),
        country_name=record.text("contactaltcountry"),
    )
    return None if address == PostalAddress() else address


def _vat_number(record: Record) -> VatNumber | None:
    value = record.text("contactvatnumber")
    return VatNumber(value) if value else None


def _bank_account(record: Record) -> BankAccount | None:
    account = BankAccount(
        number=record.text("contactiban"),
        bic=record.text("contactbic"),
        description=record.text("contactbankaccountnumber"),
    )
    return None if account == BankAccount() else account


def _persons(record: Record) -> tuple[Person, ...]:
    places = ((CONTACT_PERSON_KEY, "contactperson"), (ALTERNATIVE_PERSON_KEY, "contactaltperson"))
    return tuple(Person(key=key, full_name=name) for key, node in places if (name := record.text(node)))


def _notes(record: Record) -> tuple[Note, ...]:
    about = record.lines("contactabout")
    return (Note(key=ABOUT_KEY, text=about),) if about else ()


def _sepa_mandate(record: Record) -> SepaMandate | None:
    """Read the mandate; a number or a date makes one, since Acumulus fills in a sequence by itself."""
    reference = record.text("contactsepamandatenr")
    signed_on = record.day("mandate.sepa.signedOn", "contactsepamandatedate")
    if reference is None and signed_on is None:
        return None
    return SepaMandate(
        active=reference is not None,
        reference=reference,
        signed_on=signed_on,
        sequence=_sequence(record.text("contactsepaincassostatus")),
        iban=record.text("contactiban"),
        bic=record.text("contactbic"),
    )


def _sequence(word: str | None) -> SepaSequence | None:
    if word is None:
        return None
    known = SepaSequence.__members__.get(word.upper())
    return known or SepaSequence.UNKNOWN


def _invoicing(record: Record, treatment: str | None) -> Invoicing:
    rate = record.number("invoicing.vatRate", "contactvatratebase", "contactvatstandard")
    return Invoicing(
        template_id=record.reference("contactinvoicetemplateid", "contacttemplateid"),
        notes=record.lines("contactinvoicenotes", "contactnotes"),
        vat_category=record.text("contactvattypeid"),
        vat_treatment=treatment,
        vat_rate=None if rate is None else _plain(rate),
    )


def _plain(number: Decimal) -> str:
    """Write a number without an exponent and without zeros at its end: "21.00" is "21"."""
    return format(number.normalize(), "f") if number else "0"


def _booking(record: Record) -> BookingDefaults:
    return BookingDefaults(
        cost_heading_id=record.reference("contactcostheadingid"),
        cost_center_id=record.reference("contactcostcenterid"),
        bank_account_id=record.reference("contactbankaccountid"),
        private_use_rate=record.number("booking.privateUseRate", "contactprivaterate"),
        entry_description=record.text("contactentrydescription"),
    )
