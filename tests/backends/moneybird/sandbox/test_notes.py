"""Writing notes over HTTP."""

import pytest

OWNER, EMPLOYEE = "432900000000000101", "432900000000000103"


@pytest.mark.parametrize(
    ("given", "todo", "assignee"),
    [
        pytest.param({}, False, None, id="note"),
        pytest.param({"todo": "true"}, True, None, id="to-do"),
        pytest.param({"assignee_id": int(EMPLOYEE)}, True, EMPLOYEE, id="assigned"),
        pytest.param({"todo": False, "assignee_id": ""}, False, None, id="emptied"),
    ],
)
async def test_a_note_is_added(client, documented, some, given, todo, assignee):
    """The answer is the note, last in the contact; an assignee makes it a to-do."""
    row = some(lambda row: row["notes"])
    answer = await client.post(f"/contacts/{row['id']}/notes.json", json={"note": {"note": "Tekst", **given}})
    note = answer.json()
    assert (answer.status_code, note.keys()) == (201, documented("note").keys())
    assert (note["note"], note["todo"], note["assignee_id"]) == ("Tekst", todo, assignee)
    assert (note["user_id"], note["entity_id"], note["data"]) == (OWNER, row["id"], {})
    assert (await client.get(f"/contacts/{row['id']}.json")).json()["notes"] == [*row["notes"], note]


@pytest.mark.parametrize(
    "body", [{}, {"note": {}}, {"note": {"note": " "}}], ids=["no wrapper", "none", "blank"]
)
async def test_a_note_needs_a_text(client, documented, some, body):
    """Without a text the documented 422 is answered."""
    answer = await client.post(f"/contacts/{some()['id']}/notes.json", json=body)
    assert (answer.status_code, answer.json()) == (422, documented("error_422_note"))


async def test_an_assignee_must_exist(client, some):
    """A to-do for nobody is refused."""
    body = {"note": {"note": "x", "assignee_id": "1"}}
    answer = await client.post(f"/contacts/{some()['id']}/notes.json", json=body)
    expected = {"error": {"assignee": ["must exist"]}, "details": {"assignee": [{"error": "blank"}]}}
    assert (answer.status_code, answer.json()) == (422, expected)


async def test_a_note_for_nobody(client, documented):
    """An unknown contact is the documented 400, for both calls."""
    for answer in (
        await client.post("/contacts/1/notes.json", json={"note": {"note": "x"}}),
        await client.delete("/contacts/1/notes/2.json"),
    ):
        assert (answer.status_code, answer.json()) == (400, documented("error_400_note_contact"))


async def test_a_note_is_deleted(client, some):
    """A deleted note is gone, and a second time not found."""
    row = some(lambda row: len(row["notes"]) > 1)
    path = f"/contacts/{row['id']}/notes/{row['notes'][0]['id']}.json"
    answer = await client.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(f"/contacts/{row['id']}.json")).json()["notes"] == row["notes"][1:]
    assert (await client.delete(path)).status_code == 404


async def test_without_rights_to_notes(opened, documented, some):
    """Who may only read gets the documented 400 for both calls."""
    row = some(lambda row: row["notes"])
    async with opened(contacts=250, rights="read") as client:
        for answer in (
            await client.post(f"/contacts/{row['id']}/notes.json", json={"note": {"note": "x"}}),
            await client.delete(f"/contacts/{row['id']}/notes/{row['notes'][0]['id']}.json"),
        ):
            assert (answer.status_code, answer.json()) == (400, documented("error_400_note_rights"))
        assert (await client.get(f"/contacts/{row['id']}.json")).json() == row


@pytest.mark.parametrize("bump", [False, True], ids=["still", "bumped"])
async def test_the_version_of_a_contact_with_another_note(opened, bump):
    """A note moves the contact's version only with the setting."""
    async with opened(contacts=1, children_bump=bump) as client:
        (before,) = (await client.get("/contacts.json?include_archived=true")).json()
        await client.post(f"/contacts/{before['id']}/notes.json", json={"note": {"note": "x"}})
        (after,) = (await client.get("/contacts.json?include_archived=true")).json()
    assert (after["version"] > before["version"]) is bump
