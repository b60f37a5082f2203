"""The orders of a list: what comes before what, and how well a name answers a search."""

from datetime import timedelta

import pytest

from gateway.directory.fields import micros
from gateway.directory.order import BY_NAME, NAME_ORDER, Order, OrderField, OrderKey, order_of, relevance
from gateway.domain.contact import PostalAddress
from gateway.domain.identity import contact_id
from gateway.domain.text import fold
from tests.fakes import NOW, contact

CITY, NUMBER = OrderKey(OrderField.CITY), OrderKey(OrderField.CUSTOMER_NUMBER)
RELEVANCE = OrderKey(OrderField.RELEVANCE)


def place(order: Order, one):
    identity = contact_id(one.key.administration, one.key.remote)
    return order.place(one, fold(one.display_name), identity)


def in_order(contacts, *keys: OrderKey, text: str = "") -> list[str]:
    order = Order(keys, text)
    return [each.key.remote for each in sorted(contacts, key=lambda one: order.rank(place(order, one)))]


def of_city(remote: str, city: str | None, number: str | None = None):
    return contact(remote, address=PostalAddress(city=city), customer_number=number)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["anna", "Bert", "carla", "Dirk"], id="case"),
        pytest.param(["Ebel", "Éclair", "Eden", "ëlan", "Emil"], id="accents"),
        pytest.param(["Strasm", "Straße", "Strassf", "Strast"], id="sharp-s-is-ss"),
        pytest.param(["10", "2", "A", "Z"], id="digits-as-text"),
        pytest.param(["Jan de Boer", "Jan-de Boer", "Jansen"], id="blanks-and-dashes-count"),
        pytest.param(["file", "ﬁlf"], id="ligature"),
        pytest.param(["zz", "Ωmega", "Яна"], id="other-scripts-behind"),
    ],
)
def test_name_order(names):
    """Contacts stand in the order of their folded names, and the other way round when descending."""
    contacts = [contact(str(number), name) for number, name in enumerate(names)]
    numbers = [str(number) for number in range(len(names))]
    assert in_order(reversed(contacts), BY_NAME) == numbers
    assert in_order(contacts, OrderKey(OrderField.NAME, descending=True)) == numbers[::-1]


@pytest.mark.parametrize(("descending", "expected"), [(False, "132"), (True, "312")], ids=["up", "down"])
def test_empty_values_come_last(descending, expected):
    """Contacts without a value come last in both directions, a city of marks alone being none."""
    contacts = [of_city("1", "Aa"), of_city("2", "\u0301"), of_city("3", "Bb")]
    assert in_order(contacts, OrderKey(OrderField.CITY, descending)) == list(expected)


def test_ties_go_by_global_id_bytewise():
    """Equal values, and values that all are missing, go by the bytes of the global id, upwards always."""
    contacts = [of_city(remote, None) for remote in ("9", "10", "a", "B")]
    expected = sorted(("9", "10", "a", "B"), key=lambda remote: contact_id("shop", remote).encode())
    assert in_order(contacts, CITY) == expected
    assert in_order(contacts, OrderKey(OrderField.CITY, descending=True)) == expected


def test_several_keys():
    """A later key orders what the earlier ones leave equal, each in its own direction."""
    contacts = [of_city("1", "B", "1"), of_city("2", "a", "1"), of_city("3", "A", "2"), of_city("4", "A")]
    assert in_order(contacts, CITY, NUMBER) == ["2", "3", "4", "1"]
    assert in_order(contacts, CITY, OrderKey(OrderField.CUSTOMER_NUMBER, descending=True)) == list("3241")


def test_moments():
    """Moments are ordered to the microsecond."""
    times = [NOW + timedelta(microseconds=1), NOW, None]
    contacts = [contact(str(at), updated_at=moment) for at, moment in enumerate(times)]
    order = Order((OrderKey(OrderField.UPDATED_AT),))
    assert in_order(contacts, *order.keys) == ["1", "0", "2"]
    assert place(order, contacts[1])[0] == micros(NOW)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("jan", "jan", 0, id="equal"),
        pytest.param("jansen", "jan", 1, id="begins-with-it"),
        pytest.param("de jansen", "jan", 2, id="a-word-begins-with-it"),
        pytest.param("o'jan", "jan", 2, id="behind-a-sign"),
        pytest.param("bojan jansen", "jan", 2, id="a-later-word"),
        pytest.param("bojan", "jan", 3, id="within-a-word"),
        pytest.param("piet", "jan", 3, id="found-elsewhere"),
        pytest.param("de jan de wit", "jan de", 2, id="several-words"),
        pytest.param("wit jan", "jan wit", 3, id="words-the-other-way-round"),
        pytest.param("", "jan", 3, id="no-name"),
    ],
)
def test_relevance(name, text, expected):
    """The display name equal, starting with, a word starting with, the rest."""
    assert relevance(name, text) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param((), (BY_NAME,), id="none"),
        pytest.param(
            (CITY, NUMBER, OrderKey(OrderField.CITY, descending=True)), (CITY, NUMBER), id="said-twice"
        ),
        pytest.param((RELEVANCE,), (RELEVANCE, BY_NAME), id="relevance"),
        pytest.param((RELEVANCE, CITY), (RELEVANCE, CITY, BY_NAME), id="relevance-first"),
        pytest.param((BY_NAME, RELEVANCE), (BY_NAME, RELEVANCE), id="relevance-behind-the-name"),
    ],
)
def test_what_was_asked(keys, expected):
    """The first word on a field counts, and the name settles what relevance leaves open."""
    assert order_of(keys, "x").keys == expected


def test_signatures():
    """Orders are told apart by keys, directions and, where relevance counts, by what was searched for."""
    by_city = [Order((OrderKey(OrderField.CITY, down), BY_NAME), "x").signature for down in (False, True)]
    by_relevance = [Order((RELEVANCE, BY_NAME), text).signature for text in ("jan", "piet")]
    assert len({*by_city, *by_relevance, NAME_ORDER.signature}) == 5
    assert Order((CITY,), "jan").signature == Order((CITY,), "piet").signature
    assert "jan" not in by_relevance[0]


def test_the_order_of_books():
    """Only the names upwards are the order in which books are kept."""
    assert NAME_ORDER.is_by_name
    assert not Order((OrderKey(OrderField.NAME, descending=True),)).is_by_name
    assert not Order((BY_NAME, CITY)).is_by_name
