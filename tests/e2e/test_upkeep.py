"""What no list shows is found in turn, and its age is told, over real HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.directory.upkeep import PERIOD, Rereading
from tests.e2e.house import House, opened

NOTES = """{ contacts(first: 250, administrations: ["moneybird"]) {
  nodes { source { remoteId } notes { text } } sources { detailsFetchedAt } } }"""
NAMES = """{ contacts(first: 1, administrations: ["moneybird"]) { sources { detailsFetchedAt } } }"""


async def told(house: House, document: str) -> datetime | None:
    """Return since when what no version shows is as it is shown."""
    (source,) = (await house.data(document))["contacts"]["sources"]
    moment = source["detailsFetchedAt"]
    return datetime.fromisoformat(moment) if moment else None


async def notes(house: House, key: str) -> list[str]:
    nodes = (await house.data(NOTES))["contacts"]["nodes"]
    (found,) = (node for node in nodes if node["source"]["remoteId"] == key)
    return [note["text"] for note in found["notes"]]


async def test_a_note_under_an_unchanged_version_is_found():
    """A turn reads a book with a call for each hundred contacts, and the age that is told is its own."""
    async with opened({"moneybird": 120, "acumulus": 1}) as house:
        loaded = house.clock()
        await house.data(NAMES)
        key = next(row["id"] for row in house.book("moneybird").contacts(archived=False) if row["notes"])
        row = house.book("moneybird").contact(key)
        row["notes"][0]["note"] = "edited without anybody telling"
        house.book("moneybird").changed(key)
        assert "edited without anybody telling" not in await notes(house, key)
        assert abs(await told(house, NOTES) - loaded) < timedelta(seconds=1)
        assert await told(house, NAMES) is None

        house.clock.move(PERIOD + 1)
        await house.data(NAMES)
        house.calls()
        rereading = Rereading(house.gateway.directory.books["moneybird"], house.clock)
        began = house.clock()
        for _ in range(3):
            await rereading.step()

        assert "edited without anybody telling" in await notes(house, key)
        assert abs(await told(house, NOTES) - began) < timedelta(seconds=1)
        assert house.calls()["moneybird"] == 2
