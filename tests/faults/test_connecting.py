"""Certificates that are not good, and names that lead nowhere."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.house import OTHER, House
from tests.e2e.writes import codes as fault_codes
from tests.e2e.writes import write
from tests.faults.certificates import Wish, secured, trusting
from tests.faults.house import Built, assert_discreet, built, told
from tests.faults.leaping import leaping
from tests.faults.reads import READS, codes
from tests.faults.test_reads import assert_besides

WISHES = {
    "self-signed": Wish(own=True),
    "expired": Wish(days=(-9, -1)),
    "not-yet": Wish(days=(1, 9)),
    "wrong-name": Wish(address="127.0.0.2"),
}
NOWHERE = "https://nowhere.invalid"


@asynccontextmanager
async def behind(name: str, wish: Wish, folder: Path) -> AsyncIterator[House]:
    """Build a house in which one system is called over TLS, with a certificate of this kind."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    transport = httpx.AsyncHTTPTransport(verify=trusting(), trust_env=False)
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(secured(port, wish, folder))
        plan = Built(contacts=8, ports={name: port}, front={name: address}, transport=transport)
        yield await stack.enter_async_context(built(plan))


@pytest.mark.parametrize("name", sorted(OTHER))
@leaping
async def test_a_good_certificate(name: str, tmp_path: Path):
    """With a certificate that is in order all is well: the others fail for what is wrong with them."""
    async with behind(name, Wish(), tmp_path) as house:
        answer = await READS[f"{name}-list"].ask(house)
        assert codes(answer) == []
        assert house.calls()[name]


@pytest.mark.parametrize("kind", READS)
@pytest.mark.parametrize("wish", WISHES)
@leaping
async def test_a_bad_certificate(kind: str, wish: str, tmp_path: Path):
    """Nothing is sent, nothing is tried twice, and it is said that trying again is of no use."""
    read = READS[kind]
    async with behind(read.system, WISHES[wish], tmp_path) as house:
        with told(house) as notes:
            answer = await read.ask(house)
        assert {each["code"] for each in codes(answer)} == {"SYSTEM_UNAVAILABLE"}
        assert {each["retryable"] for each in codes(answer) if "retryable" in each} == {False}
        assert "certificate" in str(answer)
        assert house.calls()[read.system] == 0
        assert notes[0].outcomes(read.system) == ["SYSTEM_UNAVAILABLE"]
        assert notes[0].seconds < 1
        assert_besides(answer, house, read)
        assert_discreet(answer, notes[0].lines)


@pytest.mark.parametrize("kind", READS)
@leaping
async def test_a_name_that_leads_nowhere(kind: str):
    """The system could not be reached, at once; the other one is."""
    read = READS[kind]
    async with built(Built(contacts=8, front={read.system: NOWHERE})) as house:
        with told(house) as notes:
            answer = await read.ask(house)
        assert {each["code"] for each in codes(answer)} == {"SYSTEM_UNAVAILABLE"}
        assert {each["retryable"] for each in codes(answer) if "retryable" in each} == {True}
        assert notes[0].outcomes(read.system) == ["SYSTEM_UNAVAILABLE"] * 2
        assert notes[0].seconds < 1
        assert_besides(answer, house, read)
        assert_discreet(answer, notes[0].lines)


def creation(name: str) -> dict[str, Any]:
    return {"administration": name, "contact": {"companyName": "Nieuw", "customerNumber": "N-1"}}


@pytest.mark.parametrize("name", sorted(OTHER))
@pytest.mark.parametrize("wish", [*WISHES, "nowhere"])
@leaping
async def test_writes(name: str, wish: str, tmp_path: Path):
    """A write that does not get through did not happen, for certain."""
    async with AsyncExitStack() as stack:
        if wish == "nowhere":
            house = await stack.enter_async_context(built(Built(contacts=8, front={name: NOWHERE})))
        else:
            house = await stack.enter_async_context(behind(name, WISHES[wish], tmp_path))
        payload = await write(house, "contactCreate", shown="id", **creation(name))
        assert (payload["outcome"], fault_codes(payload)) == ("REFUSED", ["SYSTEM_UNAVAILABLE"])
        assert payload["userErrors"][0]["retryable"] is (wish == "nowhere")
        assert house.calls()[name] == 0
