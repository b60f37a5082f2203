"""How old an answer may be, as HTTP asks for it: pure."""

from __future__ import annotations

import re

_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,9})\"?")


def max_age_asked(method: str, cache_control: str) -> int | None:
    """Return the seconds that anything in an answer may be old; None when the request does not say.

    Args:
        method: Only a POST is heeded: browsers send `no-cache` along with a GET on their own.
        cache_control: The header; what else it says is not ours to heed. Of two wishes the stricter counts.
    """
    if method != "POST":
        return None
    wishes: list[int] = []
    for directive in cache_control.lower().split(","):
        if directive.strip() == "no-cache":
            wishes.append(0)
        elif found := _MAX_AGE.fullmatch(directive.strip()):
            wishes.append(int(found.group(1)))
    return min(wishes, default=None)
