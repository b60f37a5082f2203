"""Making, changing and deleting the persons of a contact."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from gateway.domain.contact import ContactKey
from gateway.schema.contact import Contact
from gateway.schema.contact_fields import ContactPersonFields
from gateway.schema.context import Info
from gateway.schema.inputs import (
    CONTACT_ID,
    INPUT,
    DeleteInput,
    client_mutation_id,
    dry_run,
    given,
    idempotency_key,
    if_version,
    present,
)
from gateway.schema.payload import WriteOutcome, WritePayload, deleted_id, members, word
from gateway.schema.person import ContactPerson
from gateway.schema.user_error import Place
from gateway.schema.write import Asked, Part
from gateway.services.result import Result

CREATE = Place("person", "contactId")
CHANGE = Place("person", thing="person")


@strawberry.input(description="A person that is to be added to a contact.")
class ContactPersonCreateInput:
    """What contactPersonCreate takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    person: ContactPersonFields = strawberry.field(description="What is known of the person.")
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="What is to be changed of a person.")
class ContactPersonUpdateInput:
    """What contactPersonUpdate takes."""

    id: strawberry.ID = strawberry.field(description="Global id of the person.")
    person: ContactPersonFields = strawberry.field(description="What is to be set, or cleared.")
    if_version: str | None = if_version()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.type(description="How the write of a person ended.")
class ContactPersonPayload(WritePayload):
    """What the three mutations of persons answer."""

    deleted_id: strawberry.ID | None = strawberry.field(
        description="The person's id when it is gone; null while it is there."
    )
    person: ContactPerson | None = strawberry.field(
        description="The person as it stands after the write; null when it is gone or could not be read."
    )
    outcome: WriteOutcome = strawberry.field(description="What really happened.")


ContactPersonCreate = Annotated[ContactPersonCreateInput, INPUT]
ContactPersonUpdate = Annotated[ContactPersonUpdateInput, INPUT]
Delete = Annotated[DeleteInput, INPUT]


async def create_person(info: Info, input: ContactPersonCreate) -> ContactPersonPayload:  # noqa: A002
    """Add a person."""
    asked = Asked(info, input, CREATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.persons.create(asked.caller, key, present(input.person), asked.wish)

    return _payload(asked, await asked.carried_out(asked.contact, write))


async def update_person(info: Info, input: ContactPersonUpdate) -> ContactPersonPayload:  # noqa: A002
    """Change a person."""
    asked = Asked(info, input, CHANGE)

    async def write(part: Part) -> Result:
        persons = asked.services.persons
        return await persons.update(asked.caller, *part, dict(given(input.person)), asked.wish)

    return _payload(asked, await asked.carried_out(partial(asked.part, "ContactPerson"), write))


async def delete_person(info: Info, input: Delete) -> ContactPersonPayload:  # noqa: A002
    """Delete a person."""
    asked = Asked(info, input, CHANGE)

    async def write(part: Part) -> Result:
        return await asked.services.persons.delete(asked.caller, *part, asked.wish)

    return _payload(asked, await asked.carried_out(partial(asked.part, "ContactPerson"), write))


def _payload(asked: Asked, result: Result) -> ContactPersonPayload:
    shared = members(asked, result)
    owner: Contact | None = shared["contact"]
    persons = (owner.model.persons or ()) if owner else ()
    person = next((each for each in persons if each.key == result.part), None)
    return ContactPersonPayload(
        **shared,
        deleted_id=deleted_id(asked, result),
        person=ContactPerson.from_domain(person, owner) if person and owner else None,
        outcome=word(WriteOutcome, result.outcome),
    )
