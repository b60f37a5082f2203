"""What is written while one gateway takes another's place: the new one shows it too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.app import Lasting, open_gateway
from gateway.domain.identity import contact_id
from gateway.transport.client import HttpNetwork
from tests.e2e.house import SYSTEMS, House, opened
from tests.e2e.writes import PRODUCT, whole, write

ONE = "query($id: ID!) { contact(id: $id) { attention } }"
CHARGES = "query($id: ID!) { contact(id: $id) { charges { id } } }"
LIST = "query($word: String) { contacts(search: $word) { totalCount nodes { attention } } }"


@asynccontextmanager
async def reloaded() -> AsyncIterator[tuple[House, House]]:
    """Yield a house and one in whose place it came: both are still at work."""
    async with opened(40) as before:
        await before.data(LIST)
        gateway = before.gateway
        network = HttpNetwork(clock=before.clock)
        async with open_gateway(gateway.settings, SYSTEMS, Lasting(network), gateway) as successor:
            yield replace(before, gateway=successor), before


@pytest.mark.parametrize("name", ["moneybird", "acumulus"])
async def test_a_write_that_the_earlier_gateway_ends_is_shown_by_the_later_one(name: str):
    """Contact and lists show it without asking the system, though they were young before it ended."""
    async with reloaded() as (after, before):
        key = whole(before, name)
        identity, written = contact_id(name, key), {"attention": "Zwaluwstaart"}
        assert (await after.data(LIST, word="Zwaluwstaart"))["contacts"]["totalCount"] == 0
        assert (await after.data(ONE, id=identity))["contact"]["attention"] != "Zwaluwstaart"

        payload = await write(before, "contactUpdate", id=identity, contact=written)
        assert payload["outcome"] == "UPDATED"
        after.calls()
        assert (await after.data(ONE, id=identity))["contact"]["attention"] == "Zwaluwstaart"
        found = (await after.data(LIST, word="Zwaluwstaart"))["contacts"]
        assert found == {"totalCount": 1, "nodes": [written]}
        assert after.calls()[name] == 0


async def test_what_hangs_on_a_contact_is_asked_again():
    """A charge that the earlier gateway made is shown by the later one, which held the others already."""
    async with reloaded() as (after, before):
        identity = contact_id("moneybird", whole(before, "moneybird"))
        charges = (await after.data(CHARGES, id=identity))["contact"]["charges"]
        payload = await write(
            before, "contactChargeCreate", "id", contactId=identity, charge={"productId": PRODUCT}
        )
        assert payload["outcome"] == "CREATED", payload
        told: list[dict[str, Any]] = (await after.data(CHARGES, id=identity))["contact"]["charges"]
        assert len(told) == len(charges) + 1


async def test_a_write_of_unknown_outcome_is_doubted_by_the_later_gateway_too():
    """Where the earlier gateway cannot tell what became of a write, the later one asks before it answers."""
    async with reloaded() as (after, before):
        await after.data(LIST)
        await before.gateway.directory.doubt("moneybird", None)
        after.calls()
        await after.data(LIST)
        assert after.calls()["moneybird"] == 1


async def test_the_schema_stays():
    """A new configuration with the same systems is served by the same schema: caches hold every schema."""
    async with reloaded() as (after, before):
        assert after.gateway.schema is before.gateway.schema
