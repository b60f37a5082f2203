"""The schema's own scalars."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from gateway.schema.scalars import scalar_map

SCALARS = {definition.name: definition for definition in scalar_map().values()}


@pytest.mark.parametrize(
    ("scalar", "value", "text"),
    [
        pytest.param(
            "DateTime", datetime(2026, 11, 21, 10, 5, tzinfo=UTC), "2026-11-21T10:05:00.000Z", id="utc"
        ),
        pytest.param(
            "DateTime",
            datetime(2026, 7, 1, 0, 5, 1, 987654, timezone(timedelta(hours=2))),
            "2026-06-30T22:05:01.987Z",
            id="offset",
        ),
        pytest.param("Date", date(2026, 11, 21), "2026-11-21", id="date"),
        pytest.param("Decimal", Decimal("12.50"), "12.50", id="trailing-zero"),
        pytest.param("Decimal", Decimal("1E+3"), "1000", id="no-exponent"),
        pytest.param("Decimal", Decimal("-0.001"), "-0.001", id="small"),
        pytest.param("JSON", {"a": [None, True]}, {"a": [None, True]}, id="json"),
    ],
)
def test_out(scalar, value, text):
    """Values go out in one spelling."""
    assert SCALARS[scalar].serialize(value) == text


@pytest.mark.parametrize(
    ("scalar", "text", "value"),
    [
        pytest.param("DateTime", "2026-11-21T10:05:00Z", datetime(2026, 11, 21, 10, 5, tzinfo=UTC), id="utc"),
        pytest.param(
            "DateTime", "2026-11-21T10:05:00+01:00", datetime(2026, 11, 21, 9, 5, tzinfo=UTC), id="offset"
        ),
        pytest.param("Date", "2026-11-21", date(2026, 11, 21), id="date"),
        pytest.param("Decimal", "12.50", Decimal("12.50"), id="decimal"),
        pytest.param("Decimal", 12, Decimal(12), id="whole-number"),
        pytest.param("JSON", [1], [1], id="json"),
    ],
)
def test_in(scalar, text, value):
    """What is written as the description says is understood."""
    assert SCALARS[scalar].parse_value(text) == value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        pytest.param("DateTime", "2026-11-21T10:05:00", id="no-zone"),
        pytest.param("DateTime", "yesterday", id="words"),
        pytest.param("DateTime", 5, id="number-for-a-moment"),
        pytest.param("DateTime", None, id="null-for-a-moment"),
        pytest.param("Date", "21-11-2026", id="other-order"),
        pytest.param("Date", 20261121, id="number-for-a-day"),
        pytest.param("Decimal", "12,50", id="comma"),
        pytest.param("Decimal", "NaN", id="not-a-number"),
        pytest.param("Decimal", "Infinity", id="infinite"),
        pytest.param("Decimal", True, id="boolean"),
        pytest.param("Decimal", None, id="null-for-a-decimal"),
        pytest.param("Decimal", [], id="list"),
    ],
)
def test_faults(scalar, value):
    """What is written otherwise is refused with an example of how it is written."""
    with pytest.raises(ValueError, match=rf"A {scalar} (is written as|needs a time zone)"):
        SCALARS[scalar].parse_value(value)
