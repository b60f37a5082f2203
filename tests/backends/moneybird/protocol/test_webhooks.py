"""Moneybird's webhooks: which are trusted, and what they are taken to say."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from gateway.backends.moneybird.protocol.webhooks import MOST_SIGNATURES, REGISTER, WINDOW, MoneybirdWebhooks
from gateway.domain.secret import Secret
from gateway.ports import Hint, Refused
from tests.fakes import NOW

SECRET = "6293e5e1745e3e2a621c64383c3620fae30364a6600095d3582d7db52970474b"
BOOK = "123"
PORT = MoneybirdWebhooks(Secret(SECRET), BOOK)
AT = int(NOW.timestamp())
OTHERS = ["0" * 64, "a" * 64]


def digest(body: bytes, at: object = AT, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def told(body: bytes, header: str | None = None, **headers: str) -> Hint | Refused:
    """Verify a body; signed as the vendor does where no header is given."""
    signed = f"t={AT},v1={digest(body)}" if header is None else header
    return PORT.verify({"moneybird-signature": signed, **headers}, body, NOW)


def pushed(**members: object) -> bytes:
    return json.dumps(
        {"administration_id": BOOK, "entity_type": "Contact", "entity_id": "7", "entity": None, **members}
    ).encode()


BODY = pushed(action="contact_changed")
GOOD = digest(BODY)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("", "unsigned", id="nothing"),
        pytest.param("v1=" + GOOD, "malformed", id="no-time"),
        pytest.param(f"t={AT}", "malformed", id="no-signature"),
        pytest.param(f"t={AT},t={AT},v1={GOOD}", "malformed", id="two-times"),
        pytest.param(f"t=-{AT},v1={GOOD}", "malformed", id="time-before-1970"),
        pytest.param(f"t={AT}x,v1={GOOD}", "malformed", id="time-no-number"),
        pytest.param(f"t={AT},v1={GOOD.upper()}", "malformed", id="other-letters"),
        pytest.param(f"t={AT},v1={GOOD}00", "malformed", id="too-long"),
        pytest.param(f"t={AT},v1=\u00e9{GOOD[1:]}", "malformed", id="no-ascii"),
        pytest.param(f"t={AT},v0={GOOD}", "malformed", id="other-scheme"),
        pytest.param(f"t={AT},v1={OTHERS[0]}", "wrong_signature", id="wrong"),
        pytest.param(f"t={AT + 1},v1={GOOD}", "wrong_signature", id="other-time"),
        pytest.param(f"t={AT},v1={digest(BODY, secret='other')}", "wrong_signature", id="other-secret"),
        pytest.param(
            ",".join([f"t={AT}", *[f"v1={OTHERS[0]}"] * MOST_SIGNATURES, f"v1={GOOD}"]),
            "wrong_signature",
            id="after-too-many",
        ),
    ],
)
def test_what_is_not_signed_is_refused(header, reason):
    """Nothing is taken but one time and a right signature among the first few."""
    assert told(BODY, header) == Refused(reason)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f"t={AT},v1={OTHERS[0]},v1={GOOD}", id="second-of-two"),
        pytest.param(f"v1={GOOD}, t={AT}", id="any-order"),
        pytest.param(f"t={AT},v0=zz,v1={GOOD},v2,x=", id="unknown-schemes"),
    ],
)
def test_any_of_several_signatures_will_do(header):
    """While secrets are exchanged there are two; schemes that are not known say nothing."""
    assert isinstance(told(BODY, header), Hint)


@pytest.mark.parametrize("off", [-WINDOW - 1, -WINDOW, 0, WINDOW, WINDOW + 1], ids=str)
def test_the_time_is_close_to_ours(off):
    """Five minutes are let pass, both ways, and not a second more."""
    found = told(BODY, f"t={AT + off},v1={digest(BODY, AT + off)}")
    assert isinstance(found, Hint) is (abs(off) <= WINDOW)
    assert found == Refused("out_of_time") or abs(off) <= WINDOW


def test_a_time_with_a_fraction_of_a_second():
    """Our clock tells parts of a second, and theirs does not."""
    late = NOW + timedelta(seconds=WINDOW, milliseconds=1)
    assert PORT.verify({"moneybird-signature": f"t={AT},v1={GOOD}"}, BODY, late) == Refused("out_of_time")


@pytest.mark.parametrize("place", [0, 20, -1], ids=["first", "middle", "last"])
def test_every_byte_is_signed(place):
    """A body with one other bit is refused, before anything of it is read."""
    body = bytearray(BODY)
    body[place] ^= 1
    assert told(bytes(body), f"t={AT},v1={GOOD}") == Refused("wrong_signature")


PERSON = {"id": "9", "contact_id": "7", "firstname": "A"}
NOTE = {"id": "9", "entity_id": "7", "entity_type": "Contact"}
NOTE_ELSEWHERE = {"id": "9", "entity_id": "7", "entity_type": "SalesInvoice"}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({"action": "contact_created"}, (("7",), True, False), id="created"),
        pytest.param({"action": "contact_changed", "entity_id": 7}, (("7",), True, False), id="number"),
        pytest.param(
            {"action": "contact_archived", "entity": {"id": "7"}}, (("7",), True, False), id="shown"
        ),
        pytest.param({"action": "contact_destroyed"}, (("7",), True, False), id="destroyed"),
        pytest.param(
            {"action": "contact_destroyed", "entity_type": None}, (("7",), True, False), id="untyped"
        ),
        pytest.param({"action": "contact_merged"}, (("7",), False, True), id="merged"),
        pytest.param({"action": "contact_is_trusted"}, (("7",), False, False), id="trusted"),
        pytest.param({"action": "contact_mandate_destroyed"}, (("7",), False, False), id="mandate"),
        pytest.param({"action": "contact_person_created"}, (("7",), False, False), id="person-by-contact"),
        pytest.param(
            {"action": "contact_person_updated", "entity_type": "ContactPerson", "entity": PERSON}
            | {"entity_id": "9"},
            (("7",), False, False),
            id="person-by-itself",
        ),
        pytest.param(
            {"action": "note_created", "entity_type": "Note", "entity_id": "9", "entity": NOTE},
            (("7",), False, False),
            id="note-by-itself",
        ),
        pytest.param({"action": "todo_completed"}, (("7",), False, False), id="note-by-contact"),
        pytest.param({"action": "contact_yodelled"}, (("7",), False, False), id="unknown"),
        pytest.param({"action": None}, (("7",), False, False), id="no-action"),
        pytest.param({"action": 7}, (("7",), False, False), id="action-no-text"),
    ],
)
def test_which_contacts_may_have_changed(members, expected):
    """Whatever the subject is, its contact is named; the list is believed only where its version is."""
    found = told(pushed(**members))
    assert isinstance(found, Hint)
    assert (found.contacts, found.is_listed, found.is_wide) == expected
    assert not found.is_foreign


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"action": "sales_invoice_created", "entity_type": "SalesInvoice"}, id="invoice"),
        pytest.param(
            {"action": "sales_invoice_sent", "entity_type": "SalesInvoice", "entity": {"contact_id": "7"}},
            id="invoice-of-a-contact",
        ),
        pytest.param(
            {"action": "note_created", "entity_type": "Note", "entity_id": "9", "entity": NOTE_ELSEWHERE},
            id="note-of-an-invoice",
        ),
        pytest.param({"action": "contact_changed", "entity_id": None}, id="no-id"),
        pytest.param({"action": "contact_changed", "entity_id": "../7"}, id="id-no-number"),
        pytest.param({"action": "contact_changed", "entity_id": ["7"]}, id="id-no-text"),
        pytest.param({"action": "contact_changed", "entity_id": "7" * 31}, id="id-endless"),
    ],
)
def test_what_concerns_no_contact(members):
    """Other entities, and what names no contact, have nothing read."""
    found = told(pushed(**members))
    assert isinstance(found, Hint)
    assert (found.contacts, found.is_wide) == ((), False)


@pytest.mark.parametrize(
    ("members", "part"),
    [
        pytest.param(
            {"action": "contact_person_destroyed", "entity_type": "ContactPerson"}, "7", id="person"
        ),
        pytest.param({"action": "note_destroyed", "entity_type": "Note"}, "7", id="note"),
        pytest.param({"action": "todo_destroyed", "entity_type": None}, "7", id="untyped"),
        pytest.param({"action": "contact_person_destroyed"}, None, id="by-contact"),
        pytest.param(
            {"action": "contact_person_updated", "entity_type": "ContactPerson", "entity": PERSON},
            None,
            id="owner-shown",
        ),
        pytest.param({"action": "note_destroyed", "entity_type": "Note", "entity_id": "x"}, None, id="no-id"),
    ],
)
def test_who_shows_no_owner_is_named_itself(members, part):
    """A person or a note that is gone may show nothing: its own id is what there is to go by."""
    found = told(pushed(**members))
    assert isinstance(found, Hint)
    assert found.part == part
    assert bool(found.contacts) is not bool(part) or not part
    assert not found.is_listed


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"{", id="broken"),
        pytest.param(b"\xff\xfe", id="no-text"),
        pytest.param(b"[" * 60_000, id="deep"),
        pytest.param(b'{"entity":' * 6_000, id="deep-objects"),
    ],
)
def test_what_is_signed_but_no_webhook(body):
    """It is answered as any other, and says nothing."""
    found = told(body)
    assert isinstance(found, Hint)
    assert (found.action, found.contacts) == ("other", ())


def test_another_administration():
    """A webhook of another administration is told apart; one that names none is ours, as its secret says."""
    assert told(pushed(action="contact_changed", administration_id=124)).is_foreign
    assert not told(pushed(action="contact_changed", administration_id=123)).is_foreign
    assert not told(pushed(action="contact_changed", administration_id=None)).is_foreign


def test_actions_are_few():
    """An action that no document names is `other`, whoever made it up."""
    assert told(BODY).action == "contact_changed"
    assert told(pushed(action="contact_x\nevil")).action == "other"
    assert told(pushed(action="sales_invoice_created", entity_type="SalesInvoice")).action == "other"


def test_what_a_repetition_has_in_common():
    """One with the same signature is the same, whatever its key; so is one with the same key, signed anew."""
    first = told(BODY, **{"idempotency-key": "a"})
    later = f"t={AT + 60},v1={digest(BODY, AT + 60)}"
    assert set(first.marks) & set(told(BODY, **{"idempotency-key": "b"}).marks)
    assert set(first.marks) & set(told(BODY).marks)
    assert set(first.marks) & set(told(BODY, later, **{"idempotency-key": "a"}).marks)
    assert not set(first.marks) & set(told(BODY, later, **{"idempotency-key": "b"}).marks)
    assert not set(first.marks) & set(told(BODY, later).marks)


def test_no_secret_is_shown():
    """The port's text form hides what only the owner knows."""
    assert SECRET not in repr(PORT)


@pytest.mark.parametrize("body", [b"", BODY, b"{"], ids=["empty", "webhook", "broken"])
@pytest.mark.parametrize("secret", [REGISTER, SECRET], ids=["none-yet", "secret"])
def test_before_there_is_a_secret(secret, body):
    """Until Moneybird gave one, everything is answered well and nothing is read, whatever is signed."""
    signed = {"moneybird-signature": f"t={AT},v1={digest(body, secret=REGISTER)}"}
    found = MoneybirdWebhooks(Secret(secret), BOOK).verify(signed, body, NOW)
    assert found == (Hint("other", ()) if secret == REGISTER else Refused("wrong_signature"))
