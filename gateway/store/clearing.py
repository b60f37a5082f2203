"""Forgetting the books at rest; the journal of writes stays."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.store.replacing import sync

NAMED = re.compile(r"(?P<slug>.+)-[0-9a-f]{12}\.(?:book|age|set-aside)(?:\.new)?")
"""What the files are called: by slug, a digest of what the system calls the book, and what they hold.

Locks hold nothing, and stay.
"""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was at rest of one administration, in bytes, and is no more."""

    slug: str
    size: int


def at_rest(directory: Path) -> list[str]:
    """Return the slugs of which anything is at rest.

    Raises:
        OSError: the directory cannot be read.
    """
    return sorted({slug for slug, _ in _files(directory)})


def clear(directory: Path, slug: str | None = None) -> list[Cleared]:
    """Remove the books of one administration, or of all that ever were: those that were set aside too.

    Raises:
        OSError: one cannot be removed.
    """
    removed: dict[str, Cleared] = {}
    for found, path in _files(directory):
        if slug is not None and found != slug:
            continue
        size = 0
        with suppress(FileNotFoundError):
            size = path.stat().st_size
            path.unlink()
        before = removed.get(found, Cleared(found, 0))
        removed[found] = Cleared(found, before.size + size)
    if removed:
        sync(directory)
    return list(removed.values())


def _files(directory: Path) -> list[tuple[str, Path]]:
    with suppress(FileNotFoundError):
        named = ((NAMED.fullmatch(path.name), path) for path in sorted(directory.iterdir()))
        return [(match["slug"], path) for match, path in named if match]
    return []
