"""A clock that is set, a switch that a fake goes by, scripted writes, and the fakes of a contact's parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.charge import Charge
from gateway.domain.faults import Fault, Notice, Outcome
from gateway.domain.mandate import PaymentsMandate
from gateway.ports import Plan, Trace, Written

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Clock:
    """A moment that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)


class Switch:
    """What one fake was asked, and how it is to behave, by the method's name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failing: dict[str, Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self._awaited: dict[str, asyncio.Event] = {}

    def note(self, method: str, asked: object = None) -> None:
        """Note a call."""
        self.calls.append((method, asked))
        if method in self._awaited:
            self._awaited.pop(method).set()

    async def until(self, method: str) -> None:
        """Wait until a method was called."""
        if not self.asked(method):
            await self._awaited.setdefault(method, asyncio.Event()).wait()

    async def call(self, method: str, asked: object = None) -> None:
        """Note a call, wait at its gate, and fail where told to."""
        self.note(method, asked)
        if gate := self.gates.get(method):
            await gate.wait()
        await asyncio.sleep(0)
        if failure := self.failing.get(method):
            raise failure

    def asked(self, method: str) -> list[Any]:
        """Return what each call of a method was asked for."""
        return [asked for name, asked in self.calls if name == method]

    def shut(self, method: str) -> asyncio.Event:
        """Let every call of a method wait until the event that is returned is set."""
        self.gates[method] = asyncio.Event()
        return self.gates[method]


@dataclass
class Script:
    """One write, told beforehand: what its plan holds, and what sending, looking and checking answer.

    The switch knows the steps as "plan", "send", "look" and "check"; it makes them wait or fail.

    Attributes:
        written: What sending leaves behind.
        found: What looking finds.
        said: What the system's own validation says.
        planned: The plan's other fields.
        effect: What sending does to a fake's book, once it is past its gate.
        switch: Notes the steps; several scripts may share one.
        name: Stands before the steps' names in it.
    """

    written: Written = field(default_factory=lambda: Written(Outcome.UPDATED))
    found: Written | None = None
    said: tuple[Fault | Notice, ...] = ()
    planned: Mapping[str, Any] = field(default_factory=dict)
    effect: Callable[[], object] = lambda: None
    switch: Switch = field(default_factory=Switch)
    name: str = ""

    async def plan(self, *asked: object) -> Plan:
        """Make the plan."""
        await self.switch.call(f"{self.name}plan", asked)
        return replace(Plan(self._send, self._look, check=self._check), **self.planned)

    def steps(self) -> list[str]:
        """Return the steps that were taken, without what is beside them."""
        return [name for name, _ in self.switch.calls]

    async def _send(self) -> Written:
        await self.switch.call(f"{self.name}send")
        self.effect()
        return self.written

    async def _look(self, trace: Trace) -> Written | None:
        await self.switch.call(f"{self.name}look", trace)
        return self.found

    async def _check(self) -> tuple[Fault | Notice, ...]:
        await self.switch.call(f"{self.name}check")
        return self.said


class FakeParts:
    """Satisfies `Persons` and `Notes`: each method makes the plan of its script."""

    def __init__(self, **scripts: Script) -> None:
        self.scripts = scripts

    async def create(self, contact: str, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "create"."""
        return await self.scripts["create"].plan(contact, values)

    async def update(self, contact: str, key: str, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "update"."""
        return await self.scripts["update"].plan(contact, key, values)

    async def delete(self, contact: str, key: str) -> Plan:
        """Make the plan of "delete"."""
        return await self.scripts["delete"].plan(contact, key)


class FakeCharges:
    """Satisfies `Charges`."""

    def __init__(self, charges: Mapping[str, tuple[Charge, ...]] | None = None, **scripts: Script) -> None:
        self.charges = dict(charges or {})
        self.switch = Switch()
        self.scripts = scripts

    async def create(self, contact: str, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "create"."""
        return await self.scripts["create"].plan(contact, values)

    async def of_contact(self, key: str, *, include_billed: bool) -> tuple[Charge, ...]:
        """Return a contact's charges."""
        await self.switch.call("of_contact", (key, include_billed))
        return tuple(each for each in self.charges.get(key, ()) if include_billed or not each.billed)


class FakeMandates:
    """Satisfies `Mandates`."""

    def __init__(self, mandates: Mapping[str, PaymentsMandate] | None = None, **scripts: Script) -> None:
        self.mandates = dict(mandates or {})
        self.switch = Switch()
        self.scripts = scripts

    async def request(self, contact: str, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "request"."""
        return await self.scripts["request"].plan(contact, values)

    async def link(self, contact: str, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "link"."""
        return await self.scripts["link"].plan(contact, values)

    async def delete(self, contact: str) -> Plan:
        """Make the plan of "delete"."""
        return await self.scripts["delete"].plan(contact)

    async def of_contact(self, key: str) -> PaymentsMandate | None:
        """Return a contact's mandate."""
        await self.switch.call("of_contact", key)
        return self.mandates.get(key)
