"""The call that writes an additional charge.

Source: Moneybird API v2, additional charges of a contact: the example, its 400 and its 404; the body has no
schema. Where the vendor is silent: an unknown contact is a 404, price and description come from the product
when they are not sent, the period is the current month, other keys are ignored, a value that cannot be is
answered 400.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, answers, bodies, refusals

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.emulation.vocabulary import Reply, Request

_MONEY = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_PERIOD = re.compile(r"([0-9]{6}|[0-9]{8})\.\.([0-9]{6}|[0-9]{8})")


class Charges:
    """Answers the call; raises `RefusedError` with the vendor's error."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def create(self, request: Request, key: str) -> Reply:
        """Answer `POST /contacts/{id}/additional_charges`."""
        given = bodies.document(request)
        contact = self._scribe.found(key)
        if given.get("subscription_id") is not None:
            raise refusals.charge_of_subscription()
        product = bodies.identifier(given.get("product_id"), "product_id")
        if product not in administration.PRODUCTS:
            raise refusals.no_product()
        description, price = administration.PRODUCTS[product]
        charge = {
            "id": self._scribe.book.new_id(),
            "administration_id": administration.ID,
            "contact_id": contact["id"],
            "subscription_id": None,
            "product_id": product,
            "detail_id": None,
            "amount": bodies.text(given.get("amount"), "amount"),
            "price": _money(given.get("price", price)),
            "period": _period(given.get("period"), self._scribe.today()),
            "description": bodies.text(given.get("description"), "description") or description,
        }
        self._scribe.book.add_charge(contact["id"], charge)
        return answers.document(charge, 201)


def _money(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise refusals.wrong_type("price")
    # What JSON calls a float may be written with an exponent, which is no amount of money.
    text = str(value).strip()
    if not _MONEY.fullmatch(text):
        raise refusals.wrong_type("price")
    plain = f"{Decimal(text.replace(',', '.')):f}"
    whole, _, fraction = plain.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def _period(value: object, today: date) -> str:
    if value in (None, ""):
        return f"{today:%Y%m}..{today:%Y%m}"
    parts = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise refusals.wrong_type("period")
    first, last = (_day(part) for part in parts.groups())
    if last < first:
        raise refusals.wrong_type("period")
    return f"{first:%Y%m}..{last:%Y%m}"


def _day(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:] or 1))
    except ValueError:
        raise refusals.wrong_type("period") from None
