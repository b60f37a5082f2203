"""Answers made smaller for the way: pure."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace

from gateway.serving.message import Replied, weighted

ABOVE = 1024
"""Bytes; a smaller body hardly gets smaller, and fits a packet as it is."""

LEVEL = 5
"""Of 9."""

GZIP = "gzip"
IDENTITY = "identity"

_ALIASES: Mapping[str, str] = {"x-gzip": GZIP}


def coding(accept_encoding: str | None, size: int) -> str:
    """Return what a body of so many bytes is sent in: `gzip` or `identity`.

    A client that refuses both gets it as it is, since an error could not be told either.

    Source: RFC 9110, 12.5.3: what is not named has the weight of `*`; `identity` is taken unless refused.
    """
    if accept_encoding is None:
        return IDENTITY
    weights: dict[str, float] = {}
    for each in weighted(accept_encoding):
        weights.setdefault(_ALIASES.get(each.value, each.value), each.weight)
    others = weights.get("*", 0.0)
    zipped = weights.get(GZIP, others)
    plain = weights.get(IDENTITY, others if "*" in weights else None)
    if plain == 0:
        return GZIP if zipped else IDENTITY
    return GZIP if size > ABOVE and zipped and zipped >= (plain or 0.0) else IDENTITY


def compressed(replied: Replied, coding: str) -> Replied:
    """Return an answer in a coding, and say that it depends on what the client takes.

    The same body always becomes the same bytes.
    """
    vary = replied.header("vary")
    replied = replied.having(("vary", f"{vary}, accept-encoding" if vary else "accept-encoding"))
    if coding != GZIP or not replied.body:
        return replied
    # Without its time of making, the stream says nothing but the body.
    smaller = gzip.compress(replied.body, LEVEL, mtime=0)
    return replace(replied, body=smaller).having(("content-encoding", GZIP))
