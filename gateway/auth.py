"""Who asks, and what they may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """A right; `admin` holds all others, and writing implies reading."""

    READ = "contacts:read"
    WRITE = "contacts:write"
    RAW = "contacts:raw"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    `administrations` are the slugs that they may see, None for all. What a viewer may not see does
    not exist for them.
    """

    name: str | None
    scopes: frozenset[Scope]
    administrations: frozenset[str] | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the viewer has a right, by itself or by a wider one."""
        implied = self.scopes & {scope, Scope.ADMIN}
        return bool(implied) or (scope is Scope.READ and Scope.WRITE in self.scopes)

    def sees(self, administration: str) -> bool:
        """Whether an administration exists for the viewer."""
        return self.administrations is None or administration in self.administrations


EVERYONE = Viewer(name=None, scopes=frozenset(Scope))
"""Whoever comes in over loopback while no keys are configured: every right."""
