"""In what order a list shows contacts, and the place of each in it: pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, total_ordering
from typing import Any

from gateway.directory.fields import FIELDS, Value
from gateway.domain.contact import Contact

Place = tuple[Value | None, ...]
"""A contact's values in an order, None where it has none, and its global id at the end."""


class OrderField(StrEnum):
    """What lists can be ordered by."""

    NAME = "NAME"
    CITY = "CITY"
    CUSTOMER_NUMBER = "CUSTOMER_NUMBER"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    RELEVANCE = "RELEVANCE"


FIELD_OF = {
    OrderField.NAME: "displayName",
    OrderField.CITY: "city",
    OrderField.CUSTOMER_NUMBER: "customerNumber",
    OrderField.CREATED_AT: "createdAt",
    OrderField.UPDATED_AT: "updatedAt",
}
"""The field that an order compares; relevance compares what was searched for."""

SORTABLE = frozenset(path for name in FIELD_OF.values() for path in FIELDS[name].paths)
"""Paths that lists can be ordered by."""

CLASSES = 4
"""Degrees of relevance, the best first: see `relevance`."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One thing to order by; contacts without a value come last in both directions."""

    field: OrderField
    descending: bool = False

    @property
    def field_name(self) -> str | None:
        """The field that is compared; None for relevance."""
        return FIELD_OF.get(self.field)


BY_NAME = OrderKey(OrderField.NAME)


@total_ordering
@dataclass(frozen=True, slots=True, eq=True)
class _Reversed:
    """Compares the other way round."""

    value: Any

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)


@dataclass(frozen=True)
class Order:
    """A total order: by each key in turn, then by global id, bytewise.

    Attributes:
        keys: What to order by; never empty.
        text: What relevance compares with: the whole search, folded.
    """

    keys: tuple[OrderKey, ...] = (BY_NAME,)
    text: str = ""

    @cached_property
    def is_by_name(self) -> bool:
        """Whether this is the order in which books are kept."""
        return self.keys == (BY_NAME,)

    @cached_property
    def signature(self) -> str:
        """What cursors of this order are bound to."""
        words = [f"{key.field}{'-' if key.descending else '+'}" for key in self.keys]
        if any(key.field is OrderField.RELEVANCE for key in self.keys):
            words.append(hashlib.sha256(self.text.encode()).hexdigest()[:16])
        return ",".join(words)

    def place(self, contact: Contact, name: str, identity: str) -> Place:
        """Return a contact's place; `name` is its folded display name, `identity` its global id."""
        if self.is_by_name:
            return name, identity
        return (*[self._value(key, contact, name) for key in self.keys], identity)

    def rank(self, place: Place) -> tuple[Any, ...]:
        """Return what places compare by, the lower first."""
        ranked: list[Any] = []
        for key, value in zip(self.keys, place, strict=False):
            ranked.append(value is None)
            known = 0 if value is None else value
            ranked.append(_Reversed(known) if key.descending else known)
        return (*ranked, place[-1])

    def _value(self, key: OrderKey, contact: Contact, name: str) -> Value | None:
        if key.field is OrderField.NAME:
            return name
        if key.field is OrderField.RELEVANCE:
            return relevance(name, self.text)
        return next(iter(FIELDS[FIELD_OF[key.field]].values(contact)), None)


NAME_ORDER = Order()
"""The order of a list that names none."""


def order_of(keys: tuple[OrderKey, ...], text: str) -> Order:
    """Make an order of what was asked: a key said twice counts once, relevance is followed by the name."""
    wanted: dict[OrderField, OrderKey] = {}
    for key in keys:
        wanted.setdefault(key.field, key)
    if OrderField.RELEVANCE in wanted:
        wanted.setdefault(OrderField.NAME, BY_NAME)
    return Order(tuple(wanted.values()) or (BY_NAME,), text)


def relevance(name: str, text: str) -> int:
    """Return how well a folded name answers a folded search, 0 the best.

    0 equal, 1 starting with it, 2 with a word starting with it, 3 the rest: it was found elsewhere.
    """
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    at = name.find(text, 1)
    while at > 0:
        if not name[at - 1].isalnum():
            return 2
        at = name.find(text, at + 1)
    return 3
