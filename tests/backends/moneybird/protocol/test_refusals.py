"""Moneybird's refusals become faults of the input."""

from __future__ import annotations

import json

import pytest

from gateway.backends.moneybird.mapping.attributes import (
    CHARGE_KEYS,
    CONTACT_KEYS,
    NOTE_KEYS,
    PERSON_KEYS,
    paths_by_key,
)
from gateway.backends.moneybird.protocol.refusals import LONGEST, faults_of, is_unknown_record
from gateway.domain.faults import FaultCode

CONTACT = paths_by_key(CONTACT_KEYS)
REQUIRED, INVALID, TAKEN = FaultCode.REQUIRED, FaultCode.INVALID, FaultCode.TAKEN
NOT_FOUND, FORBIDDEN, REJECTED = FaultCode.NOT_FOUND, FaultCode.FORBIDDEN, FaultCode.REJECTED_BY_SYSTEM


@pytest.mark.parametrize(
    ("name", "paths", "faults"),
    [
        ("422_contact", CONTACT, [(REQUIRED, path) for path in ("firstName", "lastName", "companyName")]),
        ("422_mandate_date", CONTACT, [(INVALID, "sepaMandate.signedOn")]),
        (
            "422_contact_person",
            paths_by_key(PERSON_KEYS),
            [(REQUIRED, "firstName"), (REQUIRED, "lastName")],
        ),
        ("422_contact_person_contact", paths_by_key(PERSON_KEYS), [(NOT_FOUND, "")]),
        ("422_note", paths_by_key(NOTE_KEYS), [(REQUIRED, "text")]),
        ("404_contact", CONTACT, [(NOT_FOUND, "")]),
        ("404_contact_person_update", paths_by_key(PERSON_KEYS), [(NOT_FOUND, "")]),
        ("404_custom_field", CONTACT, [(NOT_FOUND, "customFields.1234")]),
        ("404_product", paths_by_key(CHARGE_KEYS), [(NOT_FOUND, "productId")]),
        ("404_workflow", CONTACT, [(NOT_FOUND, "")]),
        ("400_archived", {}, [(REJECTED, "")]),
        ("400_trusted", CONTACT, [(FORBIDDEN, "")]),
        ("400_note_rights", paths_by_key(NOTE_KEYS), [(FORBIDDEN, "")]),
        ("400_note_contact", paths_by_key(NOTE_KEYS), [(NOT_FOUND, ""), (FORBIDDEN, "")]),
        ("400_contact_required", CONTACT, [(REQUIRED, "")]),
    ],
    ids=str,
)
def test_documented_refusals(answered, name, paths, faults):
    """Every documented error of a write has its code, and the path of the input that is at fault."""
    found = faults_of(answered(f"error_{name}"), int(name[:3]), paths)

    assert [(each.code, each.path) for each in found] == faults
    assert all(each.message for each in found)


@pytest.mark.parametrize(
    ("key", "text", "detail", "fault"),
    [
        ("customer_id", "has already been taken", "taken", (TAKEN, "customerNumber")),
        ("customer_id", "has already been taken", None, (TAKEN, "customerNumber")),
        ("sepa_mandate_id", "is al in gebruik", "taken", (TAKEN, "sepaMandate.reference")),
        ("si_identifier", "is not a Peppol address", "peppol", (REJECTED, "peppol.identifier")),
        (
            "send_invoices_to_email",
            "includes a domain which cannot receive emails",
            None,
            (INVALID, "emails"),
        ),
        (
            "delivery_method",
            "is not included in the list",
            "inclusion",
            (INVALID, "invoicing.deliveryMethod"),
        ),
        ("unheard_of", "is odd", None, (REJECTED, "")),
    ],
    ids=str,
)
def test_fields_of_a_refusal(key, text, detail, fault):
    """A code wins over the text, in whatever language that is; a text alone is understood too."""
    body = {"error": {key: [text]}}
    if detail:
        body["details"] = {key: [{"error": detail}]}

    (found,) = faults_of(json.dumps(body).encode(), 422, CONTACT)

    assert (found.code, found.path) == fault


def test_unknown_words_are_kept_word_for_word():
    """What nobody foresaw reaches the client as Moneybird said it, of an unknown field with its name."""
    said = "Valt buiten de afgesproken periode: zie §3"
    body = json.dumps({"error": {"city": [said], "moon": said}}).encode()

    assert [each.message for each in faults_of(body, 422, CONTACT)] == [said, f"moon: {said}"]
    assert [each.message for each in faults_of(json.dumps({"error": said}).encode(), 402, {})] == [said]


def test_a_mandate_reference_that_is_taken_may_be_an_archived_contacts():
    """The message says where to look, since no search shows it."""
    body = b'{"error":{"sepa_mandate_id":["has already been taken"]}}'

    (found,) = faults_of(body, 422, CONTACT)

    assert "archived" in found.message


def test_several_sentences_of_one_field_are_several_faults():
    """Two reasons at one field are told both, one told twice but once."""
    body = {"error": {"city": ["is odd", "is invalid", "is odd"]}}

    found = faults_of(json.dumps(body).encode(), 422, CONTACT)

    assert [each.code for each in found] == [REJECTED, INVALID]


@pytest.mark.parametrize(
    "body",
    [b"", b"403", b'"Retry later"', b"<html>", b"{", b"[]", b'{"error":null}', b'{"error":"  "}', b'{"a":1}'],
    ids=repr,
)
def test_no_reason_is_no_fault(body):
    """A body that gives no reason proves nothing, so nothing is made of it."""
    assert faults_of(body, 400, CONTACT) == ()


@pytest.mark.parametrize(
    "details",
    ['"none"', '{"city":[1]}', "[]", '{"city":"blank"}'],
    ids=["text", "numbers", "list", "no list"],
)
def test_odd_details_do_not_hide_the_text(details):
    """Details of another shape than in the examples cost the details alone."""
    body = f'{{"error":{{"city":["is odd"]}},"details":{details}}}'.encode()

    assert [(each.path, each.message) for each in faults_of(body, 422, CONTACT)] == [
        ("address.city", "is odd")
    ]


def test_a_sentence_without_end_is_cut():
    """A text that is no sentence does not fill an answer."""
    body = json.dumps({"error": "x" * 100_000}).encode()

    assert len(faults_of(body, 422, {})[0].message) == LONGEST


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("404_contact", True), ("404_workflow", False), ("400_archived", False), ("403_mandate", False)],
    ids=str,
)
def test_unknown_record(answered, name, unknown):
    """Only the words for an unknown id say that a record is not there."""
    assert is_unknown_record(answered(f"error_{name}")) is unknown
