"""The kinds of calls that only read, each as a client makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.identity import contact_id
from tests.e2e.house import OTHER, House
from tests.e2e.test_part_writes import some
from tests.e2e.writes import state

SOURCES = """sources { state matchCount contactCount administration { slug }
  problem { code message retryable retryAfter } }"""
NODES = "nodes { id displayName source { system } freshness { stale staleBecause { code } complete } }"
BESIDES = f"besides: contacts(first: 250, administrations: [$besides]) {{ {NODES} {SOURCES} }}"


@dataclass(frozen=True, slots=True)
class Read:
    """One kind of question.

    Attributes:
        system: Whom it asks.
        field: The root field that asks, with what is selected below.
        declared: The variables that it takes.
        values: Their values.
        path: In the paths of the calls that are to fail; what they hang on goes well.
        by_book: Whether it is answered by the book as a whole.
        in_turn: Whether the answer takes several calls, each after the other, where the first one fails.
    """

    system: str
    field: str
    declared: str = ""
    values: Callable[[House], dict[str, Any]] = lambda _house: {}
    path: str = ""
    by_book: bool = False
    in_turn: bool = False

    @property
    def marks(self) -> bool:
        """Whether its answer has a place for how old it is."""
        return "freshness" in self.field

    @property
    def document(self) -> str:
        """The operation; beside the question it asks the other system for its whole list."""
        return f"query($besides: ID!{self.declared}) {{ asked: {self.field} {BESIDES} }}"

    async def ask(self, house: House) -> dict[str, Any]:
        """Ask it."""
        return await house.ask(self.document, besides=OTHER[self.system], **self.values(house))


CONTACT_PARTS = "displayName customerNumber about phones { number } freshness { stale staleBecause { code } }"


def _list(system: str) -> Read:
    field = f'contacts(first: 250, administrations: ["{system}"]) {{ {NODES} {SOURCES} }}'
    return Read(system, field, by_book=True)


def _contact(system: str, parts: str, path: str = "") -> Read:
    def values(house: House) -> dict[str, Any]:
        mandated = "mandate" in path
        return {
            "id": contact_id("moneybird", some(house, mandate=True)) if mandated else house.ids(system)[1]
        }

    return Read(system, f"contact(id: $id) {{ {parts} }}", ", $id: ID!", values, path)


def _number(system: str) -> Read:
    key = {"moneybird": "customer_id", "acumulus": "contactyourid"}[system]

    def values(house: House) -> dict[str, Any]:
        rows = state(house, system)["contacts"].values()
        return {"number": next(row[key] for row in rows if row[key] and not row.get("archived"))}

    field = f'contactByCustomerNumber(customerNumber: $number, administration: "{system}")'
    read = Read(system, f"{field} {{ displayName }}", ", $number: String!", values)
    by_list = system == "acumulus"
    return replace(read, by_book=by_list, in_turn=by_list)


def _book(system: str, parts: str) -> Read:
    return Read(system, f'administration(id: "{system}") {{ slug {parts} }}')


READS = {
    "moneybird-list": _list("moneybird"),
    "moneybird-contact": _contact("moneybird", CONTACT_PARTS),
    "moneybird-number": _number("moneybird"),
    "moneybird-charges": _contact(
        "moneybird", "displayName charges(includeBilled: true) { price }", "additional_charges"
    ),
    "moneybird-mandate": _contact(
        "moneybird", "displayName mandate { payments { kind holder } }", "moneybird_payments_mandate"
    ),
    "moneybird-choices": _book("moneybird", "choices(kind: INVOICE_WORKFLOW) { value name }"),
    "moneybird-facts": _book("moneybird", "currency timeZone"),
    "acumulus-list": _list("acumulus"),
    "acumulus-contact": _contact("acumulus", CONTACT_PARTS),
    "acumulus-number": _number("acumulus"),
    "acumulus-choices": _book("acumulus", "choices(kind: COST_CENTER) { value name }"),
}
"""Every kind, by its name."""


def codes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an answer tells of failures, wherever it does: in errors, in sources, of rows."""
    found = [each["extensions"] for each in answer["errors"]]
    waiting: list[Any] = [answer["data"]]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += [each[key] for key in ("problem", "staleBecause") if each.get(key)]
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
