"""Who is let in: from a request's head to a viewer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from gateway.auth.keys import Keyring
from gateway.auth.viewer import EVERYONE, Viewer
from gateway.domain.errors import Unauthenticated
from gateway.settings import AuthSettings, Fault, JwtSettings, SettingsError

if TYPE_CHECKING:
    from gateway.auth.key_source import Fetch

CHALLENGE = "Bearer"
"""Value of the header `WWW-Authenticate` that goes with a 401. Source: RFC 6750, 3."""

MAX_LENGTH = 16 * 1024
"""Characters of the header `Authorization` at most: nothing longer is looked at."""

BEARER = re.compile(r"(?i:bearer) +([!-~]+)")
"""Source: RFC 9110, 11.4; RFC 6750, 2.1. Keys may hold any printable character of ASCII."""


class TokenReader(Protocol):
    """Knows whom a token speaks of."""

    async def viewer(self, token: str) -> Viewer | None:
        """Return whom a token speaks of, None where it is not good."""


class Doorkeeper:
    """Lets in whoever holds a key or a good token.

    Args:
        keys: The keys; None where there are none to ask for.
        tokens: Reads tokens; None where none are taken.
        everyone: Who comes in where there is neither.
    """

    def __init__(
        self,
        keys: Keyring | None = None,
        tokens: TokenReader | None = None,
        *,
        everyone: Viewer = EVERYONE,
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        self._everyone = everyone

    @property
    def is_open(self) -> bool:
        """Whether everyone is let in, with every right."""
        return self._keys is None and self._tokens is None

    async def viewer(self, authorization: str | None) -> Viewer:
        """Return who asks.

        Args:
            authorization: Value of the header `Authorization`; None where there is none.

        Raises:
            Unauthenticated: nobody we know; whether the header is missing, malformed, wrong or over
                its time is not told. `CHALLENGE` belongs into the answer.
        """
        if self.is_open:
            return self._everyone
        viewer = await self._known(bearer(authorization))
        if viewer is None:
            raise Unauthenticated("This needs a valid key or token, as `Authorization: Bearer …`.")
        return viewer

    async def _known(self, token: str | None) -> Viewer | None:
        if token is None:
            return None
        viewer = self._keys.viewer(token) if self._keys else None
        if viewer is None and self._tokens:
            viewer = await self._tokens.viewer(token)
        return viewer


def bearer(authorization: str | None) -> str | None:
    """Return the key or token of a header `Authorization`; None where it holds none."""
    if authorization is None or len(authorization) > MAX_LENGTH:
        return None
    found = BEARER.fullmatch(authorization)
    return found[1] if found else None


def doorkeeper(auth: AuthSettings, *, require_trusted: bool, fetch: Fetch) -> Doorkeeper:
    """Return the doorkeeper of a configuration; nothing is fetched yet.

    Args:
        auth: Keys, and whose tokens are taken.
        require_trusted: What holds for everyone, where there are neither.
        fetch: Gets an issuer's key set.

    Raises:
        SettingsError: the file with the key set holds none that can be used.
    """
    return Doorkeeper(
        Keyring(auth.keys) if auth.keys else None,
        _tokens(auth.jwt, fetch) if auth.jwt else None,
        everyone=replace(EVERYONE, require_trusted=require_trusted),
    )


def _tokens(settings: JwtSettings, fetch: Fetch) -> TokenReader:
    # Cryptography takes a tenth of a second to load, for what many do without.
    from gateway.auth.key_set import KeySet, UnusableKeySet
    from gateway.auth.key_source import FetchedKeys, FixedKeys
    from gateway.auth.tokens import Tokens

    if isinstance(settings.jwks, str):
        return Tokens(settings, FetchedKeys(settings.jwks, settings.algorithms, fetch))
    try:
        return Tokens(settings, FixedKeys(KeySet(settings.jwks, settings.algorithms)))
    except UnusableKeySet as error:
        fault = Fault("auth.jwt.jwks", f"cannot be used: {error}", "save the issuer's public key set there")
        raise SettingsError([fault]) from error
