"""A list that comes in parts: what is shown before it is whole, and what is kept when it breaks off."""

import asyncio

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.paging import PageRequest
from gateway.domain.administration import SourceState
from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.flight import Deadline
from tests.fakes import NOW, SEAL, FakeContacts, contact, listed, turns

AWAY = BackendUnavailable("away")


@pytest.fixture
def contacts() -> FakeContacts:
    made = FakeContacts(contact(str(number), f"N{number}") for number in range(1, 7))
    made.parts = 2
    return made


def names(book) -> list[str]:
    snapshot = book.usable()
    return [each.display_name for each in listed(snapshot)] if snapshot else []


async def read(book, seconds: float = 0.05, max_age: float | None = None):
    directory = Directory({"shop": book}, SEAL)
    query = ListQuery(("shop",), PageRequest(), max_age, frozenset({"displayName"}))
    return await directory.list(query, Deadline(seconds))


def shown(listing) -> list[str]:
    return [row.held.value.display_name for row in listing.rows]


class TestFirst:
    """The first list."""

    async def test_what_arrived_is_shown(self, book, contacts, clock):
        """Past the deadline a list shows what came so far, as a part of a book that is counted whole."""
        gate = contacts.switch.shut("part 5")
        listing = await read(book)
        source = listing.sources[0]
        assert shown(listing) == ["N1", "N2", "N3", "N4"]
        assert (listing.total, source.match_count, source.contact_count) == (None, None, 6)
        assert (source.state, source.problem.code) == (SourceState.PARTIAL, "DEADLINE_EXCEEDED")
        assert source.problem.message == "4 of 6 contacts have been loaded so far."
        assert {row.held.stale_because for row in listing.rows} == {None}
        gate.set()
        listing = await read(book, seconds=5)
        assert (len(listing.rows), listing.total, listing.sources[0].state) == (6, 6, SourceState.FRESH)
        assert contacts.switch.asked("scan") == [{}]

    async def test_nothing_before_the_first_part(self, book, contacts):
        """As long as no part came the book is not there at all."""
        gate = contacts.switch.shut("part 1")
        listing = await read(book)
        assert (shown(listing), listing.sources[0].state) == ([], SourceState.UNAVAILABLE)
        gate.set()

    async def test_each_part_is_shown(self, book, contacts):
        """What is shown grows with every part."""
        gate = contacts.switch.shut("part 3")
        renewing = asyncio.create_task(book.renew())
        await turns()
        assert names(book) == ["N1", "N2"]
        second = contacts.switch.shut("part 5")
        gate.set()
        await turns()
        assert names(book) == ["N1", "N2", "N3", "N4"]
        second.set()
        await renewing
        assert book.snapshot.is_whole

    async def test_the_next_attempt_asks_for_the_rest(self, book, contacts, clock):
        """A load that breaks off keeps what came; the next hands in its versions and makes the book whole."""
        contacts.switch.failing["part 5"] = AWAY
        await book.renew()
        listing = await read(book)
        assert (book.snapshot, shown(listing)) == (None, ["N1", "N2", "N3", "N4"])
        source = listing.sources[0]
        assert (source.state, source.problem, source.contact_count) == (SourceState.PARTIAL, AWAY, 6)
        contacts.switch.failing.clear()
        clock.move(5)
        await book.renew()
        assert contacts.switch.asked("scan")[-1] == dict.fromkeys("1234", "1")
        assert names(book) == ["N1", "N2", "N3", "N4", "N5", "N6"]
        assert (book.snapshot.is_whole, book.snapshot.fetched_at, book.problem) == (True, clock(), None)
        assert contacts.switch.asked("get_many") == []

    async def test_what_changed_between_two_attempts(self, book, contacts):
        """A contact that came and then changed is read again, and one that went is not in the whole book."""
        contacts.switch.failing["part 5"] = AWAY
        await book.renew()
        contacts.book["1"] = contact("1", "N1 new", version="2")
        del contacts.book["2"]
        contacts.switch.failing.clear()
        await book.renew()
        assert names(book) == ["N1 new", "N3", "N4", "N5", "N6"]

    async def test_an_attempt_that_ends_before_a_changed_one(self, book, contacts):
        """The version that came counts, not the one that a later list told before it broke off too."""
        contacts.switch.failing["part 5"] = AWAY
        await book.renew()
        contacts.book["4"] = contact("4", "N4 new", version="2")
        contacts.book = {key: contacts.book[key] for key in "561234"}
        contacts.switch.failing = {"part 4": AWAY}
        await book.renew()
        contacts.switch.failing.clear()
        await book.renew()
        assert contacts.switch.asked("scan")[-1] == dict.fromkeys("123456", "1")
        assert names(book) == ["N1", "N2", "N3", "N4 new", "N5", "N6"]

    async def test_nothing_of_who_turned_us_away(self, book, contacts):
        """What came before the credentials were rejected is not shown."""
        contacts.switch.failing["part 3"] = CredentialsRejected("no")
        await book.renew()
        assert (book.usable(), names(book)) == (None, [])

    async def test_too_old_to_show(self, book, contacts, clock):
        """What came of a list asked for too long ago is not shown."""
        contacts.switch.failing["part 5"] = AWAY
        await book.renew()
        clock.move(86400)
        await book.renew()
        assert names(book) == ["N1", "N2", "N3", "N4"]
        clock.move(1)
        assert book.usable() is None

    async def test_a_part_is_not_at_hand_for_ids(self, book, contacts):
        """While the book is not whole, a contact asked for by id is read by itself."""
        gate = contacts.switch.shut("part 5")
        renewing = asyncio.create_task(book.renew())
        await turns()
        found = await book.read(["1", "6"], max_age=None, details=True)
        assert (set(found), contacts.switch.asked("get_many")) == ({"1", "6"}, [["1", "6"]])
        gate.set()
        await renewing


class TestLater:
    """A list of a book that is held whole."""

    @pytest.fixture
    async def whole(self, book, clock, contacts):
        await book.renew()
        for key in "123456":
            contacts.book[key] = contact(key, f"N{key} new", version="2")
        clock.move(60)
        return book

    async def test_single_contacts_are_taken_over(self, whole, contacts):
        """Of a renewal that breaks off the contacts that came are new, the others and the age as before."""
        contacts.switch.failing["part 3"] = AWAY
        await whole.renew()
        assert names(whole) == ["N1 new", "N2 new", "N3", "N4", "N5", "N6"]
        assert (whole.snapshot.fetched_at, whole.snapshot.is_whole, whole.problem) == (NOW, True, AWAY)
        listing = await read(whole, seconds=5)
        assert (listing.total, listing.sources[0].state) == (6, SourceState.STALE)

    async def test_only_the_rest_is_asked_for(self, whole, contacts, clock):
        """The next renewal hands in the versions of what came."""
        contacts.switch.failing["part 3"] = AWAY
        await whole.renew()
        contacts.switch.failing.clear()
        await whole.renew()
        assert contacts.switch.asked("scan")[-1] == dict.fromkeys("12", "2") | dict.fromkeys("3456", "1")
        assert names(whole) == [f"N{key} new" for key in "123456"]
        assert (whole.snapshot.fetched_at, whole.problem) == (clock(), None)

    async def test_nobody_is_deleted(self, whole, contacts):
        """What a list that breaks off does not name stays, and is not even asked for."""
        del contacts.book["5"], contacts.book["6"]
        contacts.switch.failing["part 3"] = AWAY
        await whole.renew()
        assert names(whole) == ["N1 new", "N2 new", "N3", "N4", "N5", "N6"]
        assert contacts.switch.asked("get_many") == []

    async def test_nothing_came(self, whole, contacts):
        """A renewal that breaks off before its first part leaves the snapshot as it is."""
        before = whole.snapshot
        contacts.switch.failing["part 1"] = AWAY
        await whole.renew()
        assert whole.snapshot is before

    async def test_parts_are_not_shown_before_the_end(self, whole, contacts):
        """While a renewal goes on, everybody sees the whole book of one moment."""
        gate = contacts.switch.shut("part 5")
        renewing = asyncio.create_task(whole.renew())
        await turns()
        assert names(whole) == ["N1", "N2", "N3", "N4", "N5", "N6"]
        gate.set()
        await renewing
        assert names(whole) == [f"N{key} new" for key in "123456"]

    async def test_what_came_is_what_its_id_shows(self, whole, contacts):
        """A contact that came is not shown by its id as it was read before."""
        contacts.switch.failing["part 3"] = AWAY
        old = contacts.book["1"]
        contacts.book["1"] = contact("1", "N1")
        await whole.read(["1"], max_age=0, details=True)
        contacts.book["1"] = old
        await whole.renew()
        found = await whole.read(["1"], max_age=None, details=True)
        assert found["1"].value.display_name == "N1 new"
