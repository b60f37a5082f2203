"""Reads the body of a write.

Source: Moneybird API v2: request bodies are JSON objects, announced as such; booleans may be texts, ids may
be numbers. Not documented and chosen here: 415 for another Content-Type, 400 for a value of a wrong type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.backends.moneybird.sandbox import answers, refusals

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gateway.backends.moneybird.sandbox.behaviour import Behaviour
    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.emulation.vocabulary import Request

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def document(request: Request) -> Row:
    """Read the body as a JSON object; no body is an empty one.

    Raises:
        RefusedError: 415 when it is not announced as JSON, 400 when it is no JSON object.
    """
    if not request.body:
        return {}
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise answers.error(415, f"The provided content-type '{kind}' is not supported.")
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise answers.error(400, "Request body is not valid JSON")
    return found


def attributes(request: Request, wrapper: str, known: AbstractSet[str], behaviour: Behaviour) -> Row | None:
    """Return the object under the wrapper, in the keys that are known; None when there is no such object.

    Raises:
        RefusedError: as `document`, and 400 for an unknown key where those are refused.
    """
    outer = select(document(request), {wrapper}, behaviour)
    inner = outer.get(wrapper)
    return select(inner, known, behaviour) if isinstance(inner, dict) else None


def select(given: Row, known: AbstractSet[str], behaviour: Behaviour) -> Row:
    """Return what is known of an object; nulls stay only where they empty a field.

    Raises:
        RefusedError: 400 for an unknown key where those are refused.
    """
    strange = [key for key in given if key not in known]
    if strange and behaviour.unknown_keys == "refused":
        raise refusals.unknown_key(strange[0])
    return {
        key: value
        for key, value in given.items()
        if key in known and (value is not None or behaviour.nulls == "clear")
    }


def text(value: object, key: str) -> str | None:
    """Read a text or null.

    Raises:
        RefusedError: 400 for anything else.
    """
    if value is not None and not isinstance(value, str):
        raise refusals.wrong_type(key)
    return value


def boolean(value: object, key: str) -> bool:
    """Read a boolean, or one written as a text; null and an empty text are false.

    Raises:
        RefusedError: 400 for anything else.
    """
    if isinstance(value, bool):
        return value
    if value in (None, ""):
        return False
    if not isinstance(value, str) or value.lower() not in _BOOLEANS:
        raise refusals.wrong_type(key)
    return _BOOLEANS[value.lower()]


def identifier(value: object, key: str) -> str | None:
    """Read an id, a text of digits or a whole number; null and an empty text are none.

    Raises:
        RefusedError: 400 for anything else.
    """
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).isdecimal():
        raise refusals.wrong_type(key)
    return str(value)
