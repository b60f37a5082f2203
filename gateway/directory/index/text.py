"""Many short texts joined into one, so that one search looks through all of them. Immutable."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from gateway.directory.entry import BETWEEN


class Text:
    """UTF-8 texts by position.

    Args:
        parts: None of them holds what it is searched for across its line breaks.
    """

    __slots__ = ("_joined", "_starts")

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._joined = BETWEEN.join(parts)
        code = "I" if len(self._joined) < 2**32 - 1 else "Q"
        self._starts = array(code, accumulate((len(part) + 1 for part in parts), initial=0))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, position: int) -> bytes:
        return self._joined[self._starts[position] : self._starts[position + 1] - 1]

    def __iter__(self) -> Iterator[bytes]:
        return (self[position] for position in range(len(self)))

    def holds(self, position: int, needle: bytes) -> bool:
        """Whether a text has the needle in it."""
        start, stop = self._starts[position], self._starts[position + 1] - 1
        return self._joined.find(needle, start, stop) >= 0

    def ascending(self, needle: bytes, start: int = 0, stop: int | None = None) -> Iterator[int]:
        """Walk up over the positions of texts that hold the needle, from `start` up to `stop`."""
        joined, starts = self._joined, self._starts
        count = len(self) if stop is None else stop
        end, position = starts[count] - 1, start
        while position < count:
            at = joined.find(needle, starts[position], end)
            if at < 0:
                return
            position = bisect_right(starts, at, position, count) - 1
            yield position
            position += 1

    def descending(self, needle: bytes, stop: int, start: int = 0) -> Iterator[int]:
        """Walk down over the positions of texts that hold the needle, from below `stop` to `start`."""
        joined, starts = self._joined, self._starts
        begin = starts[start]
        while stop > start:
            at = joined.rfind(needle, begin, starts[stop] - 1)
            if at < 0:
                return
            stop = bisect_right(starts, at, start, stop) - 1
            yield stop
