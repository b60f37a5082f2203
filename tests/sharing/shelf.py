"""Workers of one gateway that keep a book in one Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.domain.contact import Contact, ContactKey
from gateway.domain.secret import Secret
from gateway.ports.sharing import Listed, News, Told
from gateway.sharing.books import Books, RedisBook
from gateway.sharing.coding import Coding
from gateway.sharing.leases import Leases
from gateway.sharing.link import Link
from gateway.sharing.pulse import Places, Pulse
from tests.sharing.server import RedisServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {"shop": "shop-1f2e", "depot": "depot-77aa"}
PLAIN = Coding(None)

NOTHING = News(0, whole=False, listed=None, rows={}, doubts={})
"""Of a book that nobody told of."""

PATIENT = 20.0
"""Seconds that a Redis may take that is not meant to be away."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process of the gateway; its heart does not beat unless a test lets it."""

    link: Link
    leases: Leases
    pulse: Pulse
    books: Books

    @property
    def book(self) -> RedisBook:
        """The shop's book."""
        return self.books.book("shop")

    @property
    def places(self) -> Places:
        """Where it stands."""
        return Places(NAMES["shop"], self.link.life)


class Twice:
    """A link by which everything is done twice, as where the process was too busy to hear an answer.

    Args:
        link: The way to Redis.
        between: Comes to pass each time between the first and the second.
    """

    def __init__(self, link: Link, between: Callable[[], Awaitable[object]] | None = None) -> None:
        self._link = link
        self.between = between

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    async def do(self, job: Callable[[Any], Awaitable[Any]], *, patience: float | None = None) -> Any:
        """Have Redis do something, and once more."""
        await self._link.do(job, patience=patience)
        if self.between:
            await self.between()
        return await self._link.do(job, patience=patience)


def worker(link: Any, coding: Coding = PLAIN) -> Worker:
    """Make a worker."""
    leases, pulse = Leases(link), Pulse(link, NAMES)
    return Worker(link, leases, pulse, Books(link, leases, pulse, NAMES, coding))


@asynccontextmanager
async def workers(
    server: RedisServer, count: int = 2, *, patience: float = PATIENT, key: str | None = None
) -> AsyncIterator[list[Worker]]:
    """Make workers of one gateway."""
    coding = Coding(Secret(key)) if key else PLAIN
    async with AsyncExitStack() as stack:
        made = [worker(Link(server.secret, patience=patience), coding) for _ in range(count)]
        for each in made:
            stack.push_async_callback(each.link.close)
        yield made


def told(key: str, name: str = "Acme", **facts: Any) -> Told:
    """Return what is known of a contact."""
    return Told(Contact(ContactKey("shop", key), name), **facts)


def listed(number: int = 0, **facts: Any) -> Listed:
    """Return what a list told that was asked for after a change."""
    return Listed(NOW, number, **facts)


def book_of(count: int, name: str = "Acme") -> dict[str, Told]:
    """Return rows of as many contacts."""
    return {str(each): told(str(each), name) for each in range(count)}


async def shown(book: RedisBook) -> dict[str, str]:
    """Return the names that the next news tells, None of what is gone left out."""
    news = await book.news()
    rows = news.rows if news else {}
    return {key: each.contact.display_name for key, (_, each) in rows.items() if each.contact}


async def comes(state: Callable[[], bool]) -> bool:
    """Wait until something is so, if it ever is."""
    for _ in range(1500):
        if state():
            return True
        await asyncio.sleep(0.02)
    return False
