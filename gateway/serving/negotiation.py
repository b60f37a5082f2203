"""What a client may send, what it gets it as, and the status that says how it went: pure.

GraphQL over HTTP asks for two sets of statuses. As `application/graphql-response+json` an answer is known
to be ours whatever its status, so that the status says what happened. As `application/json` it is not, so
that whatever GraphQL has understood is 200.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from gateway.serving.message import Asked, Headers, Weighted, parameterised, weighted

METHODS = ("GET", "POST")

HTML = "text/html"
"""What a browser asks for, and no program."""


class MediaType(StrEnum):
    """What an answer can be sent as; the first is for those who do not say."""

    JSON = "application/json"
    RESPONSE = "application/graphql-response+json"

    @property
    def header(self) -> str:
        """The value of `Content-Type`."""
        return f"{self}; charset=utf-8"


class Ending(Enum):
    """How a request ended."""

    COMPLETE = "data alone"
    PARTIAL = "data, if only null, and errors"
    UNREADABLE = "the request is no JSON"
    MALFORMED = "JSON, but not a request"
    UNPARSED = "the document is no GraphQL"
    INVALID = "the document, its operation or its variables do not fit, or the document is not known"
    FORBIDDEN = "the document may not be run"
    WRONG_METHOD = "not by this method"
    NOT_ACCEPTABLE = "nothing that we can send is taken"
    TOO_LARGE = "the body is too large"
    WRONG_TYPE = "the body is of a kind that we cannot read"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is answered with an error alone.

    Attributes:
        ending: What the status follows from.
        code: The word for programs, `extensions.code`.
        message: For people; repeats nothing of what was sent.
        headers: What the answer must say besides.
    """

    ending: Ending
    code: str
    message: str
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class _Statuses:
    json: int
    response: int
    draft: int


_STATUSES: Mapping[Ending, _Statuses] = {
    Ending.COMPLETE: _Statuses(200, 200, 200),
    Ending.PARTIAL: _Statuses(200, 200, 294),
    Ending.UNREADABLE: _Statuses(400, 400, 400),
    Ending.MALFORMED: _Statuses(400, 400, 422),
    Ending.UNPARSED: _Statuses(200, 400, 400),
    Ending.INVALID: _Statuses(200, 400, 422),
    Ending.FORBIDDEN: _Statuses(200, 403, 403),
    Ending.WRONG_METHOD: _Statuses(405, 405, 405),
    Ending.NOT_ACCEPTABLE: _Statuses(406, 406, 406),
    Ending.TOO_LARGE: _Statuses(413, 413, 413),
    Ending.WRONG_TYPE: _Statuses(415, 415, 415),
}

MUTATION_BY_GET = Refusal(
    Ending.WRONG_METHOD, "METHOD_NOT_ALLOWED", "A mutation is sent by POST.", (("allow", "POST"),)
)
"""GET promises to change nothing."""


def status(ending: Ending, media_type: MediaType, *, draft: bool) -> int:
    """Return the status of an answer; a batch that was read is 200, whatever became of its operations.

    Args:
        ending: How the request ended.
        media_type: What the answer is sent as.
        draft: Whether statuses are those of the specification's later text: 422 for what can be read but
            not done, 294 for data with errors.

    Source: GraphQL over HTTP, "Status Codes", as its public audits ask for it; and its text of 2026.
    """
    statuses = _STATUSES[ending]
    if media_type is MediaType.JSON:
        return statuses.json
    return statuses.draft if draft else statuses.response


def answer_type(accept: str | None) -> MediaType | None:
    """Return what an answer is sent as; None when nothing that we can send is taken."""
    found = preferred(accept, tuple(MediaType))
    return None if found is None else MediaType(found)


def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return which of some media types a client likes best; None when it takes none of them.

    What is liked equally is decided by being named rather than covered by a wildcard, then by being named
    first, then by our own order; without `Accept` that alone decides. All of ours are UTF-8: a range that
    asks for another charset, or for a parameter that we do not have, means none of them.

    Source: RFC 9110, 12.5.1: of the ranges that cover a type the most exact one gives its weight.
    """
    if not (accept or "").strip():
        return offered[0]
    ranges = [each for each in weighted(accept or "") if _is_ours(each)]
    ranked = [(_rank(each, ranges), each) for each in offered]
    best, found = max(ranked, key=lambda each: each[0])
    return found if best[0] > 0 else None


def unacceptable(asked: Asked, *, body_bytes: int) -> Refusal | None:
    """Say why a request is refused before its body is read; None when it is not.

    Args:
        asked: The request.
        body_bytes: How large a body may be.
    """
    if asked.method not in METHODS:
        message = "GraphQL is asked by GET or POST."
        return Refusal(Ending.WRONG_METHOD, "METHOD_NOT_ALLOWED", message, (("allow", ", ".join(METHODS)),))
    if answer_type(asked.headers.get("accept")) is None:
        return Refusal(Ending.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", f"Answers are {' or '.join(MediaType)}.")
    if asked.method == "POST":
        return _unreadable(asked) or _too_long(asked, body_bytes)
    return None


def too_large(body_bytes: int) -> Refusal:
    """Return the refusal of a body that has more than so many bytes."""
    return Refusal(Ending.TOO_LARGE, "BODY_TOO_LARGE", f"A body has at most {body_bytes} bytes.")


def _rank(offered: str, ranges: Sequence[Weighted]) -> tuple[float, int, int]:
    """Return weight, exactness and earliness of the most exact range that covers a type."""
    kind = offered.partition("/")[0]
    for exactness, spelled in ((2, offered), (1, f"{kind}/*"), (0, "*/*")):
        for place, each in enumerate(ranges):
            if each.value == spelled:
                return each.weight, exactness, -place
    return 0.0, 0, 0


def _is_ours(asked_for: Weighted) -> bool:
    return all(name == "charset" and _is_utf8(text) for name, text in asked_for.parameters)


def _is_utf8(charset: str) -> bool:
    return charset.lower() in ("utf-8", "utf8")


def _unreadable(asked: Asked) -> Refusal | None:
    kind, parameters = parameterised(asked.headers.get("content-type", ""))
    charsets = [text for name, text in parameters if name == "charset"]
    is_json = kind == "application/json" and all(map(_is_utf8, charsets))
    is_plain = asked.headers.get("content-encoding", "").strip().lower() in ("", "identity")
    if is_json and is_plain:
        return None
    message = "A body is application/json, in UTF-8 and not compressed; its Content-Type must say so."
    return Refusal(Ending.WRONG_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)


def _too_long(asked: Asked, body_bytes: int) -> Refusal | None:
    said = asked.headers.get("content-length", "")
    if not (said.isascii() and said.isdigit()):
        return None
    digits = said.lstrip("0") or "0"
    # Digits are counted first: Python refuses to read thousands of them.
    is_too_long = len(digits) > 18 or int(digits) > body_bytes
    return too_large(body_bytes) if is_too_long else None
