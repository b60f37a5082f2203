"""Asking a contact for a mandate of the payments provider, and deleting that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.domain.changes import MANDATE_INPUTS, Value
from gateway.domain.contact import ContactKey
from gateway.schema.context import Info
from gateway.schema.inputs import (
    CONTACT_ID,
    INPUT,
    client_mutation_id,
    dry_run,
    idempotency_key,
    optional,
    present,
)
from gateway.schema.payload import WriteOutcome, WritePayload, members, word
from gateway.schema.user_error import Place
from gateway.schema.write import Asked
from gateway.services.result import Result

MANDATE = Place(identity="contactId")

IDENTITY_ID = "The name under which the administration asks: a choice of IDENTITY. Default: the system's."
WORKFLOW_ID = "A choice of INVOICE_WORKFLOW: how the contact is invoiced once it agreed."


@strawberry.input(description="A mail that asks a contact for a mandate.")
class MandateRequestInput:
    """What mandateRequest takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    message: str | None = optional("Text of the mail. Default: the system's own.")
    identity_id: strawberry.ID | None = optional(IDENTITY_ID)
    workflow_id: strawberry.ID | None = optional(WORKFLOW_ID)
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A page on which a contact can give a mandate.")
class MandateLinkInput:
    """What mandateLinkCreate takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    identity_id: strawberry.ID | None = optional(IDENTITY_ID)
    workflow_id: strawberry.ID | None = optional(WORKFLOW_ID)
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A mandate that is to be deleted.")
class MandateDeleteInput:
    """What mandateDelete takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.type(description="How the write of a mandate ended.")
class MandatePayload(WritePayload):
    """What mandateRequest and mandateDelete answer."""

    outcome: WriteOutcome = strawberry.field(description="What really happened.")


@strawberry.type(description="How the making of a mandate's page ended.")
class MandateLinkPayload(WritePayload):
    """What mandateLinkCreate answers."""

    url: str | None = strawberry.field(
        description="The page; null when none was made. Whoever has it can give the mandate: keep it safe."
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when the page is there; null when not told."
    )
    outcome: WriteOutcome = strawberry.field(description="What really happened.")


MandateRequest = Annotated[MandateRequestInput, INPUT]
MandateLink = Annotated[MandateLinkInput, INPUT]
MandateDelete = Annotated[MandateDeleteInput, INPUT]


async def request_mandate(info: Info, input: MandateRequest) -> MandatePayload:  # noqa: A002
    """Let the system ask for a mandate."""
    asked = Asked(info, input, MANDATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.mandates.request(asked.caller, key, _values(input), asked.wish)

    result = await asked.carried_out(asked.contact, write)
    return MandatePayload(**members(asked, result), outcome=word(WriteOutcome, result.outcome))


async def create_mandate_link(info: Info, input: MandateLink) -> MandateLinkPayload:  # noqa: A002
    """Make a page for a mandate."""
    asked = Asked(info, input, MANDATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.mandates.link(asked.caller, key, _values(input), asked.wish)

    result = await asked.carried_out(asked.contact, write)
    link = result.link
    return MandateLinkPayload(
        **members(asked, result),
        url=link.url if link else None,
        expires_at=link.expires_at if link else None,
        outcome=word(WriteOutcome, result.outcome),
    )


async def delete_mandate(info: Info, input: MandateDelete) -> MandatePayload:  # noqa: A002
    """Delete the provider's mandate."""
    asked = Asked(info, input, MANDATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.mandates.delete(asked.caller, key, asked.wish)

    result = await asked.carried_out(asked.contact, write)
    return MandatePayload(**members(asked, result), outcome=word(WriteOutcome, result.outcome))


def _values(source: MandateRequestInput | MandateLinkInput) -> dict[str, Value]:
    """Return the values that are given, which stand beside what any write may be told."""
    return {path: each for path, each in present(source).items() if path in MANDATE_INPUTS}
