"""When a server wants to be asked again, in every spelling that servers use."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_WAIT = timedelta(hours=24)
"""No announced wait is taken to be longer."""

EPOCH_FROM = 86_400
"""A larger number is a moment in seconds since 1970, and no duration: Moneybird sends it so."""

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")


def told_moment(text: str | None, now: datetime) -> datetime | None:
    """Read a header such as Retry-After: seconds from now, seconds since 1970, or an HTTP date.

    Args:
        text: The header's value, None when it was not sent.
        now: UTC.

    Returns:
        A moment from `now` to a day later, UTC; None when the text tells none.
    """
    text = (text or "").strip()
    try:
        told = _from_number(float(text), now) if _NUMBER.fullmatch(text) else _from_date(text)
    except OverflowError:
        told = now + MAX_WAIT
    except (ValueError, TypeError, IndexError, OSError):
        return now + MAX_WAIT if _NUMBER.fullmatch(text) else None
    return min(max(told, now), now + MAX_WAIT)


def http_date(text: str | None) -> datetime | None:
    """Read a header such as Date, UTC; None where it was not sent or tells no moment."""
    try:
        return _from_date((text or "").strip())
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _from_number(number: float, now: datetime) -> datetime:
    return datetime.fromtimestamp(number, UTC) if number > EPOCH_FROM else now + timedelta(seconds=number)


def _from_date(text: str) -> datetime:
    found = parsedate_to_datetime(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
