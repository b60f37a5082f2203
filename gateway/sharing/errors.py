"""What kept a book from being renewed, as other workers can read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.errors import (
    BackendBroken,
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    NotLoaded,
    NotReached,
    RateLimited,
    RejectedBySystem,
)

KINDS: dict[str, type[BackendError]] = {
    each.__name__: each
    for each in (
        BackendBroken,
        BackendError,
        BackendUnavailable,
        BadUpstreamAnswer,
        CredentialsRejected,
        NotLoaded,
        NotReached,
        RateLimited,
        RejectedBySystem,
    )
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a value."""

    kind: str
    message: str
    system: str | None
    administration: str | None
    retryable: bool
    retry_after: datetime | None


def told(error: BackendError) -> Problem:
    """Return what others need to know of an error; why a write was refused is not for them."""
    return Problem(
        type(error).__name__,
        error.message,
        error.system,
        error.administration,
        error.retryable,
        error.retry_after,
    )


def heard(problem: Problem) -> BackendError:
    """Return the error that a problem was made of; one of a class unknown here is a system that is away."""
    kind = KINDS.get(problem.kind, BackendUnavailable)
    return kind(
        problem.message,
        system=problem.system,
        administration=problem.administration,
        retryable=problem.retryable,
        retry_after=problem.retry_after,
    )
