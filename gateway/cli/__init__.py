"""The commands. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from gateway.backends import System
    from gateway.settings import Settings

CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration file; else GATEWAY_CONFIG, else gateway.toml here, else environment variables.",
)


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="contacts-gateway", prog_name="gateway")
def main() -> None:
    """One GraphQL door to the contacts of your bookkeeping systems."""


@main.command(epilog=_examples("gateway serve", "gateway serve --config /etc/gateway.toml --port 8080"))
@click.option("--host", help="Address to listen on; overrides the configuration.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0 is any free one. Overrides the configuration."
)
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes; this release runs one.")
@CONFIG
def serve(host: str | None, port: int | None, workers: int, config: Path | None) -> None:
    """Serve the configured administrations over HTTP.

    Without authentication, which this release does not offer yet, the gateway listens on this machine only.
    """
    if workers > 1:
        _refuse(
            "--workers: more than one needs a shared cache, which this release does not offer; leave it out."
        )
    from gateway.cli.running import serve_settings

    overrides = {"GATEWAY_HOST": host, "GATEWAY_PORT": None if port is None else str(port)}
    settings, systems = _load(config, {name: value for name, value in overrides.items() if value is not None})
    _run(serve_settings(settings, systems))


@main.command(epilog=_examples("gateway demo", "gateway demo --port 0 --contacts 2000 --latency 50 --ration"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any free one."
)
@click.option(
    "--contacts", type=click.IntRange(0), default=200, show_default=True, help="Sample size per book."
)
@click.option(
    "--latency", type=click.IntRange(0), default=0, show_default=True, help="Emulated latency in ms."
)
@click.option("--ration", is_flag=True, help="Let the emulated Moneybird count calls as the real one does.")
def demo(port: int, contacts: int, latency: int, ration: bool) -> None:
    """Serve sample books, emulated on this machine: no account, no configuration, no internet."""
    from gateway.backends import discover
    from gateway.cli.running import serve_demo
    from gateway.sandbox import Emulation

    _run(serve_demo(discover(), Emulation(contacts, latency / 1000, ration), port))


@main.command(
    epilog=_examples("gateway sandbox", "gateway sandbox --set acumulus.nodes=documented --contacts 10000")
)
@click.option("--moneybird-port", type=click.IntRange(0, 65535), default=8101, show_default=True)
@click.option("--acumulus-port", type=click.IntRange(0, 65535), default=8102, show_default=True)
@click.option(
    "--contacts", type=click.IntRange(0), default=200, show_default=True, help="Sample size per book."
)
@click.option(
    "--latency", type=click.IntRange(0), default=0, show_default=True, help="Emulated latency in ms."
)
@click.option("--ration/--no-ration", default=True, show_default=True, help="Whether calls are counted.")
@click.option(
    "--set", "chosen", multiple=True, metavar="SYSTEM.KEY=VALUE", help="See the README; may be repeated."
)
def sandbox(**options: Any) -> None:
    """Serve the emulated systems alone, for people who write clients."""
    from gateway.backends import discover
    from gateway.cli.running import serve_sandbox
    from gateway.sandbox import Emulation, SandboxSettingError

    ports = {"moneybird": options["moneybird_port"], "acumulus": options["acumulus_port"]}
    chosen = _chosen(options["chosen"])
    emulation = Emulation(options["contacts"], options["latency"] / 1000, options["ration"], chosen)
    try:
        _run(serve_sandbox(discover(), emulation, ports))
    except SandboxSettingError as error:
        _refuse(f"--set: {error}.")


@main.command(epilog=_examples("gateway check", "gateway check --config /etc/gateway.toml"))
@CONFIG
def check(config: Path | None) -> None:
    """Talk to every administration once and print how it went; exit 1 when something is wrong."""
    from gateway.cli.inspection import print_inspection

    settings, _ = _load(config)
    if not _run(print_inspection(settings)):
        sys.exit(1)


@main.command(
    epilog=_examples("gateway schema", "gateway schema --out schema.graphql", "gateway schema --check")
)
@click.option(
    "--check", "compare", is_flag=True, help="Compare the built-in schema with a file; exit 1 if it differs."
)
@click.option("--against", type=click.Path(path_type=Path), default=Path("schema.graphql"), show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def schema(compare: bool, against: Path, out: Path | None) -> None:
    """Print the schema as text, with all installed systems."""
    from gateway.app import schema_of
    from gateway.backends import built_in, discover
    from gateway.schema import print_sdl
    from gateway.schema.changes import compared

    sdl = print_sdl(schema_of(built_in() if compare else discover()))
    if compare:
        try:
            earlier = against.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            _refuse(f"--against: {against} cannot be read; name a file with a schema.")
        changes = compared(earlier, sdl)
        for line in changes:
            click.echo(line)
        sys.exit(1 if changes else 0)
    if out is None:
        click.echo(sdl, nl=False)
    else:
        out.write_text(sdl, encoding="utf-8")


@main.command(
    epilog=_examples(
        "gateway query '{ administrations { slug } }'",
        'gateway query contact.graphql --variables \'{"id": "..."}\'',
    )
)
@click.argument("file_or_text")
@click.option("--variables", default="{}", help="JSON object.")
@CONFIG
def query(file_or_text: str, variables: str, config: Path | None) -> None:
    """Run one operation in this process and print its answer; exit 1 on errors."""
    from gateway.cli.running import answer

    values = _variables(variables)
    settings, systems = _load(config)
    text, is_good = _run(answer(settings, systems, _document(file_or_text), values))
    click.echo(text)
    if not is_good:
        sys.exit(1)


def _chosen(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    chosen: dict[str, dict[str, str]] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        system, dot, key = path.partition(".")
        if not equals or not dot:
            _refuse(f"--set: {text!r} is not written as SYSTEM.KEY=VALUE.")
        chosen.setdefault(system, {})[key] = value
    return chosen


def _document(file_or_text: str) -> str:
    if "{" in file_or_text:
        return file_or_text
    try:
        return Path(file_or_text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        _refuse(f"{file_or_text}: neither a file that can be read nor an operation.")


def _variables(text: str) -> dict[str, Any]:
    import orjson

    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        _refuse(f"--variables: no JSON: {error}")
    if not isinstance(values, dict):
        _refuse("--variables: must be a JSON object.")
    return values


def _load(config: Path | None, overrides: dict[str, str] | None = None) -> tuple[Settings, dict[str, System]]:
    from gateway.backends import discover
    from gateway.settings import SettingsError, load

    systems = discover()
    environ = {**os.environ, **(overrides or {})}
    try:
        return load(path=config, environ=environ, readers=systems, directory=Path.cwd()), systems
    except SettingsError as error:
        _refuse(str(error))


def _run(job: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end; a port that cannot be had is the user's to mend, Ctrl-C is a good end."""
    from gateway.telemetry import configure_logging

    configure_logging()
    try:
        with asyncio.Runner() as runner:
            return runner.run(job)
    except OSError as error:
        _refuse(f"{error.strerror or error}; choose another port or host.")
    except KeyboardInterrupt:
        sys.exit(130)


def _refuse(message: str) -> NoReturn:
    """Say what is wrong with what the user gave, and end with status 2."""
    click.echo(message, err=True)
    sys.exit(2)
