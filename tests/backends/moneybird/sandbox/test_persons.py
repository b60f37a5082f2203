"""Writing contact people over HTTP."""

import pytest


@pytest.fixture
def path(some):
    """Return where the persons of a contact stand that has two of them, with names."""
    row = some(lambda row: len(row["contact_people"]) > 1 and all(row["contact_people"][0].values()))
    return f"/contacts/{row['id']}/contact_people"


async def people(client, path):
    return (await client.get(path.removesuffix("/contact_people"))).json()["contact_people"]


ALL = {
    "firstname": "John",
    "lastname": "Doe",
    "phone": "123456789",
    "email": "johndoe@example.com",
    "department": "Sales",
}


@pytest.mark.parametrize("given", [ALL, {"firstname": "John", "lastname": "Doe"}], ids=["all", "names"])
async def test_a_person_is_added(client, documented, path, given):
    """The answer is the person, last in the contact; what is not given is null."""
    before = await people(client, path)
    answer = await client.post(f"{path}.json", json={"contact_person": given})
    person = answer.json()
    assert answer.status_code == 201
    assert person.keys() == documented("contact_person_created").keys()
    assert {key: person[key] for key in ALL} == dict.fromkeys(ALL) | given
    assert await people(client, path) == [*before, person]
    assert (await client.get(f"{path}/{person['id']}.json")).json() == person


@pytest.mark.parametrize(
    "body",
    [{}, {"contact_person": {}}, {"contact_person": {"firstname": " ", "lastname": None}}],
    ids=["no wrapper", "nothing", "blank"],
)
async def test_a_person_needs_both_names(client, documented, path, body):
    """Without names the documented 422 is answered."""
    answer = await client.post(f"{path}.json", json=body)
    assert (answer.status_code, answer.json()) == (422, documented("error_422_contact_person"))


async def test_one_missing_name_is_told_alone(client, path):
    """With one of two names only the other is blank."""
    answer = await client.post(f"{path}.json", json={"contact_person": {"firstname": "A", "email": "x"}})
    assert answer.json()["error"] == {"lastname": ["can't be blank"], "email": ["is invalid"]}


async def test_a_person_of_nobody(client, documented):
    """An unknown contact is a 422, not a 404."""
    answer = await client.post("/contacts/1/contact_people.json", json={"contact_person": ALL})
    assert (answer.status_code, answer.json()) == (422, documented("error_422_contact_person_contact"))


async def test_a_person_is_changed(client, path):
    """What is sent changes, with the person's own version; an empty text clears, the same moves nothing."""
    before, other = (await people(client, path))[:2]
    answer = await client.patch(
        f"{path}/{before['id']}.json", json={"contact_person": {"phone": "", "lastname": "Anders"}}
    )
    after = answer.json()
    assert answer.status_code == 200
    assert {key for key in after if after[key] != before[key]} == {
        "phone",
        "lastname",
        "updated_at",
        "version",
    }
    assert (after["phone"], after["version"] > before["version"]) == ("", True)
    assert (await people(client, path))[:2] == [after, other]
    again = await client.patch(f"{path}/{before['id']}.json", json={"contact_person": {"lastname": "Anders"}})
    assert again.json() == after


async def test_a_name_cannot_be_emptied(client, documented, path):
    """An update to blank names is the documented 422."""
    person = (await people(client, path))[0]
    body = {"contact_person": {"firstname": "", "lastname": " "}}
    answer = await client.patch(f"{path}/{person['id']}.json", json=body)
    assert (answer.status_code, answer.json()) == (422, documented("error_422_contact_person"))


async def test_a_nameless_person_can_be_changed(opened):
    """A person made automatically without a first name takes another phone."""
    async with opened(contacts=0) as client:
        body = {"contact": {"company_name": "Een", "lastname": "Twee"}}
        (person,) = (await client.post("/contacts.json", json=body)).json()["contact_people"]
        path = f"/contacts/{person['contact_id']}/contact_people/{person['id']}.json"
        answer = await client.patch(path, json={"contact_person": {"phone": "1"}})
    assert (answer.status_code, answer.json()["firstname"], answer.json()["phone"]) == (200, None, "1")


async def test_a_person_is_deleted(client, path):
    """A deleted person is gone, and a second time not found."""
    person, *rest = await people(client, path)
    answer = await client.delete(f"{path}/{person['id']}.json")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await people(client, path) == rest
    assert (await client.delete(f"{path}/{person['id']}.json")).status_code == 404


async def test_an_unknown_person(client, documented, path):
    """Changing and deleting answer their own documented 404; another contact's person is unknown too."""
    person = (await people(client, path))[0]["id"]
    for where in (f"{path}/1", f"/contacts/1/contact_people/{person}"):
        changed = await client.patch(f"{where}.json", json={"contact_person": ALL})
        assert (changed.status_code, changed.json()) == (404, documented("error_404_contact_person_update"))
        deleted = await client.delete(f"{where}.json")
        assert (deleted.status_code, deleted.json()) == (404, documented("error_404_contact_person"))


@pytest.mark.parametrize("bump", [False, True], ids=["still", "bumped"])
async def test_the_version_of_a_contact_with_another_person(opened, bump):
    """A person moves the contact's version only with the setting."""
    async with opened(contacts=1, children_bump=bump) as client:
        (before,) = (await client.get("/contacts.json?include_archived=true")).json()
        await client.post(f"/contacts/{before['id']}/contact_people.json", json={"contact_person": ALL})
        (after,) = (await client.get("/contacts.json?include_archived=true")).json()
    assert (after["version"] > before["version"]) is bump
    assert after["events"] == before["events"]
