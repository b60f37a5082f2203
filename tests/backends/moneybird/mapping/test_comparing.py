"""The answer of a write is held against what was asked."""

from __future__ import annotations

import msgspec
import pytest

from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.mapping.comparing import (
    creation_notices,
    is_as_wanted,
    is_made_of,
    update_notices,
)
from gateway.domain.faults import NoticeCode

HOME = Home("shop", "https://moneybird.test/1")
KEPT, REPLACED = NoticeCode.VALUE_KEPT, NoticeCode.VALUE_REPLACED
MOVED, DEFAULT = NoticeCode.VALUE_MOVED, NoticeCode.DEFAULT_SET
PERSON = {"id": "1", "firstname": "Ada", "lastname": "Lovelace"}
SEPA = {"sepa_active": True, "sepa_iban": "NL91ABNA0417164300", "sepa_sequence_type": "RCUR"}


def contact(**row):
    return contact_from_row(msgspec.json.encode({"id": "7", "company_name": "X", **row}), HOME)


def told(notices):
    return [(each.code, each.path) for each in notices]


@pytest.mark.parametrize(
    ("before", "after", "values", "notices"),
    [
        ({"city": "Ede"}, {"city": "Epe"}, {"address.city": "Epe"}, []),
        ({"city": "Ede"}, {"city": "Ede"}, {"address.city": None}, [(KEPT, "address.city")]),
        ({"city": "Ede"}, {"city": "EPE"}, {"address.city": "Epe"}, [(REPLACED, "address.city")]),
        ({"city": "Ede"}, {"city": "Epe"}, {"phones.main": None}, [(MOVED, "address.city")]),
        (
            {"email": "a@x", "send_invoices_to_email": "a@x"},
            {"email": "b@x", "send_invoices_to_email": "b@x"},
            {"emails": ("b@x",)},
            [],
        ),
        (
            {"bank_account": "", "sepa_sequence_type": "RCUR"},
            {**SEPA, "bank_account": SEPA["sepa_iban"], "sepa_bic": "ABNANL2A"},
            {"sepaMandate.active": True, "sepaMandate.iban": SEPA["sepa_iban"]},
            [
                (MOVED, "bankAccount.number"),
                (DEFAULT, "sepaMandate.sequence"),
                (MOVED, "sepaMandate.bic"),
            ],
        ),
        (SEPA, {"sepa_sequence_type": "RCUR"}, {"sepaMandate.active": None, "sepaMandate.iban": None}, []),
        (
            {"si_identifier": "1", "si_identifier_type": "0106"},
            {"si_identifier_type": "0106"},
            {"peppol.identifier": None},
            [],
        ),
        (
            {"custom_fields": [{"id": "5", "value": "red"}]},
            {"custom_fields": [{"id": "5", "value": "red"}]},
            {"customFields.5": None},
            [(KEPT, "customFields.5")],
        ),
        (
            {"contact_people": [PERSON]},
            {"contact_people": [PERSON, {**PERSON, "id": "2"}], "lastname": "L"},
            {"lastName": "L"},
            [(NoticeCode.PERSON_ADDED, "")],
        ),
    ],
    ids=[
        *(
            "as asked",
            "kept",
            "replaced",
            "moved",
            "two paths",
            "mandate",
            "mandate ended",
            "scheme",
            "custom",
        ),
        "person",
    ],
)
def test_an_update_is_compared(before, after, values, notices):
    """What came out otherwise, what moved unasked and who was added is told, each once."""
    assert told(update_notices(contact(**before), contact(**after), values)) == notices


@pytest.mark.parametrize(
    ("after", "values", "notices"),
    [
        ({"country": "NL", "delivery_method": "Email", "customer_id": "3"}, {"companyName": "X"}, []),
        ({"country": "NL", "city": "Ede"}, {"address.city": "Ede"}, [(DEFAULT, "address.countryCode")]),
        (
            {"country": "NL", "city": "Ede"},
            {"address.city": "Ede", "address.countryCode": None},
            [(DEFAULT, "address.countryCode")],
        ),
        ({"city": "EDE"}, {"address.city": "Ede", "phones.main": None}, [(REPLACED, "address.city")]),
        (
            {**SEPA, "sepa_bic": "ABNANL2A"},
            {"sepaMandate.active": True},
            [(DEFAULT, "sepaMandate.sequence"), (MOVED, "sepaMandate.bic")],
        ),
        ({"contact_people": [PERSON]}, {"lastName": None}, [(NoticeCode.PERSON_ADDED, "")]),
        (
            {"contact_people": [PERSON]},
            {"person.firstName": "Ada", "person.lastName": "Lovelace "},
            [],
        ),
        (
            {"contact_people": [PERSON]},
            {"person.firstName": "Ada", "person.lastName": "Byron"},
            [(REPLACED, "person")],
        ),
    ],
    ids=["plain", "country", "null", "replaced", "mandate", "person added", "person", "other person"],
)
def test_a_create_is_compared(after, values, notices):
    """What came out otherwise and what a given group was completed with is told; the rest is not."""
    assert told(creation_notices(contact(**after), values)) == notices


def test_a_lost_write_is_recognised_by_everything_that_was_asked():
    """One value that is not there is enough to recognise nothing."""
    there = contact(city="Ede", contact_people=[PERSON], custom_fields=[{"id": "5", "value": "red"}])
    asked = {"address.city": " Ede ", "customFields.5": "red"}
    person = {"person.firstName": "Ada", "person.lastName": "Lovelace"}

    assert is_as_wanted(there, {**asked, "phones.main": None})
    assert not is_as_wanted(there, {**asked, "phones.main": "1"})
    assert is_made_of(there, {**asked, **person, "phones.main": None})
    assert not is_made_of(there, {**asked, **person, "person.lastName": "Byron"})
