"""What the commands that serve or ask really do."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from typing import Any

import click
import orjson

from gateway import telemetry
from gateway.app import Gateway, Lasting, on_demand, open_gateway
from gateway.backends import System
from gateway.cli.addresses import address_of, announce, print_addresses
from gateway.cli.joining import Joined
from gateway.cli.listening import inherited, listen
from gateway.cli.logs import configure
from gateway.cli.memory import give_back
from gateway.cli.reloading import Reloading, reloading
from gateway.directory.refresh import Book
from gateway.sandbox import Emulation, Running, emulated, settings_for
from gateway.serving.errors import answered
from gateway.serving.server import Serving, heeding_signals, serve
from gateway.settings import Fault, Settings, SettingsError
from gateway.telemetry import Instruments, Meters
from gateway.telemetry.exporting import exporting
from gateway.telemetry.together import Together
from gateway.transport.client import HttpNetwork

PATIENCE = 1.0
"""Seconds of loading after which people are told that it goes on."""

NO_REDIS = "needs the extra redis", "install it: pip install 'contacts-gateway[redis]'"
"""What is wrong with a configuration that shares, where redis is not installed."""

Tell = Callable[[str], None]

_TELL: Tell = partial(click.echo, err=True)


async def serve_settings(
    settings: Settings,
    systems: Mapping[str, System],
    read: Callable[[], Settings],
    joined: Joined | None = None,
) -> None:
    """Serve the configured administrations until told to stop.

    Args:
        settings: The configuration.
        systems: All installed systems by name.
        read: Reads the configuration anew.
        joined: This process's place, where it is one worker of several.
    """
    configure(settings.log)
    give_back()
    with joined.taking_part() if joined else nullcontext(), _opened(settings, joined) as opened:
        async with (
            _measuring(joined.together if joined else None) as instruments,
            _lasting(settings, instruments) as lasting,
        ):
            served = await reloading(settings, read, systems, lasting)
            try:
                await _serve(served, opened, settings, joined)
            finally:
                await served.end()


@asynccontextmanager
async def _lasting(settings: Settings, instruments: Instruments) -> AsyncIterator[Lasting]:
    """Be one of many workers for as long as the block lasts, where what they know is shared."""
    network = HttpNetwork(instruments=instruments)
    if not settings.cache.is_shared:
        yield Lasting(network, instruments)
        return
    try:
        from gateway.sharing.commons import joining, ledgers
    except ModuleNotFoundError as error:
        raise SettingsError([Fault("cache.url", *NO_REDIS)]) from error
    async with joining(settings.cache.url, settings.cache.key, instruments) as commons:
        network.share_rations(ledgers(commons, network.now))
        yield Lasting(network, instruments, commons)


def _opened(settings: Settings, joined: Joined | None) -> socket.socket:
    if joined:
        return inherited(joined.told.opened)
    return listen(settings.server.host, settings.server.port)


async def _serve(served: Reloading, opened: socket.socket, settings: Settings, joined: Joined | None) -> None:
    port = opened.getsockname()[1]

    def begun() -> None:
        if joined is None:
            announce(settings, port)
        else:
            joined.serves()
            served.gateway.instruments.meters.workers.set(1)

    serving = Serving(
        settings.server.grace,
        settings.limits.head_seconds,
        begun,
        served.reload,
        served.draining,
        is_one_of_several=joined is not None,
    )
    # Of several workers one is enough to tell people how the loading goes.
    tell = _TELL if joined is None or joined.told.number == 1 else _silently
    with _loading(served, settings.cache.preload, tell):
        await serve(served, opened, serving)


async def serve_demo(systems: Mapping[str, System], emulation: Emulation, port: int) -> None:
    """Serve emulated systems, and the gateway in front of them, until told to stop."""
    with listen("127.0.0.1", port) as opened:
        async with emulated(systems, emulation) as running:
            settings = settings_for(running, systems, port=opened.getsockname()[1])
            async with (
                _measuring() as instruments,
                open_gateway(settings, systems, Lasting(instruments=instruments)) as gateway,
            ):
                await _load(gateway, _TELL)
                told = partial(_announce_demo, running, emulation, settings)
                serving = Serving(settings.server.grace, settings.limits.head_seconds, told)
                await serve(gateway.application(serving.draining), opened, serving)


def _announce_demo(running: list[Running], emulation: Emulation, settings: Settings) -> None:
    address = address_of("127.0.0.1", settings.server.port)
    for each in running:
        books = f"{emulation.contacts} sample contacts"
        click.echo(f"{each.system.title:<12}{each.base_url}  ({books})")
    print_addresses(address, settings)
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
async def _measuring(together: Together | None = None) -> AsyncIterator[Instruments]:
    """Measure a process that serves: its spans go where the environment says."""
    with exporting(os.environ) as tracer:
        instruments = Instruments(Meters(together), tracer)
        async with instruments.watching():
            yield instruments


@contextmanager
def _loading(served: Reloading, wanted: bool, tell: Tell) -> Iterator[None]:
    """Load the books of the gateway that serves first, while something else goes on.

    That gateway is not kept here: another may take its place, and it leads to all that come after it.
    """
    loading = asyncio.create_task(_load(served.gateway, tell)) if wanted else None
    try:
        yield
    finally:
        if loading is not None:
            loading.cancel()


async def _load(gateway: Gateway, tell: Tell) -> None:
    """Load every book, telling people of those that take longer than they expect."""
    await asyncio.gather(*(_load_book(book, tell) for book in gateway.directory.books.values()))


async def _load_book(book: Book, tell: Tell) -> None:
    await book.catch_up()
    if book.following and book.young(None):
        return  # another worker loaded it a moment ago
    started = time.monotonic()
    loading = asyncio.create_task(book.renew())
    done, _ = await asyncio.wait([loading], timeout=PATIENCE)
    if not done:
        tell(f"Loading {book.slug} …")
        await loading
    if book.problem is not None:
        tell(f"{book.slug}: {book.problem.message}")
    elif not done and book.snapshot is not None:
        took = time.monotonic() - started
        tell(f"{book.slug}: {len(book.snapshot):,} contacts in {took:.1f} s")


def _silently(_words: str) -> None:
    return


def _curl(address: str) -> str:
    question = '{"query":"{ contacts(first: 3) { totalCount nodes { displayName source { system } } } }"}'
    return f"curl -s {address}/graphql -H 'Content-Type: application/json' -d '{question}'"
