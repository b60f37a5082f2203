"""What the commands that serve or ask really do."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import click
import orjson

from gateway import telemetry
from gateway.app import Gateway, on_demand, open_gateway
from gateway.backends import System
from gateway.cli.logs import configure
from gateway.cli.reloading import Reloading, reloading
from gateway.directory.refresh import Book
from gateway.sandbox import Emulation, Running, emulated, settings_for
from gateway.serving.errors import answered
from gateway.serving.server import Serving, heeding_signals, listen, serve
from gateway.settings import Settings
from gateway.telemetry import Instruments
from gateway.telemetry.exporting import exporting
from gateway.transport.client import HttpNetwork

PATIENCE = 1.0
"""Seconds of loading after which people are told that it goes on."""


async def serve_settings(
    settings: Settings, systems: Mapping[str, System], read: Callable[[], Settings]
) -> None:
    """Serve the configured administrations until told to stop.

    Args:
        settings: The configuration.
        systems: All installed systems by name.
        read: Reads the configuration anew.
    """
    configure(settings.log)
    with listen(settings.server.host, settings.server.port) as opened:
        async with _measuring() as instruments:
            network = HttpNetwork(instruments=instruments)
            served = await reloading(settings, read, systems, network, instruments)
            await _serve(served, opened, settings)


async def _serve(served: Reloading, opened: socket.socket, settings: Settings) -> None:
    address = _address(settings.server.host, opened.getsockname()[1])

    def announce() -> None:
        if served.gateway.doorkeeper.is_open:
            words = "No keys are configured: listening on this machine only, everyone on it may ask."
            click.echo(words, err=True)
        _print_addresses(address, settings)

    serving = Serving(
        settings.server.grace,
        settings.limits.head_seconds,
        announce,
        served.reload,
        served.draining,
    )
    try:
        with _loading(served.gateway, settings.cache.preload):
            await serve(served, opened, serving)
    finally:
        await served.end()


async def serve_demo(systems: Mapping[str, System], emulation: Emulation, port: int) -> None:
    """Serve emulated systems, and the gateway in front of them, until told to stop."""
    with listen("127.0.0.1", port) as opened:
        async with emulated(systems, emulation) as running:
            settings = settings_for(running, systems, port=opened.getsockname()[1])
            async with (
                _measuring() as instruments,
                open_gateway(settings, systems, instruments=instruments) as gateway,
            ):
                await _load(gateway)
                announce = partial(_announce_demo, running, emulation, settings)
                serving = Serving(settings.server.grace, settings.limits.head_seconds, announce)
                await serve(gateway.application(serving.draining), opened, serving)


def _announce_demo(running: list[Running], emulation: Emulation, settings: Settings) -> None:
    address = _address("127.0.0.1", settings.server.port)
    for each in running:
        books = f"{emulation.contacts} sample contacts"
        click.echo(f"{each.system.title:<12}{each.base_url}  ({books})")
    _print_addresses(address, settings)
    click.echo(f"\nTry:\n  {_curl(address)}\n\nCtrl-C stops everything.")


async def serve_sandbox(
    systems: Mapping[str, System], emulation: Emulation, ports: Mapping[str, int]
) -> None:
    """Serve the emulated systems alone until told to stop."""
    told = asyncio.Event()
    with heeding_signals(told.set):
        async with emulated(systems, emulation, ports) as running:
            for each in running:
                click.echo(f"{each.system.title}: {each.base_url}")
                for line in each.sandbox.describe_access():
                    click.echo(f"  {line}")
                control = f"{each.emulator.url}/_control"
                click.echo(
                    f"  faults: POST {control}/faults   log: GET {control}/log   reset: POST {control}/reset"
                )
            click.echo("Ctrl-C stops everything.")
            await told.wait()


async def answer(
    settings: Settings, systems: Mapping[str, System], document: str, variables: dict[str, Any]
) -> tuple[str, bool]:
    """Run one operation; return its answer as JSON, and whether it had no errors."""
    async with open_gateway(on_demand(settings), systems) as gateway:
        with telemetry.request(telemetry.new_request_id()) as identifier:
            result = await gateway.schema.execute(document, variables, context_value=gateway.context())
    shown = answered(result, identifier)
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode(), not result.errors


@asynccontextmanager
async def _measuring() -> AsyncIterator[Instruments]:
    """Measure a process that serves: its spans go where the environment says."""
    with exporting(os.environ) as tracer:
        instruments = Instruments(tracer=tracer)
        async with instruments.watching():
            yield instruments


@contextmanager
def _loading(gateway: Gateway, wanted: bool) -> Iterator[None]:
    """Load the books while something else goes on."""
    loading = asyncio.create_task(_load(gateway)) if wanted else None
    try:
        yield
    finally:
        if loading is not None:
            loading.cancel()


async def _load(gateway: Gateway) -> None:
    """Load every book, telling people of those that take longer than they expect."""
    await asyncio.gather(*(_load_book(book) for book in gateway.directory.books.values()))


async def _load_book(book: Book) -> None:
    started = time.monotonic()
    loading = asyncio.create_task(book.renew())
    done, _ = await asyncio.wait([loading], timeout=PATIENCE)
    if not done:
        click.echo(f"Loading {book.slug} …", err=True)
        await loading
    if book.problem is not None:
        click.echo(f"{book.slug}: {book.problem.message}", err=True)
    elif not done and book.snapshot is not None:
        took = time.monotonic() - started
        click.echo(f"{book.slug}: {len(book.snapshot):,} contacts in {took:.1f} s", err=True)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _print_addresses(address: str, settings: Settings) -> None:
    if settings.graphql.explorable:
        click.echo(f"GraphiQL    {address}/graphql  (in a browser)")
    click.echo(f"GraphQL     {address}/graphql")
    click.echo(f"Health      {address}/health/ready")
    click.echo(f"Metrics     {address}/metrics")
    if settings.graphql.introspection:
        click.echo(f"Schema      {address}/schema.graphql")


def _curl(address: str) -> str:
    question = '{"query":"{ contacts(first: 3) { totalCount nodes { displayName source { system } } } }"}'
    return f"curl -s {address}/graphql -H 'Content-Type: application/json' -d '{question}'"
