"""One administration's book, kept at hand."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import structlog

from gateway.directory.refresh import FOLDED_FROM, MANY
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected, RateLimited
from gateway.settings import Ages
from gateway.telemetry import Cause, cause
from tests.fakes import NOW, THIN, FakeContacts, backend, book_of, contact, listed, turns

AWAY = BackendUnavailable("away")

COUNT = 100
"""Contacts of a thin book."""


def names(book) -> list[str]:
    snapshot = book.usable()
    return [each.display_name for each in listed(snapshot)] if snapshot else []


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
    assert len(book.snapshot) == 50
    await book.renew()
    assert [len(asked) for asked in contacts.switch.asked("get_many")] == [100, 50]
    assert len(book.snapshot) == 0


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


class TestFold:
    """Single changes worked into the index, behind answers."""

    @pytest.fixture
    async def thin_book(self, clock):
        made = book_of(backend(FakeContacts(map(_numbered, range(COUNT)), listed=THIN)), clock)
        await made.renew()
        yield made
        await made.close()

    @pytest.fixture
    async def begin(self):
        """What is worked in away from the event loop waits until this is set."""
        begins, threads = Event(), ThreadPoolExecutor(1)
        threads.submit(begins.wait)
        asyncio.get_running_loop().set_default_executor(threads)
        yield begins
        begins.set()

    @staticmethod
    async def read(book, numbers) -> None:
        await book.read([str(number) for number in numbers], max_age=None, details=True)

    async def test_a_few_changes_stay_beside_the_index(self, thin_book):
        """Below the limit nothing is worked in."""
        index = thin_book.snapshot.index
        await self.read(thin_book, range(FOLDED_FROM - 1))
        await folded()
        assert thin_book.snapshot.index is index
        assert len(thin_book.snapshot.overlay) == FOLDED_FROM - 1

    async def test_many_changes_are_worked_in(self, thin_book):
        """From the limit on a new index holds the changes, with the age that they had."""
        before = thin_book.snapshot
        await self.read(thin_book, range(FOLDED_FROM))
        await folded()
        after = thin_book.snapshot
        assert (len(before.overlay), len(after.overlay), len(after.index)) == (0, 0, COUNT)
        assert (after.detailed, after.get("0")[1]) == (FOLDED_FROM, NOW)
        assert names(thin_book) == [f"N{number:05}" for number in range(COUNT)]

    async def test_what_changes_meanwhile_survives(self, thin_book, begin):
        """A detail read while the others are worked in stays, beside the new index."""
        await self.read(thin_book, range(FOLDED_FROM))
        index = thin_book.snapshot.index
        await turns()
        await self.read(thin_book, [70])
        assert thin_book.snapshot.index is index
        begin.set()
        await folded()
        assert list(thin_book.snapshot.overlay) == ["70"]
        assert thin_book.snapshot.detailed == FOLDED_FROM + 1

    async def test_a_renewal_meanwhile_wins(self, thin_book, begin):
        """Rows that changed, or went, while earlier changes are worked in are as the new list tells them."""
        contacts = thin_book.backend.contacts
        await self.read(thin_book, range(FOLDED_FROM))
        await turns()
        contacts.book["1"] = contact("1", "Renamed", version="2")
        del contacts.book["2"]
        index = thin_book.snapshot.index
        await thin_book.renew()
        assert thin_book.snapshot.index is index
        begin.set()
        await folded()
        assert thin_book.snapshot.get("1")[0].display_name == "Renamed"
        assert "2" not in thin_book.snapshot
        assert "1" in thin_book.snapshot.thin_keys()
        assert len(names(thin_book)) == COUNT - 1

    async def test_an_index_that_was_replaced_meanwhile_stands(self, thin_book):
        """A new index made for a renewal of many rows is not replaced by one from before it."""
        await self.read(thin_book, range(FOLDED_FROM))
        old = thin_book.snapshot
        contacts = thin_book.backend.contacts
        contacts.book |= {str(number): _numbered(number) for number in range(COUNT, COUNT + MANY + 1)}
        await thin_book.renew()
        assert (len(thin_book.snapshot), dict(thin_book.snapshot.overlay)) == (COUNT + MANY + 1, {})
        assert thin_book.snapshot.over(old, old.folded()) is thin_book.snapshot
        await folded()
        assert len(names(thin_book)) == COUNT + MANY + 1


def _numbered(number: int) -> Contact:
    return contact(str(number), f"N{number:05}")


async def folded() -> None:
    """Wait until nothing goes on behind."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
