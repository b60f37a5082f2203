"""What a request asks GraphQL for, out of its body or its URL: pure, and whatever comes is no surprise.

JSON is read by orjson, which takes UTF-8 alone, no NaN, no number beyond a double, no lone surrogate even
where it is escaped, and no deeper nesting than 1024. Nothing of what was sent stands in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote_to_bytes

import orjson

from gateway.serving.negotiation import Ending, Refusal

DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""What clients call the id of a document that stands for its text.

Source: GraphQL over HTTP, appendix "Persisted Documents": documentId; Relay's documentation: doc_id and id.
"""

Given = TypeVar("Given")
Read = TypeVar("Read")

_NAMES = frozenset({"query", "operationName", "variables", "extensions", *DOCUMENT_IDS})
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be done.

    Attributes:
        query: The document; None when it is named by its id or its hash alone.
        operation_name: Which of its operations; None for the only one.
        variables: By name.
        extensions: What clients and servers agreed on besides.
        document_id: What the document is known by.
    """

    query: str | None
    operation_name: str | None
    variables: Mapping[str, object]
    extensions: Mapping[str, object]
    document_id: str | None = None


Batch = tuple[Operation | Refusal, ...]
"""Operations of one request, in their order, each read or refused on its own."""


class _Refused(Exception):
    """Ends the reading from within."""

    def __init__(self, ending: Ending, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(ending, "BAD_USER_INPUT", message)


def posted(body: bytes, *, batch: int) -> Operation | Batch | Refusal:
    """Read the body of a POST.

    Args:
        body: As it came.
        batch: How many operations a list may have; 0: lists are not taken.
    """
    return _told(lambda asked: _posted(asked, batch), body)


def in_url(query: bytes) -> Operation | Refusal:
    """Read what stands behind the question mark of a GET.

    A parameter without a value is as good as none. Those that we do not know mean nothing to us.

    Source: GraphQL over HTTP, "GET": application/x-www-form-urlencoded, variables and extensions as JSON.
    """
    return _told(lambda asked: _operation(_in_url(asked)), query)


def _told(read: Callable[[Given], Read], given: Given) -> Read | Refusal:
    try:
        return read(given)
    except _Refused as refused:
        return refused.refusal


def _posted(body: bytes, batch: int) -> Operation | Batch:
    asked = _json(body, "The body")
    if isinstance(asked, dict):
        return _operation(asked)
    if not isinstance(asked, list):
        raise _Refused(Ending.MALFORMED, "The body must be a JSON object.")
    if not batch:
        raise _Refused(Ending.MALFORMED, "The body must be a JSON object; batches are not taken here.")
    if not 0 < len(asked) <= batch:
        raise _Refused(Ending.MALFORMED, f"A batch has 1 to {batch} operations.")
    return _batch(asked)


def _batch(asked: Sequence[object]) -> Batch:
    objects = [each for each in asked if isinstance(each, dict)]
    if len(objects) < len(asked):
        raise _Refused(Ending.MALFORMED, "Each operation of a batch must be a JSON object.")
    return tuple(_told(_operation, each) for each in objects)


def _operation(members: Mapping[str, object]) -> Operation:
    query = _text(members, "query")
    extensions = _object(members, "extensions")
    document_id = _document_id(members)
    is_named = document_id is not None or extensions.get("persistedQuery") is not None
    if not (query or "").strip():
        if not is_named:
            raise _Refused(Ending.MALFORMED, "A request needs a query.")
        query = None
    return Operation(
        query=query,
        operation_name=_text(members, "operationName") or None,
        variables=_object(members, "variables"),
        extensions=extensions,
        document_id=document_id,
    )


def _document_id(members: Mapping[str, object]) -> str | None:
    found = {text for name in DOCUMENT_IDS if (text := _text(members, name))}
    if len(found) > 1:
        raise _Refused(Ending.MALFORMED, "A document has one id.")
    return found.pop() if found else None


def _text(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _Refused(Ending.MALFORMED, f"{name} must be a string.")


def _object(members: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = members.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise _Refused(Ending.MALFORMED, f"{name} must be a JSON object.")


def _in_url(query: bytes) -> Mapping[str, object]:
    members: dict[str, object] = {}
    for pair in filter(None, query.split(b"&")):
        raw_name, _, raw_value = pair.partition(b"=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if name in members:
            raise _Refused(Ending.MALFORMED, f"{name} is given more than once.")
        if name in _NAMES:
            members[name] = value
    for name in ("variables", "extensions"):
        if text := members.get(name):
            members[name] = _json(str(text).encode(), name)
    return {name: value for name, value in members.items() if value != ""}


def _decoded(text: bytes) -> str:
    if _NO_ESCAPE.search(text):
        raise _Refused(Ending.UNREADABLE, "The URL has a percent sign that no two hexadecimal digits follow.")
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise _Refused(Ending.UNREADABLE, "The URL is not UTF-8.") from error


def _json(text: bytes, name: str) -> object:
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Refused(Ending.UNREADABLE, _unreadable(text, name, error)) from error
    return value


def _unreadable(text: bytes, name: str, error: orjson.JSONDecodeError) -> str:
    try:
        text.decode()
    except UnicodeDecodeError:
        return f"{name} is not UTF-8."
    return f"{name} cannot be read as JSON, from line {error.lineno}, column {error.colno}."
