"""What a worker holds for as long as its heart beats: one that dies, or stands still, loses all of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from gateway.ports.sharing import SharedAway
from gateway.sharing.link import Link
from gateway.telemetry import log

LASTS = 3.0
"""Seconds after which what is not renewed is anybody's."""

BEAT = 1.0
"""Seconds between two renewals."""

EVERYWHERE = "cg1:{workers}:"
"""Begins the keys of the workers themselves."""

ALL = f"{EVERYWHERE}all"
"""Key of the set of all workers, each with when its heart was last heard."""

RENEW = """
local held = redis.call('GET', KEYS[1])
if not held and ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[2]) held = ARGV[2] end
if held ~= ARGV[2] then return 1 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0
"""

COUNT = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1])
"""

DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Leases:
    """Keeps what this worker holds.

    Args:
        link: To Redis.
        seconds: Monotonic.

    Attributes:
        worker: This worker's name among all of them; a new one for each start.
        count: Workers whose hearts beat, as far as is known; this one is among them.
    """

    def __init__(self, link: Link, seconds: Callable[[], float] = time.monotonic) -> None:
        self.worker = uuid.uuid4().hex
        self.count = 1
        self._link = link
        self._seconds = seconds
        self._held: dict[str, tuple[str, float]] = {}
        self._renew = link.script(RENEW)
        self._drop = link.script(DROP)
        self._count = link.script(COUNT)

    async def take(self, key: str, value: str) -> bool:
        """Hold a key, if nobody does; the same value may ask twice.

        Args:
            key: Of the lease.
            value: Of this one taking of it: nobody else has the same.

        Raises:
            SharedAway: nobody knows who holds it.
        """
        asked = self._seconds()
        milliseconds = int(LASTS * 1000)

        async def ask(redis: object) -> bool:
            client: Any = redis
            if await client.set(key, value, nx=True, px=milliseconds):
                return True
            return bool(await client.get(key) == value.encode())

        if not await self._link.do(ask):
            return False
        self.keep(key, value, asked)
        return True

    def keep(self, key: str, value: str, since: float | None = None) -> None:
        """Renew a key from now on that was taken otherwise, with so much time to live as here.

        Args:
            key: Of the lease.
            value: That it has.
            since: When it was asked for, by the monotonic clock; None: just now.
        """
        self._held[key] = (value, self._seconds() if since is None else since)

    def holds(self, key: str) -> bool:
        """Whether a key is still this worker's, for all that can be known without asking."""
        held = self._held.get(key)
        return held is not None and self._seconds() - held[1] < LASTS

    async def drop(self, key: str) -> None:
        """Hold a key no longer; where Redis cannot be told it ends by itself."""
        held = self._held.pop(key, None)
        if held:
            with suppress(SharedAway):
                await self._link.do(partial(self._dropped, key, held[0]))

    async def _dropped(self, key: str, value: str, redis: object) -> None:
        await self._drop(keys=[key], args=[value], client=redis)

    async def beat(self) -> None:
        """Renew everything once; what another holds by now is forgotten.

        What nobody holds although it cannot have ended by itself was lost with a server: it is held again.
        """
        asked, milliseconds = self._seconds(), int(LASTS * 1000)
        held = dict(self._held)
        sign = f"{EVERYWHERE}{self.worker}"

        async def ask(redis: object) -> Sequence[int]:
            client: Any = redis
            await client.set(sign, "1", px=milliseconds)
            # One key at a time in a pipeline, and no script over all of them: they belong to many books.
            async with client.pipeline(transaction=False) as pipeline:
                await self._count(keys=[ALL], args=[self.worker, LASTS + BEAT], client=pipeline)
                for key, (value, since) in held.items():
                    facts = [milliseconds, value, int(asked - since < LASTS)]
                    await self._renew(keys=[key], args=facts, client=pipeline)
                return list(await pipeline.execute())

        self.count, *lost = await self._link.do(ask)
        for (key, (value, _)), is_lost in zip(held.items(), lost, strict=True):
            if self._held.get(key, ("",))[0] != value:
                # Let go meanwhile, and perhaps held again by this beat.
                await self._link.do(partial(self._dropped, key, value))
            elif is_lost:
                del self._held[key]
            else:
                self._held[key] = (value, asked)

    async def living(self, workers: Collection[str]) -> set[str]:
        """Return those of some workers whose hearts beat."""
        names = list(workers)
        if not names:
            return set()
        keys = [f"{EVERYWHERE}{each}" for each in names]

        async def ask(redis: object) -> Sequence[bytes | None]:
            client: Any = redis
            return list(await client.mget(keys))

        found = await self._link.do(ask)
        return {name for name, sign in zip(names, found, strict=True) if sign}

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Renew what is held as long as the block lasts; at its end everything is let go."""
        with suppress(SharedAway):
            await self.beat()
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for key in list(self._held):
                await self.drop(key)
            with suppress(SharedAway):
                await self._link.do(lambda redis: redis.delete(f"{EVERYWHERE}{self.worker}"))
                await self._link.do(lambda redis: redis.zrem(ALL, self.worker))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self.beat()
            except SharedAway:
                continue
            except Exception as error:  # noqa: BLE001 - without a heart all that is held would be lost
                log().error("heart_skipped", error=type(error).__name__)
