"""What writes cost, counted by the emulators' own logs."""

from __future__ import annotations

import pytest

from tests.e2e.house import opened
from tests.e2e.writes import state, write
from tests.faults.changes import CASES, GOOD, writes


@pytest.mark.parametrize("name", CASES)
async def test_a_write_costs_its_steps(name: str):
    """Each write makes the calls that it consists of, one of which writes; the other system hears nothing."""
    case = CASES[name]
    async with opened(50) as house:
        asked = case.asked(house)
        house.calls()
        payload = await write(house, case.mutation, shown="id", **asked)
        assert payload["outcome"] in GOOD
        assert (len(house.rows(case.system)), writes(house, case)) == (len(case.steps), 1)
        assert sum(house.calls().values()) == len(case.steps)


@pytest.mark.parametrize("name", CASES)
async def test_a_dry_run_only_reads(name: str):
    """A dry run makes the calls before the one that writes, at Acumulus a test of it, and changes nothing."""
    case = CASES[name]
    async with opened(50) as house:
        asked, before = case.asked(house), state(house, case.system)
        house.calls()
        payload = await write(house, case.mutation, shown="id", dryRun=True, **asked)
        assert payload["outcome"] == "DRY_RUN"
        tested = 1 if case.system == "acumulus" else 0
        assert house.calls()[case.system] == case.writing + tested
        assert state(house, case.system) == before
