"""Additional charges and the payments mandate of a Moneybird contact, as values of the gateway."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date

import msgspec

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import amount, identifier, moment
from gateway.backends.moneybird.wire import ChargeRow, Id, LinkRow, MandateRow
from gateway.domain.charge import Charge, Period
from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind
from gateway.domain.text import blank_to_none

PERIOD = re.compile(r"([0-9]{4})([0-9]{2})\.\.([0-9]{4})([0-9]{2})")


def charges_from_rows(rows: Iterable[msgspec.Raw]) -> tuple[tuple[Charge, ...], int]:
    """Read charges; one without an id or a price is left out and counted.

    Source: Moneybird API v2, contacts, "Get additional charges".
    """
    found, left_out = {}, 0
    for raw in rows:
        charge = _charge(raw)
        if charge is None:
            left_out += 1
        else:
            found[charge.remote_id] = charge
    return tuple(found.values()), left_out


def _charge(raw: msgspec.Raw) -> Charge | None:
    reading = read_record(raw, ChargeRow)
    if reading is None:
        return None
    row = reading.record
    key, price = identifier(row.id), amount(row.price, "price", [])
    if key is None or price is None:
        return None
    line = identifier(row.detail_id)
    return Charge(
        remote_id=key,
        price=price,
        billed=line is not None,
        invoice_line_id=line,
        description=blank_to_none(row.description),
        quantity=blank_to_none(row.amount),
        period=_period(row.period),
        product_id=identifier(row.product_id),
        subscription_id=identifier(row.subscription_id),
    )


def _period(text: str | None) -> Period | None:
    """Read "202106..202107" as the days from the first of June to the last of July."""
    found = PERIOD.fullmatch((text or "").strip())
    if found is None:
        return None
    first_year, first_month, last_year, last_month = map(int, found.groups())
    try:
        start = date(first_year, first_month, 1)
        end = date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
    except ValueError:
        return None
    return Period(start, end) if start <= end else None


def whole_months(period: Period) -> Period:
    """Return a period from the first day of its first month to the last of its last, as charges keep it."""
    last = calendar.monthrange(period.end.year, period.end.month)[1]
    return Period(period.start.replace(day=1), period.end.replace(day=last))


def link_from_body(body: bytes) -> str | None:
    """Read the address of a page for a mandate; None when there is none."""
    reading = read_record(body, LinkRow)
    url = blank_to_none(reading.record.url) if reading else None
    return url if url and url.startswith("https://") else None


def mandate_from_body(body: bytes) -> PaymentsMandate | None:
    """Read the mandate; None when the body is no record.

    SEPA or card follows from `sepa_mandate`: the provider's `type` is an open set. Source:
    Moneybird API v2, contacts, "Get Moneybird Payments mandate".
    """
    reading = read_record(body, MandateRow)
    if reading is None:
        return None
    row = reading.record
    kinds = {True: PaymentsMandateKind.SEPA, False: PaymentsMandateKind.CARD}
    return PaymentsMandate(
        kind=PaymentsMandateKind.UNKNOWN if row.sepa_mandate is None else kinds[row.sepa_mandate],
        type=blank_to_none(row.type),
        bank=blank_to_none(row.bank),
        iban=blank_to_none(row.iban),
        bic=blank_to_none(row.bic),
        holder=blank_to_none(row.iban_account_name),
        card_final_digits=identifier(row.card_final_digits),
        card_expires=_expiry(row.card_expiry_year, row.card_expiry_month),
        created_at=moment(row.created_at, "created_at", []),
    )


def _expiry(year: Id, month: Id) -> str | None:
    text = f"{identifier(year)}-{(identifier(month) or '').rjust(2, '0')}"
    return text if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) else None
