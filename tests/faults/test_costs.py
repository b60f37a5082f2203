"""What a failing system, or a single record that is not in order, costs: itself, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.identity import contact_id
from gateway.emulation.faults import Fault
from tests.faults.house import OTHER, Built, House, built
from tests.faults.leaping import leaping

LIST = """{ contacts(first: 250) { totalCount
  nodes { id displayName source { system } freshness { stale staleBecause { code } complete } }
  sources { state matchCount contactCount problem { code message retryable retryAfter }
    administration { slug system } } } }"""
DETAILS = """{ contacts(first: 250) { nodes { id about phones { number } freshness { complete } }
  sources { state problem { code } administration { slug } } } }"""
CONTACT = "query($id: ID!) { contact(id: $id) { displayName freshness { stale staleBecause { code } } } }"


async def listed(house: House, document: str = LIST) -> dict[str, Any]:
    """Ask for the list, which never fails as a whole."""
    answer = await house.ask(document)
    assert answer["errors"] == []
    found: dict[str, Any] = answer["data"]["contacts"]
    return found


def source(shown: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in shown["sources"] if each["administration"]["slug"] == name)
    return found


def ids(shown: dict[str, Any], name: str) -> set[str]:
    return {node["id"] for node in shown["nodes"] if node["source"]["system"] == name.upper()}


@leaping
async def test_nothing_is_kept_for_ever():
    """Rows older than a day are not shown any more while their system fails."""
    async with built(Built(contacts=20)) as house:
        await listed(house)
        house.emulators["moneybird"].faults.add(Fault("status", status=503))
        house.clock.move(86_500)

        shown = await listed(house)

        assert ids(shown, "moneybird") == set()
        assert source(shown, "moneybird")["state"] == "UNAVAILABLE"
        assert source(shown, "moneybird")["problem"]["code"] == "SYSTEM_UNAVAILABLE"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(Fault("hang", path="contact_get"), "DEADLINE_EXCEEDED", id="hanging"),
        pytest.param(Fault("html", path="contact_get"), "BAD_UPSTREAM_ANSWER", id="html"),
        pytest.param(Fault("status", path="contact_get", status=429), "RATE_LIMITED", id="429"),
    ],
)
@leaping
async def test_missing_details_leave_thin_rows(fault: Fault, code: str):
    """Where only the details fail, the rows stay, marked as incomplete, and the source is PARTIAL."""
    async with built(Built(contacts=12)) as house:
        house.emulators["acumulus"].faults.add(fault)

        shown = await listed(house, DETAILS)

        mine = set(house.ids("acumulus", archived=False))
        thin = {node["id"] for node in shown["nodes"] if not node["freshness"]["complete"]}
        assert thin == mine
        assert all(node["phones"] is None for node in shown["nodes"] if node["id"] in mine)
        assert (source(shown, "acumulus")["state"], source(shown, "acumulus")["problem"]) == (
            "PARTIAL",
            {"code": code},
        )
        assert source(shown, "moneybird")["state"] == "FRESH"

        await house.mend("acumulus")
        healed = await listed(house, DETAILS)
        assert all(node["freshness"]["complete"] for node in healed["nodes"])
        assert {each["state"] for each in healed["sources"]} == {"FRESH"}


@leaping
async def test_failing_charges_cost_themselves():
    """Where only the charges fail, contacts are whole, charges null, and one error says why."""
    document = "{ contacts(first: 50) { nodes { displayName charges { price } } sources { state } } }"
    async with built(Built(contacts=20)) as house:
        house.emulators["moneybird"].faults.add(Fault("status", status=503, path="additional_charges"))

        answer = await house.ask(document)

        nodes = answer["data"]["contacts"]["nodes"]
        (entry,) = answer["errors"]
        assert all(node["displayName"] for node in nodes)
        assert {str(node["charges"]) for node in nodes} == {"None", "[]"}
        assert (entry["path"][-1], entry["extensions"]["code"]) == ("charges", "SYSTEM_UNAVAILABLE")
        assert (entry["extensions"]["system"], entry["extensions"]["administration"]) == (
            "MONEYBIRD",
            "moneybird",
        )


@leaping
async def test_both_systems_away():
    """With nobody there the list is empty and says so twice; the root is never null."""
    async with built(Built(contacts=5)) as house:
        for emulator in house.emulators.values():
            emulator.faults.add(Fault("refuse", seconds=60))

        shown = await listed(house)

        assert (shown["nodes"], shown["totalCount"]) == ([], None)
        assert [(each["state"], each["problem"]["code"]) for each in shown["sources"]] == [
            ("UNAVAILABLE", "SYSTEM_UNAVAILABLE")
        ] * 2


@leaping
async def test_an_unreadable_value_costs_itself():
    """A value that makes no sense is null; its contact and every other value stay."""
    document = """query($id: ID!) { contact(id: $id) {
      displayName createdAt updatedAt booking { privateUseRate } } }"""
    async with built(Built(contacts=10)) as house:
        row = house.book("moneybird").contact(house.keys("moneybird")[0])
        row["created_at"] = "yesterday"
        house.book("moneybird").changed(row["id"])
        stored = dict(house.book("acumulus").contact(int(house.keys("acumulus")[0])))
        house.book("acumulus").put({**stored, "contactprivaterate": "much"})

        bird = (await house.data(document, id=contact_id("moneybird", row["id"])))["contact"]
        siel = (await house.data(document, id=contact_id("acumulus", stored["contactid"])))["contact"]

        assert (bird["createdAt"], bird["updatedAt"]) == (None, row["updated_at"])
        assert bird["displayName"]
        assert (siel["displayName"], siel["booking"]) == (stored["contactname1"], {"privateUseRate": None})
        assert {each["state"] for each in (await listed(house))["sources"]} == {"FRESH"}


def lose_the_id(house: House, name: str) -> None:
    """Put a record without an id into a book, in place of one that had one."""
    book, key = house.book(name), house.keys(name, archived=False)[0]
    if name == "moneybird":
        book.contact(key)["id"] = None
    else:
        book.put({**book.contact(int(key)), "contactid": ""})


@pytest.mark.parametrize("name", sorted(OTHER))
@leaping
async def test_a_record_without_an_id_is_left_out(name: str):
    """It is counted and named in its source, which is PARTIAL; every other contact arrives."""
    async with built(Built(contacts=20)) as house:
        expected = set(house.ids(name, archived=False))
        lose_the_id(house, name)
        kept = expected & {contact_id(name, key) for key in house.keys(name) if key}

        shown = await listed(house)

        told = source(shown, name)
        assert ids(shown, name) == kept
        assert (told["state"], told["problem"]["code"]) == ("PARTIAL", "BAD_UPSTREAM_ANSWER")
        assert told["problem"]["message"].startswith("1 ")
        assert source(shown, OTHER[name])["state"] == "FRESH"


@leaping
async def test_a_deleted_contact_goes():
    """A contact that its system no longer has is gone after the next look; others stay."""
    async with built(Built(contacts=20)) as house:
        before = await listed(house)
        key = house.keys("moneybird", archived=False)[0]
        del house.book("moneybird")._rows[key]
        house.clock.move(301)

        after = await listed(house)

        assert ids(before, "moneybird") - ids(after, "moneybird") == {contact_id("moneybird", key)}
        assert {each["state"] for each in after["sources"]} == {"FRESH"}
