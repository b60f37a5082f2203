"""Whether a book changed: one question for all who want to know, of all books."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from gateway.ports.sharing import SharedAway, Told
from gateway.sharing.link import Link
from gateway.store.shape import shape_of

T = TypeVar("T")

TRIES = 3
"""Servers that may take each other's place while one question is asked."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a book stands in one running server."""

    tenant: str
    life: str

    @property
    def book(self) -> str:
        """What there is to say of the book as a whole."""
        return self._key("book")

    @property
    def rows(self) -> str:
        """Its contacts."""
        return self._key("rows")

    @property
    def changes(self) -> str:
        """When each was changed last."""
        return self._key("changes")

    @property
    def turn(self) -> str:
        """Who renews it."""
        return self._key("turn")

    @property
    def leader(self) -> str:
        """Who does what is done for it while nobody waits."""
        return self._key("leader")

    @property
    def meta(self) -> str:
        """What was forgotten of the administration's values: that is counted there as `epoch`."""
        return f"cg1:{{{self.tenant}}}:{self.life}:meta"

    def memory(self, token: str) -> str:
        """That something was told with a token."""
        return self._key(f"told:{token}")

    def _key(self, name: str) -> str:
        return f"cg1:{{{self.tenant}}}:{self.life}:{_release()}:{name}"


@cache
def _release() -> str:
    """Name what this release can read: workers of another one, for as long as there are both, share apart."""
    return shape_of(Told).hex()[:8]


async def in_life(link: Link, job: Callable[[Any, str], Awaitable[T]]) -> tuple[str, T]:
    """Have the running server do something, and return which one it was.

    Where another one takes its place meanwhile the job is done again, there.

    Args:
        link: To Redis.
        job: Is given the client and the server's life.

    Raises:
        SharedAway: as `Link.do`.
    """
    for _ in range(TRIES):
        if not link.life:
            await link.do(lambda redis: redis.ping())
        life = link.life
        answer = await link.do(lambda redis, life=life: job(redis, life))  # type: ignore[misc]
        if life == link.life:
            return life, answer
    raise SharedAway("The shared cache is replaced again and again.")


@dataclass(frozen=True, slots=True)
class Beat:
    """How a book stands.

    Attributes:
        number: Of the last change; 0: nothing is known.
        epoch: How often values of the administration were forgotten.
        birth: Another one where Redis lost the book since.
        life: Of the server that told.
        losses: Of the link, when it was told.
    """

    number: int
    epoch: int
    birth: bytes
    life: str
    losses: int


class Pulse:
    """Asks how books stand.

    Args:
        link: To Redis.
        names: An administration's slug to its tenant.
    """

    def __init__(self, link: Link, names: Mapping[str, str]) -> None:
        self._link = link
        self._names = names
        self._wanted: set[str] = set()
        self._next: asyncio.Task[Mapping[str, Beat]] | None = None
        self._alone = asyncio.Lock()

    async def read(self, slug: str) -> tuple[int, int]:
        """Return the number of a book's last change, and of its values' last forgetting.

        What was told before this was called is in it.

        Raises:
            SharedAway: nobody knows.
        """
        beat = await self.look(slug)
        return beat.number, beat.epoch

    async def look(self, slug: str) -> Beat:
        """Return how a book stands, as `read` does."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask())
        self._wanted.add(slug)
        # Who joined and is not waiting any more leaves the question to the others.
        return (await asyncio.shield(self._next))[slug]

    async def _ask(self) -> Mapping[str, Beat]:
        async with self._alone:
            # From here on it is under way: whoever asks now may want what was told after it is answered.
            self._next, slugs, self._wanted = None, sorted(self._wanted), set()

            async def ask(redis: Any, life: str) -> list[Any]:
                async with redis.pipeline(transaction=False) as pipeline:
                    for slug in slugs:
                        at = Places(self._names[slug], life)
                        pipeline.hmget(at.book, "number", "birth")
                        pipeline.hget(at.meta, "epoch")
                    return list(await pipeline.execute())

            life, told = await in_life(self._link, ask)
            losses = self._link.losses
        beats = {}
        for slug, (number, birth), epoch in zip(slugs, told[::2], told[1::2], strict=True):
            beats[slug] = Beat(int(number or 0) if birth else 0, int(epoch or 0), birth or b"", life, losses)
        return beats
