"""What workers share of one book, without Redis: each worker's part is a `SharedBook`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.errors import BackendError
from gateway.ports import Ended, Listed, News, SharedAway, Told, Turn


@dataclass
class Commons:
    """All that is known of the book."""

    number: int = 0
    rows: dict[str, tuple[int, Told]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    listed: Listed | None = None
    problem: BackendError | None = None
    turn: int = 0
    holder: Part | None = None
    ends: dict[int, Ended] = field(default_factory=dict)
    is_away: bool = False
    leader: Part | None = None

    def part(self) -> Part:
        """Return what one more worker sees of it."""
        return Part(self)


class Part:
    """A worker's part."""

    def __init__(self, commons: Commons) -> None:
        self.commons = commons
        self.number = 0
        self.asked = 0
        self._anew = True
        self._problem: BackendError | None = None

    @property
    def leads(self) -> bool:
        """Whether the test made this one the leader."""
        return self.commons.leader is self

    def forget(self) -> None:
        """Begin anew."""
        self._anew = True

    async def news(self) -> News | None:
        """Return what changed."""
        self.asked += 1
        await self._there()
        commons = self.commons
        if not self._anew and commons.number == self.number and commons.problem is self._problem:
            return None
        whole = self._anew and commons.listed is not None
        since, self.number, self._anew = 0 if self._anew else self.number, commons.number, False
        self._problem = commons.problem
        rows = {key: each for key, each in commons.rows.items() if each[0] > since}
        return News(commons.number, whole, commons.listed, rows, dict(commons.doubts), commons.problem)

    async def tell(
        self,
        rows: Mapping[str, Told],
        *,
        listed: Listed | None = None,
        since: int | None = None,
        turn: Turn | None = None,
    ) -> int | None:
        """Take rows in."""
        await self._there()
        commons = self.commons
        if turn is not None and (commons.holder is not self or commons.turn != turn.number):
            return None
        commons.number += 1
        skipped = False
        for key, told in rows.items():
            last = commons.written.get(key, 0) if listed else commons.rows.get(key, (0, told))[0]
            limit = listed.number if listed else since
            if limit is not None and last > limit:
                skipped = True
                continue
            commons.rows[key] = (commons.number, told)
            if told.written:
                commons.written[key] = commons.number
                commons.doubts.pop(key, None)
        if listed:
            commons.listed = listed
            commons.doubts = {key: each for key, each in commons.doubts.items() if each > listed.number}
        if not skipped and self.number == commons.number - 1:
            self.number = commons.number
        return commons.number

    async def doubt(self, key: str) -> int:
        """Note a doubt."""
        await self._there()
        self.commons.number += 1
        self.commons.doubts[key] = self.commons.number
        return self.commons.number

    async def is_empty(self) -> bool:
        """Whether there was no list."""
        await self._there()
        return self.commons.listed is None

    async def take_turn(self) -> Turn:
        """Begin a turn."""
        await self._there()
        commons = self.commons
        if commons.holder is None:
            commons.turn, commons.holder = commons.turn + 1, self
        return Turn(commons.turn, commons.holder is self)

    async def ended(self, turn: Turn) -> Ended:
        """Wait for the end of a turn."""
        while (ended := self.commons.ends.get(turn.number)) is None:
            await self._there()
        return ended

    async def end_turn(self, turn: Turn, problem: BackendError | None) -> None:
        """End a turn."""
        await self._there()
        self.commons.holder = None
        self.commons.ends[turn.number] = Ended(problem=problem)
        self.commons.problem = problem

    async def _there(self) -> None:
        await asyncio.sleep(0)
        if self.commons.is_away:
            self._anew = True
            raise SharedAway("away")
