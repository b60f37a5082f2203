"""Values that are stored once, groups that are null, and the rules of what a contact has besides."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.domain.administration import FieldRule
from gateway.domain.changes import (
    CHARGE_INPUTS,
    CONTACT_INPUTS,
    MANDATE_INPUTS,
    NOTE_INPUTS,
    PERSON_INPUTS,
    Changes,
)
from gateway.domain.charge import Period
from gateway.domain.faults import FaultCode
from gateway.domain.validation import LONGEST, expanded, faults_of, faults_of_part

TODAY = date(2026, 11, 21)

FREE = {path: FieldRule(path, True, True, True) for path in CONTACT_INPUTS}
"""A system that has every field, and can clear each."""

TWINS = {
    **FREE,
    **{
        rule.path: rule
        for rule in (
            FieldRule("emails", True, True, True, same_as=("invoicing.emails",)),
            FieldRule("invoicing.emails", True, True, True, same_as=("emails",)),
            FieldRule(
                "bankAccount.number", True, True, True, same_as=("bankAccount.iban", "sepaMandate.iban")
            ),
            FieldRule(
                "bankAccount.iban", True, True, True, same_as=("bankAccount.number", "sepaMandate.iban")
            ),
            FieldRule(
                "sepaMandate.iban", True, True, True, same_as=("bankAccount.number", "bankAccount.iban")
            ),
        )
    },
}
"""A system that keeps one list of addresses, and one account under three paths."""

SPACED, PLAIN, ANOTHER = "NL91 ABNA 0417 1643 00", "NL91ABNA0417164300", "BE68539007547034"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"emails": ("a@x.nl",), "invoicing.emails": (" a@x.nl",)}, id="blanks"),
        pytest.param({"emails": (), "invoicing.emails": None}, id="nothing-twice"),
        pytest.param({"bankAccount.number": SPACED, "bankAccount.iban": PLAIN}, id="spaced-number"),
        pytest.param({"bankAccount.number": PLAIN, "sepaMandate.iban": SPACED}, id="spaced-iban"),
        pytest.param({"bankAccount.iban": None, "sepaMandate.iban": " "}, id="null-and-blank"),
        pytest.param({"bankAccount.iban": PLAIN}, id="one-alone"),
    ],
)
def test_one_stored_value_may_be_given_twice(values):
    """Two paths of one value pass while they mean the same, in whatever spelling."""
    assert faults_of(values, TWINS, today=TODAY) == ()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"emails": ("a@x.nl",), "invoicing.emails": ("b@x.nl",)}, id="two-addresses"),
        pytest.param({"emails": None, "invoicing.emails": ("b@x.nl",)}, id="cleared-and-set"),
        pytest.param({"bankAccount.number": ANOTHER, "sepaMandate.iban": PLAIN}, id="two-accounts"),
    ],
)
def test_one_stored_value_cannot_be_two(values):
    """Each of two paths says that it must equal the other."""
    one, other = values
    words = "This and {} are one value in the contact's system, and must be equal."
    found = faults_of(values, TWINS, today=TODAY)
    assert [(fault.path, fault.message) for fault in found] == [
        (one, words.format(other)),
        (other, words.format(one)),
    ]


def test_a_value_that_is_unequal_twice_is_told_once():
    """Of three paths of one value, the odd one has one fault, and so has each of the others."""
    values = {"bankAccount.number": PLAIN, "bankAccount.iban": SPACED, "sepaMandate.iban": ANOTHER}
    assert [fault.path for fault in faults_of(values, TWINS, today=TODAY)] == [
        "bankAccount.number",
        "bankAccount.iban",
        "sepaMandate.iban",
    ]


def test_a_null_group_is_null_for_what_can_be_cleared():
    """Fields that cannot be cleared or written, or that are no input's stay out."""
    own = {
        rule.path: rule
        for rule in (
            FieldRule("address", True, True, True),
            FieldRule("address.line1", True, True, True),
            FieldRule("address.city", True, True, clearable=False),
            FieldRule("address.countryCode", True, writable=False, clearable=True),
            FieldRule("address.planet", True, True, True),
            FieldRule("alternativeAddress.line1", True, True, True),
        )
    }
    assert expanded(Changes({"label": "x"}, frozenset({"address"})), own) == {
        "address.line1": None,
        "label": "x",
    }
    assert expanded(Changes({}, frozenset({"alternativeAddress", "peppol"})), own) == {
        "alternativeAddress.line1": None
    }


def test_a_null_group_leaves_what_another_shares():
    """A value of two groups is kept, one of two paths within the group is cleared; and nothing else."""
    own = {**TWINS, "bankAccount.number": FieldRule("bankAccount.number", True, True, True)}
    own["bankAccount.iban"] = FieldRule("bankAccount.iban", True, True, True, same_as=("bankAccount.number",))
    assert expanded(Changes({}, frozenset({"bankAccount"})), own) == dict.fromkeys(
        ["bankAccount.number", "bankAccount.iban", "bankAccount.bic", "bankAccount.description"]
    )
    assert "bankAccount.iban" not in expanded(Changes({}, frozenset({"bankAccount"})), TWINS)
    assert "invoicing.emails" not in expanded(Changes({}, frozenset({"invoicing"})), TWINS)


def test_what_is_given_wins_over_a_null_group():
    """A field that was given by itself keeps its value; the input is left as it was."""
    changes = Changes({"peppol.scheme": "0106"}, frozenset({"peppol"}))
    assert expanded(changes, FREE) == {"peppol.scheme": "0106", "peppol.identifier": None}
    assert changes.values == {"peppol.scheme": "0106"}


@pytest.mark.parametrize(
    ("inputs", "values", "expected"),
    [
        pytest.param(PERSON_INPUTS, {"email": "x"}, ["email"], id="persons-address"),
        pytest.param(NOTE_INPUTS, {"text": "a\nb\x00", "isTodo": True}, ["text"], id="notes-text"),
        pytest.param(
            CHARGE_INPUTS, {"price": Decimal("NaN"), "quantity": "5\nx"}, ["price", "quantity"], id="a-charge"
        ),
        pytest.param(
            CHARGE_INPUTS,
            {"period": Period(TODAY, TODAY - timedelta(days=1)), "description": "a\nb"},
            ["period"],
            id="a-period-that-ends-first",
        ),
        pytest.param(
            CHARGE_INPUTS,
            {"period": Period(TODAY, TODAY), "price": Decimal("-1.234")},
            [],
            id="a-good-charge",
        ),
        pytest.param(MANDATE_INPUTS, {"message": "x" * (LONGEST + 1)}, ["message"], id="message"),
        pytest.param(PERSON_INPUTS, {"email": None}, [], id="an-address-is-cleared"),
        pytest.param(NOTE_INPUTS, {"text": None, "assigneeId": " "}, [], id="nothing-is-judged-elsewhere"),
    ],
)
def test_a_part_has_its_own_forms(inputs, values, expected):
    """Persons, notes, charges and requests are checked by the same forms, without a system's rules."""
    found = faults_of_part(values, inputs, today=TODAY)
    assert [(fault.path, fault.code) for fault in found] == [(path, FaultCode.INVALID) for path in expected]


def test_what_a_part_needs_is_there():
    """What is needed and absent, null or blank is REQUIRED, after everything that is wrong."""
    values = {"quantity": "\x00", "description": " ", "productId": None}
    needed = ("price", "description", "productId", "quantity")
    found = faults_of_part(values, CHARGE_INPUTS, today=TODAY, required=needed)
    assert [(fault.path, fault.code) for fault in found] == [
        ("quantity", FaultCode.INVALID),
        ("price", FaultCode.REQUIRED),
        ("description", FaultCode.REQUIRED),
        ("productId", FaultCode.REQUIRED),
    ]
