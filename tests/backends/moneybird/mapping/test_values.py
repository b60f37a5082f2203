"""Single values of Moneybird's records."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.backends.moneybird.mapping.values import (
    DELIVERY_METHODS,
    amount,
    identifier,
    milliseconds,
    word,
)
from gateway.domain.contact import DeliveryMethod


@pytest.mark.parametrize(
    ("value", "expected"), [(5, "5"), ("5", "5"), (" 5 ", "5"), ("", None), (None, None), (0, "0")], ids=repr
)
def test_identifier_is_text(value, expected):
    """An id is text in whichever spelling it came; empty is none."""
    assert identifier(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Post", DeliveryMethod.POST), ("post", DeliveryMethod.UNKNOWN), ("", None), (None, None)],
    ids=repr,
)
def test_word_of_a_closed_set(value, expected):
    """A known word has its meaning, any other is unknown, an empty one is none."""
    assert word(value, DELIVERY_METHODS, DeliveryMethod.UNKNOWN) is expected


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "1e31", "1e-31"], ids=str)
def test_amount_beyond_belief_is_a_fault(text):
    """What is no finite number of believable size is none, and named."""
    faults: list[str] = []

    assert amount(Decimal(text), "price", faults) is None
    assert faults == ["price"]


@pytest.mark.parametrize("text", ["0", "-12.50", "1e30"], ids=str)
def test_amount_stays_as_written(text):
    """An amount keeps its digits."""
    assert str(amount(Decimal(text), "price", [])) == str(Decimal(text))


def test_milliseconds_are_whole():
    """A moment is told to the millisecond, without a rounding slip."""
    assert milliseconds(datetime(2026, 8, 21, 13, 48, 37, 664000, tzinfo=UTC)) == 1787320117664
