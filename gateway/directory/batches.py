"""Reading the details behind thin rows, a batch at a time, until it is clear that no more can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.cache import Held
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError

BATCH = 20
"""Details read together: small enough that a deadline loses little, large enough for one call of ids."""

BATCHES_AT_ONCE = 3
"""Batches of details under way: enough to keep the line busy while one of them ends."""

Read = Held[Contact] | BackendError


async def read_in_batches(
    keys: Sequence[str], read: Callable[[Sequence[str]], Awaitable[Mapping[str, Read]]]
) -> BackendError | None:
    """Read batches until a whole one fails; return what kept any contact from being read."""
    waiting = iter([keys[start : start + BATCH] for start in range(0, len(keys), BATCH)])
    problems: list[BackendError] = []

    async def work() -> None:
        for batch in waiting:
            found = await read(batch)
            failed = [each for each in found.values() if isinstance(each, BackendError)]
            lacking = [each.stale_because for each in found.values() if isinstance(each, Held)]
            failed += [each for each in lacking if isinstance(each, BackendError)]
            problems.extend(failed[:1])
            if failed and len(failed) == len(found):
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(BATCHES_AT_ONCE):
            group.create_task(work())
    return problems[0] if problems else None
