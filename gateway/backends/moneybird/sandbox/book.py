"""The state of the emulated administration: vendor-shaped rows, and what hangs on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]
"""A JSON object as Moneybird writes it."""

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
    """What a book starts with: contacts in order of id, charges and mandates by contact id."""

    contacts: list[Row] = field(default_factory=list)
    charges: dict[str, list[Row]] = field(default_factory=dict)
    mandates: dict[str, Row] = field(default_factory=dict)


class Book:
    """The contacts of one administration.

    Rows are mutable: whoever changes one says so with `changed`, so that nothing stale is answered.
    """

    def __init__(self, contents: Contents) -> None:
        self._rows: dict[str, Row] = {row["id"]: row for row in contents.contacts}
        self._charges = contents.charges
        self._mandates = contents.mandates
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
