"""Choices that look random and never change: the same seed gives the same book on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

_MASK = (1 << 64) - 1


class Draw:
    """A sequence of choices fixed by its seed (SplitMix64, independent of Python's `random`)."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        # Scrambled first: with a plain start, neighbouring seeds would be one sequence shifted by one.
        self._state = _scrambled((seed * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) & _MASK)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to and without `limit` (at least 1)."""
        self._state = state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        return _scrambled(state) % limit

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of `items`, which must not be empty."""
        return items[self.below(len(items))]

    def chance(self, percent: int) -> bool:
        """Return true in about `percent` out of a hundred calls."""
        return self.below(100) < percent

    def digits(self, length: int) -> str:
        """Return `length` decimal digits, leading zeros kept."""
        return f"{self.below(10**length):0{length}d}"


def _scrambled(state: int) -> int:
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)
