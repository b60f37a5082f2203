"""Operations that a machine makes up out of the schema, with values that nobody would send."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    is_leaf_type,
)

from tests.e2e.house import House, opened
from tests.serving.visits import HOME

COUNT = 500
"""Operations."""

AT_ONCE = 100
"""Operations of one test."""

SEED = 20261121
DEPTH = 5
"""Fields below one another."""

LEAKS = re.compile(r"Traceback|\bat 0x|<class|\bNone\b|\b[A-Z]\w+(?:Error\b|\(['\"])")

TEXTS = (
    "",
    " ",
    "a",
    "De Vries",
    "moneybird",
    "acumulus",
    "../../x?y=%2f#",
    "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "'; DROP TABLE contacts; --",
    "\x00",
    "\x1b[31m",
    "\u202e\U0001f4a3",
    "\u00e9\u0301\u0130",
    "NL91ABNA0417164300",
    "2026-13-45",
    "2026-11-21T10:05:00Z",
    "1e999",
    "NaN",
    "true",
    "x" * 2000,
)
NUMBERS = (0, 1, 2, 3, 50, 250, 251, -1, 2**31 - 1, -(2**31), 2**31, 10**30, 0.5, 1e300)
STRANGE: tuple[Any, ...] = (None, True, [], {}, [[]], {"a": None}, "x", 17, -0.0)


@dataclass
class Maker:
    """Makes operations up, the same ones for the same seed.

    Attributes:
        schema: What they are asked of.
        ids: Global ids that mean something.
        draw: Decides.
        variables: Type and value by name, of the operation that is being made.
    """

    schema: GraphQLSchema
    ids: list[str]
    draw: random.Random
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def operation(self) -> dict[str, Any]:
        """Return a request: a document with its variables, most of which fit."""
        self.variables = {}
        kind = "mutation" if self.draw.random() < 0.3 else "query"
        root = self.schema.mutation_type if kind == "mutation" else self.schema.query_type
        assert root
        selection = self._selection(root, DEPTH, most=1 if kind == "mutation" else 2)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"{kind} Made({declared})" if declared else kind
        values = {name: value for name, (_, value) in self.variables.items()}
        return {"query": f"{head} {selection}", "variables": values}

    def _selection(self, type_: GraphQLOutputType, depth: int, *, most: int = 3) -> str:
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = self.draw.choice(list(self.schema.get_possible_types(type_)))
            return f"{{ __typename ... on {possible.name} {self._selection(possible, depth)} }}"
        assert isinstance(type_, GraphQLObjectType)
        names = self.draw.sample(sorted(type_.fields), min(len(type_.fields), self.draw.randint(1, most)))
        return "{ __typename " + " ".join(self._field(type_, name, depth) for name in names) + " }"

    def _field(self, parent: GraphQLObjectType, name: str, depth: int) -> str:
        found = parent.fields[name]
        inner = named(found.type)
        below = "" if is_leaf_type(inner) else self._below(inner, depth)
        if below is None:
            return ""
        given = [self._argument(key, each) for key, each in found.args.items() if self._wanted(each)]
        return f"{name}({', '.join(given)}) {below}" if given else f"{name} {below}"

    def _below(self, inner: Any, depth: int) -> str | None:
        return self._selection(inner, depth - 1) if depth else None

    def _wanted(self, argument: GraphQLArgument) -> bool:
        needed = isinstance(argument.type, GraphQLNonNull)
        return self.draw.random() < (0.98 if needed else 0.4)

    def _argument(self, key: str, argument: GraphQLArgument) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = str(argument.type), self._value(argument.type, 4)
        return f"{key}: ${name}"

    def _value(self, type_: GraphQLInputType, depth: int) -> Any:
        if self.draw.random() < 0.02:
            return self.draw.choice(STRANGE)
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, depth)
        if self.draw.random() < 0.05:
            return None
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type, depth - 1) for _ in range(self.draw.randint(0, 3))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return self.draw.choice([*type_.values, *type_.values, "NOPE"])
        return self._leaf(type_.name)

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        chance = 0.3 if depth > 0 else 0.0
        chosen = {
            key: each
            for key, each in type_.fields.items()
            if isinstance(each.type, GraphQLNonNull) or self.draw.random() < chance
        }
        return {key: self._value(each.type, depth - 1) for key, each in chosen.items()}

    def _leaf(self, name: str) -> Any:
        made: dict[str, Callable[[], Any]] = {
            "ID": lambda: self.draw.choice([*self.ids, *self.ids, *TEXTS]),
            "Int": lambda: self.draw.choice([1, 2, 10, *NUMBERS]),
            "Float": lambda: self.draw.choice(NUMBERS),
            "Boolean": lambda: self.draw.random() < 0.5,
            "Decimal": lambda: self.draw.choice(["1.00", "-3", 4, *TEXTS]),
        }
        return made.get(name, lambda: self.draw.choice(TEXTS))()


def named(type_: Any) -> Any:
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        type_ = type_.of_type
    return type_


def entries(told: Any) -> Iterator[dict[str, Any]]:
    """Yield every error of an answer, wherever it stands: at the top, and in payloads."""
    left = [told]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield from value.get("errors") or ()
            yield from value.get("userErrors") or ()
            left += value.values()
        elif isinstance(value, list):
            left += value


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with opened(15) as found:
        yield found


def maker_of(house: House, seed: int) -> Maker:
    ids = [each for name in house.emulators for each in house.ids(name)[:5]]
    draw = random.Random(seed)  # noqa: S311 - the same operations every time are what is wanted
    return Maker(house.gateway.schema.core, [*ids, "moneybird", "acumulus"], draw)


def check(request: dict[str, Any], answer: httpx.Response) -> bool:
    """Check an answer, and say whether anything was run for it."""
    shown = f"{request}\n{answer.status_code}: {answer.text[:2000]}"
    assert answer.status_code in (200, 400), shown
    told = answer.json()
    codes = {each.get("code") or each.get("extensions", {}).get("code") for each in entries(told)}
    assert "INTERNAL" not in codes, shown
    messages = [each["message"] for each in entries(told) if each.get("message")]
    assert [each for each in messages if LEAKS.search(each)] == [], shown
    return "data" in told


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT // AT_ONCE))
async def test_operations_that_nobody_wrote(house: House, seed: int):
    """Whatever is asked there is an answer: no fault of ours, and no word that was not meant for a client."""
    maker, ran = maker_of(house, seed), 0
    transport = httpx.ASGITransport(house.gateway.application())
    async with httpx.AsyncClient(transport=transport, base_url=HOME, timeout=60) as browser:
        for _ in range(AT_ONCE):
            request = maker.operation()
            headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
            answer = await browser.post("/graphql", content=json.dumps(request), headers=headers)
            ran += check(request, answer)
    assert ran > AT_ONCE / 4
