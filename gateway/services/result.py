"""What a client is told of a write."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.auth import Viewer
from gateway.cache import Held
from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.errors import GatewayError, RejectedBySystem
from gateway.domain.faults import Fault, FaultCode, Notice, Outcome
from gateway.flight import Deadline
from gateway.ports import Link, UpstreamRequest


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, and until when an answer is waited for."""

    viewer: Viewer
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client may say with any write, where the mutation has it.

    Attributes:
        dry_run: Only say what would be done.
        if_version: Write only while the record is in this state.
        accept: Paths that may be cleared with it.
        idempotency_key: Of one intention: whoever repeats it gets the first result.
    """

    dry_run: bool = False
    if_version: str | None = None
    accept: frozenset[str] = frozenset()
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How a write ended.

    Attributes:
        outcome: What really happened.
        administration: Whose contact it concerns, a slug; None where that is not known.
        contact: The record as it stands after the write, or as it is where nothing was written; None
            when it is gone or not known.
        part: The key of the person or note, or the id of the charge, concerned.
        charge: The charge that was made.
        link: The page that was made.
        changes: Field by field, what was changed, or would be by a dry run.
        requests: Of a dry run: what would be sent.
        faults: Why nothing was written, or why it is not known.
        notices: What happened besides, or otherwise, than was asked.
    """

    outcome: Outcome
    administration: str | None = None
    contact: Held[Contact] | None = None
    part: str | None = None
    charge: Charge | None = None
    link: Link | None = field(default=None, repr=False)
    changes: tuple[FieldChange, ...] = ()
    requests: tuple[UpstreamRequest, ...] = ()
    faults: tuple[Fault, ...] = ()
    notices: tuple[Notice, ...] = ()


def refused(
    *faults: Fault, administration: str | None = None, contact: Held[Contact] | None = None
) -> Result:
    """Return the result of a write that was not begun."""
    return Result(Outcome.REFUSED, administration, contact, faults=faults)


CODES = {
    "BAD_USER_INPUT": FaultCode.INVALID,
    "UNAUTHENTICATED": FaultCode.FORBIDDEN,
    "NOT_LOADED": FaultCode.RATE_LIMITED,
}
"""Words of `GatewayError.code` that a write spells otherwise."""


def faults_from(error: GatewayError, *field: str) -> tuple[Fault, ...]:
    """Return why a write did not happen, by the error that kept it from happening.

    Args:
        error: What was raised.
        field: Where in the input, if anywhere.
    """
    if isinstance(error, RejectedBySystem) and error.faults:
        return error.faults
    code = CODES.get(error.code) or FaultCode(error.code)
    # Whatever may have happened to a call that only reads, nothing was written.
    return (
        Fault(code, error.message, field=field, retryable=error.retryable, retry_after=error.retry_after),
    )
