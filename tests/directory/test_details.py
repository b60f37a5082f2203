"""Full records behind rows: contacts by id, and what the details of a thin list are worth."""

import asyncio
from dataclasses import replace

import pytest

from gateway.cache import Held
from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.settings import Ages
from tests.fakes import FULL, NOW, THIN, FakeContacts, backend, book_of, contact, thin, turns

AWAY = BackendUnavailable("away")


def detailed(book) -> set[str]:
    return set(book.snapshot.keys()) - set(book.snapshot.thin_keys())


class TestRead:
    """Contacts by id."""

    async def test_from_the_snapshot(self, book, contacts):
        """What the book holds and is young is not asked for again."""
        await book.renew()
        found = await book.read(["2", "1", "2"], max_age=None, details=True)
        assert {key: held.value.display_name for key, held in found.items()} == {"1": "Ann", "2": "Bo"}
        assert {held.fetched_at for held in found.values()} == {NOW}
        assert contacts.switch.asked("get_many") == []

    async def test_without_a_book(self, book, contacts):
        """Without a loaded book the system is asked for the contacts themselves; absent ones are left out."""
        found = await book.read(["1", "9"], max_age=None, details=True)
        assert set(found) == {"1"}
        assert contacts.switch.calls == [("get_many", ["1", "9"])]

    async def test_asked_for_now(self, book, contacts):
        """With an age of zero the system is asked although the book was just loaded."""
        await book.renew()
        contacts.book["1"] = contact("1", "Anna")
        found = await book.read(["1"], max_age=0, details=True)
        assert found["1"].value.display_name == "Anna"

    @pytest.mark.parametrize(
        ("listed", "sizes"),
        [pytest.param(FULL, [100, 5], id="full-list"), pytest.param(THIN, [20] * 5 + [5], id="thin-list")],
    )
    async def test_batches(self, clock, listed, sizes):
        """Many ids are read in batches, smaller where each contact is a call of its own."""
        contacts = FakeContacts([contact(str(number)) for number in range(105)], listed=listed)
        book = book_of(backend(contacts), clock)
        found = await book.read(list(contacts.book), max_age=None, details=True)
        assert len(found) == 105
        assert [len(asked) for asked in contacts.switch.asked("get_many")] == sizes

    async def test_a_row_stands_in(self, book, contacts, clock):
        """Where the full record cannot be read, the row of the last list stands in and says why."""
        await book.renew()
        clock.move(301)
        contacts.switch.failing["get_many"] = AWAY
        found = await book.read(["1", "9"], max_age=None, details=True)
        assert found == {"1": Held(contacts.book["1"], NOW, AWAY), "9": AWAY}

    async def test_no_row_stands_in_when_turned_away(self, book, contacts):
        """When the credentials are rejected nothing held stands in."""
        await book.renew()
        contacts.switch.failing["get_many"] = CredentialsRejected("no")
        found = await book.read(["1"], max_age=0, details=True)
        assert found == {"1": contacts.switch.failing["get_many"]}


class TestThin:
    """A system whose list tells less than its details."""

    @pytest.fixture
    def contacts(self) -> FakeContacts:
        full = contact("1", "Ann", first_name="Ann", unknown=frozenset({"invoicing.vatTreatment"}))
        return FakeContacts([full, contact("2", "Bo")], listed=THIN)

    async def test_rows_or_details(self, book, contacts):
        """A row is enough where no details are asked for; else they are read once and then held."""
        await book.renew()
        row = await book.read(["1"], max_age=None, details=False)
        assert (row["1"].value.complete, contacts.switch.asked("get_many")) == (False, [])
        for _ in range(2):
            full = await book.read(["1"], max_age=None, details=True)
            assert (full["1"].value.complete, full["1"].value.first_name) == (True, "Ann")
        assert contacts.switch.asked("get_many") == [["1"]]
        assert (book.snapshot.detailed, list(book.snapshot.thin_keys())) == (1, ["2"])

    async def test_what_only_the_list_tells(self, book, contacts):
        """Details are filled with what only the list's row tells."""
        full = contacts.book["1"]
        treated = replace(full.invoicing, vat_treatment="3")
        contacts.row = lambda each: replace(thin(each), invoicing=treated)
        await book.renew()
        found = await book.read(["1"], max_age=None, details=True)
        assert found["1"].value.invoicing.vat_treatment == "3"
        assert found["1"].value.unknown == frozenset()

    async def test_a_changed_row_drops_its_details(self, book, contacts):
        """When the list shows that a contact changed, the details that are held of it are read anew."""
        await book.renew()
        await book.read(["1", "2"], max_age=None, details=True)
        contacts.book["1"] = replace(contacts.book["1"], first_name="Anna", version="2")
        await book.renew()
        assert detailed(book) == {"2"}
        found = await book.read(["1"], max_age=None, details=True)
        assert found["1"].value.first_name == "Anna"

    async def test_a_deleted_contact_is_forgotten(self, book, contacts):
        """Details of a contact that went away are neither counted nor shown any more."""
        await book.renew()
        await book.read(["1", "2"], max_age=None, details=True)
        del contacts.book["1"]
        await book.renew()
        assert detailed(book) == {"2"}
        assert await book.read(["1"], max_age=None, details=True) == {}


class TestRaces:
    """Details and list, read at the same time."""

    @pytest.fixture
    def contacts(self) -> FakeContacts:
        return FakeContacts([contact("1", "Ann", first_name="old"), contact("2", "Bo")], listed=THIN)

    @staticmethod
    def change(contacts) -> None:
        contacts.book["1"] = contact("1", "Anna", first_name="new", version="2")

    async def test_details_asked_before_the_change_was_shown(self, book, contacts, clock):
        """Details under way while the list shows their contact's change are read once more, then held."""
        await book.renew()
        before = {key: contacts.book[key] for key in ["1", "2"]}
        gate = contacts.switch.shut("get_many")
        reading = asyncio.create_task(book.read(["1", "2"], max_age=None, details=True))
        await turns()
        assert contacts.switch.asked("get_many") == [["1", "2"]]
        clock.move(5)
        self.change(contacts)
        await book.renew()
        contacts.book, now = dict(before), contacts.book
        contacts.switch.gates["get_many"] = asyncio.Event()
        gate.set()
        await turns()
        contacts.book = now
        contacts.switch.gates.pop("get_many").set()
        found = await reading
        assert contacts.switch.asked("get_many") == [["1", "2"], ["1"]]
        assert found["1"].value.first_name == "new"
        assert book.snapshot.get("1")[0].first_name == "new"

    async def test_details_asked_while_the_list_was_read(self, book, contacts, clock):
        """Details asked after the list was, and before it came, are not put beside what it shows."""
        await book.renew()
        gate = contacts.switch.shut("scan")
        renewing = asyncio.create_task(book.renew())
        await turns()
        clock.move(5)
        held = contacts.switch.shut("get_many")
        reading = asyncio.create_task(book.read(["1"], max_age=None, details=True))
        await turns()
        clock.move(5)
        old = contacts.book["1"]
        self.change(contacts)
        gate.set()
        await renewing
        contacts.book["1"] = old
        del contacts.switch.gates["get_many"]
        held.set()
        await turns(3)
        self.change(contacts)
        found = await reading
        assert found["1"].value.first_name == "new"
        assert book.snapshot.get("1")[0].first_name == "new"

    async def test_details_asked_in_the_same_moment(self, book, contacts):
        """Details are not put beside a row that came while they were read, however short that took."""
        await book.renew()
        gate, old = contacts.switch.shut("get_many"), contacts.book["1"]
        reading = asyncio.create_task(book.read(["1"], max_age=None, details=True))
        await turns()
        self.change(contacts)
        await book.renew()
        contacts.book["1"] = old
        gate.set()
        await reading
        assert (book.snapshot.get("1")[0].display_name, detailed(book)) == ("Anna", set())

    async def test_details_read_between_two_lists_that_break_off(self, book, contacts):
        """What came of a list that broke off is not put over the details that were read since."""
        await book.renew()
        contacts.parts = 1
        contacts.switch.failing["part 2"] = AWAY
        self.change(contacts)
        contacts.book["2"] = contact("2", "Bob", version="2")
        await book.renew()
        await book.read(["1"], max_age=None, details=True)
        await book.renew()
        assert (detailed(book), book.snapshot.get("1")[0].first_name) == ({"1"}, "new")

    async def test_what_is_held_already_changes_nothing(self, book, contacts, clock):
        """Details that stand in for newer ones are those that the snapshot holds: it stays the same."""
        await book.renew()
        await book.read(["1"], max_age=None, details=True)
        before = book.snapshot
        clock.move(10)
        contacts.switch.failing["get_many"] = AWAY
        found = await book.read(["1"], max_age=0, details=True)
        assert (found["1"].fetched_at, found["1"].stale_because) == (NOW, AWAY)
        assert book.snapshot is before

    async def test_held_details_of_another_state(self, book, contacts, clock):
        """Details kept from before a list that broke off half way are not put beside its rows."""
        await book.renew()
        await book.read(["1"], max_age=None, details=True)
        clock.move(5)
        contacts.parts = 1
        contacts.switch.failing["part 2"] = AWAY
        self.change(contacts)
        contacts.book["2"] = contact("2", "Bob", version="2")
        await book.renew()
        assert (book.problem, book.snapshot.get("1")[0].display_name) == (AWAY, "Anna")
        found = await book.read(["1"], max_age=None, details=True)
        assert found["1"].value.first_name == "new"
        assert contacts.switch.asked("get_many") == [["1"], ["1"]]


class TestExpired:
    """Details older than every age."""

    @pytest.fixture
    def contacts(self) -> FakeContacts:
        return FakeContacts([contact("1", "Ann"), contact("2", "Bo")], listed=THIN)

    @pytest.fixture
    async def book(self, contacts, clock):
        ages = Ages(fresh=50, revalidate=100, stale=1000)
        made = book_of(backend(contacts), clock, ages=Ages(30, 300, 5000), details=ages)
        yield made
        await made.close()

    async def test_they_give_way_to_their_rows(self, book, contacts, clock):
        """At the next renewal past every age the row alone is left, and no call is made for it."""
        await book.renew()
        await book.read(["1"], max_age=None, details=True)
        clock.move(500)
        await book.read(["2"], max_age=None, details=True)
        clock.move(500)
        await book.renew()
        assert detailed(book) == {"1", "2"}
        clock.move(1)
        await book.renew()
        assert detailed(book) == {"2"}
        assert book.snapshot.get("1")[0].display_name == "Ann"
        assert contacts.switch.asked("scan")[1:] == [{"1": "1", "2": "1"}, {"2": "1"}]
        assert contacts.switch.asked("get_many") == [["1"], ["2"]]
