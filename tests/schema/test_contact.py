"""A contact as the client sees it: what is known, what is not, and what failed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.auth import Scope, Viewer
from gateway.domain.charge import Charge
from gateway.domain.contact import Phone, PhoneKind, PostalAddress
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer
from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind, SepaMandate
from gateway.domain.note import Note
from gateway.domain.person import Person
from tests.fakes import THIN, FakeCharges, FakeContacts, FakeMandates, backend, contact, world

READER = Viewer("reader", frozenset({Scope.READ}))
AWAY = BackendUnavailable("away", system="acumulus", administration="web")
PARTS = (
    "{ contacts { nodes { displayName persons { fullName } notes { text } mandate { sepa { active } } } } }"
)
CHARGES = "{ contacts { nodes { charges { remoteId price } } } }"
PAYMENTS = "{ contacts { nodes { mandate { hasPayments payments { kind } sepa { active } } } } }"


def rows(answer) -> list:
    return answer.data["contacts"]["nodes"]


def thin_book(*names: str) -> FakeContacts:
    return FakeContacts([contact(name, name, "web") for name in names], listed=THIN)


def web(contacts: FakeContacts):
    return backend(contacts, slug="web", system="acumulus")


async def test_parts_that_failed():
    """Persons, notes and mandate that failed are null, with one error for each at the path of the first."""
    contacts = thin_book("A", "B", "C")
    contacts.switch.failing["get_many"] = AWAY
    async with world(web(contacts)) as opened:
        answer = await opened.ask(PARTS)
    assert [row["displayName"] for row in rows(answer)] == ["A", "B", "C"]
    assert [row["persons"] for row in rows(answer)] == [None] * 3
    paths = [["contacts", "nodes", 0, name] for name in ("persons", "notes", "mandate")]
    assert sorted(answer.paths) == sorted(paths)
    assert set(answer.codes) == {"SYSTEM_UNAVAILABLE"}
    assert {each["extensions"]["administration"] for each in answer.errors} == {"web"}


async def test_one_error_for_each_administration():
    """Two failing administrations are two errors for a field, each at its own first row."""
    slugs = ("one", "two")
    books = [
        FakeContacts([contact(f"{slug}{n}", slug=slug) for n in range(3)], listed=THIN) for slug in slugs
    ]
    for book in books:
        book.switch.failing["get_many"] = AWAY
    backends = [backend(book, slug=slug) for book, slug in zip(books, slugs, strict=True)]
    async with world(*backends) as opened:
        answer = await opened.ask("{ contacts { nodes { persons { id } } } }")
    assert answer.paths == [["contacts", "nodes", 0, "persons"], ["contacts", "nodes", 3, "persons"]]


async def test_one_that_failed_leaves_the_others():
    """Where one contact's details fail the others' parts are shown."""
    contacts = thin_book("A", "B", "C")
    contacts.failures["B"] = BadUpstreamAnswer("unreadable", administration="web")
    async with world(web(contacts)) as opened:
        answer = await opened.ask("{ contacts { nodes { persons { id } } } }")
    assert [row["persons"] for row in rows(answer)] == [[], None, []]
    assert answer.paths == [["contacts", "nodes", 1, "persons"]]


async def test_unknown_is_not_empty():
    """While details are not known scalars are null and groups stand with nulls, without an error."""
    contacts = thin_book("A")
    contacts.switch.failing["get_many"] = AWAY
    document = """{ contacts { nodes {
      displayName emails roles customFields { name } firstName about website phones { number }
      vatNumber { value }
      invoicing { deliveryMethod attachUbl } estimates { workflowId } booking { costHeadingId }
      source { version url } freshness { complete stale } } sources { state problem { code } } } }"""
    async with world(web(contacts)) as opened:
        answer = await opened.ask(document)
    assert answer.errors == []
    assert rows(answer)[0] == {
        "displayName": "A",
        "emails": [],
        "roles": [],
        "customFields": [],
        "firstName": None,
        "about": None,
        "website": None,
        "phones": None,
        "vatNumber": None,
        "invoicing": {"deliveryMethod": None, "attachUbl": None},
        "estimates": {"workflowId": None},
        "booking": {"costHeadingId": None},
        "source": {"version": None, "url": None},
        "freshness": {"complete": False, "stale": False},
    }
    assert answer.data["contacts"]["sources"] == [
        {"state": "PARTIAL", "problem": {"code": "SYSTEM_UNAVAILABLE"}}
    ]


@pytest.mark.parametrize("names", [("A",), ("A", "B", "C")], ids=["one", "several"])
async def test_raw_needs_its_scope(names):
    """Without its scope the record is null and one FORBIDDEN an operation; the rest is answered."""
    contacts = FakeContacts([contact(name, name, raw=b'{"id": 1}') for name in names])
    document = "{ contacts { nodes { displayName source { raw } } } }"
    async with world(backend(contacts)) as opened:
        seen = await opened.ask(document)
        hidden = await opened.ask(document, viewer=READER)
    assert [row["source"]["raw"] for row in rows(seen)] == [{"id": 1}] * len(names)
    assert [row["source"]["raw"] for row in rows(hidden)] == [None] * len(names)
    assert [row["displayName"] for row in rows(hidden)] == list(names)
    assert (hidden.codes, hidden.paths) == (["FORBIDDEN"], [["contacts", "nodes", 0, "source", "raw"]])


async def test_charges():
    """Charges are a list for each contact, with exact prices; billed ones come when asked for."""
    charges = FakeCharges(
        {"1": (Charge("c1", Decimal("5.50"), billed=False), Charge("c2", Decimal(7), billed=True))}
    )
    async with world(backend([contact("1"), contact("2")], charges=charges)) as opened:
        answer = await opened.ask(CHARGES)
        billed = await opened.ask(
            "{ contacts(first: 1) { nodes { charges(includeBilled: true) { remoteId } } } }"
        )
    assert [row["charges"] for row in rows(answer)] == [[{"remoteId": "c1", "price": "5.50"}], []]
    assert rows(billed) == [{"charges": [{"remoteId": "c1"}, {"remoteId": "c2"}]}]


async def test_charges_where_there_are_none():
    """A system without charges answers an empty list without an error."""
    async with world(backend([contact("1")])) as opened:
        answer = await opened.ask(CHARGES)
    assert (rows(answer), answer.errors) == ([{"charges": []}], [])


async def test_charges_that_failed():
    """Charges that failed are null, with one error for the administration."""
    charges = FakeCharges()
    charges.switch.failing["of_contact"] = BackendUnavailable("away")
    async with world(backend([contact("1"), contact("2")], charges=charges)) as opened:
        answer = await opened.ask(CHARGES)
    assert rows(answer) == [{"charges": None}] * 2
    assert answer.paths == [["contacts", "nodes", 0, "charges"]]


@pytest.mark.parametrize(
    ("values", "shown", "calls"),
    [
        pytest.param({"has_payments_mandate": False}, None, 0, id="none"),
        pytest.param({}, None, 0, id="none-as-far-as-is-told"),
        pytest.param(
            {"has_payments_mandate": False, "sepa_mandate": SepaMandate(active=True)},
            {"hasPayments": False, "payments": None, "sepa": {"active": True}},
            0,
            id="sepa",
        ),
        pytest.param(
            {"has_payments_mandate": True},
            {"hasPayments": True, "payments": {"kind": "CARD"}, "sepa": None},
            1,
            id="payments",
        ),
    ],
)
async def test_mandate(values, shown, calls):
    """A mandate is null where there is none of either kind; the provider is asked only where it has one."""
    mandates = FakeMandates({"1": PaymentsMandate(PaymentsMandateKind.CARD)})
    async with world(backend([contact("1", **values)], mandates=mandates)) as opened:
        answer = await opened.ask(PAYMENTS)
    assert (rows(answer), answer.errors) == ([{"mandate": shown}], [])
    assert len(mandates.switch.calls) == calls


async def test_the_provider_is_asked_only_when_asked_for():
    """Whether a mandate is held costs no call."""
    mandates = FakeMandates()
    held = contact("1", has_payments_mandate=True)
    async with world(backend([held], mandates=mandates)) as opened:
        answer = await opened.ask("{ contacts { nodes { mandate { hasPayments } } } }")
    assert (rows(answer), mandates.switch.calls) == ([{"mandate": {"hasPayments": True}}], [])


async def test_a_provider_that_failed():
    """A provider that failed leaves the rest of the mandate and one error."""
    mandates = FakeMandates()
    mandates.switch.failing["of_contact"] = BackendUnavailable("away")
    held = [contact(key, has_payments_mandate=True) for key in "12"]
    async with world(backend(held, mandates=mandates)) as opened:
        answer = await opened.ask(PAYMENTS)
    shown = {"hasPayments": True, "payments": None, "sepa": None}
    assert (rows(answer), answer.codes) == ([{"mandate": shown}] * 2, ["SYSTEM_UNAVAILABLE"])


async def test_parts_know_their_contact():
    """A person and a note lead back to their contact, fetched by id or below it."""
    whole = contact("1", "Ann", persons=(Person("p", "Jan"),), notes=(Note("n", "Words"),))
    document = (
        "{ contacts { nodes { persons { id contact { displayName } } notes { contact { displayName } } } } }"
    )
    async with world(backend([whole])) as opened:
        answer = await opened.ask(document)
        person = rows(answer)[0]["persons"][0]
        again = await opened.ask(
            "query($id: ID!) { node(id: $id) { ... on ContactPerson { id contact { displayName } } } }",
            id=person["id"],
        )
    assert rows(answer)[0]["notes"] == [{"contact": {"displayName": "Ann"}}]
    assert again.data["node"] == person == {"id": person["id"], "contact": {"displayName": "Ann"}}


async def test_values_are_completed():
    """Numbers and addresses are shown as stored, and beside it as everybody writes them."""
    address = PostalAddress(line1="Dam 1", postal_code="1012 JS", city="Amsterdam", country_code="NL")
    whole = contact(
        "1", address=address, phones=(Phone("020 1234567", PhoneKind.MAIN), Phone("x", PhoneKind.FAX))
    )
    document = """{ contacts { nodes {
      phones { number normalized kind } address { formatted country { code name } } } } }"""
    async with world(backend([whole])) as opened:
        row = rows(await opened.ask(document))[0]
    assert row["phones"] == [
        {"number": "020 1234567", "normalized": "+31201234567", "kind": "MAIN"},
        {"number": "x", "normalized": None, "kind": "FAX"},
    ]
    assert row["address"] == {
        "formatted": "Dam 1\n1012 JS Amsterdam\nNetherlands",
        "country": {"code": "NL", "name": "Netherlands"},
    }


async def test_freshness():
    """The age is in whole seconds; a row that stands in says why."""
    contacts = FakeContacts([contact("1")])
    document = "{ contacts { nodes { freshness { ageSeconds stale staleBecause { code } complete } } } }"
    async with world(backend(contacts)) as opened:
        await opened.ask(document)
        opened.clock.move(400.9)
        contacts.switch.failing["scan"] = AWAY
        row = rows(await opened.ask(document))[0]
    assert row["freshness"] == {
        "ageSeconds": 400,
        "stale": True,
        "staleBecause": {"code": "SYSTEM_UNAVAILABLE"},
        "complete": True,
    }


async def test_an_unforeseen_error_is_masked(capsys):
    """What nobody foresaw is null with a masked error; nothing of it reaches the client."""
    broken = replace(contact("1"), raw=b"no JSON of Jan")
    async with world(backend([broken])) as opened:
        answer = await opened.ask("{ contacts { nodes { displayName source { raw } } } }")
    assert rows(answer) == [{"displayName": "Contact 1", "source": {"raw": None}}]
    assert answer.codes == ["INTERNAL"]
    assert "JSON" not in answer.errors[0]["message"]
    assert "Jan" not in str(answer.errors)


async def test_a_broken_port_is_told_once():
    """What a port was not meant to raise makes one entry for all contacts of its administration."""
    charges = FakeCharges()
    charges.switch.failing["of_contact"] = KeyError("NL91ABNA0417164300")
    async with world(backend([contact("1"), contact("2"), contact("3")], charges=charges)) as opened:
        answer = await opened.ask("{ contacts { nodes { displayName charges { price } } } }")
    assert [row["charges"] for row in rows(answer)] == [None] * 3
    assert answer.codes == ["INTERNAL"]
    assert answer.errors[0]["extensions"]["administration"] == "shop"
    assert "NL91" not in str(answer.errors)
