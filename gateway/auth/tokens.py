"""JSON Web Tokens: an issuer's word on who asks.

Nothing of a token's own choosing decides how it is checked: algorithms, issuer and audience come
from the settings, the key from the issuer's key set. Source: RFC 8725, 3.1, 3.2, 3.8 and 3.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from gateway.auth.key_source import KeySource
from gateway.auth.viewer import Viewer
from gateway.settings import JwtSettings, Scope
from gateway.telemetry import log

LEEWAY = 30.0
"""Seconds that the issuer's clock and ours may differ."""

REQUIRED = ("exp", "iss", "aud", "sub")
"""Claims that a token must have."""

TIMES = ("exp", "nbf", "iat")
"""Claims that are times, and so numbers: RFC 7519, 2, NumericDate."""

SUBJECT_LENGTH = 255
"""Characters of a subject at most, as OpenID Connect Core, 2, has it."""


class Tokens:
    """Reads tokens of one issuer.

    Args:
        settings: Whose, for whom, and where their rights stand.
        keys: The issuer's keys.
    """

    def __init__(self, settings: JwtSettings, keys: KeySource) -> None:
        self._settings = settings
        self._keys = keys

    async def viewer(self, token: str) -> Viewer | None:
        """Return whom a token speaks of, None where it is not good; why goes to the log, as a word."""
        try:
            claims = await self._claims(token)
            subject = _subject(claims)
        except (jwt.PyJWTError, ValueError) as error:
            log().info("token_refused", reason=type(error).__name__)
            return None
        return Viewer(
            name=subject,
            scopes=_scopes(claims.get(self._settings.scope_claim)),
            administrations=self._administrations(claims),
            id=f"token:{subject}",
            require_trusted=self._settings.require_trusted,
        )

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token claims, once its signature, issuer, audience and times are found good."""
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._settings.algorithms:
            raise jwt.InvalidAlgorithmError
        key = await self._keys.find(header.get("kid"), algorithm)
        if key is None:
            raise jwt.InvalidKeyError
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
        )
        if not all(_is_number(claims[name]) for name in TIMES if name in claims):
            raise jwt.DecodeError
        return claims

    def _administrations(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        """Return the slugs that a token names: none where it should name some and does not."""
        if self._settings.administrations_claim is None:
            return None
        named = claims.get(self._settings.administrations_claim)
        return frozenset(_texts(named if isinstance(named, list) else []))


def _subject(claims: Mapping[str, Any]) -> str:
    subject: str = claims["sub"]
    if not 0 < len(subject) <= SUBJECT_LENGTH or not subject.isprintable():
        raise jwt.InvalidTokenError
    return subject


def _scopes(claim: object) -> frozenset[Scope]:
    """Return the rights among the words of a claim, which may hold others; of any other shape: none."""
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(Scope(word) for word in _texts(words) if word in set(Scope))


def _texts(values: list[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
