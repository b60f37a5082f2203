"""Which contacts of one book a list shows, and the way along them in the list's order: pure.

The index answers for all contacts at once with sets of positions; the few in the overlay are decided
one by one. A set is told twice: what certainly matches, and what may, once more details are read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from heapq import merge
from operator import and_
from typing import Any

from gateway.directory.criteria import (
    AllOf,
    Condition,
    Criteria,
    Has,
    Not,
    decide,
    passes,
)
from gateway.directory.entry import Entry, utf8
from gateway.directory.fields import SYSTEM, field, lacks
from gateway.directory.index import Index
from gateway.directory.index.column import Column
from gateway.directory.index.hits import Hits
from gateway.directory.order import CLASSES, Order, OrderField, Place
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class Verdict:
    """Positions that match, and those that may: the same where everything is known."""

    certain: Hits
    possible: Hits

    def __and__(self, other: Verdict) -> Verdict:
        certain = self.certain & other.certain
        if self.is_settled and other.is_settled:
            return Verdict(certain, certain)
        return Verdict(certain, self.possible & other.possible)

    def __or__(self, other: Verdict) -> Verdict:
        certain = self.certain | other.certain
        if self.is_settled and other.is_settled:
            return Verdict(certain, certain)
        return Verdict(certain, self.possible | other.possible)

    def __invert__(self) -> Verdict:
        if self.is_settled:
            certain = ~self.certain
            return Verdict(certain, certain)
        return Verdict(~self.possible, ~self.certain)

    @property
    def is_settled(self) -> bool:
        """Whether nothing hangs on details that are not read."""
        return self.certain is self.possible


@dataclass(slots=True)
class Found:
    """A contact in a list, and its place there; `read_at` as in `Entry`."""

    contact: Contact
    read_at: datetime | None
    place: Place


class Selection:
    """What one book holds of a list.

    Args:
        snapshot: The book. Its index is made ready for the criteria.
        criteria: What the list asks.
        system: The system that keeps the book.
    """

    def __init__(self, snapshot: Snapshot, criteria: Criteria, system: str) -> None:
        self.snapshot = snapshot
        self._index = snapshot.index
        self._criteria = criteria
        self._order = criteria.order
        self._system = system

    def count(self) -> int:
        """Return how many contacts certainly match."""
        return len(self._verdict.certain) + len(self._extra)

    def undecided(self) -> list[str]:
        """Return the ids of contacts whose details decide whether, or where, they are shown."""
        thin = [key for key, each in self.snapshot.overlay.items() if each and self._hangs(each)]
        if self._is_known:
            return thin
        open_ones = self._verdict.possible & ~self._verdict.certain
        for column in self._ordered_columns:
            open_ones |= self._verdict.certain & column.undecided
        return [self._index.contact(at).key.remote for at in open_ones.positions()] + thin

    def untold(self) -> list[str]:
        """Return the paths of condition and order that the system kept from a contact read in full."""
        return [
            path for name in sorted(self._asked) if self._is_untold(name) for path in field(name).paths[:1]
        ]

    def walk(self, start: Place | None, *, down: bool, inclusive: bool = False) -> Iterator[Found]:
        """Walk along what certainly matches, in the list's order.

        Args:
            start: Behind this place, or before it when walking down; None from the very end.
            down: Against the order.
            inclusive: The place itself too.
        """
        order = self._order
        positions = self._positions(start, right=inclusive if down else not inclusive, down=down)
        indexed = self._found(positions)
        added = self._added(start, down=down, inclusive=inclusive)
        if not added:
            return indexed
        return merge(indexed, added, key=lambda found: order.rank(found.place), reverse=down)

    @property
    def _asked(self) -> frozenset[str]:
        return self._criteria.asked() - {"displayName"}

    @cached_property
    def _is_known(self) -> bool:
        """Whether nothing in the index hangs on details that are not read."""
        if self._criteria.search and self._index.unsearched:
            return False
        return not any(self._index.column(name).undecided for name in self._asked)

    @cached_property
    def _conditioned(self) -> Verdict:
        verdict = _weigh(self._index, self._criteria.condition, self._system)
        if not self.snapshot.overlay:
            return verdict
        rest = ~self.snapshot.shadowed
        return verdict & Verdict(rest, rest)

    @cached_property
    def _verdict(self) -> Verdict:
        verdict = self._conditioned
        if self._criteria.search is None:
            return _settled(verdict)
        held = Hits.all(len(self._index))
        for word in self._criteria.search.words:
            held &= self._index.holding(word)
        unsearched = self._index.unsearched
        found = Verdict(held, held | unsearched) if unsearched else Verdict(held, held)
        return _settled(verdict & found)

    @cached_property
    def _extra(self) -> list[Entry]:
        """What certainly matches in the overlay."""
        entries = (each for each in self.snapshot.overlay.values() if each)
        return [each for each in entries if decide(self._criteria, each, self._system)]

    def _is_untold(self, name: str) -> bool:
        if self._index.column(name).untold & ~self.snapshot.shadowed:
            return True
        changed = (each.contact for each in self.snapshot.overlay.values() if each)
        return any(each.complete and lacks(each.unknown, field(name).paths) for each in changed)

    def _hangs(self, each: Entry) -> bool:
        decided = decide(self._criteria, each, self._system)
        if decided is not True or each.contact.complete:
            return decided is None
        ordered = (key.field_name for key in self._order.keys)
        return any(lacks(each.contact.unknown, field(name).paths) for name in ordered if name)

    @property
    def _ordered_columns(self) -> list[Column]:
        names = (key.field_name for key in self._order.keys if key.field is not OrderField.NAME)
        return [self._index.column(name) for name in names if name]

    def _at(self, position: int) -> Found:
        index, contact = self._index, self._index.contact(position)
        name = index.names[position].decode()
        place = self._order.place(contact, name, index.identities[position])
        return Found(contact, index.read_at(position), place)

    def _found(self, positions: Iterator[int]) -> Iterator[Found]:
        index, place = self._index, self._order.place
        contact, read_at, names, identities = index.contact, index.read_at, index.names, index.identities
        for at in positions:
            one = contact(at)
            yield Found(one, read_at(at), place(one, names[at].decode(), identities[at]))

    def _added(self, start: Place | None, *, down: bool, inclusive: bool) -> list[Found]:
        rank = self._order.rank
        found = [
            Found(
                each.contact, each.read_at, self._order.place(each.contact, each.name.decode(), each.identity)
            )
            for each in self._extra
        ]
        if start is not None:
            edge = rank(start)
            ranked = [(rank(each.place), each) for each in found]
            found = [
                each
                for place, each in ranked
                if (inclusive and place == edge) or (place < edge if down else place > edge)
            ]
        return sorted(found, key=lambda each: rank(each.place), reverse=down)

    def _positions(self, start: Place | None, *, right: bool, down: bool) -> Iterator[int]:
        keys = self._order.keys
        if keys[0].field is OrderField.RELEVANCE:
            return self._by_relevance(start, right=right, down=down)
        if any(key.field is OrderField.RELEVANCE for key in keys):
            return self._by_sorting(start, right=right, down=down)
        path = Path(self._index, self._order, start, right=right, down=down)
        if (
            self._order.is_by_name
            and self._criteria.search
            and self._is_known
            and "_verdict" not in vars(self)
        ):
            return self._streamed(path.edge(), down=down)
        return path.along(self._verdict.certain)

    def _streamed(self, edge: int, *, down: bool) -> Iterator[int]:
        """Find matches one after another, so that the first page does not wait for the last match."""
        words = (
            sorted(self._criteria.search.words, key=lambda word: len(word.text))
            if self._criteria.search
            else []
        )
        certain, longest, others = self._conditioned.certain, words[-1], words[:-1]
        for at in self._index.walk(longest, edge, down=down):
            if at in certain and all(self._index.has(at, word) for word in others):
                yield at

    def _by_relevance(self, start: Place | None, *, right: bool, down: bool) -> Iterator[int]:
        """Walk along one degree of relevance after another."""
        rest = Order(self._order.keys[1:])
        degrees = list(range(CLASSES))
        if down is not self._order.keys[0].descending:
            degrees.reverse()
        if start is not None:
            degrees = degrees[degrees.index(int(start[0] or 0)) :]
        strata = self._strata
        for degree in degrees:
            inside = start is not None and degree == start[0]
            begin = start[1:] if inside and start else None
            yield from Path(self._index, rest, begin, right=right, down=down).along(strata[degree])

    @cached_property
    def _strata(self) -> list[Hits]:
        """What matches, by degree of relevance."""
        index, size, text = self._index, len(self._index), self._order.text
        start, equal, stop = index.beginning(utf8(text))
        certain = self._verdict.certain
        worded = index.worded(text)
        spans = [Hits.span(size, start, equal), Hits.span(size, equal, stop), worded]
        best = spans[0] | spans[1] | spans[2]
        return [(certain & each).settled() for each in (*spans, ~best)]

    def _by_sorting(self, start: Place | None, *, right: bool, down: bool) -> Iterator[int]:
        """Sort what matches: for orders that no index is made for."""
        places = [(self._order.rank(self._at(at).place), at) for at in self._verdict.certain.positions()]
        places.sort()
        edge = 0 if not down else len(places)
        if start is not None:
            bisect = bisect_right if right else bisect_left
            edge = bisect(places, self._order.rank(start), key=lambda pair: pair[0])
        return (at for _, at in (reversed(places[:edge]) if down else places[edge:]))


class Path:
    """A way along the positions of an index in an order without relevance.

    Args:
        index: Whose positions.
        order: In what order.
        start: Where to begin; None at the very end.
        right: Behind what stands at the start, not before it.
        down: Against the order.
    """

    def __init__(self, index: Index, order: Order, start: Place | None, *, right: bool, down: bool) -> None:
        self._index = index
        self._order = order
        self._start = start
        self._bisect = bisect_right if right else bisect_left
        self._down = down
        self._ordering = index.ordering(order.keys)

    def along(self, hits: Hits) -> Iterator[int]:
        """Walk along the positions that are among the hits."""
        edge = self.edge()
        if self._ordering is None:
            return hits.descending(edge) if self._down else hits.ascending(edge)
        hits = hits.settled()
        positions, ranks = self._ordering.positions, self._ordering.ranks
        if hits.few is not None:
            return self._along_few(hits.few, ranks, edge)
        steps = range(edge - 1, -1, -1) if self._down else range(edge, len(positions))
        return (positions[rank] for rank in steps if positions[rank] in hits)

    def edge(self) -> int:
        """Return how many positions lie before the start, in the order."""
        if self._start is None:
            return len(self._index) if self._down else 0
        if self._ordering is None:
            return self._edge_by_name(str(self._start[0]), str(self._start[-1]))
        wanted = self._order.rank(self._start)
        return self._bisect(self._ordering.positions, wanted, key=self._rank)

    def _edge_by_name(self, name: str, identity: str) -> int:
        names = self._index.names
        low = bisect_left(names, utf8(name))
        high = bisect_right(names, utf8(name), low)
        return self._bisect(self._index.identities, identity, low, high)

    def _rank(self, position: int) -> tuple[Any, ...]:
        index = self._index
        name, identity = index.names[position].decode(), index.identities[position]
        return self._order.rank(self._order.place(index.contact(position), name, identity))

    def _along_few(self, few: Sequence[int], ranks: Sequence[int], edge: int) -> Iterator[int]:
        if self._down:
            return iter(sorted((at for at in few if ranks[at] < edge), key=ranks.__getitem__, reverse=True))
        return iter(sorted((at for at in few if ranks[at] >= edge), key=ranks.__getitem__))


def _weigh(index: Index, condition: Condition, system: str) -> Verdict:
    if isinstance(condition, Has):
        return _test(index, condition, system)
    if isinstance(condition, Not):
        return ~_weigh(index, condition.part, system)
    parts = [_weigh(index, part, system) for part in condition.parts]
    if isinstance(condition, AllOf):
        return reduce(and_, parts) if parts else _settled_as(Hits.all(len(index)))
    nothing = Hits.none(len(index))
    made = Verdict(nothing, nothing)
    for part in parts:
        made |= part
    return made


def _test(index: Index, asked: Has, system: str) -> Verdict:
    if asked.field == SYSTEM:
        size = len(index)
        told = Hits.all(size) if passes(asked.test, (system,)) else Hits.none(size)
        return Verdict(told, told)
    column = index.column(asked.field)
    passing = column.passing(asked.test)
    if not column.undecided:
        return Verdict(passing, passing)
    return Verdict(passing & ~column.undecided, passing | column.undecided)


def _settled(verdict: Verdict) -> Verdict:
    if verdict.is_settled:
        certain = verdict.certain.settled()
        return Verdict(certain, certain)
    return verdict


def _settled_as(hits: Hits) -> Verdict:
    return Verdict(hits, hits)
