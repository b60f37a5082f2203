"""The choices of an emulated Moneybird."""

import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.backends.moneybird.sandbox.behaviour import Behaviour


@pytest.mark.parametrize("name", ["archived_by_id", "rights", "unknown_keys", "nulls"])
def test_an_unknown_choice_is_refused(name):
    """The error names the choice and what it can be."""
    with pytest.raises(ValueError, match=f"{name} must be one of "):
        create(**{name: "sometimes"})


def test_all_choices_can_be_made():
    """Every choice reaches the sandbox, and the defaults are the quiet ones."""
    chosen = {
        "payments": False,
        "archived_by_id": "found",
        "rights": "read",
        "unknown_keys": "refused",
        "nulls": "kept",
        "children_bump": True,
    }
    assert set(chosen) == set(Behaviour.__slots__)
    assert create(contacts=0, **chosen).state()["contacts"] == {}


WRITES = [
    pytest.param("POST", "", "estimates, sales_invoices, documents, bank and settings", id="create"),
    pytest.param("PATCH", "/*", "estimates, sales_invoices, documents, bank and settings", id="update"),
    pytest.param("DELETE", "/*", "estimates, sales_invoices, documents, bank and settings", id="delete"),
    pytest.param(
        "PATCH", "/*/archive", "estimates, sales_invoices, documents, bank and settings", id="archive"
    ),
    pytest.param(
        "POST", "/*/contact_people", "estimates, sales_invoices, documents, bank and settings", id="person"
    ),
    pytest.param("POST", "/*/additional_charges", "sales_invoices", id="charge"),
    pytest.param("POST", "/*/moneybird_payments_mandate", "sales_invoices and settings", id="mandate"),
    pytest.param("POST", "/*/moneybird_payments_mandate/url", "sales_invoices and settings", id="link"),
    pytest.param(
        "DELETE",
        "/*/moneybird_payments_mandate",
        "estimates, sales_invoices, documents, bank and settings",
        id="mandate away",
    ),
]


@pytest.mark.parametrize(("method", "path", "scopes"), WRITES)
async def test_a_token_that_may_only_read(opened, stored, some, method, path, scopes):
    """Every write is a 401 that names what is lacking, and changes nothing."""
    async with opened(contacts=250, rights="read") as client:
        before = await stored(client)
        path = f"/contacts{path.replace('*', some()['id'])}.json"
        answer = await client.request(method, path, json={"contact": {"city": "x"}})
        assert (answer.status_code, answer.json()) == (401, {"error": f"No access to {scopes}"})
        assert await stored(client) == before


async def test_reading_needs_no_more_rights(opened, some):
    """Reads, and the POST that is one, go on with a token that may only read."""
    async with opened(contacts=250, rights="read") as client:
        assert (await client.get("/contacts.json")).status_code == 200
        several = await client.post("/contacts/synchronization.json", json={"ids": [some()["id"]]})
    assert several.json() == [some()]
