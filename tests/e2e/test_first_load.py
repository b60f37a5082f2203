"""A first load that is larger than Moneybird's ration: over several windows, with a search meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import telemetry
from gateway.app import Gateway, Lasting, open_gateway
from gateway.backends import discover
from gateway.backends.moneybird.sandbox import MoneybirdSandbox, create
from gateway.directory.refresh import Book
from gateway.directory.upkeep import Loading
from gateway.emulation.faults import Fault
from gateway.emulation.log import Row
from gateway.emulation.server import Emulator
from gateway.settings import read
from gateway.transport.client import HttpNetwork
from tests.fakes import Clock

CONTACTS = 20_000
WINDOW = 300
RATION = 150
OPENING = datetime(2026, 11, 21, 10, 0, 10, tzinfo=UTC)
LIST = """query($search: String, $where: ContactFilter) {
  contacts(search: $search, where: $where, first: 3) {
    totalCount nodes { displayName source { remoteId } }
    sources { state contactCount detailedCount matchCount problem { code message retryAfter } } } }"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway in front of an emulated Moneybird with its ration, and one clock for both."""

    gateway: Gateway
    emulator: Emulator
    clock: Clock

    @property
    def book(self) -> Book:
        return self.gateway.directory.books["shop"]

    async def list(self, search: str | None = None, **where: Any) -> dict[str, Any]:
        """Return a list, and its only source among it."""
        with telemetry.request("r1"):
            result = await self.gateway.schema.execute(
                LIST, {"search": search, "where": where}, context_value=self.gateway.context()
            )
        assert not result.errors
        assert result.data
        found: dict[str, Any] = result.data["contacts"]
        return {**found, "source": found["sources"][0], "ids": [_id(each) for each in found["nodes"]]}

    def asked(self, since: int = 0) -> list[Row]:
        return self.emulator.log.rows()[since:]

    def row(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the last active contact of which something holds and that is not loaded yet."""
        emulated: Any = self.emulator.emulated
        held = self.book.usable()
        rows = emulated.book.contacts(archived=False)
        missing = [each for each in rows if not held or each["id"] not in held]
        return next(each for each in reversed(missing) if holds(each))


def _id(node: dict[str, Any]) -> str:
    return str(node["source"]["remoteId"])


@asynccontextmanager
async def opened(contacts: int, seconds: int = 60) -> AsyncIterator[Scene]:
    clock, systems = Clock(OPENING), discover()
    sandbox: MoneybirdSandbox = create(contacts=contacts, ration=True, clock=clock)
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(Emulator(sandbox, clock=clock))
        section = {"slug": "shop", "title": "Shop", "system": "moneybird", "timeout": seconds}
        section |= {"base_url": emulator.url + sandbox.base_path, **sandbox.connection}
        cache = {"preload": False, "hydrate": "demand"}
        values = {"cache": cache, "graphql": {"deadline": 300}, "administrations": [section]}
        opening = open_gateway(read(values, systems), systems, Lasting(HttpNetwork(clock=clock)))
        yield Scene(await stack.enter_async_context(opening), emulator, clock)


@pytest.mark.timeout(600)
async def test_a_load_over_windows():
    """A list says how far the load is, a search asks for what it lacks, and no window is overdrawn."""
    async with opened(CONTACTS) as scene:
        await _says_how_far_it_is(scene)
        await _finds_what_is_not_loaded(scene)
        await _goes_on_to_its_end(scene)
        await _answers_by_itself(scene)


async def test_a_ration_that_others_used_up():
    """While Moneybird refuses every call nobody looks there either; in the next window the book is read."""
    async with opened(30) as scene:
        retry_after = str(int(OPENING.timestamp()) // WINDOW * WINDOW + WINDOW)
        scene.emulator.faults.add(Fault("status", status=429, retry_after=retry_after))
        for _ in range(3):
            source = (await scene.list("info"))["source"]
            assert (source["state"], source["problem"]["code"]) == ("UNAVAILABLE", "RATE_LIMITED")
            assert source["problem"]["retryAfter"] == "2026-11-21T10:05:00.000Z"
        assert [row.status for row in scene.asked()] == [429]
        scene.emulator.faults.clear()
        scene.clock.move(WINDOW)
        assert (await scene.list("info"))["source"]["state"] == "FRESH"
        assert [row.path.rpartition("/")[2] for row in scene.asked(1)] == ["synchronization.json"] * 2


@pytest.mark.parametrize("kind", ["hang", "html"], ids=str)
async def test_a_load_that_breaks_off(kind: str):
    """Where the contacts cannot be fetched, one that is looked for is found all the same."""
    async with opened(30, seconds=5) as scene:
        scene.emulator.faults.add(Fault(kind, method="POST"))
        mailed = scene.row(lambda row: bool(row["email"]))
        searched = await scene.list(mailed["email"].split(",")[0])
        source = searched["source"]
        assert (searched["ids"], searched["totalCount"]) == ([mailed["id"]], None)
        assert (source["state"], source["contactCount"]) == ("PARTIAL", None)
        assert scene.asked()[-1].path.endswith("/contacts/filter.json")


async def _says_how_far_it_is(scene: Scene) -> None:
    shown = await scene.list()
    source = shown["source"]
    assert (source["state"], source["problem"]["code"]) == ("PARTIAL", "NOT_LOADED")
    assert source["problem"]["message"].startswith("11,900 of 20,000 contacts have been loaded so far.")
    assert source["problem"]["retryAfter"] == "2026-11-21T10:05:00.000Z"
    assert (source["contactCount"], source["detailedCount"]) == (CONTACTS, 11_900)
    assert (shown["totalCount"], source["matchCount"], len(shown["ids"])) == (None, None, 3)
    assert len(scene.asked()) == 120


async def _finds_what_is_not_loaded(scene: Scene) -> None:
    mailed = scene.row(lambda row: bool(row["email"]))
    address = mailed["email"].split(",")[0]
    before = len(scene.asked())
    searched = await scene.list(address)
    (call,) = scene.asked(before)
    assert (call.method, call.path.rpartition("/")[2], call.status) == ("GET", "filter.json", 200)
    assert searched["ids"] == [mailed["id"]]
    assert (searched["source"]["state"], searched["source"]["matchCount"]) == ("PARTIAL", None)
    assert searched["totalCount"] is None
    named = scene.row(lambda row: row["firstname"] and row["lastname"] and row["id"] != mailed["id"])
    both = {"firstName": {"eq": named["firstname"]}, "lastName": {"eq": named["lastname"]}}
    filtered = await scene.list(customerNumber={"eq": named["customer_id"]}, **both)
    assert filtered["ids"] == [named["id"]]
    # Asked again, and without what was asked before, they are there for nothing.
    assert (await scene.list(address))["ids"] == [mailed["id"]]
    assert (await scene.list(remoteId=[named["id"]]))["ids"] == [named["id"]]
    assert len(scene.asked(before)) == 2


async def _goes_on_to_its_end(scene: Scene) -> None:
    step = Loading(scene.book, scene.clock).step
    waits = 0
    while scene.book.snapshot is None:
        scene.clock.move(await step())
        waits += 1
    assert waits == 2
    windows = Counter(int(row.at.timestamp()) // WINDOW for row in scene.asked())
    assert list(windows.values()) == [122, 82]
    assert max(windows.values()) <= RATION
    assert {row.status for row in scene.asked()} == {200}


async def _answers_by_itself(scene: Scene) -> None:
    before = len(scene.asked())
    shown = await scene.list("info.19998")
    source = shown["source"]
    assert (source["state"], source["problem"], source["contactCount"]) == ("FRESH", None, CONTACTS)
    assert (shown["totalCount"], source["matchCount"], len(shown["ids"])) == (1, 1, 1)
    assert scene.asked(before) == []
