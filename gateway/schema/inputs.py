"""What the inputs of writes have in common, and how they are read.

A field that is not given, one that is null and one that has a value stay three things all the way:
absent from the values, None in them, and the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET, Some
from strawberry.utils.str_converters import to_camel_case

from gateway.domain.changes import Value
from gateway.services.result import Wish


def maybe(description: str) -> Any:
    """Make a field that tells not given and null apart."""
    return strawberry.field(description=description)


def optional(description: str) -> Any:
    """Make a field for which not given and null are the same."""
    return strawberry.field(default=UNSET, description=description)


def dry_run() -> Any:
    """Make the field by which a client only asks what a write would do."""
    return strawberry.field(
        default=False,
        description="Only say what would be changed and sent: everything is checked, nothing is written.",
    )


def idempotency_key() -> Any:
    """Make the field that names an intention."""
    return optional(
        "Names this one intention, for 24 hours: whoever sends the same key and input again gets the first "
        "result, and nothing is written twice."
    )


def if_version() -> Any:
    """Make the field that binds a write to a state of the record."""
    return optional(
        "Write only while the record is in this state: Contact.source.version, or the version of the person "
        "or note; else CONFLICT."
    )


def accept_clearing() -> Any:
    """Make the field that agrees to what a write would clear."""
    return optional(
        "Paths that may be cleared or reset with it, as in the path of a WOULD_CLEAR_FIELDS error: "
        '"address.countryCode".'
    )


def client_mutation_id() -> Any:
    """Make the field that comes back as it was sent."""
    return optional("Any text of the client's; the payload brings it back.")


CONTACT_ID = "Global id of the contact."
INPUT: Any = strawberry.argument(description="All that is to be said of it.")


@strawberry.input(description="What is to be deleted.")
class DeleteInput:
    """A part of a contact, by its own id."""

    id: strawberry.ID = strawberry.field(description="Global id of the person or note.")
    if_version: str | None = if_version()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


def said(source: object, name: str) -> Any:
    """Return a member of an input; None where it was not given, was null, or where there is none."""
    value = getattr(source, name, UNSET)
    return None if value is UNSET else value


def wish_of(source: object) -> Wish:
    """Read what any write may be told besides its values, as far as this input has it."""
    return Wish(
        dry_run=bool(said(source, "dry_run")),
        if_version=said(source, "if_version"),
        accept=frozenset(said(source, "accept_clearing") or ()),
        idempotency_key=said(source, "idempotency_key"),
    )


def given(source: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every path that an input names, with what was given there.

    A group that is null is its own path with None; lists are tuples.

    Args:
        source: An input type's instance.
        prefix: Stands before each path.
    """
    for each in fields(source):
        found = getattr(source, each.name)
        if found is None or found is UNSET:
            continue
        value = found.value if isinstance(found, Some) else found
        path = prefix + to_camel_case(each.name)
        if hasattr(value, "__strawberry_definition__") and not isinstance(value, Enum):
            yield from given(value, f"{path}.")
        else:
            yield path, tuple(value) if isinstance(value, list) else value


def present(source: object) -> Mapping[str, Value]:
    """Return the values of something that is to be made: null is absent there."""
    return {path: value for path, value in given(source) if value is not None}
