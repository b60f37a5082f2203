"""What one request asks of the systems: gathered by tick, and only for who may see it."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.auth import EVERYONE, Scope, Viewer
from gateway.domain.administration import Choice, ChoiceKind
from gateway.domain.charge import Charge
from gateway.domain.contact import ContactKey
from gateway.domain.errors import (
    BackendUnavailable,
    BadUpstreamAnswer,
    DeadlineExceeded,
    NotFound,
)
from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind
from gateway.flight import Deadline
from gateway.loaders import NOBODY, ChargesQuestion, ContactQuestion, Loaders
from tests.fakes import FakeBook, FakeCharges, FakeContacts, FakeMandates, backend, contact, world

SHOPKEEPER = Viewer("shop", frozenset({Scope.READ}), frozenset({"shop"}))
CHARGES = {"1": (Charge("c1", Decimal(5), billed=False), Charge("c2", Decimal(7), billed=True))}
MANDATE = PaymentsMandate(PaymentsMandateKind.SEPA)


class Setting:
    """Two administrations of a hundred contacts, one with everything and one with contacts alone."""

    def __init__(self) -> None:
        numbers = [str(number) for number in range(100)]
        self.contacts = FakeContacts([contact(key) for key in numbers], looks_up=True)
        self.other = FakeContacts([contact(key, slug="web") for key in numbers])
        self.charges = FakeCharges(CHARGES)
        self.mandates = FakeMandates({"1": MANDATE})
        self.book = FakeBook({ChoiceKind.USER: (Choice("7", "Jan"),)})
        shop = backend(self.contacts, charges=self.charges, mandates=self.mandates)
        self.backends = [replace(shop, book=self.book), backend(self.other, slug="web")]

    def loaders(self, opened, viewer: Viewer = EVERYONE, seconds: float = 5.0) -> Loaders:
        return Loaders(opened.gateway.shelves, viewer, Deadline(seconds))


@pytest.fixture
def at() -> Setting:
    return Setting()


@pytest.fixture
async def opened(at):
    async with world(*at.backends) as made:
        yield made


def ask(slug: str, *keys: str, **rest) -> list[ContactQuestion]:
    return [ContactQuestion(slug, key, **rest) for key in keys]


async def test_a_tick_is_one_call(at, opened):
    """A hundred contacts asked for in one tick are one call for each administration."""
    numbers = [str(number) for number in range(100)]
    loaders = at.loaders(opened)
    questions = [*ask("shop", *numbers), *ask("web", *numbers)]
    found = await asyncio.gather(*(loaders.contact.load(each) for each in questions))
    assert [held.value.key.remote for held in found] == numbers * 2
    assert [held.value.key.administration for held in found] == ["shop"] * 100 + ["web"] * 100
    assert at.contacts.switch.asked("get_many") == at.other.switch.asked("get_many") == [numbers]


async def test_ages_are_kept_apart(at, opened):
    """Questions of different ages are not answered by one another's reading."""
    loaders = at.loaders(opened)
    questions = [*ask("shop", "1"), *ask("shop", "1", max_age=0)]
    await asyncio.gather(*(loaders.contact.load(each) for each in questions))
    assert sorted(at.contacts.switch.asked("get_many")) in ([["1"]], [["1"], ["1"]])
    await at.loaders(opened).contact.load(ask("shop", "1", max_age=0)[0])
    assert len(at.contacts.switch.asked("get_many")) >= 2


async def test_errors_by_key(at, opened):
    """A key that fails or is not there is an error of its own; the others are answered."""
    at.contacts.failures["2"] = BadUpstreamAnswer("unreadable")
    loaders = at.loaders(opened)
    loading = [loaders.contact.load(each) for each in [*ask("shop", "1", "2", "999"), *ask("none", "1")]]
    found = await asyncio.gather(*loading, return_exceptions=True)
    assert found[0].value.key.remote == "1"
    assert found[1] is at.contacts.failures["2"]
    assert [type(each) for each in found[2:]] == [NotFound, NotFound]


async def test_an_administration_that_fails(at, opened):
    """A system that fails takes its own contacts along, and no other's."""
    at.contacts.switch.failing["get_many"] = BackendUnavailable("away")
    loaders = at.loaders(opened)
    loading = [loaders.contact.load(each) for each in [*ask("shop", "1"), *ask("web", "1")]]
    found = await asyncio.gather(*loading, return_exceptions=True)
    assert found[0] is at.contacts.switch.failing["get_many"]
    assert found[1].value.key.administration == "web"


async def test_two_viewers(at, opened):
    """What one viewer was shown is not there for another, who hears the same as of what nobody has."""
    everyone, shopkeeper = at.loaders(opened), at.loaders(opened, SHOPKEEPER)
    for key in ("1", "999"):
        await asyncio.gather(everyone.contact.load(ask("web", key)[0]), return_exceptions=True)
    heard = []
    for question in (ask("web", "1")[0], ask("web", "999")[0], ask("none", "1")[0]):
        with pytest.raises(NotFound) as caught:
            await shopkeeper.contact.load(question)
        heard.append(caught.value.message)
    assert len(set(heard)) == 1
    assert (await shopkeeper.contact.load(ask("shop", "1")[0])).value.key.administration == "shop"


@pytest.mark.parametrize(
    "asking",
    [
        pytest.param(lambda loaders: loaders.charges.load(ChargesQuestion("web", "1")), id="charges"),
        pytest.param(lambda loaders: loaders.mandate.load(("web", "1")), id="mandate"),
        pytest.param(lambda loaders: loaders.choices("web", ChoiceKind.USER), id="choices"),
        pytest.param(lambda loaders: loaders.facts("web"), id="facts"),
        pytest.param(lambda loaders: loaders.by_customer_number("web", "1"), id="customer-number"),
    ],
)
async def test_no_way_around(at, opened, asking):
    """No loader answers for an administration that the viewer may not see."""
    with pytest.raises(NotFound):
        await asking(at.loaders(opened, SHOPKEEPER))


async def test_charges_with_and_without_billed(at, opened):
    """Charges are kept apart by whether billed ones were asked for, and asked for once each."""
    for _ in range(2):
        loaders = at.loaders(opened)
        questions = [ChargesQuestion("shop", "1", include_billed=billed) for billed in (False, True)]
        found = await asyncio.gather(*(loaders.charges.load(each) for each in questions))
        assert [[each.remote_id for each in charges] for charges in found] == [["c1"], ["c1", "c2"]]
    assert sorted(at.charges.switch.asked("of_contact")) == [("1", False), ("1", True)]


async def test_what_a_system_lacks(at, opened):
    """Where a system has no charges or mandates the answer is nothing, without a call."""
    loaders = at.loaders(opened)
    assert await loaders.charges.load(ChargesQuestion("web", "1")) == ()
    assert await loaders.mandate.load(("web", "1")) is None
    assert await loaders.by_customer_number("web", "1") is None
    assert at.other.switch.calls == []


async def test_mandates(at, opened):
    """A mandate is read for each contact once, and "none" is an answer that is kept."""
    for _ in range(2):
        loaders = at.loaders(opened)
        found = await asyncio.gather(*(loaders.mandate.load(("shop", key)) for key in "12"))
        assert found == [MANDATE, None]
    assert sorted(at.mandates.switch.asked("of_contact")) == ["1", "2"]


async def test_a_failing_charge_is_its_own(at, opened):
    """Charges and mandates that fail are the error of their own contact."""
    at.charges.switch.failing["of_contact"] = BackendUnavailable("away")
    loaders = at.loaders(opened)
    questions = [ChargesQuestion("shop", "1"), ChargesQuestion("web", "1")]
    found = await asyncio.gather(*(loaders.charges.load(each) for each in questions), return_exceptions=True)
    assert found == [at.charges.switch.failing["of_contact"], ()]


async def test_lists_and_facts(at, opened):
    """Lists and facts of a book are asked for once; a list that is not there is an answer too."""
    for _ in range(2):
        loaders = at.loaders(opened)
        assert await loaders.choices("shop", ChoiceKind.USER) == (Choice("7", "Jan"),)
        assert await loaders.choices("shop", ChoiceKind.VAT_RATE) is None
        assert (await loaders.facts("shop")).currency == "EUR"
    assert at.book.switch.asked("choices") == [ChoiceKind.USER, ChoiceKind.VAT_RATE]
    assert len(at.book.switch.asked("facts")) == 1


async def test_look_up_by_number(at, opened):
    """A look-up that finds somebody is kept, one that finds nobody is made again."""
    at.contacts.book["1"] = replace(at.contacts.book["1"], customer_number="K-1")
    for _ in range(2):
        loaders = at.loaders(opened)
        found = await loaders.by_customer_number("shop", "K-1")
        assert [each.key.remote for each in found.value] == ["1"]
        assert await loaders.by_customer_number("shop", "K-2") is NOBODY
    assert at.contacts.switch.asked("by_customer_number") == ["K-1", "K-2", "K-2"]


@pytest.mark.parametrize(
    "asking",
    [
        pytest.param(lambda loaders: loaders.contact.load(ContactQuestion("shop", "1")), id="contact"),
        pytest.param(lambda loaders: loaders.charges.load(ChargesQuestion("shop", "1")), id="charges"),
        pytest.param(lambda loaders: loaders.mandate.load(("shop", "1")), id="mandate"),
        pytest.param(lambda loaders: loaders.choices("shop", ChoiceKind.USER), id="choices"),
    ],
)
async def test_the_deadline_holds_for_all(at, opened, asking):
    """No loader waits longer than the operation's time."""
    for fake, method in (
        (at.contacts, "get_many"),
        (at.charges, "of_contact"),
        (at.mandates, "of_contact"),
        (at.book, "choices"),
    ):
        fake.switch.shut(method)
    with pytest.raises(DeadlineExceeded):
        await asking(at.loaders(opened, seconds=0.02))


class TestForget:
    """What was read before a write."""

    async def test_what_one_request_asked_before(self, at, opened):
        """A request that has written asks once more for what it had; other requests are not disturbed."""
        loaders = at.loaders(opened)
        asked = ContactQuestion("shop", "1", max_age=0)
        first, _ = await loaders.contact.load(asked), await loaders.contact.load(asked)
        at.contacts.book["1"] = contact("1", "Anna")
        loaders.forget()
        assert (first.value.display_name, (await loaders.contact.load(asked)).value.display_name) == (
            "Contact 1",
            "Anna",
        )
        assert len(at.contacts.switch.asked("get_many")) == 2

    @pytest.mark.parametrize("billed", [pytest.param(True, id="all"), pytest.param(False, id="open")])
    async def test_charges(self, at, opened, billed):
        """Charges of a contact that was written are asked for again, those of others are not."""
        asked = [ChargesQuestion("shop", key, include_billed=billed) for key in "12"]
        await asyncio.gather(*(at.loaders(opened).charges.load(each) for each in asked))
        at.charges.charges["1"] = (Charge("c3", Decimal(9), billed=False),)
        await opened.gateway.shelves.forget(ContactKey("shop", "1"))
        found = await asyncio.gather(*(at.loaders(opened).charges.load(each) for each in asked))
        assert [[each.remote_id for each in charges] for charges in found] == [["c3"], []]
        assert at.charges.switch.asked("of_contact") == [("1", billed), ("2", billed), ("1", billed)]

    async def test_a_mandate(self, at, opened):
        """The mandate of a contact that was written is asked for again."""
        assert await at.loaders(opened).mandate.load(("shop", "1")) is MANDATE
        del at.mandates.mandates["1"]
        await opened.gateway.shelves.forget(ContactKey("shop", "1"))
        assert await at.loaders(opened).mandate.load(("shop", "1")) is None

    async def test_who_holds_a_number(self, at, opened):
        """A customer number that was written is looked up again; others are not."""
        at.contacts.book = {key: contact(key, customer_number=f"C{key}") for key in "12"}
        for number in ("C1", "C2"):
            await at.loaders(opened).by_customer_number("shop", number)
        at.contacts.book = {"3": contact("3", customer_number="C1")}
        await opened.gateway.shelves.forget_numbers("shop", ["C1", "unknown"])
        found = [await at.loaders(opened).by_customer_number("shop", number) for number in ("C1", "C2")]
        assert [[each.key.remote for each in held.value] for held in found] == [["3"], ["2"]]
        assert at.contacts.switch.asked("by_customer_number") == ["C1", "C2", "C1"]
