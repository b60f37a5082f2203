"""Moneybird behind the ports; the only file of this folder that awaits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from gateway.backends.moneybird import lists, payments, protocol
from gateway.backends.moneybird.fields import FIELDS, UNSUPPORTED
from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.reading import read_record
from gateway.backends.moneybird.settings import Settings
from gateway.backends.moneybird.values import identifier
from gateway.backends.moneybird.wire import AT_ONCE, MAX_IDS, NAME, AdministrationRow, VersionRow
from gateway.domain.administration import Administration, AdministrationFacts, Choice, ChoiceKind
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError, BackendUnavailable, CredentialsRejected
from gateway.domain.mandate import PaymentsMandate
from gateway.domain.text import blank_to_none
from gateway.ports import Answer, Arrived, Backend, Call, Client, Inspection, Line, Network, Scan
from gateway.telemetry import log

T = TypeVar("T")

BIG = 256 * 1024
"""Bytes from which on an answer is read in a thread, so that the event loop goes on."""
MAX_PAGES = 5
"""Pages of a search that are read for one customer number at most."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Contacts as one answer gave them, by key, and how many entries could not be read."""

    contacts: Mapping[str, Contact]
    left_out: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks one administration, and reads what it answers.

    `book` is the administration's id at Moneybird, `base_url` everything before a call's path.
    """

    client: Client
    book: str
    base_url: str
    home: Home
    now: Callable[[], datetime]

    async def ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        """Make a call and read its body; anything but a good answer is raised."""
        return await self.read(await self.client.send(call), read)

    async def ask_for_one(self, call: Call, read: Callable[[bytes], T]) -> T | None:
        """Make a call for one thing; None where Moneybird has no such thing."""
        answer = await self.client.send(call)
        return None if answer.status == 404 else await self.read(answer, read)

    async def read(self, answer: Answer, read: Callable[[bytes], T]) -> T:
        """Read an answer's body, a big one in a thread."""

        def good() -> T:
            return read(protocol.body_of(answer, administration=self.home.administration, now=self.now()))

        return await asyncio.to_thread(good) if len(answer.body) > BIG else good()

    def contacts(self, body: bytes) -> Batch:
        """Read a list of contacts; of two with one key the last stands."""
        rows = protocol.rows_of(body, administration=self.home.administration)
        read = [contact_from_row(row, self.home) for row in rows]
        found = {contact.key.remote: contact for contact in read if contact}
        return Batch(found, read.count(None))

    def contact(self, body: bytes) -> Contact:
        """Read a single contact."""
        contact = contact_from_row(body, self.home)
        if contact is None:
            raise protocol.unreadable(self.home.administration)
        return contact

    def versions(self, body: bytes) -> tuple[Mapping[str, str], int]:
        """Read the synchronization list: key to version, and how many entries could not be read."""
        rows = protocol.rows_of(body, administration=self.home.administration)
        records = [reading.record for row in rows if (reading := read_record(row, VersionRow))]
        keyed = [(identifier(record.id), identifier(record.version)) for record in records]
        found = [(key, version or "") for key, version in keyed if key]
        return dict(found), len(rows) - len(found)


@dataclass(frozen=True, slots=True)
class MoneybirdContacts:
    """Contacts by synchronization: versions in one call, whole contacts a hundred in a call."""

    desk: Desk

    @property
    def listed(self) -> frozenset[str]:
        """A scan reads whole contacts."""
        return frozenset({""})

    async def scan(self, known: Mapping[str, str], arrived: Arrived | None = None) -> Scan:
        """Read every version, and the contacts whose version differs from the known one.

        Contacts that are gone by the time they are fetched have no version either, so that a later
        scan asks for them again if they come back. Source: Moneybird API v2, contacts, synchronization.
        """
        desk = self.desk
        versions, left_out = await desk.ask(protocol.list_versions(desk.book), desk.versions)
        changed = [key for key, version in versions.items() if known.get(key) != version]
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
        for asked, batch in await self._fetch([key for key in dict.fromkeys(keys) if _is_id(key)]):
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

    async def _search(self, number: str) -> tuple[Contact, ...]:
        desk, found = self.desk, dict[str, Contact]()
        call: Call | None = protocol.search_contacts(desk.book, number)
        for _ in range(MAX_PAGES):
            if call is None:
                break
            answer = await desk.client.send(call)
            page = await desk.read(answer, desk.contacts)
            found |= {key: one for key, one in page.contacts.items() if one.customer_number == number}
            call = protocol.next_page(answer, base_url=desk.base_url, book=desk.book)
        return tuple(found.values())

    async def _fetch(
        self, keys: Sequence[str], tell: Callable[[Batch], None] | None = None
    ) -> list[tuple[Sequence[str], Batch]]:
        """Fetch contacts a hundred at a time, a few calls at once; the first failure is raised.

        `tell` hears of every batch as it comes.
        """
        desk = self.desk
        waiting = iter([keys[start : start + MAX_IDS] for start in range(0, len(keys), MAX_IDS)])
        fetched: list[tuple[Sequence[str], Batch]] = []

        async def work() -> None:
            for asked in waiting:
                call = protocol.fetch_contacts(desk.book, asked)
                batch = await desk.ask(call, desk.contacts)
                if tell:
                    tell(batch)
                fetched.append((asked, batch))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, -(-len(keys) // MAX_IDS))):
                    group.create_task(work())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return fetched


@dataclass(frozen=True, slots=True)
class MoneybirdCharges:
    """Additional charges, of one contact at a time."""

    desk: Desk

    async def of_contact(self, key: str, *, include_billed: bool) -> tuple[Charge, ...]:
        """Return the charges; one whose price cannot be read is left out, and the log counts it."""
        if not _is_id(key):
            return ()
        desk, slug = self.desk, self.desk.home.administration
        call = protocol.list_charges(desk.book, key, include_billed=include_billed)
        found = await desk.ask_for_one(
            call, lambda body: payments.charges_from_rows(protocol.rows_of(body, administration=slug))
        )
        charges, left_out = found or ((), 0)
        if left_out:
            log().warning("charges_left_out", system=NAME, administration=slug, count=left_out)
        return tuple(charge for charge in charges if include_billed or not charge.billed)


@dataclass(frozen=True, slots=True)
class MoneybirdMandates:
    """Mandates that Moneybird Payments keeps."""

    desk: Desk

    async def of_contact(self, key: str) -> PaymentsMandate | None:
        """Return the mandate; Moneybird answers 403 where Payments is switched off, 404 without a mandate."""
        if not _is_id(key):
            return None
        answer = await self.desk.client.send(protocol.payments_mandate(self.desk.book, key))
        return None if answer.status in (403, 404) else await self.desk.read(answer, self._mandate)

    def _mandate(self, body: bytes) -> PaymentsMandate:
        mandate = payments.mandate_from_body(body)
        if mandate is None:
            raise protocol.unreadable(self.desk.home.administration)
        return mandate


@dataclass(frozen=True, slots=True)
class MoneybirdBook:
    """The administration's facts and lists, and how it can be reached."""

    desk: Desk

    async def facts(self) -> AdministrationFacts:
        """Return what the list of administrations says of this one; nothing where it is not in it."""
        return lists.facts_from_row(await self._own())

    async def choices(self, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return a list that Moneybird keeps; only identities cost two calls, Peppol schemes none."""
        match kind:
            case ChoiceKind.INVOICE_WORKFLOW:
                return await self._list("workflows", lists.invoice_workflows_of)
            case ChoiceKind.ESTIMATE_WORKFLOW:
                return await self._list("workflows", lists.estimate_workflows_of)
            case ChoiceKind.CUSTOM_FIELD:
                return await self._list("custom_fields", lists.custom_fields_of_contacts)
            case ChoiceKind.USER:
                return await self._list("users", lists.users_of)
            case ChoiceKind.IDENTITY:
                first = protocol.reference_list(self.desk.book, "identities/default")
                default = await self.desk.ask_for_one(first, bytes)
                return await self._list("identities", lambda rows: lists.identities_of(default, rows))
            case ChoiceKind.PEPPOL_SCHEME:
                return lists.peppol_schemes()
        return None

    async def inspect(self) -> Inspection:
        """Ask for the administrations, then for the versions; say how far that went."""
        try:
            own = await self._own()
        except BackendError as error:
            return self._failed(error)
        rights = blank_to_none(own.access) if own else None
        if own is None:
            problem = "The token does not reach this administration."
            return self._report(rights=rights, problem=problem)
        try:
            desk = self.desk
            versions, _ = await desk.ask(protocol.list_versions(desk.book), desk.versions)
        except BackendError as error:
            return self._report(rights=rights, problem=error.message)
        return self._report(rights=rights, contacts=len(versions))

    def _report(
        self, *, rights: str | None = None, contacts: int | None = None, problem: str | None = None
    ) -> Inspection:
        return Inspection(
            reachable=True,
            credentials_accepted=True,
            rights=rights,
            contacts=contacts,
            quota=self.desk.client.quota(),
            problem=problem,
        )

    def _failed(self, error: BackendError) -> Inspection:
        return Inspection(
            reachable=not isinstance(error, BackendUnavailable),
            credentials_accepted=False if isinstance(error, CredentialsRejected) else None,
            quota=self.desk.client.quota(),
            problem=error.message,
        )

    async def _own(self) -> AdministrationRow | None:
        slug, book = self.desk.home.administration, self.desk.book
        return await self.desk.ask(
            protocol.list_administrations(),
            lambda body: lists.own_administration(protocol.rows_of(body, administration=slug), book),
        )

    async def _list(self, name: str, read: Callable[[lists.Rows], tuple[Choice, ...]]) -> tuple[Choice, ...]:
        slug = self.desk.home.administration
        return await self.desk.ask(
            protocol.reference_list(self.desk.book, name),
            lambda body: read(protocol.rows_of(body, administration=slug)),
        )


@asynccontextmanager
async def connect(
    settings: Settings, administration: Administration, network: Network
) -> AsyncIterator[Backend]:
    """Open a line to a Moneybird administration; nothing is asked yet.

    Source: Moneybird API v2, authentication, for the header.
    """
    client = network.open(_line(settings, administration))
    parts = urlsplit(settings.base_url)
    web = f"{parts.scheme}://{parts.netloc}/{settings.administration_id}"
    home = Home(administration.slug, web)
    desk = Desk(client, settings.administration_id, settings.base_url, home, network.now)
    try:
        yield Backend(
            administration=administration,
            contacts=MoneybirdContacts(desk),
            book=MoneybirdBook(desk),
            charges=MoneybirdCharges(desk),
            mandates=MoneybirdMandates(desk),
            fields=FIELDS,
            unsupported=UNSUPPORTED,
            quota=client.quota,
        )
    finally:
        await client.close()


def _line(settings: Settings, administration: Administration) -> Line:
    return Line(
        administration=administration,
        base_url=settings.base_url,
        headers={"Authorization": f"Bearer {settings.token.reveal()}", "Accept": "application/json"},
        timeout=settings.timeout,
        at_once=AT_ONCE,
        ration=f"{NAME}:{settings.egress}",
        learn=protocol.ration,
    )


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdigit()
