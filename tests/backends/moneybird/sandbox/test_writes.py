"""Creating, changing, deleting and archiving contacts over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

OPENING = datetime(2026, 8, 21, 13, 48, 42, 191_000, tzinfo=UTC)
ACCOUNT = "NL91ABNA0417164300"


class Hand:
    """A clock somebody else moves."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


async def create(client, **attributes):
    answer = await client.post("/contacts.json", json={"contact": attributes})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def update(client, row, **attributes):
    answer = await client.patch(f"/contacts/{row['id']}.json", json={"contact": attributes})
    assert answer.status_code == 200, answer.text
    return answer.json()


def comparable(row):
    """Leave out what no two administrations have alike, and when an event was."""
    apart = {"id", "administration_id", "customer_id", "sales_invoices_url", "events"}
    events = [(event["action"], event["data"]) for event in row["events"]]
    return {key: value for key, value in row.items() if key not in apart} | {"events": events}


@pytest.mark.parametrize(
    ("name", "at", "attributes"),
    [
        pytest.param("contact_created", OPENING, {"company_name": "Test B.V."}, id="company"),
        pytest.param(
            "contact_created_sepa",
            datetime(2017, 6, 30, 23, 30, 0, 13_000, tzinfo=UTC),
            {
                "company_name": "Test B.V.",
                "sepa_active": True,
                "sepa_iban": ACCOUNT,
                "sepa_iban_account_name": "Foo Bar",
                "sepa_mandate_date": "2017-6-30",
                "sepa_mandate_id": "NL123214",
            },
            id="sepa",
        ),
    ],
)
async def test_a_contact_is_created_as_documented(opened, documented, name, at, attributes):
    """The documented requests bring the documented contacts, times and version included."""
    async with opened(contacts=3, clock=lambda: at) as client:
        row = await create(client, **attributes)
        assert comparable(row) == comparable(documented(name))
        assert (await client.get(f"/contacts/{row['id']}.json")).json() == row


async def test_a_new_contact_is_everywhere(client):
    """A new contact is listed last, found by number, by search and by version."""
    row = await create(client, company_name="Nieuwkomer", customer_id="N/1")
    everyone = (await client.get("/contacts/synchronization.json")).json()
    assert everyone[-1] == {"id": row["id"], "version": row["version"]}
    assert (await client.get("/contacts/customer_id/N%2F1.json")).json() == row
    assert (await client.get("/contacts.json?query=nieuwkomer")).json() == [row]


async def test_new_ids_ascend_and_are_unique(client):
    """Contacts and persons get ids above all that were given before."""
    rows = [
        await create(client, lastname="Een", contact_person={"firstname": "A", "lastname": "B"})
        for _ in range(3)
    ]
    ids = [key for row in rows for key in (row["id"], row["contact_people"][0]["id"])]
    assert ids == sorted(set(ids))
    assert ids[0] > (await client.get("/contacts/synchronization.json")).json()[-4]["id"]


@pytest.mark.parametrize(
    "empty", [{}, {"customer_id": ""}, {"customer_id": None}], ids=["absent", "", "null"]
)
async def test_an_empty_customer_id_is_assigned(opened, empty):
    """Without a customer id the next free number is given, and the one after that to the next."""
    async with opened(contacts=0) as client:
        await create(client, company_name="Een", customer_id="0041")
        numbers = [(await create(client, company_name="Twee", **empty))["customer_id"] for _ in range(2)]
    assert numbers == ["42", "43"]


async def test_a_customer_id_of_any_length(opened):
    """A number too long to count with is kept, and the count goes on without it."""
    async with opened(contacts=0) as client:
        long = await create(client, company_name="Een", customer_id="9" * 5000)
        short = await create(client, company_name="Twee")
    assert (long["customer_id"], short["customer_id"]) == ("9" * 5000, "1")


async def test_a_new_contact_has_one_time(opened):
    """Made and changed at the same moment, however the clock ticks on meanwhile."""
    moments = (OPENING + timedelta(seconds=second) for second in range(1000))
    async with opened(contacts=0, clock=lambda: next(moments)) as client:
        row = await create(client, company_name="Een")
    assert row["created_at"] == row["updated_at"] == row["events"][0]["created_at"]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        pytest.param({}, "error_422_contact", id="nothing"),
        pytest.param({"company_name": " ", "lastname": ""}, "error_422_contact", id="blanks"),
    ],
)
async def test_a_contact_needs_a_name(client, documented, attributes, name):
    """Without any of three names the documented 422 is answered."""
    answer = await client.post("/contacts.json", json={"contact": attributes})
    assert (answer.status_code, answer.json()) == (422, documented(name))


@pytest.mark.parametrize("key", ["company_name", "firstname", "lastname"])
async def test_one_name_suffices(client, key):
    """Each of the three names is enough by itself."""
    assert (await create(client, **{key: "Enkel"}))[key] == "Enkel"


@pytest.mark.parametrize("body", [{}, {"contact": None}, {"contact": "x"}, {"name": "x"}], ids=str)
async def test_the_wrapper_is_required(client, documented, some, body):
    """Without an object under `contact` the documented 400 is answered, for an update too."""
    created = await client.post("/contacts.json", json=body)
    updated = await client.patch(f"/contacts/{some()['id']}.json", json=body)
    for answer in (created, updated):
        assert (answer.status_code, answer.json()) == (400, documented("error_400_contact_required"))


@pytest.mark.parametrize("value", [True, False], ids=["true", "false"])
async def test_nobody_is_trusted_by_api(client, documented, some, value):
    """Sending is_trusted is refused in the documented words and changes nothing."""
    row = some()
    body = {"contact": {"is_trusted": value, "city": "Elders", "lastname": "Een"}}
    for answer in (
        await client.post("/contacts.json", json=body),
        await client.patch(f"/contacts/{row['id']}.json", json=body),
    ):
        assert (answer.status_code, answer.json()) == (400, documented("error_400_trusted"))
    assert (await client.get(f"/contacts/{row['id']}.json")).json() == row


async def test_a_person_comes_with_the_contact(client, documented):
    """`contact_person` makes one person; without both names it is refused."""
    row = await create(client, company_name="Een", contact_person={"firstname": "John", "lastname": "Doe"})
    (person,) = row["contact_people"]
    assert (person["firstname"], person["lastname"], person["contact_id"]) == ("John", "Doe", row["id"])
    answer = await client.post(
        "/contacts.json", json={"contact": {"company_name": "x", "contact_person": {}}}
    )
    assert (answer.status_code, answer.json()) == (422, documented("error_422_contact_person"))


async def test_an_update_changes_what_is_sent(opened):
    """What is absent stays; time, version and event tell the change."""
    clock = Hand(OPENING)
    async with opened(contacts=1, clock=clock) as client:
        before = await create(client, company_name="Oud", city="Daar")
        clock.at += timedelta(seconds=1.5)
        after = await update(client, before, company_name="Nieuw", city="Daar")
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"company_name", "updated_at", "version", "events"}
    assert after["updated_at"] == "2026-08-21T13:48:43.691Z"
    assert after["version"] == before["version"] + 1 == int(clock.at.timestamp())
    event = after["events"][-1]
    assert event["action"] == "contact_changed"
    assert event["data"] == {"changes": {"company_name": ["Oud", "Nieuw"]}}
    assert (event["created_at"], event["updated_at"]) == (after["updated_at"],) * 2


async def test_an_update_without_a_change_leaves_the_version(opened):
    """The same values again, or none, move nothing and are no event."""
    clock = Hand(OPENING)
    async with opened(contacts=1, clock=clock) as client:
        before = await create(client, company_name="Oud", phone="")
        clock.at += timedelta(hours=1)
        assert await update(client, before, company_name="Oud", phone=None) == before
        assert await update(client, before) == before


async def test_an_update_of_two_fields_tells_both(opened, documented):
    """The event of the documented example: both names with their old and new value."""
    async with opened(contacts=1) as client:
        before = await create(client, company_name="Moneybird B.V.")
        after = await update(client, before, firstname="Money", lastname="Bird")
    told = documented("contact_updated_names")["events"][0]["data"]["changes"]
    assert after["events"][-1]["data"]["changes"] == {key: ["", new] for key, (_, new) in told.items()}
    assert [(each["firstname"], each["lastname"]) for each in after["contact_people"]] == [("Money", "Bird")]


async def test_the_peppol_type_is_not_told(opened, documented):
    """As in the documented example, the event names the identifier and not its type."""
    async with opened(contacts=1) as client:
        before = await create(client, company_name="Foobar Holding B.V.")
        after = await update(client, before, si_identifier="1234567", si_identifier_type="NL:KVK")
    assert after["si_identifier_type"] == "NL:KVK"
    assert after["events"][-1]["data"] == documented("contact_updated_si_identifier")["events"][-1]["data"]


async def test_a_name_beside_a_company_becomes_a_person(opened, documented):
    """As in the documented example: a person (null, Appleseed) is added beside John, and only once."""
    async with opened(contacts=1) as client:
        before = await create(client, company_name="Foobar Holding B.V.")
        path = f"/contacts/{before['id']}/contact_people.json"
        await client.post(path, json={"contact_person": {"firstname": "John", "lastname": "Appleseed"}})
        after = await update(client, before, lastname="Appleseed")
        again = await update(client, before, company_name="Test B.V.")
    expected = [
        (person["firstname"], person["lastname"])
        for person in documented("contact_updated")["contact_people"]
    ]
    assert [(person["firstname"], person["lastname"]) for person in after["contact_people"]] == expected
    assert again["contact_people"] == after["contact_people"]


@pytest.mark.parametrize(
    "attributes", [{"lastname": "Een"}, {"company_name": "Een"}], ids=["person", "company"]
)
async def test_one_kind_of_name_makes_no_person(opened, attributes):
    """A private person, or a company without names, gets no contact person by itself."""
    async with opened(contacts=0) as client:
        assert (await create(client, **attributes))["contact_people"] == []


async def test_an_automatic_person_at_create(opened):
    """A company that is created with a name has a person of that name; one made along counts."""
    names = {"company_name": "Een", "firstname": "Money", "lastname": "Bird"}
    async with opened(contacts=0) as client:
        alone = await create(client, **names)
        along = await create(client, **names, contact_person={"firstname": "Money", "lastname": "Bird"})
    assert [len(row["contact_people"]) for row in (alone, along)] == [1, 1]


async def test_an_empty_text_clears(opened):
    """Texts become empty; what cannot be empty gets what a new contact has, and a number is assigned."""
    async with opened(contacts=0) as client:
        before = await create(
            client, company_name="Een", phone="1", country="DE", delivery_method="Post", customer_id="A7",
            si_identifier="1", si_identifier_type="0106", sepa_sequence_type="FNAL", email_ubl=True,
        )  # fmt: skip
        after = await update(
            client, before, phone="", country="", delivery_method="", customer_id="", si_identifier="",
            si_identifier_type="", sepa_sequence_type="", email_ubl="",
        )  # fmt: skip
    expected = {
        "phone": "", "country": "NL", "delivery_method": None, "customer_id": "1", "si_identifier": "",
        "si_identifier_type": None, "sepa_sequence_type": "RCUR", "email_ubl": False,
    }  # fmt: skip
    assert {key: after[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("nulls", "phone", "flag", "workflow"),
    [
        pytest.param("clear", None, False, None, id="clear"),
        pytest.param("kept", "1", True, "432900000000000201", id="kept"),
    ],
)
async def test_nulls(opened, nulls, phone, flag, workflow):
    """A null empties a field of any kind, or with the setting is not heard at all."""
    async with opened(contacts=0, nulls=nulls) as client:
        before = await create(
            client, company_name="Een", phone="1", direct_debit=True, invoice_workflow_id=432900000000000201
        )
        after = await update(client, before, phone=None, direct_debit=None, invoice_workflow_id=None)
    assert (after["phone"], after["direct_debit"], after["invoice_workflow_id"]) == (phone, flag, workflow)


async def test_the_invoice_recipient_is_shown_as_recipient(opened):
    """The keys email and attention cannot be sent, and follow send_invoices_to_*."""
    async with opened(contacts=0) as client:
        row = await create(client, company_name="Een", email="x@example.com", attention="x")
        assert (row["email"], row["attention"]) == ("", "")
        row = await update(
            client,
            row,
            send_invoices_to_email="a@example.com, b@example.com",
            send_invoices_to_attention="Ans",
        )
    assert (row["email"], row["attention"]) == ("a@example.com, b@example.com", "Ans")


async def test_a_new_tax_number_is_unvalidated(client, some):
    """A changed tax number loses what was found out about the old one."""
    row = some(lambda row: row["tax_number_valid"] is not None)
    after = await update(client, row, tax_number="NL000000000B00")
    assert (after["tax_number_valid"], after["tax_number_validated_at"]) == (None, None)


async def test_the_sepa_account_shows_as_bank_account(opened):
    """An account is shown in place of none; one that was given stays, and clearing SEPA ends the show."""
    sepa = {
        "sepa_active": "true", "sepa_iban": "NL91 ABNA 0417 1643 00", "sepa_iban_account_name": "Een",
        "sepa_mandate_id": "M1", "sepa_mandate_date": "2020-01-01",
    }  # fmt: skip
    async with opened(contacts=0) as client:
        row = await create(client, company_name="Een", **sepa)
        assert (row["bank_account"], row["sepa_bic"], row["sepa_active"]) == (ACCOUNT, "ABNANL2A", True)
        row = await update(client, row, sepa_active=False)
        assert row["bank_account"] == ""
        row = await update(client, row, bank_account="123", sepa_active=True)
        assert row["bank_account"] == "123"


async def test_a_new_sepa_account_brings_its_bic(opened):
    """An account changed without a BIC gets its own; one sent along is kept."""
    sepa = {
        "sepa_active": True, "sepa_iban": ACCOUNT, "sepa_iban_account_name": "Een", "sepa_mandate_id": "M1",
        "sepa_mandate_date": "2020-01-01",
    }  # fmt: skip
    async with opened(contacts=0) as client:
        row = await create(client, company_name="Een", **sepa)
        row = await update(client, row, sepa_iban="NL20INGB0001234567")
        assert row["sepa_bic"] == "INGBNL2A"
        row = await update(client, row, sepa_iban=ACCOUNT, sepa_bic="ABNANL2AXXX")
        assert row["sepa_bic"] == "ABNANL2AXXX"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("PATCH", "/contacts/1.json", id="update"),
        pytest.param("DELETE", "/contacts/1.json", id="delete"),
        pytest.param("PATCH", "/contacts/1/archive.json", id="archive"),
        pytest.param("POST", "/contacts/1/additional_charges.json", id="charge"),
        pytest.param("DELETE", "/contacts/1/contact_people/2.json", id="person"),
    ],
)
async def test_an_unknown_contact_is_not_found(client, documented, method, path):
    """These writes answer the documented 404 for an id nobody has."""
    answer = await client.request(method, path, json={"contact": {"city": "x"}})
    assert (answer.status_code, answer.json()) == (404, documented("error_404_contact"))


async def test_a_contact_not_in_use_is_deleted(client, sandbox, some, stored):
    """It is gone with all that hung on it, archived or not; a second time it is not found."""
    for archived in (False, True):
        row = some(lambda row: not sandbox.book.in_use(row["id"]), archived=archived)
        answer = await client.delete(f"/contacts/{row['id']}.json")
        assert (answer.status_code, answer.content) == (204, b"")
        found = await client.get(f"/contacts/{row['id']}.json?include_archived=true")
        assert found.status_code == 404
        assert (await client.delete(f"/contacts/{row['id']}.json")).status_code == 404
        assert row["id"] not in str(await stored(client))


async def test_a_contact_in_use_is_archived_instead(client, documented, sandbox, some):
    """The answer is the same 204; another delete is the 400 that was seen in production."""
    row = some(lambda row: sandbox.book.in_use(row["id"]))
    path = f"/contacts/{row['id']}.json"
    assert (await client.delete(path)).status_code == 204
    after = (await client.get(f"{path}?include_archived=true")).json()
    assert (after["archived"], after["events"][-1]["action"]) == (True, "contact_archived")
    assert after["version"] > row["version"]
    assert (await client.get(path)).status_code == 404
    again = await client.delete(path)
    assert (again.status_code, again.json()) == (400, documented("error_400_archived"))


async def test_archiving_is_done_once(client, documented, some):
    """An archived contact vanishes from the lists; a second time is the documented 400."""
    path = f"/contacts/{some()['id']}/archive.json"
    answer = await client.patch(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert some()["id"] not in (await client.get("/contacts/synchronization.json")).text
    again = await client.patch(path)
    assert (again.status_code, again.json()) == (400, documented("error_400_archived"))


async def test_an_archived_contact_can_be_changed(client, some):
    """An update reaches an archived contact, which stays archived."""
    after = await update(client, some(archived=True), city="Elders")
    assert (after["city"], after["archived"]) == ("Elders", True)


async def test_a_seeded_contact_takes_every_kind_of_change(client, sandbox):
    """No seeded contact refuses an update of its town, and none with SEPA one of its sequence type."""
    for row in sandbox.book.contacts(archived=True):
        assert (await update(client, row, city="Elders"))["city"] == "Elders"
        if row["sepa_active"]:
            assert (await update(client, row, sepa_sequence_type="OOFF"))["sepa_bic"]
