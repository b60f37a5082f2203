"""Values of custom fields, over HTTP."""

import pytest

FIRST, SECOND = "432900000000000301", "432900000000000303"
OF_INVOICES = "432900000000000307"


def entries(form, values):
    rows = [{"id": key, "value": value} for key, value in values.items()]
    return rows if form == "list" else {str(place): row for place, row in enumerate(rows)}


def shown(answer):
    return {row["id"]: row["value"] for row in answer.json()["custom_fields"]}


@pytest.fixture
def send(client):
    """Return a function that sets values of a contact it makes at first."""
    made = []

    async def set_values(values):
        body = {"contact": {"company_name": "Een", "custom_fields_attributes": values}}
        if not made:
            answer = await client.post("/contacts.json", json=body)
            made.extend([answer] if answer.status_code == 201 else [])
            return answer
        return await client.patch(f"/contacts/{made[0].json()['id']}.json", json=body)

    return set_values


@pytest.mark.parametrize("form", ["map", "list"])
async def test_both_forms_set_values(send, form):
    """A map by index and a list do the same; values not named stay, an empty one goes."""
    answer = await send(entries(form, {SECOND: "Horeca", FIRST: "Wim"}))
    assert answer.json()["custom_fields"] == [
        {"id": FIRST, "name": "Relatiebeheerder", "value": "Wim"},
        {"id": SECOND, "name": "Branche", "value": "Horeca"},
    ]
    assert shown(await send(entries(form, {FIRST: "Ans"}))) == {FIRST: "Ans", SECOND: "Horeca"}
    assert shown(await send(entries(form, {FIRST: ""}))) == {SECOND: "Horeca"}
    assert shown(await send(None)) == {SECOND: "Horeca"}


async def test_an_id_may_be_a_number(send):
    """The documented request sends the id as a number."""
    assert shown(await send([{"id": int(FIRST), "value": "x"}])) == {FIRST: "x"}


@pytest.mark.parametrize("key", ["1234", OF_INVOICES], ids=["unknown", "of invoices"])
async def test_an_unknown_field(send, documented, key):
    """A field contacts do not have is the documented 404, at create and at update."""
    expected = documented("error_404_custom_field")
    expected["error"] = expected["error"].replace("1234", key)
    for _ in range(2):
        answer = await send([{"id": key, "value": "x"}])
        assert (answer.status_code, answer.json()) == (404, expected)
        assert (await send({})).json()["custom_fields"] == []


@pytest.mark.parametrize(
    "values",
    ["x", [{"id": FIRST}], [{"value": "x"}], ["x"], [{"id": FIRST, "value": 1}], [{"id": "x", "value": "x"}]],
    ids=["text", "no value", "no id", "no object", "number", "no id at all"],
)
async def test_a_form_that_cannot_be(send, values):
    """What is no map or list of id and text is refused."""
    answer = await send(values)
    assert (answer.status_code, answer.json()) == (400, {"error": "custom_fields_attributes is invalid"})


@pytest.mark.parametrize(("nulls", "left"), [("clear", {}), ("kept", {FIRST: "x"})], ids=["clear", "kept"])
async def test_a_null_value(opened, nulls, left):
    """A null empties a value, or with the setting says nothing."""
    async with opened(contacts=0, nulls=nulls) as client:
        body = {"contact": {"lastname": "Een", "custom_fields_attributes": [{"id": FIRST, "value": "x"}]}}
        key = (await client.post("/contacts.json", json=body)).json()["id"]
        body["contact"]["custom_fields_attributes"][0]["value"] = None
        assert shown(await client.patch(f"/contacts/{key}.json", json=body)) == left


@pytest.mark.parametrize("bump", [False, True], ids=["still", "bumped"])
async def test_the_version_of_a_contact_with_another_value(opened, bump):
    """A value by itself is no event, and moves the version only where children do."""
    body = {"contact": {"custom_fields_attributes": [{"id": FIRST, "value": "anders"}]}}
    async with opened(contacts=1, children_bump=bump) as client:
        (before,) = (await client.get("/contacts.json?include_archived=true")).json()
        after = (await client.patch(f"/contacts/{before['id']}.json", json=body)).json()
    assert (after["version"] > before["version"]) is bump
    assert after["events"] == before["events"]
