"""The promises of `ports.Charges` and `ports.Mandates`, kept over HTTP; values as the vendor documents them.

Source: Moneybird API v2, contacts: additional charges and Moneybird Payments mandate.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from gateway.domain.mandate import PaymentsMandateKind
from tests.ports.connected import NAMES, SYSTEMS, Connected, connected


@pytest.mark.parametrize("name", NAMES)
async def test_a_missing_port_is_a_told_one(name: str):
    """A port is None exactly where the system says why it lacks the capability."""
    async with connected(SYSTEMS[name]) as line:
        backend = line.backend
    assert (backend.charges is None) is ("charges.read" in backend.unsupported)
    assert (backend.mandates is None) is ("mandate.payments.read" in backend.unsupported)


async def test_charges_are_those_of_the_book(moneybird: Connected):
    """Every contact's charges come whole, the billed ones only when asked for."""
    port = moneybird.backend.charges
    assert port
    for key in moneybird.keys:
        rows = moneybird.book.charges(key)
        every = await port.of_contact(key, include_billed=True)
        unbilled = await port.of_contact(key, include_billed=False)

        assert [charge.remote_id for charge in every] == [row["id"] for row in rows]
        assert [charge.price for charge in every] == [Decimal(row["price"]) for row in rows]
        assert [charge.billed for charge in every] == [row["detail_id"] is not None for row in rows]
        assert [charge.invoice_line_id for charge in every] == [row["detail_id"] for row in rows]
        assert [charge.description for charge in every] == [row["description"] for row in rows]
        assert [charge.quantity for charge in every] == [row["amount"] for row in rows]
        assert [charge.product_id for charge in every] == [row["product_id"] for row in rows]
        assert unbilled == tuple(charge for charge in every if not charge.billed)
    assert moneybird.calls() == 2 * len(moneybird.keys)


async def test_a_period_is_whole_months(moneybird: Connected):
    """A period written 202601..202603 lasts from the first to the last day."""
    key = next(key for key in moneybird.keys if moneybird.book.charges(key))
    moneybird.book.charges(key)[0]["period"] = "202601..202602"
    port = moneybird.backend.charges
    assert port

    period = (await port.of_contact(key, include_billed=True))[0].period

    assert period
    assert (period.start, period.end) == (date(2026, 1, 1), date(2026, 2, 28))


async def test_mandates_are_those_of_the_book(moneybird: Connected):
    """Every contact's mandate comes, of its kind; None where there is none."""
    port = moneybird.backend.mandates
    assert port
    kinds = set()
    for key in moneybird.keys:
        row, found = moneybird.book.mandate(key), await port.of_contact(key)
        assert (row is None) is (found is None)
        if row is None or found is None:
            continue
        kinds.add(found.kind)
        month = (row["card_expiry_month"] or "").rjust(2, "0")
        assert found.kind is (PaymentsMandateKind.SEPA if row["sepa_mandate"] else PaymentsMandateKind.CARD)
        assert (found.type, found.bank, found.iban, found.bic) == tuple(
            row[name] for name in ("type", "bank", "iban", "bic")
        )
        assert found.holder == row["iban_account_name"]
        assert found.card_final_digits == row["card_final_digits"]
        assert found.card_expires == (
            f"{row['card_expiry_year']}-{month}" if row["card_expiry_year"] else None
        )
        assert found.created_at == datetime.fromisoformat(row["created_at"])
    assert kinds == {PaymentsMandateKind.SEPA, PaymentsMandateKind.CARD}
    assert moneybird.calls() == len(moneybird.keys)


async def test_unknown_contacts_have_neither(moneybird: Connected):
    """A contact that is not there has no charges and no mandate; an impossible id costs no call."""
    backend = moneybird.backend
    assert backend.charges
    assert backend.mandates

    assert await backend.charges.of_contact(moneybird.vendor.unknown, include_billed=True) == ()
    assert await backend.mandates.of_contact(moneybird.vendor.unknown) is None
    assert moneybird.calls() == 2
    assert await backend.charges.of_contact("../x", include_billed=True) == ()
    assert await backend.mandates.of_contact("../x") is None
    assert moneybird.calls() == 0


async def test_payments_switched_off_is_no_error():
    """An administration without Moneybird Payments has no mandates."""
    async with connected(SYSTEMS["moneybird"], emulated={"payments": "off"}) as line:
        assert line.backend.mandates
        found = [await line.backend.mandates.of_contact(key) for key in line.keys[:5]]
    assert found == [None] * 5
