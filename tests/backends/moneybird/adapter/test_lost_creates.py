"""A contact whose creation was not answered is found again, and never taken for somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.backends.moneybird.adapter.contact_writing import MAX_CLAIMS, Claims
from gateway.domain.faults import Outcome
from gateway.ports import Trace
from tests.backends.moneybird.line import carried_out, opened


async def created(line, values):
    return await carried_out(await line.backend.contacts.create(values))


async def looked(line, values, *, asked_at=None):
    plan = await line.backend.contacts.create(values)
    return await plan.look(Trace(asked_at or datetime.now(UTC), plan.known))


async def test_two_lost_creates_do_not_claim_one_contact(line):
    """A contact whose creation was answered, or found already, is nobody else's."""
    values = {"companyName": "Twins"}
    await created(line, values)
    assert await looked(line, values) is None

    line.fail("reset", method="POST", count=1, landed=True)
    first = await created(line, values)
    second = await looked(line, values)

    assert first.outcome is Outcome.CREATED
    assert second is None


async def test_a_plan_finds_its_own_contact_again(line):
    """Looking twice for one creation tells the same twice."""
    values = {"companyName": "Once"}
    line.fail("reset", method="POST", count=1, landed=True)
    plan = await line.backend.contacts.create(values)
    found = await carried_out(plan)

    again = await plan.look(Trace(datetime.now(UTC), plan.known))

    assert again.contact.key == found.contact.key


@pytest.mark.parametrize("number", [{}, {"customerNumber": "GW-5"}], ids=["content", "number"])
async def test_an_older_contact_is_not_taken_for_a_new_one(number):
    """Only what was made since the write began can have come of it, two minutes of grace included."""
    values = {"companyName": "Old", **number}
    async with opened() as line:
        assert (await created(line, values)).outcome is Outcome.CREATED
        line.backend.contacts.claims.owners.clear()
        now = datetime.now(UTC)

        late = await looked(line, values, asked_at=now + timedelta(minutes=3))
        found = await looked(line, values, asked_at=now + timedelta(seconds=60))

    assert late is None
    assert found.contact.company_name == "Old"


async def test_two_that_fit_prove_nothing(line):
    """Of two new contacts with everything that was asked neither is taken."""
    values = {"companyName": "Twins"}
    await created(line, values)
    await created(line, values)
    line.backend.contacts.claims.owners.clear()

    assert await looked(line, values) is None


async def test_claims_are_not_kept_for_ever():
    """The oldest creations are forgotten first."""
    claims, one, other = Claims(), object(), object()
    for number in range(MAX_CLAIMS + 1):
        claims.claim(str(number), one)

    assert len(claims.owners) == MAX_CLAIMS
    assert claims.is_free("0", other)
    assert not claims.is_free("1", other)
    assert claims.is_free("1", one)
