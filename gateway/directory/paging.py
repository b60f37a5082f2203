"""Pages over several ordered lists at once, and the cursors that mark places in them: pure.

A cursor is a place in an order, sealed: it holds the folded name of a contact, so nobody but this
gateway may read it, and one that was made up or altered is noticed. It names a place and not a
row, so that it stays good when the row goes away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

import msgspec

from gateway.directory.selection import Entry
from gateway.domain.errors import BadInput

DEFAULT_SIZE = 50
MAX_SIZE = 250
MAX_CURSOR = 65_536
_FORM = b"\x01"
_SEAL = 16

Place = tuple[str, str]


class CursorSeal:
    """Turns places into cursors and back.

    The seal is a keyed digest of the text, and the text is hidden by a stream derived from it: one
    place always gives one cursor, and no cursor tells its place.

    Args:
        key: Any bytes; cursors of another key are foreign.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"cursor" + key).digest()

    def close(self, order: str, place: Place) -> str:
        """Return the cursor of a place in an order."""
        text = msgspec.json.encode((order, *place))
        digest = self._digest(text)
        return base64.urlsafe_b64encode(_FORM + digest + self._veil(digest, text)).decode().rstrip("=")

    def open(self, order: str, cursor: str) -> Place:
        """Return the place that a cursor marks.

        Raises:
            BadInput: it is none of ours, or belongs to another order.
        """
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            sealed = b""
        digest, veiled = sealed[1 : _SEAL + 1], sealed[_SEAL + 1 :]
        text = self._veil(digest, veiled) if len(digest) == _SEAL and len(cursor) <= MAX_CURSOR else b""
        if sealed[:1] != _FORM or not hmac.compare_digest(digest, self._digest(text)):
            raise BadInput("The cursor is malformed.")
        made_for, name, identity = msgspec.json.decode(text, type=tuple[str, str, str])
        if made_for != order:
            raise BadInput("The cursor belongs to a list in another order.")
        return name, identity

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, "sha256")[:_SEAL]

    def _veil(self, digest: bytes, text: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + digest).digest(len(text))
        return bytes(a ^ b for a, b in zip(stream, text, strict=True))


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is wanted: `size` rows between two places, from the end when `backward`."""

    size: int = DEFAULT_SIZE
    backward: bool = False
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the list's order, and whether there are others on either side."""

    entries: tuple[Entry, ...]
    has_next: bool
    has_previous: bool


def page_size(first: int | None, last: int | None) -> tuple[int, bool]:
    """Return how many rows are wanted, and whether from the end.

    Raises:
        BadInput: both are given, or one is out of bounds.
    """
    if first is not None and last is not None:
        raise BadInput("Give first or last, not both.")
    name, size = ("first", first) if last is None else ("last", last)
    if size is None:
        return DEFAULT_SIZE, False
    if not 0 <= size <= MAX_SIZE:
        raise BadInput(f"{name} must be from 0 to {MAX_SIZE}.")
    return size, last is not None


def page_request(
    first: int | None, last: int | None, after: str | None, before: str | None, read: Callable[[str], Place]
) -> PageRequest:
    """Check a connection's arguments.

    Args:
        first: Rows from the start.
        last: Rows from the end.
        after: Cursor of the row before the first wanted.
        before: Cursor of the row behind the last wanted.
        read: Opens a cursor.

    Raises:
        BadInput: sizes or cursors make no sense.
    """
    size, backward = page_size(first, last)
    return PageRequest(
        size,
        backward,
        after=None if after is None else read(after),
        before=None if before is None else read(before),
    )


def paginate(shelves: Sequence[Sequence[Entry]], request: PageRequest) -> Page:
    """Cut one page out of several lists, each in the order of its places, as if they were one."""
    starts = [_position(shelf, request.after, 0) for shelf in shelves]
    stops = [
        max(start, _position(shelf, request.before, len(shelf), left=True))
        for shelf, start in zip(shelves, starts, strict=True)
    ]
    if request.backward:
        ranges = [range(stop - 1, start - 1, -1) for start, stop in zip(starts, stops, strict=True)]
        taken = _take(shelves, ranges, request.size, reverse=True)[::-1]
        starts = [stop - _count(taken, index) for index, stop in enumerate(stops)]
    else:
        ranges = [range(start, stop) for start, stop in zip(starts, stops, strict=True)]
        taken = _take(shelves, ranges, request.size, reverse=False)
        stops = [start + _count(taken, index) for index, start in enumerate(starts)]
    return Page(
        entries=tuple(found for _, found in taken),
        has_next=any(stop < len(shelf) for shelf, stop in zip(shelves, stops, strict=True)),
        has_previous=any(start > 0 for start in starts),
    )


def _position(shelf: Sequence[Entry], place: Place | None, default: int, *, left: bool = False) -> int:
    if place is None:
        return default
    bisect = bisect_left if left else bisect_right
    return bisect(shelf, place, key=lambda found: found.place)


def _take(
    shelves: Sequence[Sequence[Entry]], ranges: Sequence[range], size: int, *, reverse: bool
) -> list[tuple[int, Entry]]:
    runs = [_run(index, shelf, ranges[index]) for index, shelf in enumerate(shelves)]
    ordered = merge(*runs, key=lambda pair: pair[1].place, reverse=reverse)
    return list(islice(ordered, size))


def _run(index: int, shelf: Sequence[Entry], positions: range) -> Iterator[tuple[int, Entry]]:
    return ((index, shelf[position]) for position in positions)


def _count(taken: Sequence[tuple[int, Entry]], shelf: int) -> int:
    return sum(1 for index, _ in taken if index == shelf)
