"""One book on several workers, in front of one system."""

import asyncio

import pytest

from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory.records import Kinds
from gateway.directory.refresh import Book
from gateway.directory.upkeep import Loading
from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.settings import Ages
from tests.directory.commons import Commons
from tests.fakes import THIN, FakeContacts, backend, contact, listed, turns


def shown(book) -> list[str]:
    """Return the names that a book shows, less what it is not certain of."""
    snapshot = book.usable()
    return [each.display_name for each in listed(snapshot)] if snapshot else []


@pytest.fixture
def commons() -> Commons:
    return Commons()


@pytest.fixture
async def workers(contacts, clock, commons):
    """Three workers' books: with a cache each, as if nothing else was shared."""
    ages = Ages()
    kinds = Kinds(contacts=Kind("contact", ages), details=Kind("detail", Ages(fresh=900.0)))
    books = [Book(backend(contacts), Cache(BoundedMemory(), clock), kinds, ages, clock) for _ in range(3)]
    for book in books:
        book.follow(commons.part())
    yield books
    for book in books:
        await book.close()


async def caught_up(books) -> list[list[str]]:
    """Return what each shows once it asked what is new."""
    for book in books:
        await book.catch_up()
    return [shown(book) for book in books]


async def test_one_renews_for_all(workers, contacts):
    """However many workers want a book at once, the system is asked once, and all show it."""
    await asyncio.gather(*(book.renew() for book in workers for _ in range(5)))
    assert contacts.switch.asked("scan") == [{}]
    assert [shown(book) for book in workers] == [["Ann", "Bo"]] * 3
    assert [book.young(None) for book in workers] == [True] * 3


async def test_what_one_renews_is_news_to_the_others(workers, contacts, clock):
    """What one worker's list tells of is shown by the others once they ask, and so is what is gone."""
    await workers[0].renew()
    await caught_up(workers)
    contacts.book["2"] = contact("2", "Bob", version="2")
    contacts.book["3"] = contact("3", "Cy")
    del contacts.book["1"]
    clock.move(100)
    await workers[1].renew()
    assert await caught_up(workers) == [["Bob", "Cy"]] * 3
    assert [book.snapshot.versions for book in workers] == [{"2": "2", "3": "1"}] * 3
    assert len({book.snapshot.fetched_at for book in workers}) == 1


async def test_a_write_is_shown_by_all(workers):
    """What one worker wrote the others show, a new contact and a deletion too."""
    await workers[0].renew()
    await caught_up(workers)
    await workers[1].put("1", contact("1", "Anna"))
    await workers[2].put("9", contact("9", "Zoe"))
    await workers[2].put("2", None)
    assert await caught_up(workers) == [["Anna", "Zoe"]] * 3


async def test_a_write_outlives_a_list_that_was_asked_for_before(workers, contacts):
    """A list that was under way elsewhere while a contact was written does not take the write back."""
    await workers[0].renew()
    await caught_up(workers)
    contacts.book["1"] = contact("1", "Older", version="2")
    gate = contacts.switch.shut("scan")
    renewing = asyncio.create_task(workers[0].renew())
    await turns(50)
    await workers[1].put("1", contact("1", "Newer", version="3"))
    gate.set()
    await renewing
    assert await caught_up(workers) == [["Bo", "Newer"]] * 3


async def test_a_later_list_ends_what_a_write_says(workers, contacts):
    """A list that was asked for after a write tells of the contact again, on every worker."""
    await workers[0].renew()
    await caught_up(workers)
    await workers[1].put("1", contact("1", "Newer"))
    contacts.book["1"] = contact("1", "Newest", version="4")
    await workers[2].renew()
    assert await caught_up(workers) == [["Bo", "Newest"]] * 3
    assert [book.writes.after(0) for book in workers] == [{}] * 3


async def test_an_older_telling_never_hides_a_write(workers, commons):
    """What was told of a contact before this worker's own write of it does not come back as news."""
    await workers[0].renew()
    await caught_up(workers)
    # Told by another worker, and not known here yet.
    await workers[0].put("1", contact("1", "Before"))
    await workers[1].put("1", contact("1", "After"))
    assert await caught_up(workers) == [["After", "Bo"]] * 3


async def test_a_doubt_is_everybodys(workers, contacts):
    """A contact that may have been written is shown by nobody without asking, until a list tells of it."""
    await workers[0].renew()
    await caught_up(workers)
    await workers[1].doubt("1")
    await caught_up(workers)
    assert [book.writes.doubted("1") for book in workers] == [True] * 3
    assert [book.young(None) for book in workers] == [False] * 3
    await workers[2].renew()
    await caught_up(workers)
    assert [book.writes.in_doubt for book in workers] == [False] * 3
    assert len(contacts.switch.asked("scan")) == 2


async def test_a_failure_is_shared(workers, contacts):
    """A renewal that fails is tried once, and every worker that waited knows why."""
    contacts.switch.failing["scan"] = BackendUnavailable("away")
    await asyncio.gather(*(book.renew() for book in workers))
    assert len(contacts.switch.asked("scan")) == 1
    assert {book.problem.code for book in workers} == {"SYSTEM_UNAVAILABLE"}
    del contacts.switch.failing["scan"]
    await workers[1].renew()
    assert await caught_up(workers) == [["Ann", "Bo"]] * 3
    assert [book.problem for book in workers] == [None] * 3


async def test_a_rejection_hides_the_book_everywhere(workers, contacts):
    """Where the system turned one worker away the others show nothing of it either."""
    await workers[0].renew()
    await caught_up(workers)
    contacts.switch.failing["scan"] = CredentialsRejected("no")
    await workers[1].renew()
    assert await caught_up(workers) == [[], [], []]


async def test_alone_while_what_is_shared_is_away(workers, contacts, commons):
    """Each worker renews by itself, and what was written meanwhile is doubted by all once it is back."""
    await workers[0].renew()
    await caught_up(workers)
    commons.is_away = True
    contacts.book["3"] = contact("3", "Cy")
    await workers[0].renew()
    await workers[1].put("1", contact("1", "Anna"))
    assert [shown(book) for book in workers] == [["Ann", "Bo", "Cy"], ["Anna", "Bo"], ["Ann", "Bo"]]
    commons.is_away = False
    await caught_up([*workers, *workers])
    assert [book.writes.doubted("1") for book in workers] == [True] * 3
    contacts.book["1"] = contact("1", "Anna", version="2")
    await workers[2].renew()
    assert await caught_up(workers) == [["Anna", "Bo", "Cy"]] * 3


async def test_a_book_that_was_lost_is_told_anew(workers, contacts, commons):
    """Where nothing is shared any more, whoever renews next tells all of it, and it costs one list."""
    await workers[0].renew()
    await caught_up(workers)
    commons.rows.clear()
    commons.number, commons.listed = 0, None
    for book in workers:
        book.following._shared.forget()
    await workers[1].renew()
    assert await caught_up(workers) == [["Ann", "Bo"]] * 3
    assert contacts.switch.asked("scan") == [{}, {"1": "1", "2": "1"}]
    assert sorted(commons.rows) == ["1", "2"]


async def test_a_write_that_was_lost_is_doubted(workers, commons):
    """What was written and told, and lost before others heard of it, nobody shows without asking."""
    await workers[0].renew()
    await caught_up(workers)
    await workers[1].put("1", contact("1", "Anna"))
    commons.rows.clear()
    commons.number, commons.listed = 0, None
    for book in workers:
        book.following._shared.forget()
    await caught_up([workers[1], *workers])
    assert [book.writes.doubted("1") for book in workers] == [True] * 3


async def test_a_write_is_shown_by_all_after_a_loss(workers, commons):
    """Where what was shared is lost, what is written next is shown by all, though no list was told of."""
    await workers[0].renew()
    await caught_up(workers)
    commons.rows.clear()
    commons.number, commons.listed = 0, None
    for book in workers:
        book.following._shared.forget()
    await workers[1].put("1", contact("1", "Anna"))
    assert await caught_up(workers) == [["Anna", "Bo"]] * 3


async def test_only_the_leader_works_in_the_background(workers, contacts, commons, clock):
    """What is done while nobody waits is done by one worker; another goes on when that one is gone."""
    jobs = [Loading(book, clock) for book in workers]
    for job in jobs:
        await job.step()
    assert contacts.switch.calls == []
    commons.leader = workers[1].following._shared
    for job in jobs:
        await job.step()
    assert len(contacts.switch.asked("scan")) == 1
    assert await caught_up(workers) == [["Ann", "Bo"]] * 3


async def test_many_who_ask_at_once_are_one_question(workers):
    """Looks for news that are made together cost two at most: one that may be under way, and one after it."""
    await workers[0].renew()
    part = workers[0].following._shared
    before = part.asked
    await asyncio.gather(*(workers[0].catch_up() for _ in range(100)))
    assert part.asked - before <= 2


class TestThin:
    """A system whose list tells little."""

    @pytest.fixture
    def contacts(self):
        return FakeContacts([contact("1", "Ann"), contact("2", "Bo")], listed=THIN)

    async def test_details_that_one_read_are_everybodys(self, workers, contacts):
        """Details are read from the system once, and at hand on every worker."""
        await workers[0].renew()
        await caught_up(workers)
        await workers[1].read(["1"], max_age=None, details=True)
        await caught_up(workers)
        found = await workers[2].read(["1"], max_age=None, details=True)
        assert found["1"].value.complete
        assert len(contacts.switch.asked("get_many")) == 1

    async def test_details_from_before_a_write_are_left_out(self, workers, contacts):
        """Details that were asked for before a write elsewhere do not take it back."""
        await workers[0].renew()
        await caught_up(workers)
        gate = contacts.switch.shut("get_many")
        reading = asyncio.create_task(workers[0].read(["1"], max_age=None, details=True))
        await turns(50)
        await workers[1].put("1", contact("1", "Newer"))
        gate.set()
        await reading
        assert await caught_up(workers) == [["Bo", "Newer"]] * 3
