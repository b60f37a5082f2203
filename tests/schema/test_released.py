"""Whoever wrote a client for the last release is told in the changelog of what breaks it."""

from pathlib import Path

import pytest

from gateway.app import schema_of
from gateway.backends import built_in
from gateway.schema import print_sdl
from gateway.schema.changes import compared, complaints

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "tests" / "samples" / "schema" / "released.graphql"

EARLIER = """# 0.4: what clients know.
type Query { name: String, age(at: ID): Int, size: Size }
enum Size { S M }
"""
NOW = "type Query { title: String, age: Int, size: Size }\nenum Size { S L }\n"
ALL = "breaking: Query.name, Query.age, Size.M (ask for `title`)"
TEN = [
    pytest.param("name: String", "title: String", id="renamed"),
    pytest.param("name: String,", "", id="removed"),
    pytest.param("name: String", "name: ID", id="another-type"),
    pytest.param("name: String", "name: [String]", id="now-a-list"),
    pytest.param("at: ID", "at: ID!", id="argument-required"),
    pytest.param("(at: ID)", "", id="argument-removed"),
    pytest.param("at: ID", "at: ID, to: ID!", id="required-argument-added"),
    pytest.param("S M", "S", id="value-removed"),
    pytest.param("size: Size", "size: Int", id="enum-to-number"),
    pytest.param("enum Size { S M }", "type Size { s: Int }", id="type-of-another-kind"),
]


def changelog(*entries: str) -> str:
    """Return a text whose section Changes has these entries."""
    return "\n".join(["# A", "", "breaking: Query.name", "", "## Changes", "", *entries, "", "## More", ""])


def found(*entries: str, now: str = NOW) -> list[str]:
    """Return the complaints about a changelog with these entries."""
    return complaints(compared(EARLIER, now), EARLIER, changelog(*entries))


def test_no_client_breaks_unawares():
    """Every breaking change since the last release stands in the changelog's newest entry."""
    earlier = RELEASED.read_text(encoding="utf-8")
    now = print_sdl(schema_of(built_in()))
    assert complaints(compared(earlier, now), earlier, (ROOT / "README.md").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(("old", "new"), TEN)
def test_a_breaking_change_must_be_told(old: str, new: str):
    """Ten ways to break a client: each is complained about with the place that the changelog has to name."""
    now = EARLIER.replace(old, new)
    lacking = found("- 0.5: more.", "- 0.4: doors.", now=now)
    names = [text.partition("`breaking: ")[2].partition("`")[0] for text in lacking]
    assert names
    assert all(names)
    assert found(f"- 0.5: breaking: {', '.join(names)}.", "- 0.4: doors.", now=now) == []


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(f"- 0.5: more. {ALL}.", id="in-one"),
        pytest.param(f"- 0.5: more.\n  {ALL}.", id="on-another-line"),
        pytest.param(
            "- 0.5: breaking: `Query.name`,\n  `Query.age`; breaking: Size.M is gone", id="one-by-one"
        ),
    ],
)
def test_what_is_told_is_no_complaint(entry: str):
    """The newest entry names the changes at once or one by one, as code or not, over several lines."""
    assert found(entry, "- 0.4: doors.") == []


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(["- 0.5: more.", f"- 0.4: doors. {ALL}"], id="told-before"),
        pytest.param([f"- 0.4: doors. {ALL}"], id="no-newer-entry"),
        pytest.param(
            ["- 0.5: breaking with Query.name, Query.age, Size.M", "- 0.4: doors."], id="other-words"
        ),
        pytest.param(
            ["- 0.5: breaking: much, as Query.name Query.age Size.M", "- 0.4: doors."], id="in-passing"
        ),
        pytest.param(["- 0.5: breaking: Query, Size", "- 0.4: doors."], id="types-alone"),
        pytest.param(["- 0.5: more.", "- 0.4: doors.", f"- 0.3: {ALL}"], id="long-ago"),
    ],
)
def test_what_is_not_told_is_a_complaint(entries: list[str]):
    """Only names right behind the word count, and only those of the entry above the release."""
    assert len(found(*entries)) == 3


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        pytest.param(["- 0.5: more."], "no release that Changes has", id="unknown-release"),
        pytest.param([], "no release that Changes has", id="no-entries"),
        pytest.param(
            [f"- 0.6: {ALL}", "- 0.5: more.", "- 0.4: doors."], "0.5 was released after", id="forgotten"
        ),
    ],
)
def test_the_release_must_be_the_last(entries: list[str], words: str):
    """A schema of a release that is unknown, or not the last one, is compared with in vain."""
    lacking = found(*entries)
    assert len(lacking) == 1
    assert words in lacking[0]


def test_what_breaks_nobody_needs_no_word():
    """Dangerous and safe changes are no complaint."""
    assert (
        found("- 0.4: doors.", now=EARLIER.replace("S M", "S M L").replace("name:", "title: ID, name:")) == []
    )
