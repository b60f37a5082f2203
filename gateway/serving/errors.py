"""Errors as a client reads them."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from gateway.domain.errors import Ambiguous, BackendError, GatewayError

INTERNAL = "Something went wrong in the gateway. The request id finds it in the log."

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_SPELLINGS = {"True": "true", "False": "false", "None": "null"}
_BAD_VARIABLE = re.compile(
    r"Variable '\$\w+' (?:has invalid|got invalid|of required|of non-null)"
    r"|Variable values are nested too deeply"
    r"|OneOf Input Object '\w+' must|Value for member field '\w+' must"
)
_TOO_MANY_DIGITS = re.compile(
    r"Exceeds the limit \(\d{1,9} digits\) for integer string conversion: value has \d{1,9} digits; "
    r"use sys\.set_int_max_str_digits\(\) to increase the limit"
)
_WORDS = re.compile(r"\b(?:True|False|None)\b")


def answered(result: ExecutionResult, request_id: str) -> GraphQLHTTPResponse:
    """Return what a client reads of an operation: its data, and errors where there are any."""
    answer: GraphQLHTTPResponse = {"data": result.data}
    if result.errors:
        answer["errors"] = [formatted(error, request_id) for error in result.errors]
    return answer


def formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """Return an entry of `errors`: message, place, and what a program needs in `extensions`.

    What nobody foresaw is masked; it stands in the log under the request's id.
    """
    cause = error.original_error
    entry: dict[str, Any] = {"message": _plain(error.message)}
    if error.locations:
        entry["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path is not None:
        entry["path"] = error.path
    extensions = _extensions(_code(error), request_id)
    if cause is None and error.path is None:
        # Said of the request itself: a limit that it passes, or why it is refused.
        extensions |= error.extensions or {}
    if isinstance(cause, GatewayError):
        entry["message"] = cause.message
        extensions |= _facts(cause)
    elif error.path is not None and cause is not None:
        entry["message"] = INTERNAL
    entry["extensions"] = extensions
    return entry


def unforeseen(request_id: str) -> dict[str, Any]:
    """Return the entry of a request that nobody foresaw the end of."""
    return {"message": INTERNAL, "extensions": _extensions("INTERNAL", request_id)}


def _extensions(code: str, request_id: str) -> dict[str, Any]:
    return {
        "code": code,
        "system": None,
        "administration": None,
        "retryable": False,
        "retryAfter": None,
        "requestId": request_id,
    }


def _code(error: GraphQLError) -> str:
    cause = error.original_error
    if isinstance(cause, GatewayError):
        return cause.code
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if error.path is not None:
        return "INTERNAL"
    return "BAD_USER_INPUT" if _BAD_VARIABLE.match(error.message) else "GRAPHQL_VALIDATION_FAILED"


def _facts(error: GatewayError) -> dict[str, Any]:
    facts: dict[str, Any] = {"retryable": error.retryable}
    if error.retry_after is not None:
        facts["retryAfter"] = error.retry_after.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(error, BackendError):
        facts |= {"system": error.system and error.system.upper(), "administration": error.administration}
    if isinstance(error, Ambiguous):
        facts["candidates"] = list(error.candidates)
    return facts


def _plain(message: str) -> str:
    """Spell values as GraphQL does; graphql-core spells some as its own language does."""
    pieces, end = [], 0
    message = _TOO_MANY_DIGITS.sub("The number has too many digits", message)
    for quoted in _QUOTED.finditer(message):
        pieces += [_respell(message[end : quoted.start()]), quoted.group()]
        end = quoted.end()
    return "".join(pieces) + _respell(message[end:])


def _respell(text: str) -> str:
    return _WORDS.sub(lambda found: _SPELLINGS[found.group()], text)
