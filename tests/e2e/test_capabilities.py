"""What an administration says of its fields and capabilities is true of its contacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from gateway.app import schema_of
from gateway.directory.fields import FIELDS, FILTERABLE
from gateway.directory.order import FIELD_OF
from gateway.domain.text import fold
from gateway.schema import print_sdl
from tests.e2e.house import SYSTEMS, House, opened

SDL: GraphQLSchema = build_schema(print_sdl(schema_of(SYSTEMS)))
ASK = """query($slug: ID!) { administration(id: $slug) {
  fields { path readable filterable sortable } capabilities { name supported reason } } }"""


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


LISTS = """query($slug: ID!, $where: ContactFilter, $order: [ContactOrder!]) {
  contacts(first: 250, where: $where, orderBy: $order, administrations: [$slug]) {
    nodes { %s } sources { notFilterable } } }"""
SHOWN = """id displayName companyName fullName firstName lastName status kind roles customerNumber emails
  label department createdAt updatedAt address { postalCode city country { code } } phones { number kind }
  vatNumber { value } chamberOfCommerce bankAccount { number iban } notes { isTodo completedAt }
  customFields { fieldId value } mandate { hasPayments sepa { active } } trust { trusted }
  invoicing { deliveryMethod workflowId } estimates { workflowId } source { system remoteId }"""
EVERYBODY = {"status": ["ACTIVE", "ARCHIVED", "UNKNOWN"]}

READ_AT = {"address.countryCode": "address.country.code", "vatNumber": "vatNumber.value"}
"""Paths of an input, or of a group, to where their value is read."""

SOMETHING: dict[str, Any] = {
    "roles": "CUSTOMER",
    "deliveryMethod": "POST",
    "trusted": True,
    "createdAt": "2020-01-01T00:00:00Z",
    "updatedAt": "2020-01-01T00:00:00Z",
    "customField": {"fieldId": "1", "value": "1"},
}
"""What a filter that takes no text can be asked for, where nobody has a value."""

ORDERED = {path: order for order, name in FIELD_OF.items() for path in FIELDS[name].paths}
"""Path to the order that compares it."""


def told(node: dict[str, Any], path: str) -> list[Any]:
    """Return what a filter of this path could be asked for, that this contact must then pass."""
    group, _, line = path.partition(".")
    if group == "phones":
        return [each["number"] for each in node["phones"] if not line or each["kind"] == line.upper()]
    if path == "notes":
        return [any(note["isTodo"] and not note["completedAt"] for note in node["notes"])]
    if group == "mandate":
        paths = ("mandate.sepa.active", "mandate.hasPayments")
        return [any(each for told in paths for each in values(node, told.split(".")))]
    if path == "customFields":
        return [each for each in node["customFields"] if each["value"]]
    return list(values(node, READ_AT.get(path, path).split(".")))


def asking(name: str, value: Any) -> dict[str, Any]:
    """Write the filter that asks for a value, by the shape that the schema gives it."""
    kind: Any = SDL.get_type("ContactFilter")
    shape = str(kind.fields[name].type)
    if shape == "TextFilter":
        return {name: {"eq": value}}
    if shape == "CustomFieldFilter":
        return {name: {"id": value["fieldId"], "value": {"eq": value["value"]}}}
    if shape == "TimeFilter":
        at, step = datetime.fromisoformat(value), timedelta(milliseconds=1)
        return {name: {"after": (at - step).isoformat(), "before": (at + step).isoformat()}}
    return {name: [value] if shape.startswith("[") else value}


async def listed(house: House, slug: str, shown: str = "id", **asked: Any) -> tuple[list[Any], list[str]]:
    """Return the contacts of one book that a list shows, and what its source says cannot be filtered."""
    listing = (await house.data(LISTS % shown, slug=slug, **asked))["contacts"]
    return listing["nodes"], listing["sources"][0]["notFilterable"]


async def claims(house: House, slug: str, what: str) -> dict[str, bool]:
    """Return every path of a system with what is claimed of it."""
    rules = (await house.data(ASK, slug=slug))["administration"]["fields"]
    return {rule["path"]: rule[what] for rule in rules}


@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_what_is_filterable_finds_its_contacts(slug: str):
    """Each value of a filterable path finds the contacts that have it, archived or not."""
    async with opened(100) as house:
        nodes, _ = await listed(house, slug, SHOWN, where=EVERYBODY)
        filterable = {path for path, is_so in (await claims(house, slug, "filterable")).items() if is_so}
        proven: set[str] = set()
        for path in filterable:
            having = [(node["id"], value) for node in nodes for value in told(node, path)]
            for identity, value in having[:: max(1, len(having) // 8)]:
                where = {"and": [EVERYBODY, asking(FILTERABLE[path], value)]}
                found, lacking = await listed(house, slug, where=where)
                assert {"id": identity} in found, (path, value)
                assert lacking == []
                proven.add(path)
        assert proven == filterable
        assert len(filterable) > 20


@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_what_is_not_filterable_is_said(slug: str):
    """A path that a filter looks at, and that is not claimed here, is named by the list or holds nothing."""
    async with opened(100) as house:
        nodes, _ = await listed(house, slug, SHOWN, where=EVERYBODY)
        claimed = await claims(house, slug, "filterable")
        assert FILTERABLE.keys() <= claimed.keys()
        for path in FILTERABLE.keys() - {path for path, is_so in claimed.items() if is_so}:
            name = FILTERABLE[path]
            _, lacking = await listed(house, slug, where=asking(name, SOMETHING.get(name, "1")))
            held = [each for node in nodes for each in told(node, path) if each is not False]
            assert held == []
            assert lacking == [path] or path.startswith("phones.")


@pytest.mark.parametrize("slug", ["moneybird", "acumulus"])
async def test_what_is_sortable_is_sorted(slug: str):
    """Values stand in order where a path is sortable, those without one last; elsewhere the list says so."""
    async with opened(100) as house:
        claimed = await claims(house, slug, "sortable")
        assert {path for path, is_so in claimed.items() if is_so} <= ORDERED.keys() <= claimed.keys()
        for path, order in ORDERED.items():
            for direction in ("ASC", "DESC"):
                asked = [{"field": order, "direction": direction}]
                nodes, lacking = await listed(house, slug, SHOWN, where=EVERYBODY, order=asked)
                assert lacking == ([] if claimed[path] else [path])
                shown = [[fold(each) for each in values(node, path.split("."))] for node in nodes]
                having = [each for each in shown if each]
                assert shown[: len(having)] == sorted(having, reverse=direction == "DESC")
                assert bool(having) is claimed[path]
