"""Asking for a mandate of Moneybird Payments, and deleting one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.backends.moneybird.sandbox import administration
from gateway.domain.errors import RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from tests.backends.moneybird.line import carried_out, opened


def with_mandate(line):
    return line.some(lambda row: line.book.mandate(row["id"]))


def without_mandate(line):
    return line.some(lambda row: not line.book.mandate(row["id"]))


def requests_of(line, key):
    return line.book.state()["mandate_requests"].get(key, [])


async def test_a_contact_is_mailed(line):
    """One call has Moneybird mail the contact; the contact comes back as it was read."""
    key = without_mandate(line)

    plan = await line.backend.mandates.request(key, {"message": "Please", "workflowId": None})
    written = await carried_out(plan)

    assert requests_of(line, key) == ["mail"]
    assert (written.outcome, written.contact) == (Outcome.SENT, plan.before)
    assert plan.requests[0].body == '{"mandate_request":{"email_message":"Please"}}'
    assert [row.method for row in line.emulator.log.rows()] == ["GET", "POST"]


async def test_a_page_is_made(line):
    """The page's address comes back, and how long it can be used; no log shows it."""
    key = without_mandate(line)

    written = await carried_out(await line.backend.mandates.link(key, {}))

    assert requests_of(line, key) == ["link"]
    assert written.outcome is Outcome.CREATED
    assert written.link.url.startswith("https://")
    assert written.link.url not in repr(written)
    left = written.link.expires_at - datetime.now(UTC)
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)


async def test_a_mandate_is_deleted(line):
    """It is gone, and the contact says so."""
    key = with_mandate(line)

    written = await carried_out(await line.backend.mandates.delete(key))

    assert line.book.mandate(key) is None
    assert (written.outcome, written.contact.has_payments_mandate) == (Outcome.DELETED, False)
    assert written.notices == ()


async def test_no_mandate_is_nothing_to_delete(line):
    """A contact without a mandate costs no writing call."""
    plan = await line.backend.mandates.delete(without_mandate(line))

    assert (plan.changes, plan.requests, plan.nothing) == ((), (), Outcome.UNCHANGED)


async def test_a_mandate_that_went_meanwhile_is_not_found(line):
    """Moneybird's bare 404 is a refusal with its reason."""
    key = with_mandate(line)
    plan = await line.backend.mandates.delete(key)
    line.book.remove_mandate(key)

    refused = await carried_out(plan)

    assert isinstance(refused, RejectedBySystem)
    assert [each.code for each in refused.faults] == [FaultCode.NOT_FOUND]


async def test_payments_that_are_off_are_said_to_be():
    """Every call's bare 403 becomes the one reason that it can have."""
    async with opened(payments=False) as line:
        mandates = line.backend.mandates
        key = with_mandate(line)
        line.book.put({**line.row(key), "moneybird_payments_mandate": True})
        plans = [await mandates.request(key, {}), await mandates.link(key, {}), await mandates.delete(key)]
        refusals = [await carried_out(plan) for plan in plans]

    assert [[each.code for each in refused.faults] for refused in refusals] == [
        [FaultCode.NOT_SUPPORTED_BY_SYSTEM]
    ] * 3
    assert "Payments" in refusals[0].faults[0].message


@pytest.mark.parametrize("name", ["request", "link"], ids=str)
@pytest.mark.parametrize("landed", [True, False], ids=["landed", "not landed"])
async def test_a_lost_request_cannot_be_known(line, name, landed):
    """Nothing that can be read tells whether the contact was asked, and nobody is asked twice."""
    key = without_mandate(line)
    values = {"identityId": administration.identities()[0]["id"]}
    line.fail("reset", method="POST", count=1, landed=landed)

    assert await carried_out(await getattr(line.backend.mandates, name)(key, values)) is None
    assert len(requests_of(line, key)) == int(landed)


async def test_a_page_without_an_address_is_no_page(line):
    """An answer that holds no https address cannot be read, so that the outcome stays open."""
    line.fail("status", status=201, body='{"url":"javascript:alert(1)"}', method="POST", count=1, landed=True)

    assert await carried_out(await line.backend.mandates.link(without_mandate(line), {})) is None


async def test_a_mandate_that_is_still_shown_is_told(line):
    """A deletion that was answered and does not show is not verified."""
    key = with_mandate(line)
    line.fail("status", status=204, body="", method="DELETE", count=1)

    written = await carried_out(await line.backend.mandates.delete(key))

    assert [each.code for each in written.notices] == [NoticeCode.NOT_VERIFIED]
