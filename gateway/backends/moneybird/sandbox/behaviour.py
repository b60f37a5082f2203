"""Where the vendor leaves a choice, or an administration may differ."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypedDict, get_args

Archived = Literal["found", "not_found"]
Rights = Literal["full", "read"]
UnknownKeys = Literal["ignored", "refused"]
Nulls = Literal["clear", "kept"]

_CHOICES = {"archived_by_id": Archived, "rights": Rights, "unknown_keys": UnknownKeys, "nulls": Nulls}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How this Moneybird behaves.

    Attributes:
        payments: Whether Moneybird Payments is enabled; without it every mandate call answers a bare 403.
        archived_by_id: What a read of an archived contact without `include_archived` meets; the vendor is
            silent, and the harsher answer is the default.
        rights: What the token may do. A token that may only read gets 401 for every write, and for notes
            the 400 that is documented for a user without rights to them.
        unknown_keys: Whether a key that a request schema lacks is left out without a word or answered 400;
            the schemas forbid such keys, and what the server does is not documented.
        nulls: Whether a JSON null empties a field or leaves it as it is; the vendor is silent.
        children_bump: Whether a changed person, note, custom field value or mandate moves the contact's own
            `updated_at` and `version`; the vendor is silent, and the examples suggest that it does not.

    Raises:
        ValueError: a value is none of these.
    """

    payments: bool = True
    archived_by_id: Archived = "not_found"
    rights: Rights = "full"
    unknown_keys: UnknownKeys = "ignored"
    nulls: Nulls = "clear"
    children_bump: bool = False

    def __post_init__(self) -> None:
        for each in fields(self):
            value, known = getattr(self, each.name), get_args(_CHOICES.get(each.name))
            if known and value not in known:
                raise ValueError(f"{each.name} must be one of {', '.join(known)}, not {value!r}")


Choices = TypedDict(  # noqa: UP013 - the other way to write it would inherit
    "Choices",
    {
        "payments": bool,
        "archived_by_id": Archived,
        "rights": Rights,
        "unknown_keys": UnknownKeys,
        "nulls": Nulls,
        "children_bump": bool,
    },
    total=False,
)
"""The attributes of `Behaviour` as keywords, for who makes a sandbox."""
