"""contactUpdate on both systems: versions, dry runs, faults, and reading one's own write."""

from __future__ import annotations

import asyncio

import pytest

from gateway.domain.identity import contact_id
from gateway.domain.text import fold
from tests.e2e.house import opened
from tests.e2e.writes import codes, differing, sent, state, stored, whole, write


class TestVersions:
    """Writing only while nobody else has written."""

    @pytest.mark.parametrize("name", ["acumulus", "moneybird"])
    async def test_conflict(self, name: str):
        """Another version is CONFLICT with the contact as it is now; the right one goes through."""
        async with opened(20) as house:
            identity = contact_id(name, whole(house, name))
            query = "query($id: ID!) { contact(id: $id) { source { version } } }"
            version = (await house.data(query, id=identity))["contact"]["source"]["version"]
            field = "companyName"
            first = await write(
                house, "contactUpdate", id=identity, ifVersion=version, contact={field: "Eerste"}
            )
            assert first["outcome"] == "UPDATED"
            house.calls()
            second = await write(
                house, "contactUpdate", id=identity, ifVersion=version, contact={field: "Tweede"}
            )
            assert (second["outcome"], codes(second)) == ("REFUSED", ["CONFLICT"])
            assert (second["contact"]["companyName"], sent(house, name)) == ("Eerste", 0)
            newer = second["contact"]["source"]["version"]
            third = await write(
                house, "contactUpdate", id=identity, ifVersion=newer, contact={field: "Tweede"}
            )
            assert third["outcome"] == "UPDATED"

    @pytest.mark.parametrize("name", ["acumulus", "moneybird"])
    async def test_two_at_once(self, name: str):
        """Two clients change different fields of one contact at the same moment: both changes are there."""
        async with opened(20) as house:
            key = whole(house, name)
            identity = contact_id(name, key)
            payloads = await asyncio.gather(
                write(house, "contactUpdate", id=identity, contact={"companyName": "Een"}),
                write(house, "contactUpdate", id=identity, contact={"address": {"city": "Twee"}}),
            )
            assert [each["outcome"] for each in payloads] == ["UPDATED", "UPDATED"]
            row = stored(house, name, key)
            names = ("contactname1", "contactcity") if name == "acumulus" else ("company_name", "city")
            assert [row[each] for each in names] == ["Een", "Twee"]


class TestDryRun:
    """What would happen, without its happening."""

    @pytest.mark.parametrize("name", ["acumulus", "moneybird"])
    async def test_update(self, name: str):
        """It tells the changes and the requests without credentials; nothing changes in the system."""
        async with opened(20) as house:
            key = whole(house, name, unlike={"contactcity" if name == "acumulus" else "city": "Proefdam"})
            before = state(house, name)
            payload = await write(
                house,
                "contactUpdate",
                id=contact_id(name, key),
                contact={"address": {"city": "Proefdam"}},
                dryRun=True,
                clientMutationId="c-1",
            )
            assert (payload["outcome"], payload["userErrors"]) == ("DRY_RUN", [])
            assert payload["clientMutationId"] == "c-1"
            (change,) = payload["changes"]
            assert (change["field"], change["after"]) == ("address.city", "Proefdam")
            (request,) = payload["requests"]
            assert "Proefdam" in request["body"]
            for word in ("sandbox-token", "sandbox-only", "contractcode", "123456<"):
                assert word not in request["body"]
            assert (state(house, name), sent(house, name)) == (before, 0)

    async def test_the_system_itself_has_a_say(self):
        """Acumulus checks a dry run in its test mode: a template that it does not know is told before."""
        async with opened(20) as house:
            key = whole(house, "acumulus")
            payload = await write(
                house,
                "contactUpdate",
                id=contact_id("acumulus", key),
                contact={"invoicing": {"templateId": "999999"}},
                dryRun=True,
            )
            assert payload["outcome"] == "DRY_RUN"
            assert "VALUE_REPLACED" in [each["code"] for each in payload["warnings"]]

    @pytest.mark.parametrize("name", ["acumulus", "moneybird"])
    async def test_nothing_new(self, name: str):
        """An update that sets what is there already is UNCHANGED and writes nothing."""
        async with opened(20) as house:
            key = whole(house, name)
            row = stored(house, name, key)
            value = row["contactcity" if name == "acumulus" else "city"]
            payload = await write(
                house, "contactUpdate", id=contact_id(name, key), contact={"address": {"city": value or None}}
            )
            assert (payload["outcome"], payload["changes"], sent(house, name)) == ("UNCHANGED", [], 0)


FAULTY = {
    "emails": ["geen adres"],
    "vatNumber": "NL12",
    "chamberOfCommerce": "12",
    "bankAccount": {"iban": "NL00ABNA0417164300"},
    "sepaMandate": {"iban": "NL00ABNA0417164300", "signedOn": "2999-01-01"},
    "companyName": "a\u0000b",
}


async def test_all_faults_at_once():
    """Everything that is wrong with an input is told in one answer, before any call."""
    async with opened(5) as house:
        payload = await write(
            house, "contactUpdate", id=house.ids("moneybird", archived=False)[0], contact=FAULTY
        )
        paths = {each["path"] for each in payload["userErrors"]}
        assert paths == {
            *(
                "emails",
                "vatNumber",
                "chamberOfCommerce",
                "bankAccount.iban",
                "sepaMandate.iban",
                "sepaMandate.signedOn",
                "companyName",
            )
        }
        assert set(codes(payload)) == {"INVALID"}
        assert house.calls() == {"moneybird": 0, "acumulus": 0}


@pytest.mark.parametrize("name", ["acumulus", "moneybird"])
async def test_read_your_own_write(name: str):
    """Right after the answer the contact, lists, searches, filters and orders show it, without a new list."""
    listing = """query($search: String, $where: ContactFilter) {
      contacts(search: $search, where: $where, first: 250, orderBy: [{ field: NAME }]) {
        totalCount nodes { id displayName address { city } } } }"""
    async with opened(40) as house:
        await house.data(listing, search="read the details too")
        key = whole(house, name)
        identity = contact_id(name, key)
        asked = {"companyName": "Aaa Vooraan", "address": {"city": "Zzonderdam"}}
        assert (await write(house, "contactUpdate", id=identity, contact=asked))["outcome"] == "UPDATED"
        house.calls()
        found = (await house.data("query($id: ID!) { contact(id: $id) { displayName } }", id=identity))[
            "contact"
        ]
        assert found["displayName"] == "Aaa Vooraan"
        nodes = (await house.data(listing))["contacts"]["nodes"]
        assert [each["address"]["city"] for each in nodes if each["id"] == identity] == ["Zzonderdam"]
        names = [fold(each["displayName"]) for each in nodes]
        assert names == sorted(names)
        for variables in (
            {"search": "aaa vooraan"},
            {"where": {"city": {"eq": "zzonderdam"}}},
            {"where": {"name": {"startsWith": "aaa"}}},
        ):
            shown = (await house.data(listing, **variables))["contacts"]
            assert ([each["id"] for each in shown["nodes"]], shown["totalCount"]) == ([identity], 1)
        assert house.calls()[name] == 0


async def test_a_foreign_id_is_unknown():
    """An id of a contact that is not there is NOT_FOUND, in both systems, and nothing is written."""
    async with opened(5) as house:
        for name, key in (("moneybird", "433118204917999999"), ("acumulus", "999999999")):
            payload = await write(
                house, "contactUpdate", id=contact_id(name, key), contact={"companyName": "x"}
            )
            assert (payload["outcome"], codes(payload), payload["contact"]) == (
                "REFUSED",
                ["NOT_FOUND"],
                None,
            )
            assert sent(house, name) == 0


async def test_read_only():
    """An administration that is read-only refuses every write, without a call."""
    async with opened(5, options={"moneybird": {"read_only": True}}) as house:
        payload = await write(
            house, "contactUpdate", id=house.ids("moneybird")[0], contact={"companyName": "x"}
        )
        assert (payload["outcome"], codes(payload)) == ("REFUSED", ["FORBIDDEN"])
        assert house.calls() == {"moneybird": 0, "acumulus": 0}


class TestSystemsThatDiffer:
    """What no page tells may be either way: the outcome is true both ways."""

    async def test_a_null_that_keeps(self):
        """Where Moneybird takes no notice of null, what was to be cleared is told to be kept."""
        async with opened(40, emulated={"moneybird": {"nulls": "kept"}}) as house:
            rows = state(house, "moneybird")["contacts"]
            key = next(key for key, row in rows.items() if row["invoice_workflow_id"] and not row["archived"])
            payload = await write(
                house,
                "contactUpdate",
                id=contact_id("moneybird", key),
                contact={"invoicing": {"workflowId": None}, "address": {"city": "Nieuwdam"}},
            )
            assert payload["outcome"] == "UPDATED"
            (warning,) = [each for each in payload["warnings"] if each["code"] != "PERSON_ADDED"]
            assert (warning["code"], warning["field"]) == (
                "VALUE_KEPT",
                ["contact", "invoicing", "workflowId"],
            )

    @pytest.mark.parametrize(
        "choices",
        [
            pytest.param({"manage_answers": "submitted"}, id="an-answer-that-echoes"),
            pytest.param({"identical": "unchanged"}, id="unchanged-where-nothing-changes"),
            pytest.param({"unknown_id": "add"}, id="unknown-ids-are-added"),
            pytest.param({"empty": "status2"}, id="empty-lists-of-2014"),
        ],
    )
    async def test_acumulus_either_way(self, choices: dict[str, str]):
        """An update changes what it names alone, an unknown contact is not made, whatever Acumulus does."""
        async with opened(20, emulated={"acumulus": choices}) as house:
            key = whole(house, "acumulus")
            before = state(house, "acumulus")["contacts"]
            payload = await write(
                house, "contactUpdate", id=contact_id("acumulus", key), contact={"label": "Nieuw label"}
            )
            assert (payload["outcome"], payload["warnings"]) == ("UPDATED", [])
            after = state(house, "acumulus")["contacts"]
            assert differing(before, after).keys() == {key}
            assert differing(before[key], after[key]).keys() == {"contactmark"}
            gone = contact_id("acumulus", "999999999")
            payload = await write(house, "contactUpdate", id=gone, contact={"label": "x"})
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_FOUND"])
            assert state(house, "acumulus")["contacts"] == after

    async def test_line_breaks_that_come_back_as_letters(self):
        r"""A text that reads as `\n` may be either, so it is not written back unasked; set, it is right."""
        async with opened(60, emulated={"acumulus": {"breaks": "escaped"}}) as house:
            rows = state(house, "acumulus")["contacts"]
            needed = ("contactcountrycode", "contactsalutation", "contactvattype", "contactvattypeid")
            key = next(
                key
                for key, row in rows.items()
                if "\n" in row["contactabout"]
                and "\n" not in row["contactinvoicenotes"]
                and all(row[each] for each in needed)
            )
            identity = contact_id("acumulus", key)
            payload = await write(house, "contactUpdate", id=identity, contact={"label": "x"})
            assert [each["path"] for each in payload["userErrors"]] == ["about"]
            assert state(house, "acumulus")["contacts"] == rows
            asked = {"label": "x", "about": "Een\nTwee"}
            payload = await write(house, "contactUpdate", id=identity, contact=asked)
            assert payload["outcome"] == "UPDATED"
            assert state(house, "acumulus")["contacts"][key]["contactabout"] == "Een\nTwee"

    async def test_a_token_that_only_reads(self):
        """Moneybird's refusal of a write is told, and nothing is written."""
        async with opened(10, emulated={"moneybird": {"rights": "read"}}) as house:
            before = state(house, "moneybird")
            payload = await write(
                house,
                "contactUpdate",
                id=contact_id("moneybird", whole(house, "moneybird")),
                contact={"companyName": "x"},
            )
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["CREDENTIALS_REJECTED"])
            assert state(house, "moneybird") == before
