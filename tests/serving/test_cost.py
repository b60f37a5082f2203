"""What an operation costs before it runs: objects, leaves, calls, and lists as long as they are asked for."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    build_schema,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

from gateway.serving.cost import Cost, cost
from gateway.serving.cost_weights import ARGUMENTS, FIELDS, SIZES
from gateway.serving.limits import CAP, Refusal
from gateway.settings import LimitSettings

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^```graphql\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def costed(document: str, variables: object = None, name: str | None = None, **limits: int) -> Cost:
    given_variables: Any = variables
    return cost(SCHEMA, parse(document), name, given_variables, LimitSettings(**limits))


def total(document: str, variables: object = None) -> int:
    return costed(document, variables).total


COSTS = {
    "both books as one list": 4_542,
    "one contact by number": 55,
    "1. every word": 152,
    "2. three identifiers": 783,
    "3. best first": 168,
    "4. filter and order": 131,
    "5. any of several": 176,
    "6. only Moneybird": 152,
    "7. workflow and field": 279,
    "8. only Acumulus": 125,
    "9. the last rows": 129,
    "10. archived": 402,
    "dry run": 125,
    "version": 119,
    "would clear": 113,
}
"""The README's operations in its order, and what they cost of the 20,000 that are allowed."""


@pytest.mark.parametrize(
    ("document", "points"), list(zip(DOCUMENTED, COSTS.values(), strict=True)), ids=list(COSTS)
)
def test_what_is_documented_is_affordable(document: str, points: int):
    """Every operation of the README is valid, costs what the table says, and is let through."""
    assert validate(SCHEMA, parse(document)) == []
    found = costed(document)
    assert (found.total, found.is_exact, found.refusal) == (points, True, None)


def everything(type_name: str, without: set[str]) -> str:
    """Select all of a type but what leads back up."""
    kind = SCHEMA.get_type(type_name)
    assert isinstance(kind, GraphQLObjectType)
    parts = []
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        if name not in without:
            parts.append(name if is_leaf_type(named) else f"{name} {everything(named.name, without)}")
    return "{ " + " ".join(parts) + " }"


UPWARD = {"contact", "administration", "events"}
CALLING = {"charges", "payments"}


@pytest.mark.parametrize(
    ("document", "points"),
    [
        pytest.param(get_introspection_query(), 6_169, id="explorers-look-at-the-schema"),
        pytest.param(
            f"{{ contacts(first: 250) {{ nodes {everything('Contact', UPWARD | CALLING)} }} }}",
            19_159,
            id="all-of-the-largest-page",
        ),
        pytest.param(
            f"{{ contacts {{ nodes {everything('Contact', UPWARD)} }} }}",
            7_196,
            id="all-of-a-page-with-its-calls",
        ),
        pytest.param(
            f"{{ administrations {everything('Administration', UPWARD | {'choices'})} }}",
            306,
            id="all-of-all-books",
        ),
    ],
)
def test_what_clients_do_is_affordable(document: str, points: int):
    """The widest fair questions keep within the default limit."""
    found = costed(document)
    assert (found.total, found.refusal) == (points, None)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            "{"
            + " ".join(f"a{n}: contacts(first: 250) {{ nodes {{ charges {{ id }} }} }}" for n in range(4))
            + "}",
            id="charges-of-a-thousand",
        ),
        pytest.param(
            "{" + " ".join(f"a{n}: contacts(first: 250) {{ nodes {{ id }} }}" for n in range(100)) + "}",
            id="a-hundred-pages",
        ),
        pytest.param(
            "{ contacts { nodes { persons { contact { persons { contact { persons { id } } } } } } } }",
            id="up-and-down",
        ),
        pytest.param("{ contacts(first: 1000000) { nodes { id } } }", id="a-million"),
        pytest.param(
            "query Q { "
            + " ".join(f"s{n}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}" for n in range(100))
            + "}",
            id="the-schema-a-hundred-times",
        ),
        pytest.param(
            "{ "
            + " ".join(f'a{n}: contacts(search: "x{n}", first: 50) {{ nodes {{ id }} }}' for n in range(120))
            + "}",
            id="searches",
        ),
    ],
)
def test_what_would_take_too_much_is_refused(document: str):
    """What a thousand calls or tens of thousands of objects would answer is refused, with both numbers."""
    refusal = costed(document).refusal
    assert refusal is not None
    assert (refusal.what, refusal.allowed) == ("cost", 20_000)
    assert refusal.counted > 20_000


def points(*parts: float) -> int:
    """Add up and round up, as a cost is."""
    return -(-round(sum(parts) * 100) // 100)


LIST = 20 + 1
"""A list's call, and the connection."""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param("{ viewer { name } }", points(1, 0.05), id="object-and-leaf"),
        pytest.param("{ __typename }", points(0.05), id="typename"),
        pytest.param("{ viewer { scopes } }", points(1, 10 * 0.05), id="leaves-in-a-list"),
        pytest.param("{ administrations { slug } }", points(10, 10 * 0.05), id="list-without-size"),
        pytest.param("{ contacts { totalCount } }", points(LIST, 0.05), id="page-not-looked-at"),
        pytest.param("{ contacts { nodes { id } } }", points(LIST, 50 * 1.05), id="default-page"),
        pytest.param("{ contacts(first: 7) { nodes { id } } }", points(LIST, 7 * 1.05), id="first"),
        pytest.param("{ contacts(last: 7) { nodes { id } } }", points(LIST, 7 * 1.05), id="last"),
        pytest.param("{ contacts(first: 0) { nodes { id } } }", points(LIST), id="none"),
        pytest.param("{ contacts(first: null) { nodes { id } } }", points(LIST, 50 * 1.05), id="null"),
        pytest.param("{ contacts(first: -1) { nodes { id } } }", points(LIST, 250 * 1.05), id="negative"),
        pytest.param('{ contacts(first: "9") { nodes { id } } }', points(LIST, 250 * 1.05), id="no-number"),
        pytest.param("{ contacts(first: 2, last: 7) { nodes { id } } }", points(LIST, 7 * 1.05), id="both"),
        pytest.param(
            "{ contacts(first: 2) { edges { cursor node { id } } } }",
            points(LIST, 2 * (1.05 + 1.05)),
            id="edges",
        ),
        pytest.param(
            "{ contacts(first: 2) { sources { state } } }",
            points(LIST, 10 * 1.05),
            id="lists-beside-the-page",
        ),
        pytest.param(
            "{ contacts(first: 2) { nodes { phones { number } emails } } }",
            points(LIST, 2, 2 * 3 * 1.05, 2 * 10 * 0.05),
            id="lists-of-a-page",
        ),
        pytest.param(
            "{ contacts(first: 2) { nodes { events(last: 3) { nodes { at } } } } }",
            points(LIST, 2, 2 * 1, 2 * 3 * 1.05),
            id="page-of-a-page",
        ),
        pytest.param(
            "{ contacts(first: 3) { nodes { charges { id } mandate { payments { kind } } } } }",
            points(LIST, 3, 3 * (20 + 10 * 1.05), 3 * 1, 3 * (20 + 1.05)),
            id="calls",
        ),
        pytest.param('{ contact(id: "a") { id } }', points(20, 1.05), id="by-id"),
        pytest.param(
            '{ nodes(ids: ["a", "b", "c"]) { id } }', points(3 * 40, 3 * 1.05), id="as-many-as-named"
        ),
        pytest.param(
            '{ contacts(search: "a", maxAge: 0) { totalCount } }', points(LIST, 100, 20, 0.05), id="search"
        ),
        pytest.param("{ contacts(search: null) { totalCount } }", points(LIST, 0.05), id="no-search"),
        pytest.param("mutation { mandateDelete(input: {}) { outcome } }", points(100, 1.05), id="write"),
        pytest.param("{ a: viewer { name } b: viewer { name } }", points(2 * 1.05), id="aliases"),
        pytest.param(
            "{ viewer { name } ...F } fragment F on Query { viewer { name scopes } }", 2, id="one-of-two"
        ),
        pytest.param(
            "{ a: contacts { totalCount } a: viewer { name } }", points(LIST, 0.05, 1.05), id="conflict"
        ),
        pytest.param("{ viewer { name @skip(if: true) } }", points(1, 0.05), id="what-is-skipped"),
        pytest.param(
            '{ node(id: "a") { id ... on Contact { charges { id } } ... on Note { contact { id } } } }',
            points(40, 1.05, 20 + 10 * 1.05, 1.05),
            id="every-type-of-an-interface",
        ),
        pytest.param(
            '{ contact(id: "a") { id ... on Node { id } ... on Contact { id } } }',
            points(20, 1.05),
            id="of-an-object",
        ),
        pytest.param("{ __schema { types { name } } }", points(0.04, 100 * 0.04), id="schema"),
    ],
)
def test_what_each_field_costs(document: str, expected: int):
    """Objects, leaves, calls and arguments add up as the table of weights says, multiplied by their lists."""
    assert total(document) == expected


PAGED = "query ($n: Int$default) { contacts(first: $n) { nodes { id } } }"


@pytest.mark.parametrize(
    ("variables", "default", "size"),
    [
        pytest.param({"n": 7}, "", 7, id="number"),
        pytest.param({"n": 7.0}, "", 7, id="whole-fraction"),
        pytest.param({"n": 0}, "", 0, id="none"),
        pytest.param({"n": None}, " = 7", 50, id="null"),
        pytest.param({}, "", 50, id="absent"),
        pytest.param(None, "", 50, id="no-variables"),
        pytest.param({}, " = 7", 7, id="default"),
        pytest.param({"n": 9}, " = 7", 9, id="sent-before-default"),
        pytest.param({"n": "7"}, "", 250, id="text"),
        pytest.param({"n": True}, "", 250, id="truth"),
        pytest.param({"n": 7.5}, "", 250, id="fraction"),
        pytest.param({"n": float("inf")}, "", 250, id="infinite"),
        pytest.param({"n": -7}, "", 250, id="negative"),
        pytest.param({"n": {"a": 1}}, "", 250, id="object"),
        pytest.param([7], "", 50, id="variables-as-a-list"),
    ],
)
def test_a_variable_says_how_long_a_page_is(variables: object, default: str, size: int):
    """A page is as long as its variable says; what makes no sense counts as the longest page."""
    assert total(PAGED.replace("$default", default), variables) == points(LIST, size * 1.05)


def test_a_number_too_long_to_be_one():
    """Five thousand digits are no size, and nobody reads them."""
    document = f"{{ contacts(first: {'9' * 5_000}) {{ nodes {{ id }} }} }}"
    assert total(document) == points(LIST, 250 * 1.05)


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        pytest.param(["a"] * 60, 60, id="list"),
        pytest.param([], 0, id="empty"),
        pytest.param("a", 100, id="no-list"),
    ],
)
def test_a_list_in_a_variable_counts_its_entries(ids: object, count: int):
    """A list of ids costs a look-up each, and as many things."""
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    looked_up = 40 * (len(ids) if isinstance(ids, list) else 1)
    assert total(document, {"ids": ids}) == points(looked_up, count * 1.05)


TWO = "query A { viewer { name } } query B { contacts { nodes { id } } }"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("A", points(1.05), id="first"),
        pytest.param("B", points(LIST, 50 * 1.05), id="second"),
        pytest.param("C", 0, id="not-there"),
    ],
)
def test_only_the_operation_that_runs_costs(name: str, expected: int):
    """Of several operations the named one counts; one that is not there runs nothing."""
    assert costed(TWO, name=name).total == expected


def test_the_limit_lets_through_what_it_names():
    """A cost as high as the limit passes; one point more is refused."""
    document = "{ contacts(first: 20) { nodes { id } } }"
    assert costed(document, cost=42).refusal is None
    refusal = costed(document, cost=41).refusal
    assert refusal is not None
    assert (refusal.counted, refusal.allowed, refusal.is_exact) == (42, 41, True)


def multiplying(levels: int, ways: int = 2) -> str:
    """Write fragments that unfold into `ways` times as many objects at each level."""
    kinds = ("persons", "notes", "charges")[:ways]
    parts = [
        f"fragment F{n} on Contact {{ "
        + " ".join(f"{kind} {{ contact {{ ...F{n + 1} }} }}" for kind in kinds)
        + " }"
        for n in range(levels)
    ]
    return f'{{ contact(id: "a") {{ ...F0 }} }} {" ".join(parts)} fragment F{levels} on Contact {{ id }}'


@pytest.mark.parametrize(
    ("levels", "total", "is_exact"),
    [
        # Each level is three lists of ten, a call for one of them, and their contacts again.
        pytest.param(2, points(21, 30 + 20 + 30, 30 * (30 + 20 + 30), 900 * 0.05), True, id="two-levels"),
        pytest.param(100, CAP, False, id="a-hundred-levels"),
    ],
)
def test_what_fragments_multiply_is_counted_and_not_walked(levels: int, total: int, is_exact: bool):
    """Three to the power of a hundred objects cost soon what they cost, cut where nobody can read it."""
    begun = time.perf_counter()
    document = parse(multiplying(levels, 3))
    parsed = time.perf_counter()
    found = cost(SCHEMA, document, None, None, LimitSettings(cost=1))
    # Counting objects one by one would outlast everybody; this takes about as long as parsing.
    assert time.perf_counter() - parsed < 100 * (parsed - begun)
    assert (found.total, found.is_exact) == (total, is_exact)
    assert found.refusal == Refusal("cost", total, 1, is_exact=is_exact)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            '{ contact(id: "a") { ...F } } fragment F on Contact { persons { contact { ...F } } }', id="cycle"
        ),
        pytest.param(
            "{ contacts(first: 0) { nodes { ...F } } } fragment F on Contact { notes { contact { ...F } } }",
            id="cycle-of-nothing",
        ),
    ],
)
def test_what_never_ends_is_more_than_allowed(document: str):
    """Where counting would not end, it soon stops, and says that it is more than may be."""
    begun = time.process_time()
    found = costed(document)
    assert time.process_time() - begun < 2
    assert not found.is_exact
    assert found.refusal is not None
    assert "at least" in found.refusal.message


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{ nothing { of { that } } }", id="fields"),
        pytest.param("{ ...Nowhere }", id="fragment"),
        pytest.param("{ ...F } fragment F on Nowhere { a { b } }", id="type"),
        pytest.param('{ node(id: "a") { ... on ContactFields { a } } }', id="input-type"),
        pytest.param("{ viewer { name { more } } }", id="below-a-leaf"),
        pytest.param("{ viewer }", id="object-without-selection"),
        pytest.param("subscription { contacts { nodes { id } } }", id="no-such-root"),
        pytest.param("fragment F on Query { viewer { name } }", id="no-operation"),
        pytest.param("{ contacts(first: $m) { nodes { id } } }", id="variables"),
        pytest.param('{ node(id: "a") { ... on String { a } } }', id="scalar"),
    ],
)
def test_what_is_not_valid_does_not_raise(document: str):
    """An operation that validation will refuse has some cost."""
    assert costed(document).total >= 0


def test_the_table_speaks_of_the_schema():
    """Every field, argument and sized list in the table of weights is there in the schema."""
    arguments = [path.rsplit(".", 1) for path in ARGUMENTS]
    arguments += [[path, each] for path, size in SIZES.items() for each in size.slicing]
    for coordinate in [*FIELDS, *SIZES, *(path for path, _ in arguments)]:
        assert field_of(coordinate) is not None, coordinate
    for path, name in arguments:
        assert name in field_of(path).args, (path, name)
    for path, size in SIZES.items():
        assert set(size.sized) <= set(get_named_type(field_of(path).type).fields)


def field_of(coordinate: str) -> Any:
    type_name, name = coordinate.split(".")
    kind: Any = SCHEMA.get_type(type_name)
    return kind.fields.get(name)
