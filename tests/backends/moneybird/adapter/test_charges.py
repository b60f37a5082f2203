"""Additional charges are made, and a lost one is found among the new."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from gateway.backends.moneybird.sandbox import administration
from gateway.domain.charge import Period
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from tests.backends.moneybird.line import carried_out

PRODUCT = next(iter(administration.PRODUCTS))
VALUES = {
    "productId": PRODUCT,
    "quantity": "5 x",
    "price": Decimal("12.50"),
    "period": Period(date(2026, 6, 1), date(2026, 7, 31)),
    "description": "Costs",
}


def charged(line):
    return line.some(lambda row: line.book.charges(row["id"]))


async def test_a_charge_is_made(line):
    """It is there with its values; the contact is read, its charges are listed, one call writes."""
    key = charged(line)
    count = len(line.book.charges(key))

    plan = await line.backend.charges.create(key, VALUES)
    written = await carried_out(plan)

    row = line.book.charges(key)[-1]
    assert len(line.book.charges(key)) == count + 1
    assert (row["product_id"], row["amount"], row["price"]) == (PRODUCT, "5 x", "12.5")
    assert (row["period"], row["description"]) == ("202606..202607", "Costs")
    assert (written.outcome, written.part, written.notices) == (Outcome.CREATED, row["id"], ())
    assert (written.charge.price, written.charge.period) == (VALUES["price"], VALUES["period"])
    assert written.contact.key.remote == key
    assert len(plan.known) == count
    assert [row.method for row in line.emulator.log.rows()] == ["GET", "GET", "POST"]


async def test_a_period_is_rounded_to_months(line):
    """Moneybird keeps whole months, and the client is told."""
    values = {**VALUES, "period": Period(date(2026, 6, 10), date(2026, 6, 20))}

    written = await carried_out(await line.backend.charges.create(charged(line), values))

    assert written.charge.period == Period(date(2026, 6, 1), date(2026, 6, 30))
    assert [(each.code, each.path) for each in written.notices] == [(NoticeCode.PERIOD_ROUNDED, "period")]


async def test_an_unknown_product_leads_to_the_input(line):
    """Moneybird's refusal is told at its path."""
    refused = await carried_out(
        await line.backend.charges.create(charged(line), {**VALUES, "productId": "1"})
    )

    assert isinstance(refused, RejectedBySystem)
    assert [(each.code, each.path) for each in refused.faults] == [(FaultCode.NOT_FOUND, "productId")]


async def test_a_lost_charge_is_the_new_one_that_fits(line):
    """An equal charge from before does not count; the one since, its period rounded, does."""
    key = charged(line)
    values = {**VALUES, "period": Period(date(2026, 6, 10), date(2026, 6, 20))}
    await carried_out(await line.backend.charges.create(key, values))
    line.fail("reset", method="POST", count=1, landed=True)

    written = await carried_out(await line.backend.charges.create(key, values))

    assert (written.outcome, written.part) == (Outcome.CREATED, line.book.charges(key)[-1]["id"])
    assert [each.code for each in written.notices] == [NoticeCode.PERIOD_ROUNDED]


async def test_a_lost_charge_that_never_came_is_unknown(line):
    """Nothing new fits, an equal one from before not either; and nothing is sent again."""
    key = charged(line)
    await carried_out(await line.backend.charges.create(key, VALUES))
    line.fail("reset", method="POST", count=1)

    assert await carried_out(await line.backend.charges.create(key, VALUES)) is None
    assert len(line.writes()) == 2


@pytest.mark.parametrize(("status", "kind"), [(404, BadUpstreamAnswer), (500, BackendUnavailable)], ids=str)
async def test_charges_that_cannot_be_listed_stop_the_plan(line, status, kind):
    """Without knowing what was there before, a lost charge could not be told from an old one."""
    line.fail("status", status=status, path="additional_charges")

    with pytest.raises(kind):
        await line.backend.charges.create(charged(line), VALUES)
