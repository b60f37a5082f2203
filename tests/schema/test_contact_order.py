"""In what order a list shows contacts, as a client asks for it."""

import pytest

from gateway.directory.criteria import search_of
from gateway.directory.order import BY_NAME, Order, OrderField, OrderKey
from gateway.domain.contact import PostalAddress
from gateway.domain.errors import BadInput
from gateway.schema.contact_order import ContactOrder, ContactOrderField, OrderDirection, ordered_by
from tests.fakes import NOW, FakeContacts, backend, contact, world

LIST = """
query($search: String, $orderBy: [ContactOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  contacts(
    search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
  ) { nodes { displayName } pageInfo { startCursor endCursor } }
}
"""

CITY = OrderKey(OrderField.CITY)
RELEVANCE = OrderKey(OrderField.RELEVANCE)


def by(name: str, direction: OrderDirection = OrderDirection.ASC) -> ContactOrder:
    return ContactOrder(field=ContactOrderField[name], direction=direction)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        pytest.param(None, (BY_NAME,), id="none"),
        pytest.param([], (BY_NAME,), id="empty"),
        pytest.param([by("CITY")], (CITY,), id="one"),
        pytest.param(
            [by("CREATED_AT", OrderDirection.DESC), by("CITY")],
            (OrderKey(OrderField.CREATED_AT, descending=True), CITY),
            id="two",
        ),
        pytest.param([by("CITY"), by("CITY", OrderDirection.DESC)], (CITY,), id="twice"),
        pytest.param([by("RELEVANCE")], (RELEVANCE, BY_NAME), id="relevance"),
    ],
)
def test_keys(wanted, keys):
    """Orders are taken as written, the first mention counts, and the name is the default."""
    assert ordered_by(wanted, search_of("Foo Bär")) == Order(keys, "foo bar")


@pytest.mark.parametrize("field", list(OrderField))
def test_every_order(field):
    """Each order of the directory can be asked for by its name."""
    assert ordered_by([by(field.value)], search_of("x")).keys[0] == OrderKey(field)


def test_relevance_needs_a_search():
    """Without anything searched for nothing is relevant."""
    with pytest.raises(BadInput, match=r"RELEVANCE needs a search\."):
        ordered_by([by("NAME"), by("RELEVANCE")], None)


@pytest.fixture
async def at():
    shop = [
        contact("1", "Ann Bo", address=PostalAddress(city="Delft"), customer_number="9", created_at=NOW),
        contact("2", "bo", customer_number="10", updated_at=NOW),
    ]
    web = [
        contact("1", "Bo's", "web", address=PostalAddress(city="Ámsterdam")),
        contact("2", "Cy", "web", address=PostalAddress(city="amsterdam"), emails=("bo@example.com",)),
    ]
    acumulus = backend(FakeContacts(web), slug="web", system="acumulus")
    async with world(backend(FakeContacts(shop)), acumulus) as opened:
        yield opened


def names(answer) -> list[str]:
    assert answer.errors == []
    return [each["displayName"] for each in answer.data["contacts"]["nodes"]]


ORDERS = [
    pytest.param(None, ["Ann Bo", "bo", "Bo's", "Cy"], id="default"),
    pytest.param([], ["Ann Bo", "bo", "Bo's", "Cy"], id="empty"),
    pytest.param({"field": "NAME", "direction": "DESC"}, ["Cy", "Bo's", "bo", "Ann Bo"], id="name-down"),
    pytest.param({"field": "CITY"}, ["Bo's", "Cy", "Ann Bo", "bo"], id="city"),
    pytest.param(
        [{"field": "CITY", "direction": "DESC"}, {"field": "NAME", "direction": "DESC"}],
        ["Ann Bo", "Cy", "Bo's", "bo"],
        id="city-down-then-name-down",
    ),
    pytest.param(
        [{"field": "CUSTOMER_NUMBER"}, {"field": "NAME"}], ["bo", "Ann Bo", "Bo's", "Cy"], id="number"
    ),
    pytest.param([{"field": "CREATED_AT"}, {"field": "NAME"}], ["Ann Bo", "bo", "Bo's", "Cy"], id="created"),
    pytest.param(
        [{"field": "UPDATED_AT", "direction": "DESC"}, {"field": "NAME"}],
        ["bo", "Ann Bo", "Bo's", "Cy"],
        id="updated-down",
    ),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
async def test_lists(at, order, expected):
    """Rows of both books stand in the order asked for, those without the value last in both directions."""
    assert names(await at.ask(LIST, orderBy=order)) == expected


@pytest.mark.parametrize(("order", "expected"), ORDERS)
async def test_walking(at, order, expected):
    """Cursors of an order lead along it, one row at a time, forward and backward."""
    forward, backward = [], []
    answer = await at.ask(LIST, orderBy=order, first=1)
    while found := names(answer):
        forward += found
        answer = await at.ask(
            LIST, orderBy=order, first=1, after=answer.data["contacts"]["pageInfo"]["endCursor"]
        )
    answer = await at.ask(LIST, orderBy=order, last=1)
    while found := names(answer):
        backward += found
        answer = await at.ask(
            LIST, orderBy=order, last=1, before=answer.data["contacts"]["pageInfo"]["startCursor"]
        )
    assert (forward, backward[::-1]) == (expected, expected)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        pytest.param("ASC", ["bo", "Bo's", "Ann Bo", "Cy"], id="best-first"),
        pytest.param("DESC", ["Cy", "Ann Bo", "Bo's", "bo"], id="worst-first"),
    ],
)
async def test_relevance(at, direction, expected):
    """What a search found is ordered by how well the name answers it."""
    order = {"field": "RELEVANCE", "direction": direction}
    assert names(await at.ask(LIST, search="BO", orderBy=order)) == expected


@pytest.mark.parametrize("search", [None, "", " "], ids=["none", "empty", "blank"])
async def test_relevance_without_a_search(at, search):
    """Asking for relevance and searching for nothing is bad input."""
    answer = await at.ask(LIST, search=search, orderBy=[{"field": "RELEVANCE"}])
    assert (answer.codes, answer.errors[0]["message"]) == (["BAD_USER_INPUT"], "RELEVANCE needs a search.")


@pytest.mark.parametrize(
    ("made", "used"),
    [
        pytest.param({}, {"orderBy": [{"field": "CITY"}]}, id="another-field"),
        pytest.param({}, {"orderBy": [{"field": "NAME", "direction": "DESC"}]}, id="another-direction"),
        pytest.param(
            {"search": "bo", "orderBy": [{"field": "RELEVANCE"}]},
            {"search": "ann", "orderBy": [{"field": "RELEVANCE"}]},
            id="another-search-by-relevance",
        ),
    ],
)
async def test_cursors_of_another_order(at, made, used):
    """A cursor is good for lists in its own order alone."""
    cursor = (await at.ask(LIST, **made)).data["contacts"]["pageInfo"]["endCursor"]
    assert (await at.ask(LIST, **used, after=cursor)).codes == ["BAD_USER_INPUT"]
