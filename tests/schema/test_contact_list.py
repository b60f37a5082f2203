"""A list of contacts over several books."""

from dataclasses import replace

import pytest

from gateway.domain.administration import FieldRule
from gateway.domain.contact import ContactRole, ContactStatus, PostalAddress
from gateway.domain.errors import BackendUnavailable
from gateway.domain.identity import GlobalId
from tests.fakes import FakeContacts, backend, contact, world

LIST = """
query($first: Int, $after: String, $last: Int, $before: String, $in: [ID!]) {
  contacts(first: $first, after: $after, last: $last, before: $before, administrations: $in) {
    totalCount
    edges { cursor node { displayName } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    sources { state matchCount contactCount notFilterable problem { code retryable } administration { slug } }
  }
}
"""


@pytest.fixture
async def at():
    shop = FakeContacts([contact("1", "Ann"), contact("2", "Cy")])
    web = FakeContacts([contact("1", "Bo", "web"), contact("2", "Dee", "web")])
    async with world(backend(shop), backend(web, slug="web", system="acumulus")) as opened:
        yield opened


def names(answer) -> list[str]:
    return [edge["node"]["displayName"] for edge in answer.data["contacts"]["edges"]]


async def test_all(at):
    """Without arguments the list is one of all books, exact and complete."""
    answer = await at.ask(LIST)
    listing = answer.data["contacts"]
    assert names(answer) == ["Ann", "Bo", "Cy", "Dee"]
    assert (listing["totalCount"], answer.errors) == (4, [])
    assert listing["sources"][1] == {
        "state": "FRESH",
        "matchCount": 2,
        "contactCount": 2,
        "notFilterable": [],
        "problem": None,
        "administration": {"slug": "web"},
    }
    cursors = [edge["cursor"] for edge in listing["edges"]]
    ends = listing["pageInfo"]
    assert (ends["startCursor"], ends["endCursor"]) == (cursors[0], cursors[-1])


async def test_walking_both_ways(at):
    """Pages go on from each other's cursors, forward and backward."""
    first = await at.ask(LIST, first=3)
    info = first.data["contacts"]["pageInfo"]
    assert (names(first), info["hasNextPage"], info["hasPreviousPage"]) == (["Ann", "Bo", "Cy"], True, False)
    second = await at.ask(LIST, first=3, after=info["endCursor"])
    info = second.data["contacts"]["pageInfo"]
    assert (names(second), info["hasNextPage"], info["hasPreviousPage"]) == (["Dee"], False, True)
    back = await at.ask(LIST, last=2, before=info["startCursor"])
    assert names(back) == ["Bo", "Cy"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        pytest.param(["web"], ["Bo", "Dee"], id="slug"),
        pytest.param([str(GlobalId("Administration", ("shop",)))], ["Ann", "Cy"], id="id"),
        pytest.param(["web", str(GlobalId("Administration", ("web",)))], ["Bo", "Dee"], id="twice"),
        pytest.param([], [], id="none"),
    ],
)
async def test_books(at, chosen, found):
    """Books are chosen by slug or id, each counts once, and none chosen is an empty list."""
    answer = await at.ask(LIST, **{"in": chosen})
    assert (names(answer), answer.data["contacts"]["totalCount"]) == (found, len(found))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"first": 1, "last": 1}, id="both-sizes"),
        pytest.param({"first": -1}, id="negative"),
        pytest.param({"first": 251}, id="too-many"),
        pytest.param({"last": 251}, id="too-many-from-the-end"),
        pytest.param({"after": "nonsense"}, id="after"),
        pytest.param({"before": ""}, id="before"),
        pytest.param({"in": [str(GlobalId("Contact", ("shop", "1")))]}, id="id-of-a-contact"),
    ],
)
async def test_bad_arguments(at, arguments):
    """Arguments that make no sense are bad input."""
    assert (await at.ask(LIST, **arguments)).codes == ["BAD_USER_INPUT"]


async def test_an_empty_page(at):
    """A page of no rows has no cursors and still counts."""
    listing = (await at.ask(LIST, first=0)).data["contacts"]
    assert (listing["edges"], listing["totalCount"]) == ([], 4)
    assert listing["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_a_failing_book_is_no_error(at):
    """A system that fails is told in its source, without an entry in errors and without an exact count."""
    contacts = at.gateway.directory.books["web"].backend.contacts
    contacts.switch.failing["scan"] = BackendUnavailable("away", administration="web")
    answer = await at.ask(LIST)
    listing = answer.data["contacts"]
    assert (names(answer), listing["totalCount"], answer.errors) == (["Ann", "Cy"], None, [])
    source = listing["sources"][1]
    assert (source["state"], source["problem"]) == (
        "UNAVAILABLE",
        {"code": "SYSTEM_UNAVAILABLE", "retryable": True},
    )


SEARCH = """
query($search: String, $where: ContactFilter, $orderBy: [ContactOrder!]) {
  contacts(search: $search, where: $where, orderBy: $orderBy) {
    edges { node { displayName } } totalCount sources { matchCount notFilterable }
  }
}
"""


@pytest.fixture
async def kept():
    """Open two books of which only one tells roles and only the other when a contact was changed."""
    shop = [
        contact("1", "Café Zoë", address=PostalAddress(city="Gent", postal_code="9000 AB")),
        contact("2", "Zoë Old", status=ContactStatus.ARCHIVED),
    ]
    web = [contact("1", "Zoe BV", "web", roles=(ContactRole.CUSTOMER,), emails=("info@cafe.example",))]
    first, second = backend(shop), backend(web, slug="web", system="acumulus")
    first = replace(first, fields=(FieldRule("updatedAt", readable=True), FieldRule("roles")))
    second = replace(second, fields=(FieldRule("updatedAt"), FieldRule("roles", readable=True)))
    async with world(first, second) as opened:
        yield opened


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("zoe", ["Café Zoë", "Zoe BV"], id="both"),
        pytest.param(" ZOÉ  cafe ", ["Café Zoë", "Zoe BV"], id="every-word-in-any-field"),
        pytest.param("zoe gent", ["Café Zoë"], id="one"),
        pytest.param("9000ab", ["Café Zoë"], id="identifier"),
        pytest.param("zoe nobody", [], id="none"),
        pytest.param("  ", ["Café Zoë", "Zoe BV"], id="blank"),
        pytest.param(None, ["Café Zoë", "Zoe BV"], id="null"),
    ],
)
async def test_search(kept, search, found):
    """Every word of a search must be somewhere in a contact; blank is no search; counts go along."""
    answer = await kept.ask(SEARCH, search=search)
    assert answer.errors == []
    assert (names(answer), answer.data["contacts"]["totalCount"]) == (found, len(found))


async def test_search_and_filter(kept):
    """A search and a filter must both hold, the filter's status included."""
    answer = await kept.ask(
        SEARCH, search="zoe", where={"status": ["ARCHIVED", "ACTIVE"], "city": {"isEmpty": True}}
    )
    assert names(answer) == ["Zoe BV", "Zoë Old"]


@pytest.mark.parametrize("search", ["a" * 1001, "a " * 21], ids=["long", "wordy"])
async def test_a_search_has_bounds(kept, search):
    """A search that is longer than any is bad input."""
    assert (await kept.ask(SEARCH, search=search)).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        pytest.param({}, [[], []], id="nothing-asked"),
        pytest.param({"where": {"roles": ["CUSTOMER"]}}, [["roles"], []], id="filter"),
        pytest.param({"orderBy": {"field": "UPDATED_AT"}}, [[], ["updatedAt"]], id="order"),
        pytest.param(
            {"where": {"not": {"roles": []}}, "orderBy": {"field": "UPDATED_AT"}},
            [["roles"], ["updatedAt"]],
            id="both",
        ),
    ],
)
async def test_not_filterable(kept, asked, lacking):
    """Each source names what the filter or the order asks that its system cannot tell."""
    sources = (await kept.ask(SEARCH, **asked)).data["contacts"]["sources"]
    assert [each["notFilterable"] for each in sources] == lacking


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        pytest.param("totalCount", {"totalCount": 4}, id="total"),
        pytest.param("sources { matchCount }", {"sources": [{"matchCount": 2}] * 2}, id="matches"),
        pytest.param(
            "...F } } fragment F on ContactConnection { ... { n: totalCount", {"n": 4}, id="fragment"
        ),
    ],
)
async def test_counts(at, selection, told):
    """Counts are told wherever they are asked for, by any name and on their own."""
    answer = await at.ask(f"{{ contacts(first: 0) {{ {selection} }} }}")
    assert (answer.data, answer.errors) == ({"contacts": told}, [])
