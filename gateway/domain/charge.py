"""An extra amount that goes onto a contact's next invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Charge:
    """An additional charge.

    `price` is in the administration's currency, without a unit of its own; `quantity` is the
    system's text ("5 x"). `invoice_line_id` is set once it is billed.
    """

    remote_id: str
    price: Decimal
    billed: bool
    invoice_line_id: str | None = None
    description: str | None = None
    quantity: str | None = None
    period: Period | None = None
    product_id: str | None = None
    subscription_id: str | None = None
