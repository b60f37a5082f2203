"""Lists over both books, held against a plain look at every contact as a client reads it."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from itertools import chain
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.house import House, opened

SELECTED = """id displayName companyName fullName firstName lastName status kind roles customerNumber emails
  label department createdAt updatedAt address { postalCode city country { code } }
  phones { number normalized } vatNumber { value } chamberOfCommerce bankAccount { number }
  notes { isTodo completedAt } customFields { fieldId value }
  mandate { hasPayments sepa { active } } trust { trusted }
  invoicing { deliveryMethod workflowId } estimates { workflowId } source { system remoteId }"""
LIST = """query($where: ContactFilter, $search: String, $order: [ContactOrder!], $in: [ID!], $first: Int,
    $after: String, $last: Int, $before: String) {
  contacts(where: $where, search: $search, orderBy: $order, administrations: $in, first: $first,
    after: $after, last: $last, before: $before) {
    totalCount nodes { id displayName } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    sources { administration { slug } state contactCount detailedCount matchCount detailsFetchedAt
      notFilterable problem { code message } } } }"""
EVERYBODY = {"status": ["ACTIVE", "ARCHIVED", "UNKNOWN"]}

Node = dict[str, Any]
Holds = Callable[[Node], bool]


def folded(text: str) -> str:
    """Leave case and marks aside."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def plain(text: str) -> str:
    """Leave blanks, dots, dashes and case aside."""
    return "".join(letter for letter in folded(text) if letter not in " .-").upper()


def at(node: Node, path: str) -> Any:
    """Return what stands at a path; None where something on the way is null."""
    found: Any = node
    for name in path.split("."):
        found = None if found is None else found[name]
    return found


def text(path: str, passes: Callable[[str], bool], normal: Callable[[str], str] = folded) -> Holds:
    """Say whether one of the texts at a path passes in its normal form; null never does."""

    def holds(node: Node) -> bool:
        found = at(node, path)
        return any(passes(normal(each)) for each in (found if isinstance(found, list) else [found]) if each)

    return holds


def one_of(path: str, *wanted: Any) -> Holds:
    return lambda node: at(node, path) in wanted


def any_name(passes: Callable[[str], bool]) -> Holds:
    each = [text(path, passes) for path in ("displayName", "companyName", "fullName")]
    return lambda node: any(holds(node) for holds in each)


def has_mandate(node: Node) -> bool:
    return bool(at(node, "mandate.sepa.active") or at(node, "mandate.hasPayments"))


def has_open_todo(node: Node) -> bool:
    return any(note["isTodo"] and not note["completedAt"] for note in node["notes"])


def dials(digits: str) -> Holds:
    def forms(phone: Node) -> Iterable[str]:
        for number in (phone["number"], phone["normalized"] or ""):
            yield "".join(filter(str.isdecimal, number))

    return lambda node: any(digits in form for phone in node["phones"] for form in forms(phone))


AFTER, BEFORE = "2021-03-01T00:00:00+00:00", "2024-02-03T12:00:00+00:00"


def within(path: str) -> Holds:
    return lambda node: bool(at(node, path)) and AFTER < at(node, path) < BEFORE


FILTERS: dict[str, tuple[Node, Holds]] = {
    "kind": ({"kind": ["PERSON"]}, one_of("kind", "PERSON")),
    "roles": ({"roles": ["SUPPLIER"]}, lambda node: "SUPPLIER" in node["roles"]),
    "system": ({"system": ["ACUMULUS"]}, one_of("source.system", "ACUMULUS")),
    "name": ({"name": {"contains": "ÉN"}}, any_name(lambda form: "en" in form)),
    "name-starts": ({"name": {"startsWith": "Ka"}}, any_name(lambda form: form.startswith("ka"))),
    "first-name": ({"firstName": {"isEmpty": False}}, text("firstName", bool)),
    "last-name": ({"lastName": {"contains": "de "}}, text("lastName", lambda form: "de " in form)),
    "no-last-name": ({"lastName": {"isEmpty": True}}, lambda node: not node["lastName"]),
    "city": ({"city": {"contains": "dorp"}}, text("address.city", lambda form: "dorp" in form)),
    "no-city": ({"city": {"isEmpty": True}}, lambda node: not at(node, "address.city")),
    "postal-code": (
        {"postalCode": {"startsWith": " 1-"}},
        text("address.postalCode", lambda form: form.startswith("1"), plain),
    ),
    "postal-code-ends": (
        {"postalCode": {"contains": "x z"}},
        text("address.postalCode", lambda form: "XZ" in form, plain),
    ),
    "country": ({"country": ["be", "Allemagne"]}, one_of("address.country.code", "BE", "DE")),
    "email": ({"email": {"startsWith": "INFO."}}, text("emails", lambda form: form.startswith("info."))),
    "phone": ({"phone": {"contains": "+31 20"}}, dials("3120")),
    "no-phone": ({"phone": {"isEmpty": True}}, lambda node: not dials("")(node)),
    "customer-number": (
        {"customerNumber": {"startsWith": "kl-"}},
        text("customerNumber", lambda form: form.startswith("kl-")),
    ),
    "vat-number": (
        {"vatNumber": {"startsWith": "nl.0"}},
        text("vatNumber.value", lambda form: form.startswith("NL0"), plain),
    ),
    "chamber": (
        {"chamberOfCommerce": {"contains": "1"}},
        text("chamberOfCommerce", lambda form: "1" in form, plain),
    ),
    "iban": ({"iban": {"startsWith": "nl"}}, text("bankAccount.number", lambda f: f.startswith("NL"), plain)),
    "label": ({"label": {"in": ["WEBWINKEL", "Ref 42"]}}, one_of("label", "webwinkel", "ref 42")),
    "department": ({"department": {"isEmpty": False}}, text("department", bool)),
    "delivery": (
        {"deliveryMethod": ["POST", "PEPPOL"]},
        one_of("invoicing.deliveryMethod", "POST", "PEPPOL"),
    ),
    "trusted": ({"trusted": True}, one_of("trust.trusted", True)),
    "not-trusted": ({"trusted": False}, one_of("trust.trusted", False)),
    "mandate": ({"hasMandate": True}, has_mandate),
    "no-mandate": ({"hasMandate": False}, lambda node: not has_mandate(node)),
    "open-todo": ({"hasOpenTodo": True}, has_open_todo),
    "no-open-todo": ({"hasOpenTodo": False}, lambda node: not has_open_todo(node)),
    "created": ({"createdAt": {"after": AFTER, "before": BEFORE}}, within("createdAt")),
    "updated": ({"updatedAt": {"after": AFTER, "before": BEFORE}}, within("updatedAt")),
    "and": (
        {"and": [{"kind": ["COMPANY"]}, {"country": ["NL"]}], "email": {"isEmpty": False}},
        lambda node: (
            node["kind"] == "COMPANY" and at(node, "address.country.code") == "NL" and node["emails"]
        ),
    ),
    "or": (
        {"or": [{"country": ["DE"]}, {"postalCode": {"contains": "xz"}}]},
        lambda node: (
            at(node, "address.country.code") == "DE" or "XZ" in plain(at(node, "address.postalCode") or "")
        ),
    ),
    "not": ({"not": {"vatNumber": {"isEmpty": True}}}, text("vatNumber.value", bool)),
    "not-with-those-who-lack-it": (
        {"not": {"city": {"contains": "a"}}},
        lambda node: "a" not in folded(at(node, "address.city") or ""),
    ),
    "nothing": ({"or": []}, lambda node: False),
}
"""A filter as a client writes it, and what it means for a contact as a client reads it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with opened(120) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everybody(house: House) -> list[Node]:
    """Return every contact of both books in full, archived ones included, in the order of names."""
    document = LIST.replace("{ id displayName }", f"{{ {SELECTED} }}")
    listing = (await house.data(document, where=EVERYBODY, first=250))["contacts"]
    assert listing["totalCount"] == len(listing["nodes"]) == 240
    return list(listing["nodes"])


in_one_loop = pytest.mark.asyncio(loop_scope="module")


def active(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node["status"] == "ACTIVE"]


def ids(nodes: Iterable[Node]) -> list[str]:
    return [node["id"] for node in nodes]


async def listed(house: House, **asked: Any) -> Node:
    """Ask for a list in one page unless told otherwise."""
    sized = asked if {"first", "last"} & asked.keys() else {**asked, "first": 250}
    found: Node = (await house.data(LIST, **sized))["contacts"]
    return found


def source(listing: Node, slug: str) -> Node:
    return next(each for each in listing["sources"] if each["administration"]["slug"] == slug)


@in_one_loop
@pytest.mark.parametrize(("where", "holds"), FILTERS.values(), ids=FILTERS)
async def test_filters(house: House, everybody: list[Node], where: Node, holds: Holds):
    """A filter shows those active contacts of both books for which it holds, and counts them."""
    listing = await listed(house, where=where)
    expected = ids(filter(holds, active(everybody)))
    assert ids(listing["nodes"]) == expected
    assert len(expected) < len(active(everybody))
    assert bool(expected) is (where != {"or": []})
    assert listing["totalCount"] == sum(each["matchCount"] for each in listing["sources"]) == len(expected)


@in_one_loop
async def test_values_of_contacts_find_them(house: House, everybody: list[Node]):
    """Ids, workflows and custom fields find those who have the value, to the letter."""
    for member, path in (
        ("remoteId", "source.remoteId"),
        ("invoiceWorkflowId", "invoicing.workflowId"),
        ("estimateWorkflowId", "estimates.workflowId"),
    ):
        value = next(at(node, path) for node in active(everybody) if at(node, path))
        wanted = [value, "no such id"] if member == "remoteId" else value
        found = await listed(house, where={member: wanted})
        assert ids(found["nodes"]) == ids(filter(one_of(path, value), active(everybody)))
    own = next(each for node in active(everybody) for each in node["customFields"] if each["value"])
    asked = {"id": own["fieldId"], "value": {"eq": own["value"].upper()}}
    having = [node for node in active(everybody) if _has(node, own)]
    assert ids((await listed(house, where={"customField": asked}))["nodes"]) == ids(having)


def _has(node: Node, own: Node) -> bool:
    same = [each for each in node["customFields"] if each["fieldId"] == own["fieldId"]]
    return any(folded(each["value"] or "") == folded(own["value"]) for each in same)


@in_one_loop
@pytest.mark.parametrize(
    ("where", "shown"),
    [
        pytest.param(None, {"ACTIVE"}, id="unsaid"),
        pytest.param({"kind": ["COMPANY", "PERSON"]}, {"ACTIVE"}, id="unsaid-in-a-filter"),
        pytest.param({"status": ["ARCHIVED"]}, {"ARCHIVED"}, id="archived"),
        pytest.param({"not": {"status": ["ACTIVE"]}}, {"ARCHIVED"}, id="not-active"),
        pytest.param({"or": [{"status": ["ARCHIVED"]}, {"name": {"contains": ""}}]}, None, id="said-within"),
        pytest.param(EVERYBODY, {"ACTIVE", "ARCHIVED"}, id="everybody"),
    ],
)
async def test_status(house: House, everybody: list[Node], where: Node | None, shown: set[str] | None):
    """Active contacts are listed, unless the filter speaks of status anywhere."""
    listing = await listed(house, where=where)
    expected = [node for node in everybody if shown is None or node["status"] in shown]
    assert ids(listing["nodes"]) == ids(expected)
    assert {node["status"] for node in everybody} == {"ACTIVE", "ARCHIVED"}


@in_one_loop
@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_one_administration(house: House, everybody: list[Node], slug: str):
    """One book alone is listed and counted, and is the only source; no book is an empty list."""
    listing = await listed(house, **{"in": [slug]})
    mine = [node for node in active(everybody) if node["source"]["system"] == slug.upper()]
    assert ids(listing["nodes"]) == ids(mine)
    assert [each["administration"]["slug"] for each in listing["sources"]] == [slug]
    assert (await listed(house, **{"in": []}))["nodes"] == []


READ = {
    "NAME": lambda node: folded(node["displayName"]),
    "CITY": lambda node: folded(at(node, "address.city") or "") or None,
    "CUSTOMER_NUMBER": lambda node: folded((node["customerNumber"] or "").strip()) or None,
    "CREATED_AT": lambda node: node["createdAt"] and datetime.fromisoformat(node["createdAt"]),
    "UPDATED_AT": lambda node: node["updatedAt"] and datetime.fromisoformat(node["updatedAt"]),
}
"""What each order compares."""


def in_order(nodes: Iterable[Node], *keys: tuple[str, str]) -> list[str]:
    """Sort by several keys in turn, those without a value last in both directions, ties by id."""
    found = sorted(nodes, key=lambda node: node["id"])
    # Sorting keeps the order of equals, reversed or not, so the weightiest key goes last.
    for field, direction in reversed(keys):
        having = [node for node in found if READ[field](node) is not None]
        lacking = [node for node in found if READ[field](node) is None]
        found = [*sorted(having, key=READ[field], reverse=direction == "DESC"), *lacking]
    return ids(found)


ORDERS = [((field, direction),) for field in READ for direction in ("ASC", "DESC")]
ORDERS += [(("CITY", "DESC"), ("NAME", "ASC")), (("CREATED_AT", "ASC"), ("CITY", "ASC"), ("NAME", "DESC"))]


@in_one_loop
@pytest.mark.parametrize(
    "keys", ORDERS, ids=["-".join(f"{name}-{way}" for name, way in keys).lower() for keys in ORDERS]
)
async def test_orders(house: House, everybody: list[Node], keys: tuple[tuple[str, str], ...]):
    """Every order is total, both ways, with empty values last; pages forward and backward are cut of it."""
    order = [{"field": field, "direction": direction} for field, direction in keys]
    expected = in_order(active(everybody), *keys)
    assert ids((await listed(house, order=order))["nodes"]) == expected

    forward = await walked(house, "first", "after", order)
    backward = await walked(house, "last", "before", order)
    assert list(chain.from_iterable(forward)) == expected
    assert list(chain.from_iterable(reversed(backward))) == expected


async def walked(house: House, size: str, place: str, order: list[Node]) -> list[list[str]]:
    """Page through the list in one direction."""
    more, end = ("hasNextPage", "endCursor") if size == "first" else ("hasPreviousPage", "startCursor")
    back = {"hasNextPage": "hasPreviousPage", "hasPreviousPage": "hasNextPage"}[more]
    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        asked = {size: 60, "order": order, **({place: cursor} if cursor else {})}
        listing = await listed(house, **asked)
        assert listing["pageInfo"][back] is bool(pages)
        pages.append(ids(listing["nodes"]))
        cursor = listing["pageInfo"][end] if listing["pageInfo"][more] else None
    return pages


SEARCHES = ["'t scheve huisje", "frietkot", "de", "noord", "b.v."]


def relevance(node: Node, search: str) -> int:
    """Say how well a name answers a search, 0 the best."""
    name = folded(node["displayName"])
    inside = [at for at in range(1, len(name)) if name.startswith(search, at)]
    if name == search or name.startswith(search):
        return int(name != search)
    return 2 if any(not name[at - 1].isalnum() for at in inside) else 3


@in_one_loop
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("search", SEARCHES)
async def test_relevance(house: House, search: str, direction: str):
    """Equal names first, then those that start with the search, words that do, the rest; then by name."""
    order = [{"field": "RELEVANCE", "direction": direction}]
    found = (await listed(house, search=search.upper(), order=order))["nodes"]
    by_name = (await listed(house, search=search))["nodes"]
    assert ids(found) == ids(
        sorted(by_name, key=lambda node: relevance(node, search), reverse=direction == "DESC")
    )
    assert found
    assert ids(await turned(house, search, order)) == ids(found)


async def turned(house: House, search: str, order: list[Node]) -> list[Node]:
    """Page backward through a search, three at a time."""
    nodes: list[Node] = []
    asked: Node = {}
    while True:
        page = await listed(house, search=search, order=order, last=3, **asked)
        nodes = page["nodes"] + nodes
        if not page["pageInfo"]["hasPreviousPage"]:
            return nodes
        asked = {"before": page["pageInfo"]["startCursor"]}


@in_one_loop
async def test_degrees_of_relevance(house: House):
    """The searches above find contacts of every degree of relevance."""
    found = {search: (await listed(house, search=search))["nodes"] for search in SEARCHES}
    assert {relevance(node, search) for search in SEARCHES for node in found[search]} == {0, 1, 2, 3}
