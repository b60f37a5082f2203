"""A third system as a package of its own: contacts are names in its configuration, nobody is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from gateway.backends import System
from gateway.domain.administration import (
    CAPABILITIES,
    Administration,
    AdministrationFacts,
    Choice,
    ChoiceKind,
    FieldRule,
)
from gateway.domain.contact import Contact, ContactKey, ContactKind, ContactStatus
from gateway.domain.errors import BackendError
from gateway.ports import Arrived, Backend, Connection, Inspection, Network, Options, Scan


@dataclass(frozen=True, slots=True)
class ToyContacts:
    """Contacts by their place among the names, from 1."""

    held: Mapping[str, Contact]

    @property
    def listed(self) -> frozenset[str]:
        """A list tells everything."""
        return frozenset({""})

    @property
    def by_customer_number(self) -> Callable[[str], Awaitable[tuple[Contact, ...]]] | None:
        """Only the list can tell."""
        return None

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """Return the names that are not known yet."""
        versions = {key: contact.display_name for key, contact in self.held.items()}
        new = tuple(contact for key, contact in self.held.items() if known.get(key) != versions[key])
        return Scan(versions, new)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Return the contacts of these keys."""
        return {key: self.held[key] for key in keys if key in self.held}


@dataclass(frozen=True, slots=True)
class ToyBook:
    """A book that knows little of itself."""

    size: int

    async def facts(self) -> AdministrationFacts:
        """Return the currency."""
        return AdministrationFacts(currency="EUR")

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return none: there are no lists."""
        del kind

    async def inspect(self) -> Inspection:
        """Say that all is well."""
        return Inspection(reachable=True, credentials_accepted=True, contacts=self.size)


def _read(options: Options) -> Connection:
    names = options.text("names")
    return Connection(remote_id=options.text("remote_id", "toy-1"), connect=partial(_connect, names))


@asynccontextmanager
async def _connect(names: str, administration: Administration, network: Network) -> AsyncIterator[Backend]:
    del network
    slug = administration.slug
    contacts = [
        _contact(ContactKey(slug, str(place)), name) for place, name in enumerate(names.split(";"), 1)
    ]
    yield Backend(
        administration=administration,
        contacts=ToyContacts({contact.key.remote: contact for contact in contacts}),
        book=ToyBook(len(contacts)),
        charges=None,
        mandates=None,
        fields=(FieldRule("displayName", readable=True),),
        unsupported=dict.fromkeys(CAPABILITIES, "A toy."),
        quota=lambda: None,
    )


def _contact(key: ContactKey, name: str) -> Contact:
    return Contact(
        key, name, kind=ContactKind.COMPANY, status=ContactStatus.ACTIVE, company_name=name, version="1"
    )


SYSTEM = System(
    name="toybooks", title="Toy Books", read=_read, environment={"TOYBOOKS_NAMES": "names"}, sandbox=None
)
