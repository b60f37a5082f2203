"""A thousand questions in one window of the ration, with and without somebody else who spends of it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from gateway.emulation.vocabulary import Request
from tests.e2e.house import House
from tests.e2e.writes import codes as fault_codes
from tests.e2e.writes import state, write
from tests.faults.house import Built, built
from tests.faults.leaping import leaping
from tests.faults.reads import codes

LIMIT, WINDOW = 150, 300
USERS, EACH = 20, 50
CONTACTS = {"moneybird": 2_000, "acumulus": 60}
EXPLAINED = {"RATE_LIMITED", "NOT_LOADED"}

LIST = """query($first: Int, $search: String, $maxAge: Int) {
  contacts(first: $first, search: $search, maxAge: $maxAge) { nodes { id displayName source { system } }
    sources { state administration { slug } problem { code retryable retryAfter } } } }"""
CONTACT = "query($id: ID!, $maxAge: Int) { contact(id: $id, maxAge: $maxAge) { displayName } }"
NUMBER = """query($number: String!) {
  contactByCustomerNumber(customerNumber: $number, administration: "moneybird") { displayName } }"""
CHARGES = "query($id: ID!) { contact(id: $id) { charges(includeBilled: true) { price } } }"
MANDATE = "query($id: ID!) { contact(id: $id) { mandate { payments { kind } } } }"


@dataclass(frozen=True, slots=True)
class Users:
    """Who asks what, by the same dice each time.

    Attributes:
        house: Whom they ask.
        dice: Decide.
        ids: Global ids of active Moneybird contacts.
        numbers: Customer numbers of some.
    """

    house: House
    dice: random.Random
    ids: list[str]
    numbers: list[str]

    async def one(self) -> list[dict[str, Any]]:
        """Ask or write something; return what went wrong."""
        asks: list[Callable[[], Awaitable[list[dict[str, Any]]]]] = [
            self._list,
            self._contact,
            self._number,
            self._charges,
            self._mandate,
            self._write,
        ]
        (ask,) = self.dice.choices(asks, weights=(5, 6, 3, 4, 2, 1))
        return await ask()

    async def _asked(self, document: str, **variables: Any) -> list[dict[str, Any]]:
        answer = await self.house.ask(document, **variables)
        assert answer["data"] is not None
        if listing := answer["data"].get("contacts"):
            other = next(each for each in listing["sources"] if each["administration"]["slug"] == "acumulus")
            assert (other["state"], other["problem"]) == ("FRESH", None)
        return codes(answer)

    async def _list(self) -> list[dict[str, Any]]:
        search = self.dice.choice([None, "a", "bv", "jan"])
        age = self.dice.choice([None, None, None, 0])
        return await self._asked(LIST, first=self.dice.randint(1, 50), search=search, maxAge=age)

    async def _contact(self) -> list[dict[str, Any]]:
        return await self._asked(CONTACT, id=self.dice.choice(self.ids), maxAge=self.dice.choice([None, 0]))

    async def _number(self) -> list[dict[str, Any]]:
        return await self._asked(NUMBER, number=self.dice.choice(self.numbers))

    async def _charges(self) -> list[dict[str, Any]]:
        return await self._asked(CHARGES, id=self.dice.choice(self.ids))

    async def _mandate(self) -> list[dict[str, Any]]:
        return await self._asked(MANDATE, id=self.dice.choice(self.ids))

    async def _write(self) -> list[dict[str, Any]]:
        asked = {
            "id": self.dice.choice(self.ids),
            "contact": {"address": {"city": f"Plaats {self.dice.random()}"}},
        }
        payload = await write(self.house, "contactUpdate", shown="id", **asked)
        assert payload["outcome"] in ("UPDATED", "REFUSED")
        assert bool(fault_codes(payload)) is (payload["outcome"] == "REFUSED")
        return list(payload["userErrors"])


def users(house: House, seed: int) -> Users:
    rows = state(house, "moneybird")["contacts"].values()
    numbers = [row["customer_id"] for row in rows if row["customer_id"] and not row["archived"]]
    return Users(house, random.Random(seed), house.ids("moneybird", archived=False), numbers)  # noqa: S311


def to_a_new_window(house: House) -> None:
    """Go on to one second after the beginning of a window."""
    house.clock.move(WINDOW - house.clock().timestamp() % WINDOW + 1)


def resets(house: House) -> float:
    """Return when the window ends, by the emulator's own reckoning."""
    return (house.clock().timestamp() // WINDOW + 1) * WINDOW


def assert_explained(found: list[dict[str, Any]], until: float) -> None:
    """Check that what could not be done says why, and when it can be."""
    for each in found:
        assert each["code"] in EXPLAINED, each
        if each.get("retryAfter"):
            moment = each["retryAfter"]
            told = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
            assert abs(told.timestamp() - until) <= 1, each


def spend(house: House) -> bool:
    """Make a call of Moneybird's, as somebody else who leaves by the same address; whether it was taken."""
    emulated = house.emulators["moneybird"].emulated
    headers = {"authorization": f"Bearer {emulated.connection['token']}"}  # type: ignore[attr-defined]
    path = f"/api/v2/{emulated.connection['administration_id']}/users.json"  # type: ignore[attr-defined]
    return emulated.answer(Request("GET", path, headers=headers)).status == 200


@pytest.mark.parametrize("others", [0, 40], ids=["alone", "with-others"])
@leaping
async def test_a_thousand_questions(others: int):
    """The ration is never overdrawn; what it does not carry is refused with the moment of its renewal."""
    async with built(Built(contacts=CONTACTS, rationed=("moneybird",))) as house:
        to_a_new_window(house)
        crowd, until = users(house, 7), resets(house)
        outcomes: Counter[str] = Counter()
        elsewhere = 0

        async def user(number: int) -> None:
            nonlocal elsewhere
            for turn in range(EACH):
                if number == 0 and turn < others:
                    elsewhere += spend(house)
                found = await crowd.one()
                assert_explained(found, until)
                outcomes.update(each["code"] for each in found)
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as group:
            for number in range(USERS):
                group.create_task(user(number))
        rows = house.rows("moneybird")
        assert house.clock().timestamp() < until
        # What somebody else spent since the last answer nobody can know; the first refusal tells it.
        assert sum(row.status == 429 for row in rows) <= (others > 0)
        assert (elsewhere > 0, outcomes.total() > 0) == (others > 0, True)
        assert LIMIT * 0.8 < sum(row.status != 429 for row in rows) + elsewhere <= LIMIT


@leaping
async def test_charges_of_a_thousand():
    """As many as the ration may carry are answered, the others marked; single questions have theirs left."""
    document = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Contact {
        id charges(includeBilled: true) { price } } } }"""
    async with built(Built(contacts=CONTACTS, rationed=("moneybird",))) as house:
        to_a_new_window(house)
        until = resets(house)
        ids = house.ids("moneybird", archived=False)[:1000]
        answers = [await house.ask(document, ids=ids[start : start + 100]) for start in range(0, 1000, 100)]

        nodes = [node for answer in answers for node in answer["data"]["nodes"]]
        found = [each for answer in answers for each in codes(answer)]
        assert [node["id"] for node in nodes if node] == ids
        assert_explained(found, until)
        read = [node for node in nodes if node["charges"] is not None]
        assert {each["code"] for each in found} == {"NOT_LOADED"}
        assert 80 < len(read) <= LIMIT * 0.8

        for key in ids[-3:]:
            assert (await house.ask(CHARGES, id=key))["errors"] == []
        payload = await write(
            house, "contactUpdate", shown="id", id=ids[0], contact={"address": {"city": "Elders"}}
        )
        assert payload["outcome"] == "UPDATED"
        assert [row for row in house.rows("moneybird") if row.status == 429] == []

        to_a_new_window(house)
        assert (await house.ask(document, ids=ids[:100]))["errors"] == []
