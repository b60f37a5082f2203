"""Contacts are made and changed over HTTP; what Moneybird holds is compared before and after."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.backends.moneybird.sandbox import administration
from gateway.domain.contact import DeliveryMethod
from gateway.domain.errors import NotFound, RejectedBySystem
from gateway.domain.faults import FaultCode, NoticeCode, Outcome
from gateway.ports import Written
from tests.backends.moneybird.line import UNKNOWN_KEY, carried_out, opened

FIELD, OTHER = administration.CONTACT_FIELDS[0][0], administration.CONTACT_FIELDS[1][0]
IBAN = "NL91ABNA0417164300"
MANDATE = {
    "sepaMandate.active": True,
    "sepaMandate.iban": IBAN,
    "sepaMandate.holder": "Bakkerij",
    "sepaMandate.reference": "GW-1",
    "sepaMandate.signedOn": date(2026, 1, 5),
}
MARKS = ("updated_at", "version", "events")
NOTHING: frozenset[str] = frozenset()


def plain(row):
    return {key: value for key, value in copy.deepcopy(row).items() if key not in MARKS}


def is_quiet(row):
    """A contact whose names call for no person, and whose account is its own."""
    return row["company_name"] and not row["firstname"] and not row["lastname"] and not row["sepa_active"]


async def updated(line, key, values):
    return await carried_out(await line.backend.contacts.update(key, values, NOTHING))


async def created(line, values):
    return await carried_out(await line.backend.contacts.create(values))


def codes(written):
    return [(each.code, each.path) for each in written.notices]


async def test_an_update_sends_only_what_differs(line):
    """Of three values two are new: two keys go out, all else stays, and the plan told so before."""
    key = line.some(is_quiet)
    before = plain(line.row(key))
    values = {"companyName": before["company_name"], "address.city": "Ede", "phones.main": "0201234567"}

    plan = await line.backend.contacts.update(key, values, NOTHING)
    assert line.writes() == []
    written = await carried_out(plan)

    assert line.writes() == [("PATCH", "city,phone")]
    assert plain(line.row(key)) == {**before, "city": "Ede", "phone": "0201234567"}
    assert (written.outcome, written.notices) == (Outcome.UPDATED, ())
    assert written.contact.address.city == "Ede"
    assert written.contact.version != plan.version == plan.before.version
    assert [each.field for each in plan.changes] == ["address.city", "phones.main"]


async def test_a_plan_shows_the_request_and_that_nobody_checked_it(line):
    """A dry run costs one read, shows method, path and body, and says that Moneybird was not asked."""
    key = line.some(is_quiet)

    plan = await line.backend.contacts.update(key, {"address.city": "Ede"}, NOTHING)
    said = await plan.check()

    (shown,) = plan.requests
    assert (shown.method, shown.body) == ("PATCH", '{"contact":{"city":"Ede"}}')
    assert shown.path.endswith(f"/contacts/{key}.json")
    assert [each.code for each in said] == [NoticeCode.NOT_VALIDATED]
    assert [row.method for row in line.emulator.log.rows()] == ["GET"]


async def test_an_update_to_what_is_there_is_none(line):
    """Equal values change nothing and send nothing."""
    key = line.some(is_quiet)

    plan = await line.backend.contacts.update(key, {"companyName": line.row(key)["company_name"]}, NOTHING)

    assert (plan.changes, plan.requests, plan.nothing) == ((), (), Outcome.UNCHANGED)


@pytest.mark.parametrize("key", [UNKNOWN_KEY, "abc", "", "1/../2"], ids=str)
async def test_an_unknown_contact_is_not_found(line, key):
    """Every plan of a contact that is not there ends in its read; a key that cannot be costs no call."""
    backend = line.backend
    plans = [
        backend.contacts.update(key, {"address.city": "Ede"}, NOTHING),
        backend.contacts.archive(key, NOTHING),
        backend.contacts.delete(key, NOTHING),
        backend.persons.create(key, {}),
        backend.persons.update(key, "1", {}),
        backend.persons.delete(key, "1"),
        backend.notes.create(key, {"text": "x"}),
        backend.notes.delete(key, "1"),
        backend.charges.create(key, {}),
        backend.mandates.request(key, {}),
        backend.mandates.link(key, {}),
        backend.mandates.delete(key),
    ]

    for plan in plans:
        with pytest.raises(NotFound):
            await plan
    assert line.writes() == []
    assert len(line.emulator.log) == (len(plans) if key.isdigit() else 0)


async def test_an_archived_contact_can_be_changed(line):
    """The read of a plan sees archived contacts, whatever a plain read of one answers."""
    key = line.some(archived=True)

    written = await updated(line, key, {"address.city": "Ede"})

    assert written.outcome is Outcome.UPDATED
    assert line.row(key)["city"] == "Ede"


async def test_read_only_fields_are_written_behind(line):
    """General addresses and attention go to the invoice's own fields, and come back in both."""
    key = line.some(is_quiet)

    written = await updated(line, key, {"emails": ("a@example.com", "b@example.com"), "attention": "Ada"})

    assert line.writes() == [("PATCH", "send_invoices_to_email,send_invoices_to_attention")]
    assert line.row(key)["send_invoices_to_email"] == "a@example.com,b@example.com"
    assert written.contact.emails == written.contact.invoicing.emails == ("a@example.com", "b@example.com")
    assert written.notices == ()


async def test_custom_fields_that_are_not_named_stay(line):
    """One field is set, then another; the first keeps its value until it is cleared."""
    key = line.some(lambda row: is_quiet(row) and not row["custom_fields"])

    await updated(line, key, {f"customFields.{FIELD}": "red"})
    await updated(line, key, {f"customFields.{OTHER}": "big"})
    held = {row["id"]: row["value"] for row in line.row(key)["custom_fields"]}
    written = await updated(line, key, {f"customFields.{FIELD}": None})

    assert held == {FIELD: "red", OTHER: "big"}
    assert [each["id"] for each in line.row(key)["custom_fields"]] == [OTHER]
    assert written.notices == ()


@pytest.mark.parametrize(
    ("path", "row", "cleared"),
    [
        ("address.city", {"city": "Ede"}, ("city", "")),
        ("invoicing.deliveryMethod", {"delivery_method": "Post"}, ("delivery_method", None)),
        (
            "invoicing.workflowId",
            {"invoice_workflow_id": administration.INVOICE_WORKFLOWS[0]},
            ("invoice_workflow_id", None),
        ),
        ("peppol.scheme", {"si_identifier": "1", "si_identifier_type": "0106"}, ("si_identifier_type", None)),
    ],
    ids=str,
)
@pytest.mark.parametrize("nulls", ["clear", "kept"], ids=str)
async def test_clearing_is_verified(nulls, path, row, cleared):
    """What was cleared is empty after; a Moneybird that lets null say nothing is told of."""
    async with opened(nulls=nulls) as line:
        key = line.some(is_quiet)
        line.book.put({**line.row(key), **row})

        written = await updated(line, key, {path: None})

        field, empty = cleared
        is_kept = nulls == "kept" and field in ("delivery_method", "invoice_workflow_id")
        assert line.row(key)[field] == (row[field] if is_kept else empty)
        assert codes(written) == ([(NoticeCode.VALUE_KEPT, path)] if is_kept else [])


async def test_a_mandate_is_given_and_taken(line):
    """BIC and sequence follow and are told; a null group ends the mandate and leaves nothing of it."""
    key = line.some(lambda row: is_quiet(row) and not row["bank_account"])

    given = await updated(line, key, MANDATE)
    held = given.contact.sepa_mandate
    gone = await updated(line, key, {**dict.fromkeys(MANDATE), "sepaMandate.bic": None})

    assert (held.active, held.iban, held.reference, held.bic) == (True, IBAN, "GW-1", "ABNANL2A")
    assert codes(given) == [
        (NoticeCode.VALUE_MOVED, "bankAccount.number"),
        (NoticeCode.DEFAULT_SET, "sepaMandate.sequence"),
        (NoticeCode.VALUE_MOVED, "sepaMandate.bic"),
    ]
    assert gone.contact.sepa_mandate is None
    assert codes(gone) == [(NoticeCode.VALUE_MOVED, "bankAccount.number")]


async def test_a_person_that_moneybird_adds_is_told(line):
    """A company that gets a last name gets a person too, and the client hears of it."""
    key = line.some(is_quiet)

    written = await updated(line, key, {"lastName": "Appleseed"})

    assert (NoticeCode.PERSON_ADDED, "") in codes(written)
    assert len(written.contact.persons) == len(line.row(key)["contact_people"])


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"invoicing.emails": ("a@nowhere.invalid",)}, [(FaultCode.INVALID, "invoicing.emails")]),
        ({"invoicing.workflowId": "1"}, [(FaultCode.INVALID, "invoicing.workflowId")]),
        ({"customFields.1234": "x"}, [(FaultCode.NOT_FOUND, "customFields.1234")]),
        ({**MANDATE, "sepaMandate.bic": "X"}, [(FaultCode.INVALID, "sepaMandate.bic")]),
    ],
    ids=["address", "workflow", "custom field", "bic"],
)
async def test_refusals_lead_to_the_input(line, values, faults):
    """What Moneybird refuses is told at its path, and nothing was written."""
    key = line.some(is_quiet)
    before = copy.deepcopy(line.row(key))

    refused = await updated(line, key, values)

    assert isinstance(refused, RejectedBySystem)
    assert refused.__cause__ is not refused
    assert [(each.code, each.path) for each in refused.faults] == faults
    assert line.row(key) == before


@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
async def test_a_taken_number_names_its_holder(line, archived):
    """Who holds a customer number is told, an archived contact too; a new contact is refused alike."""
    holder = line.some(lambda row: row["customer_id"], archived=archived)
    number = line.row(holder)["customer_id"]
    key = line.some(lambda row: is_quiet(row) and row["id"] != holder)
    count = len(line.book)

    refusals = [
        await updated(line, key, {"customerNumber": number}),
        await created(line, {"companyName": "New", "customerNumber": number}),
    ]

    for refused in refusals:
        (fault,) = refused.faults
        assert (fault.code, fault.path) == (FaultCode.TAKEN, "customerNumber")
        assert [each.key.remote for each in fault.related] == [holder]
    assert len(line.book) == count


async def test_a_taken_number_is_told_even_when_its_holder_cannot_be(line):
    """A look-up that fails costs the holder's name, not the reason."""
    number = line.row(line.some(lambda row: row["customer_id"]))["customer_id"]
    line.fail("status", status=500, path="customer_id")

    refused = await created(line, {"companyName": "New", "customerNumber": number})

    assert [(each.code, each.related) for each in refused.faults] == [(FaultCode.TAKEN, ())]


async def test_plans_know_the_rules(line):
    """A name that would be missing is a fault of the plan, at once with all others."""
    key = line.some(is_quiet)
    cleared = {"companyName": None, "sepaMandate.active": True}

    update = await line.backend.contacts.update(key, cleared, NOTHING)
    create = await line.backend.contacts.create({"address.city": "Ede"})

    assert [each.path for each in update.faults][:2] == ["companyName", "sepaMandate.iban"]
    assert [each.path for each in create.faults] == ["companyName"]
    assert line.backend.contacts.faults(cleared, update.before) == update.faults


async def test_a_contact_is_made_with_all_that_was_asked(line):
    """One call makes it, no read before; what it was completed with is told."""
    values = {
        "companyName": "Bakkerij Zon",
        "address.city": "Ede",
        "customerNumber": "GW-77",
        "invoicing.deliveryMethod": DeliveryMethod.POST,
        f"customFields.{FIELD}": "red",
        "person.firstName": "Ada",
        "person.lastName": "Lovelace",
    }

    written = await created(line, values)

    row = line.row(written.contact.key.remote)
    assert (row["company_name"], row["city"], row["customer_id"]) == ("Bakkerij Zon", "Ede", "GW-77")
    assert (row["delivery_method"], row["custom_fields"][0]["value"]) == ("Post", "red")
    assert [person["lastname"] for person in row["contact_people"]] == ["Lovelace"]
    assert (written.outcome, codes(written)) == (
        Outcome.CREATED,
        [(NoticeCode.DEFAULT_SET, "address.countryCode")],
    )
    assert len(line.emulator.log) == 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
CHANGES = st.dictionaries(
    st.sampled_from(["address.line1", "address.city", "phones.main", f"customFields.{FIELD}"]),
    st.none() | TEXTS,
    min_size=1,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(changes=CHANGES, place=st.integers(0, 20))
async def test_what_is_not_named_is_equal_before_and_after(line, changes, place):
    """Whatever is written, every other field of Moneybird's record stays as it was."""
    keys = {"address.line1": "address1", "address.city": "city", "phones.main": "phone"}
    rows = [row for row in line.book.contacts(archived=True) if is_quiet(row)]
    key = rows[place % len(rows)]["id"]
    before = plain(line.row(key))

    plan = await line.backend.contacts.update(key, changes, NOTHING)
    if plan.changes:
        assert isinstance(await carried_out(plan), Written)

    after = plain(line.row(key))
    touched = {keys.get(path, "custom_fields") for path in changes}
    assert {name for name in before if before[name] != after[name]} <= touched
    assert [row for row in after["custom_fields"] if row["id"] != FIELD] == [
        row for row in before["custom_fields"] if row["id"] != FIELD
    ]
