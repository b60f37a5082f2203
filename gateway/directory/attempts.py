"""How the attempts to renew a book went: what is told of them, and what follows for the next one."""

from __future__ import annotations

from datetime import datetime

from gateway.domain.errors import BackendError, CredentialsRejected, GatewayError
from gateway.telemetry import log

IDLE = 1.0
"""Seconds after which a book with nothing to do is looked at again."""

PATIENCE = 60.0
"""Seconds between two attempts at a system that fails, at most, where it does not say how long to wait."""

LOCKED_OUT = 600.0
"""Seconds between two attempts at a system that rejects the credentials: more might lock the account."""

WHOLE_WINDOW = 3600.0
"""Seconds that a system's own word is heeded for, at most, before it is asked again."""


def later(problem: GatewayError, failures: int, now: datetime) -> float:
    """Return how many seconds to wait before an attempt is repeated that nobody waits for.

    Args:
        problem: How it failed.
        failures: Attempts that failed in a row.
        now: UTC.
    """
    if isinstance(problem, CredentialsRejected):
        return LOCKED_OUT
    if problem.retry_after:
        return min(WHOLE_WINDOW, max(IDLE, (problem.retry_after - now).total_seconds()))
    return float(min(PATIENCE, 2.0 ** min(failures, 10)))


def tell(slug: str, before: BackendError | None, problem: BackendError | None) -> None:
    """Log a book's failure, once for each kind, and that it is over.

    Args:
        slug: The administration's.
        before: How the attempt before went; None: well.
        problem: How this one went.
    """
    if problem is not None and (before is None or before.code != problem.code):
        log().warning("source_failed", administration=slug, code=problem.code, message=problem.message)
    elif problem is None and before is not None:
        log().info("source_recovered", administration=slug)


def turned_away(before: bool, problem: BackendError | None) -> bool:
    """Whether a system does not let us in: until an attempt succeeds, whatever else goes wrong meanwhile."""
    return isinstance(problem, CredentialsRejected) or (before and problem is not None)
