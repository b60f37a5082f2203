"""How much an operation may hold, at each limit's edge and against those who mean harm."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from graphql import get_introspection_query, parse
from graphql.language import Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.limits import (
    CAP,
    CODE,
    INTROSPECTION_CIRCLES,
    INTROSPECTION_DEPTH,
    Refusal,
    count_tokens,
    faults,
    text_fault,
)
from gateway.settings import LimitSettings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^```graphql\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EXPLORERS = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)

LONGEST = f"{{ viewer {{ {'name ' * 3_900} }} }}"
"""About as long as a document may be. To parse it takes tens of milliseconds, and to refuse one a few."""


def judged(text: str, limits: LimitSettings) -> Refusal | None:
    return text_fault(text, limits) or faults(parse(text), limits)


def passed(text: str, limits: LimitSettings) -> str | None:
    refusal = judged(text, limits)
    return refusal and refusal.what


def nested(levels: int, name: str = "a") -> str:
    return f"{{ {name} " * levels + "}" * levels


def many(part: str, count: int) -> str:
    return " ".join(part.replace("#", str(number)) for number in range(count))


def fastest(judge: Callable[[], object]) -> float:
    """Return the seconds of the best of five attempts."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        judge()
        times.append(time.perf_counter() - begun)
    return min(times)


def is_soon(judge: Callable[[], object]) -> bool:
    """Tell whether judging takes less than parsing the longest document allowed would."""
    return fastest(judge) < fastest(lambda: parse(LONGEST))


@pytest.mark.parametrize("document", [*DOCUMENTED, EXPLORERS])
def test_what_is_documented_passes(document: str):
    """Every operation of the README, and the standard query of explorers, keeps within the defaults."""
    assert judged(document, LimitSettings()) is None


def test_the_readme_has_operations():
    """There is something documented to let through."""
    assert len(DOCUMENTED) >= 10


FRAGMENTS = "fragment F on Contact"

AT_THE_EDGE = [
    pytest.param("tokens", 6, "{ viewer { name } }", id="tokens"),
    pytest.param("tokens", 6, "{ viewer { name } } # and a word on it", id="comments-are-no-tokens"),
    pytest.param("tokens", 8, '{ a(b: """ any { } number """) }', id="a-text-is-one-token"),
    pytest.param("depth", 3, nested(3), id="depth"),
    pytest.param("depth", 3, "{ a { ... on B { ... { b { c } } } } }", id="depth-conditions-are-no-level"),
    pytest.param(
        "depth", 4, f"{{ a {{ ...F }} b {{ c {{ ...F }} }} }} {FRAGMENTS} {{ d {{ e }} }}", id="depth-spread"
    ),
    pytest.param("depth", 2, "{ a { b { __typename } } }", id="depth-typename"),
    pytest.param(
        "depth", 1, "{ a __schema { types { name } } __type(name: 1) { fields { name } } }", id="depth-schema"
    ),
    pytest.param("depth", 3, "query A { a } query B { a { a { a } } }", id="depth-any-operation"),
    pytest.param("aliases", 3, "{ a: x b: x { c: x } x }", id="aliases"),
    pytest.param(
        "aliases",
        4,
        f"{{ a {{ ...F }} b {{ ...F }} }} {FRAGMENTS} {{ c: x d: x }}",
        id="aliases-spread-twice",
    ),
    pytest.param("aliases", 2, f"{{ x }} {FRAGMENTS} {{ c: x d: x }}", id="aliases-nobody-spreads"),
    pytest.param("aliases", 2, "{ __schema { a: types { b: name } } }", id="aliases-of-the-schema"),
    pytest.param("root_fields", 3, "{ a b c: a }", id="root-fields"),
    pytest.param(
        "root_fields", 2, "{ a b ... { a } ...F } fragment F on Query { b }", id="root-fields-become-one"
    ),
    pytest.param("root_fields", 3, "{ a ...F } fragment F on Query { b ... { c } }", id="root-fields-spread"),
    pytest.param(
        "directives",
        6,
        "query Q($v: Int @d) @d { a @d ... @d { b } ...F @d } fragment F on Query @d { c }",
        id="directives-anywhere",
    ),
    pytest.param(
        "directives",
        4,
        f"{{ a {{ ...F }} b {{ ...F }} }} {FRAGMENTS} {{ c @d @e }}",
        id="directives-spread-twice",
    ),
    pytest.param("directives", 2, f"{{ x }} {FRAGMENTS} {{ c @d @e }}", id="directives-nobody-spreads"),
]


@pytest.mark.parametrize(("limit", "count", "document"), AT_THE_EDGE)
def test_what_is_allowed_exactly_passes_and_one_more_does_not(limit: str, count: int, document: str):
    """A limit lets through what it names, and refuses one more with both numbers."""
    document = document.strip()
    assert judged(document, LimitSettings(**{limit: count})) is None
    refusal = judged(document, LimitSettings(**{limit: count - 1}))
    assert refusal is not None
    assert (refusal.what, refusal.counted, refusal.allowed) == (limit, count, count - 1)


def test_introspection_has_a_depth_of_its_own():
    """Below __schema and __type another depth counts, also where a fragment stands between."""
    down = INTROSPECTION_DEPTH - 2
    inside = "ofType { " * (down - 1) + "name " + "}" * (down - 1)
    spread = f"{{ __schema {{ types {{ ...F }} }} }} fragment F on __Type {{ {inside} }}"
    assert passed(spread, LimitSettings(depth=1)) is None
    assert passed(spread.replace("name", "ofType { name }"), LimitSettings()) == "introspection"


@pytest.mark.parametrize(
    "list_of_types", ["fields { type", "inputFields { type", "interfaces {", "possibleTypes {"]
)
def test_introspection_does_not_go_round(list_of_types: str):
    """Types of types of types are refused, whichever list leads to them."""
    closing = "}" * list_of_types.count("{")

    def document(circles: int) -> str:
        inner = "name"
        for _ in range(circles):
            inner = f"{list_of_types}{' {' if 'type' in list_of_types else ''} {inner} {closing}" + (
                "}" if "type" in list_of_types else ""
            )
        return f'{{ __type(name: "Contact") {{ {inner} }} }}'

    assert passed(document(INTROSPECTION_CIRCLES), LimitSettings()) is None
    assert passed(document(INTROSPECTION_CIRCLES + 1), LimitSettings()) == "circles"


OVERLAPPING = f"{{ {many('...F#', 300)} }} {many('fragment F# on Query { viewer { name } }', 300)}"

HARMFUL = [
    pytest.param(f"{{ {many('a#: viewer { name }', 10_000)} }}", "tokens", id="10,000-aliases"),
    pytest.param(f"{{ {many('a#: viewer { name }', 500)} }}", "aliases", id="500-aliases"),
    pytest.param(f"{{ viewer {{ name {'@include(if: true) ' * 5_000} }} }}", "tokens", id="5,000-directives"),
    pytest.param(f"{{ viewer {{ name {'@a ' * 1_500} }} }}", "directives", id="1,500-directives"),
    pytest.param(f"{{ {'viewer ' * 20_000} }}", "tokens", id="20,000-equal-fields"),
    pytest.param(f"{{ {'viewer ' * 3_900} }}", "unfolded", id="3,900-equal-fields"),
    pytest.param(OVERLAPPING, "unfolded", id="300-overlapping-fragments"),
    pytest.param(nested(3_000), "tokens", id="3,000-levels"),
    pytest.param(nested(190), "depth", id="190-levels"),
    pytest.param(f"{{ a(b: {'[' * 3_000}{']' * 3_000}) }}", "tokens", id="3,000-lists"),
    pytest.param("hello " * 1_700_000, "tokens", id="10-megabytes"),
    pytest.param(
        "{ ...F0 } "
        + " ".join(
            f"fragment F{n} on A {{ a: x {{ ...F{n + 1} }} b: x {{ ...F{n + 1} }} }}" for n in range(150)
        ),
        "aliases",
        id="doubling-a-hundred-and-fifty-times",
    ),
]


@pytest.mark.parametrize(("document", "limit"), HARMFUL)
def test_harm_is_refused_soon(document: str, limit: str):
    """What would hold everybody else up is refused by the expected limit, before parsing would have ended."""
    refusal = text_fault(document, LimitSettings())
    if refusal:
        assert is_soon(lambda: text_fault(document, LimitSettings()))
    else:
        parsed = parse(document)
        refusal = faults(parsed, LimitSettings())
        assert is_soon(lambda: faults(parsed, LimitSettings()))
    assert refusal is not None
    assert refusal.what == limit


def test_what_fragments_unfold_to_grows_with_the_tokens_allowed():
    """Whoever allows longer documents allows more selections to compare."""
    assert passed(OVERLAPPING, LimitSettings(tokens=40_000)) == "unfolded"
    assert passed(OVERLAPPING, LimitSettings(tokens=50_000)) is None


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{ ...A } fragment A on Q { b { ...A } ...B } fragment B on Q { ...A }", id="cycle"),
        pytest.param("{ ...A } fragment A on Q { ...A }", id="itself"),
        pytest.param("{ ...Nowhere a { ...Nowhere } }", id="undefined"),
        pytest.param("fragment A on Q { a }", id="no-operation"),
        pytest.param("type A { a: Int } { a }", id="a-type-definition"),
        pytest.param("{ a ...F } fragment F on Q { b } fragment F on Q { c }", id="twice-defined"),
    ],
)
def test_what_validation_refuses_is_left_to_it(document: str):
    """Fragments that go in circles or are not there neither raise nor pass for too much."""
    assert faults(parse(document), LimitSettings()) is None


def test_a_long_chain_of_fragments_needs_no_stack():
    """Five thousand fragments, each in the one before, are walked without recursion."""
    chain = "{ ...F0 } " + " ".join(f"fragment F{n} on A {{ a {{ ...F{n + 1} }} }}" for n in range(5_000))
    limits = LimitSettings(tokens=100_000)
    refusal = judged(chain, limits)
    assert refusal is not None
    assert (refusal.what, refusal.counted) == ("depth", 5_000)


def test_a_count_nobody_can_read_is_cut():
    """A number of aliases with thirty digits is told as at least a million million."""
    doubling = " ".join(
        f"fragment F{n} on A {{ a: x {{ ...F{n + 1} }} b: x {{ ...F{n + 1} }} }}" for n in range(99)
    )
    refusal = judged(f"{{ ...F0 }} {doubling}", LimitSettings())
    assert refusal == Refusal("aliases", CAP, 100, is_exact=False)


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        pytest.param(
            Refusal("aliases", 1_101, 100),
            "The number of aliases in the operation is 1,101; at most 100 is allowed.",
            id="exact",
        ),
        pytest.param(
            Refusal("tokens", 4_001, 4_000, is_exact=False),
            "The number of tokens in the document is at least 4,001; at most 4,000 is allowed.",
            id="at-least",
        ),
    ],
)
def test_a_refusal_names_limit_and_numbers(refusal: Refusal, message: str):
    """A client reads which limit, what was counted and what is allowed, and a program reads them too."""
    error = refusal.error()
    assert error.message == message
    assert error.extensions == {
        "code": CODE,
        "limit": refusal.what,
        "counted": refusal.counted,
        "allowed": refusal.allowed,
    }
    assert CODE == "QUERY_TOO_COMPLEX"


def lexed(text: str) -> int:
    """Count tokens as the language's own reader does."""
    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


PIECES = st.sampled_from(
    [
        *["query", "_a1", "on", "{", "}", "(", ")", "[", "]", ":", "=", "!", "$", "&", "@", "|", "..."],
        *["0", "-12", "1.5", "1e9", "-1.5E-10", "2e+3", '""', '"a b"', r'"\"\\ \u00e9 {"', '"# no comment"'],
        *['""""""', '"""a"""', '"""a "b" ""c \\""" d\n{ } # e"""', '"""\\"""', "# word { }\n", "#\r", ","],
    ]
)


@given(st.lists(PIECES), st.sampled_from([" ", "\n", " , ", "\t\ufeff"]))
def test_tokens_are_those_of_the_language(pieces: list[str], gap: str):
    """A text has as many tokens here as in the library that will parse it."""
    text = gap.join(pieces).replace('"""\\"""', '"""\\""""""')
    assert count_tokens(text, 10_000) == lexed(text)


@given(st.text() | st.text(alphabet='{}"\\#.a1-e\n \x00\ud800', max_size=60), st.integers(0, 5))
def test_any_text_can_be_counted(text: str, most: int):
    """No text makes counting fail, and it ends one above what is allowed."""
    assert 0 <= count_tokens(text, most) <= most + 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"""' + '\\"""' * 60_000, id="a-block-that-never-ends"),
        pytest.param('"""' + '"" ' * 80_000, id="nearly-ending-blocks"),
        pytest.param('"' + "\\" * 250_000, id="a-text-that-never-ends"),
        pytest.param("#" * 250_000, id="a-comment"),
        pytest.param("{ a } " + ", " * 125_000, id="blanks"),
        pytest.param("1e" * 125_000, id="no-number"),
        pytest.param("..." * 80_000 + "..", id="dots"),
    ],
)
def test_a_long_text_is_read_once(text: str):
    """A quarter of a megabyte of anything takes no longer than parsing a document."""
    assert is_soon(lambda: count_tokens(text, 4_000))
