"""What every write answers: what happened, what changed, and why not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import strawberry

from gateway.directory import Row
from gateway.domain import changes as domain
from gateway.domain.charge import Period
from gateway.domain.faults import Outcome
from gateway.schema.contact import Contact
from gateway.schema.inputs import said
from gateway.schema.scalars import JSON, decimal_out
from gateway.schema.user_error import UserError, WriteWarning
from gateway.schema.write import Asked
from gateway.services.result import Result

Word = TypeVar("Word", bound=Enum)

DRY_RUN = "Nothing was written: this is what a write would do."
REFUSED = "Nothing was written; userErrors says why."
NOT_KNOWN = "Whether it was written is not known; userErrors says more. Nothing is sent twice by itself."


@strawberry.enum(description="What a write really did.")
class WriteOutcome(Enum):
    """Words of `Outcome`, for everything but the life of a contact."""

    CREATED = strawberry.enum_value("CREATED", description="Something new was made.")
    UPDATED = strawberry.enum_value("UPDATED", description="The record was changed.")
    UNCHANGED = strawberry.enum_value(
        "UNCHANGED", description="The record has it all already; nothing was written."
    )
    DELETED = strawberry.enum_value("DELETED", description="It is gone.")
    SENT = strawberry.enum_value("SENT", description="The system mails the contact.")
    DRY_RUN = strawberry.enum_value("DRY_RUN", description=DRY_RUN)
    REFUSED = strawberry.enum_value("REFUSED", description=REFUSED)
    UNKNOWN = strawberry.enum_value("UNKNOWN", description=NOT_KNOWN)


@strawberry.enum(description="What really became of a contact, read again from its system.")
class LifecycleOutcome(Enum):
    """Words of `Outcome`, for the life of a contact."""

    DELETED = strawberry.enum_value("DELETED", description="It is gone.")
    ARCHIVED = strawberry.enum_value(
        "ARCHIVED",
        description="The book keeps it, but does not use it any more: also where it was to be deleted "
        "and the system would not.",
    )
    RESTORED = strawberry.enum_value("RESTORED", description="The book uses it again.")
    ALREADY = strawberry.enum_value("ALREADY", description="It was so before; nothing was written.")
    DRY_RUN = strawberry.enum_value("DRY_RUN", description=DRY_RUN)
    REFUSED = strawberry.enum_value("REFUSED", description=REFUSED)
    UNKNOWN = strawberry.enum_value("UNKNOWN", description=NOT_KNOWN)


@strawberry.type(description="A field's value before a write and after it, in the form that inputs have.")
class FieldChange:
    """A FieldChange of the domain."""

    field: str = strawberry.field(
        description='The path below the input\'s group: "address.countryCode", "customFields." and an id; '
        "status where that changes."
    )
    before: JSON | None = strawberry.field(
        description="Days and decimals as texts; null when there was nothing."
    )
    after: JSON | None = strawberry.field(
        description="Days and decimals as texts; null when there is nothing."
    )

    @classmethod
    def from_domain(cls, change: domain.FieldChange) -> FieldChange:
        """Show a change."""
        return cls(field=change.field, before=plain(change.before), after=plain(change.after))


@strawberry.type(description="A request that a dry run would send, without credentials.")
class UpstreamRequest:
    """An UpstreamRequest of the ports."""

    method: str = strawberry.field(description="The HTTP method.")
    path: str = strawberry.field(description="Path and query, below the system's base URL.")
    body: str | None = strawberry.field(description="What would be sent along; null when nothing.")


@strawberry.interface(description="What every write answers.")
class WritePayload:
    """What is the same for all; each type adds its outcome."""

    contact: Contact | None = strawberry.field(
        description="The record as it stands after the write; the current one where nothing was written. "
        "Null when it is gone, is not there yet, or could not be read."
    )
    changes: list[FieldChange] = strawberry.field(
        description="What was changed, or would be by a dry run, field by field; empty when nothing."
    )
    requests: list[UpstreamRequest] = strawberry.field(
        description="Of a dry run: what would be sent; else empty."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was written, all reasons at once, or why that is not known; else empty."
    )
    warnings: list[WriteWarning] = strawberry.field(
        description="What happened besides, or otherwise, than was asked; empty when nothing."
    )
    client_mutation_id: str | None = strawberry.field(description="As it was sent; null when it was not.")


def members(asked: Asked, result: Result) -> dict[str, Any]:
    """Return the members of a `WritePayload` by name."""
    place, slug = asked.place, result.administration
    return {
        "contact": contact_of(result),
        "changes": [FieldChange.from_domain(each) for each in result.changes],
        "requests": [
            UpstreamRequest(method=each.method, path=each.path, body=each.body) for each in result.requests
        ],
        "user_errors": [UserError.of(each, place, slug, asked.context) for each in result.faults],
        "warnings": [WriteWarning.of(each, place) for each in result.notices],
        "client_mutation_id": said(asked.source, "client_mutation_id"),
    }


def contact_of(result: Result) -> Contact | None:
    """Return the record that a result holds, as lists and look-ups show it."""
    held = result.contact
    return Contact.of(Row(held, problem=held.stale_because)) if held else None


def word(words: type[Word], outcome: Outcome) -> Word:
    """Return what a payload calls an outcome.

    One that the payload has no word for can only be a fault of the gateway, after which nothing is sure.
    """
    return words.__members__.get(outcome.name) or words["UNKNOWN"]


def deleted_id(asked: Asked, result: Result) -> strawberry.ID | None:
    """Return the id of what is gone; None when nothing is."""
    return said(asked.source, "id") if result.outcome is Outcome.DELETED else None


def plain(value: domain.Value) -> Any:
    """Return a value as JSON has it."""
    match value:
        case Enum():
            return value.name
        case Decimal():
            return decimal_out(value)
        case date():
            return value.isoformat()
        case Period():
            return {"start": plain(value.start), "end": plain(value.end)}
        case tuple():
            return [plain(each) for each in value]
        case _:
            return value
