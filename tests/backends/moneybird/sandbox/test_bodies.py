"""What a body must be, over HTTP."""

import json

import pytest

CONTACT = json.dumps({"contact": {"company_name": "Een"}}).encode()


def writes(row):
    """Name the calls that read a body."""
    path = f"/contacts/{row['id']}"
    return [
        ("POST", "/contacts.json"),
        ("PATCH", f"{path}.json"),
        ("POST", f"{path}/contact_people.json"),
        ("POST", f"{path}/notes.json"),
        ("POST", f"{path}/additional_charges.json"),
        ("POST", f"{path}/moneybird_payments_mandate.json"),
        ("POST", f"{path}/moneybird_payments_mandate/url.json"),
    ]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b'{"contact":', "application/json", 400, id="cut"),
        pytest.param(b"[]", "application/json", 400, id="list"),
        pytest.param(b"\xff", "application/json", 400, id="no utf-8"),
        pytest.param(b"contact[city]=x", "application/x-www-form-urlencoded", 415, id="form"),
        pytest.param(CONTACT, "text/plain", 415, id="text"),
        pytest.param(CONTACT, "", 415, id="no type"),
    ],
)
async def test_a_body_that_is_no_json(client, stored, some, body, kind, status):
    """Every write refuses it, and nothing is changed."""
    before = await stored(client)
    for method, path in writes(some()):
        answer = await client.request(method, path, content=body, headers={"Content-Type": kind})
        assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert await stored(client) == before


async def test_a_charset_is_no_other_type(client):
    """A parameter of the Content-Type does not matter."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await client.post("/contacts.json", content=CONTACT, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("city", 1, id="number as text"),
        pytest.param("zipcode", ["1"], id="list as text"),
        pytest.param("email_ubl", "perhaps", id="word as boolean"),
        pytest.param("sepa_active", 1, id="number as boolean"),
        pytest.param("invoice_workflow_id", "x", id="word as id"),
        pytest.param("invoice_workflow_id", True, id="boolean as id"),
        pytest.param("contact_person", "x", id="text as object"),
    ],
)
async def test_a_value_of_another_type(client, key, value):
    """A value of a type the schema does not name is refused."""
    answer = await client.post("/contacts.json", json={"contact": {"company_name": "Een", key: value}})
    assert (answer.status_code, answer.json()) == (400, {"error": f"{key} is invalid"})


@pytest.mark.parametrize(
    ("sent", "stored_as"), [(True, True), ("true", True), ("False", False), ("0", False)]
)
async def test_a_boolean_may_be_a_text(client, sent, stored_as):
    """Booleans are taken as such and as texts."""
    body = {"contact": {"company_name": "Een", "email_ubl": sent}}
    assert (await client.post("/contacts.json", json=body)).json()["email_ubl"] is stored_as


STRANGE = [
    pytest.param("", {"contact": {"company_name": "Een", "email": "a@example.com"}}, id="contact"),
    pytest.param("", {"contact": {"company_name": "Een"}, "type": "x"}, id="beside the wrapper"),
    pytest.param(
        "",
        {"contact": {"lastname": "Een", "contact_person": {"firstname": "A", "lastname": "B", "phone": "1"}}},
        id="person of a contact",
    ),
    pytest.param(
        "/*/contact_people", {"contact_person": {"firstname": "A", "lastname": "B", "x": 1}}, id="person"
    ),
    pytest.param("/*/notes", {"note": {"note": "x", "completed_at": None}}, id="note"),
    pytest.param(
        "/*/moneybird_payments_mandate/url", {"mandate_request": {"email_message": "x"}}, id="mandate link"
    ),
]


@pytest.mark.parametrize(("path", "body"), STRANGE)
async def test_an_unknown_key_is_ignored(client, some, path, body):
    """By default what a schema lacks is left out without a word."""
    answer = await client.post(f"/contacts{path.replace('*', some()['id'])}.json", json=body)
    assert answer.status_code == 201


@pytest.mark.parametrize(("path", "body"), STRANGE)
async def test_an_unknown_key_is_refused(opened, some, path, body):
    """With the setting it is a 400 that names the key."""
    async with opened(contacts=250, unknown_keys="refused") as client:
        answer = await client.post(f"/contacts{path.replace('*', some()['id'])}.json", json=body)
    (symbolic,) = answer.json()["symbolic"].items()
    assert (answer.status_code, symbolic[1]) == (400, "unknown")
    assert symbolic[0] in json.dumps(body)
