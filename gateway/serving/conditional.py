"""Answers that a client may keep, and those that it still has: pure.

Source: RFC 9110, 8.8.3 and 13.1.2; RFC 9111, 5.2.2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.serving.message import Asked, Replied
from gateway.serving.negotiation import Ending

NO_STORE = "no-store"

VARY = "accept, authorization, x-gateway-upstream"
"""What a kept answer depends on besides its URL and its compression."""

LONGEST = 365 * 24 * 3600
"""Seconds; longer nobody keeps anything."""

KEPT_IN_304 = frozenset({"cache-control", "content-location", "date", "etag", "expires", "vary"})
"""What an answer without a body still says of the one that the client has.

Source: RFC 9110, 15.4.5."""

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what an answer shows, as it was read from one system.

    Attributes:
        age: Seconds since it was known to be true.
        fresh: Seconds for which that is as good as new.
        is_whole: Whether nothing of it is missing.
    """

    age: float
    fresh: float
    is_whole: bool = True


def cache_control(method: str, ending: Ending, parts: Iterable[Part]) -> str:
    """Say for how long a client may keep an answer: as long as its least fresh part is fresh.

    Only what a GET got complete and fresh may be kept, and only by the one who asked. Without any part,
    nothing is known to stay as it is: it is asked for again each time, and 304 spares the body.
    """
    shown = tuple(parts)
    left = [part.fresh - max(part.age, 0.0) for part in shown]
    is_good = all(part.is_whole for part in shown) and all(each >= 0 for each in left)
    if method != "GET" or ending is not Ending.COMPLETE or not is_good:
        return NO_STORE
    return f"private, max-age={int(min([*left, LONGEST])) if left else 0}"


def tagged(replied: Replied, coding: str) -> Replied:
    """Return an answer with its entity tag, and what it depends on; one that may not be stored has none.

    Args:
        replied: Not yet compressed.
        coding: What it will be compressed with: each form has a tag of its own.
    """
    if replied.status != 200 or replied.header("cache-control") in (None, NO_STORE):
        return replied
    tag = entity_tag(replied.body, replied.header("content-type") or "", coding)
    return replied.having(("etag", tag), ("vary", VARY))


def entity_tag(body: bytes, content_type: str, coding: str) -> str:
    """Return the strong tag of one form of an answer."""
    form = f"{content_type}\n{coding}\n".encode()
    return f'"{hashlib.sha256(form + body).hexdigest()[:32]}"'


def revalidated(asked: Asked, replied: Replied) -> Replied:
    """Return 304 without a body where the client still has this answer; else the answer itself."""
    tag = replied.header("etag")
    if asked.method != "GET" or tag is None or not is_held(asked.headers.get("if-none-match"), tag):
        return replied
    unsaid = {name for name, _ in replied.headers if name.startswith("content-")} - KEPT_IN_304
    return Replied(304, tuple(each for each in replied.headers if each[0] not in unsaid), b"")


def is_held(if_none_match: str | None, tag: str) -> bool:
    """Whether a client says that it has what a tag stands for; weak tags count, as `*` does."""
    said = (if_none_match or "").strip()
    return said == "*" or tag in _TAG.findall(said)
