"""One renewal of a book at a time, over all workers."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain.errors import BackendError, BackendUnavailable
from gateway.ports.sharing import Ended, Turn
from gateway.sharing import errors, scripts
from gateway.sharing.coding import Coding
from gateway.sharing.leases import LASTS, Leases
from gateway.sharing.link import Link
from gateway.sharing.pulse import Places, in_life

POLLS = (0.02, 0.1)
"""Seconds between two looks at another worker's turn: at first, and at last."""

MUFFLED = BackendUnavailable("The book could not be renewed.")
"""Stands for a problem that cannot be told."""


class Turns:
    """The turns of one book.

    Args:
        link: To Redis.
        leases: Renews the turn that this worker has.
        places: Where the book stands, by the server's life.
        coding: Closes what went wrong.
        purpose: The book's own.
    """

    def __init__(
        self, link: Link, leases: Leases, places: Callable[[str], Places], coding: Coding, purpose: bytes
    ) -> None:
        self._link = link
        self._leases = leases
        self._places = places
        self._coding = coding
        self._purpose = purpose
        self._mine: dict[int, tuple[str, str]] = {}
        self._take = link.script(scripts.TAKE_TURN)
        self._look = link.script(scripts.HOW_ENDED)

    def fence(self, turn: Turn) -> str | None:
        """Return the value that the turn's key has as long as it is this worker's; None: it never was."""
        mine = self._mine.get(turn.number)
        return mine and mine[1]

    async def take(self) -> Turn:
        """Begin a renewal, or learn which one is under way."""
        token, milliseconds = uuid.uuid4().hex, int(LASTS * 1000)

        async def ask(redis: Any, life: str) -> Sequence[int]:
            at = self._places(life)
            words = [token, milliseconds, scripts.DAY]
            return list(await self._take(keys=[at.book, at.turn], args=words, client=redis))

        life, (number, is_mine) = await in_life(self._link, ask)
        if is_mine:
            key, value = self._places(life).turn, f"{number}:{token}"
            self._mine[number] = (key, value)
            self._leases.keep(key, value)
        return Turn(number, bool(is_mine))

    async def ended(self, turn: Turn) -> Ended:
        """Wait until another worker's turn is over; of one long over, return how the last one went."""
        pause, longest = POLLS

        async def ask(redis: Any, life: str) -> Sequence[Any]:
            at = self._places(life)
            return list(await self._look(keys=[at.book, at.turn], client=redis))

        while True:
            _, (ended, problem, held) = await in_life(self._link, ask)
            if ended >= turn.number:
                return Ended(problem=self.heard(problem))
            if held != turn.number:
                return Ended(is_lost=True)
            await asyncio.sleep(pause)
            pause = min(longest, pause * 1.5)

    def ending(self, turn: Turn, problem: BackendError | None) -> list[str | int | bytes] | None:
        """Return what is to be told of the end of this worker's own turn; None: it is not its own."""
        fence = self.fence(turn)
        if fence is None:
            return None
        told = errors.told(problem) if problem else None
        # Closed twice the same problem is not the same bytes.
        how = hashlib.sha256(repr(told).encode(errors="replace")).hexdigest() if told else ""
        return [fence, turn.number, self._told(told), how]

    async def over(self, turn: Turn) -> None:
        """Have a turn no longer."""
        if mine := self._mine.pop(turn.number, None):
            await self._leases.drop(mine[0])

    def heard(self, problem: bytes | None) -> BackendError | None:
        """Return the problem that was told of; one that cannot be read is one all the same."""
        if not problem:
            return None
        found = self._coding.open(problem, errors.Problem, self._purpose)
        return errors.heard(found or errors.told(MUFFLED))

    def _told(self, problem: errors.Problem | None) -> bytes:
        if problem is None:
            return b""
        try:
            return self._coding.close(problem, self._purpose)
        except ValueError:
            return self._coding.close(errors.told(MUFFLED), self._purpose)
