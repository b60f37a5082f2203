"""What went wrong, as data."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from gateway.domain.errors import GatewayError


@strawberry.enum(description="What went wrong, in a word; also the code in errors[].extensions.")
class ProblemCode(Enum):
    """The words of `GatewayError.code`, and those of the protocol."""

    BAD_USER_INPUT = strawberry.enum_value("BAD_USER_INPUT", description="The request makes no sense.")
    GRAPHQL_PARSE_FAILED = strawberry.enum_value(
        "GRAPHQL_PARSE_FAILED", description="The document is no GraphQL."
    )
    GRAPHQL_VALIDATION_FAILED = strawberry.enum_value(
        "GRAPHQL_VALIDATION_FAILED", description="The document does not fit the schema."
    )
    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="Who asks is not known.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The viewer lacks a right.")
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="No such thing, or none that the viewer may see."
    )
    AMBIGUOUS = strawberry.enum_value("AMBIGUOUS", description="Several things fit; the entry names them.")
    QUERY_TOO_COMPLEX = strawberry.enum_value(
        "QUERY_TOO_COMPLEX", description="The operation is over a limit."
    )
    PERSISTED_QUERY_NOT_FOUND = strawberry.enum_value(
        "PERSISTED_QUERY_NOT_FOUND", description="No document of that hash is known; send it along."
    )
    DOCUMENT_NOT_TRUSTED = strawberry.enum_value(
        "DOCUMENT_NOT_TRUSTED", description="Only documents from the list of trusted ones are answered."
    )
    RATE_LIMITED = strawberry.enum_value(
        "RATE_LIMITED", description="No more calls are taken before retryAfter."
    )
    SYSTEM_UNAVAILABLE = strawberry.enum_value(
        "SYSTEM_UNAVAILABLE", description="The system was not reached, did not answer in time, or failed."
    )
    BAD_UPSTREAM_ANSWER = strawberry.enum_value(
        "BAD_UPSTREAM_ANSWER", description="The system gave an answer that cannot be read."
    )
    CREDENTIALS_REJECTED = strawberry.enum_value(
        "CREDENTIALS_REJECTED", description="The system does not accept the gateway's credentials."
    )
    DEADLINE_EXCEEDED = strawberry.enum_value(
        "DEADLINE_EXCEEDED", description="The operation's time was over before the answer came."
    )
    NOT_LOADED = strawberry.enum_value(
        "NOT_LOADED", description="Left out to keep within what the system allows."
    )
    INTERNAL = strawberry.enum_value(
        "INTERNAL", description="A fault of the gateway; the request id finds it."
    )


@strawberry.type(description="Why data is missing, old or incomplete.")
class Problem:
    """A GatewayError as the client sees it."""

    code: ProblemCode = strawberry.field(description="What went wrong, in a word.")
    message: str = strawberry.field(description="What went wrong, for people.")
    retryable: bool = strawberry.field(description="Whether asking again may help.")
    retry_after: datetime | None = strawberry.field(
        description="Asking again makes sense from then on; null when the system did not say."
    )

    @classmethod
    def from_domain(cls, error: GatewayError) -> Problem:
        """Show an error."""
        return cls(
            code=ProblemCode(error.code),
            message=error.message,
            retryable=error.retryable,
            retry_after=error.retry_after,
        )
