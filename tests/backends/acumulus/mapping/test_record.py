"""Texts of a record, read one by one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from gateway.backends.acumulus.mapping.record import Record


def test_the_newer_name_counts_although_it_is_empty():
    """An older node is read only where the newer one is absent."""
    assert Record({"new": "", "old": "x"}).text("new", "old") is None
    assert Record({"old": " x "}).text("new", "old") == "x"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        pytest.param("a\nb", "a\nb", id="real line break"),
        pytest.param(r"a\nb\tc", "a\nb\tc", id="two characters"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="carriage returns"),
        pytest.param(r" \n ", None, id="nothing but a line break"),
        pytest.param("  a  ", "a", id="surrounding blanks"),
    ],
)
def test_lines_may_be_broken_in_two_ways(stored: str, read: str | None):
    """A line break is read whether it is kept as itself or as two characters."""
    assert Record({"n": stored}).lines("n") == read


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        pytest.param("12.50", Decimal("12.50"), id="two decimals"),
        pytest.param("-1", Decimal(-1), id="negative"),
        pytest.param("", None, id="empty"),
    ],
)
def test_numbers_are_exact(stored: str, read: Decimal | None):
    """A number is read as it is written."""
    record = Record({"n": stored})

    assert record.number("path", "n") == read
    assert not record.unreadable


@pytest.mark.parametrize(
    "stored",
    ["NaN", "Infinity", "1e5", "1_0", "12,5", "٣", "9" * 5000, "abc"],
    ids=["nan", "infinity", "exponent", "underscore", "comma", "arabic digit", "5,000 digits", "letters"],
)
def test_what_is_no_number_is_unreadable(stored: str):
    """Anything else costs the field and names its path."""
    record = Record({"n": stored})

    assert record.number("the.path", "n") is None
    assert record.unreadable == {"the.path"}


@pytest.mark.parametrize(
    ("stored", "read", "fault"),
    [
        pytest.param("2024-01-31", date(2024, 1, 31), False, id="date"),
        pytest.param("2024-01-31 00:00:00", date(2024, 1, 31), False, id="with a time"),
        pytest.param("0000-00-00", None, False, id="zero date"),
        pytest.param("0000-00-00 00:00:00", None, False, id="zero date and time"),
        pytest.param("", None, False, id="empty"),
        pytest.param("2024-02-30", None, True, id="no such day"),
        pytest.param("31-01-2024", None, True, id="other order"),
    ],
)
def test_dates(stored: str, read: date | None, fault: bool):
    """A zero date is none; what is no date is unreadable."""
    record = Record({"n": stored})

    assert record.day("the.path", "n") == read
    assert bool(record.unreadable) == fault


@pytest.mark.parametrize(
    ("stored", "read", "fault"),
    [
        pytest.param("nl", "NL", False, id="lower case"),
        pytest.param("", None, False, id="empty"),
        pytest.param("NLD", None, True, id="three letters"),
        pytest.param("ÄÖ", None, True, id="other letters"),
    ],
)
def test_countries(stored: str, read: str | None, fault: bool):
    """A country is two letters, in upper case."""
    record = Record({"n": stored})

    assert record.country("the.path", "n") == read
    assert bool(record.unreadable) == fault


def test_zero_refers_to_nothing():
    """The number 0 in place of an id means that there is none."""
    record = Record({"a": "0", "b": "50001"})

    assert record.reference("a") is None
    assert record.reference("b") == "50001"


def test_a_node_that_holds_elements_is_unreadable():
    """A node without a text of its own costs the paths that it is read into."""
    record = Record({"contactiban": None, "unheardof": None})

    assert record.text("contactiban") is None
    assert record.unreadable == {"bankAccount.number", "mandate.sepa.iban"}
