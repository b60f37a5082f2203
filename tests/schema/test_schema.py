"""The schema as a whole: what clients rely on, words on everything, one enum of systems."""

from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_schema,
)

from gateway.app import schema_of
from gateway.backends import built_in
from gateway.domain.errors import BackendError, GatewayError, RejectedBySystem
from gateway.schema import build, print_sdl
from gateway.schema.changes import compared

ROOT = Path(__file__).parents[2]
CONTRACT = build_schema((ROOT / "tests/samples/schema/contract.graphql").read_text(encoding="utf-8"))
FIELDS = (GraphQLObjectType, GraphQLInterfaceType)


@cache
def printed() -> str:
    return print_sdl(schema_of(built_in()))


@cache
def today():
    return build_schema(printed())


def own_types(schema) -> dict[str, GraphQLNamedType]:
    """Return the types that the language itself does not bring."""
    return {
        name: each
        for name, each in schema.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(each)
    }


def spoken(schema) -> dict[str, str | None]:
    """Return the description of everything that can have one."""
    words: dict[str, str | None] = {}
    for name, each in own_types(schema).items():
        words[name] = each.description
        if isinstance(each, GraphQLEnumType):
            words |= {f"{name}.{value}": told.description for value, told in each.values.items()}
        if isinstance(each, (*FIELDS, GraphQLInputObjectType)):
            words |= {f"{name}.{field}": told.description for field, told in each.fields.items()}
        if isinstance(each, FIELDS):
            words |= {
                f"{name}.{field}({argument})": told.description
                for field, of in each.fields.items()
                for argument, told in of.args.items()
            }
    return words


CONTRACTED_FIELDS = [
    pytest.param(name, field, id=f"{name}.{field}")
    for name, each in own_types(CONTRACT).items()
    if isinstance(each, FIELDS)
    for field in each.fields
]
CONTRACTED_TYPES = [pytest.param(name, id=name) for name in own_types(CONTRACT)]


@pytest.mark.parametrize("name", CONTRACTED_TYPES)
def test_contracted_types(name):
    """Every type of the contract is there, of its kind, with its interfaces and values."""
    expected, found = CONTRACT.type_map[name], today().type_map[name]
    assert type(found) is type(expected)
    if isinstance(expected, GraphQLObjectType):
        assert {each.name for each in expected.interfaces} <= {each.name for each in found.interfaces}
    if isinstance(expected, GraphQLEnumType):
        assert set(expected.values) <= set(found.values)
    if name in ("System", "SourceState", "ContactStatus", "ContactRole"):
        assert list(expected.values) == list(found.values) or name == "System"


@pytest.mark.parametrize(("name", "field"), CONTRACTED_FIELDS)
def test_contracted_fields(name, field):
    """Every field of the contract is there with its type, its arguments and their defaults."""
    expected, found = CONTRACT.type_map[name].fields[field], today().type_map[name].fields[field]
    assert str(found.type) == str(expected.type)
    for argument, told in expected.args.items():
        assert str(found.args[argument].type) == str(told.type)
        assert found.args[argument].default_value in (told.default_value, None)
    required = {argument for argument, told in found.args.items() if str(told.type).endswith("!")}
    assert required <= set(expected.args)


CONTRACTED_INPUTS = [
    pytest.param(name, id=name)
    for name, each in own_types(CONTRACT).items()
    if isinstance(each, GraphQLInputObjectType)
]


@pytest.mark.parametrize("name", CONTRACTED_INPUTS)
def test_contracted_inputs(name):
    """Every member of the contract's inputs is there with its type and default, and no other is required."""
    expected, found = CONTRACT.type_map[name], today().type_map[name]
    assert found.is_one_of is expected.is_one_of
    for member, told in expected.fields.items():
        assert str(found.fields[member].type) == str(told.type)
        assert found.fields[member].default_value == told.default_value
    required = {member for member, told in found.fields.items() if str(told.type).endswith("!")}
    assert required <= set(expected.fields)


def test_words_on_everything():
    """Every type, field, argument, input field and enum value has a description that is a sentence."""
    words = spoken(today())
    assert {name for name, said in words.items() if not said} == set()
    assert len(words) > 250
    assert {name for name, said in words.items() if said and not said.rstrip().endswith((".", '"'))} == set()


def test_the_printed_schema_is_kept():
    """The file at the top says what the code says; `gateway schema` prints it."""
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == printed()
    assert printed().endswith("}\n")


def test_printing_is_stable():
    """Two builds print alike, and what is printed reads back as the same schema."""
    assert print_sdl(schema_of(built_in())) == printed()
    again = build_schema(printed())
    sort = lexicographic_sort_schema
    assert compared(print_schema(sort(again)), print_schema(sort(today()))) == []


@pytest.mark.parametrize(
    ("systems", "values"),
    [
        pytest.param({"moneybird": "Moneybird"}, ["MONEYBIRD"], id="one"),
        pytest.param({"acumulus": "Acumulus", "moneybird": "M"}, ["ACUMULUS", "MONEYBIRD"], id="two"),
        pytest.param({"b_2": "B", "acumulus": "A", "c": "C"}, ["B_2", "ACUMULUS", "C"], id="three"),
    ],
)
def test_systems(systems, values):
    """The enum of systems holds those that are installed, in their order, each with its title."""
    made = build_schema(print_sdl(build(systems))).type_map["System"]
    assert list(made.values) == values
    assert [value.description for value in made.values.values()] == [
        f"{title}." for title in systems.values()
    ]


def test_two_schemas_do_not_meet():
    """Building another schema leaves an earlier one's systems alone."""
    first = build({"one": "One"})
    build({"two": "Two"})
    assert "ONE" in print_sdl(first)
    assert "TWO" not in print_sdl(first)


def families(kind: type[GatewayError]) -> list[type[GatewayError]]:
    return [kind, *(found for each in kind.__subclasses__() for found in families(each))]


def test_every_error_has_its_word():
    """Each error that can reach a reader has its code in ProblemCode, and money and time never a Float."""
    words = set(today().type_map["ProblemCode"].values)
    ours = {each for each in families(GatewayError) if each.__module__.startswith("gateway.")}
    assert {each.code for each in ours - {RejectedBySystem, BackendError}} <= words
    assert "Float" not in today().type_map
    scalars = {name for name, each in own_types(today()).items() if isinstance(each, GraphQLScalarType)}
    assert scalars == {"DateTime", "Date", "Decimal", "JSON"}
