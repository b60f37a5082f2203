"""A request and its answer as values, and how HTTP's headers spell lists and parameters: pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

LISTS = frozenset({"accept", "accept-encoding", "cache-control", "content-encoding", "if-none-match"})
"""Headers whose lines belong together; of any other the first line is the one that counts."""

_QUOTED = r'"(?:[^"\\]|\\.)*"?'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})+', re.DOTALL)
_PIECE = re.compile(rf'(?:[^;"]|{_QUOTED})+', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WEIGHT = re.compile(r"0(?:\.[0-9]*)?|1(?:\.0*)?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, and values."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks, without its body.

    Attributes:
        method: In upper case.
        path: Decoded, without the query.
        query: What stands behind the question mark, as sent.
        headers: By name in lower case; lines of one list are joined.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Replied:
    """What a client gets."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header by its name in lower case."""
        return dict(self.headers).get(name)

    def having(self, *headers: tuple[str, str]) -> Replied:
        """Return the same answer with these headers, in place of what they said before."""
        names = {name for name, _ in headers}
        left = tuple((name, value) for name, value in self.headers if name not in names)
        return replace(self, headers=left + headers)


@dataclass(frozen=True, slots=True)
class Weighted:
    """One element of a header that says what a client likes.

    Attributes:
        value: In lower case.
        parameters: What stands behind it, up to its weight.
        weight: 0 (not wanted) to 1.
    """

    value: str
    parameters: Headers
    weight: float


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The trace that a request belongs to.

    Attributes:
        trace_id: 32 hexadecimal digits, the same in every service.
        parent_id: 16 hexadecimal digits: the caller's own part.
        is_sampled: Whether the caller may have recorded it.
    """

    trace_id: str
    parent_id: str
    is_sampled: bool


def asked(scope: Mapping[str, Any]) -> Asked:
    """Read the scope of an ASGI request.

    Source: RFC 9110, 5.3: the lines of a list may be joined by a comma; no other header has several.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip(" \t")
        if name not in headers:
            headers[name] = value
        elif name in LISTS:
            headers[name] = f"{headers[name]}, {value}"
    return Asked(scope["method"].upper(), scope["path"], scope.get("query_string", b""), headers)


def sent(replied: Replied) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two ASGI messages of an answer: its start, with the body's length, and its body."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in replied.headers]
    # An answer that never has a body would promise one with a length, which is that of another answer.
    if replied.status not in (204, 304):
        headers.append((b"content-length", str(len(replied.body)).encode()))
    return (
        {"type": "http.response.start", "status": replied.status, "headers": headers},
        {"type": "http.response.body", "body": replied.body, "more_body": False},
    )


def parameterised(text: str) -> tuple[str, Headers]:
    """Read `value; name=text; name="text"`.

    Returns:
        The value in lower case, and its parameters: names in lower case, texts without quotes. A name
        without a text has the empty one.

    Source: RFC 9110, 5.6.6.
    """
    value, *pieces = [piece.strip(" \t") for piece in _PIECE.findall(text)] or [""]
    parameters = (piece.partition("=") for piece in pieces if piece)
    return value.lower(), tuple((name.strip().lower(), _unquoted(said)) for name, _, said in parameters)


def weighted(text: str) -> tuple[Weighted, ...]:
    """Read what a client likes, in its order; an element with an impossible weight says nothing.

    Source: RFC 9110, 12.4.2: a weight is 0 to 1, and 1 where none is said. What follows it is an extension
    that nobody defined.
    """
    return tuple(_weighed(_ELEMENT.findall(text)))


def request_id(given: str | None, fresh: Callable[[], str]) -> str:
    """Return the caller's id of a request where it is fit for logs and headers; else a fresh one.

    Args:
        given: `X-Request-Id`; fit are 1 to 128 letters, digits, `_`, `.` and `-`.
        fresh: Makes an id.
    """
    return given if given is not None and _REQUEST_ID.fullmatch(given) else fresh()


def trace_parent(given: str | None) -> TraceParent | None:
    """Read `traceparent`; None when there is none, or none that can be relied on.

    Source: W3C Trace Context, 3.2: version 00 has these four parts alone, later ones may have more behind
    them, ff is none; ids of zeros alone are invalid. Of the flags only the last bit is known.
    """
    found = _TRACEPARENT.fullmatch(given or "")
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    is_version = version != "ff" and not (version == "00" and more)
    if not (is_version and trace_id.strip("0") and parent_id.strip("0")):
        return None
    return TraceParent(trace_id, parent_id, bool(int(flags, 16) & 1))


def _weighed(elements: list[str]) -> Iterator[Weighted]:
    for element in elements:
        value, parameters = parameterised(element)
        place = next((at for at, (name, _) in enumerate(parameters) if name == "q"), len(parameters))
        weight = parameters[place][1] if place < len(parameters) else "1"
        if value and _WEIGHT.fullmatch(weight):
            yield Weighted(value, parameters[:place], float(weight))


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _ESCAPE.sub(r"\1", text[1:-1])
    return text
