"""Reading one's own write: lists, searches, filters, counts and single contacts right after it."""

import asyncio
from datetime import timedelta

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.criteria import Criteria, contains, one_of, search_of
from gateway.directory.order import OrderField, OrderKey, order_of
from gateway.directory.paging import PageRequest
from gateway.domain.contact import ContactKey, ContactStatus
from gateway.domain.errors import BackendUnavailable
from gateway.flight import Deadline
from tests.fakes import FULL, NOW, SEAL, THIN, Clock, FakeContacts, backend, book_of, contact, turns

AWAY = BackendUnavailable("away")


class Setting:
    """A book of three contacts, full or thin, loaded; writes reach the directory and not the fake."""

    def __init__(self, listed: frozenset[str]) -> None:
        self.clock = Clock()
        people = [
            contact("1", "Ann", customer_number="C1"),
            contact("2", "Bo", customer_number="C2", first_name="Bo"),
            contact("3", "Cy", customer_number="C3"),
        ]
        self.contacts = FakeContacts(people, listed=listed)
        self.directory = Directory({"shop": book_of(backend(self.contacts), self.clock)}, SEAL)
        self.book = self.directory.books["shop"]

    async def put(self, remote: str, name: str | None, **values) -> None:
        """Tell of a write of a contact that takes this name; None: it is gone."""
        after = contact(remote, name, version="2", **values) if name else None
        await self.directory.put(ContactKey("shop", remote), after)

    async def listing(self, max_age: float | None = None, **criteria):
        """Ask for everything there is."""
        criteria.setdefault("condition", Criteria().condition)
        query = ListQuery(("shop",), PageRequest(), max_age, frozenset(), Criteria(**criteria))
        return await self.directory.list(query, Deadline(5.0))

    async def names(self, **criteria) -> list[str]:
        """Return the names that are listed, in their order."""
        return [row.held.value.display_name for row in (await self.listing(**criteria)).rows]

    async def read(self, remote: str, *, details: bool = True, max_age: float | None = None):
        """Return one contact's name; None where there is none."""
        found = await self.directory.read("shop", [remote], max_age=max_age, details=details)
        return found[remote].value.display_name if remote in found else None

    def asked(self) -> list[str]:
        """Return what the system was asked."""
        return [name for name, _ in self.contacts.switch.calls]


@pytest.fixture(params=[pytest.param(FULL, id="full"), pytest.param(THIN, id="thin")])
async def at(request):
    setting = Setting(request.param)
    await setting.book.renew()
    yield setting
    await setting.directory.close()


@pytest.fixture
async def thin_one():
    setting = Setting(THIN)
    await setting.book.renew()
    yield setting
    await setting.directory.close()


class TestPut:
    """What is known of a write is shown at once, without asking anybody."""

    async def test_every_way_of_listing(self, at):
        """Order, filter, search and count go by the new state, and the system is not asked."""
        await at.put("1", "Zoe", customer_number="C9")
        assert await at.names() == ["Bo", "Cy", "Zoe"]
        assert await at.names(condition=contains("displayName", "zo")) == ["Zoe"]
        assert await at.names(condition=contains("displayName", "ann")) == []
        assert await at.names(condition=one_of("customerNumber", ["C9"])) == ["Zoe"]
        assert await at.names(condition=one_of("customerNumber", ["C1"])) == []
        assert await at.names(search=search_of("zoe")) == ["Zoe"]
        assert await at.names(search=search_of("ann")) == []
        order = order_of((OrderKey(OrderField.CUSTOMER_NUMBER, descending=True),), "")
        assert await at.names(order=order) == ["Zoe", "Cy", "Bo"]
        assert (await at.listing()).total == 3
        assert [each for each in at.asked() if each == "scan"] == ["scan"]

    async def test_alone(self, at):
        """A contact asked for by its id, by details or by row, is the one that was written."""
        await at.put("1", "Anna")
        assert [await at.read("1"), await at.read("1", details=False)] == ["Anna", "Anna"]
        assert at.asked() == ["scan"]

    async def test_held_by_number(self, at):
        """Who has a customer number goes by the new state."""
        await at.put("1", "Ann", customer_number="C9")
        assert await at.directory.holders("shop", "C9") == [ContactKey("shop", "1")]
        assert await at.directory.holders("shop", "C1") == []

    async def test_a_new_contact(self, at):
        """A contact that was made is listed, counted and read."""
        await at.put("4", "Abe")
        assert await at.names() == ["Abe", "Ann", "Bo", "Cy"]
        listing = await at.listing()
        assert (listing.total, listing.sources[0].contact_count, await at.read("4")) == (4, 4, "Abe")

    async def test_a_contact_that_is_gone(self, at):
        """A contact that was deleted is neither listed nor counted nor read."""
        await at.put("1", None)
        del at.contacts.book["1"]
        listing = await at.listing()
        assert (listing.total, listing.sources[0].contact_count) == (2, 2)
        assert await at.names() == ["Bo", "Cy"]
        assert [await at.read("1"), await at.read("1", details=False)] == [None, None]

    async def test_an_archived_contact(self, at):
        """A contact that was archived leaves the list that shows active ones, and is still read."""
        await at.put("1", "Ann", status=ContactStatus.ARCHIVED)
        assert await at.names() == ["Bo", "Cy"]
        assert await at.names(condition=one_of("status", ["ARCHIVED"])) == ["Ann"]
        assert await at.read("1") == "Ann"

    async def test_a_second_write(self, at):
        """Of several writes the last one is shown."""
        for name in ("Anna", None, "Annie"):
            await at.put("1", name)
        assert await at.names() == ["Annie", "Bo", "Cy"]

    async def test_full_records_that_were_held(self, at):
        """A full record that was kept before the write is not shown after it."""
        at.contacts.book["1"] = contact("1", "Old")
        assert await at.read("1", max_age=0) == "Old"
        await at.put("1", "Anna")
        assert await at.read("1") == "Anna"
        at.clock.move(400)
        at.contacts.switch.failing = {"scan": AWAY, "get_many": AWAY}
        assert await at.read("1") == "Anna"

    async def test_before_the_first_list(self, at):
        """A write of a book that was never loaded is in its first list, which is asked for later."""
        fresh = Setting(at.contacts.listed)
        await fresh.put("1", "Anna")
        fresh.contacts.book["1"] = contact("1", "Anna", version="2")
        assert await fresh.names() == ["Anna", "Bo", "Cy"]
        await fresh.directory.close()

    async def test_as_old_as_its_reading(self, thin_one):
        """What is told of a written contact is as old as the reading after the write."""
        thin_one.clock.move(10)
        await thin_one.put("1", "Anna")
        thin_one.clock.move(3)
        found = await thin_one.directory.read("shop", ["1"], max_age=None, details=True)
        assert found["1"].fetched_at == NOW + timedelta(seconds=10)


class TestNextList:
    """A list that is asked for after a write speaks of it itself."""

    async def test_it_is_read_again(self, at):
        """What was written is read by the next list, whatever version its row has."""
        await at.put("1", "Anna")
        at.contacts.book["1"] = contact("1", "Anna B.", version="1")
        at.clock.move(31)
        await at.book.renew()
        assert at.contacts.switch.asked("scan")[-1] == {"2": "1", "3": "1"}
        assert await at.names() == ["Anna B.", "Bo", "Cy"]

    async def test_then_it_is_known(self, at):
        """One list later a written contact costs nothing more than any other."""
        await at.put("1", "Anna")
        at.contacts.book["1"] = contact("1", "Anna", version="2")
        await at.book.renew()
        await at.book.renew()
        assert at.contacts.switch.asked("scan")[-1] == {"1": "2", "2": "1", "3": "1"}

    async def test_a_new_contact_that_it_lacks(self, at):
        """A contact that was made and that the list does not name is asked for before it counts as gone."""
        await at.put("4", "Abe")
        at.contacts.book["4"] = contact("4", "Abe", version="2")
        at.contacts.unlisted.add("4")
        await at.book.renew()
        assert at.contacts.switch.asked("get_many") == [["4"]]
        assert await at.names() == ["Abe", "Ann", "Bo", "Cy"]
        del at.contacts.book["4"]
        await at.book.renew()
        assert await at.names() == ["Ann", "Bo", "Cy"]

    async def test_a_deleted_contact_that_is_back(self, at):
        """A contact that a later list names again was brought back by somebody else."""
        await at.put("1", None)
        await at.book.renew()
        assert await at.names() == ["Ann", "Bo", "Cy"]

    async def test_a_list_that_fails(self, at):
        """A list that fails takes nothing from what was written, and the next one reads it all the same."""
        await at.put("1", "Anna")
        at.contacts.switch.failing["scan"] = AWAY
        await at.book.renew()
        assert await at.names() == ["Anna", "Bo", "Cy"]
        at.contacts.switch.failing.clear()
        await at.book.renew()
        assert at.contacts.switch.asked("scan")[-1] == {"2": "1", "3": "1"}

    async def test_an_empty_book(self, at):
        """The only contact of a book is written, deleted and written again."""
        at.contacts.book = {}
        await at.book.renew()
        await at.put("9", "Ida")
        assert await at.names() == ["Ida"]
        await at.put("9", None)
        assert (await at.listing()).total == 0


class TestDoubt:
    """A write of which nobody knows."""

    async def test_a_list_asks(self, at):
        """While something is in doubt a list waits for a newer one, and after it asks nobody."""
        await at.directory.doubt("shop", "1")
        at.contacts.book["1"] = contact("1", "Anna", version="1")
        assert not at.book.young(None)
        assert await at.names() == ["Anna", "Bo", "Cy"]
        assert at.contacts.switch.asked("scan")[-1] == {"2": "1", "3": "1"}
        assert at.book.young(None)

    async def test_a_new_contact(self, at):
        """A contact that may have been made is looked for by the next list."""
        await at.directory.doubt("shop", None)
        at.contacts.book["4"] = contact("4", "Abe")
        assert await at.names() == ["Abe", "Ann", "Bo", "Cy"]
        assert at.contacts.switch.asked("scan")[-1] == {"1": "1", "2": "1", "3": "1"}

    @pytest.mark.parametrize("details", [pytest.param(True, id="details"), pytest.param(False, id="row")])
    async def test_the_contact_is_asked_for(self, at, details):
        """A contact in doubt is read from the system, by its row too; the others are not."""
        await at.read("1")
        before = len(at.contacts.switch.asked("get_many"))
        await at.directory.doubt("shop", "1")
        at.contacts.book["1"] = contact("1", "Anna", version="2")
        assert await at.read("1", details=details) == "Anna"
        assert at.contacts.switch.asked("get_many")[before:] == [["1"]]

    async def test_once_it_is_known_again(self, at):
        """A write that is proven afterwards ends the doubt of its contact."""
        await at.directory.doubt("shop", "1")
        await at.put("1", "Anna")
        assert at.book.young(None)
        assert (await at.read("1"), at.asked()) == ("Anna", ["scan"])

    async def test_a_list_that_fails(self, at):
        """Doubt outlasts a list that fails."""
        await at.directory.doubt("shop", "1")
        at.contacts.switch.failing["scan"] = AWAY
        assert (await at.listing()).sources[0].problem is AWAY
        at.contacts.switch.failing.clear()
        at.contacts.book["1"] = contact("1", "Anna", version="2")
        assert await at.names() == ["Anna", "Bo", "Cy"]

    async def test_a_list_under_way(self, at):
        """A list that was asked for before the doubt does not end it: one more is waited for."""
        gate = at.contacts.switch.shut("scan")
        renewing = asyncio.create_task(at.book.renew())
        await turns()
        await at.directory.doubt("shop", "1")
        listing = asyncio.create_task(at.names())
        await turns()
        gate.set()
        await asyncio.gather(renewing, listing)
        assert len(at.contacts.switch.asked("scan")) == 3
        assert at.book.young(None)
