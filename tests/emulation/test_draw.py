"""Choices fixed by a seed."""

from gateway.emulation.draw import Draw


def test_a_seed_fixes_every_choice():
    """The same seed gives the same numbers on every machine; a known one is written down here."""
    draw = Draw(7)
    assert tuple(draw.below(1000) for _ in range(3)) == (32, 927, 154)


def test_neighbouring_seeds_are_not_one_sequence_shifted():
    """The second choice of a seed is not the first one of the next."""
    second = []
    for seed in range(20):
        draw = Draw(seed)
        draw.below(1 << 60)
        second.append(draw.below(1 << 60))
    assert not set(second) & {Draw(seed).below(1 << 60) for seed in range(21)}


def test_choices_stay_within_their_limits():
    """Numbers are below their limit, digits keep leading zeros, and chances come about as often as said."""
    draw = Draw(1)
    assert {draw.below(3) for _ in range(100)} == {0, 1, 2}
    assert {len(draw.digits(4)) for _ in range(200)} == {4}
    assert {draw.pick("ab") for _ in range(50)} == {"a", "b"}
    assert 150 < sum(draw.chance(20) for _ in range(1000)) < 250
