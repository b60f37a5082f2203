"""The commands. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gateway.cli.keys import key

if TYPE_CHECKING:
    from gateway.backends import System
    from gateway.settings import Fault, Settings

CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration file; else GATEWAY_CONFIG, else gateway.toml here, else environment variables.",
)


JOINING = "_GATEWAY_WORKER"
"""Variable that makes `gateway serve` one worker of several; set by the gateway itself alone."""

OPTIONS = {"GATEWAY_HOST": "--host", "GATEWAY_PORT": "--port", "GATEWAY_WORKERS": "--workers"}
"""Variable to the option that overrides it."""


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="contacts-gateway", prog_name="gateway")
def main() -> None:
    """One GraphQL door to the contacts of your bookkeeping systems."""


@main.command(
    epilog=_examples(
        "gateway serve",
        "gateway serve --config /etc/gateway.toml --port 8080",
        "GATEWAY_CACHE_URL=redis://localhost:6379/0 gateway serve --workers 4",
    )
)
@click.option("--host", help="Address to listen on; overrides the configuration.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0 is any free one. Overrides the configuration."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes; more than one share a cache on Redis. Overrides the configuration.",
)
@CONFIG
def serve(host: str | None, port: int | None, workers: int | None, config: Path | None) -> None:
    """Serve the configured administrations over HTTP.

    Without keys it listens on this machine only. SIGHUP reads the configuration anew, SIGTERM ends it when
    what runs is answered.
    """
    overrides = {"GATEWAY_HOST": host, "GATEWAY_PORT": port, "GATEWAY_WORKERS": workers}
    given = {name: str(value) for name, value in overrides.items() if value is not None}
    if JOINING in os.environ:
        _serve_among(config, given)
        return
    settings, systems = _load(config, given)
    if settings.server.workers > 1:
        from gateway.cli.supervising import supervise

        sys.exit(_run(supervise(settings)))
    from gateway.cli.running import serve_settings

    _run(serve_settings(settings, systems, partial(_read, config, given, systems)))


def _serve_among(config: Path | None, given: dict[str, str]) -> None:
    """Serve as one worker of several, as the process that started it says."""
    from gateway.cli.joining import Joined
    from gateway.cli.running import serve_settings

    joined = Joined.of(os.environ)
    # Whatever the configuration says by now, there are others: what is read anew must be shared, too.
    among = {**given, "GATEWAY_WORKERS": str(joined.told.count)}
    settings, systems = _load(config, among)
    _run(serve_settings(settings, systems, partial(_read, config, among, systems), joined))


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
@click.option(
    "--log",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="Which log events are written; info tells every request and every upstream call.",
)
def demo(port: int, contacts: int, latency: int, ration: bool, log: str) -> None:
    """Serve sample books, emulated on this machine: no account, no configuration, no internet."""
    from gateway.backends import discover
    from gateway.cli.running import serve_demo
    from gateway.sandbox import Emulation

    _run(serve_demo(discover(), Emulation(contacts, latency / 1000, ration), port), log)


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


@main.command(
    epilog=_examples(
        "gateway check",
        "gateway check --config /etc/gateway.toml",
        "gateway check --probe",
        "gateway check --probe --record samples",
    )
)
@click.option(
    "--probe",
    is_flag=True,
    help="Also try what no document tells, by a write in test mode that stores nothing: whether "
    "contact_manage of Acumulus answers what is stored.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write every answer to DIR/SLUG, a file each, with all letters and digits of people masked; "
    "DIR must be new or empty.",
)
@CONFIG
def check(probe: bool, record: Path | None, config: Path | None) -> None:
    """Talk to every administration once and print how it went; exit 1 when something is wrong."""
    from gateway.cli.inspection import Errand, print_inspection

    settings, systems = _load(config)
    if record is not None:
        _prepare(record)
    if not _run(print_inspection(settings, systems, Errand(probe, record))):
        sys.exit(1)


@main.command(
    epilog=_examples(
        "gateway schema",
        "gateway schema --out schema.graphql",
        "gateway schema --check",
        "gateway schema --check --against released.graphql --changelog README.md",
    )
)
@click.option(
    "--check", "compare", is_flag=True, help="Compare the built-in schema with a file; exit 1 if it differs."
)
@click.option("--against", type=click.Path(path_type=Path), default=Path("schema.graphql"), show_default=True)
@click.option(
    "--changelog",
    type=click.Path(path_type=Path),
    help="Markdown with a section Changes: --check exits 1 on breaking changes alone that it does not name.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def schema(compare: bool, against: Path, changelog: Path | None, out: Path | None) -> None:
    """Print the schema as text, with all installed systems."""
    from gateway.app import schema_of
    from gateway.backends import built_in, discover
    from gateway.schema import print_sdl

    sdl = print_sdl(schema_of(built_in() if compare else discover()))
    if compare:
        sys.exit(0 if _is_in_order(sdl, against, changelog) else 1)
    if out is None:
        click.echo(sdl, nl=False)
    else:
        out.write_text(sdl, encoding="utf-8")


def _is_in_order(sdl: str, against: Path, changelog: Path | None) -> bool:
    """Print what changed, and what the changelog lacks; without one every change is out of order."""
    from gateway.schema.changes import compared, complaints

    try:
        earlier = against.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        _refuse(f"--against: {against} cannot be read; name a file with a schema.")
    try:
        history = changelog.read_text(encoding="utf-8") if changelog else None
    except (OSError, UnicodeDecodeError):
        _refuse(f"--changelog: {changelog} cannot be read; name a file with a section Changes.")
    changes = compared(earlier, sdl)
    for change in changes:
        click.echo(change)
    if history is None:
        return not changes
    lacking = complaints(changes, earlier, history)
    for complaint in lacking:
        click.echo(complaint, err=True)
    return not lacking


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


@main.group(epilog=_examples("gateway cache clear", "gateway cache clear shop-nl"))
def cache() -> None:
    """Forget what is kept at rest."""


@cache.command(
    epilog=_examples(
        "gateway cache clear", "gateway cache clear shop-nl", "gateway cache clear --config /etc/gateway.toml"
    )
)
@click.argument("slug", required=False)
@CONFIG
def clear(slug: str | None, config: Path | None) -> None:
    """Remove the saved books of all administrations, or of one, those that were set aside too.

    The journal of writes stays. A gateway that runs goes on with what it holds, and saves it again.
    """
    from gateway.cli.caching import NothingSuch, forgotten

    settings, _ = _load(config)
    try:
        for line in forgotten(settings, slug):
            click.echo(line)
    except NothingSuch as error:
        _refuse(str(error))


main.add_command(key)


def _prepare(folder: Path) -> None:
    """Make the folder of samples, which only its owner may look into."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_used = any(folder.iterdir())
    except OSError as error:
        _refuse(f"--record: {folder}: {error.strerror or 'cannot be made'}; name another folder.")
    if is_used:
        _refuse(f"--record: {folder} is not empty; name a new folder.")


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
    from gateway.settings import SettingsError

    systems, given = discover(), overrides or {}
    try:
        return _read(config, given, systems), systems
    except SettingsError as error:
        # What an option says is handed in as a variable, and has faults as an option.
        _refuse(str(SettingsError([_named_as_given(fault, given) for fault in error.faults])))


def _named_as_given(fault: Fault, given: dict[str, str]) -> Fault:
    named = fault.where in given
    return replace(fault, where=OPTIONS[fault.where]) if named else fault


def _read(config: Path | None, overrides: dict[str, str], systems: dict[str, System]) -> Settings:
    from gateway.settings import load

    environ = {**os.environ, **overrides}
    return load(path=config, environ=environ, readers=systems, directory=Path.cwd())


def _run(job: Coroutine[Any, Any, Any], log: str = "warning") -> Any:
    """Run to the end; a port that cannot be had is the user's to mend, Ctrl-C is a good end.

    Args:
        job: What to run.
        log: How grave events must be to be written, unless a configuration says it.
    """
    import asyncio

    from gateway.settings import SettingsError
    from gateway.telemetry import configure_logging

    configure_logging(level=log)
    try:
        with asyncio.Runner() as runner:
            return runner.run(job)
    except SettingsError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.strerror or error}; choose another port or host.")
    except KeyboardInterrupt:
        sys.exit(130)


def _refuse(message: str) -> NoReturn:
    """Say what is wrong with what the user gave, and end with status 2."""
    click.echo(message, err=True)
    sys.exit(2)
