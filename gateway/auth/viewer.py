"""A viewer: who asks, and what they may."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.settings import Scope


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        name: The key's name, or the subject of a token; None for whoever comes in without.
        scopes: Their rights.
        administrations: Slugs that they may see, None for all. What a viewer may not see does not
            exist for them.
        id: Tells them from all others, also a key from a token's subject of the same name: what is
            counted by caller is counted by it.
        require_trusted: Whether only documents of the manifest are run for them.
    """

    # Neither is shown: a token's subject may be a person's address.
    name: str | None = field(repr=False)
    scopes: frozenset[Scope]
    administrations: frozenset[str] | None = None
    id: str | None = field(default=None, repr=False)
    require_trusted: bool = False

    def may(self, scope: Scope) -> bool:
        """Whether the viewer has a right, by itself or by a wider one."""
        implied = self.scopes & {scope, Scope.ADMIN}
        return bool(implied) or (scope is Scope.READ and Scope.WRITE in self.scopes)

    def sees(self, administration: str) -> bool:
        """Whether an administration exists for the viewer."""
        return self.administrations is None or administration in self.administrations


EVERYONE = Viewer(name=None, scopes=frozenset(Scope))
"""Whoever comes in over loopback while no keys are configured: every right."""
