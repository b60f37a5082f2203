"""What changed between two schemas."""

import pytest

from gateway.schema.changes import UNSEEN, Change, Class, compared

EARLIER = """
directive @mark on FIELD

type Query {
  "Old words."
  name(of: ID, size: Size = S): String
  pet: Pet
  cats(where: Filter!): [Cat!]!
  lost: String @deprecated(reason: "Nobody asks.")
}

interface Named { name: String }

type Cat implements Named { name: String, lives: Int! }

type Dog { name: String }

union Pet = Cat | Dog

enum Size { S M }

input Filter { name: String, lives: Int! = 9 }

input One { a: Int, b: Int }
"""


def altered(old: str, new: str) -> str:
    """Return the schema with a change, which must be one."""
    assert EARLIER.count(old) == 1
    return EARLIER.replace(old, new)


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        pytest.param(EARLIER, [], id="nothing"),
        pytest.param(f"# Words.\n{EARLIER}", [str(UNSEEN)], id="remarks"),
        pytest.param(
            altered("  name(", "  title("),
            ["breaking: Field Query.name was removed.", "safe: Field Query.title was added."],
            id="renamed",
        ),
        pytest.param(
            altered('"Old words."', '"""\nOld words,\nand more.\n"""'),
            ['safe: Description of field Query.name has changed to "Old words, and more.".'],
            id="words-on-two-lines",
        ),
    ],
)
def test_lines(now: str, lines: list[str]):
    """Each change is one line with its class, the breaking ones first."""
    assert [str(change) for change in compared(EARLIER, now)] == lines


SEEDED = [
    pytest.param("pet: Pet", "", "breaking", "Query.pet", id="field-removed"),
    pytest.param(": [Cat!]!", ": [Dog!]!", "breaking", "Query.cats", id="field-of-another-type"),
    pytest.param("lives: Int! }", "lives: Int }", "breaking", "Cat.lives", id="output-may-be-null"),
    pytest.param(": [Cat!]!", ": [Cat]!", "breaking", "Query.cats", id="output-row-may-be-null"),
    pytest.param(
        "name: String }\n\nunion", "name: String! }\n\nunion", "safe", "Dog.name", id="output-never-null"
    ),
    pytest.param("pet: Pet", "pet: Pet\n  pets: [Pet]", "safe", "Query.pets", id="field-added"),
    pytest.param("of: ID", "of: ID!", "breaking", "Query.name", id="argument-made-required"),
    pytest.param("pet: Pet", "pet(of: ID!): Pet", "breaking", "Query.pet", id="required-argument-added"),
    pytest.param(
        "pet: Pet", "pet(of: ID! = 1): Pet", "dangerous", "Query.pet", id="argument-with-default-added"
    ),
    pytest.param("pet: Pet", "pet(of: ID): Pet", "dangerous", "Query.pet", id="optional-argument-added"),
    pytest.param("of: ID, ", "", "breaking", "Query.name", id="argument-removed"),
    pytest.param("Filter!", "Filter", "safe", "Query.cats", id="argument-made-optional"),
    pytest.param("= S", "= M", "dangerous", "Query.name", id="argument-default-changed"),
    pytest.param(" = S", "", "dangerous", "Query.name", id="argument-default-removed"),
    pytest.param("= 9", "= 7", "dangerous", "Filter.lives", id="input-default-changed"),
    pytest.param(" = 9", "", "dangerous", "Filter.lives", id="input-default-removed"),
    pytest.param(
        "{ name: String, lives: Int! =", "{ lives: Int! =", "breaking", "Filter.name", id="input-removed"
    ),
    pytest.param("a: Int,", "a: Int!,", "breaking", "One.a", id="input-made-required"),
    pytest.param("a: Int,", "a: Int, c: Int!,", "breaking", "One.c", id="required-input-added"),
    pytest.param("a: Int,", "a: Int, c: Int,", "dangerous", "One.c", id="optional-input-added"),
    pytest.param("One {", "One @oneOf {", "breaking", "One", id="input-takes-one-field"),
    pytest.param("S M", "S", "breaking", "Size.M", id="value-removed"),
    pytest.param("S M", "S M L", "dangerous", "Size.L", id="value-added"),
    pytest.param("input One { a: Int, b: Int }", "", "breaking", "One", id="type-removed"),
    pytest.param("input One {", "type One {", "breaking", "One", id="type-of-another-kind"),
    pytest.param("input One", "type More { x: ID }\ninput One", "safe", "More", id="type-added"),
    pytest.param("Cat | Dog", "Cat", "breaking", "Pet", id="union-member-removed"),
    pytest.param("Cat | Dog", "Cat | Dog | Query", "dangerous", "Pet", id="union-member-added"),
    pytest.param("Cat implements Named", "Cat", "breaking", "Cat", id="interface-removed"),
    pytest.param("type Dog", "type Dog implements Named", "dangerous", "Dog", id="interface-added"),
    pytest.param("directive @mark on FIELD", "", "breaking", "@mark", id="directive-removed"),
    pytest.param("on FIELD", "on QUERY | FIELD", "safe", "@mark", id="directive-place-added"),
    pytest.param('"Old words."', '"New words."', "safe", "Query.name", id="words"),
    pytest.param("pet: Pet", "pet: Pet @deprecated", "safe", "Query.pet", id="deprecated"),
    pytest.param("S M", "S M @deprecated", "safe", "Size.M", id="value-deprecated"),
    pytest.param("of: ID", "of: ID @deprecated", "safe", "Query.name(of:)", id="argument-deprecated"),
    pytest.param(' @deprecated(reason: "Nobody asks.")', "", "safe", "Query.lost", id="deprecated-no-more"),
]
"""What is written, what for it, and how that is classed, and where."""


@pytest.mark.parametrize(("old", "new", "kind", "place"), SEEDED)
def test_a_change_is_classed(old: str, new: str, kind: str, place: str):
    """A change of each kind is told at its place; the gravest that it brings is of the right class."""
    changes = compared(EARLIER, altered(old, new))
    found = [change for change in changes if change.place == place]
    assert {str(change.kind) for change in found} == {kind}
    assert min(change.kind for change in changes) == kind


def test_an_input_that_takes_several_fields_again():
    """What takes one field only and then several again breaks nobody."""
    strict = altered("One {", "One @oneOf {")
    assert compared(strict, EARLIER) == [
        Change(Class.SAFE, "Input type One takes several fields now.", "One")
    ]


def test_an_earlier_text_that_is_no_schema():
    """What cannot be read as a schema breaks everything, and is not an exception."""
    assert str(compared("type {", EARLIER)[0]).startswith("breaking: the earlier text is no schema")
