"""Lists whose condition, search or order looks at what the rows of a thin list do not tell."""

import asyncio
from dataclasses import replace

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.batches import BATCH, BATCHES_AT_ONCE
from gateway.directory.criteria import AllOf, Criteria, contains, one_of, search_of, with_default_status
from gateway.directory.order import OrderField, OrderKey, order_of
from gateway.directory.paging import PageRequest
from gateway.domain.administration import SourceState
from gateway.domain.contact import Contact, ContactStatus, Phone, PhoneKind, PostalAddress
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected
from gateway.flight import Deadline
from tests.fakes import NOW, SEAL, THIN, UNTOLD, Clock, FakeContacts, backend, book_of, contact, thin

ROWS = frozenset({"displayName"})
BAD = BadUpstreamAnswer("unreadable", administration="web")


def where(*parts) -> Criteria:
    return Criteria(with_default_status(AllOf(parts)))


LABELLED = where(one_of("label", ["vip"]))


def person(number: int, **values) -> Contact:
    return contact(str(number), f"N{number:02}", "web", **values)


class Setting:
    """One thin book: odd numbers have the label, and the clock it goes by."""

    def __init__(self, count: int = 6) -> None:
        self.clock = Clock()
        labelled = (person(number, label="vip" if number % 2 else None) for number in range(1, count + 1))
        self.contacts = FakeContacts(labelled, listed=THIN)
        self.book = book_of(backend(self.contacts, slug="web", system="acumulus"), self.clock)
        self.directory = Directory({"web": self.book}, SEAL)

    async def ask(self, criteria: Criteria = LABELLED, *, seconds: float = 5.0, paths=ROWS, **asked):
        query = ListQuery(("web",), PageRequest(), asked.get("max_age"), paths, criteria)
        return await self.directory.list(query, Deadline(seconds))

    @property
    def read(self) -> list[str]:
        """Everybody whose details were asked for, in order."""
        return [key for keys in self.contacts.switch.asked("get_many") for key in keys]


@pytest.fixture
async def at():
    setting = Setting()
    yield setting
    await setting.directory.close()


def names(listing) -> list[str]:
    return [row.held.value.display_name for row in listing.rows]


@pytest.mark.parametrize(
    "criteria",
    [
        pytest.param(LABELLED, id="filter"),
        pytest.param(Criteria(search=search_of("vip")), id="search"),
        pytest.param(where(AllOf((contains("label", "i"), contains("phone", "")))), id="two-fields"),
    ],
)
async def test_everybody_is_read_once(at, criteria):
    """What the rows do not tell is read of all whom it may concern, together, and not again afterwards."""
    for key, each in at.contacts.book.items():
        at.contacts.book[key] = replace(each, phones=(Phone("0201234567", PhoneKind.MAIN),))
    for _ in range(2):
        listing = await at.ask(criteria)
        assert (names(listing), listing.total) == (["N01", "N03", "N05"], 3)
    source = listing.sources[0]
    assert at.contacts.switch.asked("get_many") == [["1", "2", "3", "4", "5", "6"]]
    assert (source.state, source.problem, source.match_count) == (SourceState.FRESH, None, 3)
    assert (source.details_fetched_at, source.detailed_count) == (NOW, 6)


@pytest.mark.parametrize(
    "criteria",
    [
        pytest.param(Criteria(), id="nothing-asked"),
        pytest.param(where(one_of("name", ["N01"])), id="filter"),
        pytest.param(Criteria(order=order_of((OrderKey(OrderField.CUSTOMER_NUMBER),), "")), id="order"),
    ],
)
async def test_what_rows_tell_costs_nothing(at, criteria):
    """Where the rows decide, no details are read."""
    listing = await at.ask(criteria)
    assert (at.read, listing.sources[0].state) == ([], SourceState.FRESH)
    assert listing.total == len(listing.rows) > 0


async def test_whom_the_rows_exclude_cost_nothing(at):
    """Archived contacts, and those in another city, are not read where rows tell status and city."""

    def row(full: Contact) -> Contact:
        return replace(thin(full), address=full.address, unknown=UNTOLD - {"address"})

    cities = {"1": "Delft", "2": "Delft", "3": "Breda", "4": "Breda", "5": "Delft", "6": "Delft"}
    for key, city in cities.items():
        at.contacts.book[key] = replace(at.contacts.book[key], address=PostalAddress(city=city))
    at.contacts.book["5"] = replace(at.contacts.book["5"], status=ContactStatus.ARCHIVED)
    at.contacts.row = row
    listing = await at.ask(where(one_of("city", ["delft"]), one_of("label", ["vip"])))
    assert (names(listing), at.read) == (["N01"], ["1", "2", "6"])


async def test_a_search_reads_only_whom_the_rows_do_not_hit(at):
    """A contact whose row has every word is found without its details."""
    listing = await at.ask(Criteria(search=search_of("n02")))
    assert names(listing) == ["N02"]
    assert at.read == ["1", "3", "4", "5", "6"]


async def test_order_reads_those_that_match(at):
    """An order by what rows do not tell needs the details of the contacts listed, and of no others."""
    for number, label in enumerate("fedcba", start=1):
        key = str(number)
        at.contacts.book[key] = replace(at.contacts.book[key], address=PostalAddress(city=label))
    at.contacts.book["1"] = replace(at.contacts.book["1"], status=ContactStatus.ARCHIVED)
    listing = await at.ask(Criteria(order=order_of((OrderKey(OrderField.CITY),), "")))
    assert names(listing) == ["N06", "N05", "N04", "N03", "N02"]
    assert at.read == ["2", "3", "4", "5", "6"]


async def test_only_what_changed_is_read_again(at):
    """After a renewal the details of the changed row alone are read anew."""
    await at.ask()
    at.contacts.book["2"] = person(2, label="vip", version="2")
    at.clock.move(5)
    listing = await at.ask(max_age=0)
    assert names(listing) == ["N01", "N02", "N03", "N05"]
    assert at.read == ["1", "2", "3", "4", "5", "6", "2"]


class TestNotDecided:
    """Details that could not be read."""

    async def test_one_that_is_broken(self, at):
        """A contact whose details are broken is not listed: partial, with its problem and without counts."""
        at.contacts.failures["2"] = BAD
        listing = await at.ask()
        source = listing.sources[0]
        assert names(listing) == ["N01", "N03", "N05"]
        assert (listing.total, source.match_count, source.contact_count) == (None, None, 6)
        assert (source.state, source.problem) == (SourceState.PARTIAL, BAD)
        assert {row.held.stale_because for row in listing.rows} == {None}

    async def test_it_is_asked_for_again(self, at):
        """The next list asks for the broken one alone, and is whole once it can be read."""
        at.contacts.failures["2"] = BAD
        await at.ask()
        at.contacts.failures.clear()
        listing = await at.ask()
        assert at.contacts.switch.asked("get_many")[1:] == [["2"]]
        assert (listing.total, listing.sources[0].state) == (3, SourceState.FRESH)

    @pytest.mark.parametrize(
        "failure", [BackendUnavailable("away"), CredentialsRejected("no")], ids=["away", "turned-away"]
    )
    async def test_all_of_them(self, at, failure):
        """When the system fails at the details, what the rows decide is listed, and why there is no more."""
        at.contacts.switch.failing["get_many"] = failure
        listing = await at.ask(Criteria(search=search_of("n02")))
        source = listing.sources[0]
        assert (names(listing), listing.total, source.match_count) == (["N02"], None, None)
        assert (source.state, source.problem) == (SourceState.PARTIAL, failure)

    async def test_a_system_that_fails_is_left_alone(self):
        """After a few batches that failed whole, the rest is not asked for."""
        at = Setting(200)
        at.contacts.switch.failing["get_many"] = BackendUnavailable("away")
        await at.ask()
        assert [len(keys) for keys in at.contacts.switch.asked("get_many")] == [BATCH] * BATCHES_AT_ONCE
        await at.directory.close()

    async def test_one_that_is_gone(self, at):
        """A contact deleted since the list was read stays undecided, until the list says so."""
        await at.book.renew()
        del at.contacts.book["1"]
        listing = await at.ask()
        source = listing.sources[0]
        assert (names(listing), source.match_count) == (["N03", "N05"], None)
        assert (source.state, source.problem.code) == (SourceState.PARTIAL, "NOT_LOADED")
        at.clock.move(5)
        listing = await at.ask(max_age=0)
        assert (listing.total, listing.sources[0].state) == (2, SourceState.FRESH)

    async def test_older_details_stand_in(self, at):
        """Where only details past their age can be had, they decide, and the source is stale."""
        await at.book.read(list(at.contacts.book), max_age=None, details=True)
        at.clock.move(1000)
        away = at.contacts.switch.failing["get_many"] = BackendUnavailable("away")
        listing = await at.ask()
        source = listing.sources[0]
        assert (names(listing), listing.total) == (["N01", "N03", "N05"], 3)
        assert (source.state, source.problem, source.details_fetched_at) == (SourceState.STALE, away, NOW)


class TestNotInTime:
    """The deadline comes before the details."""

    @pytest.fixture
    async def at(self):
        setting = Setting(99)
        yield setting
        await setting.directory.close()

    async def test_certain_rows_alone(self, at):
        """Past the deadline only what is certain is listed: partial, and without counts."""
        gate = at.contacts.switch.shut("get_many")
        listing = await at.ask(Criteria(search=search_of("n02")), seconds=0.05)
        source = listing.sources[0]
        assert (names(listing), listing.total, source.match_count) == (["N02"], None, None)
        assert (source.state, source.problem.code) == (SourceState.PARTIAL, "DEADLINE_EXCEEDED")
        assert {row.held.stale_because for row in listing.rows} == {None}
        gate.set()

    async def test_what_was_read_is_kept(self, at):
        """Batches that were done count, are listed, and are not asked for by the next list."""
        gate, sent = asyncio.Event(), at.contacts.switch.call

        async def slow(method: str, asked: object = None) -> None:
            await sent(method, asked)
            if method == "get_many" and "1" not in asked:
                await gate.wait()

        at.contacts.switch.call = slow
        listing = await at.ask(seconds=0.05)
        assert names(listing) == [f"N{number:02}" for number in range(1, 21, 2)]
        assert (listing.total, listing.sources[0].detailed_count) == (None, 20)
        before = len(at.read)
        gate.set()
        listing = await at.ask()
        assert sorted(at.read[before:], key=int) == [str(number) for number in range(21, 100)]
        assert (listing.total, listing.sources[0].state) == (50, SourceState.FRESH)

    async def test_the_rest_of_the_time_is_for_the_page(self, at):
        """A list that wants details of its page too does not wait for them past its deadline."""
        gate = at.contacts.switch.shut("get_many")
        listing = await at.ask(Criteria(search=search_of("n02")), seconds=0.05, paths=frozenset({"phones"}))
        assert [row.held.value.complete for row in listing.rows] == [False]
        assert listing.rows[0].problem.code == "DEADLINE_EXCEEDED"
        gate.set()


@pytest.mark.parametrize("count", [6, 100], ids=["one-batch", "many-batches"])
async def test_fifty_lists_at_once(count):
    """Fifty lists at once that all need the details cost one scan and each contact's details once."""
    at = Setting(count)
    listings = await asyncio.gather(*(at.ask() for _ in range(50)))
    assert {listing.total for listing in listings} == {count // 2}
    assert len(at.contacts.switch.asked("scan")) == 1
    assert sorted(at.read, key=int) == [str(number) for number in range(1, count + 1)]
    await at.directory.close()
