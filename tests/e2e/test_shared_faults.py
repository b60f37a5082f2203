"""What goes wrong around many workers: one dies, Redis dies, hangs, is full or is another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.backends.moneybird.sandbox.ration import LIMIT
from gateway.domain.identity import parse
from tests.e2e.workers import (
    CREATE,
    CREATES,
    ONE,
    PAGE,
    SEARCH,
    SYSTEMS,
    UPDATE,
    UPDATES,
    House,
    Machine,
    children,
    eventually,
    kill,
    opened,
    states,
    until,
)
from tests.sharing.server import RedisServer

pytestmark = pytest.mark.timeout(300)
TWO = (2, 2)
MADE = {"companyName": "Eenmaal B.V.", "attention": "merk-eenmaal", "address": {"countryCode": "NL"}}


@contextmanager
def dead(redis: RedisServer) -> Iterator[None]:
    """Redis is gone, and comes back empty: another one, for all that anybody knows."""
    redis.kill()
    try:
        yield
    finally:
        redis.start()


@contextmanager
def hung(redis: RedisServer) -> Iterator[None]:
    """Redis takes questions and answers nothing."""
    redis.hang()
    try:
        yield
    finally:
        redis.go_on()


@contextmanager
def full(redis: RedisServer) -> Iterator[None]:
    """Redis answers, and takes nothing more."""
    redis.fill()
    try:
        yield
    finally:
        redis.empty()


MORE = {"marks": pytest.mark.thorough}
AWAY = [
    pytest.param(each, id=each.__name__, **(MORE if each is not dead else {})) for each in (dead, hung, full)
]
THOROUGHLY = [pytest.param("moneybird", marks=pytest.mark.thorough), "acumulus"]
Away = Callable[[RedisServer], Any]


@dataclass(slots=True)
class Readers:
    """Ask every machine again and again; whatever is no good answer is noted."""

    house: House
    wrong: list[str] = field(default_factory=list)
    good: int = 0
    broken: int = 0

    async def go_on(self, machine: Machine, key: str) -> None:
        """Ask in turn, until cancelled; a connection whose worker just died is asked anew."""
        asked: list[tuple[str, dict[str, str]]] = [(PAGE, {}), (ONE, {"id": key}), (SEARCH, {"it": "stad"})]
        while True:
            for document, variables in asked:
                try:
                    answer = await self.house.post(document, machine, **variables)
                except httpx.TransportError:
                    self.broken += 1
                    await asyncio.sleep(0.05)
                    continue
                if answer.status_code != 200 or "errors" in answer.json():
                    self.wrong.append(f"{answer.status_code} {answer.text[:500]}")
                self.good += 1
            await asyncio.sleep(0.05)


@asynccontextmanager
async def reading(house: House, key: str) -> AsyncIterator[Readers]:
    """Have all machines asked meanwhile; every answer must be good."""
    readers = Readers(house)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(readers.go_on(machine, key)) for machine in house.machines]
        yield readers
        for task in tasks:
            task.cancel()
    assert readers.wrong == []
    assert readers.good > 0


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Two machines of two workers, with every book loaded."""
    async with opened(tmp_path, TWO, contacts=60, fresh=5) as made:
        await made.all_fresh()
        yield made


async def show(house: House, key: str, mark: str) -> None:
    """Every machine shows a contact as it was written, and finds it so."""
    for _ in range(2):
        for machine in house.machines:
            told = await house.data(ONE, machine, id=key)
            assert told["contact"]["attention"] == mark
            found = await house.data(SEARCH, machine, it=mark)
            assert found["contacts"]["nodes"] == [{"id": key, "attention": mark}]


async def written(house: House, machine: Machine, key: str, mark: str) -> None:
    """Write through a machine until it is not refused any more; every machine shows it."""

    async def is_done() -> bool:
        payload = await house.write(UPDATE, machine, id=key, contact={"attention": mark})
        assert payload["outcome"] in ("UPDATED", "REFUSED"), payload
        assert all(each["retryable"] for each in payload["userErrors"])
        return bool(payload["outcome"] == "UPDATED")

    await eventually(is_done)
    await show(house, key, mark)


async def test_any_worker_may_die(house: House):
    """Workers are killed in turn, whichever of them leads: all goes on, and each is replaced."""
    chosen = {name: (await house.writable(name, 1))[0] for name in SYSTEMS}
    async with reading(house, chosen["moneybird"]) as readers:
        for machine in house.machines:
            for number, pid in enumerate(machine.pids()):
                kill(pid)
                await asyncio.to_thread(_replaced, machine, pid)
                for name, key in chosen.items():
                    await written(house, house.others(machine)[0], key, f"merk-{name}-{pid}-{number}")
        good = readers.good
        await eventually(lambda: _more(readers, good))
    assert all(states(page) == dict.fromkeys(SYSTEMS, "FRESH") for page in await house.all_fresh(0))


def _replaced(machine: Machine, pid: int) -> None:
    until(lambda: pid not in machine.pids() and len(machine.pids()) == 2)


async def _more(readers: Readers, good: int) -> bool:
    return readers.good > good


@pytest.mark.thorough
async def test_a_machine_may_die(house: House):
    """A whole machine loses its power: the other one goes on, and leads; nothing that was written is lost."""
    (key,) = await house.writable("acumulus", 1)
    one, other = house.machines
    await written(house, one, key, "merk-ervoor")
    one.crash()
    house.machines.remove(one)
    await show(house, key, "merk-ervoor")
    await written(house, other, key, "merk-erna")
    assert states((await house.all_fresh(0))[0]) == dict.fromkeys(SYSTEMS, "FRESH")
    one.start()
    one.listen()
    house.machines.append(one)
    await show(house, key, "merk-erna")


@pytest.mark.parametrize("name", THOROUGHLY)
async def test_a_worker_that_dies_in_a_write_leaves_no_lock(tmp_path: Path, name: str):
    """Its update was sent and its answer never heard: another worker writes on, both changes stand."""
    async with opened(tmp_path, (1, 1), contacts=20) as house:
        (key,) = await house.writable(name, 1)
        await house.all_fresh()
        victim, other = house.machines
        method, path = UPDATES[name]
        house.forget()
        house.systems[name].fail({"kind": "hang", "landed": True, "method": method, "path": path, "count": 1})
        writing = asyncio.create_task(
            house.post(UPDATE, victim, input={"id": key, "contact": {"attention": "merk-dood"}})
        )
        await asyncio.to_thread(until, lambda: house.systems[name].count(method, path) == 1)
        victim.crash()
        with pytest.raises(httpx.TransportError):
            await writing
        house.systems[name].fail()
        payload = await house.write(UPDATE, other, id=key, contact={"address": {"city": "Elders"}})
        assert payload["outcome"] == "UPDATED", payload
        assert payload["contact"]["attention"] == "merk-dood"
        house.machines.remove(victim)
        await show(house, key, "merk-dood")
        row = house.systems[name].contacts()[parse(key).parts[1]]
        assert {"merk-dood", "Elders"} <= {str(value) for value in row.values()}
        victim.start()
        victim.listen()
        house.machines.append(victim)
        await show(house, key, "merk-dood")


@pytest.mark.parametrize("landed", [True, pytest.param(False, marks=pytest.mark.thorough)])
async def test_a_creation_whose_worker_died_is_not_made_twice(tmp_path: Path, *, landed: bool):
    """It is asked for again under its key, through another machine: never two, and never silently none."""
    async with opened(tmp_path, (1, 1), contacts=20) as house:
        victim, other = house.machines
        moneybird = house.systems["moneybird"]
        before = moneybird.contacts().keys()
        method, path = CREATES["moneybird"]
        asked = {"administration": "moneybird", "idempotencyKey": "order-2", "contact": MADE}
        house.forget()
        moneybird.fail({"kind": "hang", "landed": landed, "method": method, "path": path, "count": 1})
        writing = asyncio.create_task(house.post(CREATE, victim, input=asked))
        await asyncio.to_thread(until, lambda: moneybird.count(method, path) == 1)
        victim.crash()
        with pytest.raises(httpx.TransportError):
            await writing
        moneybird.fail()
        payload = await house.write(CREATE, other, **asked)
        made = moneybird.contacts().keys() - before
        assert len(made) <= 1
        assert moneybird.count(method, path) <= 2 - landed
        if payload["outcome"] == "CREATED":
            assert [parse(payload["contact"]["id"]).parts[1]] == list(made)
        else:
            assert payload["outcome"] == "UNKNOWN", payload
            assert [each["code"] for each in payload["userErrors"]] == ["OUTCOME_UNKNOWN"]
        house.machines.remove(victim)


@pytest.mark.parametrize("away", AWAY)
async def test_reads_go_on_without_redis(house: House, away: Away):
    """While Redis is away every answer is good, health and metrics say so, and it comes back by itself."""
    (key,) = await house.writable("moneybird", 1)
    async with reading(house, key):
        await house.all_say("up")
        with away(house.redis):
            await house.all_say("away")
            for machine in house.machines:
                assert (await house.http.get(machine.health)).status_code == 200
                await eventually(partial(_is_noted, house, machine))
        await house.all_say("up")
        await written(house, house.machines[0], key, "merk-terug")
    assert all(await asyncio.gather(*(house.figure(each, "gateway_shared_up") for each in house.machines)))
    assert all(states(page) == dict.fromkeys(SYSTEMS, "FRESH") for page in await house.all_fresh(0))


async def _is_noted(house: House, machine: Machine) -> bool:
    """Whether a machine's metrics say that Redis is away, while it is asked things."""
    await house.data(PAGE, machine)
    return await house.figure(machine, "gateway_shared_up") == 0


@pytest.mark.parametrize(
    ("away", "name"),
    [
        pytest.param(dead, "moneybird", id="dead"),
        pytest.param(hung, "acumulus", id="hung"),
        pytest.param(full, "acumulus", id="full"),
    ],
)
async def test_writes_are_refused_without_redis(house: House, away: Away, name: str):
    """What needs the shared lock is refused, to be repeated, and not sent; afterwards it is done once."""
    (key,) = await house.writable(name, 1)
    asked: dict[str, Any] = {"administration": name, "idempotencyKey": "order-3", "contact": dict(MADE)}
    if name == "acumulus":
        asked["contact"] |= {
            "salutation": "Beste",
            "invoicing": {"vatCategory": "1", "vatTreatment": "3"},
        }
    await written(house, house.machines[0], key, "merk-ervoor")
    before = house.systems[name].contacts()
    house.forget()
    with away(house.redis):
        for machine in house.machines * 2:
            payloads = [
                await house.write(CREATE, machine, **asked),
                await house.write(UPDATE, machine, id=key, contact={"attention": "merk-zonder"}),
            ]
            for payload in payloads:
                assert payload["outcome"] == "REFUSED", payload
                assert [each["retryable"] for each in payload["userErrors"]] == [True], payload
        assert house.systems[name].contacts() == before
        assert house.systems[name].count(*UPDATES[name]) == house.systems[name].count(*CREATES[name]) == 0
    await house.all_say("up")
    await eventually(partial(_is_created, house, asked))
    assert len(house.systems[name].contacts().keys() - before.keys()) == 1
    await written(house, house.machines[1], key, "merk-erna")


async def _is_created(house: House, asked: dict[str, Any]) -> bool:
    """Whether eight tries at once say that it was made; one whose worker still waits for Redis is refused."""
    payloads = await asyncio.gather(*(house.write(CREATE, None, **asked) for _ in range(8)))
    outcomes = {each["outcome"] for each in payloads}
    assert outcomes <= {"CREATED", "REFUSED"}, payloads
    ids = {each["contact"]["id"] for each in payloads if each["outcome"] == "CREATED"}
    assert len(ids) <= 1
    return outcomes == {"CREATED"}


@pytest.mark.parametrize("away", AWAY)
async def test_an_update_during_which_redis_goes_away(house: House, away: Away):
    """It is sent, and then Redis goes away: the truth is told, later everybody shows it, it is sent once."""
    (key,) = await house.writable("moneybird", 1)
    moneybird, (method, path) = house.systems["moneybird"], UPDATES["moneybird"]
    house.forget()
    moneybird.fail({"kind": "drip", "seconds": 0.0005, "method": method, "path": path, "count": 1})
    asked = {"id": key, "contact": {"attention": "merk-onderweg"}}
    writing = asyncio.create_task(house.write(UPDATE, house.machines[0], **asked))
    await asyncio.to_thread(until, lambda: moneybird.count(method, path))
    with away(house.redis):
        payload = await writing
        assert payload["outcome"] in ("UPDATED", "UNKNOWN"), payload
        await house.all_say("away")
    await house.all_say("up")
    await eventually(partial(_shown_everywhere, house, key, "merk-onderweg"))
    for _ in range(3):
        await show(house, key, "merk-onderweg")
    assert moneybird.count(method, path) == 1


async def _shown_everywhere(house: House, key: str, mark: str) -> bool:
    with suppress(AssertionError):
        await show(house, key, mark)
        return True
    return False


@pytest.mark.parametrize("name", THOROUGHLY)
async def test_another_redis_knows_what_was_written(house: House, name: str):
    """Redis is replaced by an empty one after a write that nobody else has seen: all come to show it."""
    (key,) = await house.writable(name, 1)
    for number in range(3):
        machine = house.machines[number % 2]
        await written(house, machine, key, f"merk-gezien-{number}")
        payload = await house.write(UPDATE, machine, id=key, contact={"attention": f"merk-{number}"})
        assert payload["outcome"] == "UPDATED", payload
        house.redis.kill()
        house.redis.start()
        await house.all_say("up")
        await eventually(partial(_shown_everywhere, house, key, f"merk-{number}"))
        for _ in range(5):
            await show(house, key, f"merk-{number}")


@pytest.mark.thorough
async def test_without_redis_each_keeps_its_share_of_the_ration(tmp_path: Path):
    """Redis is away, and all workers are asked for more than there is: together no more than one ration."""
    async with opened(tmp_path, (1, 1, 1, 1), contacts=60, ration=True) as house:
        await house.all_fresh()
        with dead(house.redis):
            for _ in range(60):
                await asyncio.gather(*(house.ask(PAGE, each, max=0) for each in house.machines))
        for _ in range(60):
            await asyncio.gather(*(house.ask(PAGE, each, max=0) for each in house.machines))
        rows = house.systems["moneybird"].rows()
        assert {row["status"] for row in rows} == {200}
        assert len(rows) > LIMIT // 2, "nothing was at stake"


async def test_nobody_is_left_when_a_machine_ends(house: House):
    """A supervisor that is told to end, or is killed, leaves no worker behind."""
    ends: list[Callable[[Machine], None]] = [Machine.end, _killed]
    for machine, end in zip(house.machines, ends, strict=True):
        pids = machine.pids()
        assert len(pids) == 2
        end(machine)
        await asyncio.to_thread(_all_ended, pids)


def _all_ended(pids: list[int]) -> None:
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def _killed(machine: Machine) -> None:
    assert children(machine.program.pid)
    kill(machine.program.pid)
