"""The composition root: settings → backends → cache → directory → schema → ASGI application."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.auth import EVERYONE, Doorkeeper, Viewer, doorkeeper
from gateway.backends import System
from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory import Directory
from gateway.directory.paging import CursorSeal
from gateway.directory.refresh import Book
from gateway.directory.refresh import Kinds as BookKinds
from gateway.directory.saving import Saver, restore_all, saving
from gateway.directory.upkeep import Wanted, kept_up
from gateway.domain.contact import Contact
from gateway.flight import Deadline
from gateway.loaders import Kinds, Loaders, Shelves
from gateway.ports import Backend, Network
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
from gateway.store import FileSnapshots, Keys, LocalStore, local_store, prepare
from gateway.telemetry import Instruments, log
from gateway.transport.client import HttpNetwork
from gateway.transport.fetching import fetched
from gateway.webhooks import Intake, taking_in


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


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    systems: Mapping[str, System],
    network: Network | None = None,
    earlier: Gateway | None = None,
    instruments: Instruments | None = None,
) -> AsyncIterator[Gateway]:
    """Connect every administration, and close them at the end.

    Args:
        settings: As configured.
        systems: All installed systems by name, for the schema.
        network: The way to the systems; None: over HTTP.
        earlier: The gateway that this one takes the place of: its books are shown until they are renewed.
        instruments: What the process measures itself by; None: those of the earlier one, or new ones.
    """
    instruments = instruments or (earlier.instruments if earlier else Instruments())
    network = network or HttpNetwork(instruments=instruments)
    async with AsyncExitStack() as stack:
        backends = await _connected(settings, network, stack)
        cache = Cache(BoundedMemory(), network.now, instruments)
        stack.push_async_callback(cache.close)
        directory = _directory(settings, backends, cache, network.now, instruments)
        if earlier:
            _inherit(directory, earlier.directory)
            cache.inherit(earlier.shelves.cache)
        store = _store(settings, network.now, earlier.store if earlier else None)
        await stack.enter_async_context(_at_rest(directory, settings, store, network.now()))
        stack.push_async_callback(directory.close)
        await stack.enter_async_context(kept_up(directory.books.values(), network.now, _wanted(settings)))
        shelves = Shelves(directory, backends, cache, _kinds(settings.cache))
        intake = await stack.enter_async_context(taking_in(directory, shelves, network.now, instruments))
        if earlier is None:
            await _tell_unsettled(store, settings, instruments)
        writing = services(directory, shelves, store, network.now, instruments)
        # Last in, first out: what is being written is waited for while everything still stands.
        stack.push_async_callback(writing.writer.close)
        schema = _schema(settings, systems, earlier)
        rooms = schema, directory, shelves, writing, store, _doorkeeper(settings), _library(settings)
        yield Gateway(*rooms, settings, network.now, instruments, intake)


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
    kinds = BookKinds(
        contacts=Kind("contact", kept.contacts, _weight), details=Kind("detail", kept.details, _weight)
    )
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


def _store(settings: Settings, now: Callable[[], datetime], earlier: LocalStore | None) -> LocalStore:
    kept = settings.cache.directory
    return local_store(kept / "journal" if kept else None, _journal_names(settings), now, earlier)


@asynccontextmanager
async def _at_rest(
    directory: Directory, settings: Settings, store: LocalStore, now: datetime
) -> AsyncIterator[None]:
    """Let books stand as an earlier process left them, and put them at rest as long as the block lasts."""
    snapshots = _snapshots(settings)
    if snapshots is None:
        yield
        return
    books = directory.books.values()
    kept = await restore_all(books, snapshots, store.journal, now)
    if not settings.cache.saves:
        yield
        return
    async with saving(Saver(book, snapshots, each) for book, each in zip(books, kept, strict=True)):
        yield


def _snapshots(settings: Settings) -> FileSnapshots | None:
    """Return where books are at rest; None: nowhere.

    Raises:
        SettingsError: the owner named a directory that cannot be used.
    """
    cache = settings.cache
    if cache.directory is None:
        return None
    place = cache.directory / "snapshots"
    try:
        if cache.saves:
            prepare(place)
    except OSError as error:
        if cache.is_directory_named:
            problem = f"{place} cannot be used: {error.strerror}"
            cure = 'name a folder that the gateway may write to, or "none"'
            raise SettingsError([Fault("cache.directory", problem, cure)]) from error
        log().warning("snapshots_off", reason=error.strerror)
        return None
    return FileSnapshots(place, _journal_names(settings), Keys(cache.key), writes=cache.saves)


def _journal_names(settings: Settings) -> dict[str, str]:
    """Name each administration's files by its slug, and by what its system calls it: slugs can be reused."""
    names = {}
    for each in settings.administrations:
        own = f"{each.administration.system}\n{each.administration.remote_id}"
        names[each.administration.slug] = (
            f"{each.administration.slug}-{hashlib.sha256(own.encode()).hexdigest()[:12]}"
        )
    return names


async def _tell_unsettled(store: LocalStore, settings: Settings, instruments: Instruments) -> None:
    """Say which writes of an earlier process have no known end; nothing of them is sent again."""
    for each in settings.administrations:
        slug = each.administration.slug
        try:
            left = await store.journal.unsettled(slug)
        except OSError as error:
            instruments.meters.journal.labels(slug).inc()
            log().error("journal_failed", administration=slug, error=type(error).__name__)
            continue
        for intent in left:
            log().warning(
                "write_unsettled",
                administration=slug,
                mutation=intent.mutation,
                contact=intent.contact,
                at=intent.at.isoformat(),
                write=intent.id,
            )


def _wanted(settings: Settings) -> Wanted:
    """Say what is done while nobody waits."""
    warm = {each.administration.slug: each.refresh for each in settings.administrations if each.refresh}
    return Wanted(settings.cache.preload, settings.cache.hydrate is Hydrate.BACKGROUND, warm)


def _kinds(kept: CacheSettings) -> Kinds:
    return Kinds(
        numbers=Kind("number", kept.contacts),
        charges=Kind("charges", kept.charges),
        mandates=Kind("mandate", kept.mandates),
        choices=Kind("choices", kept.choices),
        facts=Kind("facts", kept.choices),
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
    """Return the settings of a process that answers one question: nothing is loaded ahead, or put at rest."""
    cache = replace(settings.cache, preload=False, hydrate=Hydrate.DEMAND, saves=False)
    return replace(settings, cache=cache)
