"""The state of the emulated administration: vendor-shaped rows, and what hangs on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from gateway.backends.moneybird.sandbox.marks import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]
"""A JSON object as Moneybird writes it."""

_COUNTED = re.compile(r"[0-9]{1,18}")
_SEARCHED = (
    "company_name",
    "attention",
    "firstname",
    "lastname",
    "address1",
    "address2",
    "zipcode",
    "city",
    "country",
    "email",
    "phone",
    "customer_id",
    "tax_number",
    "chamber_of_commerce",
    "bank_account",
)


@dataclass(slots=True)
class Contents:
    """What a book starts with.

    Attributes:
        contacts: In order of id.
        charges: By contact id.
        mandates: By contact id.
        in_use: Ids of contacts that cannot be deleted, even without charges.
    """

    contacts: list[Row] = field(default_factory=list)
    charges: dict[str, list[Row]] = field(default_factory=dict)
    mandates: dict[str, Row] = field(default_factory=dict)
    in_use: set[str] = field(default_factory=set)


class Book:
    """The contacts of one administration.

    Rows are mutable: whoever changes one says so with `changed`, so that nothing stale is answered.
    """

    def __init__(self, contents: Contents) -> None:
        self._rows: dict[str, Row] = {row["id"]: row for row in contents.contacts}
        self._charges = contents.charges
        self._mandates = contents.mandates
        self._in_use = contents.in_use
        self._asked: dict[str, list[str]] = {}
        self._next_place = len(contents.contacts)
        self._encoded: dict[str, bytes] = {}
        self._texts: dict[str, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def contact(self, key: str) -> Row | None:
        """Return the contact with this id, archived or not."""
        return self._rows.get(key)

    def contacts(self, *, archived: bool) -> Iterator[Row]:
        """Go through the contacts in order of id; the archived ones only when asked for."""
        return (row for row in self._rows.values() if archived or not row["archived"])

    def charges(self, key: str) -> list[Row]:
        """Return the additional charges of a contact, billed and unbilled."""
        return self._charges.get(key, [])

    def mandate(self, key: str) -> Row | None:
        """Return the Moneybird Payments mandate of a contact."""
        return self._mandates.get(key)

    def in_use(self, key: str) -> bool:
        """Tell whether a contact cannot be deleted: it is so by seed, or has charges."""
        return key in self._in_use or bool(self.charges(key))

    def new_id(self) -> str:
        """Return an id for a new record of any kind, above all that were given before."""
        self._next_place += 1
        return identifier(self._next_place - 1)

    def next_customer_id(self) -> str:
        """Return one more than the highest customer id that is a number of at most 18 digits."""
        texts = (row["customer_id"] for row in self._rows.values())
        return str(1 + max((int(text) for text in texts if _COUNTED.fullmatch(text)), default=0))

    def put(self, row: Row) -> None:
        """Store a contact, new or in place of the one with its id."""
        self._rows[row["id"]] = row
        self.changed(row["id"])

    def remove(self, key: str) -> None:
        """Delete a contact and all that hangs on it."""
        del self._rows[key]
        self._charges.pop(key, None)
        self._asked.pop(key, None)
        self.remove_mandate(key)
        self.changed(key)

    def add_charge(self, key: str, charge: Row) -> None:
        """Store an additional charge of a contact."""
        self._charges.setdefault(key, []).append(charge)

    def remove_mandate(self, key: str) -> None:
        """Delete the Moneybird Payments mandate of a contact, if there is one."""
        self._mandates.pop(key, None)

    def ask_mandate(self, key: str, way: str) -> int:
        """Remember that a contact was asked for a mandate, by "mail" or "link"; return how often it was."""
        asked = self._asked.setdefault(key, [])
        asked.append(way)
        return len(asked)

    def state(self) -> dict[str, object]:
        """Return contacts, charges, mandates and requests for them by contact id, and who is in use."""
        return {
            "contacts": dict(self._rows),
            "charges": dict(self._charges),
            "mandates": dict(self._mandates),
            "mandate_requests": dict(self._asked),
            "in_use": [key for key in self._rows if self.in_use(key)],
        }

    def encoded(self, row: Row) -> bytes:
        """Return a contact as JSON."""
        key = row["id"]
        found = self._encoded.get(key)
        if found is None:
            found = self._encoded[key] = orjson.dumps(row)
        return found

    def text(self, row: Row, *, people: bool) -> str:
        """Return what a search looks through, in lower case; with or without the contact people."""
        key = row["id"]
        found = self._texts.get(key)
        if found is None:
            own = "\n".join(str(row[name]) for name in _SEARCHED if row[name])
            theirs = "\n".join(
                f"{person['firstname'] or ''} {person['lastname'] or ''}" for person in row["contact_people"]
            )
            found = self._texts[key] = own.casefold(), f"{own}\n{theirs}".casefold()
        return found[people]

    def changed(self, key: str) -> None:
        """Forget what was derived from a row, because it changed or went."""
        self._encoded.pop(key, None)
        self._texts.pop(key, None)
