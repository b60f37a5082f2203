"""Moneybird's contacts: reading them, and planning what is written of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.adapter.contact_writing import Claims, Creation, Update
from gateway.backends.moneybird.adapter.desk import Batch, Desk, is_id
from gateway.backends.moneybird.adapter.lifecycle import Archiving, Deletion
from gateway.backends.moneybird.mapping import rules
from gateway.backends.moneybird.protocol.finding import find_contacts
from gateway.backends.moneybird.wire import AT_ONCE, MAX_IDS
from gateway.domain.changes import Value
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError, RateLimited
from gateway.domain.faults import Fault
from gateway.domain.question import Question
from gateway.domain.text import blank_to_none
from gateway.ports import Arrived, Call, Lifecycle, Plan, Scan

MAX_PAGES = 5
"""Pages of a search that are read for one customer number at most."""

FOUND_PAGES = 3
"""Pages that are read of what was found for a list at most."""


@dataclass(frozen=True, slots=True)
class MoneybirdContacts:
    """Contacts by synchronization: versions in one call, whole contacts a hundred in a call.

    `claims` holds which contacts are known to be whose creation, for the life of the connection.
    """

    desk: Desk
    claims: Claims = field(default_factory=Claims)

    @property
    def unseen(self) -> frozenset[str]:
        """Persons and notes: no document says that they move the contact's version."""
        return frozenset({"persons", "notes"})

    @property
    def listed(self) -> frozenset[str]:
        """A scan reads whole contacts."""
        return frozenset({""})

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """Read every version, and the contacts whose version differs from the known one.

        Contacts that are gone by the time they are fetched have no version either, so that a later
        scan asks for them again if they come back; nor is the version told of those that changed just now,
        since another change may share it. Source: Moneybird API v2, contacts, synchronization.
        """
        desk, asked_at = self.desk, self.desk.now()
        listed, left_out = await desk.ask(protocol.list_versions(desk.book), desk.versions)
        changed = [key for key, version in listed.items() if known.get(key) != version]
        versions = protocol.settled_versions(listed, asked_at)
        contacts: dict[str, Contact] = {}
        gone: set[str] = set()

        def tell(batch: Batch) -> None:
            if arrived:
                arrived(Scan(versions, tuple(batch.contacts.values())))

        for asked, batch in await self._fetch(changed, tell):
            contacts |= {key: batch.contacts[key] for key in asked if key in batch.contacts}
            left_out += batch.left_out
            if not batch.left_out:
                # Otherwise the missing are as likely unreadable, and would be read anew each time.
                gone |= set(asked) - batch.contacts.keys()
        held = {key: version for key, version in versions.items() if key not in gone}
        return Scan(held, tuple(contacts.values()), left_out)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Contact | BackendError]:
        """Read contacts, archived ones included; ids are digits, so any other key costs no call."""
        found: dict[str, Contact | BackendError] = {}
        for asked, batch in await self._fetch([key for key in dict.fromkeys(keys) if is_id(key)]):
            for key in asked:
                if key in batch.contacts:
                    found[key] = batch.contacts[key]
                elif batch.left_out:
                    found[key] = protocol.unreadable(self.desk.home.administration)
        return found

    async def by_customer_number(self, customer_number: str) -> tuple[Contact, ...]:
        """Look an active contact up, else search among all: Moneybird's look-up leaves out archived ones.

        Source: Moneybird API v2, contacts, "Get contact by customer id".
        """
        number = blank_to_none(customer_number)
        if number is None:
            return ()
        desk = self.desk
        found = await desk.ask_for_one(protocol.contact_by_customer_id(desk.book, number), desk.contact)
        if found and found.customer_number == number:
            return (found,)
        return await self._search(number)

    async def find(self, question: Question) -> tuple[Contact, ...]:
        """Look for contacts with Moneybird's own filter."""
        call = find_contacts(self.desk.book, question)
        return tuple((await self._paged(call, FOUND_PAGES)).values())

    def faults(self, values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
        """Return what Moneybird's rules, as far as they are documented, have against values."""
        return rules.faults_of(values, before)

    async def create(self, values: Mapping[str, Value]) -> Plan:
        """Plan a new contact; nothing is read before."""
        return Creation(self.desk, values, self.by_customer_number, self.claims).plan()

    async def update(self, key: str, values: Mapping[str, Value], accept: frozenset[str]) -> Plan:  # noqa: ARG002
        """Plan an update of the fields that differ; Moneybird clears nothing along with them."""
        before = await self.desk.known_contact(key)
        return Update(self.desk, before, values, self.by_customer_number).plan()

    async def archive(self, key: str, accept: frozenset[str]) -> Plan:  # noqa: ARG002
        """Plan to archive a contact."""
        return Archiving(self.desk, await self.desk.known_contact(key)).plan()

    @property
    def restore(self) -> Lifecycle | None:
        """Moneybird has no call for it. Source: Moneybird API v2, contacts."""
        return None

    @property
    def delete(self) -> Lifecycle | None:
        """Plans to delete a contact, which Moneybird archives when it is in use."""
        return self._delete

    async def _delete(self, key: str, accept: frozenset[str]) -> Plan:  # noqa: ARG002
        return Deletion(self.desk, await self.desk.known_contact(key)).plan()

    async def _search(self, number: str) -> tuple[Contact, ...]:
        found = await self._paged(protocol.search_contacts(self.desk.book, number), MAX_PAGES)
        return tuple(one for one in found.values() if one.customer_number == number)

    async def _paged(self, call: Call | None, most: int) -> Mapping[str, Contact]:
        """Read a list's first pages."""
        found: dict[str, Contact] = {}
        for _ in range(most):
            if call is None:
                break
            page, call = await self.desk.ask_for_page(call, self.desk.contacts)
            found |= page.contacts
        return found

    async def _fetch(
        self, keys: Sequence[str], tell: Callable[[Batch], None] | None = None
    ) -> list[tuple[Sequence[str], Batch]]:
        """Fetch contacts a hundred at a time, a few calls at once; the first failure is raised.

        `tell` hears of every batch as it comes.
        """
        desk = self.desk
        waiting = iter([keys[start : start + MAX_IDS] for start in range(0, len(keys), MAX_IDS)])
        fetched: list[tuple[Sequence[str], Batch]] = []
        refused: list[RateLimited] = []

        async def work() -> None:
            for asked in waiting:
                call = protocol.fetch_contacts(desk.book, asked)
                try:
                    batch = await desk.ask(call, desk.contacts)
                except RateLimited as error:
                    # The calls on their way are spent already: the others bring them home, and end.
                    refused.append(error)
                    return
                if tell:
                    tell(batch)
                fetched.append((asked, batch))
                if refused:
                    return

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, -(-len(keys) // MAX_IDS))):
                    group.create_task(work())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        if refused:
            raise refused[0]
        return fetched
