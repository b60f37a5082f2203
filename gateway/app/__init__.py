"""The composition root: settings → backends → cache → directory → schema → ASGI application."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.app.resting import at_rest, names_of, store_of, tell_unsettled
from gateway.auth import EVERYONE, Doorkeeper, Viewer, doorkeeper
from gateway.backends import System
from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory import Directory
from gateway.directory.paging import CursorSeal
from gateway.directory.records import Kinds as BookKinds
from gateway.directory.refresh import Book
from gateway.directory.upkeep import Wanted, kept_up
from gateway.domain.administration import AdministrationFacts, Choice
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.mandate import PaymentsMandate
from gateway.flight import Deadline
from gateway.loaders import Kinds, Loaders, Shelves
from gateway.ports import Backend, Journal, Network
from gateway.schema import ContactsSchema, build, print_sdl
from gateway.schema.context import Context
from gateway.services import Services, services
from gateway.serving import (
    Accounts,
    Draining,
    Endpoint,
    Guard,
    Health,
    Hooks,
    Metrics,
    Operations,
    Rates,
    Site,
    Standing,
)
from gateway.serving.documents import KeptDocuments, Library, ManifestError, read_manifest, trusted
from gateway.settings import CacheSettings, Fault, Hydrate, Settings, SettingsError
from gateway.store import LocalStore
from gateway.telemetry import Instruments
from gateway.transport.client import HttpNetwork
from gateway.transport.fetching import fetched
from gateway.webhooks import Intake, taking_in

if TYPE_CHECKING:
    from gateway.sharing.commons import Commons, Shared


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that answers, connected and ready.

    Attributes:
        schema: The schema with the installed systems.
        directory: All connected books.
        shelves: Where loaders get things.
        services: What writes.
        store: Where writes are noted, and contacts locked.
        doorkeeper: Knows who asks.
        library: Documents that have names.
        settings: As configured.
        now: The present moment, UTC.
        instruments: What the process measures itself by.
        intake: Takes in what systems tell of their own accord.
        is_shared: Whether what workers share can be reached just now; None: nothing is shared.
    """

    schema: ContactsSchema
    directory: Directory
    shelves: Shelves
    services: Services
    store: LocalStore
    doorkeeper: Doorkeeper
    library: Library
    settings: Settings
    now: Callable[[], datetime]
    instruments: Instruments
    intake: Intake
    is_shared: Callable[[], bool] | None = None

    def context(self, viewer: Viewer = EVERYONE, max_age: int | None = None) -> Context:
        """Return a fresh request's context; its deadline begins now.

        Args:
            viewer: Who asks.
            max_age: Seconds that what is shown may be old, where a field does not say.
        """
        deadline = Deadline(self.settings.graphql.deadline)
        loaders = Loaders(self.shelves, viewer, deadline, max_age)
        return Context(viewer, deadline, loaders, self.directory, self.now, max_age, services=self.services)

    def health(self) -> Health:
        """Say whether anybody can be served, and what is held of each administration."""
        books = list(self.directory.books.values())
        waits_for_books = self.settings.cache.preload
        is_ready = any(book.usable() for book in books) or not waits_for_books
        sources = [(book, self.directory.source(slug)) for slug, book in self.directory.books.items()]
        return Health(
            is_ready=is_ready,
            is_shared=self.is_shared() if self.is_shared else None,
            administrations=[
                {
                    "slug": book.slug,
                    "system": book.backend.administration.system,
                    "state": str(source.state),
                    "age": None if book.snapshot is None else round(book.snapshot.age(self.now()), 1),
                }
                for book, source in sources
            ],
        )

    def standings(self) -> list[Standing]:
        """Say how things stand with every administration, for those who watch."""
        return [_standing(self, slug, book) for slug, book in self.directory.books.items()]

    def application(self, draining: Draining | None = None) -> Site:
        """Return the ASGI application; it neither connects nor closes anything."""
        options, limits = self.settings.graphql, self.settings.limits
        operations = Operations(self.schema, limits, self.library, options.introspection)
        return Site(
            Endpoint(
                operations,
                self.context,
                self.doorkeeper,
                Rates(limits.requests_per_minute),
                options,
                limits,
                Accounts(self.instruments),
            ),
            Guard(self.doorkeeper.is_open, frozenset(self.settings.server.cors_origins)),
            self.health,
            print_sdl(self.schema) if options.introspection else None,
            options.explorable,
            Metrics(self.instruments, self.standings, lambda: self.health().is_ready),
            draining or Draining(),
            Hooks(self.intake.take, limits.body_seconds),
        )


def _standing(gateway: Gateway, slug: str, book: Book) -> Standing:
    source, quota = gateway.directory.source(slug), book.backend.quota()
    return Standing(
        administration=slug,
        system=book.backend.administration.system,
        state=str(source.state),
        age=None if book.snapshot is None else book.snapshot.age(gateway.now()),
        contacts=source.contact_count,
        detailed=source.detailed_count,
        ration_left=quota.remaining if quota else None,
        ration_limit=quota.limit if quota else None,
    )


def schema_of(systems: Mapping[str, System], *, introspection: bool = True) -> ContactsSchema:
    """Return the schema that these systems make."""
    titles = {name: system.title for name, system in systems.items()}
    return build(titles, introspection=introspection)


@dataclass(frozen=True, slots=True)
class Lasting:
    """What the gateways of a process have in common, one after the other.

    Attributes:
        network: The way to the systems: rations go on; None: over HTTP.
        instruments: What they measure themselves by: counters go on; None: those of the one before.
        commons: The process's part in what workers share; None: it is the only one.
    """

    network: Network | None = None
    instruments: Instruments | None = None
    commons: Commons | None = None


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    systems: Mapping[str, System],
    lasting: Lasting | None = None,
    earlier: Gateway | None = None,
) -> AsyncIterator[Gateway]:
    """Connect every administration, and close them at the end.

    Args:
        settings: As configured.
        systems: All installed systems by name, for the schema.
        lasting: What the process keeps; None: nothing.
        earlier: The gateway that this one takes the place of: its books are shown until they are renewed.
    """
    lasting = lasting or Lasting()
    instruments = lasting.instruments or (earlier.instruments if earlier else Instruments())
    network = lasting.network or HttpNetwork(instruments=instruments)
    async with AsyncExitStack() as stack:
        backends = await _connected(settings, network, stack)
        local = store_of(settings, network.now, earlier.store if earlier else None)
        joint = await _joined(lasting.commons, settings, local, stack)
        cache = _cache(joint, network.now, instruments)
        stack.push_async_callback(cache.close)
        directory = _directory(settings, backends, cache, network.now, instruments)
        await _begin(directory, cache, earlier, joint)
        store = joint.store if joint else local
        books = _books_at_hand(directory, settings, joint, store.journal, network.now)
        await stack.enter_async_context(books)
        shelves = Shelves(directory, backends, cache, _kinds(settings.cache))
        intake = await stack.enter_async_context(taking_in(directory, shelves, network.now, instruments))
        if earlier is None:
            await tell_unsettled(store.journal, settings, instruments)
        writing = services(directory, shelves, store, network.now, instruments)
        # Last in, first out: what is being written is waited for while everything still stands.
        stack.push_async_callback(writing.writer.close)
        schema, reach = _schema(settings, systems, earlier), _reach(lasting.commons)
        earlier = None  # this frame stands as long as the gateway, and must not keep it
        rooms = schema, directory, shelves, writing, local, _doorkeeper(settings), _library(settings)
        yield Gateway(*rooms, settings, network.now, instruments, intake, reach)


@asynccontextmanager
async def _books_at_hand(
    directory: Directory,
    settings: Settings,
    joint: Shared | None,
    journal: Journal,
    now: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Begin with books as they are at rest, keep them up as long as the block lasts, and put them at rest."""
    async with at_rest(directory, settings, journal, now()):
        try:
            async with kept_up(directory.books.values(), now, _wanted(settings, joint)):
                yield
        finally:
            await directory.close()


async def _joined(
    commons: Commons | None, settings: Settings, local: LocalStore, stack: AsyncExitStack
) -> Shared | None:
    """Share with other workers for as long as the stack stands."""
    if commons is None:
        return None
    # Only here: redis imports much, and most gateways share nothing.
    from gateway.sharing.commons import shared

    books, kept = _book_kinds(settings.cache), _kinds(settings.cache)
    kinds = [getattr(part, each.name) for part in (books, kept) for each in fields(part)]
    return await stack.enter_async_context(shared(commons, names_of(settings), kinds, local))


def _reach(commons: Commons | None) -> Callable[[], bool] | None:
    return (lambda: commons.link.is_up) if commons else None


def _cache(joint: Shared | None, now: Callable[[], datetime], instruments: Instruments) -> Cache:
    if joint is None:
        return Cache(BoundedMemory(), now, instruments)
    return Cache(joint.values, now, instruments, joint.claims)


async def _begin(directory: Directory, cache: Cache, earlier: Gateway | None, joint: Shared | None) -> None:
    """Begin with what an earlier gateway knew, or other workers do."""
    if earlier:
        _inherit(directory, earlier.directory)
        cache.inherit(earlier.shelves.cache)
    if joint is None:
        return
    for slug, book in directory.books.items():
        book.follow(joint.books.book(slug))
    await asyncio.gather(*(book.catch_up() for book in directory.books.values()))


async def _connected(settings: Settings, network: Network, stack: AsyncExitStack) -> dict[str, Backend]:
    """Connect every administration for as long as the stack stands."""
    return {
        each.administration.slug: await stack.enter_async_context(
            each.connection.connect(each.administration, network)
        )
        for each in settings.administrations
    }


def _schema(settings: Settings, systems: Mapping[str, System], earlier: Gateway | None) -> ContactsSchema:
    """Return the schema, the earlier one where it would be the same: it is large, and outlives its gateway.

    Strawberry's cache of validated documents holds the schemas that it validated them by.
    """
    introspection = settings.graphql.introspection
    if earlier and earlier.settings.graphql.introspection == introspection:
        return earlier.schema
    return schema_of(systems, introspection=introspection)


def _directory(
    settings: Settings,
    backends: Mapping[str, Backend],
    cache: Cache,
    now: Callable[[], datetime],
    instruments: Instruments,
) -> Directory:
    kept = settings.cache
    kinds = _book_kinds(kept)
    books = {slug: Book(backend, cache, kinds, kept.contacts, now) for slug, backend in backends.items()}
    return Directory(books, CursorSeal(_seal_key(settings)), instruments)


def _doorkeeper(settings: Settings) -> Doorkeeper:
    return doorkeeper(settings.auth, require_trusted=settings.graphql.require_trusted, fetch=fetched)


def _library(settings: Settings) -> Library:
    """Read the documents that the owner trusts.

    Raises:
        SettingsError: the manifest cannot be used.
    """
    file = settings.graphql.trusted_documents
    try:
        known = read_manifest(file.read_bytes(), str(file)) if file else trusted({})
    except OSError as error:
        faults = [f"{file} cannot be read: {error.strerror}"]
    except ManifestError as error:
        faults = list(error.faults)
    else:
        return Library(known, KeptDocuments())
    cure = "have the client's build write it anew"
    raise SettingsError([Fault("graphql.trusted_documents", each, cure) for each in faults])


def _inherit(directory: Directory, earlier: Directory) -> None:
    for slug, book in directory.books.items():
        before = earlier.books.get(slug)
        if before and before.backend.administration.remote_id == book.backend.administration.remote_id:
            book.inherit(before)


def _wanted(settings: Settings, joint: Shared | None) -> Wanted:
    """Say what is done while nobody waits."""
    warm = {each.administration.slug: each.refresh for each in settings.administrations if each.refresh}
    abandoned = joint.store.journal.abandoned if joint else None
    return Wanted(settings.cache.preload, settings.cache.hydrate is Hydrate.BACKGROUND, warm, abandoned)


def _book_kinds(kept: CacheSettings) -> BookKinds:
    return BookKinds(
        contacts=Kind("contact", kept.contacts, _weight, Contact),
        details=Kind("detail", kept.details, _weight, Contact),
    )


def _kinds(kept: CacheSettings) -> Kinds:
    return Kinds(
        numbers=Kind("number", kept.contacts, shape=tuple[Contact, ...]),
        charges=Kind("charges", kept.charges, shape=tuple[Charge, ...]),
        mandates=Kind("mandate", kept.mandates, shape=PaymentsMandate | None),
        choices=Kind("choices", kept.choices, shape=tuple[Choice, ...] | None),
        facts=Kind("facts", kept.choices, shape=AdministrationFacts),
    )


def _weight(contact: Contact) -> int:
    """Estimate a contact's bytes: its values take about as much again as the record that they came from."""
    return 1024 + 2 * len(contact.raw or b"")


def _seal_key(settings: Settings) -> bytes:
    """Derive the cursors' key from what only the owner knows: a restart and another worker read them too."""
    secrets = [each.connection.secret for each in settings.administrations]
    known = [secret.reveal() for secret in secrets if secret is not None]
    return hashlib.sha256("\n".join(known).encode()).digest() if known else os.urandom(32)


def on_demand(settings: Settings) -> Settings:
    """Return the settings of a process that answers one question: it loads, shares and saves nothing."""
    cache = replace(
        settings.cache, url=CacheSettings().url, preload=False, hydrate=Hydrate.DEMAND, saves=False
    )
    return replace(settings, cache=cache)
