"""What an answer of Acumulus that is not what was asked for comes down to. Pure.

Source: Acumulus, "API - Basic Response"; SIEL, libAcumulus (AcumulusResult).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.backends.acumulus import wire
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from gateway.domain.waiting import told_moment
from gateway.ports import Answer, Ration

WRONG_CREDENTIALS = "Acumulus does not accept the credentials."
NO_RIGHT = "The Acumulus user lacks the right to do this."
NO_SENSE = "Acumulus gave an answer that cannot be read."

_CODETAG = re.compile(r"[A-Z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose answer is being read, and when it came (UTC)."""

    administration: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Remark:
    """An error or warning of an answer; `code` is its leading integer, None when it has none."""

    code: int | None
    codetag: str
    message: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an answer says of itself."""

    status: int
    errors: tuple[Remark, ...]
    warnings: tuple[Remark, ...]


def error(kind: type[BackendError], message: str, origin: Origin) -> BackendError:
    """Make an error that says whose answer it was."""
    return kind(message, system=wire.NAME, administration=origin.administration)


def unavailable(answer: Answer, origin: Origin) -> BackendError:
    """Make the error of a failure of the server's own, and when it wants to be asked again."""
    failed = error(BackendUnavailable, f"Acumulus failed to answer (HTTP {answer.status}).", origin)
    failed.retry_after = told_moment(answer.headers.get("retry-after"), origin.now)
    return failed


def rate_limited(answer: Answer, origin: Origin) -> RateLimited:
    """Make the error of a refusal for the sake of the ration."""
    return RateLimited(
        "Acumulus takes no more calls for now.",
        system=wire.NAME,
        administration=origin.administration,
        retry_after=told_moment(answer.headers.get("retry-after"), origin.now),
    )


def lacks_right(failed: BackendError) -> bool:
    """Whether credentials were accepted, but not for this call."""
    return isinstance(failed, CredentialsRejected) and failed.message == NO_RIGHT


def ration(answer: Answer, now: datetime) -> Ration | None:
    """Read what an answer tells of the ration: only until when a refused caller has to wait."""
    until = told_moment(answer.headers.get("retry-after"), now) if answer.status == 429 else None
    return Ration(retry_after=until) if until else None


def says_no_data(envelope: Envelope) -> bool:
    """Whether an answer says, in one of two ways, that there is nothing of what was asked for."""
    if any(remark.codetag == wire.NO_DATA_TAG for remark in envelope.warnings + envelope.errors):
        return True
    warned = envelope.status == wire.SUCCESS_WITH_WARNINGS
    return warned and any(remark.code == wire.NO_DATA_CODE for remark in envelope.warnings)


def says_not_there(envelope: Envelope, key: str, echoed: str | None) -> bool:
    """Whether an answer says that there is no such contact; `echoed` is the contactid that it repeats."""
    if envelope.status != wire.FAILED or not envelope.errors:
        return False
    repeated = echoed is not None and echoed.strip() == key
    return all(
        remark.code == 404 or (remark.code == 400 and (repeated or "contactid" in remark.message.lower()))
        for remark in envelope.errors
    )


def failure(envelope: Envelope, answer: Answer, origin: Origin) -> BackendError:
    """Say what a refused call, or a success without what was asked, comes down to."""
    codes = {remark.code for remark in envelope.errors}
    if any(remark.codetag == wire.RIGHTS_LACKING for remark in envelope.errors):
        return error(CredentialsRejected, NO_RIGHT, origin)
    if envelope.status == wire.FAILED and (codes & {401, 403} or answer.status in (401, 403)):
        return error(CredentialsRejected, WRONG_CREDENTIALS, origin)
    if 429 in codes:
        return rate_limited(answer, origin)
    if codes & {500, 503}:
        return error(BackendUnavailable, "Acumulus failed to carry out the call.", origin)
    if envelope.status != wire.FAILED:
        return error(BadUpstreamAnswer, NO_SENSE, origin)
    # Its messages may repeat what was sent, so only its own marks are passed on.
    marks = [str(remark.code or "") for remark in envelope.errors[:1]]
    marks += [remark.codetag for remark in envelope.errors[:1] if _CODETAG.fullmatch(remark.codetag)]
    told = " ".join(mark for mark in marks if mark)
    return error(BadUpstreamAnswer, f"Acumulus refused the call{f' ({told})' if told else ''}.", origin)
