"""From a file and the environment to `Settings`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from gateway.domain.administration import Administration
from gateway.ports import Connection, Options
from gateway.settings.access import read_auth
from gateway.settings.caching import SHARED_EXAMPLE, YEAR, read_cache
from gateway.settings.section import Fault, Reading, Section, SettingsError, is_loopback
from gateway.settings.values import (
    AdministrationSettings,
    AuthSettings,
    CacheSettings,
    GraphQLSettings,
    LimitSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    ServerSettings,
    Settings,
)

FILE = "gateway.toml"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SLUG_RULE = "take 1 to 63 lower-case letters, digits and hyphens, a letter or digit first"

LISTENING = {"host": "GATEWAY_HOST", "port": "GATEWAY_PORT", "workers": "GATEWAY_WORKERS"}
"""Key of [server] to the variable that overrides it."""

ORIGIN = re.compile(r"(?P<scheme>https?)://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::(?P<port>[1-9][0-9]{0,4}))?")
"""Scheme, host and port, as a browser writes them in the header `Origin`.

Source: RFC 6454, 6.2.
"""

MAX_WORKERS = 64
"""Processes on one machine."""

MAX_BATCH = 100
"""Operations that a request may be allowed to hold."""

LIMITS = {
    "body_bytes": (1024, 64 * 1024 * 1024),
    "tokens": (1, 1_000_000),
    "depth": (1, 1000),
    "aliases": (0, 1_000_000),
    "root_fields": (1, 1_000_000),
    "directives": (0, 1_000_000),
    "cost": (1, 1_000_000_000),
    "min_max_age": (0, YEAR),
    "requests_per_minute": (0, 1_000_000),
    "in_flight": (1, 100_000),
}
"""Key of [limits] to the least and the most that it takes; whole numbers."""


class SystemReader(Protocol):
    """What is needed to read a section of one system's administration."""

    @property
    def name(self) -> str:
        """The value of the key `system`."""

    @property
    def title(self) -> str:
        """As its makers write it."""

    @property
    def read(self) -> Callable[[Options], Connection]:
        """Reads the system's own keys."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variable to key; all but that of `base_url` are needed to do without a file."""


def load(
    *, path: Path | None, environ: Mapping[str, str], readers: Mapping[str, SystemReader], directory: Path
) -> Settings:
    """Read the configuration.

    Args:
        path: The file asked for on the command line; else GATEWAY_CONFIG names one, else it is
            `gateway.toml`, and without that the environment alone is read.
        environ: The environment. GATEWAY_HOST, GATEWAY_PORT, GATEWAY_WORKERS and GATEWAY_CACHE_URL
            override the file: a command's options override both when they are handed in under these names.
        readers: System name to what reads its sections.
        directory: What relative names of a configuration file start from.

    Raises:
        SettingsError: with everything that is wrong.
    """
    named = _locate(path, environ, directory)
    reading = Reading(environ, named[0].parent if named else directory)
    root = Section(reading, "", _parse(*named) if named else {})
    sections = root.tables("administrations") if named else _from_environment(reading, readers)
    return _settings(root, sections, readers, _nothing(readers, environ, named[0] if named else None))


def read(values: Mapping[str, object], readers: Mapping[str, SystemReader]) -> Settings:
    """Read a configuration that is at hand already: no file, and nothing of the environment.

    Raises:
        SettingsError: with everything that is wrong.
    """
    root = Section(Reading({}, Path()), "", values)
    return _settings(root, root.tables("administrations"), readers, _nothing(readers, {}, Path()))


def _settings(
    root: Section, sections: list[Section], readers: Mapping[str, SystemReader], nothing: Fault
) -> Settings:
    server_section, graphql_section = root.table("server", LISTENING), root.table("graphql")
    server, graphql = _server(server_section), _graphql(graphql_section)
    limits, cache, log = _limits(root), read_cache(root), _log(root)
    slugs = _slugs(sections)
    administrations = _administrations(sections, slugs, readers)
    auth = read_auth(root, set(slugs) - {""}, require_trusted=graphql.require_trusted)
    _check_reach(server_section, server, auth)
    _check_workers(server_section, server, cache)
    _check_trusted(graphql_section, graphql, auth)
    root.close()
    if not sections and not root.faults:
        root.faults.append(nothing)
    if root.faults:
        raise SettingsError(root.faults)
    return Settings(
        server=server,
        graphql=graphql,
        cache=cache,
        administrations=administrations,
        limits=limits,
        auth=auth,
        log=log,
    )


def _locate(path: Path | None, environ: Mapping[str, str], directory: Path) -> tuple[Path, str] | None:
    """Find the file and who named it."""
    if path is not None:
        return directory / path, "--config"
    if name := environ.get("GATEWAY_CONFIG"):
        return directory / name, "GATEWAY_CONFIG"
    return (directory / FILE, FILE) if (directory / FILE).exists() else None


def _parse(file: Path, named_by: str) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        fault = Fault(named_by, f"{file} cannot be read: {error.strerror}", "name a file that can be read")
    except UnicodeDecodeError as error:
        fault = Fault(str(file), f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        fault = Fault(str(file), f"is no TOML: {error}", "correct the line; texts stand between quotes")
    raise SettingsError([fault])


def _server(section: Section) -> ServerSettings:
    default = ServerSettings()
    server = ServerSettings(
        host=section.text("host", default.host),
        port=section.whole("port", default.port, low=0, high=65535),
        workers=section.whole("workers", default.workers, low=1, high=MAX_WORKERS),
        grace=section.number("grace", default.grace, low=0, high=3600),
        cors_origins=_origins(section),
    )
    section.close()
    return server


def _origins(section: Section) -> tuple[str, ...]:
    texts = section.texts("cors_origins")
    for place, text in enumerate(texts, start=1):
        if not _is_origin(text):
            cure = "write scheme, host and port alone, like https://app.example"
            section.fault("cors_origins", f"entry {place} is no origin", cure)
    return texts


def _is_origin(text: str) -> bool:
    """Whether a text is just what a browser sends: lower case, and no port that goes without saying."""
    found = ORIGIN.fullmatch(text)
    return found is not None and (found["scheme"], found["port"]) not in {("http", "80"), ("https", "443")}


def _check_reach(section: Section, server: ServerSettings, auth: AuthSettings) -> None:
    if not is_loopback(server.host) and not auth.is_configured:
        cure = "use 127.0.0.1, or configure [[auth.keys]] or [auth.jwt]"
        section.fault("host", "others could reach it, and no key is asked for", cure)


def _graphql(section: Section) -> GraphQLSettings:
    default = GraphQLSettings()
    graphql = GraphQLSettings(
        introspection=section.flag("introspection", default.introspection),
        graphiql=section.flag("graphiql", default.graphiql),
        deadline=section.number("deadline", default.deadline, low=0.1, high=3600),
        batching=section.whole("batching", default.batching, low=0, high=MAX_BATCH),
        trusted_documents=section.file("trusted_documents"),
        require_trusted=section.flag("require_trusted", default.require_trusted),
        draft_status=section.flag("draft_status", default.draft_status),
    )
    section.close()
    return graphql


def _check_workers(section: Section, server: ServerSettings, cache: CacheSettings) -> None:
    """Refuse several workers that would know nothing of one another."""
    if server.workers > 1 and not cache.is_shared:
        problem = "several workers need a cache that they share, and memory:// is each one's own"
        section.fault("workers", problem, f"set cache.url to {SHARED_EXAMPLE}, or have one worker")


def _check_trusted(section: Section, graphql: GraphQLSettings, auth: AuthSettings) -> None:
    required = graphql.require_trusted or any(key.require_trusted for key in auth.keys)
    if required and not section.has("trusted_documents"):
        cure = "name the manifest's file, or drop require_trusted"
        section.fault("trusted_documents", "is missing, and require_trusted lets nothing else through", cure)


def _limits(root: Section) -> LimitSettings:
    default = LimitSettings()
    section = root.table("limits")
    counts = {
        name: section.whole(name, getattr(default, name), low=low, high=high)
        for name, (low, high) in LIMITS.items()
    }
    limits = LimitSettings(
        **counts,
        head_seconds=section.number("head_seconds", default.head_seconds, low=0.1, high=3600),
        body_seconds=section.number("body_seconds", default.body_seconds, low=0.1, high=3600),
    )
    section.close()
    return limits


def _log(root: Section) -> LogSettings:
    section = root.table("log")
    default = LogSettings()
    level = section.word("level", LogLevel, default.level)
    shape = section.word("format", LogFormat, LogFormat.JSON) if section.has("format") else None
    section.close()
    return LogSettings(level, shape)


def _slugs(sections: list[Section]) -> list[str]:
    """Read the slug of every section; the second holder of one is the faulty one."""
    holders: dict[str, str] = {}
    slugs = []
    for section in sections:
        slug = _slug(section)
        holder = holders.setdefault(slug, section.name)
        if slug and holder != section.name:
            section.fault("slug", f"is that of {holder} too", "give each its own")
        slugs.append(slug)
    return slugs


def _administrations(
    sections: list[Section], slugs: list[str], readers: Mapping[str, SystemReader]
) -> tuple[AdministrationSettings, ...]:
    """Read every section; those whose system is unknown are left out."""
    return tuple(
        _administration(section, slug, reader)
        for section, slug in zip(sections, slugs, strict=True)
        if (reader := _reader(section, readers)) is not None
    )


def _slug(section: Section) -> str:
    slug = section.text("slug")
    if slug and not is_slug(slug):
        section.fault("slug", "is no short name", SLUG_RULE)
    return slug


def is_slug(text: str) -> bool:
    """Whether a text can be the slug of an administration."""
    return SLUG.fullmatch(text) is not None


def _administration(section: Section, slug: str, reader: SystemReader) -> AdministrationSettings:
    title = section.text("title", slug)
    read_only = section.flag("read_only", False)
    refresh = section.number("refresh", 0, low=0, high=86_400)
    connection = reader.read(section)
    section.close()
    administration = Administration(slug, title, reader.name, connection.remote_id, read_only)
    return AdministrationSettings(administration, connection, refresh)


def _reader(section: Section, readers: Mapping[str, SystemReader]) -> SystemReader | None:
    name = section.text("system")
    if name and name not in readers:
        near = get_close_matches(name, readers, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        section.fault("system", "unknown system", f"{guess}known here: {', '.join(sorted(readers))}")
    return readers.get(name)


def _from_environment(reading: Reading, readers: Mapping[str, SystemReader]) -> list[Section]:
    """Make a section for each system whose variables are all set."""
    return [
        Section(
            reading,
            f"administrations[{name}]",
            {"slug": name.replace("_", "-"), "title": reader.title, "system": name},
            {key: variable for variable, key in reader.environment.items()},
        )
        for name, reader in readers.items()
        if (needed := _needed(reader)) and all(reading.environ.get(variable) for variable in needed)
    ]


def _needed(reader: SystemReader) -> list[str]:
    return [variable for variable, key in reader.environment.items() if key != "base_url"]


def _nothing(readers: Mapping[str, SystemReader], environ: Mapping[str, str], file: Path | None) -> Fault:
    """Say what to do where nothing is configured; name what is missing of a system begun with."""
    if file is not None:
        return Fault("administrations", "none is configured", "add a section [[administrations]]")
    needed = [_needed(reader) for reader in readers.values() if _needed(reader)]
    begun = [names for names in needed if any(environ.get(name) for name in names)]
    missing = [" and ".join(name for name in names if not environ.get(name)) for names in begun or needed]
    return Fault(
        "configuration",
        f"there is no {FILE} here, and no system is configured by the environment",
        f"write {FILE}, or set {', or '.join(missing)}; gateway demo needs neither",
    )
