"""Identifiers and times as Moneybird writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# Far above 2^53 and odd: a client that reads ids as floating point gets them wrong at once.
_FIRST = 433_118_204_917_000_001
_STEP = 1_000_016


def identifier(place: int, child: int = 0) -> str:
    """Return the id of the contact at this place of the book, or of something that belongs to it.

    Args:
        place: From 0; ids ascend with it.
        child: 0 for the contact itself; below 1,000,000.
    """
    return str(_FIRST + place * _STEP + child)


def stamp(at: datetime) -> str:
    """Write a UTC time with milliseconds, such as `2026-08-21T13:48:43.008Z`."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
