"""All books as one list, and what it is worth for each of them."""

import asyncio
from dataclasses import replace

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.paging import PageRequest
from gateway.domain.administration import SourceState
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected
from gateway.flight import Deadline
from tests.fakes import NOW, SEAL, THIN, Clock, FakeContacts, backend, book_of, contact, load_all

DETAILS = frozenset({"phones"})
ROWS = frozenset({"displayName"})


class Setting:
    """Two books, one with a full list and one with a thin one, and the clock they go by."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.full = FakeContacts([contact("1", "Ann"), contact("2", "Cy")])
        thin_ones = [contact("1", "Bo", "web"), contact("2", "Dee", "web"), contact("3", "Eve", "web")]
        self.thin = FakeContacts(thin_ones, listed=THIN)
        connected = [backend(self.full), backend(self.thin, slug="web", system="acumulus")]
        self.directory = Directory(
            {each.administration.slug: book_of(each, self.clock) for each in connected}, SEAL
        )

    async def list(self, paths=ROWS, *, max_age: float | None = None, seconds: float = 5.0, **page):
        query = ListQuery(("shop", "web"), PageRequest(**page), max_age, frozenset(paths))
        return await self.directory.list(query, Deadline(seconds))


@pytest.fixture
async def at():
    setting = Setting()
    yield setting
    await setting.directory.close()


def names(listing) -> list[str]:
    return [row.held.value.display_name for row in listing.rows]


def of_web(listing) -> list:
    return [row for row in listing.rows if row.held.value.key.administration == "web"]


def states(listing) -> list[str]:
    return [str(source.state) for source in listing.sources]


async def test_one_list_of_both(at):
    """A list loads what was not loaded and shows the books as one, with its exact count."""
    listing = await at.list()
    assert names(listing) == ["Ann", "Bo", "Cy", "Dee", "Eve"]
    assert (listing.total, listing.has_next, listing.has_previous) == (5, False, False)
    assert states(listing) == ["FRESH", "FRESH"]
    assert [source.match_count for source in listing.sources] == [2, 3]
    assert [row.held.fetched_at for row in listing.rows] == [NOW] * 5


async def test_archived_ones_count_in_the_book_alone(at):
    """An archived contact is in the book's count, and neither listed nor matched."""
    at.full.book["3"] = contact("3", status=ContactStatus.ARCHIVED)
    listing = await at.list()
    assert (listing.total, listing.sources[0].contact_count, listing.sources[0].match_count) == (5, 3, 2)


async def test_a_second_list_asks_nobody(at):
    """While the books are fresh a list costs no call."""
    await at.list()
    await at.list()
    assert len(at.full.switch.calls) == len(at.thin.switch.calls) == 1


async def test_load_brings_all_books(at):
    """Loading ahead brings every book, and one that fails keeps its problem to itself."""
    at.full.switch.failing["scan"] = BackendUnavailable("away")
    await load_all(at.directory)
    assert at.directory.source("shop").problem.code == "SYSTEM_UNAVAILABLE"
    assert at.directory.source("web").contact_count == 3


async def test_a_failing_book_costs_its_own_rows(at):
    """A system that never answered is unavailable; the others' rows stand and the total is not known."""
    at.full.switch.failing["scan"] = BackendUnavailable("away")
    listing = await at.list()
    assert (names(listing), listing.total) == (["Bo", "Dee", "Eve"], None)
    assert states(listing) == ["UNAVAILABLE", "FRESH"]
    source = listing.sources[0]
    assert (source.problem.code, source.contact_count, source.match_count) == (
        "SYSTEM_UNAVAILABLE",
        None,
        None,
    )


async def test_the_last_known_truth(at):
    """When a system fails later its last known rows are shown as stale, until it answers again."""
    await at.list()
    at.clock.move(400)
    at.full.switch.failing["scan"] = BackendUnavailable("away")
    listing = await at.list()
    assert (len(listing.rows), states(listing)) == (5, ["STALE", "FRESH"])
    assert listing.sources[0].fetched_at == NOW
    stale = [row.held.stale_because for row in listing.rows]
    assert [each and each.code for each in stale] == [
        "SYSTEM_UNAVAILABLE",
        None,
        "SYSTEM_UNAVAILABLE",
        None,
        None,
    ]
    at.full.switch.failing.clear()
    assert states(await at.list()) == ["FRESH", "FRESH"]


async def test_turned_away(at):
    """A system that rejects the credentials is unavailable at once, whatever is held of it."""
    await at.list()
    at.clock.move(400)
    at.full.switch.failing["scan"] = CredentialsRejected("no")
    listing = await at.list()
    assert (names(listing), states(listing)) == (["Bo", "Dee", "Eve"], ["UNAVAILABLE", "FRESH"])


async def test_not_loaded_in_time(at):
    """When the time is over before a book came, the list answers without it, and the book comes later."""
    gate = at.full.switch.shut("scan")
    listing = await at.list(seconds=0.05)
    assert (names(listing), states(listing)) == (["Bo", "Dee", "Eve"], ["UNAVAILABLE", "FRESH"])
    assert listing.sources[0].problem.code == "DEADLINE_EXCEEDED"
    gate.set()
    listing = await at.list()
    assert (len(listing.rows), len(at.full.switch.asked("scan"))) == (5, 1)


async def test_not_renewed_in_time(at):
    """Rows older than was asked, since their system is slow, are stale and say why; the renewal goes on."""
    await at.list()
    at.clock.move(10)
    gate = at.full.switch.shut("scan")
    listing = await at.list(max_age=0, seconds=0.05)
    assert (len(listing.rows), states(listing)) == (5, ["STALE", "FRESH"])
    assert listing.sources[0].problem.code == "DEADLINE_EXCEEDED"
    stale = {row.held.stale_because.code for row in listing.rows if row.held.stale_because}
    assert stale == {"DEADLINE_EXCEEDED"}
    gate.set()
    assert states(await at.list()) == ["FRESH", "FRESH"]


async def test_one_answer_speaks_of_one_moment(at):
    """What is renewed while details are read does not change the counts beside the rows."""
    await at.list()
    gate = at.thin.switch.shut("get_many")
    asked = asyncio.create_task(at.list(DETAILS))
    for _ in range(100):
        await asyncio.sleep(0)
    assert at.thin.switch.asked("get_many")
    at.full.book["9"] = contact("9", "Zoe")
    await at.directory.books["shop"].renew()
    gate.set()
    listing = await asked
    assert (len(listing.rows), listing.total, listing.sources[0].match_count) == (5, 5, 2)


@pytest.mark.parametrize("method", ["scan", "get_many"])
async def test_a_broken_adapter_costs_its_own_rows(at, method, capsys):
    """What an adapter was not meant to raise is told as our own fault, and nothing of its words is logged."""
    at.thin.switch.failing[method] = ValueError("NL91ABNA0417164300")
    listing = await at.list(DETAILS)
    assert {"Ann", "Cy"} <= set(names(listing))
    assert (states(listing)[0], listing.sources[1].problem.code) == ("FRESH", "INTERNAL")
    written = "".join(capsys.readouterr())
    assert "backend_broken" in written
    assert "ValueError" in written
    assert "NL91" not in written


async def test_left_out(at):
    """Records that could not be read make the source partial, with their number."""
    at.full.left_out = 2
    listing = await at.list()
    source = listing.sources[0]
    assert (source.state, source.problem.code) == (SourceState.PARTIAL, "BAD_UPSTREAM_ANSWER")
    assert "2 of the records" in source.problem.message
    assert listing.sources[1].problem is None


class TestDetails:
    """Details behind the rows of a thin list."""

    async def test_none_where_rows_are_enough(self, at):
        """Nothing is read behind rows that tell all that is asked for."""
        listing = await at.list(ROWS)
        assert at.thin.switch.asked("get_many") == []
        assert [row.held.value.complete for row in listing.rows] == [True, False, True, False, False]
        assert [source.detailed_count for source in listing.sources] == [2, 0]
        assert listing.sources[1].details_fetched_at is None

    async def test_for_the_page_alone(self, at):
        """Details are read together, once, and only for the rows of the page."""
        for _ in range(2):
            listing = await at.list(DETAILS, size=3)
            assert [source.detailed_count for source in listing.sources] == [2, 1]
        assert names(listing) == ["Ann", "Bo", "Cy"]
        assert at.thin.switch.asked("get_many") == [["1"]]
        assert at.full.switch.asked("get_many") == []
        assert all(row.held.value.complete and row.problem is None for row in listing.rows)
        assert (states(listing), listing.sources[1].details_fetched_at) == (["FRESH", "FRESH"], NOW)

    async def test_many_in_batches(self, at):
        """A page of many thin rows is read in batches."""
        at.thin.book = {str(number): contact(str(number), slug="web") for number in range(45)}
        listing = await at.list(DETAILS)
        assert sorted(len(keys) for keys in at.thin.switch.asked("get_many")) == [5, 20, 20]
        assert all(row.held.value.complete for row in listing.rows)

    async def test_what_is_held_is_shown(self, at):
        """Details that are held anyway are shown where rows would have been enough."""
        await at.list(DETAILS, size=2)
        listing = await at.list(ROWS)
        assert [row.held.value.complete for row in listing.rows] == [True, True, True, False, False]
        assert len(at.thin.switch.asked("get_many")) == 1

    async def test_one_that_fails(self, at):
        """A row whose details fail stays thin with its problem, and makes the source partial."""
        at.thin.failures["2"] = BadUpstreamAnswer("unreadable", administration="web")
        listing = await at.list(DETAILS)
        rows = {row.held.value.display_name: row for row in listing.rows}
        assert (rows["Dee"].held.value.complete, rows["Dee"].problem.code) == (False, "BAD_UPSTREAM_ANSWER")
        assert rows["Bo"].held.value.complete
        assert rows["Eve"].held.value.complete
        assert (states(listing), listing.sources[1].problem.code) == (
            ["FRESH", "PARTIAL"],
            "BAD_UPSTREAM_ANSWER",
        )
        assert listing.total == 5

    async def test_not_in_time(self, at):
        """Details that are late leave the rows thin; the answer does not wait, and says so."""
        gate = at.thin.switch.shut("get_many")
        listing = await at.list(DETAILS, seconds=0.05)
        assert [row.held.value.complete for row in listing.rows] == [True, False, True, False, False]
        assert (states(listing), listing.sources[1].problem.code) == (
            ["FRESH", "PARTIAL"],
            "DEADLINE_EXCEEDED",
        )
        gate.set()

    async def test_gone_since_the_list(self, at):
        """A row whose details are gone was deleted since: it stays as listed, with a problem."""
        await at.list()
        del at.thin.book["2"]
        listing = await at.list(DETAILS)
        row = next(row for row in listing.rows if row.held.value.display_name == "Dee")
        assert (row.held.value.complete, row.problem.code) == (False, "NOT_FOUND")

    async def test_asked_for_now(self, at):
        """With an age of zero book and details of the page are both read anew."""
        await at.list(DETAILS)
        at.clock.move(5)
        listing = await at.list(DETAILS, max_age=0)
        assert len(at.thin.switch.asked("scan")) == len(at.thin.switch.asked("get_many")) == 2
        assert {row.held.fetched_at for row in listing.rows} == {at.clock()}

    async def test_now_is_for_the_page(self, at):
        """With an age of zero the details of the page's rows are read anew, and of no others."""
        await at.list(DETAILS)
        at.clock.move(5)
        listing = await at.list(DETAILS, max_age=0, size=2)
        assert at.thin.switch.asked("get_many") == [["1", "2", "3"], ["1"]]
        assert {row.held.fetched_at for row in listing.rows} == {at.clock()}
        assert listing.sources[1].details_fetched_at == at.clock()

    @pytest.mark.parametrize(("age", "calls"), [(900, 1), (901, 2)], ids=["young-enough", "too-old"])
    async def test_held_ones_that_are_too_old(self, at, age, calls):
        """Details that are held are shown up to their age, with their time, and then read anew."""
        await at.list(DETAILS)
        at.clock.move(age)
        listing = await at.list(DETAILS)
        assert len(at.thin.switch.asked("get_many")) == calls
        read_at = NOW if calls == 1 else at.clock()
        assert {row.held.fetched_at for row in of_web(listing)} == {read_at}
        assert (states(listing), listing.sources[1].details_fetched_at) == (["FRESH", "FRESH"], read_at)

    async def test_old_ones_stand_in(self, at):
        """Where details that are too old cannot be read anew they are shown as stale, with the reason."""
        await at.list(DETAILS)
        at.clock.move(901)
        away = at.thin.switch.failing["get_many"] = BackendUnavailable("away")
        listing = await at.list(DETAILS)
        assert {(row.held.fetched_at, row.held.stale_because) for row in of_web(listing)} == {(NOW, away)}
        assert all(row.held.value.complete and row.problem is None for row in listing.rows)
        source = listing.sources[1]
        assert (source.state, source.problem, source.fetched_at) == (SourceState.STALE, away, at.clock())
        assert source.details_fetched_at == NOW

    async def test_old_ones_stand_in_for_late_ones(self, at):
        """Where reading too old details anew takes too long they are shown, with the reason."""
        await at.list(DETAILS)
        at.clock.move(901)
        gate = at.thin.switch.shut("get_many")
        listing = await at.list(DETAILS, seconds=0.05)
        stale = {(row.held.fetched_at, row.held.stale_because.code) for row in of_web(listing)}
        assert (stale, states(listing)) == ({(NOW, "DEADLINE_EXCEEDED")}, ["FRESH", "STALE"])
        gate.set()

    async def test_rows_that_were_enough_have_the_age_of_the_list(self, at):
        """A row of which nothing but the list was used is as old as the list, whatever else is held."""
        await at.list(DETAILS)
        at.clock.move(400)
        listing = await at.list(ROWS)
        assert {row.held.fetched_at for row in listing.rows} == {at.clock()}
        assert all(row.held.value.complete for row in listing.rows)
        assert listing.sources[1].details_fetched_at is None

    async def test_batches_that_came_in_time(self, at):
        """Of a page whose details are late those that came are shown, and not asked for again."""
        at.thin.book = {str(number): contact(str(number), slug="web") for number in range(10, 55)}
        gate, asked = asyncio.Event(), at.thin.switch.call

        async def slow(method: str, keys: object = None) -> None:
            await asked(method, keys)
            if method == "get_many" and "10" not in keys:
                await gate.wait()

        at.thin.switch.call = slow
        listing = await at.list(DETAILS, seconds=0.05)
        rows = of_web(listing)
        assert [row.held.value.complete for row in rows] == [True] * 20 + [False] * 25
        assert {row.problem and row.problem.code for row in rows} == {None, "DEADLINE_EXCEEDED"}
        before = len(at.thin.switch.asked("get_many"))
        gate.set()
        await at.list(DETAILS)
        assert [len(keys) for keys in at.thin.switch.asked("get_many")[before:]] == [20, 5]

    async def test_the_oldest_detail_is_told(self, at):
        """The source tells when the oldest details were read that the page shows."""
        await at.list(DETAILS, size=2)
        at.clock.move(20)
        listing = await at.list(DETAILS)
        assert listing.sources[1].details_fetched_at == NOW


async def test_pages_survive_renewal(at):
    """Rows that come and go between pages are neither repeated nor make a survivor be skipped."""
    first = await at.list(size=2)
    place = first.rows[-1].place
    del at.thin.book["1"]
    at.full.book["0"] = contact("0", "Aaron")
    at.full.book["2"] = replace(at.full.book["2"], display_name="Zed", version="2")
    second = await at.list(size=10, after=place, max_age=0)
    assert names(first) == ["Ann", "Bo"]
    assert names(second) == ["Dee", "Eve", "Zed"]


async def test_concurrent_lists_share_their_calls(at):
    """Lists that are asked for at once cost one scan a book and each detail once."""
    await asyncio.gather(*(at.list(DETAILS) for _ in range(10)))
    assert len(at.full.switch.asked("scan")) == len(at.thin.switch.asked("scan")) == 1
    assert at.thin.switch.asked("get_many") == [["1", "2", "3"]]


async def test_status_before_the_first_load(at):
    """Of a book that was never loaded the source says so, and asks nobody."""
    source = at.directory.source("shop")
    assert (source.state, source.problem.code, source.contact_count) == (
        SourceState.UNAVAILABLE,
        "DEADLINE_EXCEEDED",
        None,
    )
    assert at.full.switch.calls == []
