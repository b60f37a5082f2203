"""Every sample contact as the gateway reads it, against the vendor's record field by field.

Written from the vendor's words, not from the adapter. Source: Moneybird API v2, contacts: the fields of a
contact, of its persons, notes, custom fields and events. Empty text and null mean the same there.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from gateway.domain.contact import Contact, ContactKind, ContactStatus
from tests.ports.connected import SLUG, Connected


@pytest.fixture
async def pairs(moneybird: Connected) -> list[tuple[Contact, dict[str, Any]]]:
    """Each contact with its vendor's record."""
    # The one field that no sample fills.
    moneybird.book.contact(moneybird.keys[0])["send_estimates_to_attention"] = "t.a.v. inkoop"
    found = await moneybird.backend.contacts.get_many(moneybird.keys)
    assert len(found) == 200
    return [(contact, moneybird.book.contact(key)) for key, contact in found.items()]


def told(text: str | None) -> str | None:
    return (text or "").strip() or None


def number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def addresses(text: str | None) -> tuple[str, ...]:
    """Split a comma separated list; an address that comes twice counts once."""
    pieces = [piece.strip() for piece in (text or "").split(",")]
    return tuple({piece.casefold(): piece for piece in reversed(pieces) if piece}.values())[::-1]


TEXTS = {
    "company_name": "company_name",
    "first_name": "firstname",
    "last_name": "lastname",
    "attention": "attention",
    "customer_number": "customer_id",
    "chamber_of_commerce": "chamber_of_commerce",
}
"""Field to Moneybird's field."""

PARTS = {
    ("address", "line1"): "address1",
    ("address", "line2"): "address2",
    ("address", "postal_code"): "zipcode",
    ("address", "city"): "city",
    ("address", "country_code"): "country",
    ("vat_number", "value"): "tax_number",
    ("bank_account", "number"): "bank_account",
    ("invoicing", "attention"): "send_invoices_to_attention",
    ("invoicing", "workflow_id"): "invoice_workflow_id",
    ("invoicing", "portal_url"): "sales_invoices_url",
    ("estimates", "attention"): "send_estimates_to_attention",
    ("estimates", "workflow_id"): "estimate_workflow_id",
    ("peppol", "identifier"): "si_identifier",
    ("credit_card", "number"): "credit_card_number",
    ("credit_card", "reference"): "credit_card_reference",
    ("credit_card", "type"): "credit_card_type",
}
"""Group and field to Moneybird's field; a group may be None where all of it is."""


async def test_texts_are_the_vendors(pairs):
    """A plain text is Moneybird's, without blanks around it; nothing for an empty one."""
    for field, name in TEXTS.items():
        assert [getattr(contact, field) for contact, _ in pairs] == [told(row[name]) for _, row in pairs], (
            field
        )
        assert any(row[name] for _, row in pairs), name


async def test_parts_are_the_vendors(pairs):
    """A text within a group is Moneybird's; the group is None only where nothing is in it."""
    for (group, field), name in PARTS.items():
        groups = [getattr(contact, group) for contact, _ in pairs]
        found = [each and getattr(each, field) for each in groups]
        assert found == [told(row[name]) for _, row in pairs], (group, field)
        assert any(row[name] for _, row in pairs), name


async def test_who_the_contact_is(pairs):
    """Ids, kind, status, names, mark of change and page follow from the record."""
    for contact, row in pairs:
        full = " ".join(part for part in (told(row["firstname"]), told(row["lastname"])) if part) or None
        company = told(row["company_name"])
        assert (contact.key.administration, contact.key.remote) == (SLUG, row["id"])
        assert contact.kind is (ContactKind.COMPANY if company else ContactKind.PERSON)
        assert contact.status is (ContactStatus.ARCHIVED if row["archived"] else ContactStatus.ACTIVE)
        assert contact.full_name == full
        assert contact.display_name == (company or full or told(row["customer_id"]) or row["id"])
        assert contact.url
        assert contact.url.endswith(f"/{row['administration_id']}/contacts/{row['id']}")
        assert contact.created_at == moment(row["created_at"])
        assert contact.updated_at == moment(row["updated_at"])
        assert contact.roles == ()
        assert contact.complete
        assert contact.unreadable == ()
        assert orjson.loads(contact.raw or b"null") == row


async def test_how_the_contact_is_reached(pairs):
    """E-mail addresses come one by one, the telephone as stored."""
    for contact, row in pairs:
        assert contact.emails == addresses(row["email"])
        assert contact.invoicing.emails == addresses(row["send_invoices_to_email"])
        assert contact.estimates.emails == addresses(row["send_estimates_to_email"])
        assert [phone.number for phone in contact.phones or ()] == [
            phone for phone in [told(row["phone"])] if phone
        ]
    assert max(len(contact.emails) for contact, _ in pairs) > 1


async def test_how_the_contact_is_billed(pairs):
    """Delivery, flags, validation, trust and Peppol are Moneybird's."""
    for contact, row in pairs:
        method = contact.invoicing.delivery_method
        assert (method and method.value) == (row["delivery_method"] and row["delivery_method"].upper())
        assert contact.invoicing.attach_ubl is row["email_ubl"]
        assert contact.invoicing.direct_debit is row["direct_debit"]
        assert contact.has_payments_mandate is row["moneybird_payments_mandate"]
        assert contact.trust
        assert contact.trust.trusted is row["is_trusted"]
        assert contact.trust.max_transfer_amount == number(row["max_transfer_amount"])
        if contact.vat_number:
            assert contact.vat_number.valid is row["tax_number_valid"]
            assert contact.vat_number.validated_at == moment(row["tax_number_validated_at"])
        if contact.peppol:
            assert contact.peppol.scheme == told(row["si_identifier_type"])
    assert {contact.vat_number and contact.vat_number.valid for contact, _ in pairs} == {True, False, None}


async def test_the_sepa_mandate(pairs):
    """A mandate is there where Moneybird has one, with the vendor's values."""
    mandates = [contact.sepa_mandate for contact, row in pairs if row["sepa_active"]]
    for contact, row in pairs:
        mandate = contact.sepa_mandate
        if not row["sepa_active"]:
            assert mandate is None
            continue
        assert mandate
        assert mandate.active
        assert (mandate.reference, mandate.iban, mandate.bic, mandate.holder) == (
            told(row["sepa_mandate_id"]),
            told(row["sepa_iban"]),
            told(row["sepa_bic"]),
            told(row["sepa_iban_account_name"]),
        )
        assert mandate.signed_on == date.fromisoformat(row["sepa_mandate_date"])
        assert mandate.sequence
        assert mandate.sequence.value == row["sepa_sequence_type"]
    assert len(mandates) > 5


async def test_the_persons(pairs):
    """Every person comes with id, names, telephone, e-mail, department, version and times."""
    for contact, row in pairs:
        assert [
            (each.remote_id, each.first_name, each.last_name, each.phone, each.email, each.department)
            for each in contact.persons or ()
        ] == [
            (
                one["id"],
                *(told(one[name]) for name in ("firstname", "lastname", "phone", "email", "department")),
            )
            for one in row["contact_people"]
        ]
        assert [(each.version, each.created_at, each.updated_at) for each in contact.persons or ()] == [
            (str(one["version"]), moment(one["created_at"]), moment(one["updated_at"]))
            for one in row["contact_people"]
        ]
        assert all(each.full_name for each in contact.persons or ())
    assert any(len(contact.persons or ()) > 1 for contact, _ in pairs)


async def test_the_notes(pairs):
    """Every note comes with its text as stored, who wrote it, and what is to be done."""
    for contact, row in pairs:
        assert [
            (each.remote_id, each.text, each.author_id, each.is_todo, each.assignee_id, each.todo_type)
            for each in contact.notes or ()
        ] == [
            (one["id"], one["note"], one["user_id"], one["todo"], one["assignee_id"], one["todo_type"])
            for one in row["notes"]
        ]
        assert [
            (each.completed_at, each.completed_by_id, each.created_at) for each in contact.notes or ()
        ] == [
            (moment(one["completed_at"]), one["completed_by_id"], moment(one["created_at"]))
            for one in row["notes"]
        ]
    assert any(contact.notes for contact, _ in pairs)


async def test_custom_fields_and_history(pairs):
    """Custom fields keep their order; events come newest first with what changed."""
    for contact, row in pairs:
        assert [(each.field_id, each.name, each.value) for each in contact.custom_fields] == [
            (one["id"], one["name"], told(one["value"])) for one in row["custom_fields"]
        ]
        events = row["events"]
        assert sorted((each.action, each.at) for each in contact.events) == sorted(
            (one["action"], moment(one["created_at"])) for one in events
        )
        assert [each.at for each in contact.events] == sorted(
            (each.at for each in contact.events), reverse=True
        )
        changes = [orjson.loads(each.changes) for each in contact.events if each.changes]
        assert sorted(map(str, changes)) == sorted(
            str(one["data"]["changes"]) for one in events if one["data"]
        )
