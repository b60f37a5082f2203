"""Making and deleting the notes of a contact."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from gateway.domain.contact import ContactKey
from gateway.schema.contact import Contact
from gateway.schema.context import Info
from gateway.schema.inputs import (
    CONTACT_ID,
    INPUT,
    DeleteInput,
    client_mutation_id,
    dry_run,
    idempotency_key,
    optional,
    present,
)
from gateway.schema.note import Note
from gateway.schema.payload import WriteOutcome, WritePayload, deleted_id, members, word
from gateway.schema.user_error import Place
from gateway.schema.write import Asked, Part
from gateway.services.result import Result

CREATE = Place("note", "contactId")
DELETE = Place("note", thing="note")


@strawberry.input(description="A remark or to-do.")
class ContactNoteFields:
    """Paths of `NOTE_INPUTS`."""

    text: str = strawberry.field(description="The note itself; may have several lines.")
    is_todo: bool | None = optional("Whether somebody has to do something; default: no.")
    assignee_id: strawberry.ID | None = optional("The user who has to do it: a choice of USER.")


@strawberry.input(description="A note that is to be added to a contact.")
class ContactNoteCreateInput:
    """What contactNoteCreate takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    note: ContactNoteFields = strawberry.field(description="What it says.")
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.type(description="How the write of a note ended.")
class ContactNotePayload(WritePayload):
    """What the two mutations of notes answer."""

    deleted_id: strawberry.ID | None = strawberry.field(
        description="The note's id when it is gone; null while it is there."
    )
    note: Note | None = strawberry.field(
        description="The note as it stands after the write; null when it is gone or could not be read."
    )
    outcome: WriteOutcome = strawberry.field(description="What really happened.")


ContactNoteCreate = Annotated[ContactNoteCreateInput, INPUT]
Delete = Annotated[DeleteInput, INPUT]


async def create_note(info: Info, input: ContactNoteCreate) -> ContactNotePayload:  # noqa: A002
    """Add a note."""
    asked = Asked(info, input, CREATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.notes.create(asked.caller, key, present(input.note), asked.wish)

    return _payload(asked, await asked.carried_out(asked.contact, write))


async def delete_note(info: Info, input: Delete) -> ContactNotePayload:  # noqa: A002
    """Delete a note."""
    asked = Asked(info, input, DELETE)

    async def write(part: Part) -> Result:
        return await asked.services.notes.delete(asked.caller, *part, asked.wish)

    return _payload(asked, await asked.carried_out(partial(asked.part, "Note"), write))


def _payload(asked: Asked, result: Result) -> ContactNotePayload:
    shared = members(asked, result)
    owner: Contact | None = shared["contact"]
    notes = (owner.model.notes or ()) if owner else ()
    note = next((each for each in notes if each.key == result.part), None)
    return ContactNotePayload(
        **shared,
        deleted_id=deleted_id(asked, result),
        note=Note.from_domain(note, owner) if note and owner else None,
        outcome=word(WriteOutcome, result.outcome),
    )
