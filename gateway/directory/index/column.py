"""One field of all contacts of an index: every value in order, and who has it. Immutable."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, chain

from gateway.directory.criteria import Between, Contains, IsEmpty, OneOf, StartsWith, Test
from gateway.directory.entry import utf8
from gateway.directory.fields import Field, Value, lacks
from gateway.directory.index.hits import Hits
from gateway.directory.index.sorting import distributed, sorted_in_steps
from gateway.directory.index.text import Text
from gateway.domain.contact import Contact

REMEMBERED = 64
"""Answers to tests that are kept with a column."""


class Column:
    """The values of a field, each once and in order, with the positions that have it.

    Attributes:
        undecided: Whose value is behind details that are not read.
        untold: Whose value the system does not tell, read as they are.

    Args:
        field: What to read.
        contacts: In the order of their positions.
    """

    def __init__(self, field: Field, contacts: Sequence[Contact]) -> None:
        self._size = len(contacts)
        # Numbers and arrays alone: a list for each value would call the garbage collector, that holds
        # every thread while it looks at a whole book.
        numbers: dict[Value, int] = {}
        told, holders = array("I"), array("I")
        undecided: list[int] = []
        untold: list[int] = []
        filled: list[int] = []
        for position, contact in enumerate(contacts):
            if contact.unknown and lacks(contact.unknown, field.paths):
                (untold if contact.complete else undecided).append(position)
            before = len(told)
            for value in field.values(contact):
                told.append(numbers.setdefault(value, len(numbers)))
                holders.append(position)
            if len(told) > before:
                filled.append(position)
        self._filled = Hits.of(self._size, filled)
        self.undecided = Hits.of(self._size, undecided)
        self.untold = Hits.of(self._size, untold)
        self._values: list[Value] = list(sorted_in_steps(numbers))
        ranks = array("I", [0]) * len(numbers)
        for rank, value in enumerate(self._values):
            ranks[numbers[value]] = rank
        counts = array("I", [0]) * len(numbers)
        for number in told:
            counts[ranks[number]] += 1
        self._starts = array("I", accumulate(counts, initial=0))
        ordered = distributed(range(len(told)), array("I", (ranks[number] for number in told)))
        self._positions = array("I", (holders[at] for at in ordered))
        self._remembered: dict[Test, Hits] = {}

    def passing(self, test: Test) -> Hits:
        """Return the positions with a value that passes."""
        found = self._remembered.get(test)
        if found is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            found = self._remembered[test] = self._passing(test)
        return found

    @cached_property
    def ranks(self) -> tuple[array[int], array[int]]:
        """The rank of each position's value, in both directions; whoever has none comes last.

        Ascending, then descending. For fields with one value at most.
        """
        last = len(self._values)
        up = array("I", [last]) * self._size
        down = array("I", [last]) * self._size
        for rank in range(last):
            for position in self._positions[self._starts[rank] : self._starts[rank + 1]]:
                up[position] = rank
                down[position] = last - 1 - rank
        return up, down

    def _passing(self, test: Test) -> Hits:
        match test:
            case OneOf(values):
                return self._holding(at for value in values if (at := self._find(value)) is not None)
            case Contains(text):
                return self._holding(self._containing(text)) if text else self._filled
            case StartsWith(text):
                return self._spanning(*self._beginning(text))
            case IsEmpty(wanted):
                return ~self._filled if wanted else self._filled
            case Between(after, before):
                start = 0 if after is None else bisect_right(self._values, after)
                stop = len(self._values) if before is None else bisect_left(self._values, before)
                return self._spanning(start, stop)

    @cached_property
    def _text(self) -> Text:
        return Text([utf8(str(value)) for value in self._values])

    def _containing(self, text: str) -> Iterable[int]:
        if "\n" in text:
            return (rank for rank, value in enumerate(self._values) if text in str(value))
        return self._text.ascending(utf8(text))

    def _find(self, value: Value) -> int | None:
        at = bisect_left(self._values, value)
        return at if at < len(self._values) and self._values[at] == value else None

    def _beginning(self, text: str) -> tuple[int, int]:
        start = bisect_left(self._values, text)
        stop = bisect_right(self._values, text, start, key=lambda value: str(value)[: len(text)])
        return start, stop

    def _spanning(self, start: int, stop: int) -> Hits:
        return self._made(self._positions[self._starts[start] : self._starts[stop]], stop - start)

    def _holding(self, ranks: Iterable[int]) -> Hits:
        runs = [self._positions[self._starts[rank] : self._starts[rank + 1]] for rank in ranks]
        return self._made(list(chain.from_iterable(runs)), len(runs))

    def _made(self, positions: Sequence[int], runs: int) -> Hits:
        """Make hits of the positions of several values; those of one are in order, and each once."""
        return Hits.of(self._size, positions) if runs < 2 else Hits.gathered(self._size, positions)
