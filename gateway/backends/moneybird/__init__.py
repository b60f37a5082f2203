"""Moneybird, by its API v2: `SYSTEM` is all that the rest of the gateway knows of it."""

from __future__ import annotations

from functools import partial

from gateway.backends import System
from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.settings import read_settings
from gateway.emulation.vocabulary import Sandbox
from gateway.ports import Connection, Options


def _read(options: Options) -> Connection:
    settings = read_settings(options)
    return Connection(settings.administration_id, partial(connect, settings), settings.token)


def _sandbox(
    contacts: int, ration: bool, *, payments: str = "on", archived_by_id: str = "not_found"
) -> Sandbox:
    # Imported only when asked for: who serves real books needs no emulator.
    from gateway.backends.moneybird.sandbox import create

    if payments not in ("on", "off"):
        raise ValueError("payments must be on or off")
    if archived_by_id not in ("found", "not_found"):
        raise ValueError("archived_by_id must be found or not_found")
    return create(
        contacts=contacts,
        ration=ration,
        payments=payments == "on",
        archived_by_id="found" if archived_by_id == "found" else "not_found",
    )


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
)
