"""A record is read field by field when it does not fit."""

from decimal import Decimal

import pytest

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.wire import ContactRow, MandateRow

ROW = b'{"id":"1","company_name":"A","is_trusted":true,"created_at":"2026-08-21T13:48:43.008Z"'


def test_record_that_fits_has_no_faults():
    """Keys that nobody knows and keys that are missing are no fault."""
    reading = read_record(ROW + b',"brand_new":{"x":[1]}}', ContactRow)

    assert reading.record.company_name == "A"
    assert reading.record.city is None
    assert reading.faults == ()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("city", b"12"),
        ("city", b'{"a":1}'),
        ("email_ubl", b'"maybe"'),
        ("updated_at", b'"yesterday"'),
        ("updated_at", b"1787320116"),
        ("sepa_mandate_date", b'"2017-02-31"'),
        ("max_transfer_amount", b'"ten"'),
        ("version", b"9" * 5000),
        ("max_transfer_amount", b"[]"),
    ],
    ids=str,
)
def test_wrong_field_costs_itself_only(field, text):
    """A field of another type is left out and named; the others stand."""
    reading = read_record(ROW + b',"' + field.encode() + b'":' + text + b"}", ContactRow)

    assert reading.faults == (field,)
    assert getattr(reading.record, field) is None
    assert reading.record.company_name == "A"


def test_empty_text_is_no_fault_anywhere():
    """Moneybird writes "" for null: it is neither a wrong date nor a wrong truth value."""
    reading = read_record(b'{"id":"1","sepa_mandate_date":"","archived":"","notes":"","city":1}', ContactRow)

    assert reading.faults == ("city",)
    assert reading.record.notes is None


def test_wrong_item_costs_itself_only():
    """Of an embedded list the good entries stand, the bad one is named, a bad field by its dotted name."""
    people = b'[{"id":"1","firstname":"A"},7,{"id":"2","firstname":3,"lastname":"B"}]'

    reading = read_record(b'{"id":"9","contact_people":' + people + b"}", ContactRow)

    assert [(one.id, one.firstname, one.lastname) for one in reading.record.contact_people] == [
        ("1", "A", None),
        ("2", None, "B"),
    ]
    assert reading.faults == ("contact_people", "contact_people.firstname")


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b"null", b'"x"', b"", b"{", b'{"a":' + b"[" * 100_000], ids=lambda b: b[:4]
)
def test_what_is_no_record_is_none(body):
    """Anything but a JSON object gives None, never an exception."""
    assert read_record(body, ContactRow) is None


@pytest.mark.parametrize("text", [b"100.5", b'"100.5"'], ids=["number", "text"])
def test_amount_is_exact_in_both_spellings(text):
    """An amount is a Decimal, whether it came as a number or as a text."""
    assert read_record(
        b'{"max_transfer_amount":' + text + b"}", ContactRow
    ).record.max_transfer_amount == Decimal("100.5")


def test_other_shapes_are_read_too():
    """Any shape can be read, one without lists as well."""
    assert read_record(b'{"sepa_mandate":"x","bank":"B"}', MandateRow).faults == ("sepa_mandate",)
