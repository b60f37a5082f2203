"""Access, paths and the administration's own reads."""

import json
from pathlib import Path

import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.emulation.vocabulary import Request

SAMPLES = Path(__file__).parents[3] / "samples" / "moneybird"


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.mark.parametrize(
    "header", ["", "Bearer wrong", "Basic eDp5", "bearer"], ids=["none", "wrong", "basic", "empty"]
)
async def test_the_token_is_required(client, header):
    """Without the right bearer token the answer is 401 with an error text."""
    answer = await client.get("/contacts.json", headers={"Authorization": header})
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nothing.json", 404, id="unknown path"),
        pytest.param("GET", "/contacts/1/2/3.json", 404, id="too deep"),
        pytest.param("GET", "/../42/contacts.json", 404, id="other administration"),
        pytest.param("PUT", "/contacts/1.json", 405, id="put"),
        pytest.param("GET", "/contacts/1/notes.json", 405, id="list of notes"),
        pytest.param("PATCH", "/identities/1.json", 405, id="write of identities"),
        pytest.param("DELETE", "/users.json", 405, id="wrong method"),
        pytest.param("POST", "/../administrations.json", 405, id="write of administrations"),
        pytest.param("GET", "/contacts.xml", 406, id="xml"),
        pytest.param("GET", "/../../../elsewhere", 404, id="outside the API"),
    ],
)
async def test_what_is_not_there(client, method, path, status):
    """Unknown paths, administrations, methods and formats are refused with a JSON error."""
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert "error" in answer.json()


async def test_administrations(client, sandbox):
    """The only path without an administration tells the one that the token reaches."""
    (found,) = (await client.get("/../administrations.json")).json()
    assert found["id"] == sandbox.connection["administration_id"]
    assert found.keys() == sample("administrations")[0].keys()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/custom_fields.json", "custom_fields", id="custom fields"),
        pytest.param("/workflows", "workflows", id="workflows"),
        pytest.param("/users.json", "users", id="users"),
        pytest.param("/identities.json", "identities", id="identities"),
    ],
)
async def test_lists_have_the_documented_keys(client, path, name):
    """Every row has exactly the keys of the documented example."""
    assert {frozenset(row) for row in (await client.get(path)).json()} == {frozenset(sample(name)[0])}


async def test_one_workflow_and_one_identity(client):
    """A workflow with its steps and the default identity have the documented keys; unknown ids are 404."""
    key = (await client.get("/workflows.json")).json()[0]["id"]
    workflow = (await client.get(f"/workflows/{key}.json")).json()
    assert workflow.keys() == sample("workflow").keys()
    assert workflow["steps"][0].keys() == sample("workflow")["steps"][0].keys()
    identity = (await client.get("/identities/default.json")).json()
    assert identity.keys() == sample("identity_default").keys()
    assert (await client.get(f"/identities/{identity['id']}.json")).json() == identity
    for path, name in (
        ("/workflows/1.json", "error_404_workflow"),
        ("/identities/1.json", "error_404_identity"),
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (404, sample(name))


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        pytest.param("include_accountants", "accountant", id="accountants"),
        pytest.param("include_api_users", "api_user", id="api users"),
        pytest.param("include_inactive", None, id="inactive"),
    ],
)
async def test_users_by_flag(client, flag, kind):
    """A flag adds its kind of user; an inactive one has only four keys."""
    plain = (await client.get("/users.json")).json()
    more = (await client.get("/users.json", params={flag: "true"})).json()
    (extra,) = [user for user in more if user not in plain]
    assert extra.get("user_type") == kind
    if kind is None:
        assert extra.keys() == sample("users_inactive")[1].keys()


def test_workflows_and_users_of_contacts_exist(sandbox):
    """What a contact refers to can be read."""
    answer = sandbox.answer(asked(sandbox, "/workflows.json"))
    known = {workflow["id"] for workflow in json.loads(answer.body)} | {None}
    assert {row["invoice_workflow_id"] for row in sandbox.book.contacts(archived=True)} <= known


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        pytest.param(
            "/contacts.json",
            {"page": "2", "query": "Jansen"},
            {"call": "contacts", "page": "2", "query_length": "6"},
            id="search",
        ),
        pytest.param(
            "/contacts/filter.json",
            {"filter": "first_name:Jan,last_name:Jansen"},
            {"call": "contacts/filter", "filter_keys": "first_name,last_name"},
            id="filter",
        ),
        pytest.param(
            "/contacts/customer_id/Jansen.json", {}, {"call": "contacts/customer_id"}, id="customer id"
        ),
        pytest.param("/contacts/433.json", {}, {"call": "contacts", "contact": "433"}, id="one"),
        pytest.param("/Jansen", {}, {}, id="unknown"),
    ],
)
def test_the_log_holds_nothing_personal(sandbox, path, query, expected):
    """Names, customer ids, search texts and the token never reach the log."""
    assert sandbox.describe(asked(sandbox, path, query)) == expected


def test_the_log_counts_ids(sandbox):
    """Of a synchronization the number of ids is told."""
    request = asked(sandbox, "/contacts/synchronization.json", method="POST", body=b'{"ids":["1","2"]}')
    assert sandbox.describe(request)["ids"] == "2"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param(
            "/contacts.json",
            b'{"contact":{"company_name":"Jansen","Jansen":1}}',
            {"call": "contacts", "sent": "company_name"},
            id="wrapped",
        ),
        pytest.param(
            "/contacts/433/additional_charges.json",
            b'{"product_id":"1","price":1}',
            {"call": "contacts/additional_charges", "contact": "433", "sent": "product_id,price"},
            id="flat",
        ),
        pytest.param(
            "/contacts/433/notes.json", b"{", {"call": "contacts/notes", "contact": "433"}, id="cut"
        ),
        pytest.param("/contacts.json", b"[1]", {"call": "contacts"}, id="list"),
    ],
)
def test_the_log_tells_which_keys_were_sent(sandbox, path, body, expected):
    """Of a write the documented keys are told, never a value or a key nobody knows."""
    assert sandbox.describe(asked(sandbox, path, method="POST", body=body)) == expected


async def test_everything_stored_is_shown(client, sandbox, stored):
    """Contacts, archived ones too, with all that hangs on them, by id; and who cannot be deleted."""
    shown = await stored(client)
    rows = list(sandbox.book.contacts(archived=True))
    assert shown["contacts"] == {row["id"]: row for row in rows}
    assert shown["charges"] == {
        row["id"]: found for row in rows if (found := sandbox.book.charges(row["id"]))
    }
    assert shown["mandates"] == {
        row["id"]: found for row in rows if (found := sandbox.book.mandate(row["id"]))
    }
    assert shown["mandate_requests"] == {}
    assert shown["in_use"] == [row["id"] for row in rows if sandbox.book.in_use(row["id"])]
    assert set(shown["charges"]) < set(shown["in_use"]) < set(shown["contacts"])


def test_reset_brings_the_seeded_book_back():
    """A changed book is as seeded after a reset."""
    sandbox = create(contacts=5)
    row = next(sandbox.book.contacts(archived=True))
    before = dict(row)
    row["company_name"] = "changed"
    sandbox.reset()
    assert sandbox.book.contact(row["id"]) == before


def test_access_is_told(sandbox):
    """A person is told the administration and the token that the configuration needs."""
    told = " ".join(sandbox.describe_access())
    assert all(value in told for value in sandbox.connection.values())
    assert set(sandbox.connection) == {"administration_id", "token"}
    assert (sandbox.name, sandbox.default_port, sandbox.base_path) == ("moneybird", 8101, "/api/v2")


def asked(sandbox, path, query=None, *, method="GET", body=b""):
    path = f"{sandbox.base_path}/{sandbox.connection['administration_id']}{path}"
    headers = {"authorization": f"Bearer {sandbox.connection['token']}"}
    return Request(method, path, query or {}, headers, body, path)
