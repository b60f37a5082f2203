"""Why a write is refused, and what else there is to say of one: data, never raised by themselves."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.contact import Contact


class FaultCode(StrEnum):
    """Why a write did not happen, or cannot be said to have happened."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    TAKEN = "TAKEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    WOULD_CLEAR_FIELDS = "WOULD_CLEAR_FIELDS"
    NOT_SUPPORTED_BY_SYSTEM = "NOT_SUPPORTED_BY_SYSTEM"
    FORBIDDEN = "FORBIDDEN"
    REJECTED_BY_SYSTEM = "REJECTED_BY_SYSTEM"
    RATE_LIMITED = "RATE_LIMITED"
    SYSTEM_UNAVAILABLE = "SYSTEM_UNAVAILABLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    DUPLICATE = "DUPLICATE"
    AMBIGUOUS = "AMBIGUOUS"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    BAD_UPSTREAM_ANSWER = "BAD_UPSTREAM_ANSWER"
    CREDENTIALS_REJECTED = "CREDENTIALS_REJECTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason.

    Attributes:
        code: In a word.
        message: For people; holds no secret and no value.
        path: Dotted, below the input's group ("address.countryCode"); empty where no field is at fault.
        field: The whole path in the input where that is not the group's and `path` ("ifVersion").
        related: Contacts that hold a value that is taken.
        retryable: Whether the same write may succeed later.
        retry_after: From when on, UTC.
    """

    code: FaultCode
    message: str
    path: str = ""
    field: tuple[str, ...] = ()
    # A contact holds what its system sent, and not all of that can be hashed; a fault must be.
    related: tuple[Contact, ...] = dataclasses.field(default=(), hash=False, repr=False)
    retryable: bool = False
    retry_after: datetime | None = None


class NoticeCode(StrEnum):
    """What a write did besides, or otherwise, than was asked."""

    PERSON_ADDED = "PERSON_ADDED"
    VALUE_REPLACED = "VALUE_REPLACED"
    VALUE_KEPT = "VALUE_KEPT"
    VALUE_MOVED = "VALUE_MOVED"
    DEFAULT_SET = "DEFAULT_SET"
    PERIOD_ROUNDED = "PERIOD_ROUNDED"
    NOT_VERIFIED = "NOT_VERIFIED"
    NOT_VALIDATED = "NOT_VALIDATED"
    SYSTEM_WARNING = "SYSTEM_WARNING"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a client has to know although the write was carried out; `path` as in a `Fault`."""

    code: NoticeCode
    message: str
    path: str = ""


class Outcome(StrEnum):
    """What really happened."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    DELETED = "DELETED"
    ARCHIVED = "ARCHIVED"
    RESTORED = "RESTORED"
    ALREADY = "ALREADY"
    SENT = "SENT"
    DRY_RUN = "DRY_RUN"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
