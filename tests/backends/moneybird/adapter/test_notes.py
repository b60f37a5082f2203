"""Notes are made and deleted; their contact is read before and after."""

from __future__ import annotations

import pytest

from gateway.backends.moneybird.sandbox import administration
from gateway.domain.errors import CredentialsRejected, NotFound, RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from tests.backends.moneybird.line import carried_out, opened


def with_note(line):
    key = line.some(lambda row: row["notes"])
    return key, line.row(key)["notes"][0]["id"]


def note_row(line, key, note):
    return next((row for row in line.row(key)["notes"] if row["id"] == note), None)


@pytest.mark.parametrize(
    ("values", "todo", "assignee"),
    [
        ({"text": "Call back"}, False, None),
        ({"text": "Call back", "isTodo": True}, True, None),
        ({"text": "Call back", "assigneeId": administration.OWNER}, True, administration.OWNER),
    ],
    ids=["note", "todo", "assigned"],
)
async def test_a_note_is_made(line, values, todo, assignee):
    """A note, a to-do, or one for somebody: it is there, and the contact comes back with it."""
    key = line.some()

    plan = await line.backend.notes.create(key, values)
    written = await carried_out(plan)

    row = note_row(line, key, written.part)
    assert (row["note"], row["todo"], row["assignee_id"]) == ("Call back", todo, assignee)
    assert (written.outcome, written.notices) == (Outcome.CREATED, ())
    assert written.part in [note.key for note in written.contact.notes]
    assert [each.field for each in plan.changes] == list(values)


async def test_an_assignee_makes_a_to_do_whatever_was_asked(line):
    """A note for somebody that was to be none is told of."""
    values = {"text": "Call", "isTodo": False, "assigneeId": administration.OWNER}

    written = await carried_out(await line.backend.notes.create(line.some(), values))

    assert [(each.code, each.path) for each in written.notices] == [(NoticeCode.VALUE_REPLACED, "isTodo")]


async def test_a_note_is_deleted(line):
    """It is gone, and the plan told its text."""
    key, note = with_note(line)
    text = note_row(line, key, note)["note"]

    plan = await line.backend.notes.delete(key, note)
    written = await carried_out(plan)

    assert note_row(line, key, note) is None
    assert (written.outcome, written.part) == (Outcome.DELETED, note)
    assert ("text", text, None) in [(each.field, each.before, each.after) for each in plan.changes]


async def test_a_note_needs_a_text_and_an_unknown_one_is_not_found(line):
    """An empty note is a fault of the plan; a deletion of none is not begun."""
    key, _ = with_note(line)

    plan = await line.backend.notes.create(key, {"text": " "})

    assert [(each.code, each.path) for each in plan.faults] == [(FaultCode.REQUIRED, "text")]
    with pytest.raises(NotFound):
        await line.backend.notes.delete(key, "1")


async def test_an_older_equal_note_is_not_taken_for_the_new_one(line):
    """A note that was there before the write proves nothing of it."""
    key = line.some()
    await carried_out(await line.backend.notes.create(key, {"text": "Call back"}))
    line.fail("reset", method="POST", count=1)

    assert await carried_out(await line.backend.notes.create(key, {"text": "Call back"})) is None


async def test_an_unknown_assignee_leads_to_the_input(line):
    """Moneybird's refusal is told at its path."""
    refused = await carried_out(
        await line.backend.notes.create(line.some(), {"text": "x", "assigneeId": "1"})
    )

    assert isinstance(refused, RejectedBySystem)
    assert [(each.code, each.path) for each in refused.faults] == [(FaultCode.NOT_FOUND, "assigneeId")]


async def test_a_token_without_rights():
    """For notes Moneybird says what is lacking; for anything else it does not accept the token."""
    async with opened(rights="read") as line:
        key, note = with_note(line)
        made = await carried_out(await line.backend.notes.create(key, {"text": "x"}))
        deleted = await carried_out(await line.backend.notes.delete(key, note))
        changed = await carried_out(
            await line.backend.contacts.update(key, {"address.city": "Ede"}, frozenset())
        )

    assert [[each.code for each in refused.faults] for refused in (made, deleted)] == [
        [FaultCode.FORBIDDEN]
    ] * 2
    assert isinstance(changed, CredentialsRejected)
