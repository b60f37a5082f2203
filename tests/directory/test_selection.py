"""What one book holds of a list: who is in it for certain, who may be, and the way along them."""

from dataclasses import replace

import pytest

from gateway.directory.criteria import (
    EVERYTHING,
    IS_ACTIVE,
    AllOf,
    AnyOf,
    Criteria,
    Has,
    Not,
    OneOf,
    contains,
    one_of,
    search_of,
)
from gateway.directory.entry import entry
from gateway.directory.index import Index
from gateway.directory.order import NAME_ORDER, Order, OrderField, OrderKey, order_of
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot, empty
from gateway.domain.contact import ContactStatus, PostalAddress
from gateway.domain.identity import contact_id
from tests.fakes import NOW, contact

CITY = Order((OrderKey(OrderField.CITY),))
CITY_IS_A = one_of("city", ["A"])


def book_of(*contacts, changes=()) -> Snapshot:
    ordered = sorted(map(entry, contacts), key=lambda each: each.place)
    return Snapshot(Index(ordered), {}, NOW, dict(changes))


def selection(book: Snapshot, condition=EVERYTHING, search: str = "", order: Order = NAME_ORDER) -> Selection:
    return Selection(book, Criteria(condition, search_of(search), order), "acumulus")


def ids(found) -> list[str]:
    return [each.contact.key.remote for each in found]


def row(remote: str, name: str, *unknown: str):
    return contact(remote, name, complete=False, unknown=frozenset(unknown))


def in_city(remote: str, name: str, city: str | None = None, **values):
    return contact(remote, name, address=PostalAddress(city=city), **values)


BOOK = book_of(
    in_city("1", "d", "B"),
    in_city("2", "b", "A"),
    in_city("3", "c"),
    in_city("4", "a", "A", status=ContactStatus.ARCHIVED),
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(EVERYTHING, "4231", id="everything"),
        pytest.param(IS_ACTIVE, "231", id="active"),
        pytest.param(CITY_IS_A, "42", id="a-field"),
        pytest.param(Not(CITY_IS_A), "31", id="not-with-those-that-have-no-value"),
        pytest.param(AllOf((CITY_IS_A, IS_ACTIVE)), "2", id="and"),
        pytest.param(AnyOf((CITY_IS_A, one_of("name", ["c"]))), "423", id="or"),
        pytest.param(AnyOf(()), "", id="one-of-nothing"),
        pytest.param(Has("system", OneOf(("acumulus",))), "4231", id="its-system"),
        pytest.param(Has("system", OneOf(("moneybird",))), "", id="another-system"),
    ],
)
def test_conditions(condition, expected):
    """Who passes is listed in the order of names, counted, and walked over both ways."""
    chosen = selection(BOOK, condition)
    assert ids(chosen.walk(None, down=False)) == list(expected)
    assert ids(chosen.walk(None, down=True)) == list(expected)[::-1]
    assert (chosen.count(), chosen.undecided()) == (len(expected), [])


@pytest.mark.parametrize("by", [NAME_ORDER, CITY], ids=["name", "city"])
@pytest.mark.parametrize("search", ["", "n"], ids=["whole", "searched"])
def test_from_a_place(by, search):
    """A walk begins behind a place or at it, up and down, whether the row is still there or not."""
    book = book_of(*(in_city(str(at), f"n{at}", f"c{at}") for at in range(6)))
    chosen = selection(book, search=search, order=by)
    place = list(chosen.walk(None, down=False))[3].place
    for held in (chosen, selection(replace(book, overlay={"3": None}), search=search, order=by)):
        there = ["3"] if held is chosen else []
        assert ids(held.walk(place, down=False)) == ["4", "5"]
        assert ids(held.walk(place, down=False, inclusive=True)) == [*there, "4", "5"]
        assert ids(held.walk(place, down=True)) == ["2", "1", "0"]
        assert ids(held.walk(place, down=True, inclusive=True)) == [*there, "2", "1", "0"]


def test_changes_speak_for_themselves():
    """What changed since the index was made is listed as it is now, where it stands now."""
    changes = {"1": entry(contact("1", "aa")), "2": None, "9": entry(contact("9", "bb")), "8": None}
    chosen = selection(replace(BOOK, overlay=changes))
    assert ids(chosen.walk(None, down=False)) == ["4", "1", "9", "3"]
    assert ids(chosen.walk(None, down=True)) == ["3", "9", "1", "4"]
    assert chosen.count() == 4
    searched = selection(replace(BOOK, overlay=changes), search="a")
    assert ids(searched.walk(None, down=False)) == ["4", "1"]


@pytest.mark.parametrize("is_laid", [False, True], ids=["in-the-index", "upon-it"])
class TestThin:
    """Rows whose details are not read, in the index or among its changes."""

    def of(self, is_laid, *contacts) -> Snapshot:
        if not is_laid:
            return book_of(*contacts)
        return replace(empty(NOW), overlay={each.key.remote: entry(each) for each in contacts})

    def test_are_undecided(self, is_laid):
        """Who lacks what is asked is not listed, is not counted, and is told to be undecided."""
        rows = [row("1", "a", "address"), row("2", "b"), in_city("3", "c", "A")]
        for condition, listed in ((CITY_IS_A, ["3"]), (Not(CITY_IS_A), ["2"])):
            chosen = selection(self.of(is_laid, *rows), condition)
            assert ids(chosen.walk(None, down=False)) == listed
            assert (chosen.count(), chosen.undecided()) == (1, ["1"])

    def test_are_decided_by_the_rest(self, is_laid):
        """Who is in or out whatever the details say is not undecided."""
        rows = [row("1", "a", "address"), row("2", "b", "address")]
        both = AllOf((CITY_IS_A, one_of("name", ["a"])))
        either = AnyOf((CITY_IS_A, one_of("name", ["a"])))
        assert selection(self.of(is_laid, *rows), both).undecided() == ["1"]
        chosen = selection(self.of(is_laid, *rows), either)
        assert (ids(chosen.walk(None, down=False)), chosen.undecided()) == (["1"], ["2"])

    def test_may_hold_a_word(self, is_laid):
        """Who has not the word in the row may have it in the details that a search looks at."""
        rows = [row("1", "ann", "persons"), row("2", "bob", "persons"), row("3", "cy", "notes")]
        chosen = selection(self.of(is_laid, *rows), search="ann")
        assert (ids(chosen.walk(None, down=False)), chosen.undecided()) == (["1"], ["2"])

    def test_may_stand_elsewhere(self, is_laid):
        """Who is in the list and lacks what it is ordered by is listed, and its place is undecided."""
        rows = [row("1", "a", "address"), in_city("2", "b", "A")]
        chosen = selection(self.of(is_laid, *rows), order=CITY)
        assert (ids(chosen.walk(None, down=False)), chosen.undecided()) == (["2", "1"], ["1"])

    def test_are_not_what_a_system_keeps_from_us(self, is_laid):
        """A contact read in full is decided, and the paths that were asked and it lacks are told."""
        rows = [contact("1", unknown=frozenset({"address", "phones"})), row("2", "b", "label")]
        chosen = selection(self.of(is_laid, *rows), AnyOf((Not(CITY_IS_A), contains("label", "x"))))
        assert (ids(chosen.walk(None, down=False)), chosen.undecided()) == (["2", "1"], [])
        assert chosen.untold() == ["address.city"]
        by_city = selection(self.of(is_laid, *rows), order=CITY)
        assert by_city.untold() == ["address.city"]


def test_what_was_replaced_is_not_untold():
    """A contact that has changed since says what is untold, and its former state does not."""
    book = book_of(contact("1", unknown=frozenset({"address"})))
    newer = replace(book, overlay={"1": entry(in_city("1", "a", "A"))})
    assert selection(book, CITY_IS_A).untold() == ["address.city"]
    assert selection(newer, CITY_IS_A).untold() == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param((("RELEVANCE", False),), "012345", id="best-first"),
        pytest.param((("RELEVANCE", True),), "452310", id="best-last"),
        pytest.param((("RELEVANCE", False), ("NAME", True)), "013254", id="names-downwards-within"),
        pytest.param((("NAME", False), ("RELEVANCE", False)), "243501", id="behind-the-name"),
        pytest.param((("CITY", False), ("RELEVANCE", True)), "452310", id="behind-a-city-that-none-has"),
    ],
)
def test_relevance(keys, expected):
    """Degrees come one after another, each in the order of what follows, up and down and from any row."""
    names = ["jan", "jansen", "b jan", "c jan", "bojan", "cojan"]
    contacts = [contact(str(at), name) for at, name in enumerate(names)]
    order = order_of(tuple(OrderKey(OrderField(name), down) for name, down in keys), "jan")
    chosen = selection(book_of(*contacts), search="jan", order=order)
    found = list(chosen.walk(None, down=False))
    assert ids(found) == list(expected)
    assert ids(chosen.walk(None, down=True)) == list(expected)[::-1]
    for at, one in enumerate(found):
        assert ids(chosen.walk(one.place, down=False)) == list(expected)[at + 1 :]
        assert ids(chosen.walk(one.place, down=True)) == list(expected)[:at][::-1]


def test_nobody():
    """A book of nobody has nothing, whatever is asked."""
    relevance = order_of((OrderKey(OrderField.RELEVANCE),), "a")
    for order in (NAME_ORDER, CITY, relevance):
        chosen = selection(empty(NOW), CITY_IS_A, "a", order)
        assert list(chosen.walk(None, down=False)) == list(chosen.walk(None, down=True)) == []
        assert (chosen.count(), chosen.undecided(), chosen.untold()) == (0, [], [])


def test_what_is_found():
    """A row comes with its contact, when its details were read, and its place."""
    held = entry(contact("7", "Ünal & Zn."), NOW)
    (found,) = selection(Snapshot(Index([held]), {}, NOW)).walk(None, down=False)
    assert (found.contact, found.read_at) == (held.contact, NOW)
    assert found.place == ("unal & zn.", contact_id("shop", "7"))
    assert held.place == (b"unal & zn.", contact_id("shop", "7"))
