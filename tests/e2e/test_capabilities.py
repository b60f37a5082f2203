"""What an administration says of its fields and capabilities is true of its contacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from gateway.app import schema_of
from gateway.schema import print_sdl
from tests.e2e.house import SYSTEMS, opened

SDL: GraphQLSchema = build_schema(print_sdl(schema_of(SYSTEMS)))
ASK = """query($slug: ID!) { administration(id: $slug) {
  fields { path readable } capabilities { name supported reason } } }"""


def leads_to_value(path: str) -> bool:
    """Whether a path of Contact ends in a value, and not in a group; input paths lead nowhere."""
    kind: Any = SDL.get_type("Contact")
    for name in path.split("."):
        field = kind.fields.get(name) if isinstance(kind, GraphQLObjectType) else None
        if field is None:
            return False
        kind = get_named_type(field.type)
    return not isinstance(kind, GraphQLObjectType)


def selection(paths: list[str]) -> str:
    """Write the selection of dotted paths."""
    tree: dict[str, Any] = {}
    for path in paths:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return _written(tree)


def _written(tree: dict[str, Any]) -> str:
    return " ".join(f"{name} {{ {_written(below)} }}" if below else name for name, below in tree.items())


def values(found: Any, path: list[str]) -> Iterator[Any]:
    """Return what stands at a path, in every element of the lists on the way; empty things do not count."""
    if found is None or found in ([], ""):
        return
    if isinstance(found, list):
        for each in found:
            yield from values(each, path)
    elif path:
        yield from values(found[path[0]], path[1:])
    else:
        yield found


@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_fields_hold_what_they_claim(slug):
    """A readable path has a value in some sample contact, and one that is not readable has none in any."""
    async with opened(200) as house:
        rules = (await house.data(ASK, slug=slug))["administration"]["fields"]
        claims = {rule["path"]: rule["readable"] for rule in rules if leads_to_value(rule["path"])}
        document = (
            f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Contact {{ {selection(list(claims))} }} }} }}"
        )
        # The list tells what details do not, so the book is loaded first.
        await house.data("{ contacts(first: 0) { totalCount } }")
        ids = house.ids(slug)
        nodes = [
            node
            for start in range(0, len(ids), 100)
            for node in (await house.data(document, ids=ids[start : start + 100]))["nodes"]
        ]
    assert len(nodes) == 200
    held = {path: any(True for _ in values(nodes, path.split("."))) for path in claims}
    assert len(claims) > 60
    wrong = {path for path, readable in claims.items() if held[path] and not readable}
    assert not wrong
    unproven = {path for path, readable in claims.items() if readable and not held[path]}
    assert not unproven


@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_a_missing_capability_has_its_reason(slug):
    """What is not supported says why, and what is supported says nothing."""
    async with opened(1) as house:
        found = (await house.data(ASK, slug=slug))["administration"]["capabilities"]
    assert all(each["supported"] == (each["reason"] is None) for each in found)
