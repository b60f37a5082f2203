"""The reads of the contacts area over HTTP."""

import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3] / "samples" / "moneybird"


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


def some(sandbox, wanted=lambda row: True, *, archived=False):
    """Return the first contact that is wanted."""
    return next(
        row for row in sandbox.book.contacts(archived=True) if row["archived"] == archived and wanted(row)
    )


async def test_pages_are_linked(client, sandbox):
    """Following `next` visits every active contact once, in order of id; `prev` leads back."""
    seen, url, links = [], "/contacts.json?per_page=100", []
    while url:
        answer = await client.get(url)
        seen += [row["id"] for row in answer.json()]
        links.append(set(answer.links))
        url = answer.links.get("next", {}).get("url")
    assert seen == sorted(row["id"] for row in sandbox.book.contacts(archived=False))
    assert links == [{"next"}, {"next", "prev"}, {"prev"}]


async def test_links_keep_the_query(client):
    """A link is absolute, at the host that was asked, with the other parameters kept."""
    answer = await client.get(
        "/contacts.json", params={"per_page": 10, "page": 2, "include_archived": "true"}
    )
    following = answer.links["next"]["url"]
    assert following.startswith(str(client.base_url))
    assert "per_page=10" in following
    assert "include_archived=true" in following
    assert "page=3" in following


async def test_a_single_page_has_no_link(client):
    """Without another page there is no Link header, and past the end is an empty list."""
    assert "link" not in (await client.get("/contacts.json?query=no-such-text")).headers
    past = await client.get("/contacts.json?page=900")
    assert (past.status_code, past.json()) == (200, [])


async def test_a_last_page_that_is_full_has_no_next(opened):
    """Two contacts on pages of one: the second page is full and the last."""
    async with opened(contacts=2) as client:
        links = [set((await client.get(f"/contacts.json?per_page=1&page={page}")).links) for page in (1, 2)]
    assert links == [{"next"}, {"prev"}]


async def test_the_default_page_holds_a_hundred(client):
    """Without per_page, and without the suffix, a page holds a hundred."""
    assert len((await client.get("/contacts")).json()) == 100


@pytest.mark.parametrize("size", ["0", "101", "x", "-1", "1.5"])
async def test_a_page_size_out_of_range_is_refused(client, size):
    """per_page outside 1 to 100 answers the documented 400."""
    answer = await client.get("/contacts.json", params={"per_page": size})
    assert (answer.status_code, answer.json()) == (400, sample("error_400_per_page"))


async def test_archived_contacts_are_left_out_unless_asked_for(client, sandbox):
    """List, filter and versions hide archived contacts without include_archived."""
    key = some(sandbox, archived=True)["id"]
    for path in ("/contacts/filter.json", "/contacts/synchronization.json", "/contacts.json"):
        for flag in ("true", "1", "false", None):
            found, url = set(), f"{path}?per_page=100" + (f"&include_archived={flag}" if flag else "")
            while url:
                answer = await client.get(url)
                found |= {row["id"] for row in answer.json()}
                url = answer.links.get("next", {}).get("url")
            assert (key in found) == (flag in ("true", "1"))


@pytest.mark.parametrize(
    "field", ["company_name", "lastname", "zipcode", "city", "email", "phone", "customer_id", "tax_number"]
)
async def test_a_search_looks_through_the_documented_fields(client, sandbox, field):
    """A contact is found by any documented field, whatever the letters' case."""
    row = some(sandbox, lambda row: row[field] and len(row[field].strip()) > 2)
    answer = await client.get("/contacts.json", params={"query": row[field].upper(), "per_page": 100})
    assert row["id"] in [found["id"] for found in answer.json()]


async def test_only_the_filter_call_searches_contact_people(client, sandbox):
    """A person's name finds the contact on `/filter`, not on the list."""
    row = some(
        sandbox,
        lambda row: (
            row["contact_people"] and row["contact_people"][0]["lastname"] and row["lastname"] is None
        ),
    )
    name = row["contact_people"][0]["lastname"]
    searched = {"query": name, "per_page": 100}
    listed = await client.get("/contacts.json", params=searched)
    filtered = await client.get("/contacts/filter.json", params=searched)
    assert row["id"] not in [found["id"] for found in listed.json()]
    assert row["id"] in [found["id"] for found in filtered.json()]


async def test_versions_of_all_come_unpaged(client, sandbox):
    """All active contacts in one answer, with nothing but id and version."""
    found = (await client.get("/contacts/synchronization.json")).json()
    assert found == [
        {"id": row["id"], "version": row["version"]} for row in sandbox.book.contacts(archived=False)
    ]
    assert found[0].keys() == sample("synchronization_versions")[0].keys()


async def test_versions_can_be_filtered(client, sandbox):
    """The synchronization takes the same filter."""
    row = some(sandbox)
    found = (
        await client.get("/contacts/synchronization.json?filter=updated_after:" + row["updated_at"])
    ).json()
    assert 0 < len(found) < len(sandbox.book)
    assert row["id"] not in [each["id"] for each in found]


async def test_several_contacts_by_id(client, sandbox):
    """Asked ids come whole and in order of id, archived ones too; unknown ones are left out."""
    ids = [some(sandbox, archived=True)["id"], some(sandbox)["id"]]
    answer = await client.post("/contacts/synchronization.json", json={"ids": [*ids, "1", int(ids[0])]})
    assert answer.json() == [sandbox.book.contact(key) for key in sorted(ids)]


async def test_ids_over_a_hundred_are_dropped(client, sandbox):
    """The hundred and first id is not answered, without a word."""
    ids = [row["id"] for row in sandbox.book.contacts(archived=True)][:101]
    answer = await client.post("/contacts/synchronization.json", json={"ids": ids})
    assert [row["id"] for row in answer.json()] == ids[:100]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"ids":[]}'], ids=["no body", "no ids", "no entry"])
async def test_ids_are_required(client, body):
    """Without ids the documented 400 is answered."""
    answer = await client.post("/contacts/synchronization.json", content=body)
    assert (answer.status_code, answer.json()) == (400, sample("error_400_ids_required"))


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"], ids=["cut", "list", "no utf-8"])
async def test_ids_must_be_json(client, body):
    """What is no JSON object is refused, never a crash."""
    assert (await client.post("/contacts/synchronization.json", content=body)).status_code == 400


@pytest.mark.parametrize("suffix", ["", ".json"], ids=["bare", "suffix"])
async def test_one_contact(client, sandbox, suffix):
    """A contact is read by id, with and without the suffix."""
    row = some(sandbox)
    assert (await client.get(f"/contacts/{row['id']}{suffix}")).json() == row


async def test_an_unknown_contact(client):
    """An unknown id answers the documented 404."""
    for path in ("/contacts/1.json", "/contacts/1/additional_charges.json"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (404, sample("error_404_contact"))


async def test_an_archived_contact_by_id(client, opened, sandbox):
    """Hidden unless asked for; a setting makes it visible."""
    path = f"/contacts/{some(sandbox, archived=True)['id']}.json"
    assert (await client.get(path)).status_code == 404
    assert (await client.get(path, params={"include_archived": "true"})).json()["archived"] is True
    async with opened(contacts=250, archived_by_id="found") as lenient:
        assert (await lenient.get(path)).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda number: number.startswith("0"), id="leading zeros"),
        pytest.param(lambda number: "/" in number, id="encoded slash"),
    ],
)
async def test_a_contact_by_customer_id(client, sandbox, wanted):
    """A customer id is one path segment and is compared as text."""
    row = some(sandbox, lambda row: wanted(row["customer_id"]))
    number = row["customer_id"].replace("/", "%2F")
    assert (await client.get(f"/contacts/customer_id/{number}.json")).json() == row


async def test_no_archived_contact_by_customer_id(client, sandbox):
    """An archived holder and an unknown number answer the same 404."""
    number = some(sandbox, lambda row: "/" not in row["customer_id"], archived=True)["customer_id"]
    for asked in (number, "no-such-number"):
        answer = await client.get(f"/contacts/customer_id/{asked}.json")
        assert (answer.status_code, answer.json()) == (404, sample("error_404_customer_id"))


async def test_one_person(client, sandbox):
    """A person is read under its own contact only."""
    person = some(sandbox, lambda row: len(row["contact_people"]) > 1)["contact_people"][1]
    path = f"/contact_people/{person['id']}.json"
    assert (await client.get(f"/contacts/{person['contact_id']}{path}")).json() == person
    other = some(sandbox, lambda row: row["contact_people"] and row["id"] != person["contact_id"])["id"]
    answer = await client.get(f"/contacts/{other}{path}")
    assert (answer.status_code, answer.json()) == (404, sample("error_404_contact_person"))


async def test_charges(client, sandbox):
    """Billed charges come only when asked for; a contact without charges has an empty list."""
    charged = some(
        sandbox,
        lambda row: len({charge["detail_id"] is None for charge in sandbox.book.charges(row["id"])}) == 2,
    )
    path = f"/contacts/{charged['id']}/additional_charges.json"
    everything = (await client.get(path, params={"include_billed": "true"})).json()
    assert everything == sandbox.book.charges(charged["id"])
    assert (await client.get(path)).json() == [row for row in everything if row["detail_id"] is None]
    assert {*everything[0]} == {*sample("additional_charges")[0]}
    without = some(sandbox, lambda row: not sandbox.book.charges(row["id"]))
    assert (await client.get(f"/contacts/{without['id']}/additional_charges.json")).json() == []


@pytest.mark.parametrize("sepa", [True, False], ids=["sepa", "card"])
async def test_a_mandate(client, sandbox, sepa):
    """Both variants have the documented keys, and the same ones are empty."""
    row = some(sandbox, lambda row: (sandbox.book.mandate(row["id"]) or {}).get("sepa_mandate") is sepa)
    found = (await client.get(f"/contacts/{row['id']}/moneybird_payments_mandate.json")).json()
    documented = sample("mandate_sepa" if sepa else "mandate_card")
    assert row["moneybird_payments_mandate"] is True
    assert found.keys() == documented.keys()
    assert {key for key in found if key != "type" and found[key] is None} == {
        key for key in documented if key != "type" and documented[key] is None
    }


async def test_no_mandate_is_a_bare_number(client, sandbox):
    """Without a mandate the body is the number 404 and nothing else."""
    row = some(sandbox, lambda row: not row["moneybird_payments_mandate"])
    answer = await client.get(f"/contacts/{row['id']}/moneybird_payments_mandate.json")
    assert (answer.status_code, answer.content) == (404, b"404")
    assert answer.json() == sample("error_404_mandate")


async def test_without_payments_every_mandate_is_forbidden(opened, sandbox):
    """With Moneybird Payments off the body is the number 403."""
    row = some(sandbox, lambda row: row["moneybird_payments_mandate"])
    async with opened(contacts=250, payments=False) as client:
        answer = await client.get(f"/contacts/{row['id']}/moneybird_payments_mandate.json")
    assert (answer.status_code, answer.json()) == (403, sample("error_403_mandate"))
