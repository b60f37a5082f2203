"""What a contact is refused for, over HTTP."""

from datetime import UTC, datetime

import httpx
import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.emulation.server import Emulator

SEPA = {
    "sepa_active": True,
    "sepa_iban": "NL91ABNA0417164300",
    "sepa_iban_account_name": "Foo Bar",
    "sepa_mandate_id": "NL123214",
    "sepa_mandate_date": "2017-06-30",
}
MESSAGES = {
    "blank": "can't be blank",
    "taken": "has already been taken",
    "inclusion": "is not included in the list",
    "invalid": "is invalid",
}


def refusal(key, code):
    return {"error": {key: [MESSAGES[code]]}, "details": {key: [{"error": code}]}}


@pytest.mark.parametrize(
    ("attributes", "key", "code"),
    [
        pytest.param({"delivery_method": "email"}, "delivery_method", "inclusion", id="delivery method"),
        pytest.param({"country": "nl"}, "country", "inclusion", id="small country"),
        pytest.param({"country": "XX"}, "country", "inclusion", id="no country"),
        pytest.param({"sepa_sequence_type": "RCU"}, "sepa_sequence_type", "inclusion", id="sequence type"),
        pytest.param({"invoice_workflow_id": "1"}, "invoice_workflow_id", "invalid", id="no workflow"),
        pytest.param(
            {"invoice_workflow_id": "432900000000000205"}, "invoice_workflow_id", "invalid", id="other type"
        ),
        pytest.param(
            {"estimate_workflow_id": 432900000000000201}, "estimate_workflow_id", "invalid", id="invoice type"
        ),
        pytest.param({"send_invoices_to_email": "x"}, "send_invoices_to_email", "invalid", id="no address"),
        pytest.param(
            {"send_estimates_to_email": "a@example.com; b@example.com"},
            "send_estimates_to_email",
            "invalid",
            id="semicolon",
        ),
        pytest.param(
            {"send_invoices_to_email": "a@example.com,"}, "send_invoices_to_email", "invalid", id="open end"
        ),
        pytest.param({"sepa_iban": "NL92ABNA0417164300"}, "sepa_iban", "invalid", id="check digits"),
        pytest.param({"sepa_bic": "ABNANL2"}, "sepa_bic", "invalid", id="bic"),
        pytest.param({"sepa_mandate_date": "2017-2-30"}, "sepa_mandate_date", "invalid", id="no date"),
        pytest.param({"sepa_mandate_date": "20170630"}, "sepa_mandate_date", "invalid", id="compact date"),
        pytest.param({"sepa_mandate_date": "30-06-2017"}, "sepa_mandate_date", "invalid", id="other form"),
        pytest.param({**SEPA, "sepa_iban": ""}, "sepa_iban", "blank", id="sepa without account"),
        pytest.param(
            {**SEPA, "sepa_iban_account_name": " "}, "sepa_iban_account_name", "blank", id="sepa without name"
        ),
        pytest.param({**SEPA, "sepa_mandate_id": ""}, "sepa_mandate_id", "blank", id="sepa without mandate"),
        pytest.param({**SEPA, "sepa_mandate_date": ""}, "sepa_mandate_date", "blank", id="sepa without date"),
        pytest.param(
            {**SEPA, "sepa_iban": "DE89370400440532013000"},
            "sepa_bic",
            "blank",
            id="sepa without foreign bic",
        ),
    ],
)
async def test_a_value_is_refused(client, some, attributes, key, code):
    """Create and update answer the same 422, and nothing is changed."""
    # Without an account there is no BIC to derive either.
    expected = {key, "sepa_bic"} if (key, code) == ("sepa_iban", "blank") else {key}
    created = await client.post("/contacts.json", json={"contact": {"company_name": "Een", **attributes}})
    row = some(lambda row: not row["sepa_active"])
    updated = await client.patch(f"/contacts/{row['id']}.json", json={"contact": attributes})
    for answer in (created, updated):
        assert (answer.status_code, set(answer.json()["error"])) == (422, expected)
        assert {name: answer.json()[name][key] for name in ("error", "details")} == {
            name: said[key] for name, said in refusal(key, code).items()
        }
    assert (await client.get(f"/contacts/{row['id']}.json")).json() == row


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"send_invoices_to_email": "a@example.com, b@büro.example"}, id="addresses"),
        pytest.param({"country": "BE", "delivery_method": "Peppol"}, id="listed"),
        pytest.param({"si_identifier_type": "NL:KVK", "bank_account": "1234567"}, id="not judged"),
        pytest.param(
            {**SEPA, "sepa_iban": "DE89370400440532013000", "sepa_bic": "COBADEFFXXX"}, id="foreign sepa"
        ),
        pytest.param({"estimate_workflow_id": "432900000000000205"}, id="workflow"),
    ],
)
async def test_a_value_is_taken(client, attributes):
    """What keeps the rules comes back as it was sent."""
    answer = await client.post("/contacts.json", json={"contact": {"company_name": "Een", **attributes}})
    assert answer.status_code == 201
    assert {key: answer.json()[key] for key in attributes} == attributes


@pytest.mark.parametrize("archived", [False, True], ids=["active holder", "archived holder"])
@pytest.mark.parametrize("key", ["customer_id", "sepa_mandate_id"])
async def test_what_is_unique_is_taken_once(client, some, key, archived):
    """A number that any contact holds, archived or not, is refused; its holder may send it again."""
    held = {"company_name": "Houder", key: "Bezet 1"}
    holder = (await client.post("/contacts.json", json={"contact": held})).json()
    if archived:
        await client.patch(f"/contacts/{holder['id']}/archive.json")
    other = await client.patch(f"/contacts/{some()['id']}.json", json={"contact": {key: "Bezet 1"}})
    for answer in (await client.post("/contacts.json", json={"contact": held}), other):
        assert (answer.status_code, answer.json()) == (422, refusal(key, "taken"))
    assert (await client.patch(f"/contacts/{holder['id']}.json", json={"contact": held})).status_code == 200


@pytest.mark.parametrize(
    ("at", "status"),
    [
        pytest.param(datetime(2026, 8, 21, 21, 59, tzinfo=UTC), 422, id="still yesterday"),
        pytest.param(datetime(2026, 8, 21, 22, 0, tzinfo=UTC), 201, id="already today"),
    ],
)
async def test_the_mandate_date_is_judged_in_the_time_zone(opened, documented, at, status):
    """22:00 UTC in summer is midnight in the administration."""
    body = {"contact": {"company_name": "Een", "sepa_mandate_date": "2026-8-22"}}
    async with opened(contacts=0, clock=lambda: at) as client:
        answer = await client.post("/contacts.json", json=body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json() == documented("error_422_mandate_date")


async def test_a_domain_without_mail(client):
    """The wording that was seen live, without details, for an address under `.invalid`."""
    body = {"contact": {"company_name": "Een", "send_invoices_to_email": "a@example.invalid"}}
    answer = await client.post("/contacts.json", json=body)
    expected = {"error": {"send_invoices_to_email": ["includes a domain which cannot receive emails"]}}
    assert (answer.status_code, answer.json()) == (422, expected)


async def test_all_flaws_come_together(client):
    """Several wrong fields, of the contact and of its person, are one answer."""
    attributes = {
        "country": "nl",
        "sepa_active": True,
        "send_invoices_to_email": "x@example.invalid",
        "contact_person": {"firstname": "A"},
    }
    answer = await client.post("/contacts.json", json={"contact": attributes})
    sepa = {"sepa_iban", "sepa_iban_account_name", "sepa_bic", "sepa_mandate_id", "sepa_mandate_date"}
    found = {"country", "lastname", "firstname", "company_name", *sepa}
    assert set(answer.json()["details"]) == found
    assert set(answer.json()["error"]) == found | {"send_invoices_to_email"}
    assert answer.json()["error"]["lastname"] == ["is required", "can't be blank"]


@pytest.mark.parametrize(
    "fault",
    [{"country": "xx"}, {"sepa_mandate_date": "2999-01-01"}, {"send_invoices_to_email": "geen"}],
    ids=["country", "mandate date", "address"],
)
async def test_an_old_fault_does_not_bar_other_changes(fault):
    """Only what was sent is judged: a fault that was stored long ago does not refuse a new town."""
    sandbox = create(contacts=1)
    (row,) = sandbox.book.contacts(archived=True)
    sandbox.book.put(row | fault)
    path = f"{sandbox.base_path}/{sandbox.connection['administration_id']}/contacts/{row['id']}.json"
    headers = {"Authorization": f"Bearer {sandbox.connection['token']}"}
    async with Emulator(sandbox) as emulator, httpx.AsyncClient(headers=headers) as client:
        answer = await client.patch(f"{emulator.url}{path}", json={"contact": {"city": "Elders"}})
    assert (answer.status_code, answer.json()["city"]) == (200, "Elders")


async def test_the_last_name_cannot_go(client, documented, some):
    """An update that leaves no name is refused as a create without one."""
    row = some(lambda row: row["company_name"])
    names = {"company_name": "", "firstname": None, "lastname": " "}
    answer = await client.patch(f"/contacts/{row['id']}.json", json={"contact": names})
    assert (answer.status_code, answer.json()) == (422, documented("error_422_contact"))
