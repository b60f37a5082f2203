"""Who may speak to this address at all: hosts, web pages of other sites, and what every answer carries. Pure.

A browser sends requests for any page that asks it to, to a server on its own machine too. Without keys
that is all that stands between a web site and the books, so requests must name this machine, and must not
come from another site's page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SAME = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site that a page of our own, or a person typing an address, brings along."""

ALWAYS: tuple[tuple[str, str], ...] = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""Headers of every answer."""

CLOSED = ("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
"""For answers that are no page: nothing in them is ever run."""

ALLOWED = "Authorization, Content-Type, Cache-Control, X-Request-Id, X-Gateway-Upstream"
"""Headers that pages of other sites may send, besides those that every page may."""

PREFLIGHT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a request is not looked at: its status, and words for whoever sent it."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What is asked of every request.

    Attributes:
        loopback_only: Whether requests must name this machine, since no key protects it.
        origins: Web sites whose pages may speak to the gateway ("https://app.example").
    """

    loopback_only: bool
    origins: frozenset[str] = frozenset()

    def bars(self, headers: Mapping[str, str]) -> Barred | None:
        """Return why a request is not looked at; None: it is.

        Args:
            headers: By lower-case name.
        """
        if self.loopback_only and not _names_this_machine(headers.get("host", "")):
            return Barred(
                421, "Without configured keys the gateway answers to the names of this machine alone."
            )
        origin = headers.get("origin")
        if origin is not None and origin in self.origins:
            return None
        site = headers.get("sec-fetch-site")
        if site is not None and site not in SAME:
            return Barred(403, "Pages of other sites may not speak to the gateway.")
        if site is None and origin is not None and not _same_origin(origin, headers.get("host", "")):
            return Barred(403, "Pages of other sites may not speak to the gateway.")
        return None

    def is_followed(self, headers: Mapping[str, str]) -> bool:
        """Whether a person followed a link from a page of another site: that page can read nothing of ours.

        Args:
            headers: By lower-case name.
        """
        way = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"), headers.get("origin")
        return way == ("navigate", "document", None) and self.bars({"host": headers.get("host", "")}) is None

    def shared_with(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return the headers by which a browser lets another site's page read the answer."""
        if not self.origins:
            return ()
        vary = ("vary", "Origin")
        origin = headers.get("origin")
        if origin not in self.origins:
            return (vary,)
        return (
            vary,
            ("access-control-allow-origin", origin),
            ("access-control-expose-headers", "X-Request-Id, Retry-After, ETag"),
            ("cross-origin-resource-policy", "cross-origin"),
        )

    def preflight(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...] | None:
        """Return the answer to a browser that asks before it sends; None: this is no such question."""
        if headers.get("origin") not in self.origins or "access-control-request-method" not in headers:
            return None
        return (
            *self.shared_with(headers),
            ("access-control-allow-methods", "GET, POST"),
            ("access-control-allow-headers", ALLOWED),
            ("access-control-max-age", str(PREFLIGHT_SECONDS)),
        )


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
        if name is None:
            return False
        return name in ("localhost", "localhost.") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _same_origin(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False
