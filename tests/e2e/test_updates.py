"""contactUpdate on both systems: what is named changes, everything else stays as it was, byte for byte."""

from __future__ import annotations

import pytest

from gateway.domain.identity import contact_id
from tests.e2e.house import opened
from tests.e2e.writes import (
    ANSWERED_OF_ITSELF,
    CUSTOM_FIELD,
    SAMPLES,
    codes,
    differing,
    nested,
    sent,
    state,
    stored,
    whole,
    write,
)

DOCUMENTED = {"acumulus": {"nodes": "documented"}}

ACUMULUS = sorted(path for path, sample in SAMPLES.items() if sample.acumulus)
MONEYBIRD = sorted(path for path, sample in SAMPLES.items() if sample.moneybird)


class TestOneField:
    """Every path that can be set, alone, against the real adapters and the systems' own state."""

    @pytest.mark.parametrize("path", ACUMULUS)
    async def test_acumulus(self, path: str):
        """Only the nodes of this path differ afterwards, and of this contact alone."""
        sample = SAMPLES[path]
        async with opened(60) as house:
            key = whole(house, "acumulus", unlike=dict(sample.acumulus))
            before = state(house, "acumulus")["contacts"]
            payload = await write(
                house, "contactUpdate", id=contact_id("acumulus", key), contact=nested(path, sample.value)
            )
            assert (payload["outcome"], payload["userErrors"], payload["warnings"]) == ("UPDATED", [], [])
            after = state(house, "acumulus")["contacts"]
            assert sorted(differing(before, after)) == [key]
            changed = differing(before[key], after[key])
            assert {node: pair[1] for node, pair in changed.items()} == dict(sample.acumulus)
            assert [each["field"] for each in payload["changes"]] == [path]
            assert sent(house, "acumulus") == 1

    @pytest.mark.parametrize("path", MONEYBIRD)
    async def test_moneybird(self, path: str):
        """Only the fields of this path differ afterwards, but for marks and what Moneybird does of itself."""
        sample = SAMPLES[path]
        async with opened(60) as house:
            key = whole(house, "moneybird", unlike=dict(sample.moneybird))
            before = state(house, "moneybird")["contacts"]
            payload = await write(
                house, "contactUpdate", id=contact_id("moneybird", key), contact=nested(path, sample.value)
            )
            assert (payload["outcome"], payload["userErrors"]) == ("UPDATED", [])
            after = state(house, "moneybird")["contacts"]
            assert sorted(differing(before, after)) == [key]
            changed = differing(before[key], after[key])
            found = {each: pair[1] for each, pair in changed.items() if each not in ANSWERED_OF_ITSELF}
            assert found == dict(sample.moneybird)
            added = [each for each in payload["warnings"] if each["code"] == "PERSON_ADDED"]
            people = (before[key]["contact_people"], after[key]["contact_people"])
            assert len(people[1]) - len(people[0]) == len(added) == len(payload["warnings"])
            assert sent(house, "moneybird") == 1

    @pytest.mark.parametrize(
        "path", [path for path in ACUMULUS if path not in MONEYBIRD and "sepa" not in path]
    )
    async def test_what_moneybird_lacks(self, path: str):
        """A field that Moneybird does not have is refused by its path, and nothing is sent."""
        async with opened(5) as house:
            key = house.ids("moneybird", archived=False)[0]
            payload = await write(house, "contactUpdate", id=key, contact=nested(path, SAMPLES[path].value))
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_SUPPORTED_BY_SYSTEM"])
            (error,) = payload["userErrors"]
            assert (error["field"], error["path"]) == (["contact", *path.split(".")], path)
            assert (error["system"], house.calls()) == ("MONEYBIRD", {"moneybird": 0, "acumulus": 0})

    @pytest.mark.parametrize("path", sorted(set(SAMPLES) - set(ACUMULUS)))
    async def test_what_acumulus_lacks(self, path: str):
        """A field that Acumulus does not have is refused by its path, and nothing is sent."""
        async with opened(5) as house:
            key = house.ids("acumulus", archived=False)[0]
            payload = await write(house, "contactUpdate", id=key, contact=nested(path, SAMPLES[path].value))
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_SUPPORTED_BY_SYSTEM"])
            assert house.calls() == {"moneybird": 0, "acumulus": 0}

    async def test_a_custom_field(self):
        """One custom field is set by its id; the others keep their values."""
        async with opened(60) as house:
            rows = state(house, "moneybird")["contacts"]
            key = next(
                key for key, row in rows.items() if len(row["custom_fields"]) > 1 and not row["archived"]
            )
            asked = [{"id": CUSTOM_FIELD, "value": "Nieuw & anders"}]
            payload = await write(
                house, "contactUpdate", id=contact_id("moneybird", key), contact={"customFields": asked}
            )
            assert payload["outcome"] == "UPDATED"
            after = stored(house, "moneybird", key)["custom_fields"]
            others = [each for each in rows[key]["custom_fields"] if each["id"] != CUSTOM_FIELD]
            assert [each for each in after if each["id"] != CUSTOM_FIELD] == others
            assert [each["value"] for each in after if each["id"] == CUSTOM_FIELD] == ["Nieuw & anders"]


class TestClearing:
    """Null empties, where a field can be emptied, and is refused where it cannot."""

    @pytest.mark.parametrize("name", ["acumulus", "moneybird"])
    async def test_every_field(self, name: str):
        """What was set is cleared again, one field after the other; what cannot be cleared is INVALID."""
        paths = ACUMULUS if name == "acumulus" else MONEYBIRD
        query = "{ administrations { slug fields { path writable clearable } } }"
        async with opened(60) as house:
            found = (await house.data(query))["administrations"]
            rules = {each["path"]: each for one in found if one["slug"] == name for each in one["fields"]}
            for path in paths:
                assert rules[path]["writable"], path
                sample = SAMPLES[path]
                wanted = dict(sample.acumulus if name == "acumulus" else sample.moneybird)
                key = whole(house, name, unlike=wanted)
                identity = contact_id(name, key)
                await write(house, "contactUpdate", id=identity, contact=nested(path, sample.value))
                before = stored(house, name, key)
                payload = await write(house, "contactUpdate", id=identity, contact=nested(path, None))
                after = stored(house, name, key)
                if not rules[path]["clearable"]:
                    assert (payload["outcome"], codes(payload)) == ("REFUSED", ["INVALID"]), path
                    assert after == before
                    continue
                if payload["outcome"] == "REFUSED":
                    # The last name of a contact: a rule of the system's, not of the field.
                    assert set(codes(payload)) <= {"REQUIRED"}, (path, payload)
                    continue
                assert payload["outcome"] == "UPDATED", (path, payload)
                assert all(after[each] in ("", "0", None) for each in wanted), (path, payload)

    async def test_a_group(self):
        """A null group clears what can be cleared of it, and what no other group shares stays."""
        async with opened(60) as house:
            rows = state(house, "acumulus")["contacts"]
            key = next(
                key
                for key, row in rows.items()
                if row["contactsepamandatenr"]
                and row["contactiban"]
                and row["contactcountrycode"]
                and row["contactsalutation"]
                and row["contactstatus"] == "1"
            )
            payload = await write(
                house, "contactUpdate", id=contact_id("acumulus", key), contact={"sepaMandate": None}
            )
            assert payload["outcome"] == "UPDATED"
            changed = differing(rows[key], stored(house, "acumulus", key))
            assert set(changed) <= {"contactsepamandatenr", "contactsepamandatedate"}
            assert {pair[1] for pair in changed.values()} == {""}


class TestGuard:
    """What Acumulus would clear, and did not tell, is not written by guess."""

    async def test_documented_answers(self):
        """Where the account answers only what is documented, an update is refused and names every field."""
        async with opened(20, emulated=DOCUMENTED) as house:
            key = whole(house, "acumulus")
            before = state(house, "acumulus")
            payload = await write(
                house, "contactUpdate", id=contact_id("acumulus", key), contact={"companyName": "Nieuw"}
            )
            assert payload["outcome"] == "REFUSED"
            assert set(codes(payload)) == {"WOULD_CLEAR_FIELDS"}
            paths = {each["path"] for each in payload["userErrors"]}
            assert {"about", "phones.second", "sepaMandate.reference", "invoicing.notes"} <= paths
            assert (state(house, "acumulus"), sent(house, "acumulus")) == (before, 0)

    async def test_accepted(self):
        """Who agrees by naming those paths gets the update, and exactly those fields are cleared."""
        async with opened(20, emulated=DOCUMENTED) as house:
            key = whole(house, "acumulus")
            identity, asked = contact_id("acumulus", key), {"companyName": "Nieuw"}
            refused = await write(house, "contactUpdate", id=identity, contact=asked)
            accept = [each["path"] for each in refused["userErrors"]]
            before = stored(house, "acumulus", key)
            payload = await write(house, "contactUpdate", id=identity, contact=asked, acceptClearing=accept)
            assert payload["outcome"] == "UPDATED"
            changed = differing(before, stored(house, "acumulus", key))
            assert changed.pop("contactname1")[1] == "Nieuw"
            kept = {"contactname2", "contactperson", "contactiban", "contactemail", "contactwebsite"}
            assert kept.isdisjoint(changed)

    async def test_an_empty_country(self):
        """A contact without a country would become Dutch: refused as that field alone."""
        async with opened(120) as house:
            rows = state(house, "acumulus")["contacts"]
            key = next(
                key
                for key, row in rows.items()
                if not row["contactcountrycode"] and row["contactsalutation"] and row["contactstatus"] == "1"
            )
            identity = contact_id("acumulus", key)
            payload = await write(house, "contactUpdate", id=identity, contact={"label": "x"})
            assert [each["path"] for each in payload["userErrors"]] == ["address.countryCode"]
            assert stored(house, "acumulus", key) == rows[key]
            asked = {"label": "x", "address": {"countryCode": "BE"}}
            payload = await write(house, "contactUpdate", id=identity, contact=asked)
            assert payload["outcome"] == "UPDATED"
            changed = differing(rows[key], stored(house, "acumulus", key))
            assert {"contactmark", "contactcountrycode"} == set(changed)
