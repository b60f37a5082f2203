"""Why Moneybird refused a write, as faults of the input; pure.

Two shapes: a sentence with symbols by key, and a map of sentences by key with codes beside it. Texts
that are not known are kept word for word. Source: Moneybird API v2, contacts: examples of every error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from gateway.backends.moneybird.mapping.attributes import CUSTOM_FIELDS
from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.wire import DetailRow, RefusalRow
from gateway.domain.changes import CUSTOM
from gateway.domain.faults import Fault, FaultCode

LONGEST = 1000
"""Letters of a vendor's sentence that are kept; a longer one is no sentence."""

CODES: Mapping[str, FaultCode] = {
    "blank": FaultCode.REQUIRED,
    "required": FaultCode.REQUIRED,
    "is required": FaultCode.REQUIRED,
    "taken": FaultCode.TAKEN,
    "invalid": FaultCode.INVALID,
    "inclusion": FaultCode.INVALID,
    "not_in_future": FaultCode.INVALID,
    "not_found": FaultCode.NOT_FOUND,
    "permission": FaultCode.FORBIDDEN,
    "insufficient_permissions": FaultCode.FORBIDDEN,
}
"""Codes of `details`, and symbols. Three of them are no examples but how such records are judged
elsewhere in the same framework: taken, invalid, inclusion."""

TEXTS: Mapping[str, FaultCode] = {
    "must exist": FaultCode.NOT_FOUND,
    "can't be blank": FaultCode.REQUIRED,
    "is required": FaultCode.REQUIRED,
    "has already been taken": FaultCode.TAKEN,
    "is invalid": FaultCode.INVALID,
    "is not included in the list": FaultCode.INVALID,
    "cannot be in the future": FaultCode.INVALID,
    "includes a domain which cannot receive emails": FaultCode.INVALID,
}
"""Sentences of a field, for a refusal without `details`."""

RECORDS = frozenset({"id", "contact", "contact_id", "entity", "contact_person_id"})
"""Keys that stand for a record itself, and for no field of it."""

STATUSES: Mapping[int, FaultCode] = {403: FaultCode.FORBIDDEN, 404: FaultCode.NOT_FOUND}
_NUMBER = re.compile(r"\bid (\d+)\b")


def faults_of(body: bytes, status: int, paths: Mapping[str, str]) -> tuple[Fault, ...]:
    """Return why a write was refused; empty where the body tells no reason.

    Args:
        body: Of the answer, JSON or not.
        status: Of the answer.
        paths: Request key to the path of the input that it was set by.
    """
    reading = read_record(body, RefusalRow)
    if reading is None:
        return ()
    row = reading.record
    if isinstance(row.error, dict):
        return tuple(dict.fromkeys(_of_fields(row, row.error, paths)))
    text = (row.error or "").strip()[:LONGEST]
    if row.symbolic:
        return tuple(_of_symbol(key, symbol, text, paths) for key, symbol in row.symbolic.items())
    code = STATUSES.get(status, FaultCode.REJECTED_BY_SYSTEM)
    return (Fault(code, text),) if text else ()


def is_unknown_record(body: bytes) -> bool:
    """Whether a body says that there is no record with the id that was asked for."""
    reading = read_record(body, RefusalRow)
    return reading is not None and (reading.record.symbolic or {}).get("id") == "not_found"


def _of_fields(
    row: RefusalRow, texts: Mapping[str, list[str] | str], paths: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield a fault for every sentence of every field."""
    for key, said in texts.items():
        details = (row.details or {}).get(key, [])
        sentences = said if isinstance(said, list) else [said]
        for text, detail in zip_longest(sentences, details):
            if text or detail:
                said_so = text.strip()[:LONGEST] if isinstance(text, str) else ""
                yield _of_field(key, said_so, detail.error if isinstance(detail, DetailRow) else None, paths)


def _of_field(key: str, text: str, detail: str | None, paths: Mapping[str, str]) -> Fault:
    if text == "must exist" and key in RECORDS:
        return Fault(FaultCode.NOT_FOUND, "Moneybird does not have this contact any more.")
    # An empty note is told twice, the second time of a field that no request has; and what is sent as
    # an id is told of as the record that it names.
    path = paths.get("note" if key == "todo_type" else key) or paths.get(f"{key}_id")
    words = text or detail or "refused"
    code = TEXTS.get(text) if text == "must exist" else CODES.get(detail or "") or TEXTS.get(text)
    if path is None:
        return Fault(code or FaultCode.REJECTED_BY_SYSTEM, f"{key[:LONGEST]}: {words}")
    return Fault(code or FaultCode.REJECTED_BY_SYSTEM, _message(code, key, words), path)


def _message(code: FaultCode | None, key: str, words: str) -> str:
    match code:
        case FaultCode.REQUIRED:
            return "Moneybird needs this."
        case FaultCode.TAKEN:
            return f"{TAKEN.get(key, 'This is in use already')}; archived contacts count too."
        case FaultCode.NOT_FOUND:
            return "Moneybird has no such record."
        case FaultCode.INVALID:
            return f"Moneybird does not accept this: {words}."
        case _:
            return words


TAKEN: Mapping[str, str] = {
    "customer_id": "Another contact has this customer number",
    "sepa_mandate_id": "Another contact has this mandate reference",
}
"""Values that only one contact of an administration can have. Source: clients' reports; the archived
contacts that still hold one are what surprised them."""


def _of_symbol(key: str, symbol: str, text: str, paths: Mapping[str, str]) -> Fault:
    code = CODES.get(symbol, FaultCode.REJECTED_BY_SYSTEM)
    words = text or f"{key}: {symbol}"[:LONGEST]
    if key in RECORDS and code is FaultCode.NOT_FOUND:
        return Fault(code, "Moneybird does not have this record any more.")
    if key == CUSTOM_FIELDS:
        named = _NUMBER.search(text)
        return Fault(code, words, f"{CUSTOM}{named[1]}" if named else "customFields")
    return Fault(code, words, paths.get(key, ""))
