r"""Every sample contact as the gateway reads it, against what Acumulus stores of it, node by node.

Written from the vendor's words, not from the adapter. Source: Acumulus, "API - Manage Contact" for what the
nodes mean, "API - Get contact details" and "API - List contacts" for where they are told. A line break or a
tab of a text is stored as the two characters `\n` or `\t`, and 0 is no choice in a picklist.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gateway.domain.contact import Contact, ContactKind, ContactRole, ContactStatus, PhoneKind
from tests.ports.connected import SLUG, SYSTEMS, connected

Pairs = list[tuple[Contact, dict[str, str]]]


async def read(*, thin: bool, **emulated: str) -> Pairs:
    """Return each contact with what is stored of it."""
    async with connected(SYSTEMS["acumulus"], contacts=200, emulated=emulated, calls_at_once=8) as line:
        # The one thing that no sample shows: a mandate that was signed and has no number yet.
        first = line.book.contact(int(line.keys[0]))
        line.book.put({**first, "contactsepamandatenr": "", "contactsepamandatedate": "2025-01-02"})
        contacts = line.backend.contacts
        scanned = {row.key.remote: row for row in (await contacts.scan({})).contacts}
        found: Any = scanned if thin else await contacts.get_many(line.keys)
        assert len(found) == 200
        return [(contact, dict(line.book.contact(int(key)))) for key, contact in found.items()]


@pytest.fixture
async def details() -> Pairs:
    return await read(thin=False)


@pytest.fixture
async def rows() -> Pairs:
    return await read(thin=True)


def told(text: str) -> str | None:
    return text.strip() or None


def chosen(text: str) -> str | None:
    return None if text == "0" else told(text)


def lines(text: str) -> str | None:
    return told(text.replace("\\n", "\n").replace("\\t", "\t"))


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def rate(text: str) -> str | None:
    return told(text)


def addresses(text: str) -> tuple[str, ...]:
    """Split addresses with commas or semicolons between them; one that comes twice counts once."""
    pieces = [piece.strip() for piece in re.split("[,;]", text)]
    return tuple({piece.casefold(): piece for piece in reversed(pieces) if piece}.values())[::-1]


LISTED = {
    "customer_number": ("contactyourid", told),
    "company_name": ("contactname1", told),
    "department": ("contactname2", told),
    "attention": ("contactperson", told),
    "emails": ("contactemail", addresses),
    "address.line1": ("contactaddress1", told),
    "address.line2": ("contactaddress2", told),
    "address.city": ("contactcity", told),
    "address.country_code": ("contactcountrycode", told),
    "invoicing.vat_category": ("contactvattypeid", told),
    "invoicing.template_id": ("contactinvoicetemplateid", chosen),
    "booking.cost_heading_id": ("contactcostheadingid", chosen),
}
"""What rows and details tell alike: field to node and its meaning."""

DETAILED = {
    "salutation": ("contactsalutation", told),
    "website": ("contactwebsite", told),
    "label": ("contactmark", told),
    "about": ("contactabout", lines),
    "address.postal_code": ("contactpostalcode", told),
    "address.country_name": ("contactcountry", told),
    "vat_number.value": ("contactvatnumber", told),
    "bank_account.number": ("contactiban", told),
    "bank_account.bic": ("contactbic", told),
    "bank_account.description": ("contactbankaccountnumber", told),
    "invoicing.notes": ("contactinvoicenotes", lines),
    "invoicing.vat_rate": ("contactvatratebase", rate),
    "booking.cost_center_id": ("contactcostcenterid", chosen),
    "booking.bank_account_id": ("contactbankaccountid", chosen),
    "booking.private_use_rate": ("contactprivaterate", number),
    "booking.entry_description": ("contactentrydescription", told),
    "alternative_address.name": ("contactaltname1", told),
    "alternative_address.department": ("contactaltname2", told),
    "alternative_address.attention": ("contactaltperson", told),
    "alternative_address.line1": ("contactaltaddress1", told),
    "alternative_address.line2": ("contactaltaddress2", told),
    "alternative_address.postal_code": ("contactaltpostalcode", told),
    "alternative_address.city": ("contactaltcity", told),
    "alternative_address.country_code": ("contactaltcountrycode", told),
    "alternative_address.country_name": ("contactaltcountry", told),
}
"""What details alone tell: field to node and its meaning."""


def value(contact: Contact, field: str) -> Any:
    found: Any = contact
    for name in field.split("."):
        found = None if found is None else getattr(found, name)
    return found


def differing(pairs: Pairs, field: str, node: str, meaning: Any) -> list[tuple[str, Any, Any]]:
    return [
        (contact.key.remote, value(contact, field), meaning(stored[node]))
        for contact, stored in pairs
        if value(contact, field) != meaning(stored[node])
    ]


async def test_details_are_the_vendors(details: Pairs):
    """Every field of a contact read on its own has the meaning of its node."""
    table = LISTED | DETAILED
    found = {field: differing(details, field, *told_by) for field, told_by in table.items()}
    assert {field: each for field, each in found.items() if each} == {}
    assert [
        field for field, (node, _) in table.items() if not any(stored[node] for _, stored in details)
    ] == []


async def test_rows_are_the_vendors(rows: Pairs):
    """Every field that a list row tells has the meaning of its node."""
    found = {field: differing(rows, field, *told_by) for field, told_by in LISTED.items()}
    assert {field: each for field, each in found.items() if each} == {}


async def test_the_vat_treatment_is_told_by_rows_alone(rows: Pairs, details: Pairs):
    """The default VAT treatment comes from the list; the details' node of that name is another thing."""
    assert differing(rows, "invoicing.vat_treatment", "contactvattype", chosen) == []
    assert {contact.invoicing.vat_treatment for contact, _ in details} == {None}
    assert all("invoicing.vatTreatment" in contact.unknown for contact, _ in details)


@pytest.mark.parametrize("thin", [True, False], ids=["row", "details"])
async def test_what_the_contact_is(thin: bool):
    """Kind, status, roles and names follow from the codes that Acumulus documents."""
    customer, supplier = ContactRole.CUSTOMER, ContactRole.SUPPLIER
    roles = {"1": {customer}, "2": {supplier}, "3": {customer, supplier}}
    kinds = {"1": ContactKind.PERSON, "2": ContactKind.COMPANY}
    statuses = {"0": ContactStatus.ARCHIVED, "1": ContactStatus.ACTIVE}
    pairs = await read(thin=thin)
    for contact, stored in pairs:
        assert (contact.key.administration, contact.key.remote) == (SLUG, stored["contactid"])
        assert contact.status is statuses[stored["contactstatus"]]
        assert set(contact.roles) == roles[stored["contacttype"]]
        assert contact.kind is kinds[stored["contactvattypeid"]]
        is_person = contact.kind is ContactKind.PERSON
        assert contact.full_name == (contact.company_name if is_person else None)
        assert contact.display_name == (
            told(stored["contactname1"])
            or told(stored["contactperson"])
            or told(stored["contactyourid"])
            or stored["contactid"]
        )
        assert contact.complete is not thin
        assert contact.unreadable == ()
    assert {contact.status for contact, _ in pairs} == set(statuses.values())


async def test_phones_persons_and_notes(details: Pairs):
    """Three telephone nodes, two persons by name, and the text about the contact as its one note."""
    lines_of = {
        PhoneKind.MAIN: "contacttelephone",
        PhoneKind.SECOND: "contacttelephone2",
        PhoneKind.FAX: "contactfax",
    }
    for contact, stored in details:
        assert [(phone.kind, phone.number) for phone in contact.phones or ()] == [
            (kind, stored[node].strip()) for kind, node in lines_of.items() if told(stored[node])
        ]
        assert [each.full_name for each in contact.persons or ()] == [
            stored[node].strip() for node in ("contactperson", "contactaltperson") if told(stored[node])
        ]
        about = lines(stored["contactabout"])
        assert [note.text for note in contact.notes or ()] == ([about] if about else [])
    assert {len(contact.phones or ()) for contact, _ in details} >= {0, 1, 2}


async def test_the_sepa_mandate(details: Pairs):
    """A reference or a date makes a mandate; account and bank are those of the contact."""
    count = 0
    for contact, stored in details:
        mandate = contact.sepa_mandate
        reference, signed = stored["contactsepamandatenr"], stored["contactsepamandatedate"]
        assert (mandate is not None) is bool(reference or signed)
        if mandate is None:
            continue
        count += 1
        assert mandate.active is bool(reference)
        assert mandate.reference == told(reference)
        assert mandate.signed_on == (date.fromisoformat(signed) if signed else None)
        assert mandate.sequence
        assert mandate.sequence.value == stored["contactsepaincassostatus"]
        assert (mandate.iban, mandate.bic) == (told(stored["contactiban"]), told(stored["contactbic"]))
    assert count > 5
    assert {False, True} == {each.sepa_mandate.active for each, _ in details if each.sepa_mandate}


async def test_an_account_that_answers_only_what_is_documented():
    """Where nodes are kept out of the details, their paths are unknown and nothing is made up."""
    pairs = await read(thin=False, nodes="documented")
    never = {"about", "booking.costCenterId", "invoicing.notes", "mandate.sepa.reference", "phones.second"}
    for contact, stored in pairs:
        assert never <= contact.unknown
        assert (contact.about, contact.notes, contact.sepa_mandate) == (None, None, None)
        assert contact.company_name == told(stored["contactname1"])
        assert (contact.vat_number and contact.vat_number.value) == told(stored["contactvatnumber"])
