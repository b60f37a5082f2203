"""Values that all workers read: in Redis, by aiocache, with a layer in this process in front of it.

The layer answers only as long as nothing of the administration was forgotten or replaced since: Redis counts
that (its epoch), and is asked once for all who read at the same time. What cannot be read is missing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiocache.backends.redis import RedisCache
from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from gateway.cache import BoundedMemory, Held
from gateway.ports.sharing import SharedAway
from gateway.sharing.forms import Forms, Spots, slug_of
from gateway.sharing.link import Link
from gateway.sharing.pulse import Pulse, in_life

Weighed = tuple[str, tuple[Held[Any], int]]
"""A value's full name, the value, and its bytes by its kind's estimate."""

AGAIN = 0.5
"""Seconds after which Redis is told again what was forgotten."""

AT_ONCE = 200
"""Values that one script takes, and keys that one question asks for."""

PAUSE = 50
"""Values that are coded before others get their turn."""

DAY = 24 * 3600 * 1000
"""Milliseconds that it is known for that something was forgotten."""

_COUNTED = """
local function counted(meta, day)
  if redis.call('HEXISTS', meta, 'epoch') == 0 then
    -- In microseconds: larger than one that Redis let go of.
    local now = redis.call('TIME')
    redis.call('HSET', meta, 'epoch', now[1] .. string.format('%06d', now[2]))
  end
  redis.call('HINCRBY', meta, 'epoch', 1)
  redis.call('PEXPIRE', meta, day)
end
"""

# A full Redis takes what makes room, and then the rest of a script that has begun.
FORGET = (
    _COUNTED
    + """
redis.call('DEL', unpack(KEYS, 2))
counted(KEYS[1], ARGV[1])
return 1
"""
)
"""Drop values, and the claims of those who are loading them. KEYS: meta, then both of each. ARGV: a day."""

KEEP = (
    _COUNTED
    + """
local kept, replaced = {}, 0
for at = 2, #KEYS, 2 do
  local value, claim, data = KEYS[at], KEYS[at + 1], ARGV[at / 2 + 3]
  if ARGV[1] == '' or redis.call('GET', claim) == ARGV[1] then
    replaced = replaced + redis.call('EXISTS', value)
    redis.call('SET', value, data, 'PX', ARGV[2])
    redis.call('DEL', claim)
    kept[#kept + 1] = at / 2
  end
end
if replaced > 0 then counted(KEYS[1], ARGV[3]) end
return kept
"""
)
"""Keep values whose claims are still their loader's, and end the claims.

KEYS: meta, then value and claim of each. ARGV: the claims' token, or "" for any; milliseconds to live; a day;
then the bytes. Returns which were kept, from 1.
"""


class SharedValues(BaseCache):  # type: ignore[misc]
    """aiocache's interface over Redis; while that is away, over what this process holds.

    Nothing here raises because Redis is away. What is forgotten meanwhile it is told as soon as it is back;
    what was kept in this process until then is not shown any more.

    Args:
        link: To Redis.
        pulse: Tells what was forgotten.
        names: An administration's slug to its tenant.
        forms: How values stand in Redis.
        memory: The layer in this process; None: one of the usual size.
    """

    NAME = "shared-values"

    def __init__(
        self,
        link: Link,
        pulse: Pulse,
        names: Mapping[str, str],
        forms: Forms,
        memory: BoundedMemory | None = None,
    ) -> None:
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None)
        self._link = link
        self._pulse = pulse
        self._names = names
        self._forms = forms
        self._memory = memory or BoundedMemory()
        self._forget = link.script(FORGET)
        self._keep = link.script(KEEP)
        self._redis: Any = None
        self._alone = 0
        self._generations: dict[str, tuple[object, int]] = {}
        self._count = 0
        self._forgotten: Counter[str] = Counter()
        self._owed: dict[str, int] = {}
        self._paying: asyncio.Task[None] | None = None

    def generation(self, name: str) -> int:
        """Return what is another number once something of its administration was forgotten."""
        return self._generations.get(slug_of(name), (None, 0))[1]

    async def keep(self, pairs: Sequence[Weighed], token: str | None) -> None:
        """Keep values that were loaded under a claim, as far as it still is their loader's.

        Args:
            pairs: Of one kind and administration.
            token: Of the claim; None: nobody could be asked for one, "": none is needed.
        """
        if not pairs:
            return
        slug = slug_of(pairs[0][0])
        generation, forgotten = self.generation(slug), self._forgotten[slug]
        try:
            kept = await self._kept(pairs, token)
        except SharedAway:
            self._alone += 1
            kept = pairs
        if self._forgotten[slug] == forgotten:
            await self._hold(kept, generation)

    async def multi_delete(self, names: Iterable[str]) -> None:
        """Drop values, here at once, and everywhere else before this returns, or once Redis is back."""
        names = list(names)
        await self._memory.multi_delete(names)
        for name in names:
            self._forgotten[slug_of(name)] += 1
            self._owed[name] = self._owed.get(name, 0) + 1
        try:
            with suppress(SharedAway):
                await self._pay()
        finally:
            if self._owed and (self._paying is None or self._paying.done()):
                self._paying = asyncio.create_task(self._pay_on())

    async def _multi_get(
        self, keys: Iterable[str], encoding: object = None, _conn: object = None
    ) -> list[Any]:
        names = list(keys)
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(slug_of(name), []).append(name)
        found: dict[str, Held[Any]] = {}
        for slug, group in groups.items():
            found |= await self._of_one(slug, group)
        return [found.get(name) for name in names]

    async def _get(self, key: str, encoding: object = None, _conn: object = None) -> Any:
        return (await self._multi_get([key]))[0]

    async def _exists(self, key: str, _conn: object = None) -> bool:
        return await self._get(key) is not None

    async def _multi_set(self, pairs: Iterable[Weighed], ttl: object = None, _conn: object = None) -> bool:
        await self.keep(list(pairs), "")
        return True

    async def _set(
        self, key: str, value: Any, ttl: object = None, _cas_token: object = None, _conn: object = None
    ) -> bool:
        return await self._multi_set([(key, value)])

    async def _delete(self, key: str, _conn: object = None) -> int:
        await self.multi_delete([key])
        return 1

    async def _close(self, *_: object, **__: object) -> None:
        if self._paying:
            self._paying.cancel()
            await asyncio.gather(self._paying, return_exceptions=True)
        with suppress(SharedAway):
            await self._pay()

    async def _of_one(self, slug: str, names: Sequence[str]) -> dict[str, Held[Any]]:
        """Return what is held of one administration, by full name."""
        forgotten = self._forgotten[slug]
        try:
            generation = await self._heeded(slug)
        except SharedAway:
            self._alone += 1
            return await self._at_hand(names, self.generation(slug))
        found = await self._at_hand(names, generation)
        missing = [name for name in names if name not in found and self._forms.kind(name)]
        try:
            came = await self._read(missing)
        except SharedAway:
            self._alone += 1
            return found
        # What was forgotten here meanwhile may have been read before.
        if self._forgotten[slug] == forgotten:
            await self._hold(came, generation)
        return found | {name: held for name, (held, _) in came}

    async def _heeded(self, slug: str) -> int:
        """Tell what is owed, and return the present generation of what is held of an administration."""
        if self._owed:
            await self._pay()
        beat = await self._pulse.look(slug)
        told = (beat.life, beat.losses, self._alone, beat.epoch)
        known = self._generations.get(slug)
        if known is None or known[0] != told:
            self._count += 1
            known = self._generations[slug] = (told, self._count)
        return known[1]

    async def _at_hand(self, names: Sequence[str], generation: int) -> dict[str, Held[Any]]:
        kept = zip(names, await self._memory.multi_get(names), strict=True)
        return {name: entry[1] for name, entry in kept if entry and entry[0] == generation}

    async def _hold(self, pairs: Iterable[Weighed], generation: int) -> None:
        weighed = [(name, ((generation, held), weight)) for name, (held, weight) in pairs]
        if weighed:
            await self._memory.multi_set(weighed)

    async def _read(self, names: Sequence[str]) -> list[Weighed]:
        """Return what Redis has of some names.

        Raises:
            SharedAway: nobody knows.
        """
        found: list[Weighed] = []
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            _, data = await in_life(self._link, lambda redis, life, some=some: self._ask(redis, life, some))  # type: ignore[misc]
            for number, (name, each) in enumerate(zip(some, data, strict=True), 1):
                if opened := self._forms.open(name, each):
                    found.append((name, opened))
                if number % PAUSE == 0:
                    await asyncio.sleep(0)
        return found

    async def _ask(self, redis: Any, life: str, names: Sequence[str]) -> list[bytes | None]:
        if self._redis is None:
            # aiocache takes no client, but a maker of its pool: this is the link's.
            self._redis = RedisCache(
                serializer=NullSerializer(encoding=None),
                timeout=None,
                connection_pool_class=lambda **_: redis.connection_pool,
            )
        spots = Spots(self._names, life)
        return list(await self._redis.multi_get([spots.value(name) for name in names]))

    async def _kept(self, pairs: Sequence[Weighed], token: str | None) -> Sequence[Weighed]:
        """Have Redis keep values; return those that may be held in this process."""
        if token is None:
            # Who could not claim them does not know what was forgotten since, once Redis is back.
            return [] if self._link.is_up else pairs
        kept: list[Weighed] = []
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            closed = []
            for number, (name, (held, _)) in enumerate(some, 1):
                closed.append(self._forms.close(name, held))
                if number % PAUSE == 0:
                    await asyncio.sleep(0)
            told = {pair[0]: data for pair, data in zip(some, closed, strict=True) if data is not None}
            taken = await self._told(told, token) if told else set()
            kept += [pair for pair in some if pair[0] in taken or pair[0] not in told]
        return kept

    async def _told(self, told: Mapping[str, bytes], token: str) -> set[str]:
        names = list(told)
        kind = self._forms.kind(names[0])
        seconds = kind.ages.longest if kind else 0.0

        async def ask(redis: Any, life: str) -> list[int]:
            spots = Spots(self._names, life)
            keys = [spots.meta(names[0])]
            for name in names:
                keys += [spots.value(name), spots.claim(name)]
            args = [token, max(1, int(seconds * 1000)), DAY, *told.values()]
            return list(await self._keep(keys=keys, args=args, client=redis))

        _, taken = await in_life(self._link, ask)
        return {names[number - 1] for number in taken}

    async def _pay(self) -> None:
        """Tell Redis what was forgotten.

        Raises:
            SharedAway: it could not be told.
        """
        owed = dict(self._owed)
        groups: dict[str, list[str]] = {}
        for name in owed:
            groups.setdefault(slug_of(name), []).append(name)
        for group in groups.values():
            for start in range(0, len(group), AT_ONCE):
                some = group[start : start + AT_ONCE]
                await in_life(self._link, lambda redis, life, some=some: self._drop(redis, life, some))  # type: ignore[misc]
                for name in some:
                    if self._owed.get(name) == owed[name]:
                        del self._owed[name]

    async def _drop(self, redis: Any, life: str, names: Sequence[str]) -> None:
        spots = Spots(self._names, life)
        keys = [spots.meta(names[0])]
        for name in names:
            keys += [spots.value(name), spots.claim(name)]
        await self._forget(keys=keys, args=[DAY], client=redis)

    async def _pay_on(self) -> None:
        while self._owed:
            await asyncio.sleep(AGAIN)
            with suppress(SharedAway):
                await self._pay()
