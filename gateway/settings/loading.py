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
from gateway.settings.section import Fault, Reading, Section, SettingsError, is_loopback
from gateway.settings.values import (
    AdministrationSettings,
    Ages,
    CacheSettings,
    GraphQLSettings,
    Hydrate,
    ServerSettings,
    Settings,
)

FILE = "gateway.toml"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

YEAR = 366 * 24 * 3600
"""Seconds; no age is longer."""

KINDS = ("details", "charges", "mandates", "choices")
"""Kinds of data that may have ages of their own; what is not said is that of [cache]."""

OWN_FRESH = ("details", "choices")
"""Kinds whose `fresh` has a default of its own."""


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
        environ: The environment. GATEWAY_HOST, GATEWAY_PORT and GATEWAY_CACHE_URL override the
            file: a command's options override both when they are handed in under these names.
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
    server, graphql, cache = _server(root), _graphql(root), _cache(root)
    for name in ("limits", "auth"):
        root.table(name).close()
    administrations = _administrations(sections, readers)
    root.close()
    if not sections and not root.faults:
        root.faults.append(nothing)
    if root.faults:
        raise SettingsError(root.faults)
    return Settings(server, graphql, cache, administrations)


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


def _server(root: Section) -> ServerSettings:
    default = ServerSettings()
    section = root.table("server", {"host": "GATEWAY_HOST", "port": "GATEWAY_PORT"})
    host = section.text("host", default.host)
    if not is_loopback(host):
        section.fault("host", "authentication is not offered yet: only loopback", "use 127.0.0.1")
    server = ServerSettings(
        host=host,
        port=section.whole("port", default.port, low=0, high=65535),
        grace=section.number("grace", default.grace, low=0, high=3600),
    )
    section.close()
    return server


def _graphql(root: Section) -> GraphQLSettings:
    default = GraphQLSettings()
    section = root.table("graphql")
    graphql = GraphQLSettings(
        introspection=section.flag("introspection", default.introspection),
        graphiql=section.flag("graphiql", default.graphiql),
        deadline=section.number("deadline", default.deadline, low=0.1, high=3600),
    )
    section.close()
    return graphql


def _cache(root: Section) -> CacheSettings:
    default = CacheSettings()
    section = root.table("cache", {"url": "GATEWAY_CACHE_URL"})
    contacts = _ages(section, default.contacts)
    kinds = section.table("kinds")
    ages = {}
    for kind in KINDS:
        own = kinds.table(kind)
        fresh = getattr(default, kind).fresh if kind in OWN_FRESH else contacts.fresh
        ages[kind] = _ages(own, Ages(fresh, contacts.revalidate, contacts.stale))
        own.close()
    kinds.close()
    cache = CacheSettings(
        url=_cache_url(section, default.url),
        preload=section.flag("preload", default.preload),
        hydrate=_hydrate(section, default.hydrate),
        contacts=contacts,
        **ages,
    )
    section.close()
    return cache


def _ages(section: Section, default: Ages) -> Ages:
    return Ages(
        fresh=section.number("fresh", default.fresh, low=0, high=YEAR),
        revalidate=section.number("revalidate", default.revalidate, low=0, high=YEAR),
        stale=section.number("stale", default.stale, low=0, high=YEAR),
    )


def _cache_url(section: Section, default: str) -> str:
    url = section.text("url", default)
    if url.startswith(("redis://", "rediss://")):
        section.fault("url", "not offered by this release yet", f"leave it out or use {default}")
    elif url != default:
        section.fault("url", "unknown kind of cache", f"leave it out or use {default}")
    return default


def _hydrate(section: Section, default: Hydrate) -> Hydrate:
    try:
        return Hydrate(section.text("hydrate", default))
    except ValueError:
        section.fault("hydrate", "unknown word", f"use {' or '.join(Hydrate)}")
        return default


def _administrations(
    sections: list[Section], readers: Mapping[str, SystemReader]
) -> tuple[AdministrationSettings, ...]:
    """Read every section; those whose system is unknown are left out."""
    holders: dict[str, str] = {}
    found = []
    for section in sections:
        slug = _slug(section)
        holder = holders.setdefault(slug, section.name)
        if slug and holder != section.name:
            section.fault("slug", f"is that of {holder} too", "give each its own")
        if (reader := _reader(section, readers)) is not None:
            found.append(_administration(section, slug, reader))
    return tuple(found)


def _slug(section: Section) -> str:
    slug = section.text("slug")
    if slug and not SLUG.fullmatch(slug):
        cure = "take 1 to 63 lower-case letters, digits and hyphens, a letter or digit first"
        section.fault("slug", "is no short name", cure)
    return slug


def _administration(section: Section, slug: str, reader: SystemReader) -> AdministrationSettings:
    title = section.text("title", slug)
    read_only = section.flag("read_only", False)
    connection = reader.read(section)
    section.close()
    administration = Administration(slug, title, reader.name, connection.remote_id, read_only)
    return AdministrationSettings(administration, connection)


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
