"""What the answers of a soak are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.domain.identity import contact_id, parse
from gateway.domain.text import fold
from tests.benchmarks.soak_truth import ACTIVE, Life, Truth, Value, Weather, bounds, matches, shown

Answer = Mapping[str, Any]
Order = tuple[str, str] | None

OLD = 25.0
"""Seconds that a book in good order may lag behind: past its freshness, and a stall of the machine."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and between which moments it was made."""

    body: Answer
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Checks:
    """Notes in `truth` whatever an answer says that cannot be; `faulty` is the book that may fail."""

    truth: Truth
    faulty: str
    weather: Weather = field(default_factory=Weather)

    def one(self, answer: Asked, name: str, key: tuple[str, str], life: Life) -> Any:
        slug, errors = key[0], answer.body.get("errors")
        node = (answer.body.get("data") or {}).get(name)
        if errors and slug != self.faulty:
            self.truth.wrong(f"{slug}: {errors}")
        if node:
            self._row(answer, node, slug, answer.since)
        elif not errors:
            possible = self._possible(answer, life, answer.since - OLD)
            if all(value and value.status == ACTIVE for value in possible):
                self.truth.wrong(f"{key}: not found, may be {possible}")
        return node

    def page_of(self, answer: Asked) -> Any:
        data = answer.body.get("data")
        if data is None:
            self.truth.wrong(f"null root: {answer.body}")
            return None
        return data["contacts"]

    def page(
        self, answer: Asked, belongs: Callable[[Value], bool], order: tuple[str, str] | None, words: str
    ) -> None:
        page = self.page_of(answer)
        if page is None:
            return
        self.rows(answer, page, belongs, words)
        _check_order(self.truth, page["nodes"], order, words)
        least = most = 0
        ids = {node["id"] for node in page["nodes"]}
        for source in page["sources"]:
            slug = source["administration"]["slug"]
            if source["state"] not in ("FRESH", "STALE"):
                continue
            possible = {
                contact_id(slug, remote): self._possible(answer, life, _moment(source))
                for (whose, remote), life in self.truth.lives.items()
                if whose == slug
            }
            few, many = bounds(possible.values(), lambda value: value.status == ACTIVE and belongs(value))
            least, most = least + few, most + many
            if not page["pageInfo"]["hasNextPage"]:
                self._missing(ids, possible, belongs, words)
        total, born = page["totalCount"], self._unknown(belongs)
        if total is not None and not least <= total <= most + born:
            self.truth.wrong(f"{words}: counted {total}, not {least} to {most} + {born}")

    def _possible(self, answer: Asked, life: Life, fetched: float) -> list[Value | None]:
        apart = self.weather.is_foul(answer.since, answer.until)
        return life.possible(answer.since, answer.until, fetched, apart=apart)

    def _missing(
        self, ids: set[str], possible: Mapping[str, Any], belongs: Callable[[Value], bool], words: str
    ) -> None:
        for key, values in possible.items():
            if key not in ids and all(each and each.status == ACTIVE and belongs(each) for each in values):
                self.truth.wrong(f"{words}: {values} is lacking")

    def _unknown(self, belongs: Callable[[Value], bool]) -> int:
        """Return how many contacts may be there of which nobody knows yet."""
        return sum(
            belongs(each.value) for each in self.truth.births.values() if each.may_be and not each.is_known
        )

    def rows(self, answer: Asked, page: Any, belongs: Callable[[Value], bool], words: str) -> None:
        fetched = {}
        for source in page["sources"]:
            slug = source["administration"]["slug"]
            fetched[slug] = _moment(source)
            if slug != self.faulty and _changed_under_it(source):
                self.truth.checked["partial"] += 1
            elif slug != self.faulty and source["state"] != "FRESH":
                self.truth.wrong(f"{words}: the healthy book is {source}")
            elif slug != self.faulty and fetched[slug] < answer.since - OLD:
                self.truth.wrong(f"{words}: the healthy book is {answer.since - fetched[slug]:.1f} s old")
        for node in page["nodes"]:
            told = shown(node)
            if told.status != ACTIVE or not (belongs(told) or not node["freshness"]["complete"]):
                self.truth.wrong(f"{words}: {told} does not belong there")
            slug = parse(node["id"]).administration
            self._row(answer, node, slug, fetched[slug])

    def _row(self, answer: Asked, node: Any, slug: str, fetched: float) -> None:
        told, complete = shown(node), node["freshness"]["complete"]
        fetched = min(fetched, _moment(node["freshness"]))
        life = self.truth.lives.get((slug, node["source"]["remoteId"]))
        if life is None:
            birth = self.truth.births.get(told.name)
            if birth and birth.may_be and matches(birth.value, told, complete=complete):
                return
            self.truth.wrong(f"{slug}: {told} was never made")
            return
        self.truth.checked["rows"] += 1
        possible = self._possible(answer, life, fetched)
        if not any(value and matches(value, told, complete=complete) for value in possible):
            age = answer.since - fetched
            self.truth.wrong(
                f"{slug}: shown is {told}, {age:.1f} s old, may be {possible} of {life.versions[-3:]}"
            )


def _changed_under_it(source: Any) -> bool:
    """Whether rows are left out, and that is told: their contacts were written while they were read."""
    return source["state"] == "PARTIAL" and source["problem"]["code"] == "NOT_LOADED"


def _check_order(truth: Truth, nodes: list[Any], order: tuple[str, str] | None, words: str) -> None:
    if order is None:
        return
    values = [shown(node) for node in nodes]
    told = [each.name if order[0] == "NAME" else each.city for each in values]
    filled = [fold(each) for each in told if each]
    if filled != sorted(filled, reverse=order[1] == "DESC") or any(told[len(filled) :]):
        truth.wrong(f"{words}: not in order: {told}")


def _moment(told: Answer) -> float:
    text = told["fetchedAt"]
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def states(page: Any) -> dict[str, str]:
    """Return what a list is worth for each book."""
    return {each["administration"]["slug"]: each["state"] for each in page["sources"]}
