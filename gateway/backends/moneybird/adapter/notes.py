"""Writing a contact's notes at Moneybird, which can be made and deleted. Source: Moneybird API v2, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.backends.moneybird.adapter.desk import Desk, check
from gateway.backends.moneybird.adapter.parts import Removal, has, replaced
from gateway.backends.moneybird.mapping.attributes import (
    NOTE_KEYS,
    part_attributes,
    part_differences,
    paths_by_key,
)
from gateway.backends.moneybird.mapping.embedded import note_from_body
from gateway.backends.moneybird.mapping.rules import lacking
from gateway.backends.moneybird.protocol import requests
from gateway.domain.changes import NOTE_INPUTS, FieldChange, Value
from gateway.domain.contact import Contact
from gateway.domain.errors import NotFound
from gateway.domain.faults import Outcome
from gateway.domain.note import Note
from gateway.ports import Call, Plan, Trace, Written


@dataclass(frozen=True, slots=True)
class MoneybirdNotes:
    """Notes; one with an assignee is a to-do."""

    desk: Desk

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new note, which needs a text."""
        return _Writing(self.desk, await self.desk.known_contact(contact), values).plan()

    async def delete(self, contact: str, key: str) -> Plan:
        """Plan to delete a note."""
        holder = await self.desk.known_contact(contact)
        note = _notes(holder).get(key)
        if note is None:
            raise NotFound("The contact has no such note.")
        call = requests.delete_note(self.desk.book, contact, key)
        return Removal(self.desk, holder, note, call, _notes).plan(_values(note))


@dataclass(frozen=True, slots=True)
class _Writing:
    """A note that is to be made."""

    desk: Desk
    contact: Contact
    values: Mapping[str, Value]

    def plan(self) -> Plan:
        return Plan(
            send=self.send,
            look=self.look,
            before=self.contact,
            version=self.contact.version,
            changes=self._changes(),
            faults=lacking(self.values, NOTE_INPUTS, "text"),
            requests=(requests.shown(self._call()),),
            known=tuple(_notes(self.contact)),
            check=check,
        )

    async def send(self) -> Written:
        told = await self.desk.write(self._call(), self._note, paths_by_key(NOTE_KEYS))
        contact, unread = await self.desk.contact_again(self.contact.key.remote)
        notices = replaced(_values(_notes(contact).get(told.key, told)), self._wanted(), NOTE_INPUTS)
        return Written(Outcome.CREATED, contact, told.key, notices=(*notices, *unread))

    async def look(self, trace: Trace) -> Written | None:
        """Read the contact: the one new note that fits."""
        contact = await self.desk.contact_now(self.contact.key.remote)
        found = [
            key
            for key, note in _notes(contact).items()
            if key not in trace.known and has(_values(note), self._wanted(), NOTE_INPUTS)
        ]
        return Written(Outcome.CREATED, contact, found[0]) if len(found) == 1 else None

    def _wanted(self) -> Mapping[str, Value]:
        """Return what was asked: an assignee makes a to-do of a note of which nothing else was said."""
        return {path: value for path, value in self.values.items() if value is not None}

    def _changes(self) -> tuple[FieldChange, ...]:
        return part_differences({}, self.values, NOTE_INPUTS)

    def _call(self) -> Call:
        attributes = part_attributes(self._changes(), NOTE_KEYS, NOTE_INPUTS)
        return requests.create_note(self.desk.book, self.contact.key.remote, attributes)

    def _note(self, body: bytes) -> Note:
        note = note_from_body(body)
        if note is None:
            raise self.desk.unreadable()
        return note


def _values(note: Note) -> Mapping[str, Value]:
    return {"text": note.text, "isTodo": note.is_todo, "assigneeId": note.assignee_id}


def _notes(contact: Contact | None) -> Mapping[str, Note]:
    return {note.key: note for note in (contact.notes if contact else None) or ()}
