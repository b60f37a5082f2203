"""Persons are made, changed and deleted; their contact is read before and after."""

from __future__ import annotations

import copy

import pytest

from gateway.domain.errors import NotFound, RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from tests.backends.moneybird.line import carried_out, opened

ADA = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com"}


def with_person(line):
    key = line.some(lambda row: row["contact_people"])
    return key, line.row(key)["contact_people"][0]["id"]


def person_row(line, key, person):
    return next((row for row in line.row(key)["contact_people"] if row["id"] == person), None)


async def test_a_person_is_made(line):
    """The person is there with its values, and the contact comes back with it."""
    key, _ = with_person(line)
    others = copy.deepcopy(line.row(key)["contact_people"])

    plan = await line.backend.persons.create(key, ADA)
    written = await carried_out(plan)

    row = person_row(line, key, written.part)
    assert (row["firstname"], row["lastname"], row["email"]) == ("Ada", "Lovelace", "ada@example.com")
    assert line.row(key)["contact_people"][:-1] == others
    assert (written.outcome, written.notices) == (Outcome.CREATED, ())
    assert written.part in [person.key for person in written.contact.persons]
    assert [each.field for each in plan.changes] == list(ADA)
    assert [row.method for row in line.emulator.log.rows()] == ["GET", "POST", "GET"]


async def test_a_person_is_changed_in_what_differs(line):
    """One key goes out, the others stay; an equal value is none."""
    key, person = with_person(line)
    before = copy.deepcopy(person_row(line, key, person))

    plan = await line.backend.persons.update(
        key, person, {"lastName": before["lastname"], "department": "Sums"}
    )
    written = await carried_out(plan)
    same = await line.backend.persons.update(key, person, {"department": "Sums "})

    after = person_row(line, key, person)
    assert line.writes() == [("PATCH", "department")]
    assert {name for name in before if before[name] != after[name]} <= {"department", "updated_at", "version"}
    assert after["department"] == "Sums"
    assert plan.version == str(before["version"])
    assert (written.outcome, written.part) == (Outcome.UPDATED, person)
    assert (same.changes, same.nothing) == ((), Outcome.UNCHANGED)


async def test_a_field_of_a_person_is_cleared(line):
    """A cleared text is empty after, and nothing is left to tell."""
    key, person = with_person(line)
    await carried_out(await line.backend.persons.update(key, person, {"phone": "0201234567"}))

    written = await carried_out(await line.backend.persons.update(key, person, {"phone": None}))

    assert person_row(line, key, person)["phone"] == ""
    assert written.notices == ()


async def test_a_person_is_deleted(line):
    """It is gone, the others stay, and the plan told what would go."""
    key, person = with_person(line)
    count = len(line.row(key)["contact_people"])

    plan = await line.backend.persons.delete(key, person)
    written = await carried_out(plan)

    assert person_row(line, key, person) is None
    assert len(line.row(key)["contact_people"]) == count - 1
    assert (written.outcome, written.part) == (Outcome.DELETED, person)
    assert all(each.after is None and each.before for each in plan.changes)
    assert plan.version


async def test_a_deletion_without_effect_is_not_verified(line):
    """A person that is still shown after a good answer is told of."""
    key, person = with_person(line)
    line.fail("status", status=204, body="", method="DELETE", count=1)

    written = await carried_out(await line.backend.persons.delete(key, person))

    assert [each.code for each in written.notices] == [NoticeCode.NOT_VERIFIED]


@pytest.mark.parametrize(
    ("values", "paths"),
    [({}, ["firstName", "lastName"]), ({"firstName": "Ada", "lastName": " "}, ["lastName"]), (ADA, [])],
    ids=["nothing", "blank", "both"],
)
async def test_a_new_person_needs_both_names(line, values, paths):
    """What is lacking is a fault of the plan."""
    key, _ = with_person(line)

    plan = await line.backend.persons.create(key, values)

    assert [(each.code, each.path) for each in plan.faults] == [(FaultCode.REQUIRED, path) for path in paths]


async def test_a_name_cannot_be_cleared(line):
    """A name that a person has is not given up; one that it never had is not asked for."""
    key, person = with_person(line)
    row = person_row(line, key, person)
    row["firstname"], row["lastname"] = None, "L"
    line.book.changed(key)

    plan = await line.backend.persons.update(key, person, {"firstName": None, "lastName": None})

    assert [each.path for each in plan.faults] == ["lastName"]


async def test_unknown_persons_are_not_found(line):
    """Neither a change nor a deletion of a person that the contact does not have is begun."""
    key, _ = with_person(line)

    with pytest.raises(NotFound):
        await line.backend.persons.update(key, "1", ADA)
    with pytest.raises(NotFound):
        await line.backend.persons.delete(key, "1")


async def test_a_person_that_went_meanwhile_is_not_found(line):
    """Moneybird's own refusals, of a change and of a deletion, say NOT_FOUND."""
    key, person = with_person(line)
    plans = [
        await line.backend.persons.update(key, person, {"phone": "12"}),
        await line.backend.persons.delete(key, person),
    ]
    line.book.put({**line.row(key), "contact_people": []})

    for plan in plans:
        refused = await carried_out(plan)
        assert isinstance(refused, RejectedBySystem)
        assert [each.code for each in refused.faults] == [FaultCode.NOT_FOUND]


async def test_a_refusal_leads_to_the_input(line):
    """An address that Moneybird does not take is told at its path."""
    key, _ = with_person(line)

    refused = await carried_out(await line.backend.persons.create(key, {**ADA, "email": "ada@x"}))

    assert [(each.code, each.path) for each in refused.faults] == [(FaultCode.INVALID, "email")]


async def test_a_contact_that_cannot_be_read_again_is_a_notice(line):
    """The person was made, whatever hits the read after it."""
    key, _ = with_person(line)
    plan = await line.backend.persons.create(key, ADA)
    line.fail("status", status=500, method="GET")

    written = await carried_out(plan)

    assert (written.outcome, written.contact) == (Outcome.CREATED, None)
    assert [each.code for each in written.notices] == [NoticeCode.NOT_VERIFIED]
    assert person_row(line, key, written.part)["lastname"] == "Lovelace"


async def test_two_equal_new_persons_prove_nothing(line):
    """A lost answer is not explained by somebody else's equal person beside ours."""
    key, _ = with_person(line)
    plan = await line.backend.persons.create(key, ADA)
    await carried_out(await line.backend.persons.create(key, ADA))
    line.fail("reset", method="POST", count=1, landed=True)

    assert await carried_out(plan) is None


async def test_an_older_equal_person_is_not_taken_for_the_new_one(line):
    """A person that was there before the write proves nothing of it."""
    key, _ = with_person(line)
    await carried_out(await line.backend.persons.create(key, ADA))
    line.fail("reset", method="POST", count=1)

    assert await carried_out(await line.backend.persons.create(key, ADA)) is None


async def test_a_text_is_cleared_where_null_says_nothing():
    """A plain text is cleared by an empty one, so that it does not matter what null does."""
    async with opened(nulls="kept") as line:
        key, person = with_person(line)
        await carried_out(await line.backend.persons.update(key, person, {"department": "Sums"}))
        written = await carried_out(await line.backend.persons.update(key, person, {"department": None}))

        assert (person_row(line, key, person)["department"], written.notices) == ("", ())
