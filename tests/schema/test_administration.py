"""A connected book and what it is worth at the moment."""

from dataclasses import replace

import pytest

from gateway.auth import Scope, Viewer
from gateway.domain.administration import CAPABILITIES, Choice, ChoiceKind, FieldRule, Quota
from gateway.domain.errors import BackendUnavailable
from tests.fakes import NOW, FakeBook, backend, contact, load_all, world

RULES = (
    FieldRule("displayName", readable=True),
    FieldRule("invoicing.workflowId", True, True, True, ChoiceKind.INVOICE_WORKFLOW, "A note."),
)


def shop(**changes):
    made = replace(
        backend([contact("1")]),
        fields=RULES,
        unsupported={"webhooks": "They are not looked at."},
        book=FakeBook({ChoiceKind.USER: (Choice("7", "Jan", is_default=True),)}),
        quota=lambda: Quota(150, 20, NOW),
    )
    return replace(made, **changes)


async def test_what_it_tells():
    """An administration tells what the configuration and its system say of it."""
    document = """{ administration(id: "shop") {
      slug title system remoteId currency country timeZone canWrite
      fields { path readable writable clearable filterable sortable choices note }
      users: choices(kind: USER) { value name isDefault } rates: choices(kind: VAT_RATE) { value } } }"""
    async with world(shop()) as opened:
        answer = await opened.ask(document)
    told = answer.data["administration"]
    assert answer.errors == []
    assert [told[name] for name in ("slug", "title", "system", "remoteId")] == [
        "shop",
        "Shop",
        "MONEYBIRD",
        "remote-shop",
    ]
    assert [told[name] for name in ("currency", "country", "timeZone")] == ["EUR", "NL", "Europe/Amsterdam"]
    assert (told["users"], told["rates"]) == ([{"value": "7", "name": "Jan", "isDefault": True}], None)
    assert told["fields"][0]["sortable"]
    assert told["fields"][1] == {
        "path": "invoicing.workflowId",
        "readable": True,
        "writable": True,
        "clearable": True,
        "filterable": True,
        "sortable": False,
        "choices": "INVOICE_WORKFLOW",
        "note": "A note.",
    }


@pytest.mark.parametrize(
    ("rule", "filterable", "sortable"),
    [
        pytest.param(FieldRule("displayName", readable=True), True, True, id="name"),
        pytest.param(FieldRule("address.city", readable=True), True, True, id="city"),
        pytest.param(FieldRule("address.city", writable=True), False, False, id="city-not-told"),
        pytest.param(FieldRule("createdAt", readable=True), True, True, id="created"),
        pytest.param(FieldRule("createdAt"), False, False, id="created-not-told"),
        pytest.param(FieldRule("bankAccount.iban", readable=True), True, False, id="iban"),
        pytest.param(FieldRule("customFields", readable=True), True, False, id="custom-fields"),
        pytest.param(FieldRule("website", readable=True), False, False, id="no-filter"),
        pytest.param(FieldRule("source.system"), True, False, id="known-without-the-system"),
    ],
)
async def test_what_lists_can_do(rule, filterable, sortable):
    """A field can be filtered and ordered by where there is a way to ask it and the system tells it."""
    async with world(shop(fields=(rule,))) as opened:
        answer = await opened.ask("{ administrations { fields { filterable sortable } } }")
    told = answer.data["administrations"][0]["fields"]
    assert told == [{"filterable": filterable, "sortable": sortable}]


async def test_capabilities():
    """Every capability is listed in one order; those that are lacking say why."""
    async with world(shop()) as opened:
        answer = await opened.ask("{ administrations { capabilities { name supported reason } } }")
    found = answer.data["administrations"][0]["capabilities"]
    assert [each["name"] for each in found] == list(CAPABILITIES)
    lacking = [each for each in found if not each["supported"]]
    assert lacking == [{"name": "webhooks", "supported": False, "reason": "They are not looked at."}]
    assert {each["reason"] for each in found if each["supported"]} == {None}


@pytest.mark.parametrize(
    ("scope", "changes", "may"),
    [
        pytest.param(Scope.WRITE, {}, True, id="writer"),
        pytest.param(Scope.ADMIN, {}, True, id="admin"),
        pytest.param(Scope.READ, {}, False, id="reader"),
        pytest.param(Scope.RAW, {}, False, id="raw-reader"),
        pytest.param(Scope.WRITE, {"unsupported": {"contacts.update": "No."}}, True, id="system-cannot"),
    ],
)
async def test_can_write(scope, changes, may):
    """Writing needs the right; what the system can do is another question, which capabilities answer."""
    viewer = Viewer("x", frozenset({Scope.READ, scope}))
    async with world(shop(**changes)) as opened:
        answer = await opened.ask("{ administrations { canWrite } }", viewer=viewer)
    assert answer.data == {"administrations": [{"canWrite": may}]}


async def test_read_only():
    """An administration that is configured as read-only cannot be written to."""
    made = shop()
    made = replace(made, administration=replace(made.administration, read_only=True))
    async with world(made) as opened:
        answer = await opened.ask("{ administrations { canWrite } }")
    assert answer.data == {"administrations": [{"canWrite": False}]}


STATUS = """{ administrations { status {
  state fetchedAt contactCount detailedCount matchCount notFilterable
  quota { limit remaining resetsAt } problem { code message retryable retryAfter }
  administration { slug } } } }"""


async def test_status():
    """The status tells what is held and asks nobody."""
    made = shop()
    async with world(made) as opened:
        before = (await opened.ask(STATUS)).data["administrations"][0]["status"]
        calls = list(made.contacts.switch.calls)
        await load_all(opened.gateway.directory)
        after = (await opened.ask(STATUS)).data["administrations"][0]["status"]
    assert (calls, before["state"], before["problem"]["code"]) == ([], "UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert after == {
        "state": "FRESH",
        "fetchedAt": "2026-11-21T10:00:00.000Z",
        "contactCount": 1,
        "detailedCount": 1,
        "matchCount": None,
        "notFilterable": [],
        "quota": {"limit": 150, "remaining": 20, "resetsAt": "2026-11-21T10:00:00.000Z"},
        "problem": None,
        "administration": {"slug": "shop"},
    }


async def test_a_failing_system_costs_its_own_fields():
    """Facts and lists that fail are null with an error; what needs no call stands."""
    book = FakeBook()
    book.switch.failing |= {"facts": BackendUnavailable("away"), "choices": BackendUnavailable("away")}
    async with world(shop(book=book, quota=lambda: None)) as opened:
        answer = await opened.ask(
            "{ administrations { slug currency choices(kind: USER) { name } status { quota { limit } } } }"
        )
    assert answer.data == {
        "administrations": [{"slug": "shop", "currency": None, "choices": None, "status": {"quota": None}}]
    }
    assert answer.codes == ["SYSTEM_UNAVAILABLE"] * 2
