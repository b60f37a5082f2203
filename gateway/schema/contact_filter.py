"""Which contacts a list shows, as a client asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET

from gateway.directory.criteria import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Has,
    IsEmpty,
    Not,
    OneOf,
    contains,
    one_of,
    starts_with,
    with_default_status,
)
from gateway.directory.fields import CUSTOM_FIELD, SYSTEM, micros
from gateway.domain.contact import ContactKind, ContactRole, ContactStatus, DeliveryMethod
from gateway.domain.errors import BadInput
from gateway.schema.enums import System

MAX_DEPTH = 12
"""Filters within filters: what is deeper was made by a program that went wrong."""

FOLDED = "Case and accents do not count."
IDENTIFIER = "Compared without blanks, dots and dashes; case does not count."


@strawberry.input(
    one_of=True,
    description="What a text is like; exactly one member. Texts and what is asked for are brought into the "
    "same form first, and the field says which. A contact without the value passes isEmpty: true alone.",
)
class TextFilter:
    """One test of a text; what is not given is UNSET."""

    eq: str | None = strawberry.field(default=UNSET, description="The whole text is this.")
    in_: list[str] | None = strawberry.field(
        default=UNSET,
        name="in",
        description="The whole text is one of these; an empty list matches nothing.",
    )
    contains: str | None = strawberry.field(default=UNSET, description="This stands somewhere in the text.")
    starts_with: str | None = strawberry.field(default=UNSET, description="The text begins with this.")
    is_empty: bool | None = strawberry.field(
        default=UNSET, description="true: there is no text. false: there is one."
    )


@strawberry.input(
    description="When something was; both members given must hold, and without any nothing is asked."
)
class TimeFilter:
    """Bounds of a moment."""

    after: datetime | None = strawberry.field(default=UNSET, description="Later than this, exactly then not.")
    before: datetime | None = strawberry.field(
        default=UNSET, description="Earlier than this, exactly then not."
    )


@strawberry.input(description="What a contact has in one of the administration's own fields.")
class CustomFieldFilter:
    """A test of a custom field's value."""

    id: strawberry.ID = strawberry.field(
        description="The field, by its system's id: see Administration.choices(kind: CUSTOM_FIELD)."
    )
    value: TextFilter = strawberry.field(description=f"What its value is like. {FOLDED}")


def _asked(description: str, name: str | None = None) -> Any:
    """Make an optional member: not given and null are the same."""
    return strawberry.field(default=UNSET, description=description, name=name)


@strawberry.input(
    description="Which contacts are wanted. All members given must hold; null counts as not given; in a list "
    "of values one must fit, and an empty list fits nothing. What a system cannot tell has no value there: "
    f"see sources.notFilterable. Filters nest {MAX_DEPTH} deep at most, and hold 200 tests at most."
)
class ContactFilter:
    """What every contact of a list passes."""

    and_: list[ContactFilter] | None = _asked("All of these hold; an empty list always does.", "and")
    or_: list[ContactFilter] | None = _asked("One of these holds; an empty list never does.", "or")
    not_: ContactFilter | None = _asked("This does not hold; contacts without the value are included.", "not")
    status: list[ContactStatus] | None = _asked(
        "Whether it is in use. Default: [ACTIVE], when no status stands anywhere in the filter."
    )
    kind: list[ContactKind] | None = _asked("What it is.")
    roles: list[ContactRole] | None = _asked("One of its roles is one of these.")
    system: list[System] | None = _asked("The system that keeps it.")
    name: TextFilter | None = _asked(f"displayName, companyName or fullName, whichever fits. {FOLDED}")
    first_name: TextFilter | None = _asked(f"firstName. {FOLDED}")
    last_name: TextFilter | None = _asked(f"lastName. {FOLDED}")
    city: TextFilter | None = _asked(f"The city of the address. {FOLDED}")
    postal_code: TextFilter | None = _asked(f"The postal code of the address. {IDENTIFIER}")
    email: TextFilter | None = _asked(f"One of the emails. {FOLDED}")
    customer_number: TextFilter | None = _asked(
        f"The customer number, blanks around it left out. {FOLDED} Dots, dashes and blanks within it do."
    )
    vat_number: TextFilter | None = _asked(f"The VAT number as stored. {IDENTIFIER}")
    chamber_of_commerce: TextFilter | None = _asked(f"The number in the trade register. {IDENTIFIER}")
    iban: TextFilter | None = _asked(f"The bank account's number, an IBAN or not. {IDENTIFIER}")
    country: list[str] | None = _asked(
        "The country of the address: ISO 3166-1 alpha-2 codes in either case, or names in English, Dutch, "
        "German or French."
    )
    created_at: TimeFilter | None = _asked("When the contact was made.")
    updated_at: TimeFilter | None = _asked("When the contact was last changed.")
    delivery_method: list[DeliveryMethod] | None = _asked("How its invoices are delivered.")
    trusted: bool | None = _asked("Whether trust.trusted is this.")
    invoice_workflow_id: strawberry.ID | None = _asked("invoicing.workflowId, to the letter.")
    estimate_workflow_id: strawberry.ID | None = _asked("estimates.workflowId, to the letter.")
    has_mandate: bool | None = _asked(
        "Whether its SEPA mandate is active or it has a mandate of the payments provider."
    )
    has_open_todo: bool | None = _asked("Whether one of its notes is something to do that is not done yet.")
    phone: TextFilter | None = _asked(
        "One of the phones: digits alone are compared, of the number as stored, with its country code and "
        "as dialled within its country."
    )
    label: TextFilter | None = _asked(f"The label. {FOLDED}")
    department: TextFilter | None = _asked(f"The department. {FOLDED}")
    remote_id: list[strawberry.ID] | None = _asked("The system's own id, to the letter.")
    custom_field: CustomFieldFilter | None = _asked(
        "A field of the administration's own. Contacts of other administrations have no value in it."
    )


def condition_of(where: ContactFilter | None) -> Condition:
    """Read a filter, active contacts asked for where it says nothing of status.

    Raises:
        BadInput: it is too deep or has too many parts.
    """
    return with_default_status(EVERYTHING if where is None else _all_members(where, 1))


def _all_members(where: ContactFilter, depth: int) -> Condition:
    if depth > MAX_DEPTH:
        raise BadInput(f"where nests {MAX_DEPTH} filters deep at most.")
    parts = (*_values(where), *_nested(where, depth + 1))
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _values(where: ContactFilter) -> Iterator[Condition]:
    for member, read in MEMBERS.items():
        asked = getattr(where, member)
        if asked is not None and asked is not UNSET:
            yield read(asked)


def _nested(where: ContactFilter, depth: int) -> Iterator[Condition]:
    if isinstance(where.and_, list):
        yield AllOf(tuple(_all_members(each, depth) for each in where.and_))
    if isinstance(where.or_, list):
        yield AnyOf(tuple(_all_members(each, depth) for each in where.or_))
    if isinstance(where.not_, ContactFilter):
        yield Not(_all_members(where.not_, depth))


def _text_test(name: str, asked: TextFilter) -> Condition:
    """Read the one member that is given: the schema takes neither none nor several."""
    if isinstance(asked.eq, str):
        return one_of(name, [asked.eq])
    if isinstance(asked.in_, list):
        return one_of(name, asked.in_)
    if isinstance(asked.contains, str):
        return contains(name, asked.contains)
    if isinstance(asked.starts_with, str):
        return starts_with(name, asked.starts_with)
    return Has(name, IsEmpty(bool(asked.is_empty)))


Read = Callable[[Any], Condition]


def _text(name: str) -> Read:
    return lambda asked: _text_test(name, asked)


def _any_of(name: str) -> Read:
    return lambda asked: one_of(name, map(str, asked))


def _only(name: str) -> Read:
    return lambda asked: one_of(name, [str(asked)])


def _whether(name: str) -> Read:
    return lambda asked: one_of(name, ["true" if asked else "false"])


def _moment(name: str) -> Read:
    return lambda asked: _between(name, asked)


def _between(name: str, asked: TimeFilter) -> Condition:
    after, before = (micros(each) if each else None for each in (asked.after, asked.before))
    return EVERYTHING if after is before is None else Has(name, Between(after, before))


def _systems(asked: list[System]) -> Condition:
    return Has(SYSTEM, OneOf(tuple(dict.fromkeys(str(each.value) for each in asked))))


def _custom_field(asked: CustomFieldFilter) -> Condition:
    return _text_test(f"{CUSTOM_FIELD}{asked.id}", asked.value)


MEMBERS: Mapping[str, Read] = {
    "status": _any_of("status"),
    "kind": _any_of("kind"),
    "roles": _any_of("roles"),
    "system": _systems,
    "name": _text("name"),
    "first_name": _text("firstName"),
    "last_name": _text("lastName"),
    "city": _text("city"),
    "postal_code": _text("postalCode"),
    "email": _text("email"),
    "customer_number": _text("customerNumber"),
    "vat_number": _text("vatNumber"),
    "chamber_of_commerce": _text("chamberOfCommerce"),
    "iban": _text("iban"),
    "country": _any_of("country"),
    "created_at": _moment("createdAt"),
    "updated_at": _moment("updatedAt"),
    "delivery_method": _any_of("deliveryMethod"),
    "trusted": _whether("trusted"),
    "invoice_workflow_id": _only("invoiceWorkflowId"),
    "estimate_workflow_id": _only("estimateWorkflowId"),
    "has_mandate": _whether("hasMandate"),
    "has_open_todo": _whether("hasOpenTodo"),
    "phone": _text("phone"),
    "label": _text("label"),
    "department": _text("department"),
    "remote_id": _any_of("remoteId"),
    "custom_field": _custom_field,
}
"""Member of `ContactFilter` that says something of a contact itself, to what it asks for."""
