"""What a payload tells of how a write ended."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.cache import Held
from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge, Period
from gateway.domain.contact import ContactRole, ContactStatus, DeliveryMethod
from gateway.domain.errors import BackendUnavailable
from gateway.domain.faults import Notice, NoticeCode, Outcome
from gateway.domain.identity import GlobalId
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.ports import Link, UpstreamRequest
from gateway.schema.payload import plain
from gateway.services.result import Result
from tests.fakes import NOW, contact, thin
from tests.schema.mutating import CASES, CONTACT, NOTE, PERSON, Desk, ask, context_of, mutate

ALL = [pytest.param(name, id=name) for name in CASES]
LIFE = ("contactArchive", "contactRestore", "contactDelete")
RECORD = contact("1", "Bakker", persons=(Person("p7", "Zoë"), Person("p8", "Jan")), notes=(Note("n7", "Hi"),))
DONE = Result(Outcome.UPDATED, "shop", Held(RECORD, NOW))

WORDS = {
    Outcome.CREATED: ("CREATED", "UNKNOWN"),
    Outcome.UPDATED: ("UPDATED", "UNKNOWN"),
    Outcome.UNCHANGED: ("UNCHANGED", "UNKNOWN"),
    Outcome.DELETED: ("DELETED", "DELETED"),
    Outcome.ARCHIVED: ("UNKNOWN", "ARCHIVED"),
    Outcome.RESTORED: ("UNKNOWN", "RESTORED"),
    Outcome.ALREADY: ("UNKNOWN", "ALREADY"),
    Outcome.SENT: ("SENT", "UNKNOWN"),
    Outcome.DRY_RUN: ("DRY_RUN", "DRY_RUN"),
    Outcome.REFUSED: ("REFUSED", "REFUSED"),
    Outcome.UNKNOWN: ("UNKNOWN", "UNKNOWN"),
}
"""What each outcome is called, and called where the life of a contact is told."""


async def told(name: str, result: Result, selection: str, **source) -> dict:
    return await mutate(name, Desk(lambda: result), source, selection)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("name", ALL)
async def test_outcomes(name, outcome):
    """Each outcome has its word; one that a payload has no word for is told as not known."""
    found = await told(name, Result(outcome, "shop"), "outcome")
    assert found["outcome"] == WORDS[outcome][name in LIFE]


@pytest.mark.parametrize("name", ALL)
async def test_what_all_payloads_tell(name):
    """The contact, the changes, the requests, the warnings and the client's own text are in every payload."""
    result = replace(
        DONE,
        changes=(FieldChange("address.city", None, "Delft"),),
        requests=(UpstreamRequest("PATCH", "/contacts/1.json", "{}"), UpstreamRequest("GET", "/x")),
        notices=(
            Notice(NoticeCode.VALUE_KEPT, "Kept.", "address.city"),
            Notice(NoticeCode.NOT_VERIFIED, "Look."),
        ),
    )
    selection = """contact { id displayName freshness { stale } } changes { field before after }
      requests { method path body } warnings { field code message } clientMutationId"""
    found = await told(name, result, selection, clientMutationId="c")
    group = [CASES[name].group] if CASES[name].group else []
    assert found == {
        "contact": {"id": CONTACT, "displayName": "Bakker", "freshness": {"stale": False}},
        "changes": [{"field": "address.city", "before": None, "after": "Delft"}],
        "requests": [
            {"method": "PATCH", "path": "/contacts/1.json", "body": "{}"},
            {"method": "GET", "path": "/x", "body": None},
        ],
        "warnings": [
            {"field": [*group, "address", "city"], "code": "VALUE_KEPT", "message": "Kept."},
            {"field": None, "code": "NOT_VERIFIED", "message": "Look."},
        ],
        "clientMutationId": "c",
        "userErrors": [],
    }


@pytest.mark.parametrize("name", ALL)
async def test_what_is_nothing(name):
    """Where nothing is told lists are empty, and the rest is null."""
    selection = "contact { id } changes { field } requests { path } warnings { code } clientMutationId"
    found = await told(name, Result(Outcome.UNKNOWN), selection)
    assert found == {
        "contact": None,
        "changes": [],
        "requests": [],
        "warnings": [],
        "clientMutationId": None,
        "userErrors": [],
    }


async def test_every_payload_is_one_of_writes():
    """A fragment on the interface reads every payload."""
    for name in CASES:
        found = await told(name, DONE, "__typename ... on WritePayload { contact { displayName } }")
        assert found["contact"] == {"displayName": "Bakker"}


async def test_the_last_known_truth_says_so():
    """A contact that stands in for a newer one says why, as in lists."""
    held = Held(RECORD, NOW, BackendUnavailable("away"))
    found = await told("contactUpdate", replace(DONE, contact=held), "contact { freshness { stale } }")
    assert found["contact"] == {"freshness": {"stale": True}}


async def test_parts_that_are_not_known_say_why():
    """Where the record that is shown lacks its details an entry says why, as in lists."""
    held = Held(thin(RECORD), NOW, BackendUnavailable("away"))
    case = CASES["contactUpdate"]
    context = context_of(Desk(lambda: replace(DONE, contact=held)))
    answer = await ask(case.document("outcome contact { persons { id } }"), context, input=case.least)
    assert answer.data["contactUpdate"] == {"outcome": "UPDATED", "contact": {"persons": None}}
    assert answer.codes == ["SYSTEM_UNAVAILABLE"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param("", "", id="empty"),
        pytest.param("Zoë", "Zoë", id="text"),
        pytest.param(False, False, id="flag"),
        pytest.param(Decimal("1E+2"), "100", id="decimal"),
        pytest.param(Decimal("12.50"), "12.50", id="cents"),
        pytest.param(date(2026, 2, 28), "2026-02-28", id="day"),
        pytest.param(ContactStatus.ARCHIVED, "ARCHIVED", id="status"),
        pytest.param(DeliveryMethod.POST, "POST", id="word"),
        pytest.param(("a@b.nl",), ["a@b.nl"], id="addresses"),
        pytest.param((ContactRole.CUSTOMER, ContactRole.SUPPLIER), ["CUSTOMER", "SUPPLIER"], id="roles"),
        pytest.param((), [], id="none"),
        pytest.param(
            Period(date(2026, 1, 1), date(2026, 1, 31)),
            {"start": "2026-01-01", "end": "2026-01-31"},
            id="period",
        ),
    ],
)
async def test_values(value, shown):
    """Values before and after are JSON: days and decimals as texts, words by their names."""
    found = await told(
        "contactUpdate", replace(DONE, changes=(FieldChange("x", value, value),)), "changes { before after }"
    )
    assert found["changes"] == [{"before": shown, "after": shown}]
    assert type(plain(value)) is type(shown)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize(
    ("name", "identity"),
    [
        pytest.param("contactDelete", CONTACT, id="contact"),
        pytest.param("contactPersonDelete", PERSON, id="person"),
        pytest.param("contactNoteDelete", NOTE, id="note"),
    ],
)
async def test_deleted_ids(name, identity, outcome):
    """The id of what was to be deleted comes back when it is gone, and only then."""
    found = await told(name, Result(outcome, "shop"), "deletedId")
    assert found["deletedId"] == (identity if outcome is Outcome.DELETED else None)


@pytest.mark.parametrize(
    ("name", "member", "part", "shown"),
    [
        pytest.param("contactPersonCreate", "person", "p7", PERSON, id="person-made"),
        pytest.param("contactPersonUpdate", "person", "p7", PERSON, id="person-changed"),
        pytest.param("contactPersonUpdate", "person", "p9", None, id="person-gone"),
        pytest.param("contactPersonDelete", "person", None, None, id="no-person"),
        pytest.param("contactNoteCreate", "note", "n7", NOTE, id="note-made"),
        pytest.param("contactNoteCreate", "note", "p7", None, id="note-gone"),
    ],
)
async def test_parts(name, member, part, shown):
    """The person or note that was written is shown as it stands in the contact, with the contact."""
    found = await told(name, replace(DONE, part=part), f"{member} {{ id contact {{ id }} }}")
    assert found[member] == (shown and {"id": shown, "contact": {"id": CONTACT}})
    nothing = await told(name, replace(DONE, part=part, contact=None), f"{member} {{ id }}")
    assert nothing[member] is None


@pytest.mark.parametrize("held", [DONE.contact, None], ids=["with-its-contact", "without"])
async def test_charges(held):
    """A charge that was made is shown, even where its contact could not be read."""
    charge = Charge("9", price=Decimal("1.50"), billed=False, description="Extra")
    result = Result(Outcome.CREATED, "shop", held, part="9", charge=charge)
    found = await told("contactChargeCreate", result, "charge { id price contact { id } }")
    assert found["charge"] == {
        "id": str(GlobalId("Charge", ("shop", "1", "9"))),
        "price": "1.50",
        "contact": {"id": CONTACT} if held else None,
    }
    assert (await told("contactChargeCreate", DONE, "charge { id }"))["charge"] is None


async def test_links():
    """The page that was made is told with its end, null where there is none."""
    until = datetime(2026, 12, 1, tzinfo=UTC)
    selection = "url expiresAt"
    found = await told("mandateLinkCreate", replace(DONE, link=Link("https://x.test/1", until)), selection)
    assert found == {"url": "https://x.test/1", "expiresAt": "2026-12-01T00:00:00.000Z", "userErrors": []}
    none = await told("mandateLinkCreate", DONE, selection)
    assert (none["url"], none["expiresAt"]) == (None, None)
