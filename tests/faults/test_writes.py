"""Every way to fail, at every step of every write: the outcome is true, and nothing is sent twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.emulation.faults import Fault
from tests.e2e.writes import codes, state, write
from tests.faults.changes import CASES, GOOD, Case, writes
from tests.faults.house import DEADLINE, TIMEOUT, Built, House, Told, assert_discreet, built, told
from tests.faults.leaping import leaping
from tests.faults.rows import DOCTYPE, LAUGHS

FAILED = {
    "SYSTEM_UNAVAILABLE",
    "BAD_UPSTREAM_ANSWER",
    "RATE_LIMITED",
    "CREDENTIALS_REJECTED",
    "REJECTED_BY_SYSTEM",
    "NOT_FOUND",
}
LATE = 3 * TIMEOUT
BOOKS = {"moneybird": {"moneybird": 30, "acumulus": 1}, "acumulus": {"moneybird": 1, "acumulus": 50}}

FAULTS = {
    "refused": Fault("refuse", seconds=600),
    "hanging": Fault("hang"),
    "hanging-landed": Fault("hang", landed=True),
    "reset": Fault("reset"),
    "reset-landed": Fault("reset", landed=True),
    "late": Fault("latency", seconds=LATE),
    "dripping": Fault("drip", seconds=1.5),
    "truncated": Fault("truncated"),
    "cut": Fault("cut"),
    "garbage": Fault("garbage"),
    "garbage-landed": Fault("garbage", landed=True),
    "html": Fault("html"),
    "html-landed": Fault("html", landed=True),
    "html-503": Fault("html", status=503),
    "html-503-landed": Fault("html", status=503, landed=True),
    "empty": Fault("status", status=200, body=""),
    "empty-landed": Fault("status", status=200, body="", landed=True),
    "doctype-landed": Fault("status", status=200, body=DOCTYPE, landed=True),
    "entities-landed": Fault("status", status=200, body=LAUGHS, landed=True),
    "endless-landed": Fault("endless", landed=True),
    "302": Fault("status", status=302),
    "500": Fault("status", status=500),
    "500-landed": Fault("status", status=500, landed=True),
    "500-with-words": Fault("status", status=500, body='{"error": "stuk"}', landed=True),
    "429": Fault("status", status=429, retry_after="30"),
    "401": Fault("status", status=401),
    "403": Fault("status", status=403),
    "404": Fault("status", status=404),
    "409": Fault("status", status=409),
    "422": Fault("status", status=422),
    "422-with-words": Fault("status", status=422, body='{"error": {"company_name": ["is te lang"]}}'),
}
ANYWHERE = ("refused", "hanging", "reset", "cut", "html", "500", "429", "401")
"""Faults at the calls that only read: whether those were carried out makes no difference."""

STEPS = [
    pytest.param(name, step, id=f"{name}-{step + 1}")
    for name, case in CASES.items()
    for step in range(len(case.steps))
]


@pytest.mark.parametrize(("name", "step"), STEPS)
@leaping
async def test_every_fault(name: str, step: int):
    """For each kind of fault: what is said to have happened has, what is said not to have has not."""
    case = CASES[name]
    for kind in FAULTS:
        if kind in (FAULTS if step == case.writing else ANYWHERE) and (kind != "refused" or not step):
            async with built(Built(contacts=BOOKS[case.system])) as house:
                await failed(house, case, step, kind)


async def failed(house: House, case: Case, step: int, kind: str) -> None:
    """Carry a write out with one call of it failing, and check what is said of it."""
    method, path, skip = case.steps[step]
    fault = FAULTS[kind]
    if kind != "refused":
        # A call that only reads is made once more when it fails.
        fault = replace(fault, method=method, path=path, skip=skip, count=1 if step == case.writing else 2)
    asked = case.asked(house)
    before = state(house, case.system)
    house.emulators[case.system].faults.add(fault)
    house.calls()
    with told(house) as notes:
        payload = await write(house, case.mutation, shown="id", **asked)
    said = (case.mutation, step, kind, payload["outcome"], payload["userErrors"])
    happened = case.happened(house, asked)
    assert writes(house, case) <= 1, said
    if payload["outcome"] in GOOD:
        assert happened, said
        assert not payload["userErrors"], said
    elif payload["outcome"] == "REFUSED":
        assert not happened, said
        assert set(codes(payload)) <= FAILED, said
        assert state(house, case.system) == before, said
    else:
        assert payload["outcome"] == "UNKNOWN", said
        assert codes(payload) == ["OUTCOME_UNKNOWN"], said
        assert step >= case.writing, said
    if step < case.writing:
        assert payload["outcome"] == "REFUSED", said
    assert_noted(house, case, payload, notes[0])


def assert_noted(house: House, case: Case, payload: dict[str, Any], note: Told) -> None:
    """Check that every call was logged and counted, in time, and that nothing of anybody is told."""
    outcomes = note.outcomes(case.system)
    assert len(outcomes) == note.count(case.system)
    arrived = [row for row in house.rows(case.system) if row.fault != "latency"]
    assert len(outcomes) >= len(arrived)
    assert note.seconds <= DEADLINE + 0.2
    assert_discreet(payload["userErrors"], payload["warnings"], note.lines)
