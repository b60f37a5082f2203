"""A book stands again after a restart, no better than it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.directory.saving import restore
from gateway.domain.errors import CredentialsRejected
from gateway.store import MemoryJournal
from tests.directory.resting import AWAY, EARLIER, FakeSnapshots, kept, names, scans
from tests.fakes import NOW, THIN, Clock, FakeContacts, backend, book_of, contact
from tests.store.writes import intent, settled


@pytest.fixture
def snapshots() -> FakeSnapshots:
    return FakeSnapshots()


@pytest.fixture
def journal(clock: Clock) -> MemoryJournal:
    return MemoryJournal(clock)


async def test_a_book_stands_again_with_its_age(book, contacts, snapshots, journal, clock):
    """It shows what was saved, as old as it is, without a call; the next list is asked for what is new."""
    snapshots.saved = kept()
    assert await restore(book, snapshots, journal, clock()) is not None
    assert names(book) == ["Ann", "Bo"]
    assert book.snapshot.age(clock()) == 200
    assert book.young(None)
    assert not book.young(100)
    await book.renew()
    assert scans(contacts) == [{"1": "1", "2": "1"}]


async def test_a_book_that_holds_something_keeps_it(book, snapshots, journal, clock):
    """What came since is newer than any file."""
    await book.renew()
    before = book.snapshot
    snapshots.saved = kept(rows=())
    assert await restore(book, snapshots, journal, clock()) is None
    assert book.snapshot is before


async def test_the_same_rules_hold_after_a_restart(book, contacts, snapshots, journal, clock):
    """Past its time it is asked for first, stands in while the system is away, and at last is not shown."""
    contacts.switch.failing["scan"] = AWAY
    for age, is_shown in ((301, True), (86_400, True), (86_401, False)):
        book.snapshot = book.problem = None
        snapshots.saved = kept(clock() - timedelta(seconds=age))
        await restore(book, snapshots, journal, clock())
        assert not book.young(None)
        await book.renew()
        assert (names(book) is not None) is is_shown


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        pytest.param(EARLIER, EARLIER, id="known"),
        pytest.param(None, None, id="unknown"),
        pytest.param(NOW + timedelta(days=1), None, id="yet-to-come"),
    ],
)
async def test_what_no_list_shows_stands_again_with_its_age(book, snapshots, journal, clock, since, expected):
    """Since when the whole book was read is kept too; a moment that is yet to come tells nothing."""
    snapshots.saved = kept(read_since=since)
    await restore(book, snapshots, journal, clock())
    assert book.read_since == expected


async def test_details_stand_again_with_their_own_age(clock, snapshots, journal):
    """Details read apart keep the moment of their reading, and are asked for again when it is past."""
    contacts = FakeContacts([contact("1", "Ann")], listed=THIN)
    book = book_of(backend(contacts), clock)
    snapshots.saved = kept(rows=((contact("1", "Ann"), EARLIER),))
    await restore(book, snapshots, journal, clock())
    found = await book.read(["1"], max_age=None, details=True)
    assert found["1"].fetched_at == EARLIER
    await book.read(["1"], max_age=100, details=True)
    assert [asked for method, asked in contacts.switch.calls if method == "get_many"] == [["1"]]
    await book.close()


@pytest.mark.parametrize("ahead", [pytest.param(1, id="a-second"), pytest.param(10**8, id="years")])
async def test_an_age_is_never_negative(book, contacts, snapshots, journal, clock, ahead):
    """What was read in the future is shown as read now, but not before the system was asked."""
    future = clock() + timedelta(seconds=ahead)
    snapshots.saved = kept(future, rows=((contact("1", "Ann"), future), (contact("2", "Bo"), None)))
    await restore(book, snapshots, journal, clock())
    assert book.snapshot.fetched_at == clock()
    assert book.snapshot.get("1")[1] == clock()
    assert not book.young(None)
    await book.renew()
    assert book.young(None)
    assert scans(contacts) == [{"2": "1"}]


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        pytest.param(settled("w", at=NOW - timedelta(seconds=9), contact="1"), ["Bo"], id="written"),
        pytest.param(settled("w", at=NOW - timedelta(seconds=9), contact="3"), ["Ann", "Bo"], id="made"),
        pytest.param(None, ["Bo"], id="no-end"),
    ],
)
async def test_what_was_written_since_is_not_shown(book, contacts, snapshots, journal, clock, write, shown):
    """A contact that the file is too old for is left out, the book is not whole, and the system is asked."""
    contacts.book["1"] = contact("1", "Ann the Second", version="2")
    contacts.switch.failing["scan"] = AWAY
    await journal.intend(intent("w", at=NOW - timedelta(seconds=10), contact="1"))
    if write:
        await journal.settle("shop", write)
    snapshots.saved = kept()
    await restore(book, snapshots, journal, clock())
    await book.renew()
    assert names(book) == shown
    assert not book.young(None)
    assert not book.snapshot.is_whole
    contacts.switch.failing.clear()
    await book.renew()
    assert names(book) == ["Ann the Second", "Bo"]
    assert book.snapshot.is_whole
    assert book.young(None)


async def test_a_contact_that_may_be_new_is_asked_for(book, snapshots, journal, clock):
    """After a creation without a known end the book is shown only once the system was asked."""
    await journal.intend(intent("w", at=NOW - timedelta(seconds=10)))
    snapshots.saved = kept()
    await restore(book, snapshots, journal, clock())
    assert not book.young(None)
    await book.renew()
    assert book.young(None)


async def test_what_was_saved_after_a_write_is_as_good_as_any(book, snapshots, journal, clock):
    """A contact that was read back after its write, and saved so, is shown at once."""
    await journal.intend(intent("w", at=NOW - timedelta(seconds=10), contact="1"))
    await journal.settle("shop", settled("w", at=NOW - timedelta(seconds=9), contact="1"))
    rows = ((contact("1", "Ann"), NOW - timedelta(seconds=9)), (contact("2", "Bo"), None))
    snapshots.saved = kept(rows=rows)
    await restore(book, snapshots, journal, clock())
    assert names(book) == ["Ann", "Bo"]
    assert book.young(None)


async def test_nothing_is_shown_of_a_system_that_turned_us_away(book, contacts, snapshots, journal, clock):
    """Not at the start, nor when it is away then; what is held is confirmed when it lets us in again."""
    snapshots.saved = kept(is_rejected=True)
    await restore(book, snapshots, journal, clock())
    assert names(book) is None
    assert isinstance(book.problem, CredentialsRejected)
    contacts.switch.failing["scan"] = AWAY
    await book.renew()
    assert names(book) is None
    contacts.switch.failing.clear()
    await book.renew()
    assert names(book) == ["Ann", "Bo"]
    assert scans(contacts)[-1] == {"1": "1", "2": "1"}


async def test_a_place_that_cannot_be_read_is_none(book, snapshots, clock):
    """Neither a file nor a journal that fails keeps the gateway from starting."""

    class Broken(MemoryJournal):
        async def touched(self, administration, since):
            raise PermissionError(13, "denied")

    snapshots.saved = kept()
    with capture_logs() as logged:
        assert await restore(book, snapshots, Broken(clock), clock()) is None
    assert book.snapshot is None
    assert [each["event"] for each in logged] == ["snapshot_not_restored"]
