"""A JSON Web Key Set: which public key checks a token's signature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jwt
import orjson

MAX_BYTES = 256 * 1024
"""Bytes of a key set at most: issuers have a handful of keys of about 1 KiB."""

CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
"""Algorithm to the one curve (`crv`) that its keys are on.

Source: RFC 7518, 3.4.
"""


class UnusableKeySet(ValueError):
    """What should be a key set is none, or holds no key for the algorithms that are taken."""


class KeySet:
    """Keys by their id and the algorithm that they are used with.

    Args:
        document: The key set as JSON. Keys that cannot be used are passed over, as RFC 7517, 5, asks.
        algorithms: The ones that are taken.

    Raises:
        UnusableKeySet: there is no key to use.
    """

    def __init__(self, document: bytes, algorithms: Sequence[str]) -> None:
        self._keys: dict[tuple[str | None, str], list[jwt.PyJWK]] = {}
        for row in _rows(document):
            for algorithm, key in _usable(row, algorithms):
                self._keys.setdefault((_id(row), algorithm), []).append(key)
        if not self._keys:
            raise UnusableKeySet("no key that fits the algorithms")

    def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key of that id; for a token that names none, the only one that fits."""
        if key_id is not None:
            fitting = self._keys.get((key_id, algorithm), [])
        else:
            fitting = [key for (_, own), keys in self._keys.items() if own == algorithm for key in keys]
        return fitting[0] if len(fitting) == 1 else None


def _rows(document: bytes) -> list[Mapping[str, Any]]:
    if len(document) > MAX_BYTES:
        raise UnusableKeySet("too large")
    try:
        found = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise UnusableKeySet("no JSON") from None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list):
        raise UnusableKeySet("no list of keys")
    return [row for row in keys if isinstance(row, dict)]


def _usable(row: Mapping[str, Any], algorithms: Sequence[str]) -> Iterator[tuple[str, jwt.PyJWK]]:
    """Yield the algorithms that a key is used with, and the key made for each."""
    operations = row.get("key_ops", ["verify"])
    if row.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return
    for algorithm in algorithms:
        curve = CURVES.get(algorithm, row.get("crv"))
        if row.get("alg", algorithm) != algorithm or row.get("crv") != curve:
            continue
        # A private key would check as well, but one that an issuer publishes is anybody's.
        if "d" in row:
            continue
        try:
            yield algorithm, jwt.PyJWK(dict(row), algorithm)
        except jwt.PyJWTError:
            continue


def _id(row: Mapping[str, Any]) -> str | None:
    found = row.get("kid")
    return found if isinstance(found, str) else None
