"""Whatever is asked can be judged, and asking for more never costs less."""

from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLNamedType,
    build_schema,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.cost import cost
from gateway.serving.limits import faults
from gateway.settings import LimitSettings

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
LEVELS = 6
ARGUMENTS = {
    "contacts": ["", "(first: 3)", "(last: $n)", '(first: $n, search: "a")', "(maxAge: 0)"],
    "events": ["", "(first: $n)"],
    "charges": ["", "(includeBilled: true)"],
    "nodes": ['(ids: ["a", "b"])', "(ids: $ids)"],
}
REQUIRED = {
    "id": '"a"',
    "customerNumber": '"1"',
    "remoteId": '"1"',
    "administration": '"shop"',
    "kind": "IDENTITY",
}

VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers())
)
VARIABLES = st.none() | st.dictionaries(st.sampled_from(["n", "ids", "x"]), VALUES)


def arguments(draw: Any, name: str, field: Any) -> str:
    if name in ARGUMENTS:
        return draw(st.sampled_from(ARGUMENTS[name]))
    given = [f"{each}: {REQUIRED[each]}" for each, told in field.args.items() if str(told.type).endswith("!")]
    return f"({', '.join(given)})" if given else ""


def field(draw: Any, kind: Any, levels: int) -> str:
    """Write one field of a type, or an inline fragment with fields."""
    if is_interface_type(kind) and draw(st.booleans()):
        on = draw(st.sampled_from(SCHEMA.get_possible_types(kind)))
        return f"... on {on.name} {{ {fields(draw, on, levels)} }}"
    leaves = [name for name, told in kind.fields.items() if is_leaf_type(get_named_type(told.type))]
    name = draw(st.sampled_from(list(kind.fields) if levels else leaves or ["__typename"]))
    if name == "__typename":
        return name
    told = kind.fields[name]
    named = get_named_type(told.type)
    alias = draw(st.sampled_from(["", "", "a: ", "b: "]))
    below = "" if is_leaf_type(named) else f" {{ {fields(draw, named, levels - 1)} }}"
    return f"{alias}{name}{arguments(draw, name, told)}{below}"


def fields(draw: Any, kind: GraphQLNamedType, levels: int) -> str:
    return " ".join(field(draw, kind, levels) for _ in range(draw(st.integers(1, 3))))


@st.composite
def question(draw: Any) -> tuple[str, str]:
    """Write an operation with a gap below one of its objects, and what could stand in the gap."""
    kind = draw(st.sampled_from(["Query", "Contact"]))
    inner: Any = SCHEMA.get_type(kind)
    around = "{ GAP }" if kind == "Query" else "{ contacts(first: $n) { nodes { GAP } } }"
    text = f"query ($n: Int, $ids: [ID!]!) {around}".replace("GAP", fields(draw, inner, LEVELS) + " GAP")
    return text, field(draw, inner, LEVELS)


def total(text: str, variables: Any) -> int:
    return cost(SCHEMA, parse(text), None, variables, LimitSettings(tokens=10**6)).total


@given(question(), VARIABLES)
def test_asking_for_more_never_costs_less(asked: tuple[str, str], variables: Any):
    """One more field, of whatever kind and with whatever variables, costs as much or more."""
    text, more = asked
    assert total(text.replace("GAP", ""), variables) <= total(text.replace("GAP", more), variables)


@given(question(), VARIABLES)
def test_what_is_written_otherwise_costs_the_same(asked: tuple[str, str], variables: Any):
    """Fields in a fragment, and written twice, cost what they cost in place."""
    text, more = asked
    kind = "Contact" if "nodes { " in text.partition("(first: $n)")[2][:12] else "Query"
    spread = text.replace("GAP", "...F ...F") + f" fragment F on {kind} {{ {more} }}"
    assert total(text.replace("GAP", f"{more} {more}"), variables) == total(spread, variables)


NAMES = st.sampled_from(
    ["a", "b", "contacts", "nodes", "viewer", "node", "__schema", "types", "fields", "type"]
)


@st.composite
def anything(draw: Any) -> DocumentNode:
    """Write a document that can be read, with fragments that may be missing, unused or in circles."""

    def selection(levels: int) -> str:
        what = draw(st.integers(0, 5 if levels else 1))
        if what == 0:
            return f"...{draw(st.sampled_from('FGH'))}{draw(st.sampled_from(['', ' @skip(if: $n)']))}"
        if what == 1:
            return f"{draw(NAMES)}: {draw(NAMES)}(first: $n)"
        if what == 2:
            on = draw(st.sampled_from(["Contact", "Query", "Nowhere"]))
            return f"... on {on} {{ {selection(levels - 1)} }}"
        return f"{draw(NAMES)} {{ {selection(levels - 1)} {selection(levels - 1)} }}"

    parts = [f"{{ {selection(4)} {selection(4)} }}"]
    parts += [
        f"fragment {name} on Query {{ {selection(3)} }}" for name in draw(st.sets(st.sampled_from("FG")))
    ]
    return parse(" ".join(parts))


@given(anything(), VARIABLES)
def test_any_document_can_be_judged(document: DocumentNode, variables: Any):
    """No document that can be parsed makes the limits fail, valid or not."""
    faults(document, LimitSettings())
    found = cost(SCHEMA, document, None, variables, LimitSettings())
    assert found.total >= 0
    if not validate(SCHEMA, document):
        assert found.is_exact
