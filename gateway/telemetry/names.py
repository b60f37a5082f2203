"""Names that clients give their operations, as few and as short as labels may be."""

from __future__ import annotations

import re

ANONYMOUS = "(anonymous)"
REFUSED = "(refused)"
OTHER = "other"

MOST = 100
"""Names that are told apart; each has a series of its own for as long as the process lives."""

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")


class Names:
    """The first names that came; all later ones are one.

    Args:
        most: How many are told apart.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, name: str, kind: str) -> str:
        """Return what stands for an operation: its name, or a word for those that have none of their own.

        Args:
            name: As its document has it; empty for none.
            kind: Empty where it was not understood as an operation.
        """
        if not kind:
            return REFUSED
        if not name:
            return ANONYMOUS
        if name in self._known:
            return name
        if len(self._known) >= self._most or not _NAME.fullmatch(name):
            return OTHER
        self._known.add(name)
        return name
