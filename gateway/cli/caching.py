"""What `gateway cache` does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from gateway.settings import Settings
from gateway.store.clearing import at_rest, clear


class NothingSuch(Exception):
    """What is to be forgotten does not exist; its text is for people."""


def forgotten(settings: Settings, slug: str | None) -> Iterator[str]:
    """Remove the saved books of one administration, or of all; tell of it, a line each.

    Raises:
        NothingSuch: the administration is neither configured nor kept.
    """
    if settings.cache.directory is None:
        yield 'Nothing is kept: cache.directory is "none".'
        return
    known = {each.administration.slug for each in settings.administrations}
    try:
        yield from _forgotten(settings.cache.directory / "snapshots", slug, known)
    except OSError as error:
        raise NothingSuch(f"cache.directory: {error.filename}: {error.strerror}.") from error


def _forgotten(place: Path, slug: str | None, known: Collection[str]) -> Iterator[str]:
    kept = at_rest(place)
    if slug is not None and slug not in {*known, *kept}:
        names = ", ".join(sorted({*known, *kept}))
        raise NothingSuch(f"{slug}: no such administration; there are {names}.")
    removed = clear(place, slug)
    yield from (f"{each.slug}: removed {each.size / 1_000_000:.2f} MB" for each in removed)
    if not removed:
        yield "Nothing was kept." if slug is None else f"{slug}: nothing was kept."
    if (place.parent / "journal").exists():
        yield "The journal of writes stays."
