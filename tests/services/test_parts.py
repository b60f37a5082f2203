"""Writing persons, notes, charges and mandates."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.auth import EVERYONE, Scope, Viewer
from gateway.domain.contact import ContactKey
from gateway.domain.errors import NotFound
from gateway.domain.faults import FaultCode, Outcome
from gateway.ports import Written
from gateway.services.parts import ChargeService, MandateService, NoteService, PersonService
from gateway.services.result import Wish
from gateway.services.writing import Writer
from gateway.store import LocalStore, MemoryJournal
from tests.fakes import Clock, FakeCharges, FakeMandates, FakeParts, Script, backend
from tests.services.desk import ANN, NotedShown, viewer

KEY = ContactKey("shop", "1")
READER = Viewer("reader", frozenset({Scope.READ}))
STRANGER = Viewer("stranger", frozenset({Scope.WRITE}), frozenset({"web"}))
AT_ONCE = Wish()

PORTS = {"persons": PersonService, "notes": NoteService, "charges": ChargeService, "mandates": MandateService}
CALLS = {
    ("persons", "create"): (
        {"firstName": "Jo", "email": None},
        "contactPersonCreate",
        ({"firstName": "Jo"},),
    ),
    ("persons", "update"): ("p1", {"email": None}, "contactPersonUpdate", ("p1", {"email": None})),
    ("persons", "delete"): ("p1", "contactPersonDelete", ("p1",)),
    ("notes", "create"): ({"text": "x", "assigneeId": None}, "contactNoteCreate", ({"text": "x"},)),
    ("notes", "delete"): ("n1", "contactNoteDelete", ("n1",)),
    ("charges", "create"): ({"price": Decimal(5)}, "contactChargeCreate", ({"price": Decimal(5)},)),
    ("mandates", "request"): ({"message": None}, "mandateRequest", ({},)),
    ("mandates", "link"): ({"message": "x"}, "mandateLinkCreate", ({"message": "x"},)),
    ("mandates", "delete"): ("mandateDelete", ()),
}
"""By port and method: what the service is given, the mutation, and what its port is given."""

every = pytest.mark.parametrize(
    ("port", "method"), [pytest.param(*call, id="-".join(call)) for call in CALLS]
)


class Shop:
    """Services over one administration whose writes are all scripted."""

    def __init__(self) -> None:
        methods = ("create", "update", "delete", "request", "link")
        self.scripts = {
            port: {name: Script(Written(Outcome.UPDATED, ANN)) for name in methods} for port in PORTS
        }
        made = backend(
            persons=FakeParts(**self.scripts["persons"]),
            notes=FakeParts(**self.scripts["notes"]),
            charges=FakeCharges(**self.scripts["charges"]),
            mandates=FakeMandates(**self.scripts["mandates"]),
        )
        self.backends = {"shop": made}
        self.journal = MemoryJournal(Clock())
        self.shown = NotedShown(made.contacts.switch)
        self.noted = made.contacts.switch
        self.writer = Writer(self.backends, LocalStore(self.journal), self.shown, Clock())

    async def do(self, port: str, method: str, who: Viewer = EVERYONE, wish: Wish = AT_ONCE, *given):
        """Carry out a write of contact 1; by default with what stands in the table."""
        given = given or CALLS[port, method][:-2]
        return await getattr(PORTS[port](self.writer), method)(viewer(who=who), KEY, *given, wish)

    def asked(self, port: str, method: str) -> list:
        """Return what a script's plan was made for."""
        return self.scripts[port][method].switch.asked("plan")

    def untouched(self) -> bool:
        """Tell whether nothing was planned."""
        return not any(each.switch.calls for scripts in self.scripts.values() for each in scripts.values())


@pytest.fixture
def shop() -> Shop:
    return Shop()


def codes(result) -> list[FaultCode]:
    return [each.code for each in result.faults]


@every
class TestEvery:
    """What all of them have in common."""

    async def test_written(self, shop, port, method):
        """The port is asked for the contact and what was given; its contact is shown anew."""
        result = await shop.do(port, method)
        assert (result.outcome, result.contact.value) == (Outcome.UPDATED, ANN)
        assert shop.asked(port, method) == [("1", *CALLS[port, method][-1])]
        assert [each[0] for each in shop.noted.asked("keep")] == [KEY]

    async def test_noted(self, shop, port, method):
        """The journal has the mutation of the schema and the contact."""
        switch = shop.scripts[port][method].switch
        gate = switch.shut("send")
        write = asyncio.create_task(shop.do(port, method))
        await switch.until("send")
        (intent,) = await shop.journal.unsettled("shop")
        assert (intent.mutation, intent.contact) == (CALLS[port, method][-2], "1")
        gate.set()
        await write

    async def test_who_may(self, shop, port, method):
        """Who may not see it finds nothing, who may not write is told so; nothing is planned."""
        assert codes(await shop.do(port, method, STRANGER)) == [FaultCode.NOT_FOUND]
        assert codes(await shop.do(port, method, READER)) == [FaultCode.FORBIDDEN]
        made = shop.backends["shop"]
        shop.backends["shop"] = replace(made, administration=replace(made.administration, read_only=True))
        assert codes(await shop.do(port, method)) == [FaultCode.FORBIDDEN]
        assert shop.untouched()

    async def test_a_system_without(self, shop, port, method):
        """A system that lacks the port says why, in the words of its capabilities."""
        names = {"mandates": "mandate.payments.write"}
        unsupported = {names.get(port, f"{port}.write"): "Because."}
        shop.backends["shop"] = replace(shop.backends["shop"], unsupported=unsupported, **{port: None})
        result = await shop.do(port, method)
        assert (codes(result), result.faults[0].message) == ([FaultCode.NOT_SUPPORTED_BY_SYSTEM], "Because.")
        assert result.administration == "shop"

    async def test_an_unknown_one(self, shop, port, method):
        """What is not there is refused where the input names it."""
        shop.scripts[port][method].switch.failing["plan"] = NotFound("gone")
        (fault,) = (await shop.do(port, method)).faults
        inner = (port, method) in {("persons", "update"), ("persons", "delete"), ("notes", "delete")}
        assert (fault.code, fault.field) == (FaultCode.NOT_FOUND, ("id",) if inner else ("contactId",))

    async def test_a_dry_run(self, shop, port, method):
        """A dry run sends nothing and is not noted."""
        assert (await shop.do(port, method, EVERYONE, Wish(dry_run=True))).outcome is Outcome.DRY_RUN
        assert shop.scripts[port][method].steps() == ["plan", "check"]
        assert await shop.journal.unsettled("shop") == ()

    async def test_deleted_and_not_read_again(self, shop, port, method):
        """That a part was deleted does not make its contact one that is gone."""
        shop.scripts[port][method].written = Written(Outcome.DELETED, part="p1")
        await shop.do(port, method)
        assert (shop.noted.asked("keep"), len(shop.noted.asked("doubt"))) == ([], 1)


@pytest.mark.parametrize(
    ("port", "method", "values", "faults"),
    [
        pytest.param("persons", "create", {"email": "x"}, [(FaultCode.INVALID, "email")], id="form"),
        pytest.param("notes", "create", {}, [(FaultCode.REQUIRED, "text")], id="required"),
        pytest.param("notes", "create", {"text": " "}, [(FaultCode.REQUIRED, "text")], id="blank"),
        pytest.param(
            "notes",
            "create",
            {"assigneeId": "a\nb"},
            [(FaultCode.INVALID, "assigneeId"), (FaultCode.REQUIRED, "text")],
            id="all-at-once",
        ),
    ],
)
async def test_what_is_wrong(shop, port, method, values, faults):
    """What can be told without asking is told before anything is planned, all of it at once."""
    result = await shop.do(port, method, EVERYONE, AT_ONCE, values)
    assert [(each.code, each.path) for each in result.faults] == faults
    assert shop.untouched()


@pytest.mark.parametrize(
    ("port", "method"),
    [pytest.param(*call, id="-".join(call)) for call in CALLS if call[1] in ("create", "request", "link")],
)
async def test_once_per_key(shop, port, method):
    """What is made under a key is made once; of another contact it is another input."""
    wish = Wish(idempotency_key="k")
    for _ in range(2):
        assert (await shop.do(port, method, EVERYONE, wish)).outcome is Outcome.UPDATED
    assert shop.scripts[port][method].steps().count("send") == 1
    service = PORTS[port](shop.writer)
    other = await getattr(service, method)(viewer(), ContactKey("shop", "2"), *CALLS[port, method][:-2], wish)
    assert codes(other) == [FaultCode.IDEMPOTENCY_KEY_REUSED]
