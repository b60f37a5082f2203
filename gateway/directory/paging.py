"""Pages over several books at once, and the cursors that mark places in them: pure.

A cursor is a place in an order, sealed: it holds the folded name of a contact, so nobody but this
gateway may read it, and one that was made up or altered is noticed. It names a place and not a
row, so that it stays good when the row goes away. Its first byte tells its form, so that cursors of
an older gateway are told from forged ones by nothing but their being refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

import msgspec

from gateway.directory.order import Order, Place
from gateway.directory.selection import Found, Selection
from gateway.domain.errors import BadInput

DEFAULT_SIZE = 50
MAX_SIZE = 250
MAX_CURSOR = 65_536
_FORM = b"\x02"
_SEAL = 16


class CursorSeal:
    """Turns places into cursors and back.

    The seal is a keyed digest of the text, and the text is hidden by a stream derived from it: one
    place always gives one cursor, and no cursor tells its place.

    Args:
        key: Any bytes; cursors of another key are foreign.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"cursor" + key).digest()

    def close(self, order: Order, place: Place) -> str:
        """Return the cursor of a place in an order."""
        text = msgspec.json.encode((order.signature, place))
        digest = self._digest(text)
        return base64.urlsafe_b64encode(_FORM + digest + self._veil(digest, text)).decode().rstrip("=")

    def open(self, order: Order, cursor: str) -> Place:
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
        made_for, place = msgspec.json.decode(text, type=tuple[str, tuple[str | int | None, ...]])
        if made_for != order.signature:
            raise BadInput("The cursor belongs to a list in another order.")
        return place

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

    rows: tuple[Found, ...]
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


def paginate(selections: Sequence[Selection], order: Order, request: PageRequest) -> Page:
    """Cut one page out of several books, as if they were one list in one order."""
    down = request.backward
    begin, end = (request.before, request.after) if down else (request.after, request.before)
    edge = None if end is None else order.rank(end)
    taken: list[Found] = []
    goes_on = False
    for found in _walk(selections, order, begin, down=down):
        if len(taken) == request.size or (
            edge is not None and _passed(order.rank(found.place), edge, down=down)
        ):
            goes_on = True
            break
        taken.append(found)
    behind = begin is not None and any(
        True for each in selections for _ in islice(each.walk(begin, down=not down, inclusive=True), 1)
    )
    if down:
        return Page(tuple(reversed(taken)), has_next=behind, has_previous=goes_on)
    return Page(tuple(taken), has_next=goes_on, has_previous=behind)


def _walk(
    selections: Sequence[Selection], order: Order, start: Place | None, *, down: bool
) -> Iterator[Found]:
    walks = [each.walk(start, down=down) for each in selections]
    if len(walks) == 1:
        return walks[0]
    return merge(*walks, key=lambda found: order.rank(found.place), reverse=down)


def _passed(rank: tuple[object, ...], edge: tuple[object, ...], *, down: bool) -> bool:
    return rank <= edge if down else rank >= edge
