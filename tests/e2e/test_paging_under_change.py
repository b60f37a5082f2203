"""Two books change between the pages of a list: whoever stays as they were is shown once, in their place."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.domain.identity import contact_id
from tests.e2e.house import House, opened

SIZE = 40
CHANGES = 3
"""Contacts of each book that are added, that are changed and that are removed, between two pages."""

LIST = """query($first: Int, $after: String, $last: Int, $before: String, $order: [ContactOrder!]) {
  contacts(first: $first, after: $after, last: $last, before: $before, orderBy: $order, maxAge: 0) {
    nodes { id displayName }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

NAMED = {"moneybird": "company_name", "acumulus": "contactname1"}
SETTLED = {"moneybird": "city", "acumulus": "contactcity"}
NUMBERED = {"moneybird": "customer_id", "acumulus": "contactyourid"}
"""How each system calls what the orders look at."""

ORDERS = [
    pytest.param([{"field": "NAME"}], id="name"),
    pytest.param([{"field": "NAME", "direction": "DESC"}], id="name-descending"),
    pytest.param([{"field": "CITY", "direction": "DESC"}], id="city-descending"),
    pytest.param([{"field": "CUSTOMER_NUMBER"}], id="customer-number"),
    pytest.param([{"field": "CREATED_AT", "direction": "DESC"}, {"field": "CITY"}], id="created-then-city"),
]


@dataclass
class Bustle:
    """People who work in both books while somebody pages through them; the same ones in every run.

    Attributes:
        house: Whose books.
        touched: Global ids of all who were added, changed or removed.
        removed: Of these, who is gone.
    """

    house: House
    draw: random.Random = field(default_factory=lambda: random.Random(20261121))  # noqa: S311 - no secret
    touched: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)

    def go_on(self, shown: list[str]) -> None:
        """Add, change and remove contacts of both books, the one at the page's end among them."""
        for name in ("moneybird", "acumulus"):
            keys = self.house.keys(name, archived=False)
            at_the_end = [key for key in keys if contact_id(name, key) in (shown[0], shown[-1])]
            chosen = self.draw.sample(keys, 2 * CHANGES)
            for _ in range(CHANGES):
                self._add(name, self.draw.choice(keys))
            for key in chosen[:CHANGES]:
                self._store(name, key, key)
            for key in {*chosen[CHANGES:], *at_the_end}:
                self._remove(name, key)

    def _add(self, name: str, pattern: str) -> None:
        key = str(int(max(self.house.keys(name), key=int)) + 16)
        self._store(name, pattern, key)
        self.added.add(contact_id(name, key))

    def _store(self, name: str, pattern: str, key: str) -> None:
        """Store a contact of another name, city and number under a key."""
        self.touched.add(contact_id(name, key))
        word = "".join(self.draw.choices("abcdefghijklmnopqrstuvwxyz", k=6))
        told = {names[name]: f"{word} {key}" for names in (NAMED, SETTLED, NUMBERED)}
        book = self.house.book(name)
        if name == "acumulus":
            book.put({**book.contact(int(pattern)), **told, "contactid": key})
        else:
            row = book.contact(pattern)
            book._rows[key] = {**row, **told, "id": key, "version": row["version"] + 1}
            book.changed(key)

    def _remove(self, name: str, key: str) -> None:
        book = self.house.book(name)
        del (book._contacts if name == "acumulus" else book._rows)[key]
        self.touched.add(contact_id(name, key))
        self.removed.add(contact_id(name, key))


async def walked(
    house: House, order: list[dict[str, str]], *, forward: bool, bustle: Bustle | None = None
) -> list[str]:
    """Page through both books, and return whom that showed, in the list's order."""
    size, place, more, end = ("first", "after", "hasNextPage", "endCursor")
    if not forward:
        size, place, more, end = ("last", "before", "hasPreviousPage", "startCursor")
    seen: list[str] = []
    asked: dict[str, Any] = {size: SIZE, "order": order}
    while True:
        listing = (await house.data(LIST, **asked))["contacts"]
        rows = [node["id"] for node in listing["nodes"]]
        assert not (bustle and bustle.removed.intersection(rows))
        seen = seen + rows if forward else rows + seen
        if not listing["pageInfo"][more]:
            return seen
        asked[place] = listing["pageInfo"][end]
        if bustle:
            bustle.go_on(rows)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("order", ORDERS)
async def test_who_stays_unchanged_is_shown_once(order: list[dict[str, str]], forward: bool):
    """While contacts come, change and go in both books, nobody else is repeated, skipped or moved."""
    async with opened(300) as house:
        before = await walked(house, order, forward=True)
        bustle = Bustle(house)

        seen = await walked(house, order, forward=forward, bustle=bustle)

        unchanged = [each for each in before if each not in bustle.touched]
        assert len(unchanged) > 350
        assert [each for each in seen if each not in bustle.touched] == unchanged
        assert bustle.added.intersection(seen)
        after = await walked(house, order, forward=not forward)
        assert set(after) == {each for name in house.emulators for each in house.ids(name, archived=False)}
        assert [each for each in after if each not in bustle.touched] == unchanged


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_a_page_can_be_turned_back(forward: bool):
    """From a page whose first and last rows are gone one can go on, and back, without losing anybody."""
    first, after, last, before = ("first", "after", "last", "before")
    start, end = ("startCursor", "endCursor")
    if not forward:
        first, after, last, before, start, end = last, before, first, after, end, start
    async with opened(60) as house:
        pages = [(await house.data(LIST, **{first: 10}))["contacts"]]
        for _ in range(2):
            pages.append(
                (await house.data(LIST, **{first: 10, after: pages[-1]["pageInfo"][end]}))["contacts"]
            )
        bustle = Bustle(house)
        for node in (pages[1]["nodes"][0], pages[1]["nodes"][-1]):
            name = next(each for each in house.emulators if node["id"] in house.ids(each))
            key = next(each for each in house.keys(name) if contact_id(name, each) == node["id"])
            bustle._remove(name, key)

        on = (await house.data(LIST, **{first: 10, after: pages[1]["pageInfo"][end]}))["contacts"]
        back = (await house.data(LIST, **{last: 10, before: pages[1]["pageInfo"][start]}))["contacts"]
        middle = (
            await house.data(
                LIST, **{first: 20, after: pages[0]["pageInfo"][end], before: pages[2]["pageInfo"][start]}
            )
        )["contacts"]

        assert (on["nodes"], back["nodes"]) == (pages[2]["nodes"], pages[0]["nodes"])
        assert middle["nodes"] == pages[1]["nodes"][1:-1]
