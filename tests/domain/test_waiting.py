"""When a server wants to be asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.waiting import MAX_WAIT, http_date, told_moment

NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", NOW + timedelta(seconds=30)),
        (" 1.5 ", NOW + timedelta(seconds=1.5)),
        ("86400", NOW + MAX_WAIT),
        (str(int(NOW.timestamp()) + 120), NOW + timedelta(seconds=120)),
        (str(int(NOW.timestamp()) - 120), NOW),
        ("99999999999", NOW + MAX_WAIT),
        ("999999999999999", NOW + MAX_WAIT),
        ("Sat, 21 Nov 2026 10:06:00 GMT", NOW + timedelta(seconds=60)),
        ("Sat, 21 Nov 2026 10:06:00", NOW + timedelta(seconds=60)),
        ("Sat, 21 Nov 2026 11:06:00 +0100", NOW + timedelta(seconds=60)),
        ("Sat, 21 Nov 2066 10:06:00 GMT", NOW + MAX_WAIT),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
    ids=str,
)
def test_every_spelling_is_read(text, expected):
    """Seconds, seconds since 1970 and HTTP dates are told apart, never in the past nor over a day away."""
    assert told_moment(text, NOW) == expected


@given(st.text())
def test_nothing_makes_it_raise(text):
    """Whatever a server sends, the wait lies within a day from now, or there is none."""
    told = told_moment(text, NOW)
    assert told is None or NOW <= told <= NOW + MAX_WAIT
    assert http_date(text) is None or http_date(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sat, 21 Nov 2026 10:05:00 GMT", NOW),
        ("Sat, 21 Nov 2026 11:05:00 +0100", NOW),
        ("Sat, 21 Nov 99999 10:05:00 GMT", None),
        ("30", None),
        ("", None),
        (None, None),
    ],
    ids=str,
)
def test_a_date(text, expected):
    """A moment is read where one is told, however far away it is."""
    assert http_date(text) == expected
