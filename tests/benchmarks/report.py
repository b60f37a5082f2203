"""The benchmark's table, in Markdown, and what it says of the goals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.questions import (
    CHANGED,
    CITY_TOTAL,
    FIRST,
    FIRST_TOTAL,
    NEW,
    SCAN,
    WORD,
    WORD_TOTAL,
)


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured with one size: seconds, and milliseconds for times.

    Attributes:
        size: Contacts in the book.
        spent: Seconds of what is done away from the event loop.
        held: The longest that the event loop was held by that, in milliseconds.
        memory: Bytes of the index for each contact, beside the contacts.
        times: Milliseconds of each question, asked anew, asked again, and by a scan where that was measured.
        matches: How many contacts match each question.
    """

    size: int
    spent: dict[str, float]
    held: dict[str, float]
    memory: float
    times: dict[str, float]
    matches: dict[str, int]


def report(results: Sequence[Result]) -> str:
    """Return all tables, and a line for each goal."""
    goals = list(_goals({each.size: each for each in results}))
    parts = [_table(_times(results)), _table(_work(results)), goals]
    return "\n".join("\n".join(lines) + "\n" for lines in parts if lines)


def _times(results: Sequence[Result]) -> Iterator[list[str]]:
    first, last = results[0], results[-1]
    scanned = [each for each in results if SCAN + FIRST in each.times]
    sizes = [f"{each.size:,}" for each in results]
    scans = [f"scan + sort, {each.size:,}" for each in scanned]
    yield ["ms for a page of 50", "matches", *sizes, f"{_short(last.size)} / {_short(first.size)}", *scans]
    for name in (each for each in first.times if not each.startswith(SCAN)):
        question = FIRST_TOTAL if name == CHANGED else name.removesuffix(NEW)
        row = [name, f"{last.matches[question]:,}", *(_ms(each.times[name]) for each in results)]
        row.append(f"{last.times[name] / first.times[name]:.1f}")
        yield row + [_faster(each.times[SCAN + question], each.times[name]) for each in scanned]


def _work(results: Sequence[Result]) -> Iterator[list[str]]:
    yield ["away from the event loop", *(f"{each.size:,}" for each in results)]
    for name in results[0].spent:
        yield [f"{name}, s", *(f"{each.spent[name]:.2f}" for each in results)]
    for name in results[0].held:
        yield [f"{name}: event loop held, ms", *(f"{each.held[name]:.0f}" for each in results)]
    yield ["index beside the contacts, bytes each", *(f"{each.memory:.0f}" for each in results)]


def _table(rows: Iterator[list[str]]) -> list[str]:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    columns = head.count("|") - 1
    return [head, f"|{' --- |' * columns}", *rest]


def _goals(by_size: dict[int, Result]) -> Iterator[str]:
    if {10_000, 100_000, 1_000_000} - by_size.keys():
        return
    small, middle, large = (by_size[size].times for size in (10_000, 100_000, 1_000_000))
    yield _goal("a page without search grows by", large[FIRST] / small[FIRST], 8, "x")
    yield _goal("and takes at a million", large[FIRST], 0.1, " ms")
    yield _goal("with its total it grows by", large[FIRST_TOTAL] / small[FIRST_TOTAL], 10, "x")
    yield _goal("a selective filter in another order, total too, takes", large[CITY_TOTAL + NEW], 0.6, " ms")
    yield _goal("the first page of a common word grows by", large[WORD] / small[WORD], 3, "x")
    yield _goal("with its total it takes at 100,000", middle[WORD_TOTAL + NEW], 25, " ms")


def _goal(words: str, reached: float, wanted: float, unit: str) -> str:
    verdict = "met" if reached <= wanted else "NOT MET"
    return f"- {words} {reached:.3g}{unit}, at most {wanted}{unit} wanted: {verdict}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.3f}" if milliseconds < 1 else f"{milliseconds:.3g}"


def _faster(scan: float, time: float) -> str:
    return f"{_ms(scan)} ({scan / time:,.0f}x)"


def _short(size: int) -> str:
    return f"{size // 1_000_000}M" if size % 1_000_000 == 0 else f"{size / 1000:g}k"
