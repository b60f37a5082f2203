"""Writes, lists and readings at random moments over a system that answers late."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.criteria import EVERYTHING, Criteria
from gateway.directory.hydration import Hydrator
from gateway.directory.paging import PageRequest
from gateway.domain.contact import Contact, ContactKey
from gateway.domain.errors import BackendError, BackendUnavailable
from gateway.flight import Deadline
from gateway.ports import Arrived, Scan
from gateway.settings import Ages
from tests.fakes import FULL, SEAL, THIN, Clock, backend, book_of, contact, thin

GONE = -1
PEOPLE = 6
STEPS = 60
QUERY = ListQuery(("shop",), PageRequest(100), None, frozenset(), Criteria(EVERYTHING))


class LateSystem:
    """Satisfies the reading half of `Contacts`: an answer was true at some moment since it was asked."""

    by_customer_number = None

    def __init__(self, chance: Random, listed: frozenset[str], failures: float) -> None:
        self.states: dict[str, int] = {str(number): 0 for number in range(PEOPLE)}
        self.listed = listed
        self.unseen: frozenset[str] = frozenset()
        self._chance = chance
        self._failures = failures

    async def late(self) -> None:
        """Let others go first for a while."""
        for _ in range(self._chance.randrange(6)):
            await asyncio.sleep(0)

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """List who is there, in parts."""
        await self.late()
        held = self._held()
        versions = {key: each.version or "" for key, each in held.items()}
        rows = tuple(
            each if "" in self.listed else thin(each)
            for key, each in held.items()
            if known.get(key) != versions[key]
        )
        for start in range(0, len(rows), 2):
            await self.late()
            if arrived:
                arrived(Scan(versions, rows[start : start + 2]))
            self._fail()
        await self.late()
        return Scan(versions, rows)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Read some."""
        await self.late()
        held = self._held()
        await self.late()
        self._fail()
        return {key: held[key] for key in keys if key in held}

    def _held(self) -> dict[str, Contact]:
        return {key: person(key, state) for key, state in self.states.items() if state != GONE}

    def _fail(self) -> None:
        if self._chance.random() < self._failures:
            raise BackendUnavailable("away")


def person(key: str, state: int) -> Contact:
    """Return a contact whose name tells its state; every third change its list does not show."""
    return contact(key, f"{state:04}", version=str(state // 3))


class Shop:
    """A book over such a system, and what may at least be expected of it."""

    def __init__(self, seed: int, listed: frozenset[str], *, failures: float, doubts: float) -> None:
        self.chance = Random(seed)  # noqa: S311 - chance, and the same each time
        self.clock = Clock()
        self.system = LateSystem(self.chance, listed, failures)
        connected = replace(backend(), contacts=self.system)
        self.book = book_of(connected, self.clock, ages=Ages(fresh=2, revalidate=6, stale=86400))
        self.directory = Directory({"shop": self.book}, SEAL)
        self.known: dict[str, int] = {}
        self.doubts = doubts
        self.locks = {str(number): asyncio.Lock() for number in range(PEOPLE + STEPS)}

    async def write(self, place: int) -> None:
        """Change, delete or make a contact, or leave that in doubt."""
        made = self.chance.random() < 0.15
        key = str(PEOPLE + place) if made else self.chance.choice(sorted(self.system.states))
        async with self.locks[key]:
            await self.system.late()
            now = self.system.states.get(key, 0)
            if now == GONE:
                return
            after = GONE if self.chance.random() < 0.15 else now + 1
            self.system.states[key] = after
            await self.system.late()
            self.clock.move(self.chance.choice((0, 0, 0.5, 3)))
            if self.chance.random() < self.doubts:
                await self.directory.doubt("shop", None if made else key)
            else:
                left = None if after == GONE else person(key, after)
                await self.directory.put(ContactKey("shop", key), left)
            self.known[key] = after

    async def list(self) -> None:
        """List everybody, and hold that against what was known before."""
        floor = dict(self.known)
        listing = await self.directory.list(QUERY, Deadline(60.0))
        shown = {row.held.value.key.remote: row.held.value for row in listing.rows}
        if listing.sources[0].fetched_at is not None and self.book.snapshot is not None:
            self.expect(floor, shown, floor)

    async def read(self) -> None:
        """Read some, and hold that against what was known before."""
        floor = dict(self.known)
        keys = self.chance.sample(sorted(self.system.states), 2)
        details = self.chance.random() < 0.7
        found = await self.directory.read("shop", keys, max_age=None, details=details)
        failed = {key for key, each in found.items() if isinstance(each, BackendError)}
        shown = {key: each.value for key, each in found.items() if not isinstance(each, BackendError)}
        self.expect(floor, shown, set(keys) - failed)

    def expect(self, floor: Mapping[str, int], shown: Mapping[str, Contact], asked) -> None:
        """Hold what is shown against what was known when it was asked for."""
        for key, state in floor.items():
            if state == GONE:
                assert key not in shown, f"{key} was deleted"
            elif key in shown:
                assert int(shown[key].display_name) >= state, f"{key} is older than {state}"
            elif key in asked:
                assert self.system.states[key] == GONE, f"{key} is lacking"

    async def run(self) -> None:
        """Let all of it happen at once."""
        hydrator = Hydrator(self.book, self.clock)
        tasks = []
        for place in range(STEPS):
            act = self.chance.choice((lambda place=place: self.write(place), self.list, self.read))
            tasks.append(asyncio.create_task(act()))
            if self.book.is_thin and self.chance.random() < 0.2:
                tasks.append(asyncio.create_task(hydrator.step()))
            await self.system.late()
            self.clock.move(self.chance.choice((0, 0.2, 1)))
        await asyncio.gather(*tasks)
        await self.directory.close()


@pytest.mark.parametrize("listed", [pytest.param(FULL, id="full"), pytest.param(THIN, id="thin")])
@pytest.mark.parametrize(
    ("failures", "doubts"),
    [
        pytest.param(0.0, 0.0, id="well"),
        pytest.param(0.2, 0.0, id="failing"),
        pytest.param(0.0, 0.3, id="doubting"),
    ],
)
async def test_nothing_older_comes_back(listed, failures, doubts):
    """Whatever is under way, an answer that is asked for after a write is never older than that write."""
    for seed in range(40):
        await Shop(seed, listed, failures=failures, doubts=doubts).run()
