"""A Moneybird contact as a contact of the gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.wire import DOCUMENTED
from gateway.domain.contact import ContactKey, ContactKind, ContactStatus, DeliveryMethod, PostalAddress
from gateway.domain.mandate import SepaSequence

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"
HOME = Home("shop", "https://moneybird.test/123")


def read(**row):
    return contact_from_row(json.dumps({"id": "9", **row}).encode(), HOME)


def test_documented_contact_is_read():
    """The documented answer to a look-up by customer number arrives whole."""
    body = (SAMPLES / "contact_by_customer_id.json").read_bytes()

    contact = contact_from_row(body, HOME)

    assert contact.key == ContactKey("shop", "496081406184654715")
    assert contact.url == "https://moneybird.test/123/contacts/496081406184654715"
    assert (contact.kind, contact.status) == (ContactKind.COMPANY, ContactStatus.ACTIVE)
    assert (contact.display_name, contact.company_name) == ("Foobar Holding B.V.", "Foobar Holding B.V.")
    assert contact.persons[0].full_name == "John Appleseed"
    assert contact.invoicing.delivery_method is DeliveryMethod.EMAIL
    assert contact.sepa_mandate is None
    assert contact.credit_card is None
    assert contact.complete
    assert (contact.unreadable, contact.unknown) == ((), frozenset())
    assert contact.raw == body


@pytest.mark.parametrize(
    "name",
    [
        "synchronization_contacts",
        "contacts_list",
        "contacts_filter",
        "contact_created_with_custom_fields",
        "contact_created_with_sepa",
    ],
    ids=str,
)
def test_documented_examples_have_nothing_unreadable(name):
    """Every documented contact is read without a fault."""
    rows = json.loads((SAMPLES / f"{name}.json").read_text())

    contacts = [
        contact_from_row(json.dumps(row).encode(), HOME)
        for row in (rows if isinstance(rows, list) else [rows])
    ]

    assert [contact.unreadable for contact in contacts] == [()] * len(contacts)


@pytest.mark.parametrize(
    ("row", "name", "kind"),
    [
        ({"company_name": " Acme ", "firstname": "A", "lastname": "B"}, "Acme", ContactKind.COMPANY),
        ({"company_name": "", "firstname": "A", "lastname": "B"}, "A B", ContactKind.PERSON),
        ({"lastname": "B", "customer_id": "7"}, "B", ContactKind.PERSON),
        ({"customer_id": 7}, "7", ContactKind.PERSON),
        ({"company_name": None}, "9", ContactKind.PERSON),
    ],
    ids=["company", "person", "last name", "number", "id"],
)
def test_name_is_never_empty(row, name, kind):
    """Company, else person, else customer number, else id."""
    contact = read(**row)

    assert (contact.display_name, contact.kind) == (name, kind)


@pytest.mark.parametrize(
    ("archived", "status"),
    [(True, ContactStatus.ARCHIVED), (False, ContactStatus.ACTIVE), (None, ContactStatus.UNKNOWN)],
    ids=str,
)
def test_status_follows_archived(archived, status):
    """Without the flag nothing is claimed."""
    assert read(archived=archived).status is status


@pytest.mark.parametrize(
    ("row", "version"),
    [
        ({"version": 1787320117, "updated_at": "2026-08-21T13:48:37.664Z"}, "1787320117-1787320117664"),
        ({"version": 1787320117, "updated_at": "2026-08-21T13:48:37.665Z"}, "1787320117-1787320117665"),
        ({"version": 1787320117}, "1787320117"),
        ({}, None),
    ],
    ids=["both", "a millisecond later", "no moment", "nothing"],
)
def test_version_tells_changes_of_one_second_apart(row, version):
    """The documented version counts whole seconds; the milliseconds of the last change go with it."""
    assert read(**row).version == version


@pytest.mark.parametrize(
    ("row", "emails"),
    [
        ({"email": "a@x.nl, b@x.nl;c@x.nl,,a@x.nl"}, ("a@x.nl", "b@x.nl", "c@x.nl")),
        ({"email": "", "send_invoices_to_email": "i@x.nl"}, ("i@x.nl",)),
        ({"email": " ; "}, ()),
    ],
    ids=["several", "invoice address stands in", "none"],
)
def test_emails_are_split(row, emails):
    """Commas and semicolons part addresses; each stands once."""
    assert read(**row).emails == emails


def test_groups_without_a_value_are_none():
    """Of an empty record the optional groups are None, and the lists empty."""
    contact = read(sepa_sequence_type="RCUR", sepa_active=False, si_identifier_type="NL:KVK", country="")

    groups = (contact.address, contact.vat_number, contact.bank_account, contact.sepa_mandate)
    assert groups == (None,) * 4
    assert (contact.peppol, contact.trust, contact.credit_card) == (None,) * 3
    assert (contact.phones, contact.persons, contact.notes, contact.events) == ((),) * 4


@pytest.mark.parametrize(
    "row",
    [
        {"sepa_active": True},
        {"sepa_iban": "NL1"},
        {"sepa_bic": "B"},
        {"sepa_iban_account_name": "N"},
        {"sepa_mandate_id": "M"},
        {"sepa_mandate_date": "2020-01-31"},
    ],
    ids=lambda row: next(iter(row)),
)
def test_any_sepa_value_makes_a_mandate(row):
    """Anything but the sequence makes a mandate, active only when Moneybird says so."""
    mandate = read(**row, sepa_sequence_type="XXXX").sepa_mandate

    assert mandate.active is ("sepa_active" in row)
    assert mandate.sequence is SepaSequence.UNKNOWN


def test_unknown_word_does_not_fail_the_contact():
    """A delivery method that nobody knew is UNKNOWN, and in raw."""
    contact = read(delivery_method="Pigeon")

    assert contact.invoicing.delivery_method is DeliveryMethod.UNKNOWN
    assert b"Pigeon" in contact.raw
    assert contact.unreadable == ()


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"city": 5}, "address.city"),
        ({"country": "Nederland"}, "address.country.code"),
        ({"max_transfer_amount": "NaN", "is_trusted": True}, "trust.maxTransferAmount"),
        ({"max_transfer_amount": "1e999999999"}, "trust.maxTransferAmount"),
        ({"created_at": "0001-01-01T00:00:00+10:00"}, "createdAt"),
        ({"contact_people": [{"firstname": "No id"}]}, "persons"),
        ({"contact_people": "x"}, "persons"),
        ({"notes": [{"id": "1", "completed_at": "x"}]}, "notes.completedAt"),
        ({"custom_fields": [{"id": "1", "name": "n", "value": 7}]}, "customFields.value"),
        ({"custom_fields": [{"name": "no id"}]}, "customFields"),
        ({"events": [{"action": "contact_created"}]}, "events"),
        ({"sales_invoices_url": []}, "invoicing.portalUrl"),
    ],
    ids=str,
)
def test_unreadable_value_is_named(row, path):
    """A value that makes no sense costs its field, and its path stands in unreadable."""
    contact = read(company_name="A", **row)

    assert path in contact.unreadable
    assert contact.company_name == "A"


def test_moment_of_another_zone_becomes_utc():
    """Times are UTC, whatever the offset; without one they are taken as UTC."""
    contact = read(created_at="2026-08-21T15:48:43+02:00", updated_at="2026-08-21T13:48:43")

    assert contact.created_at == contact.updated_at == datetime(2026, 8, 21, 13, 48, 43, tzinfo=UTC)
    assert (contact.created_at.tzinfo, contact.updated_at.tzinfo) == (UTC, UTC)


def test_country_is_upper_case():
    """The country code is ISO 3166-1 alpha-2 in upper case."""
    assert read(country="nl").address == PostalAddress(country_code="NL")


@pytest.mark.parametrize(
    "body",
    [b"[]", b"7", b"null", b"{}", b'{"id":null}', b'{"id":" "}', b'{"id":[]}', b'{"id":true}'],
    ids=repr,
)
def test_record_without_id_is_none(body):
    """Without an id, or without being a record, there is no contact."""
    assert contact_from_row(body, HOME) is None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["2026-08-21T13:48:43.008Z", "9999-12-31T23:59:59-10:00", "", "1e400", "-inf"])
)
KEYS = st.sampled_from(["id", "note", "data", "changes", "created_at", "action"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
NAMES = [name for name in DOCUMENTED["contact"].split() if name != "id"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
def test_any_record_with_an_id_is_a_contact(row):
    """Whatever stands in its fields, a record with an id is read, and what is read can be written out."""
    contact = contact_from_row(msgspec.json.encode({"id": "9", **row}), HOME)

    assert contact.key.remote == "9"
    assert contact.display_name
    msgspec.json.encode(contact)
