"""Answers that come, and are not quite what they should be: one record's fault costs that record alone."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import orjson
import pytest

from gateway.domain.identity import contact_id
from gateway.emulation.faults import Fault
from tests.e2e.house import OTHER, House
from tests.e2e.writes import codes as fault_codes
from tests.e2e.writes import state, write
from tests.faults.house import Built, assert_discreet, built, told
from tests.faults.leaping import leaping
from tests.faults.reads import READS, codes
from tests.faults.rows import XML
from tests.faults.test_connecting import creation
from tests.faults.test_costs import LIST, ids, listed, source

NAME_KEY = {"moneybird": "company_name", "acumulus": "contactname1"}
BROKEN = {
    "moneybird-latin-1": Fault("edited", find="?", body="Caf\xe9", encoding="latin-1"),
    "moneybird-nul": Fault("edited", find="?", body="Ca\x00f"),
    "moneybird-escaped-nul": Fault("edited", find="?", body="Ca\\u0000f"),
    "moneybird-lone-surrogate": Fault("edited", find="?", body="Ca\\ud800f"),
    "moneybird-controls": Fault("edited", find="?", body="Ca\x01\x1ff"),
    "acumulus-latin-1": Fault("edited", find="?", body="Caf\xe9", encoding="latin-1"),
    "acumulus-nul": Fault("edited", find="?", body="Ca\x00f"),
    "acumulus-escaped-nul": Fault("edited", find="?", body="Ca&#0;f"),
    "acumulus-lone-surrogate": Fault("edited", find="?", body="Ca&#xD800;f"),
    "acumulus-controls": Fault("edited", find="?", body="Ca\x01\x1ff"),
}


def named(house: House, system: str) -> tuple[str, str]:
    """Return the key and the name of an active contact whose name occurs once, in plain letters."""
    rows = state(house, system)["contacts"]
    named = [row[NAME_KEY[system]] or "" for row in rows.values()]
    for key in house.keys(system, archived=False):
        name = rows[key][NAME_KEY[system]] or ""
        if name.isascii() and len(name) > 5 and "&" not in name and sum(name in each for each in named) == 1:
            return key, name
    raise AssertionError("no such sample contact")


@pytest.mark.parametrize("case", BROKEN)
@leaping
async def test_a_text_that_no_text_may_be(case: str):
    """It is repaired where it is broken, and every other record is as it was."""
    system = case.partition("-")[0]
    async with built(Built(contacts=20)) as house:
        right = await listed(house)
    async with built(Built(contacts=20)) as house:
        key, name = named(house, system)
        house.emulators[system].faults.add(replace(BROKEN[case], find=name))

        shown = await listed(house)

        orjson.dumps(shown)
        (mended,) = (node for node in shown["nodes"] if node["id"] == contact_id(system, key))
        assert mended["displayName"].startswith("Ca")
        assert mended["displayName"].isprintable()
        rest = {node["id"]: node for node in shown["nodes"] if node["id"] != mended["id"]}
        assert rest == {node["id"]: node for node in right["nodes"] if node["id"] != mended["id"]}
        assert {each["state"] for each in shown["sources"]} == {"FRESH"}


def twin(system: str, one: str, other: str) -> Fault:
    if system == "acumulus":
        return Fault("edited", find=f"<contactid>{one}</contactid>", body=f"<contactid>{other}</contactid>")
    return Fault("edited", method="GET", find=f'"id":"{one}"', body=f'"id":"{other}"')


@pytest.mark.parametrize("system", sorted(OTHER))
@leaping
async def test_twins_are_one(system: str):
    """Of two records with one id one is shown, and counted once."""
    async with built(Built(contacts=20)) as house:
        one, other, *_ = house.keys(system, archived=False)
        house.emulators[system].faults.add(twin(system, one, other))

        shown = await listed(house)

        mine = [node["id"] for node in shown["nodes"] if node["source"]["system"] == system.upper()]
        assert len(mine) == len(set(mine))
        assert set(mine) == set(house.ids(system, archived=False)) - {contact_id(system, one)}
        assert shown["totalCount"] == len(shown["nodes"])


UNFORESEEN = {
    "moneybird-field": Fault("edited", find='"company_name":', body='"surprise":{"x":[1]},"company_name":'),
    "moneybird-word": Fault("edited", find='"delivery_method":"Email"', body='"delivery_method":"Pigeon"'),
    "moneybird-kind": Fault("edited", find='"city":"', body='"city":7,"town":"'),
    "acumulus-field": Fault(
        "edited", find="<contactname1>", body="<surprise><x>1</x></surprise><contactname1>"
    ),
    "acumulus-word": Fault("edited", find="<contacttype>1<", body="<contacttype>9<"),
}


@pytest.mark.parametrize("case", UNFORESEEN)
@leaping
async def test_what_nobody_foresaw(case: str):
    """A field, a word of a closed set, or a kind of value that is new costs no contact."""
    system = case.partition("-")[0]
    document = "{ contacts(first: 250) { nodes { id invoicing { deliveryMethod } roles address { city } } } }"
    async with built(Built(contacts=20)) as house:
        house.emulators[system].faults.add(UNFORESEEN[case])
        shown = await listed(house)
        assert ids(shown, system) == set(house.ids(system, archived=False))
        assert source(shown, system)["state"] == "FRESH"
        nodes = (await house.data(document))["contacts"]["nodes"]
        if case == "moneybird-word":
            assert "UNKNOWN" in [(each["invoicing"] or {}).get("deliveryMethod") for each in nodes]


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("system", sorted(OTHER))
@leaping
async def test_clocks_that_differ(system: str, hours: int):
    """Whatever the system's clock shows, and ours is set to, nothing is older or younger for it."""
    async with built(Built(contacts=8)) as house:
        date = format_datetime(house.clock() + timedelta(hours=hours), usegmt=True)
        house.emulators[system].faults.add(Fault("headed", headers={"Date": date}))
        await listed(house)
        house.calls()
        house.clock.move(10)
        assert {each["state"] for each in (await listed(house))["sources"]} == {"FRESH"}
        assert house.calls() == {"moneybird": 0, "acumulus": 0}
        house.clock.move(3600 * hours)
        for _ in range(2):
            nodes = (await house.data(AGES))["contacts"]["nodes"]
            assert min(node["freshness"]["ageSeconds"] for node in nodes) >= 0
            assert max(node["freshness"]["ageSeconds"] for node in nodes) <= 300
            assert {node["freshness"]["stale"] for node in nodes} == {False}
            house.clock.move(400)
        assert house.calls()[system] > 0


AGES = "{ contacts(first: 250) { nodes { freshness { ageSeconds stale } } } }"


@asynccontextmanager
async def trap() -> AsyncIterator[tuple[str, list[object]]]:
    """Listen where nobody is to come; the address, and who came."""
    came: list[object] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", came


@leaping
async def test_a_link_that_leads_elsewhere():
    """The next page is asked of the same list alone: a token goes nowhere else."""
    async with trap() as (address, came), built(Built(contacts=8)) as house:
        read = replace(READS["moneybird-number"], values=lambda _house: {"number": "nobody's"})
        for link in (f"{address}/contacts.json?page=2", f"{house.emulators['moneybird'].url}/other?page=2"):
            house.emulators["moneybird"].faults.clear()
            fault = Fault("headed", path="/contacts.json", headers={"Link": f'<{link}>; rel="next"'})
            house.emulators["moneybird"].faults.add(fault)
            house.clock.move(90_000)
            house.calls()
            answer = await read.ask(house)
            assert {each["code"] for each in codes(answer)} == {"NOT_FOUND"}
            assert [row.path.rpartition("/")[2] for row in house.rows("moneybird")] == [
                "nobody's.json",
                "contacts.json",
            ]
        assert came == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("system", sorted(OTHER))
@leaping
async def test_nobody_is_followed(system: str, status: int):
    """Where a system sends us elsewhere, nobody goes there, reading or writing."""
    async with trap() as (address, came), built(Built(contacts=8)) as house:
        sent = Fault("status", status=status, headers={"Location": f"{address}/"})
        house.emulators[system].faults.add(sent)
        shown = await listed(house)
        assert source(shown, system)["problem"]["code"] == "BAD_UPSTREAM_ANSWER"
        payload = await write(house, "contactCreate", shown="id", **creation(system))
        assert payload["outcome"] in ("REFUSED", "UNKNOWN")
        assert came == []


EXTERNAL = {
    "file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file://{canary}">]>',
    "address": '<!DOCTYPE r [<!ENTITY x SYSTEM "{address}/x">]>',
    "definitions": '<!DOCTYPE r SYSTEM "{address}/r.dtd">',
    "parameter": '<!DOCTYPE r [<!ENTITY % p SYSTEM "{address}/p.dtd"> %p; <!ENTITY x "y">]>',
}
ANSWER = """<response><contact><contactid>1</contactid><contactname1>&x;</contactname1></contact>
  <status>0</status></response>"""


@pytest.mark.parametrize("kind", EXTERNAL)
@leaping
async def test_entities_from_elsewhere(kind: str, tmp_path: Path):
    """No file is read and nobody is called, whatever a document names; a write like that is not known."""
    canary = tmp_path / "canary.txt"
    canary.write_text("the-canary-sings")
    async with trap() as (address, came), built(Built(contacts=8)) as house:
        body = XML + EXTERNAL[kind].format(canary=canary, address=address) + ANSWER
        house.emulators["acumulus"].faults.add(Fault("status", status=200, body=body))
        with told(house) as notes:
            for name in ("list", "contact", "choices"):
                answer = await READS[f"acumulus-{name}"].ask(house)
                assert {each["code"] for each in codes(answer)} == {"BAD_UPSTREAM_ANSWER"}
                assert "canary" not in str(answer)
            await house.mend("acumulus")
            house.emulators["acumulus"].faults.add(
                Fault("status", status=200, body=body, path="contact_manage", landed=True)
            )
            payload = await write(house, "contactCreate", shown="id displayName", **creation("acumulus"))
        assert payload["outcome"] == "CREATED", payload
        assert "canary" not in str((payload, notes[0].lines))
        assert_discreet(payload["userErrors"], notes[0].lines)
        assert came == []


@leaping
async def test_one_page_of_many():
    """Where a page fails, what came is shown as a part; of a book that was whole, nobody goes."""
    page = Fault("status", status=503, method="POST", path="synchronization", skip=2)
    async with built(Built(contacts={"moneybird": 450, "acumulus": 5})) as house:
        everybody = set(house.ids("moneybird", archived=False))
        house.emulators["moneybird"].faults.add(page)
        document = LIST.replace("first: 250", "first: 1")
        first = await listed(house, document)
        assert source(first, "moneybird")["state"] == "PARTIAL"
        assert source(first, "moneybird")["problem"]["code"] == "SYSTEM_UNAVAILABLE"
        assert first["totalCount"] is None
        await house.mend("moneybird")
        whole = await listed(house, document)
        assert source(whole, "moneybird")["matchCount"] == len(everybody)

        for row in house.book("moneybird").contacts(archived=True):
            row["version"] += 1
            house.book("moneybird").changed(row["id"])
        house.emulators["moneybird"].faults.add(page)
        house.clock.move(400)
        later = await listed(house, document)
        assert source(later, "moneybird")["state"] == "STALE"
        assert source(later, "moneybird")["matchCount"] == len(everybody)
        assert later["totalCount"] == whole["totalCount"]


MOST = 64 * 1024 * 1024


@pytest.mark.parametrize("kind", ["bomb", "endless"])
@pytest.mark.parametrize("system", sorted(OTHER))
@leaping
async def test_no_answer_is_larger_than_memory(system: str, kind: str):
    """However much comes, reading or writing, little of it is held; the write's outcome is the true one."""
    async with built(Built(contacts=8)) as house:
        reading, writing = Fault(kind), Fault(kind, landed=True, method="POST", path=WRITING[system])
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            house.emulators[system].faults.add(reading)
            assert source(await listed(house), system)["problem"]["code"] == "BAD_UPSTREAM_ANSWER"
            await house.mend(system)
            house.emulators[system].faults.add(writing)
            payload = await write(house, "contactCreate", shown="id", **creation(system))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak - before < MOST
        assert (payload["outcome"], fault_codes(payload)) == ("CREATED", [])


WRITING = {"moneybird": "/contacts.json", "acumulus": "contact_manage"}
