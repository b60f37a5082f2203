"""A set of positions in an index, dense or sparse, whichever is cheaper. Immutable."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

SPARSE = 32
"""One position in so many, or fewer, is kept as a list; more as bits."""

_WINDOW = 1024
_SET = re.compile(rb"[^\0]", re.DOTALL)
_ONES = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


class Hits:
    """Positions from 0 up to `size`: a sorted list where they are few, else the bits of one integer.

    Integers make and, or and not of a million positions a matter of microseconds, and lists make
    what hits little cost little; made by the class methods below.
    """

    __slots__ = ("_bits", "_count", "_data", "few", "size")

    def __init__(self, size: int, bits: int = 0, few: Sequence[int] | None = None) -> None:
        self.size = size
        self.few = few
        self._bits = bits
        self._data: bytes | None = None
        self._count: int | None = None if few is None else len(few)

    @classmethod
    def none(cls, size: int) -> Hits:
        """Return no position."""
        return cls(size, few=())

    @classmethod
    def all(cls, size: int) -> Hits:
        """Return every position."""
        return cls(size, (1 << size) - 1)

    @classmethod
    def span(cls, size: int, start: int, stop: int) -> Hits:
        """Return the positions from `start` up to `stop`, the latter excluded."""
        if (stop - start) * SPARSE <= size:
            return cls(size, few=range(start, stop))
        return cls(size, (1 << stop) - (1 << start))

    @classmethod
    def of(cls, size: int, positions: Sequence[int]) -> Hits:
        """Return these positions, given in ascending order and each once."""
        if len(positions) * SPARSE <= size:
            return cls(size, few=positions)
        return cls(size, _bits_of(size, positions))

    @classmethod
    def gathered(cls, size: int, positions: Sequence[int]) -> Hits:
        """Return these positions, given in any order and as often as may be."""
        if len(positions) * SPARSE <= size:
            return cls(size, few=sorted(set(positions)))
        return cls(size, _bits_of(size, positions))

    def __and__(self, other: Hits) -> Hits:
        if self.few is None and other.few is None:
            return Hits(self.size, self._bits & other._bits)
        if self.few is not None and other.few is not None:
            return Hits(self.size, few=sorted(set(self.few).intersection(other.few)))
        few, many = (self, other) if self.few is not None else (other, self)
        data = many._bytes()
        return Hits(self.size, few=[at for at in few.few or () if data[at >> 3] >> (at & 7) & 1])

    def __or__(self, other: Hits) -> Hits:
        if self.few is not None and other.few is not None:
            return Hits.of(self.size, sorted(set(self.few).union(other.few)))
        return Hits(self.size, self.bits | other.bits)

    def __invert__(self) -> Hits:
        return Hits(self.size, ((1 << self.size) - 1) ^ self.bits)

    def __contains__(self, position: int) -> bool:
        if self.few is not None:
            at = bisect_left(self.few, position)
            return at < len(self.few) and self.few[at] == position
        data = self._bytes()
        return bool(data[position >> 3] >> (position & 7) & 1)

    def __len__(self) -> int:
        if self._count is None:
            self._count = self._bits.bit_count()
        return self._count

    def __bool__(self) -> bool:
        return bool(self.few) if self.few is not None else bool(self._bits)

    @property
    def bits(self) -> int:
        """The positions as the bits of an integer."""
        return self._bits if self.few is None else _bits_of(self.size, self.few)

    def settled(self) -> Hits:
        """Return the same positions, as a list when they turned out to be few."""
        if self.few is not None or len(self) * SPARSE > self.size:
            return self
        return Hits(self.size, few=self.positions())

    def positions(self) -> Sequence[int]:
        """Return every position in ascending order."""
        if self.few is not None:
            return self.few
        data = self._bytes()
        return [
            found.start() * 8 + bit for found in _SET.finditer(data) for bit in _ONES[data[found.start()]]
        ]

    def ascending(self, start: int = 0) -> Iterator[int]:
        """Walk up from `start`; what is not walked is not looked at."""
        if self.few is not None:
            yield from self.few[bisect_left(self.few, start) :]
            return
        rest, base, width = self._bits >> start, start, _WINDOW
        while rest:
            text = bin(rest & ((1 << width) - 1))[:1:-1]
            at = text.find("1")
            while at >= 0:
                yield base + at
                at = text.find("1", at + 1)
            # What lies far apart is found in steps that grow.
            rest, base, width = rest >> width, base + width, width * 2

    def descending(self, stop: int) -> Iterator[int]:
        """Walk down from below `stop`."""
        if self.few is not None:
            yield from reversed(self.few[: bisect_left(self.few, stop)])
            return
        rest, width = self._bits & ((1 << stop) - 1), _WINDOW
        while rest:
            top = rest.bit_length()
            low = max(0, top - width)
            text = bin(rest >> low)[2:]
            at = text.find("1")
            while at >= 0:
                yield top - 1 - at
                at = text.find("1", at + 1)
            rest, width = rest & ((1 << low) - 1), width * 2

    def _bytes(self) -> bytes:
        """Return the bits as bytes, the lowest first: one of them can be looked at without the others."""
        if self._data is None:
            self._data = self._bits.to_bytes(self.size // 8 + 1, "little")
        return self._data


def _bits_of(size: int, positions: Sequence[int]) -> int:
    if isinstance(positions, range):
        return (1 << positions.stop) - (1 << positions.start) if positions else 0
    flags = bytearray(size // 8 + 1)
    for at in positions:
        flags[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(flags, "little")
