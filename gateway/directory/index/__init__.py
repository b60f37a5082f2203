"""A whole book made ready to be searched, filtered, ordered and paged: arrays by position. Immutable.

A contact's position is its rank by folded display name and global id, the order that most lists are
shown in. What fewer lists need (a field's column, another order) is made when it is asked for
first; building a million contacts takes seconds, so that is done away from the event loop.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import chain
from threading import Lock
from typing import TypeVar

from gateway.directory.criteria import Criteria, Word
from gateway.directory.entry import Entry, utf8
from gateway.directory.fields import SEARCHED, field, lacks
from gateway.directory.index.column import Column
from gateway.directory.index.hits import Hits
from gateway.directory.index.sorting import distributed, sorted_in_steps
from gateway.directory.index.text import Text
from gateway.directory.order import FIELD_OF, OrderField, OrderKey, relevance
from gateway.domain.contact import Contact

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

REMEMBERED = 64
"""Words and orders that an index keeps the answers for."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order of a whole index: the positions in it, and each position's rank."""

    positions: Sequence[int]
    ranks: Sequence[int]


class Index:
    """Contacts by position; see the module.

    Args:
        entries: Sorted by their places, each contact once.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._contacts: list[Contact] = []
        self.identities: list[str] = []
        self._read_at: list[datetime | None] = []
        names: list[bytes] = []
        words: list[bytes] = []
        codes: list[bytes] = []
        for each in entries:
            self._contacts.append(each.contact)
            self.identities.append(each.identity)
            self._read_at.append(each.read_at)
            names.append(each.name)
            words.append(each.words)
            codes.append(each.codes)
        self.names, self._words, self._codes = Text(names), Text(words), Text(codes)
        self.positions = {each.key.remote: at for at, each in enumerate(self._contacts)}
        self._columns: dict[str, Column] = {}
        self._orderings: dict[tuple[OrderKey, ...], Ordering] = {}
        self._found: dict[Word, Hits] = {}
        self._worded: dict[str, Hits] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._contacts)

    def contact(self, position: int) -> Contact:
        """Return the contact at a position."""
        return self._contacts[position]

    def read_at(self, position: int) -> datetime | None:
        """When the details at a position were read; None where they are as old as the list."""
        return self._read_at[position]

    def entry(self, position: int) -> Entry:
        """Return what was put in at a position."""
        return Entry(
            self._contacts[position],
            self.identities[position],
            self.names[position],
            self._words[position],
            self._codes[position],
            self._read_at[position],
        )

    @cached_property
    def thin(self) -> Hits:
        """Contacts whose details are not read."""
        return Hits.of(len(self), [at for at, each in enumerate(self._contacts) if not each.complete])

    @cached_property
    def unsearched(self) -> Hits:
        """Contacts that may hold more words than are known."""
        thin = self.thin.positions()
        return Hits.of(len(self), [at for at in thin if lacks(self._contacts[at].unknown, SEARCHED)])

    @cached_property
    def oldest_details(self) -> datetime | None:
        """When the oldest details were read; None when no details were read apart from the list."""
        return min((each for each in self._read_at if each is not None), default=None)

    def is_ready(self, criteria: Criteria) -> bool:
        """Whether all that the criteria need is made."""
        if not criteria.asked() - {"displayName"} <= self._columns.keys():
            return False
        indexed = indexed_keys(criteria.order.keys)
        return not indexed or indexed in self._orderings

    def prepare(self, criteria: Criteria) -> None:
        """Make what the criteria need; safe in any thread."""
        with self._lock:
            for name in criteria.asked() - {"displayName"}:
                self.column(name)
            self.ordering(criteria.order.keys)

    def prepare_like(self, other: Index) -> None:
        """Make what was asked of another index, that this one is to replace."""
        for name in list(other._columns):
            self.column(name)
        for keys in list(other._orderings):
            self.ordering(keys)

    def column(self, name: str) -> Column:
        """Return a field's column."""
        made = self._columns.get(name)
        if made is None:
            made = Column(field(name), self._contacts)
            _keep(self._columns, name, made)
        return made

    def ordering(self, keys: tuple[OrderKey, ...]) -> Ordering | None:
        """Return the order that the keys make, relevance left out; None where that is the positions' own."""
        indexed = indexed_keys(keys)
        if not indexed:
            return None
        made = self._orderings.get(indexed)
        if made is None:
            made = self._order(indexed)
            _keep(self._orderings, indexed, made)
        return made

    def holding(self, word: Word) -> Hits:
        """Return where a word of a search was found."""
        found = self._found.get(word)
        if found is None:
            found = Hits.gathered(len(self), list(self._words.ascending(word.text)))
            if word.code:
                found |= Hits.gathered(len(self), list(self._codes.ascending(word.code)))
            _keep(self._found, word, found)
        return found

    def worded(self, text: str) -> Hits:
        """Return whose folded name has a word that begins with the text, but for its first word."""
        found = self._worded.get(text)
        if found is None:
            at = self.names.ascending(utf8(text))
            found = Hits.of(
                len(self), [each for each in at if relevance(self.names[each].decode(), text) == 2]
            )
            _keep(self._worded, text, found)
        return found

    def walk(self, word: Word, start: int, *, down: bool = False) -> Iterator[int]:
        """Walk over the positions where a word stands, up from `start` or down from below it."""
        # Identifiers are sought between one text found and the next: a word that none of them has would
        # else be sought through all of them before the first page.
        edge = start
        if down:
            for at in chain(self._words.descending(word.text, start), (-1,)):
                if word.code:
                    yield from self._codes.descending(word.code, edge, at + 1)
                if at >= 0:
                    yield at
                edge = at
            return
        for at in chain(self._words.ascending(word.text, start), (len(self),)):
            if word.code:
                yield from self._codes.ascending(word.code, edge, at)
            if at < len(self):
                yield at
            edge = at + 1

    def has(self, position: int, word: Word) -> bool:
        """Whether a word stands at a position."""
        if self._words.holds(position, word.text):
            return True
        return bool(word.code) and self._codes.holds(position, word.code)

    def beginning(self, name: bytes) -> tuple[int, int, int]:
        """Return where folded names equal to this begin, where those only starting with it do, and end."""
        start = bisect_left(self.names, name)
        equal = bisect_right(self.names, name, start)
        return start, equal, bisect_right(self.names, name, equal, key=lambda each: each[: len(name)])

    def _order(self, keys: tuple[OrderKey, ...]) -> Ordering:
        positions: Sequence[int] = self._by_identity
        for key in reversed(keys):
            positions = distributed(positions, self._ranks(key))
        ranks = array("I", [0]) * len(positions)
        for rank, position in enumerate(positions):
            ranks[position] = rank
        return Ordering(positions, ranks)

    @cached_property
    def _by_identity(self) -> Sequence[int]:
        return array("I", sorted_in_steps(range(len(self)), key=self.identities.__getitem__))

    def _ranks(self, key: OrderKey) -> Sequence[int]:
        up, down = (
            self._name_ranks if key.field is OrderField.NAME else self.column(FIELD_OF[key.field]).ranks
        )
        return down if key.descending else up

    @cached_property
    def _name_ranks(self) -> tuple[Sequence[int], Sequence[int]]:
        """Ranks of folded names: one for each name, however many have it."""
        up = array("I")
        rank, before = -1, None
        for name in self.names:
            rank, before = (rank if name == before else rank + 1), name
            up.append(rank)
        return up, array("I", (rank - each for each in up))


def indexed_keys(keys: tuple[OrderKey, ...]) -> tuple[OrderKey, ...]:
    """Return the keys that an ordering is made for: none where the positions' own order will do."""
    indexed = tuple(key for key in keys if key.field is not OrderField.RELEVANCE)
    if indexed and indexed[0].field is OrderField.NAME and not indexed[0].descending and len(indexed) == 1:
        return ()
    return indexed


def rebuilt(index: Index, changes: Mapping[str, Entry | None]) -> Index:
    """Return an index with changes worked in, ready for what the other was asked; may take seconds.

    Args:
        index: What there is.
        changes: By the system's id; None for a contact that is gone.
    """
    kept = (index.entry(at) for key, at in index.positions.items() if key not in changes)
    added = sorted_in_steps((each for each in changes.values() if each), key=lambda each: each.place)
    made = Index(merge(kept, added, key=lambda each: each.place))
    made.prepare_like(index)
    return made


def _keep(remembered: dict[K, V], key: K, value: V) -> None:
    while len(remembered) >= REMEMBERED:
        remembered.pop(next(iter(remembered)), None)
    remembered[key] = value
