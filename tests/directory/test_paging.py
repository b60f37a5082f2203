"""Pages over several books, and cursors that tell nothing."""

import base64
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.criteria import EVERYTHING, IS_ACTIVE, Criteria, search_of
from gateway.directory.entry import entry
from gateway.directory.order import NAME_ORDER, Order, OrderField, OrderKey, order_of
from gateway.directory.paging import MAX_CURSOR, CursorSeal, PageRequest, page_request, page_size, paginate
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot, empty
from gateway.domain.contact import ContactStatus, PostalAddress
from gateway.domain.errors import BadInput
from tests.fakes import NOW, SEAL, contact

PLACE = ("jansen & zonen b.v.", "MTpDb250YWN0OnNob3A6MQ")
CITY = Order((OrderKey(OrderField.CITY),))
RELEVANCE = OrderKey(OrderField.RELEVANCE)
ALL = Criteria(EVERYTHING)

NAMES = st.sampled_from(["Ann", "ann", "Bo", "bö", "Cé", "Straße", "strasse", "D", "\u0301"])
BOOKS = st.lists(st.lists(NAMES, max_size=8), max_size=4)
MARKS = st.none() | st.integers(0, 40)


def book_of(contacts) -> Snapshot:
    return replace(empty(NOW), overlay={each.key.remote: entry(each) for each in contacts}).folded()


def books_of(names: list[list[str]]) -> list[Snapshot]:
    return [
        book_of(contact(str(at), name, f"book{number}") for at, name in enumerate(one))
        for number, one in enumerate(names)
    ]


def selections(books, criteria: Criteria = ALL) -> list[Selection]:
    return [Selection(each, criteria, "x") for each in books]


def rows(books, order: Order = NAME_ORDER):
    """Return all rows, sorted as one list."""
    found = [each for one in selections(books) for each in one.walk(None, down=False)]
    return sorted(found, key=lambda each: order.rank(each.place))


def cut(whole, request: PageRequest):
    """Page a plain list in the way that the specification of connections says."""
    rank = NAME_ORDER.rank
    kept = [
        each
        for each in whole
        if (request.after is None or rank(each.place) > rank(request.after))
        and (request.before is None or rank(each.place) < rank(request.before))
    ]
    return kept[max(0, len(kept) - request.size) :] if request.backward else kept[: request.size]


@settings(deadline=None)
@given(BOOKS, st.integers(0, 12), st.booleans(), MARKS, MARKS)
def test_as_one_sorted_list(names, size, backward, after, before):
    """Any page over several books is the page of their sorted whole, with the same rows on either side."""
    books = books_of(names)
    whole = rows(books)
    marks = [None if at is None or not whole else whole[at % len(whole)].place for at in (after, before)]
    request = PageRequest(size, backward, after=marks[0], before=marks[1])
    page = paginate(selections(books), NAME_ORDER, request)
    expected = cut(whole, request)
    assert list(page.rows) == expected
    if expected:
        assert page.has_previous == (whole[0] != expected[0])
        assert page.has_next == (whole[-1] != expected[-1])


@pytest.mark.parametrize(
    ("request_of", "expected"),
    [
        pytest.param({}, ("abcd", False, False), id="all"),
        pytest.param({"size": 2}, ("ab", True, False), id="first"),
        pytest.param({"size": 2, "backward": True}, ("cd", False, True), id="last"),
        pytest.param({"size": 0}, ("", True, False), id="first-none"),
        pytest.param({"size": 0, "backward": True}, ("", False, True), id="last-none"),
        pytest.param({"size": 0, "after": "b"}, ("", True, True), id="none-behind-a-place"),
        pytest.param({"size": 2, "after": "b"}, ("cd", False, True), id="up-to-the-end"),
        pytest.param({"after": "d"}, ("", False, True), id="behind-the-last"),
        pytest.param({"before": "a", "backward": True}, ("", True, False), id="before-the-first"),
        pytest.param({"after": "a", "before": "d"}, ("bc", True, True), id="between"),
        pytest.param(
            {"after": "a", "before": "d", "size": 1, "backward": True}, ("c", True, True), id="last-between"
        ),
        pytest.param({"after": "c", "before": "b"}, ("", True, True), id="the-wrong-way-round"),
        pytest.param({"after": "0"}, ("abcd", False, False), id="behind-a-place-before-all"),
        pytest.param({"after": "bb"}, ("cd", False, True), id="behind-a-row-that-is-gone"),
        pytest.param({"before": "bb", "backward": True}, ("ab", True, False), id="before-a-row-that-is-gone"),
        pytest.param(
            {"before": "z", "backward": True}, ("abcd", False, False), id="before-a-place-behind-all"
        ),
        pytest.param({"before": "c"}, ("ab", True, False), id="first-before"),
    ],
)
def test_what_lies_around(request_of, expected):
    """A page tells exactly whether there are rows before and behind it, wherever its places are."""
    places = {key: (value, "") for key, value in request_of.items() if key in ("after", "before")}
    books = books_of([["a", "c"], ["b", "d"]])
    for one in rows(books):
        for key, value in request_of.items():
            if key in places and one.place[0] == value:
                places[key] = one.place
    page = paginate(selections(books), NAME_ORDER, PageRequest(**{**request_of, **places}))
    assert ("".join(str(each.place[0]) for each in page.rows), page.has_next, page.has_previous) == expected


def test_no_books():
    """Nothing to page over is an empty page."""
    page = paginate([], NAME_ORDER, PageRequest())
    assert (page.rows, page.has_next, page.has_previous) == ((), False, False)


class Moving:
    """Books of which some contacts never change, and others are added, renamed and removed all the time."""

    def __init__(self, seed: int, count: int) -> None:
        self.draw = Random(seed)  # noqa: S311 - the same every time is the point
        self.count = 0
        self.books = [
            book_of(self.made(f"still{slug}{at}", slug) for at in range(count)) for slug in ("shop", "web")
        ]
        self.still = {each for book in self.books for each in list(book.keys())}

    def made(self, remote: str, slug: str):
        words = self.draw.choices("abcdé ", k=3)
        city = self.draw.choice([None, "Aa", "Bb", "Cc"])
        status = self.draw.choice([ContactStatus.ACTIVE, ContactStatus.ACTIVE, ContactStatus.ARCHIVED])
        return contact(remote, "x" + "".join(words), slug, address=PostalAddress(city=city), status=status)

    def go_on(self) -> None:
        """Change a few contacts of each book, and fold it now and then."""
        for number, (slug, book) in enumerate(zip(("shop", "web"), self.books, strict=True)):
            changing = [key for key in list(book.keys()) if key not in self.still]
            changes = {key: entry(self.made(key, slug)) for key in changing if self.draw.random() < 0.5}
            changes |= {key: None for key in changing if self.draw.random() < 0.2}
            for _ in range(self.draw.randrange(6)):
                self.count += 1
                changes[f"new{self.count}"] = entry(self.made(f"new{self.count}", slug))
            newer = book.renewed(changes, {}, NOW)
            self.books[number] = newer.folded() if self.draw.random() < 0.4 else newer

    def page(self, criteria: Criteria, place, size: int, *, backward: bool):
        sides = {"before": place} if backward else {"after": place}
        return paginate(
            selections(self.books, criteria), criteria.order, PageRequest(size, backward, **sides)
        )


ORDERS = st.sampled_from(
    [
        NAME_ORDER,
        Order((OrderKey(OrderField.NAME, descending=True),)),
        Order((OrderKey(OrderField.CITY, descending=True), OrderKey(OrderField.NAME))),
        order_of((RELEVANCE,), "xa"),
        order_of((OrderKey(OrderField.CITY), RELEVANCE), "xa"),
    ]
)


def criteria_of(order: Order) -> Criteria:
    return Criteria(IS_ACTIVE, search_of("x"), order)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 9999), st.integers(0, 300), ORDERS, st.integers(1, 25), st.booleans())
def test_changes_between_pages(seed, count, order, size, backward):
    """While others come, move and go, a walk over pages meets those that stay once each, and in order."""
    moving, criteria = Moving(seed, count), criteria_of(order)
    expected = [
        each.contact.key.remote
        for each in paginate(selections(moving.books, criteria), order, PageRequest(1000)).rows
    ]
    met, place, goes_on = [], None, True
    while goes_on:
        page = moving.page(criteria, place, size, backward=backward)
        found = [each.contact.key.remote for each in page.rows]
        met = found + met if backward else met + found
        goes_on = page.has_previous if backward else page.has_next
        if page.rows:
            row = page.rows[0 if backward else -1]
            place = SEAL.open(order, SEAL.close(order, row.place))
        moving.go_on()
    assert [key for key in met if key in moving.still] == expected


VALUES = st.none() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=("Cs",)))


@settings(deadline=None)
@given(st.lists(VALUES, max_size=4).map(tuple), st.text(st.characters(exclude_categories=("Cs",))))
def test_round_trip(values, identity):
    """A cursor opens to the place that it was made of, and one place gives one cursor."""
    place = (*values, identity)
    cursor = SEAL.close(CITY, place)
    assert SEAL.open(CITY, cursor) == place
    assert SEAL.close(CITY, place) == cursor
    assert not set("+/=") & set(cursor)


@pytest.mark.parametrize(
    "order",
    [pytest.param(NAME_ORDER, id="name"), pytest.param(order_of((RELEVANCE,), "zonen"), id="relevance")],
)
def test_a_cursor_tells_nothing(order):
    """Neither the name nor the id nor what was searched for can be read in it, and neighbours differ."""
    cursor = SEAL.close(order, PLACE)
    plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for piece in (b"jansen", b"zonen", PLACE[1].encode(), b"NAME", b"RELEVANCE"):
        assert piece not in plain
        assert piece.decode() not in cursor
    neighbour = SEAL.close(order, (PLACE[0] + "!", PLACE[1]))
    assert cursor[2:30] != neighbour[2:30]


@settings(deadline=None)
@given(st.data())
def test_an_altered_cursor_is_noticed(data):
    """A cursor in which a sign was changed is malformed."""
    cursor = SEAL.close(NAME_ORDER, PLACE)
    # The last sign has bits that carry nothing.
    at = data.draw(st.integers(0, len(cursor) - 2))
    sign = data.draw(st.sampled_from("ABCDabcd0189-_*").filter(lambda sign: sign != cursor[at]))
    with pytest.raises(BadInput, match="The cursor is malformed"):
        SEAL.open(NAME_ORDER, cursor[:at] + sign + cursor[at + 1 :])


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda octets: base64.urlsafe_b64encode(octets).decode()))
def test_any_text_as_a_cursor(text):
    """Whatever text comes as a cursor is malformed, and nothing else happens."""
    with pytest.raises(BadInput, match="malformed"):
        SEAL.open(NAME_ORDER, text)


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("A", id="one-sign"),
        pytest.param("x" * (MAX_CURSOR + 4), id="huge"),
        pytest.param("Ünicode", id="not-ascii"),
        pytest.param("Ag==", id="padded"),
        pytest.param(SEAL.close(NAME_ORDER, PLACE)[:-8], id="truncated"),
        pytest.param(SEAL.close(NAME_ORDER, PLACE)[:23], id="truncated-to-the-digest"),
        pytest.param(SEAL.close(NAME_ORDER, PLACE) + "AAAA", id="longer"),
        pytest.param(CursorSeal(b"another key").close(NAME_ORDER, PLACE), id="foreign-key"),
        pytest.param(base64.urlsafe_b64encode(b'\x02["NAME+",["a","b"]]').decode(), id="made-up"),
        pytest.param("\ud800", id="lone-surrogate"),
    ],
)
def test_what_is_no_cursor(cursor):
    """What this gateway did not seal is malformed, and nothing else happens."""
    with pytest.raises(BadInput, match="malformed"):
        SEAL.open(NAME_ORDER, cursor)


@pytest.mark.parametrize(
    ("made_for", "opened_for"),
    [
        pytest.param(NAME_ORDER, CITY, id="another-field"),
        pytest.param(CITY, Order((OrderKey(OrderField.CITY, descending=True),)), id="another-direction"),
        pytest.param(CITY, Order((*CITY.keys, *NAME_ORDER.keys)), id="one-key-more"),
        pytest.param(order_of((RELEVANCE,), "jan"), order_of((RELEVANCE,), "piet"), id="another-search"),
    ],
)
def test_a_cursor_belongs_to_an_order(made_for, opened_for):
    """A cursor of a list in another order does not fit, nor one of another search where relevance counts."""
    with pytest.raises(BadInput, match="another order"):
        SEAL.open(opened_for, SEAL.close(made_for, PLACE))


def test_a_cursor_of_the_same_order():
    """Where relevance does not count, a cursor goes on in another search."""
    assert SEAL.open(Order(text="piet"), SEAL.close(Order(text="jan"), PLACE)) == PLACE


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(None, None, (50, False), id="default"),
        pytest.param(0, None, (0, False), id="none"),
        pytest.param(250, None, (250, False), id="most"),
        pytest.param(None, 7, (7, True), id="from-the-end"),
    ],
)
def test_sizes(first, last, expected):
    """A page has 50 rows unless told otherwise, 250 at most."""
    assert page_size(first, last) == expected


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        pytest.param(1, 1, "first or last, not both", id="both"),
        pytest.param(-1, None, "first must be from 0 to 250", id="negative"),
        pytest.param(251, None, "first must be from 0 to 250", id="too-many"),
        pytest.param(None, 251, "last must be from 0 to 250", id="too-many-from-the-end"),
    ],
)
def test_sizes_that_make_no_sense(first, last, words):
    """Both sizes at once, and sizes out of bounds, are refused by name."""
    with pytest.raises(BadInput, match=words):
        page_size(first, last)


def test_page_request():
    """Both cursors are opened by the function that is handed in."""
    request = page_request(None, 3, "a", "b", lambda cursor: (cursor, "x"))
    assert request == PageRequest(3, backward=True, after=("a", "x"), before=("b", "x"))
