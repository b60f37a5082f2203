"""Where an issuer's keys come from: a file that was read once, or a URL that is asked again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import jwt

from gateway.auth.key_set import KeySet, UnusableKeySet
from gateway.domain.errors import GatewayError
from gateway.flight import SingleFlight
from gateway.telemetry import log

MAX_AGE = 600.0
"""Seconds for which fetched keys are good."""

PAUSE = 60.0
"""Seconds between two fetches while keys are held: anybody can send a token that names an unknown key."""

PAUSE_WITHOUT_KEYS = 5.0
"""Seconds between two fetches while none are held, and so nobody is let in."""

PATIENCE = 5.0
"""Seconds for one fetch: a request waits for it."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets what stands at a URL; follows no redirect, and takes no other status than 200 for an answer.

Raises GatewayError or OSError where there is nothing to get.
"""


class KeySource(Protocol):
    """Knows an issuer's keys."""

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key for a token's `kid` and `alg`, None where there is none."""


class FixedKeys:
    """Keys that stay as they are until the configuration is read again."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key for a token's `kid` and `alg`, None where there is none."""
        return self._keys.find(key_id, algorithm)


class FetchedKeys:
    """Keys that are fetched when first needed, and again as they age or one is not among them.

    What is held stays good while a fetch fails: an issuer that is down for a while locks nobody out.

    Args:
        url: Of the key set.
        algorithms: The ones that are taken.
        fetch: Gets it.
        clock: Monotonic seconds.
        patience: Seconds for one fetch.
    """

    def __init__(
        self,
        url: str,
        algorithms: Sequence[str],
        fetch: Fetch,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._url = url
        self._algorithms = algorithms
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._held: KeySet | None = None
        self._fetched_at = 0.0
        self._tried_at: float | None = None
        # Lingers: whoever asks with a bad token and leaves must not end the fetch of the others.
        self._flight: SingleFlight[None] = SingleFlight(linger=True)

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key for a token's `kid` and `alg`, None where there is none."""
        if self._is_due(key_id, algorithm):
            await self._flight.do(self._url, self._refresh)
        return self._held.find(key_id, algorithm) if self._held else None

    def _is_due(self, key_id: str | None, algorithm: str) -> bool:
        pause = PAUSE if self._held else PAUSE_WITHOUT_KEYS
        if self._tried_at is not None and self._clock() - self._tried_at < pause:
            return False
        if self._held is None or self._clock() - self._fetched_at >= MAX_AGE:
            return True
        return self._held.find(key_id, algorithm) is None

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                document = await self._fetch(self._url)
            self._held = KeySet(document, self._algorithms)
        except (GatewayError, OSError, UnusableKeySet) as error:
            log().warning("key_set_failed", error=type(error).__name__, held=self._held is not None)
        else:
            self._fetched_at = self._clock()
            log().info("key_set_fetched")
        finally:
            # Not before: until then, who needs the keys waits for this fetch.
            self._tried_at = self._clock()
