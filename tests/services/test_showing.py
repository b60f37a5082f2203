"""Reading one's own write, over the gateway's own directory and caches."""

import asyncio
from dataclasses import replace

import pytest

from gateway.auth import EVERYONE
from gateway.directory.criteria import Criteria, search_of
from gateway.directory.listing import ListQuery
from gateway.directory.paging import PageRequest
from gateway.domain.administration import FieldRule
from gateway.domain.changes import Changes
from gateway.domain.contact import ContactKey, PostalAddress
from gateway.domain.errors import BackendUnavailable
from gateway.domain.faults import FaultCode, Outcome
from gateway.flight import Deadline
from gateway.loaders import ContactQuestion, Loaders
from gateway.ports import Written
from gateway.services.result import Wish
from tests.fakes import FULL, THIN, FakeContacts, Script, backend, contact, load_all, turns, world
from tests.services.desk import viewer

KEY = ContactKey("shop", "1")
ANN = contact("1", "Ann", customer_number="C1")
ANNA = contact("1", "Anna", customer_number="C2", version="2")
NAMED = Changes({"companyName": "Anna"})
RULES = (FieldRule("companyName", readable=True, writable=True),)


class Shop:
    """A gateway over one book, whose update makes Ann to Anna."""

    def __init__(self, contacts: FakeContacts) -> None:
        self.contacts = contacts
        self.script = Script(
            Written(Outcome.UPDATED, ANNA), planned={"before": ANN}, effect=lambda: self.land(ANNA)
        )
        contacts.scripts = {"update": self.script, "delete": self.script, "create": self.script}
        self.backend = replace(backend(contacts), fields=RULES)

    def land(self, after) -> None:
        """Let the system have it."""
        self.contacts.book["1"] = after

    async def update(self, opened):
        """Write."""
        return await opened.gateway.services.contacts.update(viewer(), KEY, NAMED, Wish())

    async def names(self, opened, **criteria) -> list[str]:
        """List."""
        query = ListQuery(("shop",), PageRequest(), None, frozenset(), Criteria(**criteria))
        listing = await opened.gateway.directory.list(query, Deadline(5.0))
        return [row.held.value.display_name for row in listing.rows]

    async def holders(self, opened, number: str) -> list[str]:
        """Look a number up."""
        loaders = Loaders(opened.gateway.shelves, EVERYONE, Deadline(5.0))
        held = await loaders.by_customer_number("shop", number)
        return [each.display_name for each in held.value]

    async def read(self, opened) -> str:
        """Read the contact."""
        loaders = Loaders(opened.gateway.shelves, EVERYONE, Deadline(5.0))
        return (await loaders.contact.load(ContactQuestion("shop", "1"))).value.display_name


@pytest.fixture(params=[pytest.param(FULL, id="full"), pytest.param(THIN, id="thin")])
def shop(request) -> Shop:
    return Shop(FakeContacts([ANN, contact("2", "Bo")], listed=request.param, looks_up=True))


@pytest.fixture
async def opened(shop):
    async with world(shop.backend) as made:
        await load_all(made.gateway.directory)
        yield made


async def test_right_after_a_write(shop, opened):
    """Contact, list, search and both numbers show a write at once, and no list is asked for it."""
    assert [await shop.holders(opened, number) for number in ("C1", "C2")] == [["Ann"], []]
    assert await shop.read(opened) == "Ann"
    assert (await shop.update(opened)).outcome is Outcome.UPDATED
    assert await shop.read(opened) == "Anna"
    assert await shop.names(opened) == ["Anna", "Bo"]
    assert await shop.names(opened, search=search_of("ann")) == ["Anna"]
    assert [await shop.holders(opened, number) for number in ("C1", "C2")] == [[], ["Anna"]]
    assert shop.contacts.switch.asked("scan") == [{}]


async def test_right_after_a_delete(shop, opened):
    """A deleted contact is neither listed nor found nor read."""
    shop.script.written = Written(Outcome.DELETED)
    shop.script.effect = lambda: shop.contacts.book.pop("1")
    await shop.holders(opened, "C1")
    await opened.gateway.services.contacts.delete(viewer(), KEY, Wish())
    assert await shop.names(opened) == ["Bo"]
    assert await shop.holders(opened, "C1") == []
    assert await opened.gateway.directory.read("shop", ["1"], max_age=None, details=True) == {}


@pytest.mark.parametrize("landed", [pytest.param(True, id="landed"), pytest.param(False, id="not-landed")])
async def test_after_an_outcome_that_nobody_knows(shop, opened, landed):
    """Whether an unknown write landed or not, what is read after it is what the system has."""
    assert (await shop.holders(opened, "C1"), await shop.read(opened)) == (["Ann"], "Ann")
    shop.script.switch.failing["send"] = BackendUnavailable("away")
    result = await shop.update(opened)
    assert [each.code for each in result.faults] == [FaultCode.OUTCOME_UNKNOWN]
    if landed:
        shop.land(ANNA)
    now = "Anna" if landed else "Ann"
    assert await shop.read(opened) == now
    assert await shop.names(opened) == [now, "Bo"]
    assert await shop.holders(opened, "C1") == ([] if landed else ["Ann"])


async def test_a_list_under_way(shop, opened):
    """A list that was asked for before a write and answers after it does not bring the old state back."""
    old = dict(shop.contacts.book)
    shop.script.effect = lambda: None
    gate = shop.contacts.switch.shut("scan")
    renewing = asyncio.create_task(load_all(opened.gateway.directory))
    await turns()
    await shop.update(opened)
    shop.contacts.book = old
    gate.set()
    await renewing
    assert await shop.names(opened) == ["Anna", "Bo"]


async def test_a_first_result_comes_with_what_is_shown(shop, opened):
    """What is told once more under a key has the contact as it is now, read where that is needed."""
    create = opened.gateway.services.contacts.create
    wish = Wish(idempotency_key="k")
    first = await create(viewer(), "shop", NAMED, wish)
    again = await create(viewer(), "shop", NAMED, wish)
    assert (first.contact.value, again.contact.value, again.outcome) == (ANNA, ANNA, Outcome.UPDATED)
    del shop.contacts.book["1"]
    await opened.gateway.directory.put(KEY, None)
    assert (await create(viewer(), "shop", NAMED, wish)).contact is None
    assert shop.script.steps().count("send") == 1


async def test_the_country_that_is_held_decides(shop, opened):
    """A number is checked by the country that is held of the contact, without asking the system."""
    rules = (FieldRule("chamberOfCommerce", writable=True), FieldRule("address.countryCode", writable=True))
    service = opened.gateway.services.contacts
    service.writer.backends["shop"] = replace(shop.backend, fields=rules)
    asked = len(shop.contacts.switch.calls)
    result = await service.update(viewer(), KEY, Changes({"chamberOfCommerce": "HRB 1"}), Wish())
    assert [each.path for each in result.faults] == ["chamberOfCommerce"]
    abroad = replace(ANN, address=PostalAddress(country_code="DE"))
    await opened.gateway.directory.put(KEY, abroad)
    result = await service.update(viewer(), KEY, Changes({"chamberOfCommerce": "HRB 1"}), Wish())
    assert (result.outcome, len(shop.contacts.switch.calls)) == (Outcome.UPDATED, asked)
