"""A contact with a value in every node, and the emulated book that it is written in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.domain.changes import Value
from gateway.domain.faults import FaultCode, NoticeCode
from gateway.ports import Plan, Written
from tests.ports.connected import SYSTEMS, Connected, connected

SAMPLES = Path(__file__).parents[2] / "samples" / "acumulus"
KEY = "1234001"


def _sample() -> dict[str, str]:
    sent = etree.fromstring((SAMPLES / "manage_update_request.xml").read_bytes()).find("contact")
    return {node.tag: node.text or "" for node in sent if node.tag not in ("contactid", "overwriteifexists")}


SENT = _sample()
"""The 46 data nodes of the documented update, as they are sent."""

STORED = {
    **SENT,
    "contactinvoicenotes": "regel 1\nregel 2",
    "contactabout": "kolom 1\tkolom 2",
    "contactaddress2": " achterom ",
    "contactmark": "A\\B & <C>",
    "contactfax": "020-0000002",
    "contactaltname2": "Poort 3 & 4",
    "contactaltperson": "S. de Magazijn",
    "contactaltaddress2": "achterom <rechts>",
}
"""The same as it is stored, with texts that are easily damaged."""


@asynccontextmanager
async def opened(
    stored: Mapping[str, str] = STORED, *, patience: float = 30, **emulated: str
) -> AsyncIterator[Connected]:
    """Connect to an emulated book that holds one contact, `KEY`; a call may take so many seconds."""
    options: dict[str, Any] = {"contacts": 0, "emulated": emulated, "timeout": patience}
    async with connected(SYSTEMS["acumulus"], **options) as line:
        line.book.put({"contactid": KEY, **stored})
        yield line


def everything(line: Connected) -> dict[str, dict[str, str]]:
    """Return the 46 data nodes of each contact in the book."""
    return {key: dict(nodes) for key, nodes in line.book.everything().items()}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Return what differs in the other."""
    return {name: text for name, text in other.items() if one[name] != text}


async def plan(line: Connected, values: Mapping[str, Value], *accept: str, key: str = KEY) -> Plan:
    """Plan an update."""
    return await line.backend.contacts.update(key, values, frozenset(accept))


def writes(line: Connected) -> int:
    """Return how many writing calls came in."""
    return line.emulator.log.count(path_contains="contact_manage.php")


def told(written: Written | None) -> set[tuple[NoticeCode, str]]:
    """Return code and path of each notice."""
    assert written is not None
    return {(each.code, each.path) for each in written.notices}


def refused(planned: Plan) -> set[tuple[FaultCode, str]]:
    """Return code and path of each fault."""
    return {(each.code, each.path) for each in planned.faults}
