"""The invented book has the documented shape."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from gateway.backends.moneybird.sandbox import seed
from gateway.emulation import people

SAMPLES = Path(__file__).parents[3] / "samples" / "moneybird"
BOOK = seed.contents(1000)


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


def share(wanted):
    return sum(1 for row in BOOK.contacts if wanted(row)) / len(BOOK.contacts)


def test_the_same_book_every_time():
    """A size has one book, and a larger book begins with the smaller one."""
    assert seed.contents(100) == seed.contents(100)
    assert seed.contents(100).contacts == BOOK.contacts[:100]


@pytest.mark.parametrize(
    "name", ["contact_get", "contacts_list", "contacts_filter", "synchronization_contacts"]
)
def test_contacts_have_the_documented_keys(name):
    """Every contact has exactly the keys of the documented example."""
    documented = sample(name)
    documented = documented[0] if isinstance(documented, list) else documented
    assert {frozenset(row) for row in BOOK.contacts} == {frozenset(documented)}


@pytest.mark.parametrize(
    ("array", "documented"),
    [
        pytest.param("contact_people", lambda: sample("contact_person"), id="persons"),
        pytest.param("notes", lambda: sample("note"), id="notes"),
        pytest.param("events", lambda: sample("contact_get")["events"][0], id="events"),
        pytest.param(
            "custom_fields",
            lambda: sample("contact_with_custom_fields")["custom_fields"][0],
            id="custom fields",
        ),
    ],
)
def test_embedded_rows_have_the_documented_keys(array, documented):
    """Persons, notes, events and custom field values have exactly the documented keys."""
    assert {frozenset(each) for row in BOOK.contacts for each in row[array]} == {frozenset(documented())}


def test_ids_are_eighteen_digits_and_unique():
    """Ids ascend, are text of 18 digits, and a floating point number cannot hold them."""
    ids = [row["id"] for row in BOOK.contacts]
    assert ids == sorted(set(ids))
    assert {len(key) for key in ids} == {18}
    assert any(int(float(key)) != int(key) for key in ids)
    children = [
        each["id"] for row in BOOK.contacts for name in ("contact_people", "notes") for each in row[name]
    ]
    assert len(children) == len(set(children))


def test_versions_are_the_second_of_the_update():
    """`version` is the whole second of `updated_at`, for contacts and persons."""
    persons = [person for row in BOOK.contacts for person in row["contact_people"]]
    for row in (*BOOK.contacts, *persons):
        assert row["version"] == int(datetime.fromisoformat(row["updated_at"]).timestamp())


def test_mandates_and_their_flag_agree():
    """`moneybird_payments_mandate` is true exactly for contacts with a mandate, of both variants."""
    assert {row["id"] for row in BOOK.contacts if row["moneybird_payments_mandate"]} == set(BOOK.mandates)
    assert {mandate["sepa_mandate"] for mandate in BOOK.mandates.values()} == {True, False}


@pytest.mark.parametrize(
    ("wanted", "about"),
    [
        pytest.param(lambda row: row["archived"], 0.05, id="archived"),
        pytest.param(lambda row: row["moneybird_payments_mandate"], 0.20, id="mandates"),
        pytest.param(lambda row: row["id"] in BOOK.charges, 0.15, id="charges"),
        pytest.param(lambda row: row["contact_people"], 0.35, id="persons"),
        pytest.param(lambda row: row["notes"], 0.15, id="notes"),
        pytest.param(lambda row: row["sepa_active"], 0.20, id="sepa"),
        pytest.param(lambda row: row["custom_fields"], 0.23, id="custom fields"),
        pytest.param(lambda row: row["id"] in BOOK.in_use, 0.30, id="in use"),
        pytest.param(lambda row: row["archived"] and row["id"] in BOOK.in_use, 0.015, id="archived in use"),
    ],
)
def test_shares(wanted, about):
    """Every feature occurs about as often as meant."""
    assert about * 0.6 < share(wanted) < about * 1.5


def test_the_values_vary_as_the_documents_say():
    """Empty and missing text, number and text amounts, to-dos and plain notes all occur."""
    assert {type(row["max_transfer_amount"]) for row in BOOK.contacts} == {type(None), float, str, int}
    assert {None, ""} <= {row["attention"] for row in BOOK.contacts}
    assert {note["todo"] for row in BOOK.contacts for note in row["notes"]} == {True, False}
    assert all(row["country"] and row["customer_id"] for row in BOOK.contacts)
    assert all(2 <= len(row["events"]) <= 5 for row in BOOK.contacts)


def test_shared_parties_are_the_people_of_their_number():
    """The contact at a place is the party that every book has there."""
    assert BOOK.contacts[4]["customer_id"] == people.party(4).customer_number
    assert BOOK.contacts[8]["tax_number"] == people.party(8).vat_number
