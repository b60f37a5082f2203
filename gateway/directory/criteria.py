"""What a list asks of contacts: a condition and a search, decided for one contact at a time. Pure.

Conditions hold normal forms: what a client wrote goes through `fields` when a condition is made. A
contact whose details are not read yet may neither match nor fail; `decide` then says None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from itertools import islice
from typing import TypeAlias

from gateway.directory.entry import Entry, utf8
from gateway.directory.fields import (
    ACTIVE,
    SEARCHED,
    SYSTEM,
    Value,
    field,
    lacks,
    searched_code,
)
from gateway.directory.order import NAME_ORDER, Order
from gateway.domain.errors import BadInput
from gateway.domain.text import fold

MAX_SEARCH = 1000
"""Characters of a search."""

MAX_WORDS = 20

MAX_PARTS = 200
"""Tests in a condition, groups included."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """The text stands somewhere in the value."""

    text: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The value begins with the text."""

    text: str


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """There is no value; or there is one, when not wanted."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Between:
    """The moment lies between two others, both excluded; None is no bound."""

    after: int | None = None
    before: int | None = None


Test: TypeAlias = OneOf | Contains | StartsWith | IsEmpty | Between


@dataclass(frozen=True, slots=True)
class Has:
    """A field passes a test with one of its values; `written` is the test's one text as it was written."""

    field: str
    test: Test
    written: str | None = member(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; with none everything does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds; with none nothing does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold, for want of a value too."""

    part: Condition


Condition: TypeAlias = Has | AllOf | AnyOf | Not

EVERYTHING = AllOf(())
IS_ACTIVE = Has("status", OneOf((ACTIVE,)))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a search, as UTF-8: as texts have it, and as identifiers do."""

    text: bytes
    code: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """Words that must all be found, and the whole text; `written` are the words as they were written."""

    words: tuple[Word, ...]
    text: str
    written: tuple[str, ...] = member(default=(), compare=False)


@dataclass(frozen=True)
class Criteria:
    """Which contacts a list shows, and in what order."""

    condition: Condition = IS_ACTIVE
    search: Search | None = None
    order: Order = NAME_ORDER

    def asked(self) -> frozenset[str]:
        """Return the fields that the condition and the order look at, `system` left out."""
        ordered = {key.field_name for key in self.order.keys if key.field_name}
        return frozenset({each.field for each in tests(self.condition)} | ordered) - {SYSTEM}

    def paths(self) -> frozenset[str]:
        """Return the unified paths that condition, search and order need."""
        told = {path for name in self.asked() for path in field(name).paths}
        return frozenset(told | set(SEARCHED if self.search else ()))


ACTIVE_BY_NAME = Criteria()
"""What a list shows that asks for nothing."""


def one_of(name: str, texts: Iterable[str]) -> Has:
    """Make a test for equality with any of several texts."""
    normal, asked = field(name).normal, list(texts)
    forms = tuple(dict.fromkeys(form for text in asked if (form := normal(text))))
    return Has(name, OneOf(forms), asked[0] if len(asked) == 1 else None)


def contains(name: str, text: str) -> Has:
    """Make a test for a text anywhere in a value; an empty text is in every value."""
    return Has(name, Contains(field(name).normal(text)) if _says_something(name, text) else OneOf(()), text)


def starts_with(name: str, text: str) -> Has:
    """Make a test for a text that a value begins with."""
    return Has(name, StartsWith(field(name).normal(text)) if _says_something(name, text) else OneOf(()), text)


def _says_something(name: str, text: str) -> bool:
    """Whether anything of a text is left in normal form: dashes alone are in no telephone number."""
    return not text.strip() or bool(field(name).normal(text))


def search_of(text: str) -> Search | None:
    """Read a search; None when it has no words.

    Raises:
        BadInput: it is longer than any search is.
    """
    # What UTF-8 cannot spell is a question mark here, as it is in the texts looked through.
    folded = fold(utf8(text[: MAX_SEARCH + 1]).decode()).split()
    if len(text) > MAX_SEARCH or len(folded) > MAX_WORDS:
        raise BadInput(f"search takes {MAX_SEARCH} characters and {MAX_WORDS} words at most.")
    words = tuple(Word(utf8(each), utf8(searched_code(each))) for each in dict.fromkeys(folded))
    return Search(words, " ".join(folded), tuple(text.split())) if words else None


def with_default_status(condition: Condition) -> Condition:
    """Ask for active contacts, where the condition says nothing of status.

    Raises:
        BadInput: it has more parts than any condition has.
    """
    if sum(1 for _ in islice(_parts(condition), MAX_PARTS + 1)) > MAX_PARTS:
        raise BadInput(f"where takes {MAX_PARTS} parts at most.")
    if any(each.field == "status" for each in tests(condition)):
        return condition
    return IS_ACTIVE if condition == EVERYTHING else AllOf((IS_ACTIVE, condition))


def tests(condition: Condition) -> Iterator[Has]:
    """Return every test in a condition."""
    return (part for part in _parts(condition) if isinstance(part, Has))


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    if isinstance(condition, Not):
        yield from _parts(condition.part)
    elif not isinstance(condition, Has):
        for part in condition.parts:
            yield from _parts(part)


def decide(criteria: Criteria, entry: Entry, system: str) -> bool | None:
    """Say whether a contact matches; None while that depends on details that are not read."""
    found = _found(criteria.search, entry) if criteria.search else True
    return _and([_holds(criteria.condition, entry, system), found])


def _holds(condition: Condition, entry: Entry, system: str) -> bool | None:
    if isinstance(condition, Has):
        return _passes(condition, entry, system)
    if isinstance(condition, Not):
        holds = _holds(condition.part, entry, system)
        return None if holds is None else not holds
    told = [_holds(part, entry, system) for part in condition.parts]
    return _and(told) if isinstance(condition, AllOf) else _or(told)


def _passes(asked: Has, entry: Entry, system: str) -> bool | None:
    if asked.field == SYSTEM:
        return passes(asked.test, (system,))
    looked_at = field(asked.field)
    if not entry.contact.complete and lacks(entry.contact.unknown, looked_at.paths):
        return None
    return passes(asked.test, tuple(looked_at.values(entry.contact)))


def passes(test: Test, values: Sequence[Value]) -> bool:
    """Whether one of a field's values passes a test."""
    match test:
        case OneOf(wanted):
            return any(value in wanted for value in values)
        case Contains(text):
            return any(text in str(value) for value in values)
        case StartsWith(text):
            return any(str(value).startswith(text) for value in values)
        case IsEmpty(wanted):
            return wanted is not bool(values)
        case Between(after, before):
            return any(_between(int(value), after, before) for value in values)


def _between(value: int, after: int | None, before: int | None) -> bool:
    return (after is None or value > after) and (before is None or value < before)


def _found(search: Search, entry: Entry) -> bool | None:
    if all(stands_in(word, entry) for word in search.words):
        return True
    contact = entry.contact
    return None if not contact.complete and lacks(contact.unknown, SEARCHED) else False


def stands_in(word: Word, entry: Entry) -> bool:
    """Whether a word is anywhere in what a search looks through."""
    return word.text in entry.words or bool(word.code and word.code in entry.codes)


def _and(told: Sequence[bool | None]) -> bool | None:
    if False in told:
        return False
    return None if None in told else True


def _or(told: Sequence[bool | None]) -> bool | None:
    if True in told:
        return True
    return None if None in told else False
