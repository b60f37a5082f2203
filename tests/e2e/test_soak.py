"""A short soak, each book failing once; `python -m tests.benchmarks.soak` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import soak_shared
from tests.benchmarks.soak import Asked, run
from tests.benchmarks.soak_report import report
from tests.benchmarks.soak_truth import ACTIVE, Birth, Life, Truth, Value, Version

SHORT = {"seconds": 15.0, "users": 12, "contacts": 60, "pause": 0.4, "longest": 2.0, "reload": 4.0}


STORMS = {"killing": 6.0, "redis": 6.0, "longest": 3.0}


@pytest.mark.timeout(420)
@pytest.mark.parametrize("faulty", ["acumulus", pytest.param("moneybird", marks=pytest.mark.thorough)])
async def test_nothing_wrong_is_told_and_nothing_is_lost(tmp_path: Path, faulty: str):
    """With users, faults, reloads and clients that leave, every answer is true and every write stands."""
    soaked = await run(Asked(faulty=faulty, **SHORT), tmp_path)
    told = report(soaked)
    assert soaked.faults == [], told
    checked, healthy = soaked.town.truth.checked, {"acumulus", "moneybird"} - {faulty}
    assert checked["rows"] > 100, told
    assert checked["states"] > 2, told
    assert soaked.trouble["reloads"] >= 1, told
    assert sum(soaked.trouble.values()) > soaked.trouble["reloads"], told
    assert any(soaked.town.outcomes[f"{slug} CREATED"] for slug in healthy), told
    assert any(soaked.town.outcomes[f"{slug} UPDATED"] for slug in healthy), told


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("faulty", "ration"), [("acumulus", False), ("moneybird", True)])
async def test_many_workers_stay_one_gateway(tmp_path: Path, faulty: str, *, ration: bool):
    """Workers are killed, Redis goes away, a book fails: no wrong answer, no lost or double write."""
    asked = Asked(faulty=faulty, **(SHORT | {"seconds": 40.0, "writing": 0.5}))
    soaked = await soak_shared.run(asked, soak_shared.Storms(**STORMS, ration=ration), tmp_path)
    told = report(soaked)
    assert soaked.faults == [], told
    checked = soaked.town.truth.checked
    assert checked["rows"] > 100, told
    assert soaked.trouble["worker killed"] >= 2, told
    assert sum(number for kind, number in soaked.trouble.items() if kind.startswith("redis_")) >= 3, told
    healthy = "moneybird" if faulty == "acumulus" else "acumulus"
    assert soaked.town.outcomes[f"{healthy} CREATED"] + soaked.town.outcomes[f"{healthy} UPDATED"], told


OLD, NEW = (Value("Proef", ACTIVE, "1", city, None) for city in ("Eerst", "Later"))


def a_life(*, sure: float | None, told: bool) -> Life:
    """Return a contact that was written from moment 10 on."""
    return Life([Version(OLD), Version(NEW, 10, sure, told)])


@pytest.mark.parametrize(
    ("life", "asked", "fetched", "possible"),
    [
        pytest.param(a_life(sure=12, told=True), 9, 9, [OLD], id="before-the-write"),
        pytest.param(a_life(sure=12, told=True), 11, 11, [OLD, NEW], id="while-it-is-written"),
        pytest.param(a_life(sure=12, told=True), 13, 5, [NEW], id="after-it-whatever-the-age"),
        pytest.param(a_life(sure=12, told=False), 13, 5, [OLD, NEW], id="written-elsewhere-and-older"),
        pytest.param(a_life(sure=12, told=False), 14, 13, [NEW], id="written-elsewhere-and-read-since"),
        pytest.param(a_life(sure=None, told=False), 99, 99, [OLD, NEW], id="nobody-knows"),
    ],
)
def test_what_may_be_shown(life: Life, asked: float, fetched: float, possible: list[Value]):
    """After a write nothing older may be shown; of other writes, nothing older than was read."""
    assert life.possible(asked, asked + 0.5, fetched) == possible


@pytest.mark.parametrize(
    ("outcome", "stored", "faults"),
    [
        pytest.param("UPDATED", "Later", 0, id="updated-and-so-it-is"),
        pytest.param("UPDATED", "Eerst", 1, id="updated-and-lost"),
        pytest.param("REFUSED", "Eerst", 0, id="refused-and-so-it-is"),
        pytest.param("REFUSED", "Later", 1, id="refused-and-written"),
        pytest.param("UNKNOWN", "Later", 0, id="unknown-and-written"),
        pytest.param("UNKNOWN", "Eerst", 0, id="unknown-and-not-written"),
        pytest.param("UNKNOWN", "Anders", 1, id="unknown-and-something-else"),
    ],
)
def test_a_lost_write_is_noticed(outcome: str, stored: str, faults: int):
    """What was said of a write is held against what the system has."""
    truth = Truth()
    truth.begin("moneybird", a_state("Eerst"))
    life = truth.lives["moneybird", "7"]
    version = truth.writing(life, city="Later")
    truth.written(life, version, outcome, 12)
    truth.compare("moneybird", a_state(stored), 100, 101)
    assert len(truth.faults) == faults, truth.faults


def test_a_contact_that_is_made_twice_is_noticed():
    """One intention, two contacts: that is wrong, however each of them came to be known."""
    truth = Truth()
    truth.births["Proef"] = Birth("moneybird", NEW, 10)
    truth.born("Proef", "7", 12, told=True)
    assert truth.faults == []
    truth.born("Proef", "8", 13, told=False)
    assert len(truth.faults) == 1


def a_state(city: str) -> dict[str, dict[str, dict[str, object]]]:
    """Return a stored book with one contact."""
    row = {"company_name": "Proef", "firstname": "", "lastname": "", "archived": False}
    return {"contacts": {"7": {**row, "customer_id": "1", "city": city, "attention": ""}}}
