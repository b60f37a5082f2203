"""Reading one's own write: what is shown after it, and what is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cache import Held
from gateway.directory import Directory
from gateway.domain.contact import Contact, ContactKey
from gateway.loaders import Shelves


@dataclass(frozen=True, slots=True)
class Showing:
    """The directory, and what is held beside it."""

    directory: Directory
    shelves: Shelves

    async def current(self, key: ContactKey) -> Held[Contact] | None:
        """Return a contact as it is shown; None where that is not known, or where there is none."""
        found = await self.directory.read(key.administration, [key.remote], max_age=None, details=True)
        held = found.get(key.remote)
        return held if isinstance(held, Held) else None

    async def keep(self, key: ContactKey, before: Contact | None, after: Contact | None) -> None:
        """Show a contact as it is after a write, None for one that is gone; drop whatever is older."""
        await self.directory.put(key, after)
        await self.shelves.forget(key)
        numbers = (each.customer_number for each in (before, after) if each)
        await self.shelves.forget_numbers(key.administration, [number for number in numbers if number])

    async def doubt(self, administration: str, contact: str | None, numbers: Sequence[str]) -> None:
        """Answer nothing of what may have been written without asking the system."""
        await self.directory.doubt(administration, contact)
        if contact:
            await self.shelves.forget(ContactKey(administration, contact))
        await self.shelves.forget_numbers(administration, numbers)
