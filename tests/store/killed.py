"""A process that saves one book after another, until it is killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.store.books import Place, many


async def main(directory: str, key: str) -> None:
    """Save books of growing size; tell of each that is at rest."""
    store = Place(Path(directory)).store(key or None)
    for count in range(200, 100_000, 7):
        await store.save("shop", many(count))
        print(count, flush=True)  # noqa: T201 - whoever kills it reads this


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
