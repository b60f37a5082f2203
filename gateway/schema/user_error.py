"""What a client is told of a write that did not happen, or happened otherwise than was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from gateway.cache import Held
from gateway.directory import Row
from gateway.domain.changes import CUSTOM
from gateway.domain.errors import GatewayError
from gateway.domain.faults import Fault, FaultCode, Notice
from gateway.schema.contact import Contact
from gateway.schema.context import Context
from gateway.schema.enums import System

CUSTOM_FIELDS = CUSTOM.rstrip(".")


@dataclass(frozen=True, slots=True)
class Place:
    """How an input is built, to say where in it something is wrong.

    Attributes:
        group: The member that holds the values ("contact"); empty where they stand in the input itself.
        identity: The member that says what is written to.
        thing: What that names, in a client's words.
    """

    group: str = ""
    identity: str = "id"
    thing: str = "contact"

    def unknown(self, fault: Fault) -> bool:
        """Whether a fault says that what is to be written to is not there."""
        told = fault.field or (self.identity,)
        return fault.code is FaultCode.NOT_FOUND and not fault.path and told in (("id",), (self.identity,))

    def of(self, fault: Fault | Notice) -> list[str] | None:
        """Return the path in the input; None where no part of it is meant."""
        told = fault.field if isinstance(fault, Fault) else ()
        if told == ("id",) or (isinstance(fault, Fault) and self.unknown(fault)):
            # Services know that an id is at fault, and not what each input calls it.
            return [self.identity]
        path = dotted(fault.path)
        if told or path is None:
            return list(told) or None
        return [*([self.group] if self.group else []), *path.split(".")]


def dotted(path: str) -> str | None:
    """Return a path as a client may write it; the fields within a list of the input have none."""
    return (CUSTOM_FIELDS if path.startswith(CUSTOM) else path) or None


@strawberry.type(description="Why a write did not happen, or is not known to have happened.")
class UserError:
    """A Fault of the domain."""

    field: list[str] | None = strawberry.field(
        description='The path in the input: ["contact", "address", "countryCode"]; null where nothing of it '
        "is at fault."
    )
    path: str | None = strawberry.field(
        description='The path below the group: "address.countryCode", ready for acceptClearing; null where '
        "no value is at fault."
    )
    code: FaultCode = strawberry.field(description="Why, in a word.")
    message: str = strawberry.field(description="Why, for people.")
    system: System | None = strawberry.field(
        description="The system of the administration; null where nothing of it was found."
    )
    retryable: bool = strawberry.field(description="Whether the same write may succeed later.")
    retry_after: datetime | None = strawberry.field(
        description="Trying again makes sense from then on; null when that is not known."
    )
    related: list[Contact] = strawberry.field(
        description="Who holds a TAKEN value, archived contacts too; empty where that is not known."
    )

    @classmethod
    def of(cls, fault: Fault, place: Place, administration: str | None, context: Context) -> UserError:
        """Show a fault.

        Args:
            fault: What is wrong.
            place: How the input is built.
            administration: Whose contact it concerns, where that is known.
            context: Of the request.
        """
        # What is not there and what the viewer may not see are told apart by nobody.
        is_unknown = place.unknown(fault)
        now = context.now()
        return cls(
            field=place.of(fault),
            path=dotted(fault.path),
            code=fault.code,
            message=f"There is no such {place.thing}." if is_unknown else fault.message,
            system=None if is_unknown else system_of(context, administration),
            retryable=fault.retryable,
            retry_after=fault.retry_after,
            related=[Contact.of(Row(Held(each, now))) for each in fault.related],
        )


@strawberry.type(
    name="Warning", description="What has to be known of a write that was carried out, or would be."
)
class WriteWarning:
    """A Notice of the domain."""

    field: list[str] | None = strawberry.field(
        description="The path in the input, as in UserError; null where none is meant."
    )
    code: str = strawberry.field(
        description="In a word: PERSON_ADDED (the system added a person of its own accord), VALUE_REPLACED, "
        "VALUE_KEPT and VALUE_MOVED (it holds something else than was asked), DEFAULT_SET, PERIOD_ROUNDED "
        "(whole months), NOT_VERIFIED (the record could not be read again), NOT_VALIDATED (a dry run could "
        "not be checked by the system), SYSTEM_WARNING (the system's own words). More may come."
    )
    message: str = strawberry.field(description="For people.")

    @classmethod
    def of(cls, notice: Notice, place: Place) -> WriteWarning:
        """Show a notice."""
        return cls(field=place.of(notice), code=str(notice.code), message=notice.message)


def system_of(context: Context, administration: str | None) -> Any:
    """Return the system of an administration; None where there is none of that name for the viewer."""
    try:
        return context.backend(administration).administration.system if administration else None
    except GatewayError:
        return None
