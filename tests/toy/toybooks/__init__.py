"""A third system as a package of its own: contacts are names in its configuration, nobody is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
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
from gateway.domain.changes import STATUS, Value, changed
from gateway.domain.contact import Contact, ContactKey, ContactKind, ContactStatus
from gateway.domain.errors import BackendError, NotFound
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.domain.question import Question
from gateway.ports import (
    Arrived,
    Backend,
    Connection,
    Inspection,
    Lifecycle,
    Network,
    Options,
    Plan,
    Scan,
    Trace,
    Written,
)

WRITES = ("contacts.create", "contacts.update", "contacts.archive")


@dataclass(frozen=True, slots=True)
class ToyContacts:
    """Contacts by their place among the names, from 1; what is written lasts as long as the process."""

    slug: str
    held: dict[str, Contact]

    @property
    def unseen(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    @property
    def listed(self) -> frozenset[str]:
        """A list tells everything."""
        return frozenset({""})

    @property
    def by_customer_number(self) -> Callable[[str], Awaitable[tuple[Contact, ...]]] | None:
        """Only the list can tell."""
        return None

    @property
    def find(self) -> Callable[[Question], Awaitable[tuple[Contact, ...]]] | None:
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

    def faults(self, values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
        """Say that a name is needed."""
        name = values.get("companyName", before and before.company_name)
        return () if name else (Fault(FaultCode.REQUIRED, "A toy needs a name.", "companyName"),)

    async def create(self, values: Mapping[str, Value]) -> Plan:
        """Plan a new name."""
        key = ContactKey(self.slug, str(len(self.held) + 1))
        return self._plan(None, _contact(key, str(values["companyName"])), Outcome.CREATED, values)

    async def update(self, key: str, values: Mapping[str, Value], accept: frozenset[str]) -> Plan:
        """Plan another name."""
        before = self._held(key)
        after = _contact(before.key, str(values.get("companyName", before.display_name)))
        return self._plan(before, after, Outcome.UPDATED, values)

    async def archive(self, key: str, accept: frozenset[str]) -> Plan:
        """Plan the end of a name's use."""
        before = self._held(key)
        after = replace(before, status=ContactStatus.ARCHIVED)
        return self._plan(before, after, Outcome.ARCHIVED, {STATUS: after.status})

    @property
    def restore(self) -> Lifecycle | None:
        """Toys do not come back."""
        return None

    @property
    def delete(self) -> Lifecycle | None:
        """Toys stay."""
        return None

    def _held(self, key: str) -> Contact:
        if key not in self.held:
            raise NotFound("There is no such toy.")
        return self.held[key]

    def _plan(
        self, before: Contact | None, after: Contact, outcome: Outcome, values: Mapping[str, Value]
    ) -> Plan:
        async def send() -> Written:
            self.held[after.key.remote] = after
            return Written(outcome, after)

        async def look(_: Trace) -> Written | None:
            return None

        nothing = Outcome.ALREADY if outcome is Outcome.ARCHIVED else Outcome.UNCHANGED
        return Plan(send, look, before, before and before.version, changed(before, values), nothing=nothing)


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

    @property
    def probe(self) -> Callable[[], Awaitable[tuple[str, ...]]] | None:
        """Nothing is in doubt."""
        return None


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
        contacts=ToyContacts(administration.slug, {contact.key.remote: contact for contact in contacts}),
        book=ToyBook(len(contacts)),
        persons=None,
        notes=None,
        charges=None,
        mandates=None,
        fields=(
            FieldRule("displayName", readable=True),
            FieldRule("companyName", readable=True, writable=True),
        ),
        unsupported=dict.fromkeys((each for each in CAPABILITIES if each not in WRITES), "A toy."),
        quota=lambda: None,
    )


def _contact(key: ContactKey, name: str) -> Contact:
    return Contact(
        key, name, kind=ContactKind.COMPANY, status=ContactStatus.ACTIVE, company_name=name, version="1"
    )


SYSTEM = System(
    name="toybooks", title="Toy Books", read=_read, environment={"TOYBOOKS_NAMES": "names"}, sandbox=None
)
