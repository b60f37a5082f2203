"""Archiving and deleting: what became of the contact is read, never assumed."""

from __future__ import annotations

import pytest

from gateway.domain.changes import STATUS
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import BadUpstreamAnswer, RejectedBySystem
from gateway.domain.faults import FaultCode, Outcome
from tests.backends.moneybird.line import carried_out

NOTHING: frozenset[str] = frozenset()


async def archive(line, key):
    return await line.backend.contacts.archive(key, NOTHING)


async def delete(line, key):
    return await line.backend.contacts.delete(key, NOTHING)


async def test_a_contact_is_archived(line):
    """One call archives it, and a read shows it so."""
    key = line.unused()

    plan = await archive(line, key)
    written = await carried_out(plan)

    assert [(each.field, each.after) for each in plan.changes] == [(STATUS, ContactStatus.ARCHIVED)]
    assert (written.outcome, written.contact.status) == (Outcome.ARCHIVED, ContactStatus.ARCHIVED)
    assert line.row(key)["archived"]
    assert [row.method for row in line.emulator.log.rows()] == ["GET", "PATCH", "GET"]


async def test_an_archived_contact_stays_so(line):
    """Nothing is sent for a contact that is archived already."""
    plan = await archive(line, line.some(archived=True))

    assert (plan.nothing, plan.changes, plan.requests) == (Outcome.ALREADY, (), ())
    assert line.writes() == []


async def test_somebody_else_archived_it_meanwhile(line):
    """A refusal is looked into: the contact proves to be archived."""
    key = line.unused()
    plan = await archive(line, key)
    line.book.put({**line.row(key), "archived": True})

    written = await carried_out(plan)

    assert (written.outcome, written.contact.status) == (Outcome.ALREADY, ContactStatus.ARCHIVED)


@pytest.mark.parametrize("make", [archive, delete], ids=["archive", "delete"])
async def test_somebody_else_deleted_it_meanwhile(line, make):
    """A contact that is gone by now is NOT_FOUND, and nothing is claimed."""
    key = line.unused()
    plan = await make(line, key)
    line.book.remove(key)

    refused = await carried_out(plan)

    assert isinstance(refused, RejectedBySystem)
    assert [each.code for each in refused.faults] == [FaultCode.NOT_FOUND]


@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
async def test_an_unused_contact_is_deleted(line, archived):
    """It is gone, and a read proves it."""
    key = line.unused(archived=archived)

    written = await carried_out(await delete(line, key))

    assert (written.outcome, written.contact) == (Outcome.DELETED, None)
    assert line.row(key) is None


async def test_a_used_contact_is_archived_instead_and_then_stays(line):
    """The first deletion archives it, the second one is refused and proves ALREADY."""
    key = line.unused(used=True)

    first = await carried_out(await delete(line, key))
    second = await carried_out(await delete(line, key))

    assert (first.outcome, first.contact.status) == (Outcome.ARCHIVED, ContactStatus.ARCHIVED)
    assert (second.outcome, second.contact.status) == (Outcome.ALREADY, ContactStatus.ARCHIVED)
    assert line.row(key)["archived"]


async def test_there_is_no_way_back(line):
    """Moneybird cannot restore, and both the port and the capabilities say so."""
    assert line.backend.contacts.restore is None
    assert "contacts.restore" in line.backend.unsupported


async def test_a_good_answer_that_changed_nothing_is_not_believed(line):
    """A 204 without effect is an error that leaves open what happened, and a look finds nothing."""
    key = line.unused()
    plan = await archive(line, key)
    line.fail("status", status=204, body="", method="PATCH", count=1)

    with pytest.raises(BadUpstreamAnswer) as caught:
        await plan.send()

    assert caught.value.may_have_landed
    line.fail("status", status=204, body="", method="PATCH", count=1)
    assert await carried_out(plan) is None


async def test_a_refusal_stands_when_it_cannot_be_looked_into(line):
    """Where the contact cannot be read after a refusal, the refusal is what is told."""
    key = line.unused()
    plan = await archive(line, key)
    line.book.put({**line.row(key), "archived": True})
    line.fail("status", status=500, method="GET", count=2)

    refused = await carried_out(plan)

    assert isinstance(refused, RejectedBySystem)


async def test_a_deletion_that_a_look_cannot_tell_is_unknown(line):
    """An archived contact that is still there may have been kept, or not been asked for yet."""
    key = line.unused(archived=True)
    plan = await delete(line, key)
    line.fail("reset", method="DELETE", count=1)

    assert await carried_out(plan) is None
    assert line.row(key) is not None
