"""The fourteen ways to change something: whom each asks, and what it answers whatever happens."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.auth import Scope, Viewer
from gateway.cache import Held
from gateway.domain.charge import Charge
from gateway.domain.errors import BackendUnavailable
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.domain.identity import GlobalId, contact_id
from gateway.services.result import Result, Wish, refused
from tests.fakes import NOW, FakeCharges, backend, contact
from tests.schema.mutating import CASES, CONTACT, NOTE, PERSON, SHOP, Desk, ask, context_of, mutate, schema

SHOPKEEPER = Viewer("shopkeeper", frozenset({Scope.WRITE}), frozenset({"shop"}))
ALL = [pytest.param(name, id=name) for name in CASES]

WISHES = {
    "dryRun": (True, Wish(dry_run=True)),
    "ifVersion": ("v", Wish(if_version="v")),
    "acceptClearing": (["a.b", "c"], Wish(accept=frozenset({"a.b", "c"}))),
    "idempotencyKey": ("k", Wish(idempotency_key="k")),
}
WITH_WISHES = [
    pytest.param(name, wish, id=f"{name}-{wish}")
    for name, case in CASES.items()
    for wish in WISHES
    if wish in schema()._schema.type_map[case.input].fields
]


def same_thing(case, slug: str, remote: str = "1") -> str:
    """Return the id of a thing of the kind that a mutation takes, in another place."""
    if case.identity == "administration":
        return str(GlobalId("Administration", (slug,)))
    if case.least.get("id") == PERSON:
        return str(GlobalId("ContactPerson", (slug, remote, "p7")))
    if case.least.get("id") == NOTE:
        return str(GlobalId("Note", (slug, remote, "n7")))
    return contact_id(slug, remote)


def test_all_are_there():
    """The schema has the mutations of the table, in its order, and no other."""
    assert list(schema()._schema.type_map["Mutation"].fields) == list(CASES)


@pytest.mark.parametrize("name", ALL)
async def test_whom_it_asks(name):
    """Each mutation asks its own service once, for the one who asks, about what its id names."""
    case, desk = CASES[name], Desk()
    await mutate(name, desk, viewer=SHOPKEEPER)
    (order,) = desk.orders
    assert order.method == case.method
    assert order.given[: len(case.target)] == case.target
    assert order.caller.viewer is SHOPKEEPER
    assert 0 < order.caller.deadline.left() <= 5
    assert order.wish == Wish()


@pytest.mark.parametrize(("name", "wish"), WITH_WISHES)
async def test_wishes(name, wish):
    """What may be said besides the values reaches the service, and null is as not given."""
    written, expected = WISHES[wish]
    desk = Desk()
    await mutate(name, desk, {wish: written})
    assert desk.orders[0].wish == expected
    if wish != "dryRun":
        await mutate(name, desk, {wish: None})
        assert desk.orders[1].wish == Wish()


def test_which_wishes_each_has():
    """Creates know keys, changes and deletes versions, and what may clear fields what may be cleared."""
    told = {each.values for each in WITH_WISHES}
    keyed = {name for name, wish in told if wish == "idempotencyKey"}
    bound = {name for name, wish in told if wish == "ifVersion"}
    clearing = {name for name, wish in told if wish == "acceptClearing"}
    assert keyed == {name for name in CASES if "Create" in name} | {"mandateRequest"}
    assert bound == set(CASES) - keyed - {"mandateDelete"}
    assert clearing == {"contactUpdate", "contactArchive", "contactRestore", "contactDelete"}
    assert {name for name, wish in told if wish == "dryRun"} == set(CASES)


async def test_an_administration_goes_by_its_id():
    """A contact is made in the administration of the id, as in that of the slug."""
    desk = Desk()
    await mutate("contactCreate", desk, {"administration": str(GlobalId("Administration", ("web",)))})
    assert desk.orders[0].given[0] == "web"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("", id="empty"),
        pytest.param("not an id", id="malformed"),
        pytest.param(str(GlobalId("Charge", ("shop", "1", "2"))), id="of-something-else"),
    ],
)
async def test_ids_that_are_none(name, wrong):
    """An id that is none, or of something else, is a user's error at its place, and nobody is asked."""
    case, desk = CASES[name], Desk()
    found = await mutate(
        name, desk, {case.identity: wrong, "clientMutationId": "c"}, "outcome clientMutationId"
    )
    (error,) = found["userErrors"]
    # Whatever looks like a slug was meant as one.
    is_slug = case.identity == "administration" and wrong in ("", "not an id")
    assert (error["code"], error["field"]) == ("NOT_FOUND" if is_slug else "INVALID", [case.identity])
    assert (error["path"], error["system"], error["retryable"]) == (None, None, False)
    assert (found["outcome"], found["clientMutationId"], desk.orders) == ("REFUSED", "c", [])


@pytest.mark.parametrize("name", ALL)
async def test_what_may_not_be_seen_is_not_there(name):
    """The errors for a thing of a hidden book are those for one of no book, and for an unknown one."""
    case, desk = CASES[name], Desk()
    hidden, nowhere = [
        await mutate(name, desk, {case.identity: same_thing(case, slug)}, viewer=SHOPKEEPER)
        for slug in ("web", "none")
    ]
    assert desk.orders == []
    assert hidden == nowhere
    assert [each["code"] for each in hidden["userErrors"]] == ["NOT_FOUND"]
    if case.identity == "administration":
        return
    for field in ((), ("id",), (case.identity,)):
        fault = Fault(FaultCode.NOT_FOUND, "Nobody of that number here.", field=field)
        desk.answer = lambda told=fault: refused(told, administration="shop")
        assert await mutate(name, desk, viewer=SHOPKEEPER) == hidden


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(ValueError("secret words"), id="a-slip"),
        pytest.param(BackendUnavailable("secret words"), id="an-error-of-ours"),
    ],
)
async def test_what_nobody_foresaw(name, failure):
    """A service that breaks off is a user's error and a line in the log; whether it wrote is not known."""

    def fail() -> Result:
        raise failure

    with capture_logs() as lines:
        found = await mutate(name, Desk(fail))
    (error,) = found["userErrors"]
    assert (found["outcome"], error["code"], error["field"]) == ("UNKNOWN", "INTERNAL", None)
    assert "is not known" in error["message"]
    (line,) = [each for each in lines if each["event"] == "mutation_failed"]
    assert (line["mutation"], line["error"]) == (name, type(failure).__name__)
    assert "secret" not in str(lines) + str(found)


@pytest.mark.parametrize("name", ALL)
async def test_an_attempt_that_breaks_off_wrote_nothing(name):
    """A dry run that breaks off says that nothing was written."""

    def fail() -> Result:
        raise ValueError

    found = await mutate(name, Desk(fail), {"dryRun": True})
    assert found["outcome"] == "REFUSED"
    assert "Nothing was written." in found["userErrors"][0]["message"]


async def test_a_client_that_goes_away():
    """Cancelling an operation is no fault of the gateway's: it goes through."""
    begun = asyncio.Event()

    class Waiting:
        async def archive(self, caller, key, wish):
            begun.set()
            await asyncio.Event().wait()

    context = context_of(Desk())
    context.services = type(context.services)(Waiting(), None, None, None, None)
    case = CASES["contactArchive"]
    task = asyncio.create_task(ask(case.document("outcome"), context, input=case.least))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_after_the_other():
    """Mutations of one operation run in the order written, and one that breaks leaves the others standing."""
    results = iter([Result(Outcome.UPDATED, "shop"), None, Result(Outcome.ALREADY, "shop")])
    desk = Desk(lambda: next(results))
    document = """mutation($id: ID!) {
      b: contactUpdate(input: {id: $id, contact: {}}) { outcome }
      a: contactDelete(input: {id: $id}) { outcome }
      c: contactArchive(input: {id: $id}) { outcome }
      d: mandateDelete(input: {contactId: "none"}) { outcome }
    }"""
    answer = await ask(document, context_of(desk), id=CONTACT)
    order = ("contacts.update", "contacts.delete", "contacts.archive")
    assert desk.steps == [f"{method} {step}" for method in order for step in ("begins", "ends")]
    assert [each and each["outcome"] for each in answer.data.values()] == [
        "UPDATED",
        None,
        "ALREADY",
        "REFUSED",
    ]
    assert list(answer.data) == ["b", "a", "c", "d"]


async def test_what_was_read_before_is_read_again():
    """After a write an operation answers nothing from what it has read itself."""
    charges = FakeCharges({"1": (Charge("9", price=1, billed=False),)})
    book = backend([contact("1")], charges=charges)
    desk = Desk(lambda: Result(Outcome.UPDATED, "shop", Held(contact("1"), NOW)))
    document = """mutation($id: ID!) {
      a: contactUpdate(input: {id: $id, contact: {}}) { contact { charges { remoteId } } }
      b: contactUpdate(input: {id: $id, contact: {}}) { contact { charges { remoteId } } }
    }"""
    answer = await ask(document, context_of(desk, backends=[book]), id=CONTACT)
    assert answer.errors == []
    assert answer.data["a"] == answer.data["b"] == {"contact": {"charges": [{"remoteId": "9"}]}}
    assert len(charges.switch.asked("of_contact")) == 2


def test_the_table_names_one_contact():
    """The ids of the table are those of the contact that the services are told of."""
    assert contact_id(SHOP.administration, SHOP.remote) == CONTACT
