"""Writes whose answer is lost or altered, over HTTP: whether they happened, and what the client meets."""

import httpx
import orjson
import pytest

from gateway.backends.moneybird.sandbox import administration, create
from gateway.emulation.faults import Fault
from gateway.emulation.server import Emulator

FAULTS = [
    pytest.param({"kind": "latency", "seconds": 0.01}, True, id="latency"),
    pytest.param({"kind": "hang"}, False, id="hang"),
    pytest.param({"kind": "hang", "landed": True}, True, id="hang-landed"),
    pytest.param({"kind": "reset"}, False, id="reset"),
    pytest.param({"kind": "reset", "landed": True}, True, id="reset-landed"),
    pytest.param({"kind": "garbage"}, False, id="garbage"),
    pytest.param({"kind": "garbage", "landed": True}, True, id="garbage-landed"),
    pytest.param({"kind": "html"}, False, id="html"),
    pytest.param({"kind": "html", "landed": True}, True, id="html-landed"),
    pytest.param({"kind": "status", "status": 503}, False, id="status"),
    pytest.param({"kind": "status", "status": 503, "landed": True}, True, id="status-landed"),
    pytest.param({"kind": "truncated"}, True, id="truncated"),
    pytest.param({"kind": "drip", "seconds": 0.0}, True, id="drip"),
    pytest.param({"kind": "cut"}, True, id="cut"),
]
"""A fault, and whether the write happens all the same."""

WRITES = [
    pytest.param("POST", "", {"contact": {"company_name": "Een"}}, id="create"),
    pytest.param("PATCH", "/*", {"contact": {"city": "Elders"}}, id="update"),
    pytest.param("DELETE", "/*", None, id="delete"),
    pytest.param("PATCH", "/*/archive", None, id="archive"),
    pytest.param(
        "POST", "/*/contact_people", {"contact_person": {"firstname": "A", "lastname": "B"}}, id="person"
    ),
    pytest.param("PATCH", "/*/contact_people/P", {"contact_person": {"phone": "9"}}, id="person changed"),
    pytest.param("DELETE", "/*/contact_people/P", None, id="person away"),
    pytest.param("POST", "/*/notes", {"note": {"note": "x"}}, id="note"),
    pytest.param("DELETE", "/*/notes/N", None, id="note away"),
    pytest.param(
        "POST", "/*/additional_charges", {"product_id": next(iter(administration.PRODUCTS))}, id="charge"
    ),
    pytest.param("POST", "/*/moneybird_payments_mandate", {}, id="mandate mailed"),
    pytest.param("POST", "/*/moneybird_payments_mandate/url", {}, id="mandate link"),
    pytest.param("DELETE", "/*/moneybird_payments_mandate", None, id="mandate away"),
]


@pytest.fixture
async def client(opened):
    async with opened(contacts=20) as client:
        yield client


@pytest.fixture
async def complete(client):
    """Give a contact with a mandate a person and a note; return their ids by the letters in the paths."""
    rows = (await client.get("/contacts.json")).json()
    row = next(row for row in rows if row["moneybird_payments_mandate"])
    path = f"/contacts/{row['id']}"
    person = {"contact_person": {"firstname": "P", "lastname": "P"}}
    keys = {"*": row["id"]}
    keys["P"] = (await client.post(f"{path}/contact_people.json", json=person)).json()["id"]
    keys["N"] = (await client.post(f"{path}/notes.json", json={"note": {"note": "n"}})).json()["id"]
    return keys


@pytest.fixture
def fail(client):
    """Return a function that makes the next request fail."""

    async def order(fault):
        url = client.base_url.copy_with(path="/_control/faults")
        assert (await client.post(url, json={**fault, "count": 1})).status_code == 200

    return order


async def attempt(client, method, path, body):
    try:
        return await client.request(method, path, json=body, timeout=1)
    except httpx.TransportError as error:
        return error


def filled(path, keys):
    return "/contacts" + "/".join(keys.get(part, part) for part in path.split("/")) + ".json"


@pytest.mark.parametrize(("fault", "landed"), FAULTS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [WRITES[0], WRITES[1], WRITES[2], WRITES[11]],
)
async def test_a_write_lands_or_not(client, stored, complete, fail, method, path, body, fault, landed):
    """Each fault on a write of each shape of answer: 201, 200, 204, and the link."""
    before = await stored(client)
    await fail(fault)
    await attempt(client, method, filled(path, complete), body)
    assert (await stored(client) != before) is landed


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "lost"])
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_every_write_can_land_unheard(client, stored, complete, fail, method, path, body, landed):
    """A reset before or after the write: the client meets the same, the book does not."""
    before = await stored(client)
    await fail({"kind": "reset", "landed": landed})
    met = await attempt(client, method, filled(path, complete), body)
    assert isinstance(met, httpx.TransportError)
    assert (await stored(client) != before) is landed


@pytest.mark.parametrize(("method", "path", "body"), WRITES[:3])
async def test_a_refused_connection_writes_nothing(method, path, body):
    """While nothing listens no write happens."""
    sandbox = create(contacts=1)
    before = orjson.dumps(sandbox.state())
    base = f"{sandbox.base_path}/{sandbox.connection['administration_id']}"
    headers = {"Authorization": f"Bearer {sandbox.connection['token']}"}
    async with Emulator(sandbox) as emulator, httpx.AsyncClient(headers=headers) as client:
        emulator.faults.add(Fault("refuse", seconds=60))
        where = f"{emulator.url}{base}{filled(path, {'*': next(iter(sandbox.state()['contacts']))})}"
        assert isinstance(await attempt(client, method, where, body), httpx.ConnectError)
    assert orjson.dumps(sandbox.state()) == before


async def test_writes_count_in_the_ration(opened):
    """A refused write and a read share the window, and a write over the ration does not happen."""
    async with opened(contacts=1, ration=True) as client:
        answers = [await client.post("/contacts.json", json={}) for _ in range(150)]
        over = await client.post("/contacts.json", json={"contact": {"company_name": "Een"}})
        held = await client.get(client.base_url.copy_with(path="/_control/state"))
    assert {answer.status_code for answer in answers} == {400}
    assert (over.status_code, over.json()) == (429, "Retry later")
    assert len(held.json()["contacts"]) == 1
