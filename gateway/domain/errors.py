"""Everything that can go wrong, as a tree.

    GatewayError
    ├── BadInput              a request that makes no sense; `path` is where
    ├── NotFound              no such thing, or not for this viewer
    ├── Ambiguous             several things fit; `candidates` are their ids
    ├── Unauthenticated       who asks is not known
    ├── Forbidden             known, but not allowed
    ├── DeadlineExceeded      the operation's time is over
    └── BackendError          a system failed; `system` and `administration` say which
        ├── BackendUnavailable    no answer in time, or 5xx
        │   └── NotReached        no connection, so that nothing was sent
        ├── RateLimited           the system takes no more calls now
        │   └── NotLoaded             not fetched, to keep the rest of the ration
        ├── BadUpstreamAnswer     an answer that cannot be read
        ├── CredentialsRejected   the system does not accept who we are
        ├── RejectedBySystem      the system understood, and refused
        └── BackendBroken         our own reading of the system failed

`code` is the word a client reads; messages are for people and hold no secret, no personal data and
no body. What a library raised is chained as the cause and goes no further than the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.domain.faults import Fault


class GatewayError(Exception):
    """Anything that the gateway says of itself when it cannot answer.

    Args:
        message: For people; safe to show.
        retryable: Whether the same request may succeed later.
        retry_after: From when on, UTC.
    """

    code = "INTERNAL"
    retryable = False

    def __init__(
        self, message: str, *, retryable: bool | None = None, retry_after: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        if retryable is not None:
            self.retryable = retryable


class BadInput(GatewayError):
    """A request that makes no sense."""

    code = "BAD_USER_INPUT"


class NotFound(GatewayError):
    """No such thing, or none that this viewer may see: the two are told apart by nobody."""

    code = "NOT_FOUND"


class Ambiguous(GatewayError):
    """Several things fit what was asked.

    Args:
        message: For people.
        candidates: Global ids of all that fit.
    """

    code = "AMBIGUOUS"

    def __init__(self, message: str, *, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class Unauthenticated(GatewayError):
    """Who asks is not known."""

    code = "UNAUTHENTICATED"


class Forbidden(GatewayError):
    """The viewer lacks a right."""

    code = "FORBIDDEN"


class DeadlineExceeded(GatewayError):
    """The operation's time was over before the answer came."""

    code = "DEADLINE_EXCEEDED"
    retryable = True


class BackendError(GatewayError):
    """A system failed.

    `system` and `administration` are set where they are known: by the backend, at the latest.
    `may_have_landed` says whether the system may have carried the call out all the same: what the
    writer of a contact has to look into.
    """

    code = "SYSTEM_UNAVAILABLE"
    may_have_landed = True

    def __init__(
        self,
        message: str,
        *,
        system: str | None = None,
        administration: str | None = None,
        retryable: bool | None = None,
        retry_after: datetime | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable, retry_after=retry_after)
        self.system = system
        self.administration = administration


class BackendUnavailable(BackendError):
    """The system did not answer in time, or failed itself."""

    code = "SYSTEM_UNAVAILABLE"
    retryable = True


class NotReached(BackendUnavailable):
    """No connection: nothing was sent."""

    may_have_landed = False


class RateLimited(BackendError):
    """The system takes no more calls before `retry_after`."""

    code = "RATE_LIMITED"
    may_have_landed = False
    retryable = True


class NotLoaded(RateLimited):
    """Left out: what the system still takes is kept for what is more urgent."""

    code = "NOT_LOADED"


class BadUpstreamAnswer(BackendError):
    """The system answered something that cannot be read."""

    code = "BAD_UPSTREAM_ANSWER"
    retryable = True


class CredentialsRejected(BackendError):
    """The system does not accept the credentials, or they lack a right there."""

    code = "CREDENTIALS_REJECTED"
    may_have_landed = False


class RejectedBySystem(BackendError):
    """The system understood a write and refused it.

    Args:
        faults: Why, as far as it told.
        facts: As of any BackendError.
    """

    code = "REJECTED_BY_SYSTEM"
    may_have_landed = False

    def __init__(self, message: str, *, faults: tuple[Fault, ...] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.faults = faults


class BackendBroken(BackendError):
    """Our own reading of the system failed: a fault of the gateway, that costs only this system's rows."""

    code = "INTERNAL"
