"""A contact made ready to be found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.directory.fields import searched_codes, searched_words
from gateway.domain.contact import Contact
from gateway.domain.identity import contact_id
from gateway.domain.text import fold

BETWEEN = b"\n"
"""Stands between texts, so that no word is found across two of them: words have no line breaks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact with what lists compare, as UTF-8.

    Attributes:
        contact: The contact, in full or as its list has it.
        identity: Its global id.
        name: Its display name, folded.
        words: The folded texts that a search looks through.
        codes: The identifiers that a search looks through.
        read_at: When its details were read, UTC; None where it is as old as the list.
    """

    contact: Contact
    identity: str
    name: bytes
    words: bytes
    codes: bytes
    read_at: datetime | None = None

    @property
    def place(self) -> tuple[bytes, str]:
        """Its place in the order in which books are kept; UTF-8 sorts as its letters do."""
        return self.name, self.identity


def entry(contact: Contact, read_at: datetime | None = None) -> Entry:
    """Make a contact ready."""
    key = contact.key
    return Entry(
        contact,
        contact_id(key.administration, key.remote),
        utf8(fold(contact.display_name)),
        BETWEEN.join(map(utf8, searched_words(contact))),
        BETWEEN.join(map(utf8, searched_codes(contact))),
        read_at,
    )


def is_later(one: Entry, held: Contact | None) -> bool:
    """Whether an entry tells more than the contact as it is held: it is new, or was changed later."""
    if held is None:
        return True
    changed_at = one.contact.updated_at
    return bool(changed_at and held.updated_at and changed_at > held.updated_at)


def utf8(text: str) -> bytes:
    """Return the text as bytes; what UTF-8 cannot spell becomes a question mark."""
    return text.encode("utf-8", "replace")
