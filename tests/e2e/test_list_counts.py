"""What lists cost that are searched, filtered or asked anew, counted by the emulators' own logs."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.e2e.house import House, opened
from tests.ports.connected import VENDORS

NOTHING = {"moneybird": 0, "acumulus": 0}
UNCHANGED = {"moneybird": 1, "acumulus": 1}
LOADED = {"moneybird": 2, "acumulus": 1}
"""The calls for two books of up to a hundred contacts."""

THIN = "displayName status customerNumber address { city }"
WHOLE = "displayName about phones { number } vatNumber { value } freshness { complete }"

LIST = """query($search: String, $where: ContactFilter, $age: Int) {
  contacts(first: 250, search: $search, where: $where, maxAge: $age) {
    totalCount nodes { id source { remoteId } %s } sources { matchCount detailedCount contactCount } } }"""
UNCOUNTED = """query($search: String, $where: ContactFilter) {
  contacts(first: 5, search: $search, where: $where) { nodes { displayName } } }"""
PAGE_OF_ACUMULUS = f"""{{ contacts(first: 50, administrations: ["acumulus"]) {{
  totalCount nodes {{ {WHOLE} }} }} }}"""


async def shown(house: House, selection: str = THIN, **asked: Any) -> dict[str, Any]:
    """Ask for a list, in one page."""
    found: dict[str, Any] = (await house.data(LIST % selection, **asked))["contacts"]
    return found


def read_alone(house: House) -> Counter[str]:
    """Return whose details Acumulus was asked for since the last question, and how often."""
    rows = house.rows("acumulus")
    return Counter(row.about["contactid"] for row in rows if row.path.endswith("contact_get.php"))


def of(listing: dict[str, Any], house: House, name: str) -> set[str]:
    """Return a system's own ids of what is listed."""
    return {node["source"]["remoteId"] for node in listing["nodes"]} & set(house.keys(name))


def fill(house: House, name: str, values: dict[str, str], count: int) -> list[str]:
    """Store the same values in some active contacts of a book."""
    keys, book = house.keys(name, archived=False)[:count], house.book(name)
    for key in keys:
        if name == "acumulus":
            book.put({**book.contact(int(key)), **values})
        else:
            book.contact(key).update(values)
            book.changed(key)
    return keys


async def test_changed_contacts_cost_what_changed():
    """Ten changed Moneybird contacts cost two calls, changed rows of Acumulus nothing beyond the list."""
    async with opened({"moneybird": 300, "acumulus": 200}) as house:
        await shown(house)
        changed = {name: house.keys(name, archived=False)[:10] for name in house.emulators}
        for name, keys in changed.items():
            for key in keys:
                VENDORS[name].rename(house.book(name), key, f"Aardig {key}")
        house.calls()

        found = await shown(house, search="aardig", where={"name": {"startsWith": "aardig"}}, age=0)

        calls = [(row.method, row.about.get("ids")) for row in house.rows("moneybird")]
        assert calls == [("GET", None), ("POST", "10")]
        assert house.calls() == {"moneybird": 2, "acumulus": 1}
        assert {name: of(found, house, name) for name in changed} == {
            name: set(keys) for name, keys in changed.items()
        }

        await shown(house, age=0)
        assert house.calls() == UNCHANGED


async def test_a_changed_row_is_read_again_alone():
    """Of a page of fifty held in full, one contact that changed costs one detail call, and that once."""
    async with opened(60) as house:
        before = (await house.data(PAGE_OF_ACUMULUS))["contacts"]["nodes"]
        assert house.calls() == {"moneybird": 0, "acumulus": 51}
        changed = next(node for node in before if node["freshness"]["complete"])["displayName"]
        book = house.book("acumulus")
        rows = [book.contact(int(key)) for key in house.keys("acumulus", archived=False)]
        row = next(row for row in rows if row["contactname1"] == changed)
        book.put({**row, "contactcity": "Waanbeke-Oost", "contactabout": "verhuisd"})
        house.clock.move(301)

        after = (await house.data(PAGE_OF_ACUMULUS))["contacts"]["nodes"]

        assert read_alone(house) == {row["contactid"]: 1}
        assert house.calls() == {"moneybird": 0, "acumulus": 2}
        assert [node["about"] for node in after if node not in before] == ["verhuisd"]
        await house.data(PAGE_OF_ACUMULUS)
        assert house.calls() == NOTHING


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"postalCode": {"eq": "9876ZX"}}, id="postal-code"),
        pytest.param({"vatNumber": {"startsWith": "NL0000000"}}, id="vat-number"),
    ],
)
async def test_a_selective_page_asked_anew(where: dict[str, Any]):
    """With details held, maxAge: 0 asks each list once, and of Acumulus the page's details alone."""
    stored = {
        "moneybird": {"zipcode": "9876 ZX", "tax_number": "NL000000099B57"},
        "acumulus": {"contactpostalcode": "9876zx", "contactvatnumber": "NL000000099B57"},
    }
    async with opened(60) as house:
        holders = {name: fill(house, name, values, 3) for name, values in stored.items()}
        active = len(house.keys("acumulus", archived=False))
        first = await shown(house, WHOLE, where=where)
        assert house.calls() == {"moneybird": 2, "acumulus": 1 + active}

        again = await shown(house, WHOLE, where=where, age=0)

        assert again == first
        assert {name: of(again, house, name) for name in holders} == {
            name: set(keys) for name, keys in holders.items()
        }
        assert read_alone(house) == dict.fromkeys(holders["acumulus"], 1)
        assert house.calls() == {"moneybird": 1, "acumulus": 1 + 3}

        await shown(house, THIN, where=where, age=0)
        assert house.calls() == UNCHANGED


async def test_a_search_reads_details_once():
    """A search over thin rows reads each one's details once; other searches ask nobody any more."""
    async with opened(60) as house:
        active = set(house.keys("acumulus", archived=False))
        found = await shown(house, search="nobody is called this")
        assert (found["totalCount"], found["sources"][1]["detailedCount"]) == (0, len(active))
        assert read_alone(house) == dict.fromkeys(active, 1)
        assert house.calls() == {"moneybird": 2, "acumulus": 1 + len(active)}

        for search in ("nobody is called this", "vi", "1234", "a e", "NL"):
            await shown(house, WHOLE, search=search)
        assert house.calls() == NOTHING


async def test_typing_asks_for_nobody_twice():
    """A word typed letter by letter reads no contact twice, and nobody whom a row already decides."""
    typed = ("vi", "vis", "viss", "vis", "vi")
    async with opened(60) as house:
        (key,) = fill(house, "acumulus", {"contactname1": "Vissers Vis"}, 1)
        active = set(house.keys("acumulus", archived=False))
        for search in typed:
            assert key in of(await shown(house, search=search), house, "acumulus")

        asked = read_alone(house)
        assert set(asked.values()) == {1}
        assert key not in asked
        assert asked.keys() < active

        house.calls()
        for search in typed:
            await shown(house, search=search)
        assert house.calls() == NOTHING


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"city": {"contains": "e"}}, id="city"),
        pytest.param({"country": ["BE", "Duitsland"]}, id="country"),
        pytest.param({"kind": ["PERSON"]}, id="kind"),
        pytest.param({"roles": ["SUPPLIER"]}, id="roles"),
        pytest.param({"email": {"contains": "example"}}, id="email"),
        pytest.param({"customerNumber": {"startsWith": "kl-"}}, id="customer-number"),
        pytest.param({"name": {"contains": "a"}}, id="name"),
        pytest.param({"department": {"isEmpty": False}}, id="department"),
        pytest.param({"system": ["ACUMULUS"]}, id="system"),
        pytest.param({"status": ["ARCHIVED"]}, id="archived"),
        pytest.param({"not": {"status": ["ACTIVE"]}}, id="not-active"),
        pytest.param({"customField": {"id": "1", "value": {"isEmpty": True}}}, id="custom-field"),
        pytest.param({"createdAt": {"after": "2020-01-01T00:00:00Z"}}, id="what-acumulus-never-tells"),
        pytest.param(
            {"or": [{"kind": ["PERSON"]}, {"and": [{"roles": ["CUSTOMER"]}, {"country": ["NL"]}]}]},
            id="several",
        ),
    ],
)
async def test_a_filter_that_rows_tell_costs_no_details(where: dict[str, Any]):
    """What every list row tells is filtered by without reading a single contact."""
    async with opened(80) as house:
        found = await shown(house, where=where)
        assert house.calls() == LOADED
        assert 0 < found["totalCount"] < sum(source["contactCount"] for source in found["sources"])


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="plain"),
        pytest.param({"where": {"city": {"contains": "e"}}}, id="filtered"),
        pytest.param({"where": {"postalCode": {"isEmpty": False}}}, id="filtered-by-details"),
        pytest.param({"search": "vi"}, id="searched"),
    ],
)
async def test_counting_costs_nothing_upstream(asked: dict[str, Any]):
    """With the count selected or not, the systems are asked the same."""
    costs = []
    for document in (UNCOUNTED, UNCOUNTED.replace("{ nodes", "{ totalCount nodes")):
        async with opened(60) as house:
            await house.data(document, **asked)
            costs.append((house.calls(), await house.data(document, **asked) and house.calls()))
    assert costs[0] == costs[1]
    assert costs[0][1] == NOTHING


@pytest.mark.parametrize(
    ("asked", "details"),
    [
        pytest.param({"search": "nobody is called this"}, True, id="search"),
        pytest.param({"where": {"postalCode": {"startsWith": "10"}}}, True, id="filter-of-details"),
        pytest.param({"where": {"country": ["BE"]}}, False, id="filter-of-rows"),
    ],
)
async def test_fifty_cold_lists_at_once_cost_one(asked: dict[str, Any], details: bool):
    """Fifty identical searches or filters that arrive together at a cold gateway cost the calls of one."""
    async with opened(40) as house:
        answers = await asyncio.gather(*(shown(house, **asked) for _ in range(50)))

        assert all(answer == answers[0] for answer in answers)
        active = len(house.keys("acumulus", archived=False))
        assert house.calls() == {"moneybird": 2, "acumulus": 1 + (active if details else 0)}
