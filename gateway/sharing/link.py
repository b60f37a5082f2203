"""The way to Redis: a bounded pool, short waits, and no more than one attempt at a time while it is away."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from gateway.domain.secret import Secret
from gateway.ports.sharing import SharedAway
from gateway.telemetry import Instruments, log

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds that Redis has to answer one question."""

CONNECTIONS = 16
"""Questions that are under way at once; more wait for one of them.

Few: Redis does one at a time, and the more there are, the longer each takes while this process is busy.
"""

LATE = 1.1
"""Times the patience after which it is known that this process itself stood still."""

TRIES = 3
"""How often a question is put while it may be this process that is late, and not Redis."""

SETTLING = 3.0
"""Seconds after Redis came back in which workers hold again what they held, and say that they live."""

FULL = 3.0
"""Seconds for which Redis counts as full after it last refused to take something."""

AGAIN = 0.5
"""Seconds after which Redis is asked again when it did not answer."""

AWAY = (RedisError, OSError, TimeoutError)

REFUSALS = (
    *("OOM", "LOADING", "READONLY", "MISCONF", "BUSY", "NOSCRIPT", "NOPERM"),
    *("MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN"),
)
"""Begin the answers of a Redis that works and takes nothing: full, not for us, about to begin or to end.

A script is missing where a server took another one's place just after it was sent.
"""


class Link:
    """Asks Redis; made once for a worker.

    Args:
        url: With the password, where there is one.
        instruments: Count what went wrong.
        seconds: Monotonic.
        patience: Seconds that Redis has to answer.

    Attributes:
        life: Names the running Redis server: another one may not know what this one was told.
        meters: Count what went wrong.
        losses: How often it was away: what was not told meanwhile has to be told anew.
    """

    def __init__(
        self,
        url: Secret,
        instruments: Instruments | None = None,
        seconds: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self.life = ""
        self.losses = 0
        self.meters = (instruments or Instruments()).meters
        self._full_until = 0.0
        self._back_at = -inf
        self._was_full = False
        self._seconds = seconds
        self._patience = patience
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._away_since: float | None = None
        self._next_try = 0.0
        self._is_trying = False
        self._heard_at = math.inf
        pool = BlockingConnectionPool.from_url(
            url.reveal(),
            max_connections=CONNECTIONS,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._connected,
            protocol=2,
        )
        self._redis: Any = Redis(connection_pool=pool)

    @property
    def is_up(self) -> bool:
        """Whether Redis answered when it was last asked, and takes what it is told."""
        return self._away_since is None and not self.is_full

    @property
    def is_full(self) -> bool:
        """Whether Redis took nothing more a moment ago: what it holds is not what workers know."""
        return self._seconds() < self._full_until

    @property
    def is_settling(self) -> bool:
        """Whether Redis came back, or another one took its place, a moment ago: not all workers know yet."""
        return self._seconds() - self._back_at < SETTLING

    @property
    def away_for(self) -> float:
        """Seconds since Redis last answered; 0 while it does."""
        return 0.0 if self._away_since is None else max(0.0, self._seconds() - self._away_since)

    def script(self, text: str) -> Any:
        """Return a Lua script that is sent once and named afterwards; call it inside `do`."""
        return self._redis.register_script(text)

    async def do(self, job: Callable[[Any], Awaitable[T]], *, patience: float | None = None) -> T:
        """Have Redis do something.

        Args:
            job: Is given the client; asks one question, or one pipeline. May be done several times, where
                this process was too busy to hear the first answer in time.
            patience: Seconds, where it takes longer than most.

        Raises:
            SharedAway: it did not answer in time, takes nothing more, or did not answer a moment ago.
        """
        is_trial = self._admitted()
        try:
            async with self._free:
                if not is_trial:
                    # It may have gone away while this question waited for others.
                    is_trial = self._admitted()
                answer = await self._answer(job, patience or self._patience)
        except AWAY as error:
            if isinstance(error, SharedAway) or not _is_away(error):
                raise
            if _is_full(error):
                self._note_up()
                self._note_full()
                raise SharedAway("The shared cache is full.") from error
            if not isinstance(error, ResponseError):
                await self._drop_idle()
            self._note_away(error)
            raise SharedAway("The shared cache does not answer.") from error
        finally:
            if is_trial:
                self._is_trying = False
        self._note_up()
        return answer

    async def _answer(self, job: Callable[[Any], Awaitable[T]], patience: float) -> T:
        for left in reversed(range(TRIES)):
            began = self._seconds()
            try:
                async with asyncio.timeout(patience):
                    answer = await job(self._redis)
            except TimeoutError:
                if left and self._was_busy(began, patience):
                    continue
                raise
            self._heard_at = self._seconds()
            return answer
        raise AssertionError

    def _was_busy(self, began: float, patience: float) -> bool:
        """Whether an answer may be late because of us: nobody looked, others came first, or none ever did."""
        return self._heard_at > began or self._seconds() - began >= LATE * patience

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    async def _drop_idle(self) -> None:
        """Close the connections that nobody uses.

        A server whose machine is gone leaves them looking sound, and each would cost a wait of its own.
        """
        pool = self._redis.connection_pool
        for each in list(pool._available_connections):  # noqa: SLF001 - what is public waits for the other side
            with suppress(*AWAY):
                await each.disconnect(nowait=True)

    def _admitted(self) -> bool:
        """Let everybody pass while Redis answers, else one at a time; return whether this is that one."""
        if self._away_since is None:
            return False
        if self._is_trying or self._seconds() < self._next_try:
            raise SharedAway("The shared cache did not answer a moment ago.")
        self._is_trying = True
        return True

    def _note_away(self, error: BaseException) -> None:
        self.meters.shared_errors.labels(type(error).__name__).inc()
        self._next_try = self._seconds() + AGAIN
        if self._away_since is None:
            self._away_since = self._seconds()
            self.losses += 1
            self.meters.shared_up.set(0)
            log().warning("shared_away", error=type(error).__name__)

    def _note_full(self) -> None:
        """Note that Redis takes nothing more, though it goes on answering."""
        if not self._was_full:
            log().warning("shared_full")
        self._was_full = True
        self._full_until = self._seconds() + FULL
        self.meters.shared_errors.labels("OutOfMemoryError").inc()
        self.meters.shared_up.set(0)

    def _note_up(self) -> None:
        if self._away_since is not None:
            log().info("shared_back", seconds=round(self.away_for, 1))
            self._away_since = None
            self._back_at = self._seconds()
        if self._was_full and not self.is_full:
            # What was to be told meanwhile was not: that counts as a loss once things are taken again.
            self._was_full = False
            self.losses += 1
        self.meters.shared_up.set(self.is_up)

    async def _connected(self, connection: AbstractConnection) -> None:
        """Look whether the server behind a new connection is still the same one."""
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        told = await connection.read_response()
        text = told.decode() if isinstance(told, bytes) else str(told)
        lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        life = lines.get("run_id", "")
        if self.life and life != self.life:
            self.losses += 1
            self._back_at = self._seconds()
            log().warning("shared_replaced")
        self.life = life
        self._heard_at = self._seconds()


def _is_away(error: BaseException) -> bool:
    """Whether an error is a state of Redis, and no mistake of ours."""
    if not isinstance(error, ResponseError):
        return True
    text = str(error)
    if isinstance(error, OutOfMemoryError | ReadOnlyError) or text.startswith(REFUSALS):
        return True
    # Before Redis 7 what a script ran into stands within its error.
    return any(f"-{each} " in text for each in REFUSALS)


def _is_full(error: BaseException) -> bool:
    """Whether Redis has no room for what it was told; a script says so in words."""
    return isinstance(error, OutOfMemoryError) or "OOM command not allowed" in str(error)
