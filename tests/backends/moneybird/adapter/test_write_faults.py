"""Whatever fails at whichever step of a write, what is told of it is true."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.backends.moneybird.sandbox import administration
from gateway.domain.errors import BackendError, RateLimited
from gateway.domain.faults import NoticeCode, Outcome
from gateway.emulation.faults import Fault
from gateway.ports import Plan, Written
from tests.backends.moneybird.line import Line, carried_out, opened
from tests.ports.connected import mended

PATIENCE = 30
"""Seconds that a call may take in a test where the system answers; a machine may stand still for a while."""
UNHEARD = [
    Fault("hang"),
    Fault("reset"),
    Fault("garbage"),
    Fault("html"),
    Fault("html", status=404),
    Fault("html", status=503),
    Fault("status", status=400),
    Fault("status", status=403),
    Fault("status", status=408),
    Fault("status", status=500),
    Fault("status", status=500, body='{"error":"internal server error"}'),
]
"""Failures after which the system may have carried the call out, or not."""
ALTERED = [Fault("truncated"), Fault("cut"), Fault("drip", seconds=0.2)]
"""Failures of an answer to a call that was carried out."""
REFUSED = [
    Fault("status", status=401),
    Fault("status", status=422, body='{"error":{"city":["is odd"]}}'),
    Fault("status", status=400, body='{"error":"no","symbolic":{"id":"can_not_be_archived"}}'),
]
"""Answers that prove that nothing was written."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A write, what it is to end in, and whether Moneybird's book shows it."""

    plan: Callable[[Line], Awaitable[Plan]]
    outcome: Outcome
    happened: Callable[[], bool]
    can_be_known: bool = True


class Keys:
    """Contacts that a writing concerns, one each, so that none hinders another."""

    def __init__(self, line: Line) -> None:
        used: set[str] = set()

        def pick(wanted: Callable[[dict[str, Any]], Any]) -> str:
            key = line.some(lambda row: row["id"] not in used and wanted(row))
            used.add(key)
            return key

        self.charges = pick(lambda row: line.book.charges(row["id"]))
        self.mandate = pick(lambda row: line.book.mandate(row["id"]))
        self.note = pick(lambda row: row["notes"])
        self.person = pick(lambda row: row["contact_people"])
        self.update = pick(lambda row: row["contact_people"])
        self.archive = pick(lambda row: not line.book.in_use(row["id"]))
        self.delete = pick(lambda row: not line.book.in_use(row["id"]))
        self.part = line.row(self.person)["contact_people"][0]["id"]
        self.gone_part = line.row(self.update)["contact_people"][0]["id"]
        self.gone_note = line.row(self.note)["notes"][0]["id"]


NOTHING: frozenset[str] = frozenset()
ADA = {"firstName": "Ada", "lastName": "Lovelace"}
CHARGE = {"productId": next(iter(administration.PRODUCTS)), "description": "Lost and found"}


def contact_writings(line: Line, keys: Keys) -> dict[str, Writing]:
    contacts = line.backend.contacts

    def made() -> bool:
        return any(row["company_name"] == "Lost B.V." for row in line.book.contacts(archived=True))

    return {
        "create": Writing(lambda: contacts.create({"companyName": "Lost B.V."}), Outcome.CREATED, made),
        "update": Writing(
            lambda: contacts.update(keys.update, {"address.city": "Lost"}, NOTHING),
            Outcome.UPDATED,
            lambda: line.row(keys.update)["city"] == "Lost",
        ),
        "archive": Writing(
            lambda: contacts.archive(keys.archive, NOTHING),
            Outcome.ARCHIVED,
            lambda: line.row(keys.archive)["archived"],
        ),
        "delete": Writing(
            lambda: contacts.delete(keys.delete, NOTHING),
            Outcome.DELETED,
            lambda: line.row(keys.delete) is None,
        ),
    }


def part_writings(line: Line, keys: Keys) -> dict[str, Writing]:
    persons, notes = line.backend.persons, line.backend.notes

    def people(key: str) -> list[Any]:
        return line.row(key)["contact_people"]

    return {
        "person create": Writing(
            lambda: persons.create(keys.person, ADA),
            Outcome.CREATED,
            lambda: any(row["lastname"] == "Lovelace" for row in people(keys.person)),
        ),
        "person update": Writing(
            lambda: persons.update(keys.person, keys.part, {"department": "Lost"}),
            Outcome.UPDATED,
            lambda: people(keys.person)[0]["department"] == "Lost",
        ),
        "person delete": Writing(
            lambda: persons.delete(keys.update, keys.gone_part),
            Outcome.DELETED,
            lambda: all(row["id"] != keys.gone_part for row in people(keys.update)),
        ),
        "note create": Writing(
            lambda: notes.create(keys.note, {"text": "Lost"}),
            Outcome.CREATED,
            lambda: any(row["note"] == "Lost" for row in line.row(keys.note)["notes"]),
        ),
        "note delete": Writing(
            lambda: notes.delete(keys.note, keys.gone_note),
            Outcome.DELETED,
            lambda: all(row["id"] != keys.gone_note for row in line.row(keys.note)["notes"]),
        ),
    }


def money_writings(line: Line, keys: Keys) -> dict[str, Writing]:
    charges, mandates = line.backend.charges, line.backend.mandates

    def asked(way: str) -> bool:
        return way in line.book.state()["mandate_requests"].get(keys.mandate, [])

    return {
        "charge": Writing(
            lambda: charges.create(keys.charges, CHARGE),
            Outcome.CREATED,
            lambda: any(row["description"] == "Lost and found" for row in line.book.charges(keys.charges)),
        ),
        "request": Writing(
            lambda: mandates.request(keys.mandate, {}), Outcome.SENT, lambda: asked("mail"), False
        ),
        "link": Writing(
            lambda: mandates.link(keys.mandate, {}), Outcome.CREATED, lambda: asked("link"), False
        ),
        "mandate delete": Writing(
            lambda: mandates.delete(keys.mandate),
            Outcome.DELETED,
            lambda: line.book.mandate(keys.mandate) is None,
        ),
    }


def writings(line: Line) -> dict[str, Writing]:
    keys = Keys(line)
    return contact_writings(line, keys) | part_writings(line, keys) | money_writings(line, keys)


def patience(fault: Fault) -> float:
    """Return how long a call may take: one that is not answered costs all of it."""
    return 1 if fault.kind in ("hang", "drip") else PATIENCE


def named(fault: Fault) -> str:
    return f"{fault.kind}-{fault.status}" if fault.status else fault.kind


async def failed(line: Line, writing: Writing, fault: Fault, *, method: str = "") -> Any:
    """Carry a writing out while a fault hits its writing call, or the reads after it."""
    plan = await writing.plan()
    call = plan.requests[0].method
    line.emulator.faults.add(replace(fault, method=method or call, count=1))
    ended = await carried_out(plan)
    await mended(line.emulator)
    return ended


def told(ended: Any) -> str:
    return ended.outcome.value if isinstance(ended, Written) else type(ended).__name__


@pytest.mark.parametrize("fault", UNHEARD, ids=named)
async def test_a_write_that_did_not_arrive_is_never_called_done(fault):
    """Nothing is written, so the outcome is unknown or a refusal; and nothing is sent a second time."""
    async with opened(patience=patience(fault)) as line:
        for name, writing in writings(line).items():
            before = copy.deepcopy(line.book.state())
            sent = len(line.writes())

            ended = await failed(line, writing, fault)

            assert ended is None, (name, told(ended))
            assert len(line.writes()) == sent + 1, name
            assert line.book.state() == before, name


@pytest.mark.parametrize("fault", [*UNHEARD, *ALTERED], ids=named)
async def test_a_write_whose_answer_is_lost_is_found(fault):
    """What was carried out is proven by reading wherever that can be, and never sent a second time."""
    async with opened(patience=patience(fault)) as line:
        for name, writing in writings(line).items():
            sent = len(line.writes())

            ended = await failed(line, writing, replace(fault, landed=True))

            assert writing.happened(), name
            assert len(line.writes()) == sent + 1, name
            expected = {writing.outcome.value} | (set() if writing.can_be_known else {"NoneType"})
            assert told(ended) in expected, name


@pytest.mark.parametrize("fault", REFUSED, ids=named)
async def test_a_refused_write_is_told_as_such(fault):
    """An answer that proves a refusal ends the write; nothing was written."""
    async with opened(patience=patience(fault)) as line:
        before = copy.deepcopy(line.book.state())
        for name, writing in writings(line).items():
            ended = await failed(line, writing, fault)

            assert isinstance(ended, BackendError), name
            assert not ended.may_have_landed, name
        assert line.book.state() == before


async def test_a_write_beyond_the_ration_is_not_sent(line):
    """A 429 proves that nothing was written, and the next write is not even sent before its time."""
    found = writings(line)
    plans = [await found[name].plan() for name in ("update", "create")]
    line.fail("status", status=429, retry_after="30", method="PATCH", count=1)

    ended = [await carried_out(plan) for plan in plans]

    assert [type(each) for each in ended] == [RateLimited] * 2
    assert [method for method, _ in line.writes()] == ["PATCH"]


@pytest.mark.parametrize("name", ["delete", "archive"], ids=str)
async def test_a_ration_that_ends_after_the_write_leaves_the_outcome_open(line, name):
    """The write was sent and nothing more can be read: that is unknown, and no refusal."""
    plan = await writings(line)[name].plan()
    line.fail("status", status=429, retry_after="30", method="GET", count=1)

    assert await carried_out(plan) is None


async def test_nobody_listening_is_no_write():
    """A connection that is refused carried nothing, and is told as that or as not known."""
    async with opened(patience=PATIENCE) as line:
        found = writings(line)
        plans = {name: await writing.plan() for name, writing in found.items()}
        before = copy.deepcopy(line.book.state())
        line.fail("refuse", seconds=60)

        ended = {name: await carried_out(plan) for name, plan in plans.items()}

        assert [name for name, each in ended.items() if isinstance(each, Written)] == []
        assert line.book.state() == before


@pytest.mark.parametrize("fault", [*UNHEARD[1:], Fault("truncated"), Fault("cut"), REFUSED[0]], ids=named)
async def test_a_read_after_the_write_may_fail(fault):
    """One failing read costs a second one or the contact, never the truth of the outcome."""
    async with opened(patience=patience(fault)) as line:
        for name, writing in writings(line).items():
            ended = await failed(line, writing, fault, method="GET")

            assert writing.happened(), name
            assert told(ended) == writing.outcome.value, name
            unread = NoticeCode.NOT_VERIFIED in [notice.code for notice in ended.notices]
            assert ended.contact or unread or name == "delete", name


@pytest.mark.parametrize("fault", [*UNHEARD[1:], REFUSED[0], Fault("cut"), Fault("truncated")], ids=named)
async def test_a_read_before_the_write_may_fail(fault):
    """Without the read there is no plan, and nothing is written; only a create reads nothing."""
    async with opened(patience=patience(fault)) as line:
        before = copy.deepcopy(line.book.state())
        line.emulator.faults.add(replace(fault, method="GET"))
        ended = {}
        for name, writing in writings(line).items():
            try:
                ended[name] = await writing.plan()
            except BackendError as error:
                ended[name] = error

        assert [name for name, each in ended.items() if isinstance(each, Plan)] == ["create"]
        assert line.writes() == []
        assert line.book.state() == before
