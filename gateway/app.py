"""The composition root: settings → backends → cache → directory → schema → ASGI application."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from starlette.types import ASGIApp

from gateway.auth import EVERYONE, Viewer
from gateway.backends import System
from gateway.cache import BoundedMemory, Cache, Kind
from gateway.directory import Directory
from gateway.directory.hydration import Hydrator
from gateway.directory.paging import CursorSeal
from gateway.directory.refresh import Book
from gateway.directory.refresh import Kinds as BookKinds
from gateway.domain.contact import Contact
from gateway.flight import Deadline
from gateway.loaders import Kinds, Loaders, Shelves
from gateway.ports import Backend, Network
from gateway.schema import ContactsSchema, build, print_sdl
from gateway.schema.context import Context
from gateway.serving import Health, Site, application
from gateway.settings import CacheSettings, Hydrate, Settings
from gateway.transport.client import HttpNetwork


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that answers, connected and ready.

    Attributes:
        schema: The schema with the installed systems.
        directory: All connected books.
        shelves: Where loaders get things.
        settings: As configured.
        now: The present moment, UTC.
    """

    schema: ContactsSchema
    directory: Directory
    shelves: Shelves
    settings: Settings
    now: Callable[[], datetime]

    def context(self, viewer: Viewer = EVERYONE, max_age: int | None = None) -> Context:
        """Return a fresh request's context; its deadline begins now.

        Args:
            viewer: Who asks.
            max_age: Seconds that what is shown may be old, where a field does not say.
        """
        deadline = Deadline(self.settings.graphql.deadline)
        loaders = Loaders(self.shelves, viewer, deadline, max_age)
        return Context(viewer, deadline, loaders, self.directory, self.now, max_age)

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

    def application(self) -> ASGIApp:
        """Return the ASGI application; it neither connects nor closes anything."""
        options = self.settings.graphql
        site = Site(
            schema=self.schema,
            context=partial(self.context, EVERYONE),
            health=self.health,
            sdl=print_sdl(self.schema) if options.introspection else None,
            graphiql=options.graphiql,
        )
        return application(site)


def schema_of(systems: Mapping[str, System], *, introspection: bool = True) -> ContactsSchema:
    """Return the schema that these systems make."""
    titles = {name: system.title for name, system in systems.items()}
    return build(titles, introspection=introspection)


@asynccontextmanager
async def open_gateway(
    settings: Settings, systems: Mapping[str, System], network: Network | None = None
) -> AsyncIterator[Gateway]:
    """Connect every administration, and close them at the end.

    Args:
        settings: As configured.
        systems: All installed systems by name, for the schema.
        network: The way to the systems; None: over HTTP.
    """
    network = network or HttpNetwork()
    async with AsyncExitStack() as stack:
        backends: dict[str, Backend] = {}
        for each in settings.administrations:
            connected = each.connection.connect(each.administration, network)
            backends[each.administration.slug] = await stack.enter_async_context(connected)
        cache = Cache(BoundedMemory(), network.now)
        stack.push_async_callback(cache.close)
        directory = _directory(settings, backends, cache, network.now)
        stack.push_async_callback(directory.close)
        if settings.cache.hydrate is Hydrate.BACKGROUND:
            await stack.enter_async_context(_hydrating(directory, network.now))
        shelves = Shelves(directory, backends, cache, _kinds(settings.cache))
        schema = schema_of(systems, introspection=settings.graphql.introspection)
        yield Gateway(schema, directory, shelves, settings, network.now)


def _directory(
    settings: Settings, backends: Mapping[str, Backend], cache: Cache, now: Callable[[], datetime]
) -> Directory:
    kept = settings.cache
    kinds = BookKinds(
        contacts=Kind("contact", kept.contacts, _weight), details=Kind("detail", kept.details, _weight)
    )
    books = {slug: Book(backend, cache, kinds, kept.contacts, now) for slug, backend in backends.items()}
    return Directory(books, CursorSeal(_seal_key(settings)))


@asynccontextmanager
async def _hydrating(directory: Directory, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Fill thin books with details, as long as the block lasts."""
    thin = [book for book in directory.books.values() if book.is_thin]
    tasks = [asyncio.create_task(Hydrator(book, now).run()) for book in thin]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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
    """Return the settings of a process that answers one question: nothing is loaded ahead."""
    return replace(settings, cache=replace(settings.cache, preload=False, hydrate=Hydrate.DEMAND))
