"""What a list over both books says of its own worth, and how it refuses what makes no sense."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.identity import contact_id
from gateway.emulation.faults import Fault
from tests.e2e.house import House, opened

LIST = """query($where: ContactFilter, $search: String, $order: [ContactOrder!], $first: Int, $after: String,
    $last: Int, $before: String) {
  contacts(where: $where, search: $search, orderBy: $order, first: $first, after: $after, last: $last,
    before: $before) {
    totalCount nodes { id displayName source { system } } edges { cursor }
    sources { administration { slug } state fetchedAt contactCount detailedCount matchCount detailsFetchedAt
      notFilterable problem { code message } } } }"""
DETAILED = LIST.replace("{ id displayName", "{ id displayName vatNumber { value }")

Node = dict[str, Any]


async def listed(house: House, document: str = LIST, **asked: Any) -> Node:
    """Ask for a list, which must go well; the longest page unless told otherwise."""
    found: Node = (await house.data(document, **{"first": 250, **asked}))["contacts"]
    return found


def source(listing: Node, slug: str) -> Node:
    found: Node = next(each for each in listing["sources"] if each["administration"]["slug"] == slug)
    return found


def of(listing: Node, name: str) -> set[str]:
    return {node["id"] for node in listing["nodes"] if node["source"]["system"] == name.upper()}


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def with_vat_number(house: House) -> dict[str, set[str]]:
    """Return the global ids of those active contacts that the emulated books hold a VAT number of."""
    books = {name: house.book(name) for name in house.emulators}
    keys = {name: house.keys(name, archived=False) for name in books}
    told = {
        "moneybird": lambda key: books["moneybird"].contact(key)["tax_number"],
        "acumulus": lambda key: books["acumulus"].contact(int(key))["contactvatnumber"],
    }
    return {name: {contact_id(name, key) for key in keys[name] if told[name](key)} for name in books}


HAS_VAT = {"vatNumber": {"isEmpty": False}}


async def test_counts_and_ages():
    """Counts are those of the books, and the details' age is that of the oldest that the answer used."""
    async with opened({"moneybird": 50, "acumulus": 40}) as house:
        expected = with_vat_number(house)
        loaded = house.clock()
        plain = await listed(house)
        house.clock.move(10)
        filtered = await listed(house, where=HAS_VAT)
        house.clock.move(10)
        again = await listed(house, where=HAS_VAT)

        thin, bird = source(plain, "acumulus"), source(plain, "moneybird")
        active = len(house.keys("acumulus", archived=False))
        assert (thin["contactCount"], thin["detailedCount"], thin["matchCount"]) == (40, 0, active)
        assert (bird["contactCount"], bird["detailedCount"]) == (50, 50)
        assert (thin["detailsFetchedAt"], bird["detailsFetchedAt"]) == (None, None)
        assert {moment(each["fetchedAt"]) for each in (thin, bird)} == {_shown(loaded)}

        assert {name: of(filtered, name) for name in expected} == expected
        for listing in (filtered, again):
            told = source(listing, "acumulus")
            assert (told["detailedCount"], told["matchCount"]) == (active, len(expected["acumulus"]))
            assert moment(told["detailsFetchedAt"]) == _shown(loaded + timedelta(seconds=10))
            assert source(listing, "moneybird")["matchCount"] == len(expected["moneybird"])
            assert source(listing, "moneybird")["detailsFetchedAt"] is None
            assert listing["totalCount"] == sum(map(len, expected.values()))
            assert {(each["state"], each["problem"]) for each in listing["sources"]} == {("FRESH", None)}


def _shown(at: datetime) -> datetime:
    """Leave out what answers do not show of a moment."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


NEVER_TOLD = [
    pytest.param(
        {"where": {"updatedAt": {"after": "2020-01-01T00:00:00Z"}}}, [], ["updatedAt"], id="updated"
    ),
    pytest.param({"where": {"createdAt": {"before": "2030-01-01T00:00:00Z"}}}, [], ["createdAt"], id="made"),
    pytest.param({"order": [{"field": "UPDATED_AT"}]}, [], ["updatedAt"], id="order"),
    pytest.param({"where": {"roles": ["CUSTOMER"]}}, ["roles"], [], id="roles"),
    pytest.param({"where": {"label": {"isEmpty": False}}}, ["label"], [], id="label"),
    pytest.param({"where": {"department": {"contains": "a"}}}, ["department"], [], id="department"),
    pytest.param(
        {"where": {"or": [{"firstName": {"eq": "Jan"}}, {"not": {"label": {"isEmpty": True}}}]}},
        ["label"],
        ["firstName"],
        id="within",
    ),
    pytest.param(
        {"where": {"customField": {"id": "1", "value": {"eq": "x"}}}}, [], ["customFields"], id="custom-field"
    ),
    pytest.param({"where": {"trusted": True}}, [], ["trust.trusted"], id="trusted"),
    pytest.param(
        {"where": {"chamberOfCommerce": {"contains": "1"}, "city": {"contains": "a"}}},
        [],
        ["chamberOfCommerce"],
        id="trade-register",
    ),
    pytest.param({"where": {"phone": {"contains": "1"}}}, [], [], id="told-by-both"),
    pytest.param({"where": {"hasMandate": True}}, [], [], id="mandate"),
    pytest.param({"search": "a"}, [], [], id="search"),
]


@pytest.mark.parametrize(("asked", "bird", "siel"), NEVER_TOLD)
async def test_what_cannot_be_filtered_is_named(asked: Node, bird: list[str], siel: list[str]):
    """Each source names what of the filter or the order its system does not keep, and is as fresh as ever."""
    async with opened(20) as house:
        listing = await listed(house, **asked)
        told = {each["administration"]["slug"]: each["notFilterable"] for each in listing["sources"]}
        assert told == {"moneybird": bird, "acumulus": siel}
        assert {each["state"] for each in listing["sources"]} == {"FRESH"}
        assert listing["totalCount"] == len(listing["nodes"])


@pytest.mark.parametrize(
    ("where", "path"),
    [
        pytest.param({"hasOpenTodo": False}, "notes", id="notes"),
        pytest.param({"hasMandate": False}, "mandate.sepa.active", id="mandate"),
    ],
)
async def test_what_an_account_keeps_to_itself_is_named(where: Node, path: str):
    """Where details come without what is filtered by, nobody of that book passes, and the source says why."""
    async with opened(12, emulated={"acumulus": {"nodes": "documented"}}) as house:
        listing = await listed(house, where=where)
        assert source(listing, "acumulus")["notFilterable"] == [path]
        assert source(listing, "moneybird")["notFilterable"] == []
        assert of(listing, "acumulus") == set()
        assert of(listing, "moneybird")


FAULTS = [
    pytest.param(Fault("hang", path="contact_get"), 1.5, 60.0, "SYSTEM_UNAVAILABLE", id="hanging-calls"),
    pytest.param(Fault("hang", path="contact_get"), 30.0, 1.5, "DEADLINE_EXCEEDED", id="past-the-deadline"),
    pytest.param(Fault("html", path="contact_get"), 5.0, 60.0, "BAD_UPSTREAM_ANSWER", id="html"),
    pytest.param(Fault("status", path="contact_get", status=503), 5.0, 60.0, "SYSTEM_UNAVAILABLE", id="503"),
]


def hurried(house: House, seconds: float) -> House:
    """Return the same gateway with so much time for an operation."""
    settings = house.gateway.settings
    graphql = replace(settings.graphql, deadline=seconds)
    return replace(house, gateway=replace(house.gateway, settings=replace(settings, graphql=graphql)))


@pytest.mark.parametrize(("fault", "patience", "deadline", "code"), FAULTS)
@pytest.mark.parametrize("read", [0, 5], ids=["nothing-read", "some-read"])
async def test_details_that_fail_leave_what_is_certain(
    fault: Fault, patience: float, deadline: float, code: str, read: int
):
    """Certain rows arrive, Acumulus is PARTIAL and says why, nothing is an error, the total is unknown."""
    async with opened(20, timeout=patience) as patient:
        house = hurried(patient, deadline)
        expected = with_vat_number(house)
        held = (await listed(patient, DETAILED, first=read, where={"system": ["ACUMULUS"]}))["nodes"]
        house.emulators["acumulus"].faults.add(fault)

        async with asyncio.timeout(20):
            answer = await house.ask(LIST, where=HAS_VAT, first=250)

        listing = answer["data"]["contacts"]
        told = source(listing, "acumulus")
        assert (answer["errors"], listing["totalCount"]) == ([], None)
        assert of(listing, "moneybird") == expected["moneybird"]
        assert of(listing, "acumulus") == {node["id"] for node in held if node["vatNumber"]}
        assert (told["state"], told["problem"]["code"], told["matchCount"]) == ("PARTIAL", code, None)
        assert told["detailedCount"] == read
        bird = source(listing, "moneybird")
        assert (bird["state"], bird["matchCount"]) == ("FRESH", len(expected["moneybird"]))

        await house.mend("acumulus")
        healed = await listed(patient, where=HAS_VAT)
        assert {name: of(healed, name) for name in expected} == expected
        assert {(each["state"], each["problem"]) for each in healed["sources"]} == {("FRESH", None)}


async def refused(house: House, **asked: Any) -> list[str]:
    """Return the codes of a list that is not answered."""
    answer = await house.ask(LIST, **asked)
    assert answer["data"] is None
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"first": 251}, id="first"),
        pytest.param({"last": 251}, id="last"),
        pytest.param({"first": 3, "last": 3}, id="both"),
        pytest.param({"search": "a" * 1001}, id="long-search"),
        pytest.param({"search": "a " * 21 + "b c d e f g h i j k l m n o p q r s t u v"}, id="many-words"),
        pytest.param({"order": [{"field": "RELEVANCE"}]}, id="relevance-of-nothing"),
        pytest.param({"search": "  ", "order": [{"field": "RELEVANCE"}]}, id="relevance-of-blanks"),
        pytest.param({"after": "no cursor"}, id="after"),
        pytest.param({"before": "AgAAAAAAAAAAAAAAAAAAAAAAAAAA"}, id="before"),
    ],
)
async def test_what_makes_no_sense_is_refused(asked: Node):
    """Bad arguments are bad input, and ask no system anything."""
    async with opened(2) as house:
        assert await refused(house, **asked) == ["BAD_USER_INPUT"]
        assert house.calls() == {"moneybird": 0, "acumulus": 0}


async def test_foreign_cursors_are_refused():
    """A cursor is good in lists of its order alone, at gateways of the same owner, and as it was given."""
    by_city = [{"field": "CITY"}]
    async with opened(6) as house, opened(6) as same:
        cursors = [edge["cursor"] for edge in (await listed(house))["edges"]]
        cities = [edge["cursor"] for edge in (await listed(house, order=by_city))["edges"]]
        ranked = await listed(house, search="e", order=[{"field": "RELEVANCE"}])
        altered = cursors[0][:-2] + ("AA" if cursors[0][-2:] != "AA" else "BB")

        for wrong in (altered, cities[0], ranked["edges"][0]["cursor"], cursors[0][:-4]):
            assert await refused(house, after=wrong) == ["BAD_USER_INPUT"]
            assert await refused(house, last=2, before=wrong) == ["BAD_USER_INPUT"]
        assert await refused(house, order=by_city, after=cursors[0]) == ["BAD_USER_INPUT"]
        other = {"search": "a", "order": [{"field": "RELEVANCE"}], "after": ranked["edges"][0]["cursor"]}
        assert await refused(house, **other) == ["BAD_USER_INPUT"]

        where = {"kind": ["COMPANY", "PERSON"]}
        expected = (await listed(house))["nodes"][1:]
        assert (await listed(house, where=where, after=cursors[0]))["nodes"] == expected
        assert (await listed(same, after=cursors[0]))["nodes"] == expected
