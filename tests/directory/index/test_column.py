"""One field of all contacts: who passes a test, in what order they stand, and who cannot be told."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.criteria import Between, Contains, IsEmpty, OneOf, StartsWith, passes
from gateway.directory.fields import Field, field, micros
from gateway.directory.index.column import REMEMBERED, Column
from gateway.domain.contact import PostalAddress
from tests.fakes import NOW, contact

VALUES = st.sampled_from(["a", "ab", "abc", "b", "ba", "a\nb", "ß", "é", "ｚ", "😀", "a\0"])
TEXTS = st.sampled_from(["", "a", "ab", "b", "\n", "a\n", "é", "zz", "\0", "😀"])
TESTS = st.one_of(
    st.builds(Contains, TEXTS),
    st.builds(StartsWith, TEXTS),
    st.builds(OneOf, st.lists(VALUES, max_size=3).map(tuple)),
    st.builds(IsEmpty, st.booleans()),
)


def column_of(values: list[tuple]) -> Column:
    """Return a column of contacts that have these values at their positions."""
    contacts = [contact(str(at)) for at in range(len(values))]
    told = {each.key.remote: some for each, some in zip(contacts, values, strict=True)}
    return Column(Field((), lambda each: told[each.key.remote]), contacts)


@settings(deadline=None)
@given(
    st.lists(st.lists(VALUES, max_size=3, unique=True).map(tuple), max_size=80), st.lists(TESTS, max_size=8)
)
def test_as_one_by_one(values, tests):
    """Every test of text is passed by those whose own values pass it, the second time too."""
    column = column_of(values)
    for test in tests + tests:
        expected = [at for at, some in enumerate(values) if passes(test, some)]
        assert list(column.passing(test).positions()) == expected


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([(), (-5,), (0,), (7,), (7_000,)]), max_size=80),
    st.none() | st.integers(-6, 8),
    st.none() | st.integers(-6, 8),
)
def test_moments(values, after, before):
    """Bounds are excluded, and those that are the wrong way round leave nobody."""
    found = column_of(values).passing(Between(after, before)).positions()
    assert list(found) == [
        at
        for at, some in enumerate(values)
        if some and (after is None or some[0] > after) and (before is None or some[0] < before)
    ]


@settings(deadline=None)
@given(st.lists(st.none() | VALUES, max_size=40))
def test_ranks(values):
    """Ranks sort as values do, up and down, equal values have one rank, and no value comes last both ways."""
    up, down = column_of([() if value is None else (value,) for value in values]).ranks
    held = sorted({value for value in values if value is not None})
    assert list(up) == [len(held) if value is None else held.index(value) for value in values]
    assert list(down) == [len(held) if value is None else held[::-1].index(value) for value in values]


@pytest.mark.parametrize(
    "test",
    [
        pytest.param(StartsWith("x"), id="beginning"),
        pytest.param(OneOf(("xb", "xa")), id="equal"),
        pytest.param(Contains("x"), id="containing"),
    ],
)
def test_few_of_many(test):
    """Few holders of several values among many contacts are met in order of position, and each once."""
    held = {150: ("xa", "xb"), 3: ("xb",), 90: ("xa",)}
    column = column_of([held.get(at, ("other",)) for at in range(200)])
    assert list(column.passing(test).positions()) == [3, 90, 150]


def test_nobody():
    """A column of nobody passes nothing and ranks nothing."""
    column = column_of([])
    for test in (Contains("a"), StartsWith(""), OneOf(("a",)), IsEmpty(wanted=True), Between()):
        assert len(column.passing(test)) == 0
    assert [list(each) for each in column.ranks] == [[], []]


def test_more_tests_than_are_remembered():
    """Answers stay right when more tests are asked than are kept."""
    column = column_of([(f"{at:03}",) for at in range(2 * REMEMBERED)])
    for _ in range(2):
        for at in range(2 * REMEMBERED):
            assert list(column.passing(OneOf((f"{at:03}",))).positions()) == [at]


@pytest.mark.parametrize(
    ("unknown", "complete", "undecided", "untold"),
    [
        pytest.param({"address"}, False, [0], [], id="a-thin-row"),
        pytest.param({"address.city"}, True, [], [0], id="read-in-full"),
        pytest.param({"address.line1", "source.url"}, False, [], [], id="other-paths"),
        pytest.param(set(), False, [], [], id="told-by-the-row"),
    ],
)
def test_what_cannot_be_told(unknown, complete, undecided, untold):
    """Who lacks the field's path is undecided while thin, and untold once read in full."""
    rows = [contact("1", unknown=frozenset(unknown), complete=complete), contact("2")]
    column = Column(field("city"), rows)
    assert list(column.undecided.positions()) == undecided
    assert list(column.untold.positions()) == untold


def test_values_of_contacts():
    """A column reads contacts as its field does."""
    rows = [
        contact("1", address=PostalAddress(city="Zürich"), created_at=NOW),
        contact("2", created_at=NOW + timedelta(microseconds=1)),
    ]
    assert list(Column(field("city"), rows).passing(StartsWith("zur")).positions()) == [0]
    assert list(Column(field("createdAt"), rows).passing(Between(after=micros(NOW))).positions()) == [1]
