"""The only door to aiocache: keys, ages, bounds, and one load for all who ask at once.

Every key begins with the administration's slug, so that nothing can be read across two of them.
Errors are never kept, and neither is "not there": what was created a moment ago must be found.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from gateway.domain.errors import BackendBroken, BackendError, CredentialsRejected, GatewayError
from gateway.flight import SingleFlight
from gateway.settings import Ages
from gateway.telemetry import CacheState, Instruments, holding, log, shape

T = TypeVar("T")

HIT = "hit"
"""What was held and young enough answered; all else is a `CacheState`."""

MAX_ENTRIES = 200_000
MAX_WEIGHT = 512 * 1024 * 1024
"""Bytes, by each kind's own estimate."""


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A value with its age.

    `fetched_at` is when the system was asked, UTC. `stale_because` is set when the value stands in
    for one that could not be fetched.
    """

    value: T = field(repr=False)
    fetched_at: datetime
    stale_because: GatewayError | None = None

    def age(self, now: datetime) -> float:
        """Seconds since the system was asked, never negative.

        Where the clock was put back since, by as many as it is behind: else this would be young for as long.
        """
        return abs((now - self.fetched_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of data: its name in keys, ages, bytes of a value, and its type, which other workers need."""

    name: str
    ages: Ages
    weigh: Callable[[T], int] = lambda value: 512  # noqa: ARG005
    shape: Any = None


async def guarded(answer: Awaitable[T], administration: str) -> T:
    """Wait for a backend's answer; what it was not meant to raise becomes a fault of this administration.

    Raises:
        BackendBroken: anything but our own errors was raised; the log has its type and place.
    """
    try:
        return await answer
    except GatewayError:
        raise
    except Exception as error:
        log().error("backend_broken", administration=administration, **shape(error))
        raise BackendBroken(
            "The gateway failed to read this administration. The request id finds it in the log.",
            administration=administration,
        ) from error


Found = Mapping[str, Held[T] | BackendError]
Load = Callable[[Sequence[str]], Awaitable[Mapping[str, T | BackendError]]]
Keep = Callable[[Sequence[tuple[str, tuple[Held[Any], int]]]], Awaitable[object]]
"""Keeps values, each with its full name and weight."""


class Others(Protocol):
    """Other workers that load into the same store."""

    def generation(self, name: str) -> int:
        """Return what is another number once something of the name's administration was forgotten."""

    async def once(
        self,
        names: Sequence[str],
        read: Callable[[Collection[str], Keep], Awaitable[Found[Any]]],
        look: Callable[[Collection[str]], Awaitable[Found[Any]]],
    ) -> Found[Any]:
        """Have each full name of one kind read by one worker at a time; return what came, failures included.

        Args:
            names: Of one kind and administration.
            read: Reads names that no other worker reads; its second argument keeps what came.
            look: Returns what another worker has kept of names since they were asked for.
        """


class BoundedMemory(BaseCache):  # type: ignore[misc]
    """aiocache's interface over a dictionary with bounds; what was not used longest goes first.

    aiocache's own memory cache never lets go of anything but by a timer per entry.
    """

    NAME = "bounded-memory"

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_weight: int = MAX_WEIGHT) -> None:
        super().__init__(serializer=NullSerializer(), timeout=None)
        self._entries: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._max_entries = max_entries
        self._max_weight = max_weight
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def _get(self, key: str, encoding: str | None = "utf-8", _conn: object = None) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    async def _multi_get(
        self, keys: Iterable[str], encoding: str | None = "utf-8", _conn: object = None
    ) -> list[Any]:
        return [await self._get(key) for key in keys]

    async def _set(
        self, key: str, value: Any, ttl: object = None, _cas_token: object = None, _conn: object = None
    ) -> bool:
        held, weight = value
        self._drop(key)
        self._entries[key] = (held, weight)
        self.weight += weight
        while len(self._entries) > self._max_entries or self.weight > self._max_weight:
            self._drop(next(iter(self._entries)))
        return True

    async def _multi_set(
        self, pairs: Iterable[tuple[str, Any]], ttl: object = None, _conn: object = None
    ) -> bool:
        for key, value in pairs:
            await self._set(key, value)
        return True

    async def _delete(self, key: str, _conn: object = None) -> int:
        return self._drop(key)

    async def multi_delete(self, names: Iterable[str]) -> None:
        """Drop values."""
        for name in names:
            self._drop(name)

    async def _exists(self, key: str, _conn: object = None) -> bool:
        return key in self._entries

    async def _clear(self, namespace: str | None = None, _conn: object = None) -> bool:
        for key in [key for key in self._entries if key.startswith(namespace or "")]:
            self._drop(key)
        return True

    def _drop(self, key: str) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self.weight -= entry[1]
        return 1


class _Ticket:
    """A load under way: how it is started, and the names that were forgotten since.

    Beside others also what their generation was, and when what was held by then was fetched.
    """

    start: Callable[[], Awaitable[Found[Any]]]

    def __init__(self, generation: int, seen: Mapping[str, datetime]) -> None:
        self.forgotten: set[str] = set()
        self.generation = generation
        self.seen = seen


class Cache:
    """Values by administration, kind and key, loaded when they are missing or too old.

    Args:
        store: Where values are kept.
        clock: The present moment, UTC.
        instruments: Count what is asked; None: some that nobody reads.
        others: Load into the same store; None: nobody does.

    Attributes:
        meters: What is asked of what is held, here and by those who hold something in front of it.
    """

    def __init__(
        self,
        store: BaseCache,
        clock: Callable[[], datetime],
        instruments: Instruments | None = None,
        others: Others | None = None,
    ) -> None:
        self.meters = (instruments or Instruments()).meters
        self._store = store
        self._clock = clock
        self._others = others
        self._loads: SingleFlight[Found[Any]] = SingleFlight()
        self._loading: dict[str, _Ticket] = {}
        self._behind: set[asyncio.Task[Any]] = set()
        self._heir: Cache | None = None

    async def get_or_load_many(
        self,
        kind: Kind[T],
        administration: str,
        keys: Sequence[str],
        load: Load[T],
        max_age: float | None = None,
    ) -> Found[T]:
        """Return each key's value, from the store where it is young enough, else by one load.

        Args:
            kind: Its ages decide what is young enough.
            administration: The slug that all keys belong to.
            keys: Keys of the kind.
            load: Reads keys; those it leaves out do not exist.
            max_age: Seconds; overrides the kind's age where it is smaller. 0 asks anew.

        Returns:
            For every key that exists a value, or the error that kept it from being read when
            nothing held could stand in.
        """
        names = {key: f"{administration}:{kind.name}:{key}" for key in dict.fromkeys(keys)}
        kept = await self._store.multi_get(list(names.values()))
        held: dict[str, Held[T]] = {key: value for key, value in zip(names, kept, strict=True) if value}
        ages = {key: value.age(self._clock()) for key, value in held.items()}
        young = {key: held[key] for key, age in ages.items() if kind.ages.good(age, max_age)}

        ask = partial(_ask, load, administration)
        behind = {key: names[key] for key in young if kind.ages.due(ages[key])}
        if behind:
            with holding(CacheState.RENEWED_BEHIND):
                self._start(self._load(kind, behind, ask, held))
        missing = {key: name for key, name in names.items() if key not in young}
        states = [_state(kind, ages.get(key)) for key in missing]
        self._count(kind, len(young) - len(behind), [*states, *([CacheState.RENEWED_BEHIND] * len(behind))])
        if not missing:
            return young
        with holding(states[0]):
            loaded = await self._load(kind, missing, ask, held)
        return young | self._with_stand_ins(kind, loaded, held)

    async def forget(self, kind: Kind[Any], administration: str, keys: Iterable[str]) -> None:
        """Drop what is held, so that the next question goes to the system.

        What is being loaded is not kept either: it may have been read before whatever makes it wrong.
        """
        keys = list(keys)
        names = [f"{administration}:{kind.name}:{key}" for key in keys]
        for name in names:
            if ticket := self._loading.pop(name, None):
                ticket.forgotten.add(name)
        await self._store.multi_delete(names)
        if self._heir:
            await self._heir.forget(kind, administration, keys)

    def inherit(self, other: Cache) -> None:
        """Forget whatever another cache is told to forget from now on: both are of the same systems."""
        other._heir = self

    async def close(self) -> None:
        """End every load."""
        for task in list(self._behind):
            task.cancel()
        self._heir = None
        await self._loads.close()
        await self._store.close()

    def _start(self, load: Coroutine[Any, Any, Found[T]]) -> None:
        task = asyncio.create_task(load)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    def _count(self, kind: Kind[Any], hits: int, states: Iterable[CacheState]) -> None:
        for result, number in ((HIT, hits), *Counter(states).items()):
            if number:
                self.meters.cache.labels(kind.name, result).inc(number)

    async def _load(
        self, kind: Kind[T], names: Mapping[str, str], load: Load[T], held: Mapping[str, Held[T]]
    ) -> dict[str, Held[T] | BackendError]:
        """Load what nobody is loading yet, and wait for the rest with those who are."""
        seen = {name: held[key].fetched_at for key, name in names.items() if key in held}
        first = next(iter(names.values()))
        ticket = _Ticket(self._others.generation(first), seen) if self._others else _Ticket(0, {})
        mine = {key: name for key, name in names.items() if not self._serves(name, ticket)}
        # Whoever comes to wait first can start it.
        ticket.start = partial(self._fetch, kind, mine, load, ticket)
        self._loading.update(dict.fromkeys(mine.values(), ticket))
        tickets = {key: self._loading[name] for key, name in names.items()}
        loads = list(dict.fromkeys(tickets.values()))
        answers = await asyncio.gather(*(self._loads.do(each, each.start) for each in loads))
        # A load may also tell of what is loaded anew since: each name is taken from its own.
        found = dict(zip(loads, answers, strict=True))
        told = {key: found[tickets[key]].get(name) for key, name in names.items()}
        return {key: value for key, value in told.items() if value is not None}

    def _serves(self, name: str, asked: _Ticket) -> bool:
        """Whether a load of a name is under way whose answer will do."""
        running = self._loading.get(name)
        if running is None or running.generation != asked.generation:
            return False
        return running.seen.get(name) == asked.seen.get(name)

    async def _fetch(
        self, kind: Kind[T], names: Mapping[str, str], load: Load[T], ticket: _Ticket
    ) -> Found[T]:
        """Load keys, keep what came, and return it by full name, failures included."""

        async def read(wanted: Collection[str], keep: Keep) -> Found[T]:
            some = set(wanted)
            own = {key: name for key, name in names.items() if name in some}
            asked_at = self._clock()
            try:
                loaded = await load(list(own))
            except BackendError as error:
                return dict.fromkeys(own.values(), error)
            told = {own[key]: value for key, value in loaded.items() if key in own}
            found = {name: _held(value, asked_at) for name, value in told.items()}
            kept = ((name, held) for name, held in found.items() if name not in ticket.forgotten)
            weighed = [
                (name, (held, kind.weigh(held.value))) for name, held in kept if isinstance(held, Held)
            ]
            if weighed:
                await keep(weighed)
            return found

        try:
            if self._others is None:
                return await read(names.values(), self._store.multi_set)
            return await self._others.once(list(names.values()), read, partial(self._look, kind, ticket))
        finally:
            for name in names.values():
                if self._loading.get(name) is ticket:
                    del self._loading[name]

    async def _look(self, kind: Kind[T], ticket: _Ticket, names: Collection[str]) -> Found[T]:
        """Return what is held by now, and was not when it was asked for: others loaded it meanwhile."""
        kept = zip(names, await self._store.multi_get(list(names)), strict=True)
        new = {name: each for name, each in kept if each and each.fetched_at != ticket.seen.get(name)}
        return {name: each for name, each in new.items() if kind.ages.good(each.age(self._clock()))}

    def _with_stand_ins(
        self, kind: Kind[T], loaded: Found[T], held: Mapping[str, Held[T]]
    ) -> dict[str, Held[T] | BackendError]:
        """Put the last known truth where a load failed, unless the system turned us away."""
        answer: dict[str, Held[T] | BackendError] = {}
        for key, value in loaded.items():
            stand_in = held.get(key)
            answer[key] = value
            if (
                stand_in is None
                or not isinstance(value, BackendError)
                or isinstance(value, CredentialsRejected)
            ):
                continue
            if stand_in.age(self._clock()) <= kind.ages.stale:
                answer[key] = replace(stand_in, stale_because=value)
                self.meters.stale.labels(kind.name).inc()
        return answer


def _held(value: T | BackendError, asked_at: datetime) -> Held[T] | BackendError:
    return value if isinstance(value, BackendError) else Held(value, asked_at)


async def _ask(load: Load[T], administration: str, wanted: Sequence[str]) -> Mapping[str, T | BackendError]:
    return await guarded(load(wanted), administration)


def _state(kind: Kind[Any], age: float | None) -> CacheState:
    """Say why something is loaded, by the age of what is held of it."""
    if age is None:
        return CacheState.NOT_HELD
    return CacheState.BYPASSED if kind.ages.good(age) else CacheState.EXPIRED
