"""A result as it is at rest in the journal, and digests of what was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge
from gateway.domain.faults import Notice, Outcome
from gateway.ports import Link, Settled
from gateway.services.result import Result


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a first answer told beside its outcome; charges and links have to be shown again as they were."""

    changes: tuple[tuple[str, Any, Any], ...] = ()
    notices: tuple[Notice, ...] = ()
    charge: Charge | None = None
    url: str | None = None
    expires_at: datetime | None = None


def key_digest(mutation: str, key: str) -> str:
    """Return what stands for an idempotency key in the journal: its scope and itself."""
    return hashlib.sha256(f"{mutation}\n{key}".encode("utf-8", "replace")).hexdigest()


def input_digest(asked: Mapping[str, object]) -> str:
    """Return what stands for an input; two inputs of one meaning have one."""
    text = msgspec.json.encode(asked, enc_hook=_plain, order="deterministic")
    return hashlib.sha256(text).hexdigest()


def settled_as(identifier: str, now: datetime, result: Result, contact: str | None) -> Settled:
    """Return a result as it is put into the journal.

    Args:
        identifier: Of the intent.
        now: UTC.
        result: What the client is told.
        contact: The system's own id of the contact, where it is known.
    """
    link = result.link
    told = Told(
        changes=tuple((each.field, each.before, each.after) for each in result.changes),
        notices=result.notices,
        charge=result.charge,
        url=link.url if link else None,
        expires_at=link.expires_at if link else None,
    )
    return Settled(
        identifier, now, str(result.outcome), contact, result.part, msgspec.to_builtins(told, enc_hook=_plain)
    )


def result_of(settled: Settled, administration: str) -> Result:
    """Return a first result once more, without its contact; values of changes come back as texts."""
    told = msgspec.convert(settled.told, Told, strict=False)
    link = Link(told.url, told.expires_at) if told.url else None
    changes = tuple(FieldChange(path, _value(before), _value(after)) for path, before, after in told.changes)
    return Result(
        Outcome(settled.outcome),
        administration,
        part=settled.part,
        charge=told.charge,
        link=link,
        changes=changes,
        notices=told.notices,
    )


def _value(plain: Any) -> Any:
    return tuple(plain) if isinstance(plain, list) else plain


def _plain(value: object) -> object:
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
