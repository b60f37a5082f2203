"""A whole book by position: what stands where, what is made ready, and how it is made anew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.criteria import EVERYTHING, Criteria, contains, search_of
from gateway.directory.entry import entry
from gateway.directory.index import REMEMBERED, Index, indexed_keys, rebuilt
from gateway.directory.index.sorting import SORTED_AT_ONCE, sorted_in_steps
from gateway.directory.order import BY_NAME, Order, OrderField, OrderKey
from gateway.domain.contact import PostalAddress
from gateway.domain.identity import contact_id
from tests.fakes import NOW, contact

CITY = OrderKey(OrderField.CITY)
NAME_DOWN = OrderKey(OrderField.NAME, descending=True)
RELEVANCE = OrderKey(OrderField.RELEVANCE)


def index_of(*contacts) -> Index:
    return Index(sorted(map(entry, contacts), key=lambda each: each.place))


def word(text: str):
    return search_of(text).words[0]


def ids(index: Index, positions=None) -> list[str]:
    return [index.contact(at).key.remote for at in (range(len(index)) if positions is None else positions)]


def test_positions():
    """A contact's position is its rank by folded name and global id, and its entry comes back as it was."""
    contacts = [contact("9", "JAN"), contact("10", "jan"), contact("1", "Ánn"), contact("2", "zz\n\0")]
    index = index_of(*contacts)
    tied = sorted(("9", "10"), key=lambda remote: contact_id("shop", remote).encode())
    assert ids(index) == ["1", *tied, "2"]
    assert index.positions == {remote: at for at, remote in enumerate(ids(index))}
    made = {each.key.remote: entry(each) for each in contacts}
    assert [index.entry(at) for at in range(4)] == [made[remote] for remote in ids(index)]


def test_nobody():
    """An index of nobody answers everything with nothing."""
    index = Index()
    assert (len(index), list(index.thin.positions()), index.oldest_details) == (0, [], None)
    assert index.beginning(b"a") == (0, 0, 0)
    assert list(index.holding(word("a")).positions()) == list(index.walk(word("a"), 0, down=True)) == []
    assert list(index.ordering((CITY, NAME_DOWN)).positions) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "ab", "abc", "b", "é", "e", "éa", "😀", "\u0301", "z"]), max_size=20))
def test_names_that_begin(names):
    """Names equal to a text stand before those that go on behind it, in one run."""
    index = index_of(*(contact(str(at), name) for at, name in enumerate(names)))
    held = [index.names[at].decode() for at in range(len(index))]
    for text in ("a", "ab", "e", "😀", "zz", "q"):
        start, equal, stop = index.beginning(text.encode())
        assert [at for at, name in enumerate(held) if name == text] == list(range(start, equal))
        longer = [at for at, name in enumerate(held) if name.startswith(text) and name != text]
        assert longer == list(range(equal, stop))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("jan", ["1", "2"], id="text"),
        pytest.param("20-1", ["3"], id="code-alone"),
        pytest.param("jan2", ["2"], id="text-and-code-once"),
        pytest.param("--", [], id="no-code"),
    ],
)
def test_words(text, expected):
    """A word is found as text or as identifier, walking up and down, each contact once."""
    index = index_of(
        contact("1", "Jan"),
        contact("2", "Jan2", chamber_of_commerce="jan2"),
        contact("3", "Zoe", chamber_of_commerce="201"),
    )
    one = word(text)
    for _ in range(2):
        assert ids(index, index.holding(one).positions()) == expected
    assert ids(index, index.walk(one, 0)) == expected
    assert ids(index, index.walk(one, 1)) == [each for each in expected if each != "1"]
    assert ids(index, index.walk(one, 3, down=True)) == expected[::-1]
    assert ids(index, index.walk(one, 1, down=True)) == [each for each in expected if each == "1"]
    assert [remote for remote, at in index.positions.items() if index.has(at, one)] == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param((BY_NAME,), (), id="the-books-own"),
        pytest.param((NAME_DOWN,), (NAME_DOWN,), id="names-downwards"),
        pytest.param((BY_NAME, CITY), (BY_NAME, CITY), id="more-than-names"),
        pytest.param((RELEVANCE, BY_NAME), (), id="relevance-is-left-out"),
        pytest.param((RELEVANCE, CITY), (CITY,), id="what-follows-relevance"),
    ],
)
def test_which_orders_are_made(keys, expected):
    """An order is made for what the positions do not show already; relevance is counted when asked."""
    assert indexed_keys(keys) == expected
    assert (index_of(contact("1")).ordering(keys) is None) is (expected == ())


def test_made_ready():
    """What criteria need is missing first, and there once it was prepared; the names' own order is there."""
    index = index_of(contact("1", "b"), contact("2", "a"))
    criteria = Criteria(contains("label", "x"), None, Order((CITY, NAME_DOWN)))
    assert index.is_ready(Criteria(EVERYTHING))
    assert not index.is_ready(criteria)
    index.prepare(criteria)
    assert index.is_ready(criteria)
    assert not index.is_ready(Criteria(contains("label", "x"), None, Order((CITY,))))


def test_more_than_is_remembered():
    """More words, orders and fields than are kept are answered all the same."""
    index = index_of(*(contact(str(at), f"n{at:03}") for at in range(2 * REMEMBERED)))
    for _ in range(2):
        for at in range(0, 2 * REMEMBERED, 3):
            assert list(index.holding(word(f"n{at:03}")).positions()) == [at]
            assert len(index.column(f"customField:{at}").undecided) == 0


def test_what_is_thin():
    """Thin contacts are known, and of these the ones that may hold more words than their rows."""
    index = index_of(
        contact("1", "a", complete=False, unknown=frozenset({"persons"})),
        contact("2", "b", complete=False, unknown=frozenset({"notes"})),
        contact("3", "c", unknown=frozenset({"persons"})),
    )
    assert ids(index, index.thin.positions()) == ["1", "2"]
    assert ids(index, index.unsearched.positions()) == ["1"]


def test_made_anew():
    """Changes are worked in, others are kept with what is known of them, what was asked is ready again."""
    index = Index([entry(contact("1", "a"), NOW), entry(contact("2", "b")), entry(contact("3", "c"))])
    criteria = Criteria(contains("label", "x"), None, Order((CITY,)))
    index.prepare(criteria)
    moved = entry(contact("1", "z", address=PostalAddress(city="Aa")))
    made = rebuilt(index, {"1": moved, "2": None, "9": entry(contact("9", "bb"), NOW), "none": None})
    assert ids(made) == ["9", "3", "1"]
    assert [made.read_at(at) for at in range(3)] == [NOW, None, None]
    assert made.entry(2) == moved
    assert made.is_ready(criteria)
    assert ids(made, made.ordering((CITY,)).positions)[0] == "1"
    assert ids(index) == ["1", "2", "3"]
    assert index.oldest_details == made.oldest_details == NOW


@pytest.mark.parametrize("count", [0, 1, SORTED_AT_ONCE, SORTED_AT_ONCE + 1, 3 * SORTED_AT_ONCE])
def test_sorted_in_steps(count):
    """Sorting in pieces gives what sorting at once does, equal ones in the order in which they came."""
    items = [(number * 7919 % 101, number) for number in range(count)]
    found = list(sorted_in_steps(iter(items), key=lambda item: item[0]))
    assert found == sorted(items, key=lambda item: item[0])
