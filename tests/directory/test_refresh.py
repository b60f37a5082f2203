"""One administration's book, kept at hand."""

import asyncio
from dataclasses import replace

import pytest
import structlog

from gateway.cache import Held
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected, RateLimited
from gateway.settings import Ages
from gateway.telemetry import Cause, cause
from tests.fakes import FULL, NOW, THIN, Clock, FakeContacts, backend, book_of, contact, thin

AWAY = BackendUnavailable("away")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1", "Ann"), contact("2", "Bo")])


@pytest.fixture
async def book(contacts, clock):
    made = book_of(backend(contacts), clock)
    yield made
    await made.close()


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def names(book) -> list[str]:
    snapshot = book.usable()
    return [each.contact.display_name for each in snapshot.listed] if snapshot else []


async def test_nothing_before_the_first_load(book, contacts):
    """A book that was never loaded shows nothing and asks nobody of its own accord."""
    assert (book.usable(), book.young(None), book.young(60)) == (None, False, False)
    await turns()
    assert contacts.switch.calls == []


async def test_concurrent_renewals_are_one(book, contacts):
    """However many want the book renewed at once, the system is asked once."""
    gate = contacts.switch.shut("scan")
    renewing = [asyncio.create_task(book.renew()) for _ in range(20)]
    await turns()
    gate.set()
    await asyncio.gather(*renewing)
    assert contacts.switch.asked("scan") == [{}]
    assert names(book) == ["Ann", "Bo"]


async def test_a_renewal_outlives_who_asked(book, contacts):
    """A renewal goes on when everybody who waited has gone, and its book is there afterwards."""
    gate = contacts.switch.shut("scan")
    renewing = asyncio.create_task(book.renew())
    await turns()
    renewing.cancel()
    await asyncio.gather(renewing, return_exceptions=True)
    gate.set()
    await turns()
    assert names(book) == ["Ann", "Bo"]


async def test_only_what_changed_is_read(book, contacts):
    """A renewal hands in what is known, and keeps what did not change."""
    await book.renew()
    contacts.book["2"] = contact("2", "Bob", version="2")
    contacts.book["3"] = contact("3", "Cy")
    await book.renew()
    assert contacts.switch.asked("scan") == [{}, {"1": "1", "2": "1"}]
    assert names(book) == ["Ann", "Bob", "Cy"]
    assert book.snapshot.versions == {"1": "1", "2": "2", "3": "1"}


async def test_a_snapshot_is_as_old_as_its_question(book, contacts, clock):
    """A snapshot has the age of the moment in which its scan began."""
    gate = contacts.switch.shut("scan")
    renewing = asyncio.create_task(book.renew())
    await turns()
    clock.move(15)
    gate.set()
    await renewing
    assert book.snapshot.fetched_at == NOW


@pytest.mark.parametrize(
    ("age", "max_age", "young", "scans"),
    [
        pytest.param(30, None, True, 1, id="fresh"),
        pytest.param(31, None, True, 2, id="shown-and-renewed-behind"),
        pytest.param(300, None, True, 2, id="renewed-behind-to-the-end"),
        pytest.param(301, None, False, 1, id="too-old"),
        pytest.param(0, 0, False, 1, id="asked-for-now"),
        pytest.param(20, 20, True, 1, id="young-enough"),
        pytest.param(60, 60, True, 2, id="as-young-as-asked-and-renewed-behind"),
        pytest.param(61, 60, False, 1, id="older-than-asked"),
        pytest.param(301, 1000, False, 1, id="a-wish-does-not-widen"),
    ],
)
async def test_young(book, contacts, clock, age, max_age, young, scans):
    """By its age a snapshot answers, answers while it is renewed behind, or has to be renewed first."""
    await book.renew()
    clock.move(age)
    assert [book.young(max_age) for _ in range(3)] == [young] * 3
    await turns()
    assert len(contacts.switch.asked("scan")) == scans


async def test_a_failure_keeps_the_snapshot(book, contacts, clock):
    """A scan that fails leaves the last known book, says why, and is recovered from."""
    await book.renew()
    contacts.book["3"] = contact("3", "Cy")
    contacts.switch.failing["scan"] = AWAY
    clock.move(60)
    with structlog.testing.capture_logs() as events:
        await book.renew()
        await book.renew()
        assert (names(book), book.problem, book.young(None)) == (["Ann", "Bo"], AWAY, False)
        contacts.switch.failing.clear()
        await book.renew()
    assert (names(book), book.problem) == (["Ann", "Bo", "Cy"], None)
    assert [each["event"] for each in events] == ["source_failed", "source_recovered"]
    assert events[0] | {"code": "SYSTEM_UNAVAILABLE", "administration": "shop"} == events[0]


async def test_nothing_is_shown_of_who_turned_us_away(book, contacts):
    """When the system rejects the credentials nothing held is shown, until it accepts them again."""
    await book.renew()
    contacts.switch.failing["scan"] = CredentialsRejected("no")
    await book.renew()
    assert (book.usable(), book.young(None)) == (None, False)
    contacts.switch.failing.clear()
    await book.renew()
    assert names(book) == ["Ann", "Bo"]


async def test_too_old_to_show(book, contacts, clock):
    """What is older than the stale limit is not shown any more."""
    await book.renew()
    clock.move(86400)
    assert names(book) == ["Ann", "Bo"]
    clock.move(1)
    assert book.usable() is None


async def test_an_unforeseen_error_is_a_problem(book, contacts):
    """A fault that nobody foresaw is told as ours, and leaves the snapshot as it was."""
    await book.renew()
    contacts.switch.failing["scan"] = KeyError("fault")
    await book.renew()
    assert (names(book), book.problem.code) == (["Ann", "Bo"], "INTERNAL")
    contacts.switch.failing.clear()
    await book.renew()
    assert (names(book), book.problem) == (["Ann", "Bo"], None)


async def test_the_missing_are_confirmed(book, contacts):
    """What a list lacks is asked for by id: what is really gone goes, what can be read stays."""
    await book.renew()
    contacts.unlisted.add("1")
    del contacts.book["2"]
    await book.renew()
    assert contacts.switch.asked("get_many") == [["1", "2"]]
    assert names(book) == ["Ann"]
    contacts.unlisted.clear()
    contacts.book["1"] = contact("1", "Anna")
    await book.renew()
    assert names(book) == ["Anna"]


async def test_what_stays_is_confirmed_again(book, contacts):
    """A contact that the list still lacks is asked for at every renewal, and goes once it is gone."""
    await book.renew()
    contacts.unlisted.add("1")
    await book.renew()
    del contacts.book["1"]
    await book.renew()
    assert contacts.switch.asked("get_many") == [["1"], ["1"]]
    assert names(book) == ["Bo"]


async def test_no_more_than_a_hundred_are_confirmed(clock):
    """A list that is suddenly short costs a hundred questions at most; those not asked for stay."""
    contacts = FakeContacts([contact(str(number)) for number in range(150)])
    book = book_of(backend(contacts), clock)
    await book.renew()
    contacts.book.clear()
    await book.renew()
    assert [len(asked) for asked in contacts.switch.asked("get_many")] == [100]
    assert len(book.snapshot.contacts) == 50
    await book.renew()
    assert [len(asked) for asked in contacts.switch.asked("get_many")] == [100, 50]
    assert len(book.snapshot.contacts) == 0


async def test_one_that_cannot_be_confirmed_stays(book, contacts):
    """A missing contact whose own reading fails stays in the book."""
    await book.renew()
    contacts.unlisted.add("1")
    contacts.failures["1"] = BadUpstreamAnswer("unreadable")
    await book.renew()
    assert (names(book), book.problem) == (["Ann", "Bo"], None)


async def test_failing_half_way_changes_nothing(book, contacts, clock):
    """When the list was read and the confirmation fails, the whole renewal did not happen."""
    await book.renew()
    before = book.snapshot
    contacts.unlisted.add("1")
    contacts.book["2"] = contact("2", "Bob", version="2")
    contacts.switch.failing["get_many"] = RateLimited("full")
    clock.move(60)
    await book.renew()
    assert book.snapshot is before
    assert book.problem.code == "RATE_LIMITED"


@pytest.mark.parametrize("count", [10, 1500], ids=["on-the-loop", "off-the-loop"])
async def test_sizes(clock, count):
    """Small books and large ones come out alike."""
    contacts = FakeContacts([contact(str(number), f"N{number:05}") for number in range(count)])
    book = book_of(backend(contacts), clock)
    await book.renew()
    assert names(book) == [f"N{number:05}" for number in range(count)]


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
        assert book.detailed == {"1"}
        assert set(await book.held_details(["1", "2"])) == {"1"}

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
        assert book.detailed == {"2"}
        found = await book.read(["1"], max_age=None, details=True)
        assert found["1"].value.first_name == "Anna"

    async def test_a_deleted_contact_is_forgotten(self, book, contacts):
        """Details of a contact that went away are neither counted nor shown any more."""
        await book.renew()
        await book.read(["1", "2"], max_age=None, details=True)
        del contacts.book["1"]
        await book.renew()
        assert book.detailed == {"2"}
        assert await book.read(["1"], max_age=None, details=True) == {}


async def test_why_calls_are_made(clock):
    """The first scan is a load, a later one a refresh, and confirming is a second look."""
    seen: list[Cause] = []
    contacts = FakeContacts([contact("1")])
    asked = contacts.switch.call

    async def noting(method: str, what: object = None) -> None:
        seen.append(cause())
        await asked(method, what)

    contacts.switch.call = noting
    book = book_of(backend(contacts), clock, ages=Ages())
    await book.renew()
    contacts.unlisted.add("1")
    await book.renew()
    assert seen == [Cause.LOAD, Cause.REFRESH, Cause.REREAD]


async def test_close_ends_what_runs(book, contacts, clock):
    """Closing ends renewals, awaited or behind."""
    await book.renew()
    clock.move(60)
    contacts.switch.shut("scan")
    assert book.young(None)
    await turns()
    await book.close()
    await turns()
    assert len(asyncio.all_tasks()) == 1
