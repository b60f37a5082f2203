"""A value that must not be shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A token, password or code; its text only comes out through `reveal`."""

    _text: str

    def reveal(self) -> str:
        """Return the text itself, for the one line that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"
