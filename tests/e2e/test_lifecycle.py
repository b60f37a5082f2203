"""Contacts made, archived, brought back and deleted, on both systems."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.domain.identity import contact_id, parse
from tests.e2e.house import opened
from tests.e2e.writes import codes, differing, state, stored, whole, write

NAMES = ["acumulus", "moneybird"]
DOCUMENTED = {"acumulus": {"nodes": "documented"}}

NEW = {
    "companyName": "Nieuw & Zn \\ B.V.",
    "customerNumber": "NIEUW-1",
    "emails": ["een@nieuw.example", "twee@nieuw.example"],
    "phones": {"main": "+31 20 7654321"},
    "address": {"line1": "Nieuwweg 1", "postalCode": "1234 AB", "city": "Nieuwdam", "countryCode": "BE"},
    "vatNumber": "BE0411905847",
}
STORED = {
    "acumulus": {
        "contactname1": "Nieuw & Zn \\ B.V.",
        "contactyourid": "NIEUW-1",
        "contactemail": "een@nieuw.example,twee@nieuw.example",
        "contacttelephone": "+31 20 7654321",
        "contactaddress1": "Nieuwweg 1",
        "contactpostalcode": "1234 AB",
        "contactcity": "Nieuwdam",
        "contactcountrycode": "BE",
        "contactvatnumber": "BE0411905847",
        "contactstatus": "1",
    },
    "moneybird": {
        "company_name": "Nieuw & Zn \\ B.V.",
        "customer_id": "NIEUW-1",
        "send_invoices_to_email": "een@nieuw.example,twee@nieuw.example",
        "phone": "+31 20 7654321",
        "address1": "Nieuwweg 1",
        "zipcode": "1234 AB",
        "city": "Nieuwdam",
        "country": "BE",
        "tax_number": "BE0411905847",
        "archived": False,
    },
}


class TestCreate:
    """contactCreate."""

    @pytest.mark.parametrize("name", NAMES)
    async def test_a_new_contact(self, name: str):
        """It is stored as asked, once; the answer is the record, and lists and searches show it at once."""
        async with opened(10) as house:
            await house.data('{ contacts(search: "read the details too") { totalCount } }')
            before = state(house, name)["contacts"]
            payload = await write(house, "contactCreate", administration=name, contact=NEW)
            assert (payload["outcome"], payload["userErrors"]) == ("CREATED", [])
            after = state(house, name)["contacts"]
            (key,) = differing(before, after)
            assert {each: after[key][each] for each in STORED[name]} == STORED[name]
            assert payload["contact"]["id"] == contact_id(name, key)
            house.calls()
            found = (await house.data('{ contacts(search: "nieuw-1") { nodes { id } } }'))["contacts"][
                "nodes"
            ]
            assert [each["id"] for each in found] == [contact_id(name, key)]
            assert house.calls()[name] == 0
            number = 'contactByCustomerNumber(customerNumber: "NIEUW-1", administration: "%s") { id }'
            assert (await house.data("{ %s }" % (number % name)))["contactByCustomerNumber"] == {
                "id": contact_id(name, key)
            }

    async def test_where_answers_are_thin(self):
        """A new contact needs nothing that was read: it is made where an account answers little, too."""
        async with opened(5, emulated=DOCUMENTED) as house:
            before = state(house, "acumulus")["contacts"]
            payload = await write(house, "contactCreate", administration="acumulus", contact=NEW)
            assert (payload["outcome"], payload["userErrors"]) == ("CREATED", [])
            after = state(house, "acumulus")["contacts"]
            (key,) = differing(before, after)
            assert {each: after[key][each] for each in STORED["acumulus"]} == STORED["acumulus"]

    async def test_defaults_that_nobody_asked_for(self):
        """What Acumulus fills in by itself is told, field by field."""
        async with opened(5) as house:
            payload = await write(
                house, "contactCreate", administration="acumulus", contact={"companyName": "Kaal"}
            )
            assert payload["outcome"] == "CREATED"
            told = {".".join(each["field"][1:]) for each in payload["warnings"]}
            assert {each["code"] for each in payload["warnings"]} == {"DEFAULT_SET"}
            assert {"salutation", "address.countryCode"} <= told

    @pytest.mark.parametrize("name", NAMES)
    async def test_without_a_name(self, name: str):
        """Nobody is made without a name, and every fault is told at once, before any call."""
        async with opened(5) as house:
            payload = await write(
                house,
                "contactCreate",
                administration=name,
                contact={"emails": ["x"], "address": {"city": "Y"}},
            )
            assert payload["outcome"] == "REFUSED"
            assert {"INVALID", "REQUIRED"} <= set(codes(payload))
            assert house.calls() == {"moneybird": 0, "acumulus": 0}

    async def test_a_number_that_is_taken(self):
        """A customer number that an archived contact holds is TAKEN, and its holder is named."""
        async with opened(60) as house:
            rows = state(house, "moneybird")["contacts"]
            holder = next(row for row in rows.values() if row["archived"] and row["customer_id"])
            asked = {"companyName": "Nieuw", "customerNumber": holder["customer_id"]}
            payload = await write(house, "contactCreate", administration="moneybird", contact=asked)
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["TAKEN"])
            (error,) = payload["userErrors"]
            assert error["field"] == ["contact", "customerNumber"]
            assert [each["id"] for each in error["related"]] == [contact_id("moneybird", holder["id"])]
            assert error["related"][0]["status"] == "ARCHIVED"
            assert state(house, "moneybird")["contacts"] == rows

    @pytest.mark.parametrize("name", NAMES)
    async def test_dry_run(self, name: str):
        """It shows what would be sent, makes nobody, and has no contact to show."""
        async with opened(5) as house:
            before = state(house, name)
            payload = await write(house, "contactCreate", administration=name, contact=NEW, dryRun=True)
            assert (payload["outcome"], payload["contact"]) == ("DRY_RUN", None)
            assert "Nieuwdam" in payload["requests"][0]["body"]
            assert state(house, name) == before

    @pytest.mark.parametrize("name", NAMES)
    async def test_one_key_one_contact(self, name: str):
        """Twenty creates with one idempotency key, at once and again, make one contact."""
        asked = {"administration": name, "contact": NEW, "idempotencyKey": "k-1"}
        async with opened(5) as house:
            before = state(house, name)["contacts"]
            payloads = await asyncio.gather(*(write(house, "contactCreate", **asked) for _ in range(20)))
            again = await write(house, "contactCreate", **asked)
            (key,) = differing(before, state(house, name)["contacts"])
            for each in (*payloads, again):
                assert (each["outcome"], each["contact"]["id"]) == ("CREATED", contact_id(name, key))
            other = {**asked, "contact": {**NEW, "companyName": "Anders"}}
            payload = await write(house, "contactCreate", **other)
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["IDEMPOTENCY_KEY_REUSED"])

    async def test_a_refusal_is_not_kept(self):
        """A key under which nothing was written is as good as new."""
        async with opened(5) as house:
            bad = {
                "companyName": "Nieuw",
                "customerNumber": stored(house, "moneybird", house.keys("moneybird")[0])["customer_id"],
            }
            asked: dict[str, Any] = {"administration": "moneybird", "idempotencyKey": "k-2"}
            assert (await write(house, "contactCreate", contact=bad, **asked))["outcome"] == "REFUSED"
            assert (await write(house, "contactCreate", contact=NEW, **asked))["outcome"] == "CREATED"


class TestArchive:
    """contactArchive and contactRestore."""

    @pytest.mark.parametrize("name", NAMES)
    async def test_archive(self, name: str):
        """It is ARCHIVED, nothing else of it changes, lists leave it out; a second time is ALREADY."""
        mark = {"acumulus": {"contactstatus"}, "moneybird": {"archived", "updated_at", "version", "events"}}
        async with opened(20) as house:
            await house.data("{ contacts { totalCount } }")
            key = whole(house, name)
            identity, before = contact_id(name, key), state(house, name)["contacts"]
            payload = await write(house, "contactArchive", id=identity)
            assert (payload["outcome"], payload["userErrors"]) == ("ARCHIVED", [])
            assert payload["contact"]["status"] == "ARCHIVED"
            after = state(house, name)["contacts"]
            assert list(differing(before, after)) == [key]
            assert set(differing(before[key], after[key])) <= mark[name]
            nodes = (await house.data("{ contacts(first: 250) { nodes { id } } }"))["contacts"]["nodes"]
            assert identity not in [each["id"] for each in nodes]
            payload = await write(house, "contactArchive", id=identity)
            assert (payload["outcome"], state(house, name)["contacts"]) == ("ALREADY", after)

    async def test_restore_at_acumulus(self):
        """An archived contact is RESTORED, nothing else of it changes; a second time is ALREADY."""
        async with opened(60) as house:
            key = whole(house, "acumulus", archived=True)
            identity, before = contact_id("acumulus", key), stored(house, "acumulus", key)
            payload = await write(house, "contactRestore", id=identity)
            assert (payload["outcome"], payload["contact"]["status"]) == ("RESTORED", "ACTIVE")
            assert differing(before, stored(house, "acumulus", key)) == {"contactstatus": ("0", "1")}
            assert (await write(house, "contactRestore", id=identity))["outcome"] == "ALREADY"

    async def test_restore_at_moneybird(self):
        """Moneybird cannot bring a contact back, and says so without a call."""
        async with opened(10) as house:
            payload = await write(house, "contactRestore", id=house.ids("moneybird")[0])
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_SUPPORTED_BY_SYSTEM"])
            assert house.calls()["moneybird"] == 0

    async def test_what_is_not_known_is_not_cleared(self):
        """Archiving at Acumulus is an update, and refused where it would clear what was not told."""
        async with opened(10, emulated=DOCUMENTED) as house:
            key = whole(house, "acumulus")
            before = state(house, "acumulus")
            payload = await write(house, "contactArchive", id=contact_id("acumulus", key))
            assert (payload["outcome"], set(codes(payload))) == ("REFUSED", {"WOULD_CLEAR_FIELDS"})
            assert state(house, "acumulus") == before
            accept = [each["path"] for each in payload["userErrors"]]
            payload = await write(
                house, "contactArchive", id=contact_id("acumulus", key), acceptClearing=accept
            )
            assert payload["outcome"] == "ARCHIVED"

    @pytest.mark.parametrize("mutation", ["contactArchive", "contactDelete"])
    async def test_dry_run(self, mutation: str):
        """A dry run says what would be sent, and changes nothing."""
        async with opened(10) as house:
            before = state(house, "moneybird")
            payload = await write(house, mutation, id=house.ids("moneybird", archived=False)[0], dryRun=True)
            assert (payload["outcome"], len(payload["requests"])) == ("DRY_RUN", 1)
            assert state(house, "moneybird") == before


class TestDelete:
    """contactDelete."""

    async def test_one_that_is_not_in_use(self):
        """It is DELETED and gone: from the book, from look-ups and lists; then it is NOT_FOUND."""
        async with opened(40) as house:
            await house.data("{ contacts { totalCount } }")
            found = state(house, "moneybird")
            key = next(
                key
                for key, row in found["contacts"].items()
                if key not in found["in_use"] and not row["archived"]
            )
            identity = contact_id("moneybird", key)
            payload = await write(house, "contactDelete", id=identity)
            assert (payload["outcome"], payload["deletedId"]) == ("DELETED", identity)
            assert payload["contact"] is None
            assert key not in state(house, "moneybird")["contacts"]
            nodes = (await house.data("{ contacts(first: 250) { nodes { id } } }"))["contacts"]["nodes"]
            assert identity not in [each["id"] for each in nodes]
            again = await write(house, "contactDelete", id=identity)
            assert (again["outcome"], codes(again)) == ("REFUSED", ["NOT_FOUND"])

    async def test_one_in_use(self):
        """Moneybird archives it instead, and the outcome says so; a second time is ALREADY."""
        async with opened(40) as house:
            found = state(house, "moneybird")
            key = next(key for key in found["in_use"] if not found["contacts"][key]["archived"])
            identity = contact_id("moneybird", key)
            payload = await write(house, "contactDelete", id=identity)
            assert (payload["outcome"], payload["deletedId"]) == ("ARCHIVED", None)
            assert payload["contact"]["status"] == "ARCHIVED"
            assert (await write(house, "contactDelete", id=identity))["outcome"] == "ALREADY"

    async def test_acumulus(self):
        """Acumulus never deletes, and says so without a call."""
        async with opened(10) as house:
            payload = await write(house, "contactDelete", id=house.ids("acumulus")[0])
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_SUPPORTED_BY_SYSTEM"])
            assert house.calls()["acumulus"] == 0


def test_ids_are_told_apart():
    """A global id of a contact names its administration and its own id."""
    assert parse(contact_id("moneybird", "1")).parts == ("moneybird", "1")
