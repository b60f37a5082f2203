"""What is true of every contact at every moment of a soak, and what may be shown of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain.text import blank_to_none

ACTIVE, ARCHIVED = "ACTIVE", "ARCHIVED"
ALWAYS = 0.0

LATE = 8.0
"""Seconds in which a write of unknown outcome may still land: the slowest fault, and a stall."""

NAMES: Mapping[str, Mapping[str, str]] = {
    "moneybird": {"number": "customer_id", "city": "city", "attention": "attention"},
    "acumulus": {"number": "contactyourid", "city": "contactcity", "attention": "contactperson"},
}


@dataclass(frozen=True, slots=True)
class Value:
    """What is compared of a contact."""

    name: str
    status: str
    number: str | None
    city: str | None
    attention: str | None


@dataclass(slots=True)
class Version:
    """One value of a contact; None where it does not exist.

    Attributes:
        begun: From when on it may be true, seconds since the epoch.
        sure: From when on it surely is; None while nobody knows.
        told: Whether the gateway itself said so, and so may never show anything older.
    """

    value: Value | None
    begun: float = ALWAYS
    sure: float | None = ALWAYS
    told: bool = True


@dataclass(slots=True)
class Life:
    """All values of one contact, oldest first; `busy` while one is being written."""

    versions: list[Version]
    busy: bool = False
    touched: float = ALWAYS
    doubted: bool = False
    can_change: bool = True

    @property
    def value(self) -> Value | None:
        """The last one."""
        return self.versions[-1].value

    @property
    def is_active(self) -> bool:
        """Whether it is in no archive."""
        return self.value is not None and self.value.status == ACTIVE

    def possible(
        self, asked: float, answered: float, fetched: float, *, apart: bool = False
    ) -> list[Value | None]:
        """Return what may be shown.

        Args:
            asked: When the question was sent.
            answered: When the answer had come.
            fetched: Since when the answer says to know it.
            apart: Whether another worker may have written it, of whom this one could not hear.
        """
        if len(self.versions) == 1:
            return [self.versions[0].value]
        first = 0
        for at, each in enumerate(self.versions):
            if each.sure is not None and each.sure <= (
                asked if each.told and not apart else min(asked, fetched)
            ):
                first = at
        return [each.value for each in self.versions[first:] if each.begun <= answered]


@dataclass(slots=True)
class Weather:
    """What goes on around several workers that excuses what they answer.

    Attributes:
        is_lossy: Whether workers are killed, and connections with them.
        spells: Between which moments they could not hear of one another; the last may go on.
    """

    is_lossy: bool = False
    spells: list[tuple[float, float]] = field(default_factory=list)

    def is_foul(self, since: float, until: float) -> bool:
        """Whether they were apart at some moment of these."""
        return any(begun <= until and since <= ended for begun, ended in self.spells)


@dataclass(slots=True)
class Birth:
    """A contact that was asked for: `ids` are those that were ever seen under its name."""

    slug: str
    value: Value
    begun: float
    ids: set[str] = field(default_factory=set)
    outcomes: list[str] = field(default_factory=list)
    ended: float | None = None
    is_known: bool = False

    @property
    def may_be(self) -> bool:
        """Whether it may exist: it is being asked for, or not every try was refused."""
        return self.ended is None or set(self.outcomes) != {"REFUSED"}


class Truth:
    """The lives of all contacts, by administration and the system's own id."""

    def __init__(self) -> None:
        self.lives: dict[tuple[str, str], Life] = {}
        self.births: dict[str, Birth] = {}
        self.faults: list[str] = []
        self.checked: Counter[str] = Counter()

    def wrong(self, words: str) -> None:
        """Note what must not be."""
        self.faults.append(words)

    def open(self) -> bool:
        """Whether a write may still land, or it is not yet known whether one has."""
        now = time.time()
        births = (each for each in self.births.values() if each.may_be and not each.is_known)
        waited = any(each.ended is None or now < each.ended + LATE + 1 for each in births)
        return waited or any(life.doubted for life in self.lives.values())

    def begin(self, slug: str, state: Mapping[str, Any]) -> None:
        """Take over a book as it is before anybody writes."""
        for remote, row in state["contacts"].items():
            life = Life([Version(value_of(slug, remote, row))], can_change=_can_change(slug, row))
            self.lives[slug, remote] = life

    def born(self, name: str, remote: str, sure: float, *, told: bool) -> None:
        """Note that a contact that was asked for exists."""
        birth = self.births[name]
        birth.ids.add(remote)
        birth.is_known = True
        if len(birth.ids) > 1:
            self.wrong(f"{birth.slug}: {name} was made {len(birth.ids)} times")
        if (birth.slug, remote) not in self.lives:
            versions = [Version(None), Version(birth.value, birth.begun, sure, told)]
            self.lives[birth.slug, remote] = Life(versions, touched=sure)

    def compare(self, slug: str, state: Mapping[str, Any], since: float, until: float) -> None:
        """Hold what a system has stored against what was said of it.

        Args:
            slug: The administration.
            state: What the system has.
            since: When it was asked.
            until: When it had answered.
        """
        self.checked["states"] += 1
        stored = {key: value_of(slug, key, row) for key, row in state["contacts"].items()}
        for key, value in stored.items():
            if (slug, key) not in self.lives:
                self._newborn(slug, key, value, until)
        for (whose, key), life in self.lives.items():
            if whose == slug and not life.busy and life.touched < since:
                self._compare(f"{slug} {key}", life, stored.get(key), until)

    def _newborn(self, slug: str, key: str, value: Value, now: float) -> None:
        birth = self.births.get(value.name)
        if birth is None or birth.slug != slug or not birth.may_be:
            self.wrong(f"{slug} {key}: exists, and was refused or never asked for: {value}")
        elif birth.ended is None:
            birth.ids.add(key)
        elif now > birth.ended + LATE:
            self.born(value.name, key, now, told=False)

    def _compare(self, words: str, life: Life, value: Value | None, now: float) -> None:
        if not life.doubted:
            if value != life.value:
                self.wrong(f"{words}: stored is {value}, said was {life.value}")
        elif now > life.touched + LATE:
            self._settle(words, life, value, now)

    def _settle(self, words: str, life: Life, value: Value | None, now: float) -> None:
        """End a doubt: the last version is true, or never was."""
        last = life.versions[-1]
        if value == last.value:
            last.sure = now
        elif value == life.versions[-2].value:
            life.versions.pop()
        else:
            self.wrong(f"{words}: stored is {value}, neither {last.value} nor what was before")
        life.doubted = False

    def writing(self, life: Life, **changes: Any) -> Version:
        """Begin to write a contact; nobody else writes it until `written`."""
        assert life.value
        version = Version(replace(life.value, **changes), time.time(), None)
        life.busy = True
        life.versions.append(version)
        return version

    def written(self, life: Life, version: Version, outcome: str, at: float, *, told: bool = True) -> None:
        """Note how a write went."""
        life.busy, life.touched, version.told = False, at, told
        if outcome == "REFUSED":
            life.versions.remove(version)
        elif outcome == "UNKNOWN":
            life.doubted, version.told = True, False
        else:
            version.sure = at

    def free(self, choose: Callable[[str, Life], bool]) -> list[tuple[str, str]]:
        """Return contacts that can be written now."""
        return [
            key
            for key, life in self.lives.items()
            if not life.busy and not life.doubted and life.value and choose(key[0], life)
        ]


def value_of(slug: str, key: str, row: Mapping[str, Any]) -> Value:
    """Read a stored record; shares no code with what the gateway does."""
    told = {name: blank_to_none(row[node]) for name, node in NAMES[slug].items()}
    if slug == "moneybird":
        own = " ".join(each for each in (row["firstname"], row["lastname"]) if each).strip()
        name, is_archived = blank_to_none(row["company_name"]) or own, row["archived"]
    else:
        name = blank_to_none(row["contactname1"]) or told["attention"] or ""
        is_archived = row["contactstatus"] == "0"
    return Value(name or told["number"] or key, ARCHIVED if is_archived else ACTIVE, **told)


def shown(node: Mapping[str, Any]) -> Value:
    """Read a contact of an answer."""
    city = (node["address"] or {}).get("city")
    return Value(node["displayName"], node["status"], node["customerNumber"], city, node["attention"])


def matches(value: Value, told: Value, *, complete: bool) -> bool:
    """Whether an answer tells a value; what a thin row does not know is null."""
    if value == told:
        return True
    pairs = ((getattr(value, name), getattr(told, name)) for name in Value.__slots__)
    return not complete and all(one == other or other is None for one, other in pairs)


def bounds(possible: Iterable[list[Value | None]], belongs: Callable[[Value], bool]) -> tuple[int, int]:
    """Return how many contacts must be listed, and how many may be."""
    least = most = 0
    for values in possible:
        fitting = [value is not None and belongs(value) for value in values]
        least += all(fitting)
        most += any(fitting)
    return least, most


def _can_change(slug: str, row: Mapping[str, Any]) -> bool:
    """Whether nothing hinders an update: at Acumulus no empty value in whose place a default would come."""
    needed = ("contactcountrycode", "contactsalutation", "contactvattype", "contactvattypeid")
    return slug == "moneybird" or all(row[node] for node in needed)
