"""New contacts over HTTP, and finding one whose answer was lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.domain.changes import FieldChange
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import BackendError, RateLimited, RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from gateway.emulation.faults import Fault
from gateway.ports import Trace
from tests.backends.acumulus.written import KEY, STORED, everything, opened, refused, told, writes

MANAGE = "contact_manage"
NEW = "1234002"
DEFAULTS = {(NoticeCode.DEFAULT_SET, path) for path in ("roles", "salutation", "address.countryCode")}
RATE = (NoticeCode.DEFAULT_SET, "invoicing.vatRate")


def trace(planned) -> Trace:
    return Trace(datetime(2026, 11, 21, tzinfo=UTC), planned.known)


async def lost(line, values, **fault):
    """Plan a new contact, and send it into a fault."""
    planned = await line.backend.contacts.create(values)
    line.emulator.faults.add(Fault("reset", path=MANAGE, count=1, landed=True, **fault))
    with pytest.raises(BackendError) as caught:
        await planned.send()
    assert caught.value.may_have_landed
    return planned


async def test_a_contact_is_made():
    """It holds what was given and is active; what Acumulus filled in is told; nobody else is touched."""
    async with opened() as line:
        values = {"companyName": "Nieuw & Zn.", "roles": ("CUSTOMER",), "about": "a\nb", "website": None}
        planned = await line.backend.contacts.create(values)
        assert writes(line) == 0

        written = await planned.send()

        stored = everything(line)
        given = {"contactname1": "Nieuw & Zn.", "contacttype": "1", "contactabout": "a\nb"}
        assert given.items() <= stored[NEW].items()
        assert stored[KEY] == STORED
        assert (written.outcome, written.contact.key.remote) == (Outcome.CREATED, NEW)
        assert (written.contact.status, written.contact.complete) == (ContactStatus.ACTIVE, True)
        assert told(written) == DEFAULTS - {(NoticeCode.DEFAULT_SET, "roles")} | {RATE}
        assert planned.changes[0] == FieldChange("companyName", None, "Nieuw & Zn.")
        assert (planned.before, planned.nothing, planned.faults) == (None, None, ())


async def test_what_is_sent_of_a_new_contact():
    """Only what was given and that it is active, in the order of the page, and no credentials."""
    async with opened() as line:
        (request,) = (
            await line.backend.contacts.create({"companyName": "A", "customerNumber": "7"})
        ).requests

        sent = request.body[request.body.index("<contact>") :]
        names = [piece.partition(">")[0] for piece in sent.split("<") if piece.startswith("contact")]
        assert names == ["contact", "contactyourid", "contactname1", "contactstatus"]
        assert line.emulator.emulated.connection["password"] not in request.body


async def test_a_new_contact_needs_a_name():
    """It is refused without asking anybody."""
    async with opened() as line:
        planned = await line.backend.contacts.create({"label": "x"})

        assert refused(planned) == {(FaultCode.REQUIRED, "companyName")}
        assert line.calls() == 0


async def test_what_is_not_read_back_is_told():
    """A value that the account does not answer was set, but is not verified."""
    async with opened(nodes="documented") as line:
        written = await (await line.backend.contacts.create({"attention": "A", "phones.second": "1"})).send()

        assert told(written) == {(NoticeCode.NOT_VERIFIED, "phones.second"), *DEFAULTS}


async def test_a_dry_run_makes_nothing():
    """Acumulus judges a new contact, and the book stays as it is."""
    async with opened() as line:
        planned = await line.backend.contacts.create({"companyName": "A", "booking.costHeadingId": "999"})

        judged = await planned.check()

        assert [(each.code, each.path) for each in judged] == [
            (NoticeCode.VALUE_REPLACED, "booking.costHeadingId")
        ]
        assert list(everything(line)) == [KEY]


async def test_a_lost_answer_is_found_again():
    """The only new contact that is what was meant is the one, found by reading alone."""
    async with opened() as line:
        planned = await lost(line, {"companyName": "Nieuw", "about": "a\nb"})

        found = await planned.look(trace(planned))

        assert (found.outcome, found.contact.key.remote) == (Outcome.CREATED, NEW)
        assert writes(line) == 1


async def test_a_contact_that_was_there_before_is_not_it():
    """Nothing is proven by an equal contact that is older than the write."""
    async with opened() as line:
        older = {"contactname1": "Nieuw", "contacttype": "3", "contactstatus": "1"}
        line.book.put({"contactid": "1234050", **older})
        planned = await line.backend.contacts.create({"companyName": "Nieuw"})
        line.emulator.faults.add(Fault("reset", path=MANAGE, count=1))
        with pytest.raises(BackendError):
            await planned.send()

        assert await planned.look(trace(planned)) is None


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param({"contactname1": "Nieuw", "contactcity": "Elders"}, id="more in it"),
        pytest.param({"contactname1": "Nieuwer"}, id="another name"),
        pytest.param({"contactname1": "Nieuw", "contactstatus": "0"}, id="another status"),
    ],
)
async def test_a_contact_of_somebody_else_is_not_it(nodes):
    """A new contact that is not what was meant proves nothing."""
    async with opened() as line:
        planned = await line.backend.contacts.create({"companyName": "Nieuw"})
        line.book.put({"contactid": "1234050", "contacttype": "3", "contactstatus": "1", **nodes})

        assert await planned.look(trace(planned)) is None


async def test_two_equal_contacts_prove_nothing():
    """Where two would fit nobody can say which one it was."""
    async with opened() as line:
        planned = await lost(line, {"companyName": "Nieuw"})
        line.book.put({**line.book.contact(int(NEW)), "contactid": "1234050"})

        assert await planned.look(trace(planned)) is None


async def test_a_contact_that_answered_is_not_a_lost_one():
    """Of two equal writes, one answered and one lost without landing, only the first has a contact."""
    async with opened() as line:
        contacts = line.backend.contacts
        first, second = [await contacts.create({"companyName": "Nieuw"}) for _ in range(2)]
        await first.send()
        line.emulator.faults.add(Fault("reset", path=MANAGE, count=1))
        with pytest.raises(BackendError):
            await second.send()

        assert await second.look(trace(second)) is None


async def test_two_lost_writes_do_not_share_a_contact():
    """One landed and one did not: the first look has it, and the second has nothing."""
    async with opened() as line:
        contacts = line.backend.contacts
        first, second = [await contacts.create({"companyName": "Nieuw"}) for _ in range(2)]
        line.emulator.faults.add(Fault("reset", path=MANAGE, count=1, landed=True))
        line.emulator.faults.add(Fault("reset", path=MANAGE, count=1))
        for planned in (first, second):
            with pytest.raises(BackendError):
                await planned.send()

        found = [await planned.look(trace(planned)) for planned in (first, second)]

        assert [each and each.contact.key.remote for each in found] == [NEW, None]


async def test_an_equal_contact_being_made_leaves_it_open():
    """While another equal write has no answer yet, a new contact is that one's, or may be."""
    async with opened(patience=3) as line:
        contacts = line.backend.contacts
        first, second = [await contacts.create({"companyName": "Nieuw"}) for _ in range(2)]
        line.emulator.faults.add(Fault("hang", path=MANAGE, count=1, landed=True))
        sending = asyncio.create_task(first.send())
        async with asyncio.timeout(5):
            while NEW not in (await contacts.scan({})).versions:
                pass

        assert await second.look(trace(second)) is None
        assert (await first.look(trace(first))).contact.key.remote == NEW
        assert not sending.done()
        with pytest.raises(BackendError):
            await sending
        assert await second.look(trace(second)) is None


@pytest.mark.parametrize(
    ("fault", "error", "may_have_landed"),
    [
        pytest.param(Fault("status", path=MANAGE, status=429), RateLimited, False, id="ration"),
        pytest.param(Fault("status", path=MANAGE, status=500), BackendError, True, id="500"),
        pytest.param(Fault("html", path=MANAGE), BackendError, True, id="web page"),
        pytest.param(Fault("cut", path=MANAGE), BackendError, True, id="cut"),
        pytest.param(Fault("hang", path=MANAGE), BackendError, True, id="hang"),
    ],
)
async def test_faults_of_the_write(fault, error, may_have_landed: bool):
    """Whether a contact may have been made is said truthfully, and nothing is sent twice."""
    async with opened(patience=1 if fault.kind == "hang" else 30) as line:
        planned = await line.backend.contacts.create({"companyName": "Nieuw"})
        line.emulator.faults.add(fault)

        with pytest.raises(error) as caught:
            await planned.send()

        assert caught.value.may_have_landed is may_have_landed
        assert writes(line) == 1


async def test_a_refusal_says_why():
    """What Acumulus does not take comes back as a fault at its field, and nothing is made."""
    said = "<error><code>400</code><codetag>X1</codetag><message>Invalid contactyourid</message></error>"
    body = f'<?xml version="1.0"?><response><errors>{said}</errors><status>1</status></response>'
    async with opened() as line:
        planned = await line.backend.contacts.create({"companyName": "Nieuw", "customerNumber": "7"})
        line.emulator.faults.add(Fault("status", path=MANAGE, status=400, body=body, count=2))

        with pytest.raises(RejectedBySystem) as caught:
            await planned.send()
        judged = await planned.check()

        for faults in (caught.value.faults, judged):
            assert [(fault.code, fault.path, fault.message) for fault in faults] == [
                (FaultCode.REJECTED_BY_SYSTEM, "customerNumber", "Acumulus: Invalid contactyourid")
            ]
        assert list(everything(line)) == [KEY]


async def test_a_contact_that_cannot_be_read_afterwards_was_made():
    """It is CREATED, its id stands in the notice, and nothing of it is verified."""
    async with opened() as line:
        planned = await line.backend.contacts.create({"companyName": "Nieuw"})
        line.emulator.faults.add(Fault("status", path="contact_get", status=500))

        written = await planned.send()

        assert (written.outcome, written.contact) == (Outcome.CREATED, None)
        (notice,) = written.notices
        assert notice.code is NoticeCode.NOT_VERIFIED
        assert NEW in notice.message
