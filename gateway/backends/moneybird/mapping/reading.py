"""Reading one JSON record of a documented shape, so that a fault costs a field and not the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

FAULTS = (msgspec.MsgspecError, ValueError, RecursionError)
"""All that decoding raises: a wrong shape, no JSON, no UTF-8, too deep."""
BLANK = b'""'


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A record, and the names of its fields that could not be read, those of an embedded list dotted."""

    record: T
    faults: tuple[str, ...] = ()


def read_record(raw: bytes | msgspec.Raw, shape: type[T]) -> Reading[T] | None:
    """Read a JSON object; None when it is none.

    A field of another type than documented is left out and named; unknown keys are ignored.
    """
    try:
        return Reading(msgspec.json.decode(raw, type=shape))
    except FAULTS:
        return _read_by_field(raw, shape)


def _read_by_field(raw: bytes | msgspec.Raw, shape: type[T]) -> Reading[T] | None:
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except FAULTS:
        return None
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in msgspec.structs.fields(shape):
        if field.encode_name in parts:
            value, bad = _read_field(parts[field.encode_name], field)
            values[field.name] = value
            faults += bad
    return Reading(shape(**values), tuple(faults))


def _read_field(raw: msgspec.Raw, field: msgspec.structs.FieldInfo) -> tuple[Any, list[str]]:
    if bytes(raw) == BLANK:
        # Moneybird writes "" and null for the same thing, and "" is no date.
        return None, []
    try:
        return msgspec.json.decode(raw, type=field.type), []
    except FAULTS:
        items = _item_shape(field.type)
        return (None, [field.encode_name]) if items is None else _read_items(raw, field.encode_name, items)


def _read_items(
    raw: msgspec.Raw, name: str, shape: type[msgspec.Struct]
) -> tuple[list[Any] | None, list[str]]:
    try:
        rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except FAULTS:
        return None, [name]
    items: list[Any] = []
    faults: list[str] = []
    for row in rows:
        reading = read_record(row, shape)
        if reading is None:
            faults.append(name)
            continue
        items.append(reading.record)
        faults += [f"{name}.{fault}" for fault in reading.faults]
    return items, faults


def _item_shape(annotation: Any) -> type[msgspec.Struct] | None:
    for option in get_args(annotation):
        if get_origin(option) is list:
            shape: type[msgspec.Struct] = get_args(option)[0]
            return shape
    return None
