"""How values stand in Redis: as which bytes, and under which keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.cache import Held, Kind
from gateway.sharing.coding import Coding
from gateway.sharing.pulse import Places


class Forms:
    """Turns values into bytes and back, by their full names.

    Args:
        coding: Makes bytes.
        kinds: Those that are shared; one without a shape is not.
    """

    def __init__(self, coding: Coding, kinds: Iterable[Kind[Any]]) -> None:
        self._coding = coding
        self._kinds = {each.name: each for each in kinds if each.shape is not None}

    def kind(self, name: str) -> Kind[Any] | None:
        """Return the kind of a value, None where it is not shared."""
        return self._kinds.get(name.split(":", 2)[1])

    def close(self, name: str, held: Held[Any]) -> bytes | None:
        """Return a value as bytes, None where it is not shared, or has no such form."""
        kind = self.kind(name)
        if kind is None:
            return None
        try:
            return self._coding.close((name, held.value, held.fetched_at), _purpose(kind), _shape(kind))
        except ValueError:
            return None

    def open(self, name: str, data: bytes | None) -> tuple[Held[Any], int] | None:
        """Return a value and its weight, None where the bytes are not those of a value of that name."""
        kind = self.kind(name)
        if kind is None or data is None:
            return None
        found = self._coding.open(data, _shape(kind), _purpose(kind))
        if found is None or found[0] != name:
            return None
        return Held(found[1], found[2]), kind.weigh(found[1])


def _shape(kind: Kind[Any]) -> type[tuple[str, Any, datetime]]:
    # Its name goes along, so that one value cannot be put in another's place.
    return tuple[str, kind.shape, datetime]  # type: ignore[name-defined]


def _purpose(kind: Kind[Any]) -> bytes:
    return b"value " + kind.name.encode()


@dataclass(frozen=True, slots=True)
class Spots:
    """Where values, and claims to load them, stand in one running server, by full names.

    Args:
        names: An administration's slug to its tenant.
        life: Of the server.
    """

    names: Mapping[str, str]
    life: str

    def value(self, name: str) -> str:
        """Return the key of a value."""
        return self._key(name, "v")

    def claim(self, name: str) -> str:
        """Return the key that says who loads a value."""
        return self._key(name, "c")

    def lease(self, name: str, token: str) -> str:
        """Return the key that says that who claimed names with a token still lives; beside those names."""
        return f"{self._beginning(name)}:l:{token}"

    def meta(self, name: str) -> str:
        """Return the key under which is counted what was forgotten."""
        return Places(self.names[slug_of(name)], self.life).meta

    def _beginning(self, name: str) -> str:
        return f"cg1:{{{self.names[slug_of(name)]}}}:{self.life}"

    def _key(self, name: str, room: str) -> str:
        _, kind, key = name.split(":", 2)
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return f"{self._beginning(name)}:{room}:{kind}:{digest}"


def slug_of(name: str) -> str:
    """Return the administration's slug, with which a full name begins."""
    return name.partition(":")[0]
