"""Many workers and machines on one Redis are one gateway: one ration, one refresh, one truth."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.backends.moneybird.sandbox.ration import LIMIT
from gateway.domain.identity import contact_id, parse
from tests.e2e.program import run
from tests.e2e.workers import (
    CREATE,
    CREATES,
    ONE,
    PAGE,
    SEARCH,
    SECTIONS,
    SYSTEMS,
    UPDATE,
    House,
    Machine,
    eventually,
    opened,
    per_window,
    states,
    when_calm,
)

MACHINES, WORKERS = (1, 1, 1, 1), (4,)
"""Four machines of a worker each, and one of four: what holds for one holds for the other."""
THOROUGHLY = [pytest.param("moneybird", marks=pytest.mark.thorough), "acumulus"]
THREE = (2, 1, 1)
ROUNDS = 100
DETAILS = """query($max: Int) { contacts(first: 50, maxAge: $max) { totalCount
  nodes { id displayName about invoicing { notes } source { raw } }
  sources { state administration { slug } } } }"""
PARTS = """query($id: ID!, $max: Int) { contact(id: $id, maxAge: $max) {
  id charges(includeBilled: true) { id } mandate { hasPayments } } }"""


def random() -> Random:
    """Draw the same in every run."""
    return Random(8)  # noqa: S311 - it guards nothing


def active(house: House) -> list[str]:
    """Return the ids of Moneybird's contacts that are in no archive."""
    rows = house.systems["moneybird"].contacts()
    return [contact_id("moneybird", key) for key, row in rows.items() if not row["archived"]]


@pytest.mark.timeout(300)
@when_calm
async def test_a_thousand_mixed_requests_keep_within_one_ration(tmp_path: Path):
    """Lists, look-ups, details and writes by all workers: no more calls than one ration, none refused."""
    async with opened(tmp_path, MACHINES, contacts=300, ration=True) as house:
        drawn = random()
        await house.all_fresh()
        ids = active(house)
        house.forget()

        def one(number: int) -> Any:
            chosen = drawn.choice(ids[:100])
            match number % 10:
                case 0:
                    return house.ask(PAGE, max=0)
                case 1 | 2:
                    return house.ask(PARTS, id=chosen, max=0 if number % 20 == 1 else None)
                case 3:
                    return house.ask(UPDATE, input={"id": chosen, "contact": {"attention": f"merk{number}"}})
                case 4 | 5 | 6:
                    return house.ask(SEARCH, it=f"stad {number}")
                case _:
                    return house.ask(ONE, id=chosen)

        for start in range(0, 1000, 100):
            answers = await asyncio.gather(*(one(start + number) for number in range(100)))
            assert all(answer["data"] for answer in answers)
        rows = house.systems["moneybird"].rows()
        assert {row["status"] for row in rows} <= {200, 201, 204, 404}
        assert max(per_window(rows).values()) <= LIMIT
        assert len(rows) > LIMIT // 2, "nothing was at stake"


@pytest.mark.thorough
@when_calm
async def test_hot_requests_cost_what_one_worker_costs(tmp_path: Path):
    """A thousand ordinary reads: each book once, each contact's parts once, whichever worker is asked."""
    async with opened(tmp_path, WORKERS, contacts=300, ration=True, fresh=600) as house:
        chosen = active(house)[:20]
        documents: list[tuple[str, Any]] = [(PAGE, {})] + [(PARTS, {"id": each}) for each in chosen]
        documents += [(SEARCH, {"it": "stad"}), (ONE, {"id": chosen[0]})]
        for start in range(0, 1000, 100):
            asked = [documents[(start + number) % len(documents)] for number in range(100)]
            await asyncio.gather(*(house.data(document, **named) for document, named in asked))
        rows = house.systems["moneybird"].rows()
        assert {row["status"] for row in rows} == {200}
        read = (row for row in rows if row["method"] == "GET")
        doubled = Counter((row["path"], row["query"]) for row in read)
        assert max(doubled.values()) == 1, doubled
        assert max(per_window(rows).values()) <= LIMIT


@pytest.mark.parametrize(
    ("name", "layout"), list(zip(SYSTEMS, (MACHINES, WORKERS), strict=True)), ids=SYSTEMS
)
@when_calm
async def test_a_hundred_creates_under_one_key_are_one(tmp_path: Path, layout: tuple[int, ...], name: str):
    """A hundred times one creation at once, over all workers: one contact, and a hundred equal answers."""
    more = {"salutation": "Beste", "invoicing": {"vatCategory": "1", "vatTreatment": "3"}}
    contact: dict[str, Any] = {"companyName": "Eenmaal B.V.", "address": {"countryCode": "NL"}}
    contact |= more if name == "acumulus" else {}
    asked: dict[str, Any] = {"administration": name, "idempotencyKey": "order-1", "contact": contact}
    async with opened(tmp_path, layout, contacts=20) as house:
        before = house.systems[name].contacts()
        house.forget()
        payloads = await asyncio.gather(*(house.write(CREATE, None, **asked) for _ in range(100)))
        assert payloads[0]["outcome"] == "CREATED", payloads[0]
        assert payloads == [payloads[0]] * 100
        assert house.systems[name].count(*CREATES[name]) == 1
        assert len(house.systems[name].contacts()) == len(before) + 1


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", THOROUGHLY)
@when_calm
async def test_two_workers_change_one_contact(tmp_path: Path, name: str):
    """Two workers set different fields of one contact at once: both stand, whatever a system clears."""
    async with opened(tmp_path, (1, 1), contacts=20) as house:
        (chosen,) = await house.writable(name, 1)
        key = parse(chosen).parts[1]
        one, other = house.machines
        for number in range(20):
            payloads = await asyncio.gather(
                house.write(UPDATE, one, id=chosen, contact={"attention": f"merk{number}"}),
                house.write(UPDATE, other, id=chosen, contact={"address": {"city": f"Stad {number}"}}),
            )
            assert [each["outcome"] for each in payloads] == ["UPDATED"] * 2, payloads
            row = house.systems[name].contacts()[key]
            stored = (row["attention"], row["city"]) if name == "moneybird" else _of_acumulus(row)
            assert stored == (f"merk{number}", f"Stad {number}")
            one, other = other, one


def _of_acumulus(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["contactperson"], row["contactcity"]


@pytest.mark.parametrize(
    ("max_age", "layout"),
    [
        pytest.param(None, MACHINES, id="cold"),
        pytest.param(0, WORKERS, id="asked-anew", marks=pytest.mark.thorough),
    ],
)
@when_calm
async def test_a_hundred_equal_lists_cost_those_of_one(
    tmp_path: Path, layout: tuple[int, ...], max_age: int | None
):
    """A hundred equal lists with details at once, over all workers, nothing loaded: the calls of one."""
    async with opened(tmp_path, layout, contacts=120) as house:
        pages = await asyncio.gather(*(house.data(DETAILS, max=max_age) for _ in range(100)))
        assert states(pages[0]["contacts"]) == dict.fromkeys(SYSTEMS, "FRESH")
        assert pages == [pages[0]] * 100
        moneybird, acumulus = (house.systems[name].rows() for name in SYSTEMS)
        assert len(moneybird) == 1 + 2
        asked = Counter(row["path"].rpartition("/")[2] for row in acumulus)
        assert asked["contacts_list.php"] == 1, asked
        details = asked - Counter({"contacts_list.php": 1})
        # Who asks anew, and comes when the first details are read, has them read again.
        assert details.total() <= (50 if max_age is None else 100), asked


@pytest.mark.timeout(300)
@when_calm
async def test_nothing_older_is_shown_after_a_write(tmp_path: Path):
    """Whatever is written through one machine is at once shown by all: a hundred times, never older."""
    async with opened(tmp_path, THREE, contacts=120) as house:
        await house.all_fresh()
        drawn = random()
        chosen = [key for name in SYSTEMS for key in await house.writable(name, 8)]
        for number in range(ROUNDS):
            key, mark = drawn.choice(chosen), f"merk{number:06d}"
            payload = await house.write(UPDATE, id=key, contact={"attention": mark})
            assert payload["outcome"] == "UPDATED", payload
            await asyncio.gather(*(_shows(house, each, key, mark) for each in house.machines))


async def _shows(house: House, machine: Machine, key: str, mark: str) -> None:
    # A machine of several workers is asked more often than it has workers.
    for _ in range(2 * machine.workers - 1):
        one, found = await asyncio.gather(
            house.data(ONE, machine, id=key), house.data(SEARCH, machine, it=mark)
        )
        assert one["contact"]["attention"] == mark
        assert found["contacts"]["nodes"] == [{"id": key, "attention": mark}]
        assert found["contacts"]["totalCount"] == 1


@pytest.mark.parametrize(
    ("kept", "preload"), [(True, True), (False, False)], ids=["redis-kept", "redis-emptied"]
)
@when_calm
async def test_a_restart_of_all_costs_one_call_a_book(tmp_path: Path, *, kept: bool, preload: bool):
    """All workers of two machines start again: each book is looked at once, from Redis or from files."""
    async with opened(tmp_path, (2, 2), contacts=250, preload=preload) as house:
        before = await house.all_fresh()
        await eventually(lambda: _saved(house))
        for machine in house.machines:
            machine.end()
        if not kept:
            house.redis.kill()
            house.redis.start()
        house.forget()
        for machine in house.machines:
            machine.start()
        for machine in house.machines:
            machine.listen()
        pages = await house.all_fresh()
        assert [page["nodes"] for page in pages] == [page["nodes"] for page in before]
        await asyncio.gather(*(house.data(PAGE, max=30) for _ in range(20)))
        counted = house.calls()
        assert max(counted.values()) <= 1, counted
        await asyncio.gather(*(house.data(PAGE, max=0) for _ in range(20)))
        assert all(1 <= number <= 2 for number in house.calls().values())


async def _saved(house: House) -> bool:
    return any(len(list((each.folder / "kept").glob("snapshots/*.book"))) == 2 for each in house.machines)


@pytest.mark.thorough
@when_calm
async def test_one_refresh_serves_all(tmp_path: Path):
    """While all machines are asked again and again, each book is looked at as often as one would."""
    async with opened(tmp_path, (1, 1, 1, 1), contacts=60, fresh=2, revalidate=60) as house:
        await house.all_fresh()
        house.forget()
        for _ in range(40):
            await asyncio.gather(*(house.data(PAGE, each) for each in house.machines))
            await asyncio.sleep(0.1)
        for name, system in house.systems.items():
            moments = [row["at"] for row in system.rows()]
            assert len(moments) >= 1
            assert len(moments) <= 1 + _seconds(moments) / 2 + 1, name


def _seconds(moments: list[str]) -> float:
    first, last = (datetime.fromisoformat(each) for each in (moments[0], moments[-1]))
    return (last - first).total_seconds()


def test_several_workers_need_redis(tmp_path: Path):
    """With `memory://` two workers would be two gateways: refused with the reason, and status 2."""
    sections = SECTIONS.format(moneybird="http://127.0.0.1:9", acumulus="http://127.0.0.1:9")
    (tmp_path / "gateway.toml").write_text(sections)
    done = run("serve", "--port", "0", "--workers", "2", cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "workers" in line
    assert "redis://" in line
    assert "memory://" in line


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[House]:
    """Two machines of two workers, with every book loaded."""
    async with opened(tmp_path, (2, 2), contacts=40) as house:
        await house.all_fresh()
        yield house


async def test_metrics_and_health_are_those_of_all(pair: House):
    """Any worker tells what all workers of its machine did, and that Redis is up."""
    machine = pair.machines[0]
    before = await pair.figure(machine, "gateway_operation_seconds_count")
    await asyncio.gather(*(pair.data(PAGE, machine) for _ in range(100)))
    told = {await pair.figure(machine, "gateway_operation_seconds_count") - before for _ in range(10)}
    assert told == {100}
    assert {await pair.shared(each) for each in pair.machines} == {"up"}
    assert await pair.figure(machine, "gateway_shared_up") == 1
