"""Whether anybody waits for a book's details: what is read while nobody does stands back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Attention:
    """How many wait."""

    def __init__(self) -> None:
        self._waiting = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def paid(self) -> Iterator[None]:
        """Wait for something, as long as the block lasts."""
        self._waiting += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._quiet.set()

    async def quiet(self) -> None:
        """Wait until nobody waits."""
        await self._quiet.wait()
