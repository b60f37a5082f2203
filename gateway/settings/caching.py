"""The section [cache] being read."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gateway.domain.secret import Secret
from gateway.settings.section import Section
from gateway.settings.values import MEMORY, Ages, CacheSettings, Hydrate

YEAR = 366 * 24 * 3600
"""Seconds; no age is longer."""

KINDS = ("details", "charges", "mandates", "choices")
"""Kinds of data that may have ages of their own; what is not said is that of [cache]."""

OWN_FRESH = ("details", "choices")
"""Kinds whose `fresh` has a default of its own."""

SCHEMES = ("redis", "rediss")
"""Of a cache that is shared: Redis, and Redis over TLS."""

SHARED_EXAMPLE = "redis://HOST:6379/0"


def read_cache(root: Section) -> CacheSettings:
    """Read [cache].

    Args:
        root: The whole configuration.
    """
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
        url=_url(section),
        preload=section.flag("preload", default.preload),
        hydrate=section.word("hydrate", Hydrate, default.hydrate),
        directory=section.place("directory"),
        saves=default.saves,
        is_directory_named=section.names("directory"),
        key=section.secret("key") if section.has("key") else None,
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


def _url(section: Section) -> Secret:
    """Return what is said, also where it has a fault: that alone is told then, not what follows."""
    url = section.text("url", MEMORY.reveal())
    if Secret(url) != MEMORY and (problem := _problem(url)):
        section.fault("url", problem, f"use {MEMORY.reveal()}, or write it like {SHARED_EXAMPLE}")
    return Secret(url)


def _problem(url: str) -> str | None:
    """Say why a URL names no Redis; None where it does. No part of it is told: it may hold a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in SCHEMES:
        return "unknown kind of cache"
    if not host or port == 0 or any(letter.isspace() for letter in url):
        return "is no URL"
    if "?" in url or "#" in url:
        return "must have no query and no fragment; in a password they are %3F and %23"
    if not re.fullmatch(r"(/[0-9]{0,5})?", parts.path):
        return "must end with the number of a database, or with none; in a password a slash is %2F"
    return None
