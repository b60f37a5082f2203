"""What an answer tells of the calls that it cost: the very ones that the systems saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.domain.identity import contact_id
from gateway.emulation.faults import Fault
from gateway.settings import Scope
from tests.e2e.house import House, opened
from tests.e2e.tenants import Estate, browser, key_text, opened_estate
from tests.e2e.writes import document, whole
from tests.serving.visits import client_of

ASKED = {"X-Gateway-Upstream": "1"}
LIST = "{ contacts(first: 20) { totalCount nodes { displayName } } }"
DETAILED = "{ contacts(first: 250) { nodes { displayName about phones { number } } } }"
CHARGES = '{ contacts(administrations: ["moneybird"], first: 3) { nodes { charges { id } } } }'
FACTS = {"system", "administration", "cause", "method", "cache", "started", "ms", "sent", "received"}


@asynccontextmanager
async def asking(contacts: Mapping[str, int], batching: int = 0) -> AsyncIterator[tuple[House, Any]]:
    """Open a house, and a client of it that wants to know; nothing is loaded yet."""
    async with opened(contacts) as house:
        settings = house.gateway.settings
        options = replace(settings.graphql, batching=batching)
        gateway = replace(house.gateway, settings=replace(settings, graphql=options))
        async with client_of(gateway.application()) as client:
            client.headers.update(ASKED)
            yield house, client


async def asked(client: httpx.AsyncClient, query: str, **variables: Any) -> list[dict[str, Any]]:
    """Post an operation, and return what its answer tells of calls."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.headers["cache-control"] == "no-store"
    found: list[dict[str, Any]] = answer.json()["extensions"]["upstream"]
    assert all(set(each) == {*FACTS, "outcome", "tries"} for each in found)
    assert [each["started"] for each in found] == sorted(each["started"] for each in found)
    assert all(each["started"] >= 0 and each["ms"] >= 0 for each in found)
    return found


def facts(calls: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what does not depend on the moment, in an order that does not either."""
    names = ("administration", "cause", "method", "cache", "outcome", "tries")
    return sorted(tuple(call[name] for name in names) for call in calls)


def test_the_readme_shows_such_a_call():
    """The example of the README has every fact of a call, and no other."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    [shown] = [json.loads(line) for line in readme.splitlines() if line.startswith('{"system": "MONEYBIRD"')]
    assert set(shown) == {*FACTS, "outcome", "tries"}


async def test_a_list_and_the_same_again():
    """A cold list tells the calls that loaded its books; a warm one tells that there were none."""
    async with asking({"moneybird": 120, "acumulus": 5}) as (house, client):
        cold = await asked(client, LIST)
        assert house.calls() == {"moneybird": 3, "acumulus": 1}
        warm = await asked(client, LIST)
    load = ("load", "GET", "not held", "200", 1), ("load", "POST", "not held", "200", 1)
    assert facts(cold) == [
        ("acumulus", *load[1]),
        ("moneybird", *load[0]),
        ("moneybird", *load[1]),
        ("moneybird", *load[1]),
    ]
    assert {call["system"] for call in cold} == {"MONEYBIRD", "ACUMULUS"}
    assert all(call["received"] > 100 for call in cold)
    assert [call["sent"] > 0 for call in cold] == [call["method"] == "POST" for call in cold]
    assert warm == []


async def test_a_page_with_details():
    """What a page lacks is fetched as its hydration; charges are asked on demand."""
    async with asking({"moneybird": 3, "acumulus": 4}) as (house, client):
        await asked(client, LIST)
        house.calls()
        detailed = await asked(client, DETAILED)
        assert house.calls() == {"moneybird": 0, "acumulus": 4}
        charges = await asked(client, CHARGES)
    assert facts(detailed) == [("acumulus", "hydrate", "POST", "not held", "200", 1)] * 4
    assert facts(charges) == [("moneybird", "demand", "GET", "not held", "200", 1)] * 3


async def test_a_renewal():
    """Asked anew, and found too old, a book is renewed by calls that say so."""
    arguments = 'administrations: ["moneybird"], maxAge: 0'
    async with asking({"moneybird": 3, "acumulus": 0}) as (house, client):
        await asked(client, LIST)
        anew = await asked(client, f"{{ contacts({arguments}) {{ totalCount }} }}")
        house.clock.move(1000)
        expired = await asked(client, LIST.replace("first: 20", 'first: 20, administrations: ["moneybird"]'))
    assert facts(anew) == [("moneybird", "refresh", "GET", "bypassed", "200", 1)]
    assert facts(expired) == [("moneybird", "refresh", "GET", "expired", "200", 1)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("moneybird", {"companyName": "Nieuw B.V."}, id="moneybird"),
        pytest.param("acumulus", {"label": "Nieuw label"}, id="acumulus"),
    ],
)
async def test_a_write(name: str, values: dict[str, str]):
    """A write tells every call that it consists of, those that only read among them."""
    async with asking({"moneybird": 50, "acumulus": 50}) as (house, client):
        wanted = {"id": contact_id(name, whole(house, name)), "contact": values}
        body = {"query": document("contactUpdate", "id"), "variables": {"input": wanted}}
        answer = (await client.post("/graphql", json=body)).json()
        assert answer["data"]["contactUpdate"]["outcome"] == "UPDATED"
        calls = answer["extensions"]["upstream"]
        assert [each["method"] for each in calls] == [row.method for row in house.rows(name)]
    told = {(each["administration"], each["cause"], each["outcome"]) for each in calls}
    assert told == {(name, "write", "200")}


async def test_a_failing_system():
    """A call that failed and was repeated is two, with what became of each; the other book's are told too."""
    async with asking({"moneybird": 3, "acumulus": 3}) as (house, client):
        house.emulators["acumulus"].faults.add(Fault("status", status=503))
        told = await asked(client, LIST)
    mine = [(each["outcome"], each["tries"]) for each in told if each["administration"] == "acumulus"]
    others = [each["outcome"] for each in told if each["administration"] == "moneybird"]
    assert (mine, others) == ([("503", 1), ("503", 2)], ["200", "200"])


async def test_a_system_that_breaks_off():
    """Where no answer came the error's code is told in its place, and a repetition that went well as such."""
    async with asking({"moneybird": 0, "acumulus": 3}) as (house, client):
        house.emulators["acumulus"].faults.add(Fault("reset", count=1))
        told = await asked(client, LIST.replace("first: 20", 'first: 20, administrations: ["acumulus"]'))
    shown = [(each["outcome"], each["tries"], each["received"] > 0) for each in told]
    assert shown == [("SYSTEM_UNAVAILABLE", 1, False), ("200", 2, True)]


async def test_by_get_and_by_digest():
    """A persisted query by GET tells as one by POST does, and is run anew although it is kept."""
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    known = f'{{"persistedQuery": {{"version": 1, "sha256Hash": "{digest}"}}}}'
    async with asking({"moneybird": 3, "acumulus": 3}) as (_, client):
        first = await client.get("/graphql", params={"query": LIST, "extensions": known})
        again = await client.get("/graphql", params={"extensions": known})
    assert len(first.json()["extensions"]["upstream"]) == 3
    assert again.json()["extensions"]["upstream"] == []
    assert [each.headers["cache-control"] for each in (first, again)] == ["no-store"] * 2


async def test_a_batch():
    """Each operation of a batch tells its own calls: the first loads, the second finds it there."""
    async with asking({"moneybird": 3, "acumulus": 3}, batching=3) as (_, client):
        body = [{"query": LIST}, {"query": LIST}, {"query": CHARGES}]
        answers = (await client.post("/graphql", json=body)).json()
    assert [len(each["extensions"]["upstream"]) for each in answers] == [3, 0, 3]


async def told_to(estate: Estate, word: str, scopes: list[Scope]) -> Any:
    """Ask for everything with one of an owner's keys, and return what is told of calls."""
    headers = {**ASKED, "authorization": f"Bearer {key_text(word, scopes)}"}
    async with browser(estate.gateway) as client:
        return (await client.post("/graphql", json={"query": LIST}, headers=headers)).json()["extensions"]


async def test_two_owners():
    """An owner is told of calls to their own systems alone; without the scope of none at all."""
    async with opened_estate() as estate:
        mine = (await told_to(estate, "arendsnest", [Scope.ADMIN]))["upstream"]
        assert (len(mine), estate.calls("beverburcht")) == (estate.calls("arendsnest"), 0)
        assert {each["administration"] for each in mine} == {"arendsnest-moneybird", "arendsnest-acumulus"}
        theirs = (await told_to(estate, "beverburcht", [Scope.ADMIN]))["upstream"]
        assert {each["administration"] for each in theirs} == {
            "beverburcht-moneybird",
            "beverburcht-acumulus",
        }
        for scopes in ([Scope.READ], [Scope.WRITE], [Scope.RAW, Scope.READ]):
            assert "upstream" not in await told_to(estate, "arendsnest", scopes)
