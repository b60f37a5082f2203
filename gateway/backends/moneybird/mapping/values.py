"""Single values of Moneybird's records as domain values; each names the field when it makes no sense."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from gateway.backends.moneybird.wire import Id
from gateway.domain.contact import DeliveryMethod
from gateway.domain.mandate import SepaSequence
from gateway.domain.text import blank_to_none

W = TypeVar("W", bound=StrEnum)

MAX_MAGNITUDE = 30
"""Powers of ten within which an amount is believed; beyond, writing it out would fill the memory."""

DELIVERY_METHODS: Mapping[str, DeliveryMethod] = {
    "Email": DeliveryMethod.EMAIL,
    "Post": DeliveryMethod.POST,
    "Manual": DeliveryMethod.MANUAL,
    "Simplerinvoicing": DeliveryMethod.SIMPLERINVOICING,
    "Peppol": DeliveryMethod.PEPPOL,
}
"""Source: Moneybird API v2, contacts, delivery_method."""

SEQUENCES: Mapping[str, SepaSequence] = {
    sequence.value: sequence for sequence in SepaSequence if sequence is not SepaSequence.UNKNOWN
}
"""Source: Moneybird API v2, contacts, sepa_sequence_type."""


def identifier(value: Id) -> str | None:
    """Return an id as text, None when there is none."""
    return str(value) if isinstance(value, int) else blank_to_none(value)


def word(value: str | None, words: Mapping[str, W], unknown: W) -> W | None:
    """Return the meaning of a word of a closed set, `unknown` for one that nobody knew yet."""
    text = blank_to_none(value)
    return None if text is None else words.get(text, unknown)


def moment(value: datetime | None, name: str, faults: list[str]) -> datetime | None:
    """Return a timestamp in UTC; one without a zone is in UTC already, as all of Moneybird's are."""
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        faults.append(name)
        return None


def amount(value: Decimal | None, name: str, faults: list[str]) -> Decimal | None:
    """Return a finite amount of believable size."""
    if value is None:
        return None
    if not value.is_finite() or abs(value.adjusted()) > MAX_MAGNITUDE:
        faults.append(name)
        return None
    return value


def milliseconds(value: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return round(value.timestamp() * 1000)
