"""The contacts an emulated administration holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import nodes, rendering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_ID = 1234001
"""The contactid of the first contact of an empty book."""

_SEARCHED = (
    "contactname1",
    "contactname2",
    "contactperson",
    "contactaddress1",
    "contactaddress2",
    "contactpostalcode",
    "contactcity",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which contacts a list is asked for.

    `text` is searched for without regard to case; "" means no search. `status` is "0", "1" or "2" (all).
    `types` holds digits of contacttype, which choose and order; "" means all, by contactid.
    """

    text: str = ""
    status: str = "2"
    types: str = ""


class Book:
    """Contacts by contactid, each a mapping of every name in `nodes.STORED` to its text.

    New contacts are numbered on from the highest contactid there is. Rows of a list are rendered once for
    each contact and kept until it changes.
    """

    def __init__(self, contacts: Iterable[Mapping[str, str]]) -> None:
        self._contacts: dict[str, dict[str, str]] = {}
        self._next = FIRST_ID
        self._rows: dict[str, bytes] = {}
        self._searched: dict[str, str] = {}
        for contact in contacts:
            self.put(contact)

    def __len__(self) -> int:
        return len(self._contacts)

    def contact(self, contactid: int) -> Mapping[str, str] | None:
        """Return everything stored of a contact; None when there is none with this id."""
        return self._contacts.get(str(contactid))

    def put(self, contact: Mapping[str, str]) -> Mapping[str, str]:
        """Store a contact under its contactid and return it; nodes it does not name are stored empty."""
        contactid = contact["contactid"]
        stored = {name: contact.get(name, "") for name in nodes.STORED}
        self._contacts[contactid] = stored
        if contactid.isdecimal():
            self._next = max(self._next, int(contactid) + 1)
        self._rows.pop(contactid, None)
        self._searched.pop(contactid, None)
        return stored

    def add(self, contact: Mapping[str, str]) -> Mapping[str, str]:
        """Store a contact under a new contactid, whatever its own, and return it."""
        return self.put({**contact, "contactid": str(self._next)})

    def everything(self) -> dict[str, dict[str, str]]:
        """Return all that is stored: the 46 data nodes of each contact by its contactid."""
        return {
            contactid: {name: stored[name] for name in nodes.STORED if name != "contactid"}
            for contactid, stored in self._contacts.items()
        }

    def row(self, contactid: str) -> bytes:
        """Return the contact as a whole row of a list."""
        found = self._rows.get(contactid)
        if found is None:
            found = self._rows[contactid] = rendering.row(self._contacts[contactid])
        return found

    def choose(self, choice: Choice) -> list[str]:
        """Return the ids of the contacts asked for, by type if types were named, else by age.

        Source: Acumulus, "API - List contacts": the filter is compared with names, address, postal code
        and city. That it ignores case, and the order within a type, are ours.
        """
        wanted = choice.text.casefold()
        found = [
            contactid
            for contactid, stored in self._contacts.items()
            if choice.status in ("2", stored["contactstatus"])
            and (not choice.types or stored["contacttype"] in choice.types)
            and (not wanted or wanted in self._text(contactid))
        ]
        if choice.types:
            found.sort(key=lambda contactid: choice.types.index(self._contacts[contactid]["contacttype"]))
        return found

    def _text(self, contactid: str) -> str:
        found = self._searched.get(contactid)
        if found is None:
            stored = self._contacts[contactid]
            # Joined by line feeds, so that no search matches across two nodes.
            found = self._searched[contactid] = "\n".join(stored[name] for name in _SEARCHED).casefold()
        return found
