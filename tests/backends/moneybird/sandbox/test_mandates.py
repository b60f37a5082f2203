"""Asking for mandates and deleting them, over HTTP."""

import pytest

CALLS = [
    pytest.param("POST", "", id="mail"),
    pytest.param("POST", "/url", id="link"),
    pytest.param("DELETE", "", id="delete"),
]


@pytest.fixture
def paths(some):
    """Return the mandate paths of a contact with a mandate, and of one without."""
    found = (some(lambda row, held=held: row["moneybird_payments_mandate"] is held) for held in (True, False))
    return [f"/contacts/{row['id']}/moneybird_payments_mandate" for row in found]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"mandate_request": {"email_message": "Graag", "identity_id": 432900000000000401}},
        {"mandate_request": {"workflow_id": "432900000000000203"}},
    ],
    ids=["no body", "empty", "message", "workflow"],
)
async def test_a_request_is_mailed(client, stored, paths, body):
    """204 without a body, with and without a mandate already; the flag waits for the customer."""
    for path in paths:
        before = (await client.get(path.rpartition("/")[0])).json()
        answer = await client.post(f"{path}.json", json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await client.get(path.rpartition("/")[0])).json() == before
        assert (await stored(client))["mandate_requests"][before["id"]] == ["mail"]


async def test_a_link_is_made(client, stored, paths):
    """201 with an address, another one each time."""
    answers = [await client.post(f"{paths[1]}/url.json", json={}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [list(answer.json()) for answer in answers] == [["url"], ["url"]]
    assert len({answer.json()["url"] for answer in answers}) == 2
    assert answers[0].json()["url"].startswith("https://moneybird.example/")
    assert list((await stored(client))["mandate_requests"].values()) == [["link", "link"]]


async def test_a_mandate_is_deleted(client, paths):
    """204, then there is none: the flag is false, and mandate and a second delete are a bare 404."""
    answer = await client.delete(f"{paths[0]}.json")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(paths[0].rpartition("/")[0])).json()["moneybird_payments_mandate"] is False
    for method in ("GET", "DELETE"):
        gone = await client.request(method, f"{paths[0]}.json")
        assert (gone.status_code, gone.content) == (404, b"404")


@pytest.mark.parametrize(("method", "end"), CALLS)
async def test_a_mandate_of_nobody(client, documented, method, end):
    """An unknown contact is a bare 403, not a 404."""
    answer = await client.request(method, f"/contacts/1/moneybird_payments_mandate{end}.json")
    assert (answer.status_code, answer.content) == (403, b"403")
    assert answer.json() == documented("error_403_mandate")


@pytest.mark.parametrize(("method", "end"), CALLS)
async def test_a_mandate_without_payments(opened, paths, method, end):
    """With Moneybird Payments off every call is a bare 403."""
    async with opened(contacts=250, payments=False) as client:
        answer = await client.request(method, f"{paths[0]}{end}.json")
    assert (answer.status_code, answer.content) == (403, b"403")


@pytest.mark.parametrize("key", ["identity_id", "workflow_id"])
async def test_a_request_for_what_is_not_there(client, stored, paths, key):
    """An unknown identity or workflow is forbidden, and nobody is asked."""
    answer = await client.post(f"{paths[1]}/url.json", json={"mandate_request": {key: "1"}})
    assert (answer.status_code, answer.content) == (403, b"403")
    assert (await stored(client))["mandate_requests"] == {}


@pytest.mark.parametrize("bump", [False, True], ids=["still", "bumped"])
async def test_the_version_of_a_contact_without_its_mandate(opened, some, paths, bump):
    """A deleted mandate moves the contact's version only with the setting."""
    row = some(lambda row: row["moneybird_payments_mandate"])
    async with opened(contacts=250, children_bump=bump) as client:
        await client.delete(f"{paths[0]}.json")
        after = (await client.get(f"/contacts/{row['id']}.json")).json()
    assert (after["version"] > row["version"]) is bump
