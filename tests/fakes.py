"""A hand-written stand-in for each port, a clock that is set, and a whole gateway upon them.

Everything is an argument: nothing is patched. A fake notes its calls and fails, or waits, when told to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx

from gateway.app import Gateway, Lasting, on_demand, open_gateway
from gateway.auth import EVERYONE, Viewer
from gateway.backends import System
from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory import Directory
from gateway.directory.criteria import ACTIVE_BY_NAME
from gateway.directory.paging import CursorSeal
from gateway.directory.records import Kinds
from gateway.directory.refresh import Book
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot
from gateway.domain.administration import Administration, AdministrationFacts, Choice, ChoiceKind, Quota
from gateway.domain.contact import Contact, ContactKey, ContactKind, ContactStatus
from gateway.domain.errors import BackendError
from gateway.domain.faults import Fault
from gateway.domain.question import Question
from gateway.flight import Deadline
from gateway.ports import (
    Answer,
    Arrived,
    Backend,
    Call,
    Client,
    Connection,
    Inspection,
    Lifecycle,
    Line,
    Plan,
    Scan,
)
from gateway.serving.errors import formatted
from gateway.settings import Ages
from gateway.settings.values import AdministrationSettings, CacheSettings, Settings
from tests.scripts import NOW, Clock, FakeCharges, FakeMandates, FakeParts, Script, Switch

__all__ = ["NOW", "Clock", "FakeCharges", "FakeMandates", "FakeParts", "Script", "Switch"]

FULL = frozenset({""})
"""A list that tells everything."""

THIN = frozenset(
    {"displayName", "kind", "status", "roles", "customerNumber", "companyName", "fullName", "emails"}
)
"""What the rows of a thin list tell."""

_UNTOLD = """
firstName lastName department attention label website phones persons notes address alternativeAddress
vatNumber chamberOfCommerce bankAccount mandate.sepa customFields trust invoicing.emails
invoicing.deliveryMethod invoicing.workflowId estimates createdAt updatedAt
"""
UNTOLD = frozenset(_UNTOLD.split())
"""What the rows of a thin list do not tell."""

SEAL = CursorSeal(b"a key for tests")


def contact(remote: str, name: str | None = None, slug: str = "shop", **values: Any) -> Contact:
    """Return an active contact in full."""
    shown = {"kind": ContactKind.COMPANY, "status": ContactStatus.ACTIVE, "version": "1", **values}
    return Contact(key=ContactKey(slug, remote), display_name=name or f"Contact {remote}", **shown)


def thin(full: Contact) -> Contact:
    """Return a contact as a thin list has it."""
    return Contact(
        key=full.key,
        display_name=full.display_name,
        kind=full.kind,
        status=full.status,
        roles=full.roles,
        customer_number=full.customer_number,
        company_name=full.company_name,
        full_name=full.full_name,
        emails=full.emails,
        complete=False,
        phones=None,
        persons=None,
        notes=None,
        unknown=UNTOLD,
    )


class FakeContacts:
    """Satisfies `Contacts`: a book in memory.

    `book` may be changed at any time. `unlisted` are ids that the list lacks although they can be read,
    `failures` errors of single ids. `row` makes a list's row of a contact. Where `parts` is set, rows
    arrive so many at a time; the switch knows each part as "part" and the id of its first contact.
    `scripts` are its writes by the method's name; it neither restores nor deletes without one.
    `rules` are what it has against values. `finds` answers what is looked for; None: it cannot.
    """

    def __init__(
        self, contacts: Iterable[Contact] = (), *, listed: frozenset[str] = FULL, looks_up: bool = False
    ) -> None:
        self.book = {each.key.remote: each for each in contacts}
        self.listed = listed
        self.unseen: frozenset[str] = frozenset()
        self.looks_up = looks_up
        self.row: Callable[[Contact], Contact] = (lambda full: full) if "" in listed else thin
        self.switch = Switch()
        self.failures: dict[str, BackendError] = {}
        self.unlisted: set[str] = set()
        self.left_out = 0
        self.parts = 0
        self.scripts: dict[str, Script] = {}
        self.rules: Callable[[Mapping[str, Any], Contact | None], tuple[Fault, ...]] = lambda *_: ()
        self.finds: Callable[[Question], Iterable[Contact]] | None = None

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """List the book; what has the version that is known is left out of the rows."""
        await self.switch.call("scan", dict(known))
        listed = {key: each for key, each in self.book.items() if key not in self.unlisted}
        versions = {key: each.version or "" for key, each in listed.items()}
        rows = tuple(self.row(each) for key, each in listed.items() if known.get(key) != versions[key])
        for start in range(0, len(rows), self.parts) if arrived and self.parts else ():
            part = rows[start : start + self.parts]
            await self.switch.call(f"part {part[0].key.remote}")
            arrived(Scan(versions, part))
        return Scan(versions, rows, self.left_out)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Read contacts in full."""
        await self.switch.call("get_many", list(keys))
        found = {key: self.book[key] for key in keys if key in self.book}
        return {**found, **{key: self.failures[key] for key in keys if key in self.failures}}

    @property
    def by_customer_number(self) -> Any:
        """Look contacts up, where this fake does."""
        return self._look_up if self.looks_up else None

    async def _look_up(self, number: str) -> tuple[Contact, ...]:
        await self.switch.call("by_customer_number", number)
        return tuple(each for each in self.book.values() if each.customer_number == number)

    @property
    def find(self) -> Any:
        """Look for contacts, where this fake does."""
        return self._find if self.finds else None

    async def _find(self, question: Question) -> tuple[Contact, ...]:
        found = tuple(self.finds(question)) if self.finds else ()
        await self.switch.call("find", question)
        return found

    def faults(self, values: Mapping[str, Any], before: Contact | None) -> tuple[Fault, ...]:
        """Return what the rules say."""
        return self.rules(values, before)

    async def create(self, values: Mapping[str, Any]) -> Plan:
        """Make the plan of "create"."""
        return await self.scripts["create"].plan(values)

    async def update(self, key: str, values: Mapping[str, Any], accept: frozenset[str]) -> Plan:
        """Make the plan of "update"."""
        return await self.scripts["update"].plan(key, values, accept)

    async def archive(self, key: str, accept: frozenset[str]) -> Plan:
        """Make the plan of "archive"."""
        return await self.scripts["archive"].plan(key, accept)

    @property
    def restore(self) -> Lifecycle | None:
        """Plan as scripted."""
        return self.scripts["restore"].plan if "restore" in self.scripts else None

    @property
    def delete(self) -> Lifecycle | None:
        """Plan as scripted."""
        return self.scripts["delete"].plan if "delete" in self.scripts else None


class FakeBook:
    """Satisfies `Book`."""

    def __init__(self, choices: Mapping[ChoiceKind, tuple[Choice, ...]] | None = None) -> None:
        self.lists = dict(choices or {})
        self.switch = Switch()

    async def facts(self) -> AdministrationFacts:
        """Tell of a Dutch book."""
        await self.switch.call("facts")
        return AdministrationFacts("EUR", "NL", "Europe/Amsterdam")

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return one of the lists."""
        await self.switch.call("choices", kind)
        return self.lists.get(kind)

    async def inspect(self) -> Inspection:
        """Find all well."""
        await self.switch.call("inspect")
        return Inspection(reachable=True, credentials_accepted=True)


class FakeClient:
    """Satisfies `Client`: answers what the function says, or raises it."""

    def __init__(self, answer: Callable[[Call], Answer | BackendError], quota: Quota | None = None) -> None:
        self._answer = answer
        self._quota = quota
        self.sent: list[Call] = []
        self.is_closed = False

    async def ask(self, call: Call, understand: Callable[[Answer], Any]) -> Any:
        """Note a call and answer it."""
        self.sent.append(call)
        await asyncio.sleep(0)
        answer = self._answer(call)
        if isinstance(answer, BackendError):
            raise answer
        return understand(answer)

    def quota(self) -> Quota | None:
        """Return what was handed in."""
        return self._quota

    async def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


class FakeNetwork:
    """Satisfies `Network`: every line leads to one client."""

    def __init__(self, clock: Clock | None = None, client: FakeClient | None = None) -> None:
        self.clock = clock or Clock()
        self.client = client or FakeClient(lambda call: Answer(404, {}, b""))
        self.lines: list[Line] = []

    def open(self, line: Line) -> Client:
        """Note a line."""
        self.lines.append(line)
        return self.client

    def now(self) -> datetime:
        """Return the clock's moment."""
        return self.clock()


def backend(
    contacts: FakeContacts | Iterable[Contact] = (),
    *,
    slug: str = "shop",
    system: str = "moneybird",
    **ports: Any,
) -> Backend:
    """Return a connected administration; `ports` are persons, notes, charges and mandates, where it has them.

    `dataclasses.replace` changes what is not an argument.
    """
    absent = dict.fromkeys(("persons", "notes", "charges", "mandates"))
    return Backend(
        administration=Administration(slug, slug.capitalize(), system, f"remote-{slug}"),
        contacts=contacts if isinstance(contacts, FakeContacts) else FakeContacts(contacts),
        book=FakeBook(),
        **{**absent, **ports},
        fields=(),
        unsupported={},
        quota=lambda: None,
    )


async def turns(count: int = 10) -> None:
    """Let everything else that is ready go on for a while."""
    for _ in range(count):
        await asyncio.sleep(0)


def book_of(
    connected: Backend, clock: Clock, *, ages: Ages | None = None, details: Ages | None = None
) -> Book:
    """Return an administration's book with a cache of its own."""
    ages = ages or Ages()
    kinds = Kinds(contacts=Kind("contact", ages), details=Kind("detail", details or Ages(fresh=900.0)))
    return Book(connected, Cache(BoundedMemory(), clock), kinds, ages, clock)


def listed(snapshot: Snapshot) -> list[Contact]:
    """Return the contacts of a book that a list shows which asks for nothing."""
    return [found.contact for found in Selection(snapshot, ACTIVE_BY_NAME, "").walk(None, down=False)]


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation's answer, with errors as clients read them."""

    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """Code of every error."""
        return [each["extensions"]["code"] for each in self.errors]

    @property
    def paths(self) -> list[Any]:
        """Path of every error."""
        return [each.get("path") for each in self.errors]


@dataclass(frozen=True, slots=True)
class World:
    """A gateway over fakes, and the clock that it goes by."""

    gateway: Gateway
    clock: Clock

    async def ask(self, document: str, *, viewer: Viewer = EVERYONE, **variables: Any) -> Asked:
        """Execute an operation."""
        result = await self.gateway.schema.execute(
            document, variable_values=variables, context_value=self.gateway.context(viewer)
        )
        return Asked(result.data, [formatted(error, "") for error in result.errors or ()])

    def browser(self) -> httpx.AsyncClient:
        """Return an HTTP client of the ASGI application."""
        transport = httpx.ASGITransport(self.gateway.application(), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    def deadline(self, seconds: float = 5.0) -> Deadline:
        """Return a deadline in real time."""
        return Deadline(seconds)


def fake_system(name: str) -> System:
    """Return an installed system of which nothing is read from configuration."""
    return System(name, name.capitalize(), lambda options: Connection("", _never), {})


@asynccontextmanager
async def world(
    *backends: Backend, clock: Clock | None = None, settings: Settings | None = None
) -> AsyncIterator[World]:
    """Open a gateway over backends; nothing is loaded before it is asked for, unless the settings say so."""
    clock = clock or Clock()
    settings = settings or on_demand(Settings())
    sections = tuple(AdministrationSettings(each.administration, _connection(each)) for each in backends)
    systems = {each.administration.system: fake_system(each.administration.system) for each in backends}
    settings = replace(settings, administrations=sections)
    async with open_gateway(settings, systems, Lasting(FakeNetwork(clock))) as gateway:
        yield World(gateway, clock)


async def load_all(directory: Directory) -> None:
    """Bring every book up to date; how it went stands in each book's problem."""
    await asyncio.gather(*(book.renew() for book in directory.books.values()))


def aged(**ages: Ages) -> Settings:
    """Return settings of a gateway that loads nothing ahead and keeps things for so long."""
    return on_demand(Settings(cache=CacheSettings(**ages)))


def _connection(connected: Backend) -> Connection:
    @asynccontextmanager
    async def connect(_: object, __: object) -> AsyncIterator[Backend]:
        yield connected

    return Connection(connected.administration.remote_id, connect)


def _never(*_: object) -> Any:
    raise AssertionError("nothing is connected by configuration here")
