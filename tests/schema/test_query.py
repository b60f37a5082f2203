"""The ways into the graph."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.auth import Scope, Viewer
from gateway.domain.charge import Charge
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import BackendUnavailable, CredentialsRejected, RateLimited
from gateway.domain.identity import GlobalId, contact_id
from gateway.domain.note import Note
from gateway.domain.person import Person
from tests.fakes import NOW, THIN, FakeCharges, FakeContacts, backend, contact, load_all, world

SHOPKEEPER = Viewer("shopkeeper", frozenset({Scope.READ}), frozenset({"shop"}))
ONE = "query($id: ID!, $age: Int) { contact(id: $id, maxAge: $age) { id displayName freshness { stale } } }"
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
BY_NUMBER = (
    "query($number: String!, $in: ID!) "
    "{ contactByCustomerNumber(customerNumber: $number, administration: $in) { displayName } }"
)
BY_REMOTE = (
    "query($id: ID!, $in: ID!) { contactByRemoteId(remoteId: $id, administration: $in) { displayName } }"
)


def the(type_name: str, *parts: str) -> str:
    return str(GlobalId(type_name, parts))


class Setting:
    """A shop with everything, and a web shop with a thin list."""

    def __init__(self, opened, shop: FakeContacts, web: FakeContacts) -> None:
        self.ask = opened.ask
        self.clock = opened.clock
        self.directory = opened.gateway.directory
        self.shop = shop
        self.web = web


@pytest.fixture
async def at():
    persons, notes = (Person("p1", "Jan"),), (Note("n1", "Words"),)
    full = contact("1", "Ann", customer_number="K-1", persons=persons, notes=notes)
    archived = contact("2", "Bo", customer_number="K-2", status=ContactStatus.ARCHIVED)
    shop = FakeContacts([full, archived, contact("3", "Cy", customer_number="K-2")], looks_up=True)
    web = FakeContacts([contact("1", "Dee", "web", customer_number="K-1")], listed=THIN)
    charges = FakeCharges({"1": (Charge("c1", 1, billed=True),)})
    both = backend(shop, charges=charges), backend(web, slug="web", system="acumulus")
    async with world(*both) as opened:
        yield Setting(opened, shop, web)


THINGS = [
    pytest.param("Administration", ("shop",), id="administration"),
    pytest.param("Contact", ("shop", "1"), id="contact"),
    pytest.param("Contact", ("shop", "2"), id="archived-contact"),
    pytest.param("ContactPerson", ("shop", "1", "p1"), id="person"),
    pytest.param("Note", ("shop", "1", "n1"), id="note"),
    pytest.param("Charge", ("shop", "1", "c1"), id="charge"),
]
ABSENT = [
    pytest.param("Administration", ("none",), id="administration"),
    pytest.param("Contact", ("shop", "9"), id="contact"),
    pytest.param("Contact", ("none", "1"), id="contact-of-no-administration"),
    pytest.param("ContactPerson", ("shop", "1", "p9"), id="person"),
    pytest.param("ContactPerson", ("shop", "9", "p1"), id="person-of-no-contact"),
    pytest.param("Note", ("shop", "1", "n9"), id="note"),
    pytest.param("Charge", ("shop", "1", "c9"), id="charge"),
    pytest.param("Charge", ("web", "1", "c1"), id="charge-where-there-are-none"),
]


@pytest.mark.parametrize(("type_name", "parts"), THINGS)
async def test_node(at, type_name, parts):
    """Whatever has a global id is fetched by it, as the type that it is."""
    identity = the(type_name, *parts)
    answer = await at.ask(NODE, id=identity)
    assert (answer.data, answer.errors) == ({"node": {"__typename": type_name, "id": identity}}, [])


@pytest.mark.parametrize(("type_name", "parts"), ABSENT)
async def test_node_that_is_not_there(at, type_name, parts):
    """A well-formed id of nothing is null with NOT_FOUND."""
    answer = await at.ask(NODE, id=the(type_name, *parts))
    assert (answer.data, answer.codes, answer.paths) == ({"node": None}, ["NOT_FOUND"], [["node"]])


@pytest.mark.parametrize(
    ("document", "identity"),
    [
        pytest.param(NODE, "", id="empty"),
        pytest.param(NODE, "shop", id="a-slug"),
        pytest.param(NODE, the("Contact", "shop", "1") + "=", id="padded"),
        pytest.param(NODE, the("Contact", "shop", "1")[:-3], id="truncated"),
        pytest.param(NODE, the("Invoice", "shop", "1"), id="unknown-type"),
        pytest.param(NODE, the("Contact", "shop", "1", "2"), id="too-many-parts"),
        pytest.param(ONE, the("Note", "shop", "1", "n1"), id="of-a-note"),
        pytest.param(ONE, the("Administration", "shop"), id="of-an-administration"),
    ],
)
async def test_malformed_and_foreign_ids(at, document, identity):
    """An id that is none of ours, or that of something else, is bad input, and no system is asked."""
    answer = await at.ask(document, id=identity)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert at.shop.switch.calls == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
async def test_any_text_as_an_id(text):
    """No text whatever makes anything but bad input or not found of an id."""
    async with world(backend([])) as opened:
        for document in (NODE, ONE):
            answer = await opened.ask(document, id=text)
            assert answer.codes[0] in ("BAD_USER_INPUT", "NOT_FOUND")


async def test_nodes(at):
    """Several ids answer in the order asked, with null and no error for what is not there."""
    ids = [the("Note", "shop", "1", "n1"), the("Contact", "shop", "9"), the("Administration", "web")]
    answer = await at.ask(NODES, ids=ids)
    assert answer.data == {"nodes": [{"id": ids[0]}, None, {"id": ids[2]}]}
    assert answer.errors == []


async def test_nodes_with_faults(at):
    """A malformed id and a failing system are errors at their own places; the others stand."""
    at.web.switch.failing["get_many"] = BackendUnavailable("away", system="acumulus", administration="web")
    ids = [the("Contact", "shop", "1"), "nonsense", the("Contact", "web", "1")]
    answer = await at.ask(NODES, ids=ids)
    assert answer.data == {"nodes": [{"id": ids[0]}, None, None]}
    assert answer.codes == ["BAD_USER_INPUT", "SYSTEM_UNAVAILABLE"]
    assert answer.paths == [["nodes", 1], ["nodes", 2]]


@pytest.mark.parametrize(("count", "codes"), [(0, []), (100, []), (101, ["BAD_USER_INPUT"])])
async def test_how_many_nodes(at, count, codes):
    """A hundred ids at most; they cost one call."""
    answer = await at.ask(NODES, ids=[the("Contact", "shop", "1")] * count)
    assert answer.codes == codes
    assert len(at.shop.switch.asked("get_many")) == (count == 100)


@pytest.mark.parametrize(
    ("age", "calls"),
    [pytest.param(None, 0, id="as-configured"), pytest.param(60, 0, id="old"), pytest.param(0, 1, id="now")],
)
async def test_max_age(at, age, calls):
    """A contact comes from the book while that is young enough, and from the system when asked for now."""
    await load_all(at.directory)
    at.clock.move(10)
    answer = await at.ask(ONE, id=contact_id("shop", "1"), age=age)
    assert (answer.data["contact"]["displayName"], len(at.shop.switch.asked("get_many"))) == ("Ann", calls)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("query($age: Int) { contacts(maxAge: $age) { totalCount } }", id="contacts"),
        pytest.param(
            f'query($age: Int) {{ contact(id: "{contact_id("shop", "1")}", maxAge: $age) {{ id }} }}',
            id="one",
        ),
        pytest.param(
            'query($age: Int) { contactByRemoteId(remoteId: 1, administration: "web", maxAge: $age) { id } }',
            id="by-remote-id",
        ),
    ],
)
async def test_a_negative_age(at, document):
    """A negative age is bad input."""
    answer = await at.ask(document, age=-1)
    assert (answer.codes, answer.errors[0]["message"]) == (["BAD_USER_INPUT"], "maxAge must be 0 or more.")


@pytest.mark.parametrize("loaded", [True, False], ids=["from-the-book", "by-a-look-up"])
@pytest.mark.parametrize(
    ("administration", "number", "name"),
    [
        pytest.param("shop", "K-1", "Ann", id="one"),
        pytest.param("shop", "  K-1 ", "Ann", id="blanks-around-it"),
        pytest.param("web", "K-1", "Dee", id="thin-list"),
        pytest.param(the("Administration", "web"), "K-1", "Dee", id="by-global-id"),
    ],
)
async def test_by_customer_number(at, loaded, administration, number, name):
    """A contact is found by its customer number in its administration, loaded or not."""
    if loaded:
        await load_all(at.directory)
    answer = await at.ask(BY_NUMBER, **{"number": number, "in": administration})
    assert (answer.data["contactByCustomerNumber"], answer.errors) == ({"displayName": name}, [])


@pytest.mark.parametrize("loaded", [True, False], ids=["from-the-book", "by-a-look-up"])
async def test_several_with_one_customer_number(at, loaded):
    """When several contacts hold a number, archived ones too, the error names them all."""
    if loaded:
        await load_all(at.directory)
    answer = await at.ask(BY_NUMBER, **{"number": "K-2", "in": "shop"})
    assert (answer.data, answer.codes) == ({"contactByCustomerNumber": None}, ["AMBIGUOUS"])
    candidates = answer.errors[0]["extensions"]["candidates"]
    assert candidates == [contact_id("shop", "2"), contact_id("shop", "3")]


@pytest.mark.parametrize("number", ["", "  ", "K-9", "k-1"], ids=["empty", "blank", "nobody", "other-case"])
@pytest.mark.parametrize("administration", ["shop", "web", "none"])
async def test_nobody_with_a_customer_number(at, administration, number):
    """A number that nobody holds, and an administration that is not there, are NOT_FOUND."""
    answer = await at.ask(BY_NUMBER, **{"number": number, "in": administration})
    assert (answer.data, answer.codes) == ({"contactByCustomerNumber": None}, ["NOT_FOUND"])


async def test_by_remote_id(at):
    """A contact is found by its system's own id, and not under another administration's."""
    answer = await at.ask(BY_REMOTE, **{"id": "3", "in": "shop"})
    assert answer.data["contactByRemoteId"] == {"displayName": "Cy"}
    assert (await at.ask(BY_REMOTE, **{"id": "3", "in": "web"})).codes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("failure", "facts"),
    [
        pytest.param(
            RateLimited("full", system="moneybird", administration="shop", retry_after=NOW),
            ("RATE_LIMITED", "MONEYBIRD", "shop", True, "2026-11-21T10:00:00.000Z"),
            id="ration",
        ),
        pytest.param(
            CredentialsRejected("no", system="moneybird", administration="shop"),
            ("CREDENTIALS_REJECTED", "MONEYBIRD", "shop", False, None),
            id="turned-away",
        ),
    ],
)
async def test_a_contact_of_a_failing_system(at, failure, facts):
    """A contact of which nothing is held is null, with an error that says what a program needs."""
    at.shop.switch.failing["get_many"] = failure
    answer = await at.ask(ONE, id=contact_id("shop", "1"))
    told = answer.errors[0]["extensions"]
    names = ("code", "system", "administration", "retryable", "retryAfter")
    assert (answer.data, tuple(told.get(name) for name in names)) == ({"contact": None}, facts)


async def test_the_last_known_contact(at):
    """A contact that is held is shown as stale while its system fails."""
    await load_all(at.directory)
    at.clock.move(400)
    at.shop.switch.failing["get_many"] = BackendUnavailable("away")
    answer = await at.ask(ONE, id=contact_id("shop", "1"))
    assert answer.data["contact"] | {"id": ""} == {
        "id": "",
        "displayName": "Ann",
        "freshness": {"stale": True},
    }
    assert answer.errors == []


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        pytest.param(NODE, {"id": the("Administration", "web")}, id="administration"),
        pytest.param(NODE, {"id": the("Note", "web", "1", "n")}, id="note"),
        pytest.param(ONE, {"id": contact_id("web", "1")}, id="contact"),
        pytest.param(BY_NUMBER, {"number": "K-1", "in": "web"}, id="customer-number"),
        pytest.param(BY_REMOTE, {"id": "1", "in": the("Administration", "web")}, id="remote-id"),
        pytest.param('{ administration(id: "web") { id } }', {}, id="by-slug"),
        pytest.param('{ contacts(administrations: ["web"]) { totalCount } }', {}, id="list"),
    ],
)
async def test_what_a_viewer_may_not_see_is_not_there(at, document, variables):
    """An administration that the viewer may not see answers as one that is not there, and is not asked."""
    await load_all(at.directory)
    calls = len(at.web.switch.calls)
    answer = await at.ask(document, viewer=SHOPKEEPER, **variables)
    assert answer.codes == ["NOT_FOUND"]
    assert len(at.web.switch.calls) == calls


async def test_what_a_viewer_sees(at):
    """Lists without a choice hold what the viewer may see; the viewer hears who they are."""
    document = (
        "{ viewer { name scopes } administrations { slug } contacts { sources { administration { slug } } } }"
    )
    answer = await at.ask(document, viewer=SHOPKEEPER)
    assert answer.data == {
        "viewer": {"name": "shopkeeper", "scopes": ["contacts:read"]},
        "administrations": [{"slug": "shop"}],
        "contacts": {"sources": [{"administration": {"slug": "shop"}}]},
    }


async def test_two_books_that_know_one_id(at):
    """The same id in two books is two contacts."""
    replaced = replace(at.web.book["1"], display_name="Deirdre")
    at.web.book["1"] = replaced
    answer = await at.ask(NODES, ids=[contact_id("shop", "1"), contact_id("web", "1")])
    assert [each["id"] for each in answer.data["nodes"]] == [contact_id("shop", "1"), contact_id("web", "1")]
