"""Reading a book out of Redis: what changed, or all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.ports.sharing import Listed, Told
from gateway.sharing import scripts
from gateway.sharing.link import Link
from gateway.sharing.pulse import Places, in_life
from gateway.sharing.rows import Rows, is_there

PAGE = 300
"""Rows that are read in one step: more than are told in one, so that all with one number are among them."""

MANY = 200
"""Changes from which on a book is read whole, when they are more than half of it."""

NEVER = 10**15
"""Changes from which on a book is read whole, where it must not be."""

_DOUBT = b"d:"
_MARK = b"\0"
_NOTHING, _ALL = 0, 1


class LetGo(Exception):
    """The book that was being read is not there any more, or another one is."""


@dataclass(frozen=True, slots=True)
class Head:
    """A book as a whole.

    Attributes:
        number: Of the last change.
        birth: The book's own.
        life: Of the server that told.
        listed: What the last list told; None: there is none.
        doubts: Contacts in doubt.
        problem: Why the last renewal failed; none where it did not.
    """

    number: int
    birth: bytes
    life: str
    listed: Listed | None
    doubts: Mapping[str, int]
    problem: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what changed.

    Attributes:
        head: The book, when it was read.
        is_there: Whether anything is known of it.
        is_all: Whether it is to be read as a whole.
        rows: As Redis keeps them.
        cut: The number up to which all changes are among them; None: to the last.
    """

    head: Head
    is_there: bool
    is_all: bool
    rows: list[tuple[bytes, bytes | None]]
    cut: int | None


class Reader:
    """Reads one book.

    Args:
        link: To Redis.
        places: Where it stands, by the server's life.
        rows: Opens its contacts.
    """

    def __init__(self, link: Link, places: Callable[[str], Places], rows: Rows) -> None:
        self._link = link
        self._places = places
        self._rows = rows
        self._pull = link.script(scripts.PULL)
        self._discard = link.script(scripts.DISCARD)

    async def page(self, since: float, wanted: Collection[str] = (), many: int = NEVER) -> Page:
        """Return the first changes after a number, in their order, and rows that are wanted besides.

        Args:
            since: The number.
            wanted: Keys.
            many: From how many changes on nothing is read, where they are more than half of the book.

        Raises:
            Unreadable: what the list told is nothing that these workers made.
        """

        async def ask(redis: Any, life: str) -> list[Any]:
            at = self._places(life)
            words = [str(since), PAGE, many, *wanted]
            return list(await self._pull(keys=[at.book, at.rows, at.changes], args=words, client=redis))

        life, (told, kind, keys, numbers, values) = await in_life(self._link, ask)
        head = self._head(told, life)
        cut = numbers[-1] - 1 if len(numbers) == PAGE else None
        rows = [
            (key, value)
            for at, (key, value) in enumerate(zip(keys, values, strict=True))
            if cut is None or at >= len(numbers) or numbers[at] <= cut
        ]
        return Page(head, kind != _NOTHING, kind == _ALL, rows, cut)

    async def changes(self, page: Page | None, birth: bytes) -> tuple[Head, dict[str, tuple[int, Told]]]:
        """Return the rows of a page and of all that follow, and the book as it was when the last was read.

        Args:
            page: The first; None: from the very first change on.
            birth: The book's own.

        Raises:
            LetGo: it was let go of meanwhile.
        """
        page = page or await self.page(0)
        rows: dict[str, tuple[int, Told]] = {}
        while True:
            if page.head.birth != birth or not page.is_there:
                raise LetGo
            rows |= await self._rows.opened(page.rows)
            if page.cut is None:
                return page.head, rows
            page = await self.page(page.cut)

    async def whole(self, head: Head) -> dict[str, tuple[int, Told]]:
        """Return all contacts that there are, as they were when the head was read or later.

        Raises:
            LetGo: not of that book.
        """
        rows: dict[str, tuple[int, Told]] = {}
        cursor = 0
        while True:
            life, (cursor, some, birth) = await in_life(self._link, self._scan(cursor))
            if (life, birth) != (head.life, head.birth):
                raise LetGo
            some.pop(_MARK, None)
            rows |= is_there(await self._rows.opened(list(some.items())))
            if not cursor:
                return rows

    async def discard(self, birth: bytes) -> None:
        """Let go of a book that cannot be read: the next one who lists it makes a new one."""

        async def ask(redis: Any, life: str) -> None:
            at = self._places(life)
            await self._discard(keys=[at.book, at.rows, at.changes], args=[birth], client=redis)

        await in_life(self._link, ask)

    def _scan(self, cursor: int) -> Callable[[Any, str], Any]:
        async def ask(redis: Any, life: str) -> tuple[int, dict[bytes, bytes], bytes | None]:
            at = self._places(life)
            async with redis.pipeline(transaction=False) as pipeline:
                pipeline.hscan(at.rows, cursor, count=PAGE)
                pipeline.hget(at.book, "birth")
                (following, some), birth = await pipeline.execute()
            return int(following), some, birth

        return ask

    def _head(self, told: list[bytes], life: str) -> Head:
        fields = dict(zip(told[::2], told[1::2], strict=True))
        doubts = {
            key.removeprefix(_DOUBT).decode(): int(number)
            for key, number in fields.items()
            if key.startswith(_DOUBT)
        }
        listed = self._rows.heard(fields.get(b"listed"))
        number, birth = int(fields.get(b"number", 0)), fields.get(b"birth", b"")
        return Head(number, birth, life, listed, doubts, fields.get(b"problem", b""))
