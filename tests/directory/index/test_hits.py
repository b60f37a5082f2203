"""Sets of positions, kept as a list or as bits: each behaves as Python's own sets do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.index.hits import SPARSE, Hits

SIZES = st.sampled_from([0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 200, 1024, 1025, 5000])


@st.composite
def sets(draw, count=1):
    """Return a size, and sets of positions below it: few, many, all, none, next to one another."""
    size = draw(SIZES)
    any_of = st.sets(st.integers(0, size - 1), max_size=size // SPARSE + 2) if size else st.just(set())
    spans = st.tuples(st.integers(0, size), st.integers(0, size)).map(lambda ends: set(range(*sorted(ends))))
    one = st.one_of(any_of, spans, spans.map(lambda some: set(range(size)) - some), st.just(set()))
    return size, *(draw(one) for _ in range(count))


def made(size: int, some: set[int]) -> list[Hits]:
    """Return a set in each form that it can have."""
    ordered = sorted(some)
    return [
        Hits.of(size, ordered),
        Hits.gathered(size, [*reversed(ordered), *ordered]),
        Hits(size, few=ordered),
        Hits(size, sum(1 << at for at in some)),
    ]


@settings(deadline=None)
@given(sets())
def test_what_is_in_it(given_set):
    """Whatever its form, it holds, counts and lists its positions, and walks over them both ways."""
    size, some = given_set
    for hits in (*made(size, some), *(each.settled() for each in made(size, some))):
        assert list(hits.positions()) == sorted(some)
        assert (len(hits), bool(hits)) == (len(some), bool(some))
        assert {at for at in range(size) if at in hits} == some
        assert hits.bits == sum(1 << at for at in some)
        for edge in {0, 1, size // 2, max(0, size - 1), size}:
            assert list(hits.ascending(edge)) == sorted(at for at in some if at >= edge)
            assert list(hits.descending(edge)) == sorted((at for at in some if at < edge), reverse=True)


@settings(deadline=None)
@given(sets(count=2))
def test_together(given_sets):
    """And, or and not are those of sets, for every pair of forms."""
    size, one, other = given_sets
    for left in made(size, one):
        assert set((~left).positions()) == set(range(size)) - one
        for right in made(size, other):
            assert list((left & right).positions()) == sorted(one & other)
            assert list((left | right).positions()) == sorted(one | other)


@settings(deadline=None)
@given(SIZES, st.data())
def test_spans(size, data):
    """A span holds what lies between its ends, also when there is nothing between them."""
    start, stop = sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size))))
    hits = Hits.span(size, start, stop)
    assert list(hits.positions()) == list(range(start, stop))
    assert list((hits & Hits.all(size)).positions()) == list(range(start, stop))
    assert list((hits | Hits.none(size)).positions()) == list(range(start, stop))


@pytest.mark.parametrize(
    ("count", "is_list"),
    [
        pytest.param(0, True, id="none"),
        pytest.param(2, True, id="one-in-so-many"),
        pytest.param(3, False, id="one-more"),
        pytest.param(2 * SPARSE, False, id="all"),
    ],
)
def test_the_form_goes_by_the_number(count, is_list):
    """One position in thirty-two or fewer are a list, more are bits; settling turns few bits into a list."""
    size = 2 * SPARSE
    hits = Hits.of(size, range(count))
    assert (hits.few is not None) is is_list
    assert (Hits.gathered(size, list(range(count))).few is not None) is is_list
    assert (Hits(size, (1 << count) - 1).settled().few is not None) is is_list


def test_walking_over_wide_gaps():
    """Positions far apart are met, however wide the gap and in whatever direction."""
    far = [0, 1023, 1024, 70_000, 70_001, 199_999]
    hits = Hits(200_000, sum(1 << at for at in far))
    assert list(hits.ascending()) == far
    assert list(hits.descending(200_000)) == far[::-1]
    assert list(hits.ascending(1024)) == far[2:]
    assert list(hits.descending(1024)) == far[1::-1]
