"""The schema's own scalars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as DecimalValue
from decimal import InvalidOperation
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

JSON = NewType("JSON", object)


def _datetime_out(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _datetime_in(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("A DateTime is written as 2026-11-21T10:05:00Z.") from error
    if moment.tzinfo is None:
        raise ValueError("A DateTime needs a time zone: 2026-11-21T10:05:00Z.")
    return moment.astimezone(UTC)


def _date_in(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("A Date is written as 2026-11-21.") from error


def _decimal_in(value: Any) -> DecimalValue:
    try:
        number = DecimalValue(str(value)) if not isinstance(value, bool) else DecimalValue("NaN")
    except InvalidOperation as error:
        raise ValueError('A Decimal is written as "12.50".') from error
    if not number.is_finite():
        raise ValueError('A Decimal is written as "12.50".')
    return number


def decimal_out(value: DecimalValue) -> str:
    """Spell a number as clients read it: all digits, no exponent."""
    return f"{value:f}"


def scalar_map() -> dict[object, ScalarDefinition]:
    """Return the definitions by the type that stands for them in the code."""
    return {
        datetime: strawberry.scalar(
            name="DateTime",
            description='A moment, UTC, ISO 8601: "2026-11-21T10:05:00.000Z". As input any offset, but one.',
            serialize=_datetime_out,
            parse_value=_datetime_in,
        ),
        date: strawberry.scalar(
            name="Date",
            description='A day, ISO 8601: "2026-11-21".',
            serialize=date.isoformat,
            parse_value=_date_in,
        ),
        DecimalValue: strawberry.scalar(
            name="Decimal",
            description='An exact decimal number, as text: "12.50".',
            serialize=decimal_out,
            parse_value=_decimal_in,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="Any JSON value, as its source has it.",
            serialize=lambda value: value,
            parse_value=lambda value: value,
        ),
    }
