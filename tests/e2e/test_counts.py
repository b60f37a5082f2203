"""What queries cost the systems, counted by the emulators' own request logs."""

from __future__ import annotations

import asyncio

import pytest

from gateway.domain.identity import contact_id
from tests.e2e.house import House, opened

NOTHING = {"moneybird": 0, "acumulus": 0}

NAMES = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Contact { displayName } } }"
EMBEDDED = """persons { fullName email } notes { text } customFields { name value }
  events { nodes { action at } totalCount }"""
WHOLE = """id displayName kind status roles customerNumber companyName fullName attention salutation label
  website emails phones { number kind } address { line1 line2 postalCode city country { code name } }
  alternativeAddress { name city } vatNumber { value } bankAccount { number bic description } about
  persons { fullName } notes { text } customFields { value } mandate { hasPayments sepa { reference } }
  invoicing { notes vatRate vatTreatment templateId } booking { costHeadingId costCenterId }
  source { version raw } freshness { complete }"""
LISTED = """displayName kind status roles customerNumber companyName fullName department attention emails
  address { line1 line2 city country { code } } invoicing { vatCategory vatTreatment templateId }
  booking { costHeadingId } source { system remoteId url } createdAt peppol { identifier }"""

CONTACT = "query($id: ID!) { contact(id: $id) { displayName about source { remoteId } } }"
BY_NUMBER = """query($it: String!, $in: ID!) {
  contactByCustomerNumber(customerNumber: $it, administration: $in) { SELECTION } }"""
BY_REMOTE_ID = """query($it: ID!, $in: ID!) {
  contactByRemoteId(remoteId: $it, administration: $in) { displayName about } }"""


def page(selection: str, arguments: str = "first: 50") -> str:
    return f"{{ contacts({arguments}) {{ totalCount nodes {{ {selection} }} }} }}"


def number_query(selection: str) -> str:
    return BY_NUMBER.replace("SELECTION", selection)


def customer_number(house: House, name: str, *, archived: bool = False) -> str:
    """Return a number that exactly one contact of the book has."""
    book = house.book(name)
    if name == "moneybird":
        rows = [(row["customer_id"], row["archived"]) for row in book.contacts(archived=True)]
    else:
        found = [book.contact(int(key)) for key in house.keys(name)]
        rows = [(row["contactyourid"], row["contactstatus"] == "0") for row in found]
    numbers = [number for number, _ in rows]
    return next(n for n, is_archived in rows if n and is_archived is archived and numbers.count(n) == 1)


async def test_a_hundred_contacts_by_id_are_one_call():
    """A hundred of one Moneybird administration come with one call, and again with none."""
    async with opened(120) as house:
        ids = house.ids("moneybird")[:100]

        data = await house.data(NAMES, ids=ids)
        assert [node["id"] for node in data["nodes"]] == ids
        assert house.calls() == {"moneybird": 1, "acumulus": 0}

        assert await house.data(NAMES, ids=ids) == data
        assert house.calls() == NOTHING


async def test_aliases_share_a_call():
    """Single look-ups side by side in one operation are asked together."""
    async with opened(40) as house:
        ids = house.ids("moneybird")[:30]
        fields = " ".join(f'c{n}: contact(id: "{each}") {{ displayName }}' for n, each in enumerate(ids))
        data = await house.data(f"{{ {fields} }}")
        assert all(data.values())
        assert house.calls() == {"moneybird": 1, "acumulus": 0}


async def test_overlapping_questions_ask_for_a_contact_once():
    """Requests at the same time that share some contacts ask for each of them once."""
    async with opened(40) as house:
        ids = house.ids("moneybird")
        answers = await asyncio.gather(
            *(house.data(NAMES, ids=ids[start : start + 10]) for start in (0, 5, 10))
        )
        assert [node["id"] for node in answers[1]["nodes"]] == ids[5:15]
        assert sum(int(row.about["ids"]) for row in house.rows("moneybird")) == 20


async def test_mandates_are_asked_where_there_are_some():
    """Of fifty contacts exactly ten hold a mandate: ten calls, and none once more within the age limit."""
    document = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Contact {
      mandate { hasPayments sepa { reference } payments { kind iban } } } } }"""
    async with opened(200) as house:
        rows = list(house.book("moneybird").contacts(archived=True))
        having = [row["id"] for row in rows if row["moneybird_payments_mandate"]][:10]
        lacking = [row["id"] for row in rows if not row["moneybird_payments_mandate"]][:40]
        ids = [contact_id("moneybird", key) for key in having + lacking]

        data = await house.data(document, ids=ids)
        calls = [row.about["call"] for row in house.rows("moneybird")]
        given = [bool(node["mandate"] and node["mandate"]["payments"]) for node in data["nodes"]]
        assert given == [True] * 10 + [False] * 40
        assert calls.count("contacts/moneybird_payments_mandate") == 10
        assert house.calls() == {"moneybird": 11, "acumulus": 0}

        assert await house.data(document, ids=ids) == data
        assert house.calls() == NOTHING

        house.clock.move(301)
        await house.data(document, ids=ids)
        assert house.calls() == {"moneybird": 11, "acumulus": 0}


async def test_charges_cost_a_call_a_contact():
    """Charges are asked once a contact and kind of question, and kept."""
    document = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Contact {
      charges { price } again: charges { description } } } }"""
    async with opened(60) as house:
        ids = house.ids("moneybird")[:20] + house.ids("acumulus")[:5]
        first = await house.data(document, ids=ids)
        assert house.calls() == {"moneybird": 21, "acumulus": 5}
        assert await house.data(document, ids=ids) == first
        assert house.calls() == NOTHING


LOOK_UPS = [
    pytest.param("contact", "moneybird", 1, id="id-moneybird"),
    pytest.param("contact", "acumulus", 1, id="id-acumulus"),
    pytest.param("number", "moneybird", 1, id="number-moneybird"),
    pytest.param("number", "acumulus", 2, id="number-acumulus"),
    pytest.param("remote", "moneybird", 1, id="remote-moneybird"),
    pytest.param("remote", "acumulus", 1, id="remote-acumulus"),
    pytest.param("list", "moneybird", 2, id="list-moneybird"),
    pytest.param("list", "acumulus", 1, id="list-acumulus"),
]


@pytest.mark.parametrize(("way", "name", "cost"), LOOK_UPS)
async def test_fifty_at_once_cost_what_one_costs(way: str, name: str, cost: int):
    """Fifty identical requests that arrive together at a cold gateway cost the calls of one."""
    async with opened(40) as house:
        key = house.keys(name, archived=False)[0]
        asked = {
            "contact": (CONTACT, {"id": contact_id(name, key)}),
            "number": (number_query("displayName about"), {"it": customer_number(house, name), "in": name}),
            "remote": (BY_REMOTE_ID, {"it": key, "in": name}),
            "list": (page("displayName", f'first: 5, administrations: ["{name}"]'), {}),
        }
        document, variables = asked[way]

        answers = await asyncio.gather(*(house.ask(document, **variables) for _ in range(50)))

        assert answers[0]["errors"] == []
        assert next(iter(answers[0]["data"].values()))
        assert all(answer == answers[0] for answer in answers)
        assert house.calls() == {**NOTHING, name: cost}


async def test_large_books_are_listed_in_few_calls():
    """10,000 contacts of Moneybird cost 101 calls, 2,000 of Acumulus one; further pages none."""
    async with opened({"moneybird": 10_000, "acumulus": 2_000}, timeout=60) as house:
        expected = sum(len(house.keys(name, archived=False)) for name in house.emulators)
        data = await house.data(page("displayName source { system }"))
        assert data["contacts"]["totalCount"] == expected
        assert house.calls() == {"moneybird": 101, "acumulus": 1}

        await house.data(page(LISTED, "last: 250"))
        assert house.calls() == NOTHING

        house.clock.move(301)
        await house.data(page("displayName"))
        assert house.calls() == {"moneybird": 1, "acumulus": 1}


@pytest.mark.parametrize(
    ("name", "which", "selection", "cost"),
    [
        pytest.param("moneybird", "active", "displayName", 1, id="moneybird-active"),
        pytest.param("moneybird", "active", WHOLE, 1, id="moneybird-active-whole"),
        pytest.param("moneybird", "archived", "displayName", 2, id="moneybird-archived"),
        pytest.param("moneybird", "nobody", "displayName", 2, id="moneybird-nobody"),
        pytest.param("acumulus", "active", "displayName", 1, id="acumulus-active"),
        pytest.param("acumulus", "archived", "displayName", 1, id="acumulus-archived"),
        pytest.param("acumulus", "nobody", "displayName", 1, id="acumulus-nobody"),
        pytest.param("acumulus", "active", "displayName about", 2, id="acumulus-active-details"),
    ],
)
async def test_a_customer_number_asked_cold(name: str, which: str, selection: str, cost: int):
    """What the first look-up of a number costs, by who holds it."""
    async with opened(200) as house:
        number = "no such number"
        if which != "nobody":
            number = customer_number(house, name, archived=which == "archived")

        answer = await house.ask(number_query(selection), it=number, **{"in": name})

        found = answer["data"]["contactByCustomerNumber"]
        codes = [error["extensions"]["code"] for error in answer["errors"]]
        assert (found is None, codes) == ((True, ["NOT_FOUND"]) if which == "nobody" else (False, []))
        assert house.calls() == {**NOTHING, name: cost}


async def test_a_page_of_details_costs_a_call_each():
    """Fifty Acumulus contacts in full cost fifty detail calls on top of the list, and none again."""
    document = page(WHOLE, 'first: 50, administrations: ["acumulus"]')
    async with opened(80) as house:
        data = await house.data(document)
        nodes = data["contacts"]["nodes"]
        details = [row for row in house.rows("acumulus") if row.path.endswith("contact_get.php")]
        assert len(details) == len(nodes) == 50
        assert all(node["freshness"]["complete"] for node in nodes)
        assert house.calls() == {"moneybird": 0, "acumulus": 51}

        assert await house.data(document) == data
        assert house.calls() == NOTHING


async def test_what_rows_tell_costs_no_details():
    """A selection that the list's rows cover asks for no contact on its own."""
    async with opened(80) as house:
        data = await house.data(page(LISTED, "first: 100"))
        assert {node["source"]["system"] for node in data["contacts"]["nodes"]} == {"MONEYBIRD", "ACUMULUS"}
        assert house.calls() == {"moneybird": 2, "acumulus": 1}


async def test_what_a_record_holds_costs_nothing_more():
    """Persons, notes, custom fields and events come with their contact."""
    async with opened(80) as house:
        await house.data(page("displayName"))
        house.calls()

        arguments = 'first: 80, administrations: ["moneybird"]'
        nodes = (await house.data(page(EMBEDDED, arguments)))["contacts"]["nodes"]

        assert all(any(node[name] for node in nodes) for name in ("persons", "notes", "customFields"))
        assert all(node["events"]["totalCount"] for node in nodes)
        assert house.calls() == NOTHING


async def test_max_age_is_obeyed():
    """0 asks the system now; an age that is not reached asks nobody; one that is asks again."""
    document = "query($id: ID!, $age: Int) { contact(id: $id, maxAge: $age) { displayName } }"
    async with opened(20) as house:
        identity = house.ids("moneybird")[0]
        costs = []
        for passed, age in ((0, None), (0, None), (0, 0), (20, 30), (20, 30), (0, 30)):
            house.clock.move(passed)
            await house.data(document, id=identity, age=age)
            costs.append(house.calls()["moneybird"])
        assert costs == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_every_contact_is_reached_once(forward: bool):
    """Paging over two books of 300 shows every active contact once, and the archived ones come by id."""
    arguments = "first: 100, after: $cursor" if forward else "last: 100, before: $cursor"
    document = f"""query($cursor: String) {{ contacts({arguments}) {{ totalCount nodes {{ id displayName }}
      pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    more, ending = ("hasNextPage", "endCursor") if forward else ("hasPreviousPage", "startCursor")
    async with opened(300) as house:
        seen: list[str] = []
        cursor, goes_on = None, True
        while goes_on:
            shown = (await house.data(document, cursor=cursor))["contacts"]
            rows = [node["id"] for node in shown["nodes"]]
            seen = seen + rows if forward else rows + seen
            goes_on, cursor = shown["pageInfo"][more], shown["pageInfo"][ending]
        active = [each for name in house.emulators for each in house.ids(name, archived=False)]
        archived = [each for name in house.emulators for each in house.ids(name, archived=True)]

        assert len(seen) == len(set(seen)) == shown["totalCount"]
        assert set(seen) == set(active)
        assert min(len(house.keys(name, archived=False)) for name in house.emulators) > 250
        assert [node["id"] for node in (await house.data(NAMES, ids=archived))["nodes"]] == archived
