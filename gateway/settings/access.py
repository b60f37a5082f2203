"""The section [auth] being read: API keys, and whose tokens are taken."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from gateway.settings.section import UNREADABLE, Section, url_problem
from gateway.settings.values import AuthSettings, JwtSettings, KeySettings, Scope

NAME_LENGTH = 63
"""Characters of a key's name at most."""

NAME_RULE = f"take 1 to {NAME_LENGTH} printable characters, no colon"
"""What a key may be called; a colon makes a text point elsewhere."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms whose checking key is public.

Source: RFC 7518, 3.1, and RFC 8037, 3.1.
"""

SHARED_SECRET = re.compile(r"HS\d+")
"""Algorithms whose checking key also signs: a key set is public, and would let anybody sign."""

PRIVATE_MEMBERS = ("d", "k")
"""Members of a JSON Web Key that hold a private or a shared key.

Source: RFC 7518, 6.2.2, 6.3.2 and 6.4.1.
"""


def read_auth(root: Section, slugs: Collection[str], *, require_trusted: bool) -> AuthSettings:
    """Read [auth].

    Args:
        root: The whole configuration.
        slugs: All configured administrations.
        require_trusted: What holds for a key that does not say.
    """
    section = root.table("auth")
    rows = section.tables("keys")
    keys = [_key(row, slugs, require_trusted) for row in rows]
    for attribute in ("name", "sha256"):
        _check_unique(rows, [getattr(key, attribute) for key in keys], attribute)
    jwt = _jwt(section.table("jwt"), require_trusted) if section.has("jwt") else None
    section.close()
    return AuthSettings(tuple(keys), jwt)


def _key(section: Section, slugs: Collection[str], require_trusted: bool) -> KeySettings:
    key = KeySettings(
        name=_name(section),
        sha256=_digest(section),
        scopes=_scopes(section),
        administrations=_administrations(section, slugs),
        require_trusted=section.flag("require_trusted", require_trusted),
    )
    section.close()
    return key


def _name(section: Section) -> str:
    name = section.text("name")
    if name and not is_name(name):
        section.fault("name", "is no short name", NAME_RULE)
    return name


def is_name(text: str) -> bool:
    """Whether a text can be the name of a key."""
    return 0 < len(text) <= NAME_LENGTH and text.isprintable() and ":" not in text


def _digest(section: Section) -> str:
    digest = section.text("sha256").lower()
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        cure = "take the lines that `gateway key new` prints"
        section.fault("sha256", "is no SHA-256 digest of 64 hexadecimal digits", cure)
    return digest


def _scopes(section: Section) -> frozenset[Scope]:
    words = section.texts("scopes", (Scope.READ,))
    return frozenset(Scope(word) for word in _known(section, "scopes", words, list(Scope)))


def _administrations(section: Section, slugs: Collection[str]) -> frozenset[str] | None:
    if not section.has("administrations"):
        return None
    named = section.texts("administrations")
    return frozenset(_known(section, "administrations", named, sorted(slugs)))


def _known(section: Section, key: str, words: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the words that are known; each of the others is a fault, by its place in the list."""
    for place, word in enumerate(words, start=1):
        if word not in known:
            near = get_close_matches(word, known, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            section.fault(
                key, f"entry {place} is unknown", f"{guess}known here: {', '.join(known) or 'none'}"
            )
    return [word for word in words if word in known]


def _check_unique(rows: Sequence[Section], values: Sequence[str], key: str) -> None:
    holders: dict[str, str] = {}
    for row, value in zip(rows, values, strict=True):
        holder = holders.setdefault(value, row.name)
        if value and holder != row.name:
            row.fault(key, f"is that of {holder} too", "give each its own")


def _jwt(section: Section, require_trusted: bool) -> JwtSettings:
    claim = "administrations_claim"
    jwt = JwtSettings(
        issuer=section.text("issuer"),
        audience=section.text("audience"),
        jwks=_jwks(section),
        algorithms=_algorithms(section),
        scope_claim=section.text("scope_claim", "scope") or "scope",
        administrations_claim=section.text(claim) if section.has(claim) else None,
        require_trusted=require_trusted,
    )
    section.close()
    return jwt


def _algorithms(section: Section) -> tuple[str, ...]:
    words = section.texts("algorithms", ("RS256",))
    for word in words:
        if word.lower() == "none":
            section.fault("algorithms", "none signs nothing", f"take from {', '.join(ALGORITHMS)}")
        elif SHARED_SECRET.fullmatch(word):
            problem = f"{word} needs a shared secret, and a key set is public"
            section.fault("algorithms", problem, f"take from {', '.join(ALGORITHMS)}")
    signing = [word for word in words if word.lower() != "none" and not SHARED_SECRET.fullmatch(word)]
    return tuple(_known(section, "algorithms", signing, ALGORITHMS))


def _jwks(section: Section) -> str | bytes:
    """Return the URL of a key set, or what stands in its file."""
    place = section.text("jwks")
    if "://" in place:
        if problem := url_problem(place, query=True):
            section.fault("jwks", problem, "write it like https://issuer.example/jwks.json")
        return place
    content = section.content(place) if place else b""
    if content is None:
        section.fault("jwks", "names no file that can be read", f"{UNREADABLE}, or give an https URL")
    elif place and (problem := _jwks_problem(content)):
        section.fault("jwks", problem, "save the issuer's public key set there")
    return content or b""


def _jwks_problem(content: bytes) -> str | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return "names a file that is no JSON"
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not any(isinstance(key, dict) for key in keys):
        return "names a file that is no JSON Web Key Set"
    if any(isinstance(key, dict) and not key.keys().isdisjoint(PRIVATE_MEMBERS) for key in keys):
        return "names a file that holds a private or shared key"
    return None
