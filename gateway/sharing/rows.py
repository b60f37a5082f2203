"""Contacts as Redis holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gateway.ports.sharing import Listed, Told
from gateway.sharing.coding import Coding
from gateway.telemetry import log

T = TypeVar("T")

AT_ONCE = 100
"""Rows that are coded without a thread: that takes a few milliseconds, in which nothing else runs."""

WRITTEN, NOT_WRITTEN = b"1", b"0"


class Unreadable(Exception):
    """A row, or what a list told, was made with another key, or is damaged."""


class Rows:
    """Turns a book's contacts into what Redis keeps, and back.

    Args:
        slug: The administration's.
        coding: Closes contacts.
        purpose: The book's own.
    """

    def __init__(self, slug: str, coding: Coding, purpose: bytes) -> None:
        self._slug = slug
        self._coding = coding
        self._purpose = purpose
        # What is worked out for the first one takes longer than all the rest; later it would be in the way.
        self._opened(b"0:0:" + coding.close(Told(None), purpose))

    async def closed(self, rows: Sequence[tuple[str, Told]]) -> list[str | bytes]:
        """Return rows as a script takes them: key, whether a write left it, bytes.

        A contact that has no form as bytes is told of as gone: who wants it asks the system.
        """
        return await _apart(len(rows), lambda: [part for row in rows for part in self._closed(*row)])

    async def opened(self, rows: Sequence[tuple[bytes, bytes | None]]) -> dict[str, tuple[int, Told]]:
        """Return rows, each with the number of its change.

        Raises:
            Unreadable: one of them is nothing that these workers made.
        """
        return await _apart(
            len(rows), lambda: {key.decode(): self._opened(row) for key, row in rows if row is not None}
        )

    def listed(self, listed: Listed | None) -> bytes:
        """Return what a list told as bytes; none where there is none."""
        return self._coding.close(listed, self._purpose) if listed else b""

    def heard(self, listed: bytes | None) -> Listed | None:
        """Return what a list told.

        Raises:
            Unreadable: it is nothing that these workers made.
        """
        if not listed:
            return None
        found = self._coding.open(listed, Listed, self._purpose)
        if found is None:
            raise Unreadable
        return found

    def _closed(self, key: str, told: Told) -> tuple[str, bytes, bytes]:
        written = WRITTEN if told.written else NOT_WRITTEN
        try:
            return key, written, self._coding.close(told, self._purpose)
        except ValueError:
            log().warning("contact_not_shared", administration=self._slug)
            return key, written, self._coding.close(replace(told, contact=None), self._purpose)

    def _opened(self, row: bytes) -> tuple[int, Told]:
        number, written, value = row.split(b":", 2)
        told = self._coding.open(value, Told, self._purpose)
        if told is None:
            raise Unreadable
        is_written = written == WRITTEN
        return int(number), told if told.written == is_written else replace(told, written=is_written)


def is_there(rows: Mapping[str, tuple[int, Told]]) -> dict[str, tuple[int, Told]]:
    """Return rows less those of contacts that are gone."""
    return {key: row for key, row in rows.items() if row[1].contact is not None}


async def _apart(count: int, job: Callable[[], T]) -> T:
    """Do what takes a while in a thread: the interpreter lets the others go on every few milliseconds."""
    return await asyncio.to_thread(job) if count > AT_ONCE else job()
