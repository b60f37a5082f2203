"""What systems send of their own accord: whom it is taken from, how often, and what is forgotten for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind
from gateway.domain.person import Person
from gateway.ports import Hint, Refused
from gateway.webhooks import REMEMBERED_FOR, Repetitions
from tests.fakes import NOW, Clock, FakeContacts, FakeMandates, backend, contact, load_all, turns, world
from tests.telemetry.measured import total

OLD = 400.0
"""Seconds after which a book answers no look-up by number any more without asking."""

HINT = Hint("contact_changed", ("m1",), ("1",))


@dataclass
class FakeWebhooks:
    """Satisfies `Webhooks`: finds what it is told to."""

    found: Hint | Refused = HINT
    seen: list[tuple[Mapping[str, str], bytes, datetime]] = field(default_factory=list)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Hint | Refused:
        """Note what came."""
        self.seen.append((headers, body, now))
        return self.found


def shop(port: FakeWebhooks | None, contacts: FakeContacts | None = None, **ports: object):
    made = contacts or FakeContacts([contact("1", "Ann", customer_number="C1")])
    return replace(backend(made, **ports), webhooks=port)


async def test_a_hint_has_its_contact_read():
    """What was trusted is read again behind the answer, and headers, body and time were all looked at."""
    port, contacts = FakeWebhooks(), FakeContacts([contact("1", "Ann")])
    async with world(shop(port, contacts)) as house:
        await load_all(house.gateway.directory)
        contacts.book["1"] = contact("1", "Bea")
        assert house.gateway.intake.take("shop", {"a": "b"}, b"body")
        await turns(30)
        shown = house.gateway.directory.books["shop"].snapshot.get("1")[0]
    assert shown.display_name == "Bea"
    assert port.seen == [({"a": "b"}, b"body", NOW)]


@pytest.mark.parametrize(
    ("found", "trusted", "outcome"),
    [
        pytest.param(HINT, True, "taken", id="hint"),
        pytest.param(replace(HINT, contacts=(), is_wide=True), True, "taken", id="list"),
        pytest.param(replace(HINT, contacts=()), True, "ignored", id="nobody"),
        pytest.param(replace(HINT, is_foreign=True), True, "foreign", id="other-administration"),
        pytest.param(Refused("wrong_signature"), False, "refused", id="refused"),
    ],
)
async def test_what_becomes_of_a_webhook(found, trusted, outcome):
    """Each is counted and told by its outcome, and only what was taken has anything read."""
    contacts = FakeContacts([contact("1")])
    async with world(shop(FakeWebhooks(found), contacts)) as house:
        with capture_logs() as events:
            assert house.gateway.intake.take("shop", {}, b"") is trusted
        await turns(30)
        counted = (await house.browser().get("/metrics")).text
    told = {"action": HINT.action} if trusted else {"reason": "wrong_signature"}
    expected = {"event": "webhook", "administration": "shop", "outcome": outcome, "log_level": "info", **told}
    assert [each for each in events if each["event"] == "webhook"] == [expected]
    assert total(counted, "webhooks_total", administration="shop", outcome=outcome) == 1
    assert bool(contacts.switch.calls) is (outcome == "taken")


async def test_a_part_has_its_owner_read():
    """A person that shows no owner is looked up in the book, and its contact is read."""
    contacts = FakeContacts([contact("1", persons=(Person("9", "Pia", remote_id="9"),))])
    async with world(shop(FakeWebhooks(replace(HINT, contacts=(), part="9")), contacts)) as house:
        await load_all(house.gateway.directory)
        house.gateway.intake.take("shop", {}, b"")
        await contacts.switch.until("get_many")
    assert contacts.switch.asked("get_many") == [["1"]]


@pytest.mark.parametrize("slug", ["other", "", "deaf", "SHOP", "shop/"], ids=repr)
async def test_nobody_is_at_that_address(slug):
    """An unknown address and an administration without webhooks are the same; nothing of it is told on."""
    async with world(shop(FakeWebhooks()), backend([], slug="deaf")) as house:
        with capture_logs() as events:
            assert not house.gateway.intake.take(slug, {}, b"")
    expected = {"event": "webhook", "outcome": "refused", "reason": "unknown_address", "log_level": "info"}
    assert events == [expected]


async def test_a_repetition_is_taken_once():
    """The same webhook is trusted again and nothing is read again."""
    contacts = FakeContacts([contact("1")])
    async with world(shop(FakeWebhooks(), contacts)) as house:
        assert [house.gateway.intake.take("shop", {}, b"") for _ in range(3)] == [True] * 3
        await turns(30)
        counted = (await house.browser().get("/metrics")).text
    assert len(contacts.switch.asked("get_many")) == 1
    assert total(counted, "webhooks_total", administration="shop", outcome="repeated") == 2


async def test_what_is_held_beside_a_contact_is_forgotten():
    """Mandates, and who has which customer number, are asked anew after a hint."""
    contacts = FakeContacts(looks_up=True)
    contacts.book["1"] = contact("1", "Ann", customer_number="C1", has_payments_mandate=True)
    mandates = FakeMandates({"1": PaymentsMandate(PaymentsMandateKind.SEPA)})
    async with world(shop(FakeWebhooks(), contacts, mandates=mandates)) as house:
        await load_all(house.gateway.directory)
        house.clock.move(OLD)
        assert (await house.ask(MANDATE)).data["contactByCustomerNumber"]["mandate"]["payments"]
        mandates.mandates.clear()
        contacts.book["1"] = contact("1", "Bea", customer_number="C2", has_payments_mandate=True)
        house.gateway.intake.take("shop", {}, b"")
        await turns(30)
        house.clock.move(1)
        assert (await house.ask(MANDATE)).codes == ["NOT_FOUND"]
        answer = await house.ask(MANDATE.replace("C1", "C2"))
    assert not answer.errors
    found = answer.data["contactByCustomerNumber"]
    assert found["displayName"] == "Bea"
    assert found["mandate"] is None or found["mandate"]["payments"] is None


MANDATE = """{ contactByCustomerNumber(customerNumber: "C1", administration: "shop") {
  displayName mandate { payments { kind } } } }"""


def test_marks_are_forgotten_in_time():
    """A mark is known for as long as its signature could be good, and no longer."""
    seen, clock = Repetitions(), Clock()
    assert not seen.known(["a", "b"], clock())
    assert seen.known(["b"], clock())
    assert not seen.known(["c"], clock() + timedelta(seconds=1))
    assert seen.known(["x", "a"], clock() + timedelta(seconds=REMEMBERED_FOR))
    assert not seen.known(["a"], clock() + timedelta(seconds=REMEMBERED_FOR + 1))
    assert not seen.known(["x"], clock())


def test_marks_are_few():
    """More of them than are kept push out the oldest."""
    seen = Repetitions(most=3)
    for name in "abcdef":
        assert not seen.known([name], NOW)
    assert len(seen) <= 4
    assert not seen.known(["a"], NOW)
    assert seen.known(["f"], NOW)
