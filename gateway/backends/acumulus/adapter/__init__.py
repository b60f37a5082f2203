"""Acumulus behind the ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from gateway.backends.acumulus import mapping, protocol, wire
from gateway.backends.acumulus.adapter import creating, probing, updating
from gateway.backends.acumulus.adapter.conversation import Conversation
from gateway.backends.acumulus.adapter.creating import Claims
from gateway.backends.acumulus.adapter.desk import Desk
from gateway.backends.acumulus.adapter.updating import Aim
from gateway.backends.acumulus.fields import DOUBTFUL, FIELDS, LISTED, UNSUPPORTED
from gateway.backends.acumulus.mapping import inputs
from gateway.backends.acumulus.protocol.failures import Origin, lacks_right, ration
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.administration import Administration, AdministrationFacts, Choice, ChoiceKind
from gateway.domain.changes import STATUS, Value
from gateway.domain.contact import Contact, ContactStatus
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from gateway.domain.faults import Fault, Outcome
from gateway.domain.question import Question
from gateway.ports import (
    Allowance,
    Answer,
    Arrived,
    Backend,
    Inspection,
    Lifecycle,
    Line,
    Network,
    Plan,
    Scan,
)

IN_A_ROW = 4
"""After so many calls in a row that got no answer, a system is taken to be away."""


class AcumulusContacts:
    """Contacts of one contract; lists are thin, and details cost a call each."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._desk = Desk(conversation)
        self._claims = Claims()

    @property
    def unseen(self) -> frozenset[str]:
        """Nothing beside the details, whose age is told anyway."""
        return frozenset()

    @property
    def listed(self) -> frozenset[str]:
        """Paths that a scan tells in full."""
        return LISTED

    @property
    def by_customer_number(self) -> Callable[[str], Awaitable[tuple[Contact, ...]]] | None:
        """None: Acumulus' search does not look at the customer number."""
        return None

    @property
    def find(self) -> Callable[[Question], Awaitable[tuple[Contact, ...]]] | None:
        """None: the whole list is one call, and so would be a part of it."""
        return None

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:  # noqa: ARG002
        """Read the whole book, disabled contacts included. Cost: one call, so that nothing arrives in parts.

        Raises:
            BackendError: the list could not be had, or not be read.
        """
        call = self._conversation.call(wire.CONTACTS.path, wire.WHOLE_BOOK)
        return await self._conversation.ask(call, partial(_scan, known=known))

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Read contacts in full, a call each; keys that cannot exist cost none.

        Once the system refuses the credentials or takes no more calls, or has been silent for
        several calls in a row, the rest is not asked for and fails alike.

        Raises:
            CredentialsRejected: at any of the calls.
            BackendError: at each of the calls.
        """
        batch = Batch(self._read, [key for key in dict.fromkeys(keys) if mapping.is_key(key)])
        return await batch.run(self._conversation.settings.calls_at_once)

    def faults(self, values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
        """Return what Acumulus' own rules have against values; see the port."""
        return inputs.faults(values, before)

    async def create(self, values: Mapping[str, Value]) -> Plan:
        """Plan a new contact. Cost: a list; sent, the write, the list and the details.

        Raises:
            BackendError: the list could not be had, or not be read.
        """
        return await creating.plan(self._desk, self._claims, values)

    async def update(self, key: str, values: Mapping[str, Value], accept: frozenset[str]) -> Plan:
        """Plan an update. Cost: details and list; sent, the write, and both once more.

        A list is asked for by the contact's name, and as a whole where that does not bring it up.

        Raises:
            NotFound: there is no such contact.
            BackendError: it could not be read.
        """
        return await updating.plan(self._desk, key, Aim(values, accept))

    async def archive(self, key: str, accept: frozenset[str]) -> Plan:
        """Plan to disable a contact: an update of its status, and as careful as any. Raises as `update`."""
        values = {STATUS: ContactStatus.ARCHIVED}
        return await updating.plan(self._desk, key, Aim(values, accept, Outcome.ARCHIVED, Outcome.ALREADY))

    async def restore(self, key: str, accept: frozenset[str]) -> Plan:
        """Plan to enable a contact again; see `archive`."""
        values = {STATUS: ContactStatus.ACTIVE}
        return await updating.plan(self._desk, key, Aim(values, accept, Outcome.RESTORED, Outcome.ALREADY))

    @property
    def delete(self) -> Lifecycle | None:
        """None: Acumulus has no call for it."""
        return None

    async def _read(self, key: str) -> Contact | None:
        call = self._conversation.call(wire.CONTACT_GET, {"contactid": key})
        return await self._conversation.ask(call, partial(_details, key=key))


class Batch:
    """Contacts being read one by one, a few at once, until there is no use in going on.

    Args:
        read: Reads one; None when there is no such contact.
        keys: Whom to read, each once.
    """

    def __init__(self, read: Callable[[str], Awaitable[Contact | None]], keys: Sequence[str]) -> None:
        self._read = read
        self._keys = keys
        self._waiting = iter(keys)
        self._found: dict[str, Contact | BackendError] = {}
        self._absent = 0
        self._unanswered = 0
        self._stopped: BackendError | None = None

    async def run(self, at_once: int) -> Mapping[str, Contact | BackendError]:
        """Read them all; see `AcumulusContacts.get_many`."""
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(self._keys))):
                group.create_task(self._work())
        failed = [found for found in self._found.values() if isinstance(found, BackendError)]
        self._raise_common(failed)
        if self._stopped:
            self._found |= dict.fromkeys(self._waiting, self._stopped)
        return self._found

    def _raise_common(self, failed: Sequence[BackendError]) -> None:
        for error in failed:
            if isinstance(error, CredentialsRejected):
                raise error
        if self._absent or not failed or len(failed) < len(self._found):
            return
        if all(isinstance(error, RateLimited | BackendUnavailable) for error in failed):
            raise failed[0]

    async def _work(self) -> None:
        while not self._stopped and (key := next(self._waiting, None)) is not None:
            try:
                contact = await self._read(key)
            except BackendError as error:
                self._note_failure(key, error)
            else:
                self._unanswered = 0
                if contact is None:
                    self._absent += 1
                else:
                    self._found[key] = contact

    def _note_failure(self, key: str, error: BackendError) -> None:
        self._found[key] = error
        self._unanswered = self._unanswered + 1 if isinstance(error, BackendUnavailable) else 0
        if isinstance(error, CredentialsRejected | RateLimited) or self._unanswered >= IN_A_ROW:
            self._stopped = self._stopped or error


class AcumulusBook:
    """What Acumulus tells of the administration itself."""

    def __init__(self, conversation: Conversation, contacts: AcumulusContacts) -> None:
        self._conversation = conversation
        self._contacts = contacts

    async def facts(self) -> AdministrationFacts:
        """Return that nothing is known: no call tells currency, country or time zone. Cost: none."""
        return AdministrationFacts()

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return a list that fields take their values from; None: no such list. Cost: at most one call.

        Raises:
            BackendError: the list could not be had, or not be read.
        """
        if kind in mapping.DOCUMENTED_CHOICES:
            return mapping.DOCUMENTED_CHOICES[kind]
        picklist = mapping.PICKLISTS.get(kind)
        if picklist is None:
            return None
        rows = partial(protocol.rows, listing=picklist.listing)
        return mapping.choices(
            await self._conversation.ask(self._conversation.call(picklist.listing.path), rows), picklist
        )

    async def inspect(self) -> Inspection:
        """Ask for the role, the list and one contact. Cost: three calls at most."""
        seen = Inspection(reachable=True, credentials_accepted=True)
        try:
            seen = replace(seen, rights=await self._role())
            scan = await self._contacts.scan({})
            seen = replace(seen, contacts=len(scan.versions))
            seen = replace(seen, doubtful=await self._doubtful(scan))
        except BackendError as error:
            seen = _with_problem(seen, error)
        return replace(seen, quota=self._conversation.client.quota())

    @property
    def probe(self) -> Callable[[], Awaitable[tuple[str, ...]]] | None:
        """Try contact_manage without storing anything; see `probing.probe`."""
        return partial(probing.probe, self._conversation)

    async def _role(self) -> str | None:
        call = self._conversation.call(wire.GENERAL_ABOUT)
        try:
            return mapping.role(await self._conversation.ask(call, protocol.about))
        except BackendError as error:
            if isinstance(error, BadUpstreamAnswer) or lacks_right(error):
                # Of use to people only, and not for every role: the list decides what is wrong.
                return None
            raise

    async def _doubtful(self, scan: Scan) -> Mapping[str, bool]:
        first = next(iter(scan.versions), None)
        if first is None:
            return {}
        contact = (await self._contacts.get_many([first])).get(first)
        if isinstance(contact, BackendError):
            raise contact
        return {path: path not in contact.unknown for path in DOUBTFUL} if contact else {}


@asynccontextmanager
async def connect(
    settings: AcumulusSettings, administration: Administration, network: Network
) -> AsyncIterator[Backend]:
    """Give the connected administration, and close its line in the end; nothing is sent yet."""
    client = network.open(line(settings, administration))
    conversation = Conversation(settings, administration, client, network)
    contacts = AcumulusContacts(conversation)
    try:
        yield Backend(
            administration=administration,
            contacts=contacts,
            book=AcumulusBook(conversation, contacts),
            persons=None,
            notes=None,
            charges=None,
            mandates=None,
            fields=FIELDS,
            unsupported=UNSUPPORTED,
            quota=client.quota,
        )
    finally:
        await client.close()


def line(settings: AcumulusSettings, administration: Administration) -> Line:
    """Say how an administration is connected; its ration is its own, and credentials go in bodies."""
    return Line(
        administration=administration,
        base_url=settings.base_url,
        headers={"accept": "text/xml, application/xml"},
        timeout=settings.timeout,
        at_once=settings.calls_at_once,
        allowance=Allowance(settings.calls_per_minute, 60),
        learn=ration,
    )


def _scan(answer: Answer, origin: Origin, *, known: Mapping[str, str]) -> Scan:
    return mapping.scan(protocol.rows(answer, origin, wire.CONTACTS), known, origin.administration)


def _details(answer: Answer, origin: Origin, *, key: str) -> Contact | None:
    nodes = protocol.details(answer, origin, key)
    return mapping.contact_from_details(nodes, origin.administration) if nodes is not None else None


def _with_problem(seen: Inspection, error: BackendError) -> Inspection:
    answered = seen.rights is not None or seen.contacts is not None
    accepted = True if answered or lacks_right(error) else None
    problem = error.message
    if lacks_right(error):
        problem += f" The role {wire.WRITES_ONLY} may write contacts but not read them."
    elif isinstance(error, CredentialsRejected):
        accepted = False
    return replace(
        seen,
        reachable=answered or not isinstance(error, BackendUnavailable),
        credentials_accepted=accepted,
        problem=problem,
    )
