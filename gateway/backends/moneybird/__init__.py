"""Moneybird, by its API v2: `SYSTEM` is all that the rest of the gateway knows of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from gateway.backends import System
from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.redaction import redact
from gateway.backends.moneybird.settings import read_settings
from gateway.emulation.vocabulary import Sandbox
from gateway.ports import Connection, Options


def _read(options: Options) -> Connection:
    settings = read_settings(options)
    return Connection(settings.administration_id, partial(connect, settings), settings.token)


def _sandbox(
    contacts: int,
    ration: bool,
    *,
    payments: str = "on",
    archived_by_id: str = "not_found",
    rights: str = "full",
    unknown_keys: str = "ignored",
    nulls: str = "clear",
    children_bump: str = "off",
) -> Sandbox:
    # Imported only when asked for: who serves real books needs no emulator.
    from gateway.backends.moneybird.sandbox import create

    for name, word in (("payments", payments), ("children_bump", children_bump)):
        if word not in ("on", "off"):
            raise ValueError(f"{name} must be on or off")
    choices: Any = {
        "payments": payments == "on",
        "archived_by_id": archived_by_id,
        "rights": rights,
        "unknown_keys": unknown_keys,
        "nulls": nulls,
        "children_bump": children_bump == "on",
    }
    return create(contacts=contacts, ration=ration, **choices)


SYSTEM = System(
    name="moneybird",
    title="Moneybird",
    read=_read,
    environment={
        "MONEYBIRD_TOKEN": "token",
        "MONEYBIRD_ADMINISTRATION_ID": "administration_id",
        "MONEYBIRD_BASE_URL": "base_url",
    },
    sandbox=_sandbox,
    redact=redact,
)
