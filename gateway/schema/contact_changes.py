"""Making and changing contacts, and what becomes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from gateway.domain.changes import CONTACT_INPUTS, CUSTOM, Changes, Value
from gateway.domain.contact import ContactKey
from gateway.domain.faults import Fault, FaultCode
from gateway.schema.contact_fields import ContactFields, CustomFieldFields
from gateway.schema.context import Info
from gateway.schema.inputs import (
    INPUT,
    accept_clearing,
    client_mutation_id,
    dry_run,
    given,
    idempotency_key,
    if_version,
)
from gateway.schema.payload import LifecycleOutcome, WriteOutcome, WritePayload, deleted_id, members, word
from gateway.schema.user_error import CUSTOM_FIELDS, Place
from gateway.schema.write import Asked
from gateway.services.result import Caller, Result, Wish, refused

GROUPS = frozenset(path.partition(".")[0] for path in CONTACT_INPUTS if "." in path)
"""Members of a contact's input that hold others."""

PERSON = "person"
CREATE = Place("contact", "administration", "administration")
UPDATE = Place("contact")
"""Archiving and the like set nothing, but what they would clear goes by the paths of an update."""

TWICE = "The same custom field stands here twice."
ONE_BY_ONE = "Custom fields are cleared one by one, each with a null value."
ONLY_WHEN_MADE = "A person is given when a contact is made; contactPersonCreate adds one to a contact."


@strawberry.input(description="A contact that is to be made.")
class ContactCreateInput:
    """What contactCreate takes."""

    administration: strawberry.ID = strawberry.field(
        description="Id or slug of the administration in whose book it is to stand."
    )
    contact: ContactFields = strawberry.field(description="What is known of it.")
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="What is to be changed of a contact.")
class ContactUpdateInput:
    """What contactUpdate takes."""

    id: strawberry.ID = strawberry.field(description="Global id of the contact.")
    contact: ContactFields = strawberry.field(description="What is to be set, or cleared.")
    if_version: str | None = if_version()
    accept_clearing: list[str] | None = accept_clearing()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A contact that is to be archived, restored or deleted.")
class ContactLifecycleInput:
    """What contactArchive, contactRestore and contactDelete take."""

    id: strawberry.ID = strawberry.field(description="Global id of the contact.")
    if_version: str | None = if_version()
    accept_clearing: list[str] | None = accept_clearing()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.type(description="How the write of a contact ended.")
class ContactPayload(WritePayload):
    """What contactCreate and contactUpdate answer."""

    outcome: WriteOutcome = strawberry.field(description="What really happened.")


@strawberry.type(description="What became of a contact.")
class ContactLifecyclePayload(WritePayload):
    """What contactArchive, contactRestore and contactDelete answer."""

    deleted_id: strawberry.ID | None = strawberry.field(
        description="The contact's id when it is gone; null while it is there."
    )
    outcome: LifecycleOutcome = strawberry.field(description="What really happened.")


ContactCreate = Annotated[ContactCreateInput, INPUT]
ContactUpdate = Annotated[ContactUpdateInput, INPUT]
ContactLifecycle = Annotated[ContactLifecycleInput, INPUT]


async def create_contact(info: Info, input: ContactCreate) -> ContactPayload:  # noqa: A002
    """Make a contact."""
    asked = Asked(info, input, CREATE)

    async def write(slug: str) -> Result:
        changes, faults = _made(input.contact)
        if faults:
            return refused(*faults, administration=slug)
        return await asked.services.contacts.create(asked.caller, slug, changes, asked.wish)

    result = await asked.carried_out(asked.administration, write)
    return ContactPayload(**members(asked, result), outcome=word(WriteOutcome, result.outcome))


async def update_contact(info: Info, input: ContactUpdate) -> ContactPayload:  # noqa: A002
    """Change a contact."""
    asked = Asked(info, input, UPDATE)

    async def write(key: ContactKey) -> Result:
        changes, faults = changes_of(input.contact)
        if faults:
            return refused(*faults, administration=key.administration)
        return await asked.services.contacts.update(asked.caller, key, changes, asked.wish)

    result = await asked.carried_out(asked.contact, write)
    return ContactPayload(**members(asked, result), outcome=word(WriteOutcome, result.outcome))


async def archive_contact(info: Info, input: ContactLifecycle) -> ContactLifecyclePayload:  # noqa: A002
    """Take a contact out of use."""
    return await _lived(Asked(info, input, UPDATE), info.context.services.contacts.archive)


async def restore_contact(info: Info, input: ContactLifecycle) -> ContactLifecyclePayload:  # noqa: A002
    """Take a contact into use again."""
    return await _lived(Asked(info, input, UPDATE), info.context.services.contacts.restore)


async def delete_contact(info: Info, input: ContactLifecycle) -> ContactLifecyclePayload:  # noqa: A002
    """Delete a contact."""
    return await _lived(Asked(info, input, UPDATE), info.context.services.contacts.delete)


def changes_of(source: ContactFields) -> tuple[Changes, tuple[Fault, ...]]:
    """Read what an update sets, and what is wrong with how it says so."""
    values: dict[str, Value] = {}
    groups: set[str] = set()
    faults: list[Fault] = []
    for path, value in given(source):
        if path.partition(".")[0] == PERSON:
            faults.append(Fault(FaultCode.INVALID, ONLY_WHEN_MADE, PERSON))
        elif path == CUSTOM_FIELDS:
            values |= _custom_values(value, faults)
        elif path in GROUPS:
            groups.add(path)
        else:
            values[path] = _cleared_or(path, value)
    return Changes(values, frozenset(groups)), tuple(dict.fromkeys(faults))


def _made(source: ContactFields) -> tuple[Changes, tuple[Fault, ...]]:
    """Read what a new contact has: null is absent there, and so is a list of addresses without any."""
    values: dict[str, Value] = {}
    faults: list[Fault] = []
    for path, value in given(source):
        if path == CUSTOM_FIELDS:
            values |= _custom_values(value or (), faults)
        else:
            values[path] = _cleared_or(path, value)
    return Changes({path: value for path, value in values.items() if value is not None}), tuple(faults)


def _custom_values(asked: tuple[CustomFieldFields, ...] | None, faults: list[Fault]) -> dict[str, Value]:
    """Return custom fields by path; what cannot be told is added to the faults."""
    if asked is None:
        faults.append(Fault(FaultCode.INVALID, ONE_BY_ONE, CUSTOM_FIELDS))
        return {}
    if len({each.id for each in asked}) < len(asked):
        faults.append(Fault(FaultCode.INVALID, TWICE, CUSTOM_FIELDS))
    return {f"{CUSTOM}{each.id}": each.value.value for each in asked if each.value is not None}


def _cleared_or(path: str, value: Value) -> Value:
    # No addresses are none; no roles are nothing that a contact could have, and are judged as they stand.
    return None if value == () and path != "roles" else value


Lifecycle = Callable[[Caller, ContactKey, Wish], Awaitable[Result]]


async def _lived(asked: Asked, service: Lifecycle) -> ContactLifecyclePayload:
    async def write(key: ContactKey) -> Result:
        return await service(asked.caller, key, asked.wish)

    result = await asked.carried_out(asked.contact, write)
    return ContactLifecyclePayload(
        **members(asked, result),
        deleted_id=deleted_id(asked, result),
        outcome=word(LifecycleOutcome, result.outcome),
    )
