"""Values of an input become Moneybird's keys, and are recognised when they come back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.mapping.attributes import (
    CHARGE_KEYS,
    CONTACT_KEYS,
    MANDATE_KEYS,
    NOTE_KEYS,
    PERSON_KEYS,
    contact_attributes,
    differences,
    part_attributes,
    part_differences,
    paths_by_key,
    stored,
)
from gateway.domain.changes import CHARGE_INPUTS, CONTACT_INPUTS, MANDATE_INPUTS, NOTE_INPUTS, PERSON_INPUTS
from gateway.domain.charge import Period
from gateway.domain.contact import DeliveryMethod
from gateway.domain.mandate import SepaSequence

HOME = Home("shop", "https://moneybird.test/1")


def contact(**row):
    return contact_from_row(msgspec.json.encode({"id": "7", **row}), HOME)


def sent(values, before=None):
    return contact_attributes(differences(before, values))


@pytest.mark.parametrize(
    ("path", "value", "wire"),
    [
        ("companyName", " Bakkerij ", "Bakkerij"),
        ("address.countryCode", "be", "BE"),
        ("vatNumber", "nl 1234.56.789 b01", "NL123456789B01"),
        ("bankAccount.iban", "nl91 abna 0417 1643 00", "NL91ABNA0417164300"),
        ("bankAccount.number", "P 1234 ", "P 1234"),
        ("sepaMandate.bic", "abnanl2a", "ABNANL2A"),
        ("sepaMandate.active", True, True),
        ("sepaMandate.signedOn", date(2026, 6, 30), "2026-06-30"),
        ("sepaMandate.sequence", SepaSequence.FRST, "FRST"),
        ("invoicing.deliveryMethod", DeliveryMethod.SIMPLERINVOICING, "Simplerinvoicing"),
        ("invoicing.workflowId", "496081412994107200", "496081412994107200"),
        ("invoicing.attachUbl", False, False),
        ("emails", ("a@x.nl", "b@x.nl "), "a@x.nl,b@x.nl"),
        ("attention", "Ada", "Ada"),
    ],
    ids=str,
)
def test_a_value_goes_out_in_moneybirds_spelling(path, value, wire):
    """Each kind of value is written as Moneybird writes it, under its own key."""
    assert sent({path: value}) == {CONTACT_KEYS[path]: wire}


@pytest.mark.parametrize(
    ("path", "row", "wire"),
    [
        ("companyName", {"company_name": "X"}, ""),
        ("emails", {"email": "a@x.nl", "send_invoices_to_email": "a@x.nl"}, ""),
        ("invoicing.deliveryMethod", {"delivery_method": "Post"}, None),
        ("invoicing.workflowId", {"invoice_workflow_id": "5"}, None),
        ("sepaMandate.signedOn", {"sepa_mandate_date": "2020-01-01"}, None),
        ("sepaMandate.active", {"sepa_active": True}, False),
        ("peppol.scheme", {"si_identifier_type": "0106"}, ""),
    ],
    ids=str,
)
def test_clearing_is_an_empty_text_where_it_can_be(path, row, wire):
    """A text is cleared by "", what no text can say by null, and no mandate is none that is active."""
    assert sent({path: None}, contact(**row)) == {CONTACT_KEYS[path]: wire}


def test_only_what_differs_is_sent():
    """Spelling, blanks and an empty text for nothing are no difference."""
    before = contact(company_name="X", tax_number="NL1.2", country="NL", phone="", sepa_active=None)
    values = {"companyName": " X ", "vatNumber": "nl12", "address.countryCode": "nl", "phones.main": None}

    assert sent({**values, "sepaMandate.active": False, "address.city": "Ede"}, before) == {"city": "Ede"}


def test_custom_fields_go_by_id():
    """A custom field is named by its id, cleared by an empty text; an equal one is left out."""
    before = contact(custom_fields=[{"id": n, "name": "F", "value": "red"} for n in ("1", "2", "3")])
    values = {"customFields.1": "blue", "customFields.2": None, "customFields.3": "red"}

    assert sent(values, before) == {
        "custom_fields_attributes": [{"id": "1", "value": "blue"}, {"id": "2", "value": ""}]
    }


def test_the_first_person_stands_in_the_contact():
    """A new contact's person goes along under its own key."""
    values = {"companyName": "X", "person.firstName": "Ada", "person.lastName": "Lovelace"}

    assert sent(values) == {
        "company_name": "X",
        "contact_person": {"firstname": "Ada", "lastname": "Lovelace"},
    }


@pytest.mark.parametrize(
    ("keys", "inputs", "values", "wire"),
    [
        (PERSON_KEYS, PERSON_INPUTS, {"firstName": "Ada", "email": None}, {"firstname": "Ada"}),
        (
            NOTE_KEYS,
            NOTE_INPUTS,
            {"text": "Call", "isTodo": True, "assigneeId": "5"},
            {"note": "Call", "todo": True, "assignee_id": "5"},
        ),
        (
            CHARGE_KEYS,
            CHARGE_INPUTS,
            {
                "productId": "9",
                "quantity": "5 x",
                "price": Decimal("1E+2"),
                "period": Period(date(2021, 6, 1), date(2021, 6, 30)),
            },
            {"product_id": "9", "amount": "5 x", "price": "100", "period": "20210601..20210630"},
        ),
        (
            MANDATE_KEYS,
            MANDATE_INPUTS,
            {"message": "Hi", "workflowId": "3"},
            {"email_message": "Hi", "workflow_id": "3"},
        ),
    ],
    ids=["person", "note", "charge", "mandate"],
)
def test_parts_go_out_under_their_keys(keys, inputs, values, wire):
    """Every part of a contact is written in the documented keys, and only in those that were given."""
    assert part_attributes(part_differences({}, values, inputs), keys, inputs) == wire


@pytest.mark.parametrize(
    ("path", "row", "value"),
    [
        ("sepaMandate.sequence", {"sepa_sequence_type": "RCUR"}, SepaSequence.RCUR),
        ("sepaMandate.sequence", {}, None),
        ("peppol.scheme", {"si_identifier_type": "0106", "si_identifier": ""}, "0106"),
        ("sepaMandate.active", {}, False),
        ("address.city", {"city": "Ede"}, "Ede"),
    ],
    ids=str,
)
def test_what_is_stored_is_seen_where_it_does_not_show(path, row, value):
    """A sequence without a mandate and a scheme without an identifier are compared all the same."""
    assert stored(contact(**row), path) == value


def test_a_key_leads_to_the_path_that_was_sent():
    """Of two paths for one key the client's own is named, else the first."""
    assert paths_by_key(CONTACT_KEYS)["send_invoices_to_email"] == "emails"
    assert paths_by_key(CONTACT_KEYS, ["invoicing.emails"])["send_invoices_to_email"] == "invoicing.emails"


def test_every_key_is_of_an_input():
    """No table names a path that no input has."""
    tables = [
        (CONTACT_KEYS, CONTACT_INPUTS),
        (PERSON_KEYS, PERSON_INPUTS),
        (NOTE_KEYS, NOTE_INPUTS),
        (CHARGE_KEYS, CHARGE_INPUTS),
        (MANDATE_KEYS, MANDATE_INPUTS),
    ]

    assert [set(keys) - set(inputs) for keys, inputs in tables] == [set()] * 5
