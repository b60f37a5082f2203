"""Sorting that never holds the interpreter for long: step by step, where a sort goes on to its end."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")

SORTED_AT_ONCE = 4096
"""Items sorted in one go: a sort keeps every other thread waiting until it ends."""


def sorted_in_steps(items: Iterable[T], key: Callable[[T], Any] | None = None) -> Iterator[T]:
    """Sort in pieces, that are merged."""
    rest = iter(items)
    runs = []
    while piece := list(islice(rest, SORTED_AT_ONCE)):
        piece.sort(key=key)
        runs.append(piece)
    return iter(runs[0]) if len(runs) == 1 else merge(*runs, key=key)  # type: ignore[arg-type]


def distributed(positions: Sequence[int], ranks: Sequence[int]) -> Sequence[int]:
    """Sort by rank, keeping the order of equal ranks, in one pass."""
    counts = array("I", [0]) * (max(ranks, default=0) + 2)
    for rank in ranks:
        counts[rank + 1] += 1
    for rank in range(1, len(counts)):
        counts[rank] += counts[rank - 1]
    ordered = array("I", [0]) * len(positions)
    for position in positions:
        rank = ranks[position]
        ordered[counts[rank]] = position
        counts[rank] += 1
    return ordered
