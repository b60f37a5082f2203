"""What is done for a book while nobody waits: loaded to its end, kept warm, read again in turn."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.directory.attempts import IDLE, LOCKED_OUT, PATIENCE, WHOLE_WINDOW
from gateway.directory.upkeep import DETAILS, FULL_ROWS, Loading, Rereading, Wanted, kept_up
from gateway.domain.errors import BackendUnavailable, CredentialsRejected, NotLoaded
from gateway.flight import Urgency, time_left, urgency
from gateway.telemetry import Cause, cause
from tests.fakes import FULL, NOW, THIN, Clock, FakeContacts, backend, book_of, contact, turns

COUNT = 10
AWAY = BackendUnavailable("away")


class Setting:
    """A book, and how each call to its system came to be made."""

    def __init__(self, listed: frozenset[str] = FULL, count: int = COUNT) -> None:
        self.clock = Clock()
        self.contacts = FakeContacts([contact(str(100 + number)) for number in range(count)], listed=listed)
        self.book = book_of(backend(self.contacts), self.clock)
        self.made: list[tuple[str, Cause, Urgency, float | None]] = []
        self.error: BackendUnavailable | None = None
        asked = self.contacts.switch.call

        async def noting(method: str, what: object = None) -> None:
            self.made.append((method, cause(), urgency(), time_left()))
            if self.error:
                raise self.error
            await asked(method, what)

        self.contacts.switch.call = noting

    def edit(self, key: str) -> None:
        """Change what no version shows."""
        self.contacts.book[key] = replace(self.contacts.book[key], about="edited")

    def about(self, key: str) -> str | None:
        found = self.book.snapshot.get(key) if self.book.snapshot else None
        return found[0].about if found else None


@pytest.fixture(params=[pytest.param(FULL, id="full"), pytest.param(THIN, id="thin")])
async def at(request):
    setting = Setting(request.param)
    yield setting
    await setting.book.close()


async def test_a_book_is_loaded(at):
    """It is loaded once, as bulk and without a deadline; a book that is well is left alone."""
    loading = Loading(at.book, at.clock)
    assert [await loading.step() for _ in range(3)] == [IDLE] * 3
    assert at.made == [("scan", Cause.LOAD, Urgency.BULK, None)]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        pytest.param(NotLoaded("", retry_after=NOW + timedelta(seconds=130)), 130, id="next-window"),
        pytest.param(NotLoaded("", retry_after=NOW - timedelta(seconds=5)), IDLE, id="window-over"),
        pytest.param(NotLoaded("", retry_after=NOW + timedelta(hours=9)), WHOLE_WINDOW, id="not-for-ever"),
        pytest.param(CredentialsRejected("no"), LOCKED_OUT, id="rejected"),
        pytest.param(AWAY, 2, id="away"),
    ],
)
async def test_a_load_that_broke_off_goes_on_when_it_may(at, error, wait):
    """The next attempt comes when the system takes calls again; one that rejects us is hardly asked."""
    loading = Loading(at.book, at.clock)
    at.error = error
    assert await loading.step() == wait
    at.error = None
    assert await loading.step() == IDLE
    assert len(at.book.snapshot) == COUNT


async def test_a_system_that_is_away_is_asked_less_and_less(at):
    """The waits double up to a limit, and begin anew after a success."""
    loading = Loading(at.book, at.clock)
    at.error = AWAY
    assert [await loading.step() for _ in range(8)] == [2, 4, 8, 16, 32, PATIENCE, PATIENCE, PATIENCE]
    at.error = None
    await loading.step()
    at.error = AWAY
    at.clock.move(400)
    await at.book.renew()
    assert await loading.step() == 2


async def test_a_warm_book_is_renewed_though_nobody_asks(at):
    """It is never older than it was promised to be, by more than what a look takes."""
    loading = Loading(at.book, at.clock, warm=60)
    ages = []
    for _ in range(200):
        wait = await loading.step()
        at.clock.move(wait)
        ages.append(at.book.snapshot.age(at.clock()))
    assert max(ages) <= 60 + IDLE
    assert [method for method, *_ in at.made].count("scan") == 4


async def test_every_contact_is_read_again_in_turn(at):
    """What no version shows is found within one turn, in the background, a few at a time."""
    await at.book.renew()
    await at.book.hydrate([*at.contacts.book])
    at.clock.move(86_400 / 2)
    await at.book.renew()
    at.edit("103")
    at.made.clear()
    rereading = Rereading(at.book, at.clock, period=3600)
    size = DETAILS if at.book.is_thin else FULL_ROWS
    began = at.clock()
    for _ in range(1 + -(-COUNT // size)):
        wait = await rereading.step()
        assert wait == max(IDLE, 3600 * size / COUNT)
    assert at.about("103") == "edited"
    assert at.book.read_since == began
    assert {each[1:] for each in at.made} == {(Cause.REREAD, Urgency.BACKGROUND, None)}
    assert [len(keys) for keys in at.contacts.switch.asked("get_many")][-1] <= size


async def test_what_was_just_read_is_not_read_again():
    """Details that are young cost nothing, and thin rows are left to whoever fills them."""
    at = Setting(THIN)
    await at.book.renew()
    await at.book.hydrate(["100", "101"])
    at.made.clear()
    rereading = Rereading(at.book, at.clock)
    for _ in range(6):
        await rereading.step()
    assert at.made == []
    await at.book.close()


async def test_a_turn_goes_on_where_it_was_stopped(at):
    """Contacts that could not be read are read later, when the ration has something to spare again."""
    await at.book.renew()
    await at.book.hydrate([*at.contacts.book])
    at.clock.move(86_400 / 2)
    await at.book.renew()
    rereading = Rereading(at.book, at.clock, period=1)
    await rereading.step()
    at.error = NotLoaded("", retry_after=at.clock() + timedelta(seconds=90))
    assert await rereading.step() == pytest.approx(90)
    at.error = None
    at.edit("100")
    await rereading.step()
    assert at.about("100") == "edited"


async def test_only_what_is_wanted_is_done():
    """Without wishes nothing is asked; with them a book loads, and stops when the block is left."""
    at = Setting()
    async with kept_up([at.book], at.clock, Wanted(loads=False, reads=False, warm={})):
        await asyncio.sleep(0)
    assert at.made == []
    async with kept_up([at.book], at.clock, Wanted(loads=True, reads=True, warm={"shop": 5})):
        await turns(50)
    assert len(at.book.snapshot) == COUNT
    assert len(asyncio.all_tasks()) == 1
    await at.book.close()
