"""What a system tells of its own accord: a hint that something changed, and never what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook says that can be trusted.

    Attributes:
        action: The system's name of what happened, of a closed set; `other` for any other name.
        marks: Texts by which the same webhook is known when it comes again.
        contacts: The system's own ids of the contacts that may have changed; none: nothing that concerns us.
        part: The system's own id of a person or note whose contact it does not tell; None where it does.
        is_listed: Whether the system's list shows the change too.
        is_wide: Whether contacts may have changed that it does not name.
        is_foreign: Whether it is of another administration; then all else says nothing.
    """

    action: str
    marks: tuple[str, ...]
    contacts: tuple[str, ...] = ()
    part: str | None = None
    is_listed: bool = True
    is_wide: bool = False
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A webhook that nobody can trust; nothing of it was read.

    Attributes:
        reason: A word of ours, for the log alone.
    """

    reason: str


class Webhooks(Protocol):
    """Takes in what a system sends of its own accord."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Hint | Refused:
        """Say whether a webhook can be trusted, and then what it says; asks nobody.

        Args:
            headers: By lower-case name.
            body: As it came: what is signed is its bytes.
            now: UTC.
        """
