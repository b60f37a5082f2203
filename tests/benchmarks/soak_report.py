"""What came of a soak, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import quantiles
from typing import Any

from tests.benchmarks.soak_trouble import slope


def report(soaked: Any) -> str:
    """Return everything that was measured, and all that was wrong."""
    parts = [_asked(soaked), *_times(soaked), *_figures(soaked), *_wrong(soaked)]
    return "\n".join(parts) + "\n"


def _asked(soaked: Any) -> str:
    asked = soaked.asked
    return (
        f"{asked.seconds / 60:g} minutes, {asked.users} users, two books of {asked.contacts:,} contacts, "
        f"{asked.faulty} fails, seed {asked.seed}\n"
    )


def _times(soaked: Any) -> Iterator[str]:
    yield "| asked | answers | p50, ms | p95, ms |"
    yield "| --- | --- | --- | --- |"
    for kind, times in sorted(soaked.town.times.items(), key=lambda each: -len(each[1])):
        cut = quantiles(times, n=20) if len(times) > 1 else times * 20
        yield f"| {kind} | {len(times):,} | {cut[9] * 1000:.0f} | {cut[18] * 1000:.0f} |"
    yield ""


def _figures(soaked: Any) -> Iterator[str]:
    readings, before, after = soaked.readings, soaked.before, soaked.after
    marks = [readings[(len(readings) - 1) * at // 4] for at in range(5)]
    checked = soaked.town.truth.checked
    total = sum(len(times) for times in soaked.town.times.values())
    rows = {
        "answers": f"{total:,}; {checked['rows']:,} rows and {checked['states']:,} stored states compared",
        "healthy book marked PARTIAL": f"{checked['partial']:,} times, written while its details were read",
        "upstream calls": _listed(soaked.calls),
        "around them": _listed(soaked.trouble),
        "writes": _listed(soaked.town.outcomes),
        "memory at 0, 1/4, 1/2, 3/4, 1": ", ".join(f"{each.memory / 1e6:.0f}" for each in marks) + " MB",
        "memory, second half": f"{slope(readings):+.2f} MB a minute",
        "sockets": f"{before.sockets}, then {max(each.sockets for each in readings)}, {after.sockets} after",
        "open files": f"{before.files}, then {max(each.files for each in readings)}, {after.files} after",
        "wrong": f"{len(soaked.faults)}",
    }
    yield "| what | figure |"
    yield "| --- | --- |"
    yield from (f"| {name} | {words} |" for name, words in rows.items())
    yield ""


def _listed(counts: Any) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _wrong(soaked: Any) -> Iterator[str]:
    yield from (f"WRONG {words}" for words in soaked.faults[:40])
