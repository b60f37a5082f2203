"""Moneybird's answers as sample files: shape, keys and closed sets stay, whoever it is about does not.

The JSON is walked over as it is written, so that its spelling stays too. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from gateway.backends.moneybird.wire import PEPPOL_SCHEMES
from gateway.domain.masking import masked, masked_page
from gateway.ports import Answer, Call

_TOKEN = re.compile(
    r'"(?P<string>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?'
    r"|(?P<number>-?[0-9][0-9.eE+-]*)"
    r"|(?P<rest>true|false|null|[\[\]{},\s]+)",
    re.DOTALL,
)
_SIGN = re.compile(r"\\u(?P<hex>[0-9a-fA-F]{4})|\\\\[nrt]?|\\[^u]")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DIGIT = re.compile(r"[0-9]")

_CLOSED: Mapping[str, frozenset[str]] = {
    key: frozenset(words.split())
    for key, words in {
        "delivery_method": "Email Post Manual Simplerinvoicing Peppol",
        "sepa_sequence_type": "RCUR FRST OOFF FNAL",
        "credit_card_type": "mastercard visa",
        "si_identifier_type": PEPPOL_SCHEMES,
        "access": "accountant_company user",
        "language": "nl nl-be en",
        "source": "sales_invoice estimate contact identity",
    }.items()
}
"""Key to the texts that may stay. Source: Moneybird API v2, OpenAPI document."""

_SEGMENTS = frozenset(
    (
        "administrations",
        "contacts",
        "synchronization",
        "filter",
        "customer_id",
        "additional_charges",
        "moneybird_payments_mandate",
        "workflows",
        "custom_fields",
        "users",
        "identities",
        "default",
    )
)
"""Parts of a path that are no id. Source: Moneybird API v2."""


def redact(call: Call, answer: Answer) -> tuple[str, bytes]:
    """Return name and content of an answer's sample file."""
    name = _name(call.path)
    try:
        msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):
        return masked_page(name, answer.body)
    redacted = _redacted(answer.body.decode("utf-8", "replace"))
    return masked_page(name, answer.body) if redacted is None else (f"{name}.json", redacted.encode())


def _name(path: str) -> str:
    """Return a path's words, without the administration's id in front and with other ids replaced."""
    parts = path.partition("?")[0].strip("/").removesuffix(".json").split("/")
    words = parts if parts[0] in _SEGMENTS else parts[1:]
    return "-".join(word if word in _SEGMENTS else "id" for word in words) or "id"


def _redacted(text: str) -> str | None:
    """Return JSON with its values masked; None where it is not understood to the end."""
    pieces: list[str] = []
    place, key = 0, ""
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        if token["colon"]:
            key = token["string"]
            pieces.append(f'"{key if _KEY.fullmatch(key) else _masked(key)}"{token["colon"]}')
        elif token["string"] is not None:
            is_kept = token["string"] in _CLOSED.get(key, ())
            pieces.append(token[0] if is_kept else f'"{_masked(token["string"])}"')
        else:
            pieces.append(_DIGIT.sub("9", token[0]))
        place = token.end()
    return "".join(pieces)


def _masked(text: str) -> str:
    """Mask what stands between the quotes, but for what JSON writes in more than one character."""
    pieces: list[str] = []
    place = 0
    for sign in _SIGN.finditer(text):
        pieces += (masked(text[place : sign.start()]), _sign(sign))
        place = sign.end()
    return "".join((*pieces, masked(text[place:])))


def _sign(sign: re.Match[str]) -> str:
    if sign["hex"] is None:
        return sign[0]
    letter = chr(int(sign["hex"], 16))
    return sign[0] if masked(letter) == letter else f"\\u{ord(masked(letter)):04x}"
