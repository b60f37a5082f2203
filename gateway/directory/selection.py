"""Which contacts a list shows, and in what order: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.contact import Contact, ContactStatus
from gateway.domain.identity import contact_id
from gateway.domain.text import fold

NAME = "NAME"
"""The order of a list that names none: by folded display name, ties by global id, bytewise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact with its place in the NAME order."""

    place: tuple[str, str]
    contact: Contact


def entry(contact: Contact) -> Entry:
    """Return the contact with its place."""
    key = contact.key
    return Entry((fold(contact.display_name), contact_id(key.administration, key.remote)), contact)


def is_listed(contact: Contact) -> bool:
    """Whether a list that names no status shows the contact."""
    return contact.status is ContactStatus.ACTIVE


def covers(listed: frozenset[str], paths: Iterable[str]) -> bool:
    """Whether a list's rows tell everything that is asked for.

    Args:
        listed: Paths that the rows tell, each standing for all below it; "" stands for everything.
        paths: Unified paths asked for.
    """
    return "" in listed or all(_is_below(listed, path) for path in paths)


def _is_below(listed: frozenset[str], path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in listed for length in range(1, len(parts) + 1))
