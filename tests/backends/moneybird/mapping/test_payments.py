"""Charges and payments mandates."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from gateway.backends.moneybird.mapping.payments import charges_from_rows, mandate_from_body
from gateway.domain.charge import Period
from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"


def charges(*rows):
    return charges_from_rows(msgspec.json.decode(json.dumps(rows), type=list[msgspec.Raw]))


def test_documented_charges_are_read():
    """Price as Decimal, whole months as days, billed by the invoice line."""
    found, left_out = charges(*json.loads((SAMPLES / "additional_charges.json").read_text()))

    assert left_out == 0
    assert [charge.billed for charge in found] == [False, True]
    assert found[1].invoice_line_id == "496081403547485607"
    assert found[0].price == Decimal("100.0")
    assert found[0].period == Period(date(2021, 6, 1), date(2021, 6, 30))
    assert (found[0].quantity, found[0].description) == ("1 x", "Transaction Costs")


@pytest.mark.parametrize(
    "row",
    [
        {"id": None},
        {"price": None},
        {"price": "dear"},
        {"price": "NaN"},
        {"price": "Infinity"},
        {"price": "1e99"},
    ],
    ids=str,
)
def test_charge_without_id_or_price_is_left_out(row):
    """A price is never invented; the charge is counted instead."""
    found, left_out = charges({"id": "1", "price": "1"} | row, {"id": "2", "price": 2})

    assert [charge.remote_id for charge in found] == ["2"]
    assert left_out == 1


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("202112..202202", Period(date(2021, 12, 1), date(2022, 2, 28))),
        ("202402..202402", Period(date(2024, 2, 1), date(2024, 2, 29))),
        ("202113..202201", None),
        ("000001..202201", None),
        ("202202..202112", None),
        ("June", None),
        (None, None),
    ],
    ids=str,
)
def test_period_is_whole_months(text, period):
    """Both ends included; what is no period of months is none."""
    assert charges({"id": "1", "price": "1", "period": text})[0][0].period == period


def test_documented_sepa_mandate_is_read():
    """A bank mandate, by its flag."""
    assert mandate_from_body((SAMPLES / "mandate_sepa.json").read_bytes()) == PaymentsMandate(
        kind=PaymentsMandateKind.SEPA,
        type="idealtestissuer5",
        bank="Test Issuer 5",
        iban="NL81TEST0536169128",
        bic="TESTNL05",
        holder="E. Klaassen",
        created_at=datetime(2022, 4, 7, 13, 31, 9, tzinfo=UTC),
    )


def test_documented_card_mandate_is_read():
    """A card, its month padded."""
    mandate = mandate_from_body((SAMPLES / "mandate_card.json").read_bytes())

    assert (mandate.kind, mandate.card_expires) == (PaymentsMandateKind.CARD, "2030-03")
    assert mandate.card_final_digits == "0010"


@pytest.mark.parametrize(
    ("month", "year", "expected"),
    [
        ("12", "2030", "2030-12"),
        (3, 2030, "2030-03"),
        ("13", "2030", None),
        ("3", None, None),
        (None, "2030", None),
    ],
    ids=str,
)
def test_card_expiry_is_a_month_or_nothing(month, year, expected):
    """YYYY-MM, or None when either half is missing or wrong."""
    body = json.dumps({"card_expiry_month": month, "card_expiry_year": year}).encode()

    assert mandate_from_body(body).card_expires == expected


def test_what_is_no_mandate_is_none():
    """A list is no mandate; a record without the flag is of unknown kind."""
    assert mandate_from_body(b"[]") is None
    assert mandate_from_body(b"{}").kind is PaymentsMandateKind.UNKNOWN
