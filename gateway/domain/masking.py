"""Texts in which nobody can be recognised, but whose shape can: what samples are made of."""

from __future__ import annotations

import re
import string

_SIGNS = str.maketrans(
    {
        **dict.fromkeys(string.ascii_lowercase, "x"),
        **dict.fromkeys(string.ascii_uppercase, "X"),
        **dict.fromkeys(string.digits, "9"),
    }
)
_STRANGE = re.compile("[^\t\n\r -~\ufffd]")
_WEB_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text of the same length and shape: letters as x or X, digits as 9, ASCII signs as they are."""
    return _STRANGE.sub(_masked_sign, text.translate(_SIGNS))


def masked_page(name: str, body: bytes) -> tuple[str, bytes]:
    """Return the sample file of an answer that cannot be parsed: all of it masked, with its file's name.

    Args:
        name: Of the call, without an extension.
        body: In whatever encoding; what is no UTF-8 is replaced.
    """
    text = body.decode("utf-8", "replace")
    return f"{name}.{'html' if _WEB_PAGE.match(text) else 'txt'}", masked(text).encode()


def _masked_sign(match: re.Match[str]) -> str:
    sign = match[0]
    if sign.isnumeric():
        return "9"
    return "X" if sign.isupper() or sign.istitle() else "x"
