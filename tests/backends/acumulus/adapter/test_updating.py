"""Updates over HTTP: the emulated book before and after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from gateway.backends.acumulus.sandbox.book import Book
from gateway.domain.changes import FieldChange
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import NotFound
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from gateway.ports import Trace
from tests.backends.acumulus.written import (
    KEY,
    STORED,
    differing,
    everything,
    opened,
    plan,
    refused,
    told,
    writes,
)
from tests.ports.connected import SYSTEMS, connected

TRACE = Trace(datetime(2026, 11, 21, tzinfo=UTC))

UNREAD = {
    "phones.second",
    "about",
    "invoicing.notes",
    "invoicing.vatRate",
    "sepaMandate.reference",
    "sepaMandate.signedOn",
    "sepaMandate.sequence",
}
"""What an account may never answer, although an update clears it."""


async def test_a_mandate_is_renewed():
    """Its reference changes; that it is active does not, although it was given."""
    async with opened() as line:
        planned = await plan(line, {"sepaMandate.active": True, "sepaMandate.reference": "M-2"})
        ended = await plan(line, {"sepaMandate.active": False, "sepaMandate.signedOn": None})

        assert [each.field for each in planned.changes] == ["sepaMandate.reference"]
        assert [each.field for each in ended.changes] == ["sepaMandate.active", "sepaMandate.signedOn"]
        await planned.send()
        assert everything(line)[KEY]["contactsepamandatenr"] == "M-2"


async def test_one_field_changes_and_no_other():
    """The change is stored, the 45 other nodes are as they were, and the contact comes back with it."""
    async with opened() as line:
        before = everything(line)[KEY]
        planned = await plan(line, {"phones.main": "020-7654321"})
        assert writes(line) == 0

        written = await planned.send()

        assert differing(before, everything(line)[KEY]) == {"contacttelephone": "020-7654321"}
        assert (written.outcome, written.notices) == (Outcome.UPDATED, ())
        assert written.contact.invoicing.vat_treatment == "1"
        assert written.contact.phones[0].number == "020-7654321"
        assert planned.changes == (FieldChange("phones.main", "020-0000001", "020-7654321"),)
        assert planned.version == planned.before.version != written.contact.version


async def test_the_cost_is_five_calls():
    """Details and list row before, the write, and both again: the list is asked for by the contact's name."""
    async with opened() as line:
        await (await plan(line, {"label": "x"})).send()

        asked = [row.path.rpartition("/")[2] for row in line.emulator.log.rows()]
        assert asked[:3] == ["contact_get.php", "contacts_list.php", "contact_manage.php"]
        assert sorted(asked[3:]) == ["contact_get.php", "contacts_list.php"]
        assert all("filter_length" in row.about for row in line.emulator.log.rows() if "list" in row.path)


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        pytest.param({"emails": ("a@b.nl", "c@d.nl")}, {"contactemail": "a@b.nl,c@d.nl"}, id="addresses"),
        pytest.param({"about": "a\nb"}, {"contactabout": "a\nb"}, id="break"),
        pytest.param({"label": "C:\\x & <y>"}, {"contactmark": "C:\\x & <y>"}, id="signs"),
        pytest.param({"invoicing.templateId": None}, {"contactinvoicetemplateid": "0"}, id="zero clears"),
        pytest.param({"website": None}, {"contactwebsite": ""}, id="empty clears"),
        pytest.param({"phones.fax": None}, {"contactfax": ""}, id="cleared"),
        pytest.param({"sepaMandate.active": False}, {"contactsepamandatenr": ""}, id="mandate ends"),
        pytest.param({"invoicing.vatTreatment": "3"}, {"contactvattype": "3"}, id="treatment"),
        pytest.param({"companyName": "Ander & Zn."}, {"contactname1": "Ander & Zn."}, id="renamed"),
        pytest.param({"roles": ("CUSTOMER",)}, {"contacttype": "1"}, id="roles"),
    ],
)
async def test_each_sort_of_value(values, stored):
    """Each value arrives at its node, and only there."""
    async with opened() as line:
        before = everything(line)[KEY]

        written = await (await plan(line, values)).send()

        assert differing(before, everything(line)[KEY]) == stored
        assert (written.outcome, written.notices) == (Outcome.UPDATED, ())


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        pytest.param({"phones.main": " 020-0000001 "}, "full", id="same"),
        pytest.param({"about": "kolom 1\tkolom 2", "roles": ("SUPPLIER", "CUSTOMER")}, "full", id="two"),
        pytest.param({}, "full", id="nothing"),
        pytest.param({"companyName": STORED["contactname1"]}, "documented", id="unread fields beside it"),
    ],
)
async def test_what_is_stored_already_is_not_sent(values, mode):
    """An update that sets nothing new is UNCHANGED, and not refused for what it would clear."""
    async with opened(nodes=mode) as line:
        planned = await plan(line, values)

        assert (planned.nothing, planned.changes, planned.faults) == (Outcome.UNCHANGED, (), ())
        assert planned.requests == ()


async def test_what_was_never_read_is_refused():
    """Where an account does not answer what an update clears, every such field is named, and nothing sent."""
    async with opened(nodes="documented") as line:
        before = everything(line)
        planned = await plan(line, {"phones.main": "1"})

        assert refused(planned) == {(FaultCode.WOULD_CLEAR_FIELDS, path) for path in UNREAD}
        assert (everything(line), writes(line)) == (before, 0)


async def test_what_is_set_or_accepted_is_written():
    """Setting some unread fields and accepting the others lets the update through; what is lost is told."""
    async with opened(nodes="documented") as line:
        before = everything(line)[KEY]
        values = {"about": "nieuw", "invoicing.vatRate": "9"}
        planned = await plan(line, values, *(UNREAD - set(values)))
        assert planned.faults == ()

        written = await planned.send()

        assert differing(before, everything(line)[KEY]) == {
            "contactabout": "nieuw",
            "contactvatratebase": "9",
            "contacttelephone2": "",
            "contactinvoicenotes": "",
            "contactsepamandatenr": "",
            "contactsepamandatedate": "",
            "contactsepaincassostatus": "FRST",
        }
        assert {each.path for each in planned.notices} == UNREAD - set(values)
        assert told(written) == {(NoticeCode.NOT_VERIFIED, path) for path in values}


async def test_an_empty_country_is_refused():
    """Acumulus would make it NL; set or accepted it is written."""
    async with opened({**STORED, "contactcountrycode": ""}) as line:
        planned = await plan(line, {"label": "x"})
        assert refused(planned) == {(FaultCode.WOULD_CLEAR_FIELDS, "address.countryCode")}

        await (await plan(line, {"label": "x", "address.countryCode": "BE"})).send()

        assert everything(line)[KEY]["contactcountrycode"] == "BE"


async def test_an_account_that_escapes_breaks():
    """Two characters in a text may be a break or themselves, so that the text must be set or accepted."""
    async with opened(breaks="escaped") as line:
        planned = await plan(line, {"label": "x"})
        assert refused(planned) == {
            (FaultCode.WOULD_CLEAR_FIELDS, path) for path in ("about", "invoicing.notes")
        }

        before = everything(line)[KEY]
        written = await (await plan(line, {"label": "x"}, "about", "invoicing.notes")).send()

        assert differing(before, everything(line)[KEY]) == {"contactmark": "x"}
        assert written.outcome is Outcome.UPDATED


async def test_a_contact_is_archived_and_restored():
    """Both are updates of the status; twice is once, and every other node stays."""
    async with opened() as line:
        contacts, before = line.backend.contacts, everything(line)[KEY]

        archived = await (await contacts.archive(KEY, frozenset())).send()
        assert differing(before, everything(line)[KEY]) == {"contactstatus": "0"}
        again = await contacts.archive(KEY, frozenset())
        restored = await (await contacts.restore(KEY, frozenset())).send()

        assert (archived.outcome, archived.contact.status) == (Outcome.ARCHIVED, ContactStatus.ARCHIVED)
        assert (again.nothing, again.faults) == (Outcome.ALREADY, ())
        assert (restored.outcome, restored.contact.status) == (Outcome.RESTORED, ContactStatus.ACTIVE)
        assert everything(line)[KEY] == before


async def test_an_archived_contact_stays_archived():
    """An update sends the status that was read, since leaving it out would bring the contact back."""
    async with opened({**STORED, "contactstatus": "0"}) as line:
        await (await plan(line, {"label": "x"})).send()

        assert everything(line)[KEY]["contactstatus"] == "0"


async def test_archiving_is_as_careful_as_any_update():
    """It is refused for the same fields, and accepts the same."""
    async with opened(nodes="documented") as line:
        planned = await line.backend.contacts.archive(KEY, frozenset({"about"}))

        assert {path for _, path in refused(planned)} == UNREAD - {"about"}


async def test_a_contact_that_is_not_there():
    """An unknown id, or none that can be, is not found; the latter costs nothing."""
    async with opened() as line:
        for key in ("999", "abc"):
            with pytest.raises(NotFound):
                await plan(line, {"label": "x"}, key=key)

        assert line.calls() == 1
        assert line.backend.contacts.delete is None


@pytest.mark.parametrize("identical", ["updated", "unchanged"])
async def test_two_updates_of_different_fields(identical: str):
    """Each is planned on what is stored then, so that neither takes the other's change back."""
    async with opened(identical=identical) as line:
        await (await plan(line, {"label": "first"})).send()
        await (await plan(line, {"phones.main": "2"})).send()

        stored = everything(line)[KEY]
        assert (stored["contactmark"], stored["contacttelephone"]) == ("first", "2")


async def test_a_change_by_others_meanwhile_shows():
    """A value that should have stayed and is another one afterwards is told, and logged without its value."""
    async with opened() as line:
        planned = await plan(line, {"label": "x"})
        line.book.put({**line.book.contact(int(KEY)), "contactwebsite": "https://elders.example"})
        with capture_logs() as logged:
            written = await planned.send()

        assert (written.outcome, told(written)) == (Outcome.UPDATED, {(NoticeCode.VALUE_MOVED, "website")})
        (event,) = [each for each in logged if each["event"] == "value_moved"]
        assert (event["log_level"], event["fields"]) == ("error", ["website"])
        assert "elders" not in str(logged)


@pytest.mark.parametrize("answers", ["stored", "submitted"])
async def test_what_the_write_answers_proves_nothing(answers: str):
    """The stored result is read again, whatever the answer of the write may echo."""
    async with opened(manage_answers=answers) as line:
        written = await (await plan(line, {"label": "x"})).send()

        assert (written.outcome, written.contact.label, written.notices) == (Outcome.UPDATED, "x", ())


async def test_a_value_that_is_replaced_is_told():
    """An id that the book does not have becomes none, with a warning; the rest is stored."""
    async with opened() as line:
        written = await (await plan(line, {"invoicing.templateId": "999", "label": "x"})).send()

        assert told(written) == {(NoticeCode.VALUE_REPLACED, "invoicing.templateId")}
        assert everything(line)[KEY]["contactmark"] == "x"


async def test_an_update_of_a_contact_that_goes_meanwhile():
    """It is refused as not found, or where Acumulus makes a new contact of it, that is told."""
    for unknown_id in ("refuse", "add"):
        async with opened(unknown_id=unknown_id) as line:
            planned = await plan(line, {"label": "x"})
            line.emulator.emulated.book = Book([{**STORED, "contactid": "1234009"}])
            if unknown_id == "refuse":
                with pytest.raises(Exception, match="refused") as caught:
                    await planned.send()
                assert [fault.code for fault in caught.value.faults] == [FaultCode.NOT_FOUND]
                assert not caught.value.may_have_landed
            else:
                written = await planned.send()
                assert (written.outcome, written.contact.label) == (Outcome.CREATED, "x")
                assert [each.code for each in written.notices] == [NoticeCode.SYSTEM_WARNING]


async def test_a_dry_run_asks_acumulus_and_stores_nothing():
    """Its judgement comes back: nothing, a warning, or a reason to refuse."""
    async with opened() as line:
        before = everything(line)
        fine = await (await plan(line, {"label": "x"})).check()
        warned = await (await plan(line, {"booking.costCenterId": "999"})).check()

        assert fine == ()
        assert [(each.code, each.path) for each in warned] == [
            (NoticeCode.VALUE_REPLACED, "booking.costCenterId")
        ]
        assert everything(line) == before


async def test_what_would_be_sent_holds_no_credentials():
    """A request shows path and XML, and nothing of the contract."""
    async with opened() as line:
        (request,) = (await plan(line, {"label": "x"})).requests

        assert (request.method, request.path) == ("POST", "/contacts/contact_manage.php")
        assert "<contactmark>x</contactmark>" in request.body
        assert "<overwriteifexists>1</overwriteifexists>" in request.body
        for secret in (*line.emulator.emulated.connection.values(), "contract"):
            assert secret not in request.body


async def test_a_look_proves_an_update_by_reading():
    """Before it is sent nothing is proven, afterwards all of it, also by a plan that was made again."""
    async with opened() as line:
        planned = await plan(line, {"label": "x", "phones.main": "1"})
        assert await planned.look(TRACE) is None
        await planned.send()

        found = await planned.look(TRACE)
        again = await (await plan(line, {"label": "x", "phones.main": "1"})).look(TRACE)

        assert (found.outcome, found.contact.label) == (Outcome.UPDATED, "x")
        assert again.outcome is Outcome.UPDATED


async def test_a_look_proves_nothing_by_half_or_unread():
    """One of two values is no proof, and a value that cannot be read is none either."""
    async with opened() as line:
        planned = await plan(line, {"label": "x", "phones.main": "1"})
        await (await plan(line, {"label": "x"})).send()
        assert await planned.look(TRACE) is None
    async with opened(nodes="documented") as line:
        planned = await plan(line, {"about": "x"}, *UNREAD)
        await planned.send()
        assert await planned.look(TRACE) is None


async def test_a_contact_whose_name_does_not_bring_it_up():
    """The whole list is asked for where the search leaves a contact out."""
    async with opened({**STORED, "contactname1": "", "contactperson": ""}) as line:
        planned = await plan(line, {"label": "x"})

        assert (planned.faults, line.calls()) == ((), 2)
    # On its way through XML one sort of line break becomes another.
    async with opened({**STORED, "contactname1": "A\rB"}) as line:
        planned = await plan(line, {"companyName": "C", "label": "x"})

        assert (planned.faults, line.calls()) == ((), 3)


async def test_reads_for_a_write_are_its_own():
    """No answer to somebody else's call is used, since it may be older than somebody else's write."""
    async with opened() as line:
        await asyncio.gather(plan(line, {"label": "x"}), plan(line, {"label": "y"}))

        count = line.emulator.log.count
        assert (count(path_contains="contact_get"), count(path_contains="contacts_list")) == (2, 2)


async def test_a_whole_book():
    """Of every contact of a sample book one field changes, or it is refused and nothing does."""
    async with connected(SYSTEMS["acumulus"], contacts=60) as line:
        outcomes = set()
        for key in line.keys:
            before = everything(line)
            planned = await plan(line, {"phones.main": "020-7654321"}, key=key)
            if not planned.faults:
                written = await planned.send()
                assert written.notices == ()
                before[key]["contacttelephone"] = "020-7654321"
            outcomes.add(bool(planned.faults))

            after = everything(line)
            # Acumulus keeps no text of blanks alone, and neither does anybody else.
            assert {name: text.strip() for name, text in after.pop(key).items()} == {
                name: text.strip() for name, text in before.pop(key).items()
            }
            assert after == before
        assert outcomes == {True, False}
