"""A writer over fakes that all note into one switch, so that the order of what happened can be read."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.auth import EVERYONE, Viewer
from gateway.cache import Held
from gateway.domain.contact import Contact, ContactKey
from gateway.flight import Deadline
from gateway.ports import Intent, Journal, Settled
from gateway.services.result import Caller, Result, Wish
from gateway.services.writing import Order, Writer
from gateway.store import LocalStore, MemoryJournal
from tests.fakes import Clock, FakeContacts, Script, Switch, backend, contact

ANN = contact("1", "Ann", customer_number="C1")
ANNA = contact("1", "Anna", customer_number="C2", version="2")
AT_ONCE = Wish()


def viewer(seconds: float = 3600.0, who: Viewer = EVERYONE) -> Caller:
    """Return a caller whose time is counted by the loop."""
    return Caller(who, Deadline(seconds, asyncio.get_running_loop().time))


class NotedJournal:
    """Satisfies `Journal`: one in memory, whose calls are noted."""

    def __init__(self, clock: Clock, switch: Switch) -> None:
        self.memory = MemoryJournal(clock)
        self._switch = switch

    async def intend(self, intent: Intent) -> tuple[Intent, Settled | None] | None:
        """Note an intent, at its gate."""
        await self._switch.call("intend", intent)
        return await self.memory.intend(intent)

    async def settle(self, administration: str, settled: Settled) -> None:
        """Note an end, at its gate."""
        await self._switch.call("settle", settled)
        await self.memory.settle(administration, settled)

    async def find(self, administration: str, key: str) -> tuple[Intent, Settled | None] | None:
        """Find, at its gate."""
        await self._switch.call("find", key)
        return await self.memory.find(administration, key)

    async def unsettled(self, administration: str) -> tuple[Intent, ...]:
        """Return what has no end."""
        return await self.memory.unsettled(administration)


class NotedStore:
    """Satisfies `Store`: a process's own, whose locks are noted."""

    def __init__(self, journal: Journal, switch: Switch) -> None:
        self.journal = journal
        self._locks = LocalStore(journal)
        self._switch = switch

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Note when a lock is had, and when it is let go; by what it is of alone."""
        kind = name.partition(":")[0]
        async with self._locks.lock(name):
            if error := self._switch.failing.get(f"lock {kind}"):
                raise error
            self._switch.note(f"lock {kind}", name)
            try:
                yield
            finally:
                self._switch.note(f"unlock {kind}", name)


class NotedShown:
    """Satisfies `Shown`: notes what it is told."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.contacts: dict[str, Contact] = {}

    async def current(self, key: ContactKey) -> Held[Contact] | None:
        """Return what was kept."""
        await self._switch.call("current", key)
        found = self.contacts.get(key.remote)
        return Held(found, Clock()()) if found else None

    async def keep(self, key: ContactKey, before: Contact | None, after: Contact | None) -> None:
        """Note what is shown from now on."""
        if after:
            self.contacts[key.remote] = after
        await self._switch.call("keep", (key, before, after))

    async def doubt(self, administration: str, contact: str | None, numbers: Sequence[str]) -> None:
        """Note what is in doubt."""
        await self._switch.call("doubt", (administration, contact, tuple(numbers)))


@dataclass
class Desk:
    """A writer and all that it leans on; `restarted` is another process over the same journal."""

    clock: Clock = field(default_factory=Clock)
    switch: Switch = field(default_factory=Switch)
    contacts: FakeContacts = field(default_factory=lambda: FakeContacts([ANN]))

    def __post_init__(self) -> None:
        self.journal = NotedJournal(self.clock, self.switch)
        self.restarted()

    def restarted(self) -> None:
        """Begin anew with what is at rest."""
        self.shown = NotedShown(self.switch)
        store = NotedStore(self.journal, self.switch)
        self.writer = Writer({"shop": backend(self.contacts)}, store, self.shown, self.clock)

    def script(self, name: str = "", **facts: Any) -> Script:
        """Return a write whose steps are noted here."""
        return Script(switch=self.switch, name=name, **facts)

    async def write(
        self, script: Script, wish: Wish = AT_ONCE, seconds: float = 3600.0, **order: Any
    ) -> Result:
        """Carry out a scripted write of contact 1."""
        return await self.writer.write(viewer(seconds), self.order(script, **order), wish)

    def begin(self, script: Script, wish: Wish = AT_ONCE, **rest: Any) -> asyncio.Task[Result]:
        """Begin one, and go on without it."""
        return asyncio.create_task(self.write(script, wish, **rest))

    def order(self, script: Script, **facts: Any) -> Order:
        """Return what is asked of the writer."""
        made = Order("contactUpdate", "shop", script.plan, contact="1", subject=("id",))
        return replace(made, **facts)

    def steps(self) -> list[str]:
        """Return all that happened, in its order."""
        return [name for name, _ in self.switch.calls]


class _Jumping(selectors.DefaultSelector):
    """Never waits for a timer: what it would have waited is time gone by."""

    ahead = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Look what is ready now."""
        self.ahead += max(0.0, timeout or 0.0)
        return super().select(0 if timeout is not None else None)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop in which an hour passes at once when nothing else is to be done."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return seconds, those that were jumped over included."""
        return super().time() + self._jumping.ahead


def passing(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on such a loop."""

    @functools.wraps(test)
    def run(*args: Any, **values: Any) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **values))

    return run
