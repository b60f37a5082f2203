"""Moneybird behind the ports: how a connection is opened, and what the administration tells of itself.

Each port that reads or writes contacts stands in a file of its own name; they and `desk` are all that awaits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.adapter.charges import MoneybirdCharges
from gateway.backends.moneybird.adapter.contacts import MoneybirdContacts
from gateway.backends.moneybird.adapter.desk import Desk
from gateway.backends.moneybird.adapter.mandates import MoneybirdMandates
from gateway.backends.moneybird.adapter.notes import MoneybirdNotes
from gateway.backends.moneybird.adapter.persons import MoneybirdPersons
from gateway.backends.moneybird.fields import DEAF, FIELDS, UNSUPPORTED
from gateway.backends.moneybird.mapping import Home, lists
from gateway.backends.moneybird.protocol.webhooks import MoneybirdWebhooks
from gateway.backends.moneybird.settings import Settings
from gateway.backends.moneybird.wire import ALLOWANCE, AT_ONCE, NAME, AdministrationRow
from gateway.domain.administration import Administration, AdministrationFacts, Choice, ChoiceKind
from gateway.domain.errors import BackendError, BackendUnavailable, CredentialsRejected
from gateway.domain.text import blank_to_none
from gateway.ports import Backend, Inspection, Line, Network

T = TypeVar("T")


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

    @property
    def probe(self) -> Callable[[], Awaitable[tuple[str, ...]]] | None:
        """None: Moneybird's documents leave nothing in doubt that a harmless call could settle."""
        return None

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
    book = settings.administration_id
    desk = Desk(client, book, settings.base_url, home, network.now, settings.token)
    try:
        yield Backend(
            administration=administration,
            contacts=MoneybirdContacts(desk),
            book=MoneybirdBook(desk),
            persons=MoneybirdPersons(desk),
            notes=MoneybirdNotes(desk),
            charges=MoneybirdCharges(desk),
            mandates=MoneybirdMandates(desk),
            fields=FIELDS,
            unsupported=UNSUPPORTED if settings.webhook_secret else {**UNSUPPORTED, **DEAF},
            quota=client.quota,
            webhooks=_webhooks(settings),
        )
    finally:
        await client.close()


def _webhooks(settings: Settings) -> MoneybirdWebhooks | None:
    secret = settings.webhook_secret
    return MoneybirdWebhooks(secret, settings.administration_id) if secret else None


def _line(settings: Settings, administration: Administration) -> Line:
    return Line(
        administration=administration,
        base_url=settings.base_url,
        headers={"Authorization": f"Bearer {settings.token.reveal()}", "Accept": "application/json"},
        timeout=settings.timeout,
        at_once=AT_ONCE,
        allowance=ALLOWANCE,
        ration=f"{NAME}:{settings.egress}",
        learn=protocol.ration,
    )
