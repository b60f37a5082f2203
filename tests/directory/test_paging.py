"""Pages over several lists, and cursors that tell nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.paging import CursorSeal, PageRequest, page_request, page_size, paginate
from gateway.directory.selection import NAME, entry
from gateway.domain.errors import BadInput
from tests.fakes import SEAL, contact

PLACE = ("jansen & zonen b.v.", "MTpDb250YWN0OnNob3A6MQ")

shelves_of_names = st.lists(
    st.lists(st.sampled_from(["Ann", "ann", "Bo", "bö", "Cé", "Straße", "strasse", "D"]), max_size=8),
    max_size=4,
)
places = st.none() | st.integers(0, 40)


def shelves(names: list[list[str]]):
    """Return each administration's entries, sorted."""
    rows = [
        [entry(contact(str(number), name, f"book{shelf}")) for number, name in enumerate(one)]
        for shelf, one in enumerate(names)
    ]
    return [sorted(shelf, key=lambda each: each.place) for shelf in rows]


def cut(rows, request: PageRequest):
    """Page a plain list in the way that the specification of connections says."""
    kept = [
        each
        for each in rows
        if (request.after is None or each.place > request.after)
        and (request.before is None or each.place < request.before)
    ]
    return kept[max(0, len(kept) - request.size) :] if request.backward else kept[: request.size]


@given(shelves_of_names, st.integers(0, 12), st.booleans(), places, places)
def test_as_one_sorted_list(names, size, backward, after, before):
    """Any page over several shelves is the page of their sorted whole, with the same rows on either side."""
    given_shelves = shelves(names)
    whole = sorted((each for shelf in given_shelves for each in shelf), key=lambda each: each.place)
    marks = [None if at is None or not whole else whole[at % len(whole)].place for at in (after, before)]
    request = PageRequest(size, backward, after=marks[0], before=marks[1])
    page = paginate(given_shelves, request)
    expected = cut(whole, request)
    assert list(page.entries) == expected
    if expected:
        assert page.has_previous == (whole[0] != expected[0])
        assert page.has_next == (whole[-1] != expected[-1])


@given(shelves_of_names, st.integers(1, 5), st.booleans())
def test_walking_meets_everything_once(names, size, backward):
    """Going on from each page's end, forward or backward, meets every row once and ends where it says."""
    given_shelves = shelves(names)
    whole = sorted((each for shelf in given_shelves for each in shelf), key=lambda each: each.place)
    met, place, goes_on = [], None, True
    while goes_on:
        request = (
            PageRequest(size, backward=True, before=place) if backward else PageRequest(size, after=place)
        )
        page = paginate(given_shelves, request)
        entries = list(page.entries)
        met = entries + met if backward else met + entries
        goes_on = page.has_previous if backward else page.has_next
        if goes_on:
            place = entries[0 if backward else -1].place
    assert met == whole


def test_changes_between_pages():
    """Rows that come and go between two pages make no survivor appear twice or not at all."""
    before = shelves([["A", "C", "E", "G"], ["B", "D", "F"]])
    first = paginate(before, PageRequest(3))
    place = first.entries[-1].place
    gone = first.entries[-1].contact.key
    after = [
        sorted(
            [
                *(each for each in shelf if each.contact.key != gone),
                entry(contact("new", name, f"book{number}")),
            ],
            key=lambda each: each.place,
        )
        for number, (shelf, name) in enumerate(zip(before, ["AA", "DD"], strict=True))
    ]
    second = paginate(after, PageRequest(10, after=place))
    names = [each.contact.display_name for each in (*first.entries, *second.entries)]
    assert names == ["A", "B", "C", "D", "DD", "E", "F", "G"]
    assert second.has_previous


def test_no_shelves():
    """Nothing to page over is an empty page."""
    page = paginate([], PageRequest())
    assert (page.entries, page.has_next, page.has_previous) == ((), False, False)


def test_an_empty_page_says_what_lies_around():
    """A page of no rows still tells that there are rows behind it."""
    page = paginate(shelves([["A", "B"]]), PageRequest(0))
    assert (page.entries, page.has_next, page.has_previous) == ((), True, False)


@given(st.tuples(st.text(), st.text()))
def test_round_trip(place):
    """A cursor opens to the place that it was made of, and one place gives one cursor."""
    try:
        "".join(place).encode()
    except UnicodeEncodeError:
        return
    cursor = SEAL.close(NAME, place)
    assert SEAL.open(NAME, cursor) == place
    assert SEAL.close(NAME, place) == cursor


def test_a_cursor_tells_nothing():
    """Neither the name nor the id can be read in a cursor, and neighbours look nothing alike."""
    cursor = SEAL.close(NAME, PLACE)
    plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for piece in (b"jansen", b"zonen", PLACE[1].encode(), b"NAME"):
        assert piece not in plain
        assert piece.decode() not in cursor
    neighbour = SEAL.close(NAME, (PLACE[0] + "!", PLACE[1]))
    assert cursor[2:30] != neighbour[2:30]
    assert not set("+/=") & set(cursor)


@given(st.data())
def test_an_altered_cursor_is_noticed(data):
    """A cursor in which a sign was changed is malformed."""
    cursor = SEAL.close(NAME, PLACE)
    # The last sign has bits that carry nothing.
    at = data.draw(st.integers(0, len(cursor) - 2))
    sign = data.draw(st.sampled_from("ABCDabcd0189-_*").filter(lambda sign: sign != cursor[at]))
    altered = cursor[:at] + sign + cursor[at + 1 :]
    with pytest.raises(BadInput, match="The cursor is malformed"):
        SEAL.open(NAME, altered)


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("A", id="one-sign"),
        pytest.param("x" * 70_000, id="huge"),
        pytest.param("Ünicode", id="not-ascii"),
        pytest.param("AQ==", id="padded"),
        pytest.param(SEAL.close(NAME, PLACE)[:-8], id="truncated"),
        pytest.param(SEAL.close(NAME, PLACE)[:20], id="truncated-to-the-digest"),
        pytest.param(SEAL.close(NAME, PLACE) + "AAAA", id="longer"),
        pytest.param(CursorSeal(b"another key").close(NAME, PLACE), id="foreign-key"),
        pytest.param(base64.urlsafe_b64encode(b'\x01["NAME","a","b"]').decode(), id="made-up"),
        pytest.param("\ud800", id="lone-surrogate"),
    ],
)
def test_what_is_no_cursor(cursor):
    """What this gateway did not seal is malformed, and nothing else happens."""
    with pytest.raises(BadInput, match="malformed"):
        SEAL.open(NAME, cursor)


def test_a_cursor_belongs_to_an_order():
    """A cursor of a list in another order does not fit."""
    with pytest.raises(BadInput, match="another order"):
        SEAL.open("CITY", SEAL.close(NAME, PLACE))


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
