"""Services that note what mutations hand to them, and a request that is answered with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gateway.auth import EVERYONE, Viewer
from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory import Directory
from gateway.domain.contact import ContactKey
from gateway.domain.faults import Outcome
from gateway.domain.identity import GlobalId, contact_id
from gateway.flight import Deadline
from gateway.loaders import Kinds, Loaders, Shelves
from gateway.ports import Backend
from gateway.schema import ContactsSchema, build
from gateway.schema.context import Context
from gateway.services.result import Caller, Result, Wish
from gateway.settings import Ages
from tests.fakes import SEAL, Asked, Clock, backend, book_of, formatted

SHOP = ContactKey("shop", "1")
CONTACT = contact_id("shop", "1")
PERSON = str(GlobalId("ContactPerson", ("shop", "1", "p7")))
NOTE = str(GlobalId("Note", ("shop", "1", "n7")))

ERRORS = "userErrors { field path code message system retryable retryAfter related { displayName } }"


@dataclass(frozen=True, slots=True)
class Case:
    """A mutation: its smallest input, and what it hands to which service.

    Attributes:
        name: The schema's field.
        input: The type of its input.
        method: The service's, after the service's name.
        least: An input that is good.
        target: What the service is told of whom to write to.
        identity: The member of the input that says so.
        group: The member that holds the values; empty where there is none.
    """

    name: str
    input: str
    method: str
    least: dict[str, Any]
    target: tuple[Any, ...] = (SHOP,)
    identity: str = "contactId"
    group: str = ""

    def document(self, selection: str) -> str:
        """Return an operation that selects this of the payload."""
        return f"mutation($input: {self.input}!) {{ {self.name}(input: $input) {{ {selection} }} }}"


LIFE = {"least": {"id": CONTACT}, "identity": "id", "group": "contact"}
PART = (SHOP, "p7")

CASES = {
    each.name: each
    for each in (
        Case(
            "contactCreate",
            "ContactCreateInput",
            "contacts.create",
            {"administration": "shop", "contact": {}},
            ("shop",),
            "administration",
            "contact",
        ),
        Case(
            "contactUpdate",
            "ContactUpdateInput",
            "contacts.update",
            {"id": CONTACT, "contact": {}},
            identity="id",
            group="contact",
        ),
        Case("contactArchive", "ContactLifecycleInput", "contacts.archive", **LIFE),
        Case("contactRestore", "ContactLifecycleInput", "contacts.restore", **LIFE),
        Case("contactDelete", "ContactLifecycleInput", "contacts.delete", **LIFE),
        Case(
            "contactPersonCreate",
            "ContactPersonCreateInput",
            "persons.create",
            {"contactId": CONTACT, "person": {}},
            group="person",
        ),
        Case(
            "contactPersonUpdate",
            "ContactPersonUpdateInput",
            "persons.update",
            {"id": PERSON, "person": {}},
            PART,
            "id",
            "person",
        ),
        Case("contactPersonDelete", "DeleteInput", "persons.delete", {"id": PERSON}, PART, "id", "person"),
        Case(
            "contactNoteCreate",
            "ContactNoteCreateInput",
            "notes.create",
            {"contactId": CONTACT, "note": {"text": "x"}},
            group="note",
        ),
        Case("contactNoteDelete", "DeleteInput", "notes.delete", {"id": NOTE}, (SHOP, "n7"), "id", "note"),
        Case(
            "contactChargeCreate",
            "ContactChargeCreateInput",
            "charges.create",
            {"contactId": CONTACT, "charge": {}},
            group="charge",
        ),
        Case("mandateRequest", "MandateRequestInput", "mandates.request", {"contactId": CONTACT}),
        Case("mandateLinkCreate", "MandateLinkInput", "mandates.link", {"contactId": CONTACT}),
        Case("mandateDelete", "MandateDeleteInput", "mandates.delete", {"contactId": CONTACT}),
    )
}
"""Every mutation, by its name."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a service was given."""

    method: str
    caller: Caller
    given: tuple[Any, ...]
    wish: Wish


@dataclass(slots=True)
class Desk:
    """Where all fake services hand in what they are given, and get their results.

    `answer` returns the result, or raises. `steps` notes when each write begins and ends.
    """

    answer: Callable[[], Result] = lambda: Result(Outcome.UNCHANGED, "shop")
    orders: list[Order] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    async def take(self, method: str, caller: Caller, *given: Any) -> Result:
        """Note an order, of which the wish is the last part, and answer it after a while."""
        self.orders.append(Order(method, caller, given[:-1], given[-1]))
        self.steps.append(f"{method} begins")
        for _ in range(3):
            await asyncio.sleep(0)
        self.steps.append(f"{method} ends")
        return self.answer()


@dataclass(frozen=True, slots=True)
class FakeContacts:
    """Satisfies what mutations use of the contacts' service."""

    desk: Desk

    async def create(self, caller, administration, changes, wish) -> Result:
        return await self.desk.take("contacts.create", caller, administration, changes, wish)

    async def update(self, caller, key, changes, wish) -> Result:
        return await self.desk.take("contacts.update", caller, key, changes, wish)

    async def archive(self, caller, key, wish) -> Result:
        return await self.desk.take("contacts.archive", caller, key, wish)

    async def restore(self, caller, key, wish) -> Result:
        return await self.desk.take("contacts.restore", caller, key, wish)

    async def delete(self, caller, key, wish) -> Result:
        return await self.desk.take("contacts.delete", caller, key, wish)


@dataclass(frozen=True, slots=True)
class FakeParts:
    """Satisfies what mutations use of the services of persons, notes and charges."""

    desk: Desk
    name: str

    async def create(self, caller, contact, values, wish) -> Result:
        return await self.desk.take(f"{self.name}.create", caller, contact, values, wish)

    async def update(self, caller, contact, part, values, wish) -> Result:
        return await self.desk.take(f"{self.name}.update", caller, contact, part, values, wish)

    async def delete(self, caller, contact, part, wish) -> Result:
        return await self.desk.take(f"{self.name}.delete", caller, contact, part, wish)


@dataclass(frozen=True, slots=True)
class FakeMandates:
    """Satisfies what mutations use of the mandates' service."""

    desk: Desk

    async def request(self, caller, contact, values, wish) -> Result:
        return await self.desk.take("mandates.request", caller, contact, values, wish)

    async def link(self, caller, contact, values, wish) -> Result:
        return await self.desk.take("mandates.link", caller, contact, values, wish)

    async def delete(self, caller, contact, wish) -> Result:
        return await self.desk.take("mandates.delete", caller, contact, wish)


@dataclass(frozen=True, slots=True)
class FakeServices:
    """Satisfies `Services`."""

    contacts: FakeContacts
    persons: FakeParts
    notes: FakeParts
    charges: FakeParts
    mandates: FakeMandates


def services_of(desk: Desk) -> FakeServices:
    """Return services that all hand in at one desk."""
    persons, notes, charges = (FakeParts(desk, name) for name in ("persons", "notes", "charges"))
    return FakeServices(FakeContacts(desk), persons, notes, charges, FakeMandates(desk))


@cache
def schema() -> ContactsSchema:
    """Return the schema of the two systems that tests know."""
    return build({"moneybird": "Moneybird", "acumulus": "Acumulus"})


def context_of(desk: Desk, viewer: Viewer = EVERYONE, backends: Iterable[Backend] = ()) -> Context:
    """Return a request's context, in which nothing is kept from one read to the next."""
    clock = Clock()
    connected = list(backends) or [backend(), backend(slug="web", system="acumulus")]
    by_slug = {each.administration.slug: each for each in connected}
    directory = Directory({slug: book_of(each, clock) for slug, each in by_slug.items()}, SEAL)
    never = Ages(fresh=0, revalidate=0, stale=0)
    names = ("numbers", "charges", "mandates", "choices", "facts")
    kinds = Kinds(**{name: Kind(name, never) for name in names})
    deadline = Deadline(5)
    loaders = Loaders(Shelves(directory, by_slug, Cache(BoundedMemory(), clock), kinds), viewer, deadline)
    return Context(viewer, deadline, loaders, directory, clock, services=services_of(desk))


async def ask(document: str, context: Context, **variables: Any) -> Asked:
    """Execute an operation."""
    result = await schema().execute(document, variable_values=variables, context_value=context)
    return Asked(result.data, [formatted(error, "") for error in result.errors or ()])


async def mutate(
    name: str, desk: Desk, source: dict[str, Any] | None = None, selection: str = "outcome", **context: Any
) -> Any:
    """Execute one mutation and return its payload, which must have come without an error.

    Args:
        name: The schema's field.
        desk: Where the services hand in.
        source: Members of the input, beside or instead of the smallest one's.
        selection: Of the payload.
        **context: As for `context_of`.
    """
    case = CASES[name]
    document = case.document(f"{selection} {ERRORS}")
    answer = await ask(document, context_of(desk, **context), input={**case.least, **(source or {})})
    assert answer.errors == []
    return answer.data[name]
