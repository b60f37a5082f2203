"""Persons, notes, charges and mandates written: at Moneybird; Acumulus has none of them to write."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.identity import GlobalId, contact_id
from tests.e2e.house import House, opened
from tests.e2e.writes import IDENTITY, PRODUCT, codes, differing, state, stored, write

PERSON = {"firstName": "Zoë", "lastName": "d'Été", "email": "zoe@proef.example", "department": "Inkoop"}
CHARGE = {
    "productId": PRODUCT,
    "quantity": "3 x",
    "price": "12.50",
    "description": "Extra & meer",
    "period": {"start": "2026-06-10", "end": "2026-07-20"},
}
PARTS: dict[str, dict[str, Any]] = {
    "contactPersonCreate": {"person": PERSON},
    "contactNoteCreate": {"note": {"text": "Bel terug"}},
    "contactChargeCreate": {"charge": CHARGE},
    "mandateRequest": {"message": "Graag"},
    "mandateLinkCreate": {},
    "mandateDelete": {},
}
MARKS = {"updated_at", "version", "events"}


def some(house: House, **having: bool) -> str:
    """Return an active Moneybird contact with, or without, persons, notes or a payments mandate."""
    for key, row in state(house, "moneybird")["contacts"].items():
        held = {
            "persons": bool(row["contact_people"]),
            "notes": bool(row["notes"]),
            "mandate": row["moneybird_payments_mandate"],
        }
        if not row["archived"] and all(held[name] is wanted for name, wanted in having.items()):
            return key
    raise AssertionError("no such sample contact")


@pytest.mark.parametrize("mutation", PARTS)
async def test_acumulus_has_none(mutation: str):
    """Each is refused with the reason, without a call."""
    async with opened(5) as house:
        payload = await write(house, mutation, contactId=house.ids("acumulus")[0], **PARTS[mutation])
        assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_SUPPORTED_BY_SYSTEM"])
        assert payload["userErrors"][0]["message"].startswith("Acumulus")
        assert house.calls()["acumulus"] == 0


@pytest.mark.parametrize("mutation", PARTS)
async def test_dry_runs(mutation: str):
    """A dry run shows the request and changes nothing."""
    async with opened(40) as house:
        key = some(house, mandate=mutation == "mandateDelete")
        before = state(house, "moneybird")
        payload = await write(
            house, mutation, contactId=contact_id("moneybird", key), dryRun=True, **PARTS[mutation]
        )
        assert (payload["outcome"], len(payload["requests"])) == ("DRY_RUN", 1)
        assert state(house, "moneybird") == before


@pytest.mark.parametrize("mutation", PARTS)
async def test_an_unknown_contact(mutation: str):
    """A contact that is not there is NOT_FOUND, whatever Moneybird answers to it."""
    async with opened(5) as house:
        payload = await write(
            house, mutation, contactId=contact_id("moneybird", "433118204917999999"), **PARTS[mutation]
        )
        assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_FOUND"])
        assert payload["userErrors"][0]["field"] == ["contactId"]


@pytest.mark.parametrize("mutation", [name for name in PARTS if name != "mandateDelete"])
async def test_one_key_one_write(mutation: str):
    """The same key gives the first result again, and nothing is written a second time."""
    async with opened(20) as house:
        asked = {"contactId": contact_id("moneybird", some(house, mandate=False)), "idempotencyKey": "k"}
        first = await write(house, mutation, **asked, **PARTS[mutation])
        after = state(house, "moneybird")
        again = await write(house, mutation, **asked, **PARTS[mutation])
        assert first["outcome"] in ("CREATED", "SENT")
        assert again == first
        assert state(house, "moneybird") == after


class TestPersons:
    """contactPersonCreate, contactPersonUpdate, contactPersonDelete."""

    async def test_the_life_of_a_person(self):
        """Added, changed in one field, deleted: each time only that, and the contact shows it at once."""
        async with opened(20) as house:
            await house.data("{ contacts(first: 1) { totalCount } }")
            key = some(house, persons=True)
            identity, before = contact_id("moneybird", key), stored(house, "moneybird", key)
            made = await write(house, "contactPersonCreate", contactId=identity, person=PERSON)
            assert (made["outcome"], made["userErrors"]) == ("CREATED", [])
            assert made["person"]["email"] == "zoe@proef.example"
            after = stored(house, "moneybird", key)
            assert set(differing(before, after)) <= {"contact_people", *MARKS}
            assert after["contact_people"][:-1] == before["contact_people"]

            person = made["person"]["id"]
            changed = await write(
                house, "contactPersonUpdate", id=person, person={"department": "Verkoop", "email": None}
            )
            assert changed["outcome"] == "UPDATED"
            row = stored(house, "moneybird", key)["contact_people"][-1]
            assert (row["department"], row["email"] or "", row["firstname"]) == ("Verkoop", "", "Zoë")
            same = await write(house, "contactPersonUpdate", id=person, person={"department": "Verkoop"})
            assert same["outcome"] == "UNCHANGED"

            gone = await write(house, "contactPersonDelete", id=person)
            assert (gone["outcome"], gone["deletedId"]) == ("DELETED", person)
            assert stored(house, "moneybird", key)["contact_people"] == before["contact_people"]
            again = await write(house, "contactPersonDelete", id=person)
            assert (again["outcome"], codes(again)) == ("REFUSED", ["NOT_FOUND"])

    async def test_a_version(self):
        """A person has a version of its own; another one is CONFLICT."""
        async with opened(20) as house:
            key = some(house, persons=True)
            query = "query($id: ID!) { contact(id: $id) { persons { id version } } }"
            persons = (await house.data(query, id=contact_id("moneybird", key)))["contact"]["persons"]
            payload = await write(
                house, "contactPersonUpdate", id=persons[0]["id"], ifVersion="0", person={"department": "x"}
            )
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["CONFLICT"])
            payload = await write(
                house,
                "contactPersonUpdate",
                id=persons[0]["id"],
                ifVersion=persons[0]["version"],
                person={"department": "x"},
            )
            assert payload["outcome"] == "UPDATED"

    async def test_without_a_name(self):
        """A person without names is refused by its fields."""
        async with opened(20) as house:
            identity = contact_id("moneybird", some(house))
            payload = await write(
                house, "contactPersonCreate", contactId=identity, person={"email": "geen adres"}
            )
            assert payload["outcome"] == "REFUSED"
            assert ["person", "email"] in [each["field"] for each in payload["userErrors"]]


class TestNotes:
    """contactNoteCreate, contactNoteDelete."""

    async def test_the_life_of_a_note(self):
        """Added as a to-do, and deleted."""
        async with opened(20) as house:
            key = some(house, notes=True)
            identity, before = contact_id("moneybird", key), stored(house, "moneybird", key)["notes"]
            made = await write(
                house, "contactNoteCreate", contactId=identity, note={"text": "Bel\nterug", "isTodo": True}
            )
            assert (made["outcome"], made["note"]["text"], made["note"]["isTodo"]) == (
                "CREATED",
                "Bel\nterug",
                True,
            )
            assert len(stored(house, "moneybird", key)["notes"]) == len(before) + 1
            gone = await write(house, "contactNoteDelete", id=made["note"]["id"])
            assert (gone["outcome"], gone["deletedId"]) == ("DELETED", made["note"]["id"])
            assert stored(house, "moneybird", key)["notes"] == before

    async def test_a_note_that_is_not_there(self):
        """It is NOT_FOUND."""
        async with opened(20) as house:
            identity = str(GlobalId("Note", ("moneybird", some(house), "433118204917999999")))
            payload = await write(house, "contactNoteDelete", id=identity)
            assert (payload["outcome"], codes(payload)) == ("REFUSED", ["NOT_FOUND"])


class TestCharges:
    """contactChargeCreate."""

    async def test_a_new_charge(self):
        """It is stored; its period is of whole months, and that is said; the contact shows it at once."""
        async with opened(20) as house:
            key = some(house)
            identity = contact_id("moneybird", key)
            query = "query($id: ID!) { contact(id: $id) { charges { description } } }"
            held = (await house.data(query, id=identity))["contact"]["charges"]
            made = await write(house, "contactChargeCreate", contactId=identity, charge=CHARGE)
            assert (made["outcome"], made["userErrors"]) == ("CREATED", [])
            assert made["charge"]["period"] == {"start": "2026-06-01", "end": "2026-07-31"}
            assert [each["code"] for each in made["warnings"]] == ["PERIOD_ROUNDED"]
            shown = (await house.data(query, id=identity))["contact"]["charges"]
            assert len(shown) == len(held) + 1
            assert {"description": "Extra & meer"} in shown

    async def test_an_unknown_product(self):
        """It is refused at the product, and nothing is made."""
        async with opened(20) as house:
            before = state(house, "moneybird")
            payload = await write(
                house,
                "contactChargeCreate",
                contactId=contact_id("moneybird", some(house)),
                charge={**CHARGE, "productId": "1"},
            )
            assert payload["outcome"] == "REFUSED"
            assert [each["field"] for each in payload["userErrors"]] == [["charge", "productId"]]
            assert state(house, "moneybird")["charges"] == before["charges"]


class TestMandates:
    """mandateRequest, mandateLinkCreate, mandateDelete."""

    async def test_a_request(self):
        """The system sends its mail: SENT, once."""
        async with opened(20) as house:
            key = some(house, mandate=False)
            payload = await write(
                house,
                "mandateRequest",
                contactId=contact_id("moneybird", key),
                message="Graag",
                identityId=IDENTITY,
            )
            assert (payload["outcome"], payload["userErrors"]) == ("SENT", [])
            assert state(house, "moneybird")["mandate_requests"] == {key: ["mail"]}

    async def test_a_link(self):
        """A page is made, good for fourteen days; the same key gives the same page."""
        async with opened(20) as house:
            identity = contact_id("moneybird", some(house, mandate=False))
            payload = await write(house, "mandateLinkCreate", contactId=identity, idempotencyKey="l")
            assert payload["outcome"] == "CREATED"
            assert payload["url"].startswith("https://")
            assert payload["expiresAt"]
            again = await write(house, "mandateLinkCreate", contactId=identity, idempotencyKey="l")
            assert (again["url"], again["outcome"]) == (payload["url"], "CREATED")

    async def test_the_end_of_a_mandate(self):
        """It is DELETED, and the contact has none any more."""
        async with opened(60) as house:
            key = some(house, mandate=True)
            identity = contact_id("moneybird", key)
            query = "query($id: ID!) { contact(id: $id) { mandate { hasPayments payments { kind } } } }"
            assert (await house.data(query, id=identity))["contact"]["mandate"]["hasPayments"]
            payload = await write(house, "mandateDelete", contactId=identity)
            assert (payload["outcome"], payload["userErrors"]) == ("DELETED", [])
            shown = (await house.data(query, id=identity))["contact"]["mandate"]
            assert shown is None or shown["hasPayments"] is False

    @pytest.mark.parametrize("mutation", ["mandateRequest", "mandateLinkCreate"])
    async def test_where_payments_are_off(self, mutation: str):
        """Without Moneybird Payments it is refused, and says why."""
        async with opened(20, emulated={"moneybird": {"payments": "off"}}) as house:
            payload = await write(house, mutation, contactId=contact_id("moneybird", some(house)))
            assert payload["outcome"] == "REFUSED"
            assert "Payments" in payload["userErrors"][0]["message"]
