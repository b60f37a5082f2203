"""Acumulus, by SIEL: contacts of one contract, over its XML API."""

from __future__ import annotations

from functools import partial

from gateway.backends import System
from gateway.backends.acumulus.adapter import connect
from gateway.backends.acumulus.redaction import redact
from gateway.backends.acumulus.settings import read_settings
from gateway.backends.acumulus.wire import NAME, TITLE
from gateway.emulation.vocabulary import Sandbox
from gateway.ports import Connection, Options


def _read(options: Options) -> Connection:
    settings = read_settings(options)
    return Connection(settings.contract_code.reveal(), partial(connect, settings), settings.password)


def _sandbox(
    contacts: int,
    ration: bool,
    *,
    nodes: str = "full",
    role: str = "API-beheerder",
    empty: str = "status0",
    unknown_id: str = "refuse",
    identical: str = "updated",
    manage_answers: str = "stored",
    breaks: str = "real",
) -> Sandbox:
    # Only demo and sandbox need the emulator; serving must not pay for its import.
    from gateway.backends.acumulus.sandbox import Behaviour, create

    behaviour = Behaviour(
        role=role,
        empty=empty,
        unknown_id=unknown_id,
        identical=identical,
        manage_answers=manage_answers,
        breaks=breaks,
    )
    return create(contacts=contacts, ration=ration, nodes=nodes, behaviour=behaviour)


SYSTEM = System(
    name=NAME,
    title=TITLE,
    read=_read,
    environment={
        "ACUMULUS_CONTRACT_CODE": "contract_code",
        "ACUMULUS_USERNAME": "username",
        "ACUMULUS_PASSWORD": "password",
        "ACUMULUS_BASE_URL": "base_url",
    },
    sandbox=_sandbox,
    redact=redact,
)
