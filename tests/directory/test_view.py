"""One book at the moment of an answer, and what the answer is worth for it."""

from dataclasses import replace

import pytest

from gateway.directory import ListQuery, Row
from gateway.directory.criteria import AllOf, Criteria, contains, one_of, search_of, with_default_status
from gateway.directory.entry import entry
from gateway.directory.order import OrderField, OrderKey, order_of
from gateway.directory.paging import PageRequest
from gateway.directory.refresh import MANY
from gateway.directory.view import READIED_AT_ONCE, view
from gateway.domain.administration import FieldRule, SourceState
from gateway.domain.contact import Contact
from gateway.domain.errors import (
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    DeadlineExceeded,
)
from tests.fakes import FULL, NOW, THIN, Clock, FakeContacts, backend, book_of, contact

LATE = DeadlineExceeded("too late")
AWAY = BackendUnavailable("away")
BAD = BadUpstreamAnswer("unreadable")
LABELLED = Criteria(with_default_status(one_of("label", ["vip"])))


class Setting:
    """A book, and what stands behind it."""

    def __init__(self, *contacts: Contact, rows: frozenset[str] = FULL, rules: tuple = ()) -> None:
        self.clock = Clock()
        self.contacts = FakeContacts(contacts, listed=rows)
        self.book = book_of(replace(backend(self.contacts), fields=rules), self.clock)

    async def source(self, criteria: Criteria = LABELLED, *, counted: bool = True, **given):
        """What a list without details of its rows is told of the book."""
        shown = await view(self.book, criteria, given.get("problem"), given.get("unlearned"))
        query = ListQuery(("shop",), PageRequest(), None, frozenset({"displayName"}), criteria, counted)
        rows: tuple[Row, ...] = given.get("rows", ())
        return shown.source_of_list(query, rows, shown.count() if counted else None)


async def loaded(*contacts: Contact, **given) -> Setting:
    at = Setting(*contacts, **given)
    await at.book.renew()
    return at


VIP = contact("1", label="vip")
OTHER = contact("2")


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        pytest.param(None, SourceState.FRESH, id="renewed"),
        pytest.param(LATE, SourceState.STALE, id="not-renewed-in-time"),
    ],
)
async def test_a_whole_book(problem, state):
    """A whole book is fresh, or stale with the reason; it counts what it holds and what matches."""
    at = await loaded(VIP, OTHER)
    source = await at.source(problem=problem)
    assert (source.state, source.problem, source.fetched_at) == (state, problem, NOW)
    assert (source.contact_count, source.match_count, source.detailed_count) == (2, 1, 2)


async def test_what_the_system_said_goes_before_the_time():
    """Of two reasons the system's own is told."""
    at = await loaded(VIP)
    at.contacts.switch.failing["scan"] = AWAY
    await at.book.renew()
    source = await at.source(problem=LATE)
    assert (source.state, source.problem) == (SourceState.STALE, AWAY)


@pytest.mark.parametrize("problem", [None, LATE], ids=["not-asked", "not-in-time"])
async def test_nothing_loaded(problem):
    """A book of which nothing came is unavailable, has no counts, and says why."""
    at = Setting(VIP)
    source = await at.source(problem=problem)
    assert (source.state, source.problem.code) == (SourceState.UNAVAILABLE, "DEADLINE_EXCEEDED")
    assert (source.contact_count, source.match_count, source.fetched_at) == (None, None, None)


async def test_turned_away():
    """Of a system that turned us away nothing is told but that."""
    at = await loaded(VIP)
    no = at.contacts.switch.failing["scan"] = CredentialsRejected("no")
    await at.book.renew()
    source = await at.source()
    assert (source.state, source.problem, source.contact_count) == (SourceState.UNAVAILABLE, no, None)


@pytest.mark.parametrize(
    ("problem", "told"), [(None, BAD.code), (LATE, BAD.code)], ids=["renewed", "not-renewed-in-time"]
)
async def test_records_left_out(problem, told):
    """Records that could not be read weigh more than a renewal that is late."""
    at = Setting(VIP)
    at.contacts.left_out = 3
    await at.book.renew()
    source = await at.source(problem=problem)
    assert source.problem.code == told
    assert source.problem.administration == "shop"
    assert source.match_count == 1


class TestUndecided:
    """Contacts whose details would decide."""

    @pytest.mark.parametrize(
        ("unlearned", "code"),
        [
            pytest.param(None, "NOT_LOADED", id="not-asked"),
            pytest.param(BAD, "BAD_UPSTREAM_ANSWER", id="broken"),
            pytest.param(LATE, "DEADLINE_EXCEEDED", id="late"),
        ],
    )
    async def test_they_make_the_answer_partial(self, unlearned, code):
        """As long as anybody is undecided the source is partial, without a count, and says why."""
        at = await loaded(VIP, OTHER, rows=THIN)
        source = await at.source(unlearned=unlearned)
        assert (source.state, source.problem.code) == (SourceState.PARTIAL, code)
        assert (source.contact_count, source.match_count, source.detailed_count) == (2, None, 0)

    async def test_how_many(self):
        """Where nothing else is known their number is told."""
        at = await loaded(VIP, OTHER, rows=THIN)
        source = await at.source()
        assert "The details of 2 contacts" in source.problem.message

    async def test_they_are_told_whether_counted_or_not(self):
        """Without a count the answer is partial all the same."""
        at = await loaded(VIP, rows=THIN)
        assert (await at.source(counted=False)).state is SourceState.PARTIAL

    async def test_a_stale_book_is_partial_too(self):
        """Old rows and undecided ones make the state partial, and the list's own reason is told."""
        at = await loaded(VIP, rows=THIN)
        source = await at.source(problem=LATE, unlearned=BAD)
        assert (source.state, source.problem) == (SourceState.PARTIAL, LATE)

    async def test_none_when_older_details_decided(self):
        """When nobody is undecided, what kept newer details from being read makes the source stale."""
        at = await loaded(VIP, OTHER, rows=THIN)
        await at.book.learn(["1", "2"])
        source = await at.source(unlearned=AWAY)
        assert (source.state, source.problem, source.match_count) == (SourceState.STALE, AWAY, 1)


class TestDetailsUsed:
    """When the details were read that an answer used."""

    @pytest.fixture
    async def at(self):
        setting = await loaded(VIP, OTHER, rows=THIN)
        await setting.book.learn(["1"])
        setting.clock.move(10)
        await setting.book.learn(["2"])
        return setting

    @pytest.mark.parametrize(
        ("criteria", "read_at"),
        [
            pytest.param(LABELLED, NOW, id="filter"),
            pytest.param(Criteria(search=search_of("vip")), NOW, id="search"),
            pytest.param(Criteria(order=order_of((OrderKey(OrderField.CITY),), "")), NOW, id="order"),
            pytest.param(Criteria(), None, id="nothing-of-them"),
        ],
    )
    async def test_by_the_list(self, at, criteria, read_at):
        """Where details decided, the oldest of the book counts; where rows did, none does."""
        assert (await at.source(criteria)).details_fetched_at == read_at

    async def test_a_full_list_has_none(self):
        """A system whose list tells everything has no details apart."""
        at = await loaded(VIP)
        assert (await at.source()).details_fetched_at is None


class TestNotFilterable:
    """What the system cannot tell apart."""

    RULES = (
        FieldRule("label", readable=False),
        FieldRule("department", readable=True),
        FieldRule("mandate.sepa.active", readable=True),
        FieldRule("mandate.hasPayments", readable=False),
        FieldRule("createdAt", readable=False),
    )

    @pytest.mark.parametrize(
        ("criteria", "told"),
        [
            pytest.param(LABELLED, ("label",), id="not-readable"),
            pytest.param(Criteria(with_default_status(one_of("department", ["x"]))), (), id="readable"),
            pytest.param(
                Criteria(with_default_status(one_of("hasMandate", ["true"]))), (), id="one-of-two-paths"
            ),
            pytest.param(
                Criteria(order=order_of((OrderKey(OrderField.CREATED_AT),), "")), ("createdAt",), id="order"
            ),
            pytest.param(
                Criteria(
                    with_default_status(AllOf((contains("label", "x"), one_of("label", ["y"])))),
                    order=order_of((OrderKey(OrderField.CREATED_AT),), ""),
                ),
                ("createdAt", "label"),
                id="each-once",
            ),
            pytest.param(Criteria(search=search_of("vip")), (), id="search"),
        ],
    )
    async def test_what_is_never_told(self, criteria, told):
        """Paths of condition and order that the system does not keep are named, loaded or not."""
        at = Setting(VIP, rules=self.RULES)
        assert (await at.source(criteria)).not_filterable == told
        await at.book.renew()
        assert (await at.source(criteria)).not_filterable == told

    async def test_what_was_kept_from_us(self):
        """A path that contacts read in full do not tell is named, and no details are missed for it."""
        at = await loaded(contact("1", unknown=frozenset({"label"})), OTHER)
        source = await at.source()
        assert (source.not_filterable, source.state, source.match_count) == (
            ("label",),
            SourceState.FRESH,
            0,
        )

    async def test_rows_may_be_told_later(self):
        """A path that rows do not tell is none of them; once details lack it too, it is."""
        at = await loaded(contact("1", unknown=frozenset({"label"})), rows=THIN)
        assert (await at.source()).not_filterable == ()
        await at.book.learn(["1"])
        source = await at.source()
        assert (source.not_filterable, source.state) == (("label",), SourceState.FRESH)

    async def test_each_path_once(self):
        """A path that is neither kept nor told is named once."""
        at = await loaded(contact("1", unknown=frozenset({"label"})), rules=self.RULES)
        assert (await at.source()).not_filterable == ("label",)


class TestReady:
    """What an index lacks is made before the list goes through it."""

    @pytest.mark.parametrize("count", [20, READIED_AT_ONCE + 1], ids=["on-the-loop", "off-the-loop"])
    async def test_columns(self, count):
        """Small books and large ones come out alike."""
        at = await loaded(
            *(contact(str(number), label="vip" if number % 2 else None) for number in range(count))
        )
        criteria = replace(LABELLED, order=order_of((OrderKey(OrderField.CITY),), ""))
        assert not at.book.snapshot.index.is_ready(criteria)
        shown = await view(at.book, criteria)
        assert at.book.snapshot.index.is_ready(criteria)
        assert shown.count() == count // 2

    @pytest.mark.parametrize("extra", [0, 1], ids=["looked-through", "worked-in"])
    async def test_many_changes(self, extra):
        """Changes are looked through one by one up to a number, and worked in for the list from there on."""
        at = await loaded(VIP)
        changes = {
            str(number): entry(contact(str(number), label="vip")) for number in range(100, 100 + MANY + extra)
        }
        at.book.snapshot = replace(at.book.snapshot, overlay=changes)
        shown = await view(at.book, LABELLED)
        assert len(shown.snapshot.overlay) == (0 if extra else MANY)
        assert shown.count() == MANY + extra + 1
