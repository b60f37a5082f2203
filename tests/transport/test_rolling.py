"""The moments at which calls were sent."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.transport.rolling import NONE, Rolling
from tests.scripts import NOW


def later(seconds: float):
    return NOW + timedelta(seconds=seconds)


def counted(seconds, grain=NONE) -> Rolling:
    rolling = Rolling(grain=grain)
    for each in seconds:
        rolling.add(later(each))
    return rolling


SECONDS = st.lists(st.integers(0, 20), max_size=40)


@given(SECONDS, st.integers(0, 20), st.lists(st.integers(0, 20), max_size=5))
def test_it_counts_as_a_sorted_list_does(seconds, after, back):
    """Whatever is told late, taken back or too old: total, order and the first are those of all moments."""
    rolling, plain = counted(seconds), sorted(seconds)
    for each in back:
        rolling.remove(later(each))
        if each in plain:
            plain.remove(each)
    rolling.keep(later(after), later(20))
    plain = [later(each) for each in plain if each > after]
    assert rolling.total == len(plain)
    assert [rolling.nth(place) for place in range(len(plain))] == plain
    assert rolling.first == (plain[0] if plain else None)
    again = Rolling(rolling.runs())
    assert (again.total, again.runs()) == (rolling.total, rolling.runs())


@given(SECONDS, st.integers(1, 5), st.integers(0, 20))
def test_a_thinned_one_runs_out_no_sooner(seconds, parts, after):
    """At every moment it has the part of what is left, rounded up."""
    rolling = counted(seconds)
    part = Rolling(rolling.thinned(parts))
    for each in (rolling, part):
        each.keep(later(after), later(20))
    assert part.total == -(-rolling.total // parts)


def test_calls_of_a_grain_count_together():
    """As of its end, wherever they are in it, and however often that is done."""
    rolling = counted([0.1, 0.7, 1.0, 1.2], timedelta(seconds=1))
    assert rolling.runs() == ((later(1), 3), (later(2), 1))
    rolling.remove(later(0.5))
    assert rolling.runs() == ((later(1), 2), (later(2), 1))
    rolling.add(later(1))
    assert rolling.runs() == ((later(1), 3), (later(2), 1))


def test_a_future_that_a_wrong_clock_told_of_is_forgotten():
    """Once nothing older stands before it."""
    rolling = counted([3600])
    rolling.keep(later(-60), later(10))
    assert rolling.total == 0
