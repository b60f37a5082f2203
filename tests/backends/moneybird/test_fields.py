"""Every documented field of Moneybird has its place, and its value arrives there."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.backends.moneybird.fields import FIELDS, MAPPED, NOT_MAPPED, UNSUPPORTED
from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.mapping.attributes import CONTACT_KEYS, FIRST_PERSON_KEYS
from gateway.backends.moneybird.mapping.payments import charges_from_rows, mandate_from_body
from gateway.backends.moneybird.wire import DOCUMENTED
from gateway.domain.administration import CAPABILITIES
from gateway.domain.charge import Period
from gateway.domain.contact import ContactStatus, DeliveryMethod
from gateway.domain.mandate import PaymentsMandateKind, SepaSequence

HOME = Home("shop", "https://moneybird.test/1")
STAMP = "2026-08-21T13:48:{:02}.008Z"


def stamp(second: int) -> datetime:
    return datetime(2026, 8, 21, 13, 48, second, 8000, tzinfo=UTC)


CONTACT = {
    "id": "77",
    "country": "BE",
    "delivery_method": "Post",
    "customer_id": "C-9",
    "tax_number_valid": False,
    "tax_number_validated_at": STAMP.format(1),
    "is_trusted": True,
    "max_transfer_amount": "12.50",
    "email": "e@x.nl",
    "email_ubl": True,
    "send_invoices_to_email": "i@x.nl, j@x.nl",
    "send_estimates_to_email": "o@x.nl",
    "direct_debit": True,
    "sepa_active": True,
    "sepa_mandate_date": "2017-06-30",
    "sepa_sequence_type": "FRST",
    "moneybird_payments_mandate": True,
    "created_at": STAMP.format(2),
    "updated_at": STAMP.format(3),
    "archived": True,
    "notes": [
        {
            "id": "501",
            "user_id": "502",
            "assignee_id": "503",
            "todo": True,
            "note": "call\nback ",
            "completed_at": STAMP.format(4),
            "completed_by_id": "504",
            "todo_type": "contact_email_blocked",
            "data": {"a": 1},
            "created_at": STAMP.format(5),
            "updated_at": STAMP.format(6),
        }
    ],
    "custom_fields": [{"id": "601", "name": "Colour", "value": "red"}],
    "contact_people": [
        {
            "id": "701",
            "firstname": "Ada",
            "lastname": "Lovelace",
            "phone": "+31 20",
            "email": "ada@x.nl",
            "department": "Sums",
            "created_at": STAMP.format(7),
            "updated_at": STAMP.format(8),
            "version": 1787320116,
        }
    ],
    "events": [
        {
            "user_id": "801",
            "action": "contact_changed",
            "link_entity_id": "802",
            "link_entity_type": "Note",
            "data": {"changes": {"city": ["a", "b"]}, "by": "x"},
            "created_at": STAMP.format(9),
        }
    ],
}
TEXTS = [name for name in DOCUMENTED["contact"].split() if name in MAPPED and name not in CONTACT]
ROW = {name: f"<{name}>" for name in TEXTS} | CONTACT
CHARGE = {
    "id": "11",
    "subscription_id": "12",
    "product_id": "13",
    "detail_id": "14",
    "amount": "5 x",
    "price": "100.0",
    "period": "202106..202107",
    "description": "Costs",
}
MANDATE = {
    "type": "mccredit",
    "sepa_mandate": False,
    "bank": "Bank",
    "iban": "NL81",
    "bic": "TESTNL05",
    "iban_account_name": "E. Klaassen",
    "card_expiry_month": "3",
    "card_expiry_year": "2030",
    "card_final_digits": "0010",
    "created_at": STAMP.format(10),
}
EXPECTED = {
    "status": ContactStatus.ARCHIVED,
    "emails": ("e@x.nl",),
    "address.country.code": "BE",
    "vatNumber.validatedAt": stamp(1),
    "trust.maxTransferAmount": Decimal("12.50"),
    "createdAt": stamp(2),
    "updatedAt": stamp(3),
    "invoicing.deliveryMethod": DeliveryMethod.POST,
    "invoicing.emails": ("i@x.nl", "j@x.nl"),
    "estimates.emails": ("o@x.nl",),
    "mandate.sepa.signedOn": date(2017, 6, 30),
    "mandate.sepa.sequence": SepaSequence.FRST,
    "notes.completedAt": stamp(4),
    "notes.createdAt": stamp(5),
    "notes.updatedAt": stamp(6),
    "persons.createdAt": stamp(7),
    "persons.updatedAt": stamp(8),
    "persons.version": "1787320116",
    "events.at": stamp(9),
    "events.changes": b'{"city":["a","b"]}',
    "events.data": b'{"by":"x"}',
    "charges.price": Decimal("100.0"),
    "charges.period": Period(date(2021, 6, 1), date(2021, 7, 31)),
    "charges.billed": True,
    "mandate.payments.kind": PaymentsMandateKind.CARD,
    "mandate.payments.cardExpires": "2030-03",
    "mandate.payments.createdAt": stamp(10),
}
OWNERS = {"persons": "persons", "notes": "notes", "custom_fields": "custom_fields", "events": "events"}


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)


def at(path: str, row: dict, charge: dict, mandate: dict) -> object:
    """What the domain values hold at a unified path."""
    contact = contact_from_row(msgspec.json.encode(row), HOME)
    if path == "mandate.hasPayments":
        return contact.has_payments_mandate
    if path == "address.country.code":
        return contact.address.country_code if contact.address else None
    if path == "phones.main":
        return contact.phones[0].number if contact.phones else None
    value: object = contact
    path = path.replace("mandate.sepa.", "sepaMandate.")
    names = [snake(name) for name in path.split(".")]
    if names[0] == "charges":
        value, names = charges_from_rows([msgspec.Raw(msgspec.json.encode(charge))])[0], names[1:]
    if names[:2] == ["mandate", "payments"]:
        value, names = mandate_from_body(msgspec.json.encode(mandate)), names[2:]
    for name in names:
        value = value[0] if isinstance(value, tuple) and value else value
        value = getattr(value, name, None)
    return value


@pytest.mark.parametrize("record", DOCUMENTED, ids=str)
def test_every_documented_field_is_mapped_or_excused(record):
    """A field of Moneybird has a path, or a reason why not, and never both."""
    prefix = "" if record == "contact" else f"{record}."
    names = [prefix + name for name in DOCUMENTED[record].split()]

    assert [name for name in names if (name in MAPPED) == (name in NOT_MAPPED)] == []


def test_no_undocumented_field_is_mapped():
    """Both tables speak of documented fields only."""
    known = {
        name if record == "contact" else f"{record}.{name}"
        for record, names in DOCUMENTED.items()
        for name in names.split()
    }

    assert {*MAPPED, *NOT_MAPPED} - known == set()


def test_mapped_paths_are_readable():
    """Where a value arrives, the table of fields says that it can be read."""
    readable = {rule.path for rule in FIELDS if rule.readable}
    paths = {path for paths in MAPPED.values() for path in paths}

    assert [path for path in paths if not {path, path.rpartition(".")[0]} & readable] == []


@pytest.mark.parametrize(
    "field", [name for name in MAPPED if name not in {"contact_people", *OWNERS}], ids=str
)
def test_value_arrives_at_its_paths(field):
    """A field's own value stands at its paths, and does not when the field is missing."""
    record, _, name = field.rpartition(".")
    for path in MAPPED[field]:
        source = {"": ROW, "charges": CHARGE, "mandate": MANDATE}.get(record)
        expected = EXPECTED.get(path, source[name] if source else ROW[record][0][name])

        assert at(path, ROW, CHARGE, MANDATE) == expected
        assert at(path, *without(record, name)) != expected


def without(record: str, name: str) -> tuple[dict, dict, dict]:
    """The three records, one field left out."""
    rest = {key: value for key, value in ROW.items() if record or key != name}
    if record in ROW:
        rest[record] = [{key: value for key, value in ROW[record][0].items() if key != name}]
    charge = {key: value for key, value in CHARGE.items() if record != "charges" or key != name}
    return rest, charge, {key: value for key, value in MANDATE.items() if record != "mandate" or key != name}


def test_paths_stand_once():
    """No path has two rules."""
    paths = [rule.path for rule in FIELDS]

    assert len(paths) == len(set(paths))


def test_every_writable_path_has_a_key():
    """What can be written has a request key, and the other way round; custom fields go by their ids."""
    writable = {rule.path for rule in FIELDS if rule.writable}

    assert writable == {*CONTACT_KEYS, *FIRST_PERSON_KEYS, "customFields"}


def test_one_stored_value_is_told_by_both_its_paths():
    """Paths with one key name each other, and no others do."""
    twins = {
        path: {other for other, key in CONTACT_KEYS.items() if key == CONTACT_KEYS[path] and other != path}
        for path in CONTACT_KEYS
    }

    assert {rule.path: set(rule.same_as) for rule in FIELDS if rule.path in twins} == twins


def test_what_is_never_empty_cannot_be_cleared():
    """Fields that Moneybird fills again are written and not cleared."""
    kept = [
        rule.path
        for rule in FIELDS
        if rule.writable and not rule.clearable and not rule.path.startswith("person.")
    ]

    assert kept == [
        "customerNumber",
        "address.countryCode",
        "sepaMandate.sequence",
        "invoicing.attachUbl",
        "invoicing.directDebit",
    ]


def test_what_is_lacking_is_explained():
    """A path that Moneybird does not tell gives the reason, as a sentence."""
    assert [rule.path for rule in FIELDS if not rule.readable and not (rule.note or "").endswith(".")] == []


def test_unsupported_names_are_capabilities():
    """Only known capabilities are refused, each with a sentence; reading is never refused."""
    assert set(UNSUPPORTED) <= set(CAPABILITIES)
    assert all(reason.endswith(".") for reason in UNSUPPORTED.values())
    assert not [name for name in UNSUPPORTED if name.endswith(".read")]
