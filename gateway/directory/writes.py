"""What was written to a book since its list was asked for: newer than anything that list says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.directory.entry import Entry


@dataclass(frozen=True, slots=True)
class Write:
    """The number of a write among all of its book, and the contact after it; None: it is gone."""

    number: int
    entry: Entry | None


class Writes:
    """Contacts as they were left by writes, until a list that was asked for later tells of them.

    Attributes:
        number: How many writes there were.
    """

    def __init__(self) -> None:
        self.number = 0
        self._last: dict[str, Write] = {}
        self._doubts: dict[str, int] = {}

    def put(self, key: str, entry: Entry | None) -> None:
        """Note a contact as it stands after a write; None when it is gone."""
        self.number += 1
        self._last[key] = Write(self.number, entry)
        self._doubts.pop(key, None)

    def doubt(self, key: str) -> None:
        """Note that a contact may have been written, or not."""
        self.number += 1
        self._doubts[key] = self.number

    def doubt_until(self, number: int) -> bool:
        """Whether something of the writes up to a number may have been written, that no list has told of."""
        return any(each <= number for each in self._doubts.values())

    @property
    def in_doubt(self) -> bool:
        """Whether something may have been written that no list has told of yet."""
        return bool(self._doubts)

    def doubted(self, key: str) -> bool:
        """Whether a contact may have been written without anybody knowing."""
        return key in self._doubts

    def touched(self, key: str, number: int) -> bool:
        """Whether a contact was, or may have been, written after a number of writes."""
        last = self._last.get(key)
        return bool(last and last.number > number) or self._doubts.get(key, 0) > number

    def after(self, number: int) -> dict[str, Entry | None]:
        """Return the contacts written after a number of writes, as they were left."""
        return {key: each.entry for key, each in self._last.items() if each.number > number}

    def untouched(self, found: Mapping[str, Entry], number: int) -> dict[str, Entry]:
        """Return what was found after a number of writes, less what was, or may have been, written since."""
        newer = self.after(number).keys() | self._doubts.keys()
        return {key: each for key, each in found.items() if key not in newer}

    def forget(self, number: int) -> None:
        """Let go of the writes up to a number: a list that was asked for after them is in place."""
        self._last = {key: each for key, each in self._last.items() if each.number > number}
        self._doubts = {key: each for key, each in self._doubts.items() if each > number}

    def begin_anew(self) -> set[str]:
        """Be certain of nothing that was written any more; return what is in doubt now."""
        self.number += 1
        self._doubts |= dict.fromkeys(self._last, self.number)
        self._last = {}
        return set(self._doubts)

    def state(self, key: str, versions: Mapping[str, str]) -> str | None:
        """Return a text that changes with everything that is known to change a contact."""
        written = self._last.get(key)
        doubted = self._doubts.get(key)
        return f"{versions.get(key)} {written and written.number} {doubted}"

    def known(self, versions: Mapping[str, str]) -> Mapping[str, str]:
        """Return what need not be read again by the next list: not what was, or may have been, written."""
        touched = self._last.keys() | self._doubts.keys()
        if not touched:
            return versions
        return {key: version for key, version in versions.items() if key not in touched}


def listed(versions: Mapping[str, str], written: Mapping[str, Entry | None]) -> Mapping[str, str]:
    """Return what a list says of each contact, where some were written since: those are read again."""
    if not written:
        return versions
    kept = {key: version for key, version in versions.items() if key not in written}
    return {**kept, **{key: "" for key, each in written.items() if each}}
