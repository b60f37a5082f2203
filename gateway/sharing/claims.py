"""Who loads what: over all workers one at a time, and the others wait for what it keeps."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.cache import Found, Keep
from gateway.ports.sharing import SharedAway
from gateway.sharing.forms import Spots
from gateway.sharing.leases import LASTS, Leases
from gateway.sharing.link import Link
from gateway.sharing.pulse import in_life
from gateway.sharing.values import SharedValues

SOON, LATER = 0.01, 0.05
"""Seconds between two looks at another's claim, at first and after a while."""

LONGEST = 15 * 60 * 1000
"""Milliseconds that a claim stands, where its loader lives so long."""

# A claim is worth what the lease is that its token names: where a loader dies, all it claimed is anybody's.
# That lease is read under a key that was not told beforehand; it is in the same slot.
TAKE = """
local mine = {}
for at = 2, #KEYS do
  local other = redis.call('GET', KEYS[at])
  if not other or other == ARGV[1] or redis.call('EXISTS', ARGV[4] .. other) == 0 then
    mine[#mine + 1] = at - 1
  end
end
if #mine > 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  for _, number in ipairs(mine) do redis.call('SET', KEYS[number + 1], ARGV[1], 'PX', ARGV[3]) end
end
return mine
"""
"""KEYS: the lease, then claims. ARGV: token; milliseconds of the lease and of a claim; how leases begin.

Returns the claims that are the token's now, from 1.
"""

CLAIMED = """
local count = 0
for at = 1, #KEYS do
  local token = redis.call('GET', KEYS[at])
  if token and redis.call('EXISTS', ARGV[1] .. token) == 1 then count = count + 1 end
end
return count
"""
"""KEYS: claims. ARGV: how leases begin. Returns how many are somebody's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What this worker is to load.

    Attributes:
        names: Full names.
        token: Shows that they are its; None: nobody could be asked.
        lease: The key that keeps them its.
    """

    names: Collection[str]
    token: str | None = None
    lease: str = ""


class Claims:
    """Sees to it that what several workers want is loaded by one of them.

    A worker that dies delays the others by the life of a lease; an error of its load is not theirs: the next
    one loads then, one after the other. While Redis is away each loads by itself.

    Args:
        link: To Redis.
        leases: What this worker holds.
        values: What was loaded.
        names: An administration's slug to its tenant.
        seconds: Monotonic.
    """

    def __init__(
        self,
        link: Link,
        leases: Leases,
        values: SharedValues,
        names: Mapping[str, str],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._leases = leases
        self._values = values
        self._names = names
        self._seconds = seconds
        self._take = link.script(TAKE)
        self._claimed = link.script(CLAIMED)

    def generation(self, name: str) -> int:
        """Return what is another number once something of the name's administration was forgotten."""
        return self._values.generation(name)

    async def once(
        self,
        names: Sequence[str],
        read: Callable[[Collection[str], Keep], Awaitable[Found[Any]]],
        look: Callable[[Collection[str]], Awaitable[Found[Any]]],
    ) -> Found[Any]:
        """Have each name read by one worker at a time; see `gateway.cache.Others`."""
        found: dict[str, Any] = {}
        left = list(names)
        while left:
            claim = await self.take(left)
            mine = set(claim.names)
            theirs = [name for name in left if name not in mine]
            try:
                answers = await asyncio.gather(self._lead(claim, read, look), self._follow(theirs, look))
            finally:
                await self.done(claim)
            for told in answers:
                found |= told
            left = [name for name in theirs if name not in found]
        return found

    async def take(self, names: Sequence[str]) -> Claim:
        """Claim names that nobody else is loading; all of them where nobody can be asked."""
        token = uuid.uuid4().hex
        asked = self._seconds()

        async def ask(redis: Any, life: str) -> list[int]:
            spots = Spots(self._names, life)
            keys = [spots.lease(names[0], token), *(spots.claim(name) for name in names)]
            args = [token, int(LASTS * 1000), LONGEST, spots.lease(names[0], "")]
            return list(await self._take(keys=keys, args=args, client=redis))

        try:
            life, mine = await in_life(self._link, ask)
        except SharedAway:
            return Claim(names)
        lease = Spots(self._names, life).lease(names[0], token)
        if mine:
            self._leases.keep(lease, token, asked)
        return Claim([names[number - 1] for number in mine], token, lease)

    async def wait(self, names: Sequence[str]) -> None:
        """Wait until nobody is loading any of the names, or nobody can be asked."""
        pause = SOON

        async def ask(redis: Any, life: str) -> int:
            spots = Spots(self._names, life)
            keys = [spots.claim(name) for name in names]
            return int(await self._claimed(keys=keys, args=[spots.lease(names[0], "")], client=redis))

        try:
            while (await in_life(self._link, ask))[1]:
                await asyncio.sleep(pause)
                pause = min(LATER, pause * 1.5)
        except SharedAway:
            return

    async def done(self, claim: Claim) -> None:
        """Let go of what was claimed."""
        if claim.lease:
            await self._leases.drop(claim.lease)

    async def _lead(
        self,
        claim: Claim,
        read: Callable[[Collection[str], Keep], Awaitable[Found[Any]]],
        look: Callable[[Collection[str]], Awaitable[Found[Any]]],
    ) -> Found[Any]:
        """Read what this worker claimed, but for what another one has kept just before."""
        if not claim.names:
            return {}
        try:
            known = await look(claim.names) if claim.token else {}
            left = [name for name in claim.names if name not in known]
            keep = partial(self._values.keep, token=claim.token)
            return {**known, **(await read(left, keep) if left else {})}
        finally:
            # Before what is followed has come: its loader may be waiting for this.
            await self.done(claim)

    async def _follow(
        self, names: Sequence[str], look: Callable[[Collection[str]], Awaitable[Found[Any]]]
    ) -> Found[Any]:
        if not names:
            return {}
        await self.wait(names)
        return await look(names)
