"""Moneybird's own rules, as far as they are documented, are known before it is asked."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.mapping.rules import faults_of, lacking
from gateway.domain.changes import PERSON_INPUTS
from gateway.domain.faults import FaultCode

HOME = Home("shop", "https://moneybird.test/1")
REQUIRED, UNSUPPORTED = FaultCode.REQUIRED, FaultCode.NOT_SUPPORTED_BY_SYSTEM
MANDATE = {
    "sepaMandate.active": True,
    "sepaMandate.iban": "NL91ABNA0417164300",
    "sepaMandate.holder": "A",
    "sepaMandate.reference": "M-1",
    "sepaMandate.signedOn": date(2026, 1, 1),
}
ROW = {
    "company_name": "X",
    "sepa_active": True,
    "sepa_iban": "NL91ABNA0417164300",
    "sepa_iban_account_name": "A",
    "sepa_mandate_id": "M-1",
    "sepa_mandate_date": "2026-01-01",
}


def contact(**row):
    return contact_from_row(msgspec.json.encode({"id": "7", **row}), HOME)


def told(values, before=None):
    return [(each.code, each.path) for each in faults_of(values, before)]


@pytest.mark.parametrize(
    ("values", "before", "faults"),
    [
        ({}, None, [(REQUIRED, "companyName")]),
        ({"lastName": " "}, None, [(REQUIRED, "lastName")]),
        ({"firstName": "Ada"}, None, []),
        ({"companyName": None}, {"company_name": "X"}, [(REQUIRED, "companyName")]),
        ({"companyName": None}, {"company_name": "X", "lastname": "L"}, []),
        ({"companyName": None, "lastName": "L"}, {"company_name": "X"}, []),
        ({"address.city": "Ede"}, {}, []),
    ],
    ids=["new", "blank", "first", "cleared", "another", "exchanged", "untouched"],
)
def test_a_name_is_needed(values, before, faults):
    """One of the three names stays filled, by what is stored and what is asked together."""
    assert told(values, None if before is None else contact(**before)) == faults


@pytest.mark.parametrize("path", list(MANDATE)[1:], ids=str)
def test_an_active_mandate_needs_its_parts(path):
    """Without one of them a new mandate is refused, and a stored one does not give it up."""
    rest = {name: value for name, value in MANDATE.items() if name != path}

    assert told({"companyName": "X", **rest}) == [(REQUIRED, path)]
    assert told({path: None}, contact(**ROW)) == [(REQUIRED, path)]


def test_a_mandate_that_ends_may_lose_its_parts():
    """No part is needed of a mandate that is not active, and none where no part is named."""
    assert told({**dict.fromkeys(MANDATE), "sepaMandate.active": False}, contact(**ROW)) == []
    assert told(dict.fromkeys(MANDATE), contact(**ROW)) == []
    assert told({"sepaMandate.iban": None}, contact(company_name="X")) == []
    assert told({"companyName": "X", **MANDATE}) == []


def test_a_first_person_has_both_names_and_comes_with_a_new_contact():
    """Half a name is refused, and so is a person given to a contact that is there."""
    assert told({"companyName": "X", "person.firstName": "Ada"}) == [(REQUIRED, "person.lastName")]
    assert told({"companyName": "X", "person.firstName": None}) == []
    assert told({"person.firstName": "Ada"}, contact(company_name="X")) == [(UNSUPPORTED, "person.firstName")]


def test_what_is_lacking_of_a_part():
    """Missing, null and blank are the same."""
    values = {"firstName": " ", "phone": "1"}

    assert [each.path for each in lacking(values, PERSON_INPUTS, "firstName", "lastName", "phone")] == [
        "firstName",
        "lastName",
    ]
