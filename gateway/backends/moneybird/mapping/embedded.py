"""What a Moneybird contact embeds: persons, notes, custom field values and the record's history."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import identifier, milliseconds, moment
from gateway.backends.moneybird.wire import CustomFieldRow, EventRow, NoteRow, PersonRow
from gateway.domain.contact import ContactEvent, CustomField
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.domain.text import blank_to_none

YES = frozenset({"true", "1"})


def persons_of(rows: Sequence[PersonRow] | None, faults: list[str]) -> tuple[Person, ...]:
    """Read the contact persons; one without an id is left out and named in `faults`.

    Source: Moneybird API v2, contact people.
    """
    found = {}
    for row in rows or ():
        key = identifier(row.id)
        if key is None:
            faults.append("contact_people")
        else:
            found[key] = _person(key, row, faults)
    return tuple(found.values())


def _person(key: str, row: PersonRow, faults: list[str]) -> Person:
    first, last = blank_to_none(row.firstname), blank_to_none(row.lastname)
    phone, email = blank_to_none(row.phone), blank_to_none(row.email)
    return Person(
        key=key,
        full_name=full_name(first, last) or email or phone or f"#{key}",
        remote_id=key,
        version=identifier(row.version),
        first_name=first,
        last_name=last,
        phone=phone,
        email=email,
        department=blank_to_none(row.department),
        created_at=moment(row.created_at, "contact_people.created_at", faults),
        updated_at=moment(row.updated_at, "contact_people.updated_at", faults),
    )


def person_from_body(body: bytes) -> Person | None:
    """Read a single contact person; None when it is no record, or has no id."""
    reading = read_record(body, PersonRow)
    found = persons_of([reading.record], []) if reading else ()
    return found[0] if found else None


def full_name(first: str | None, last: str | None) -> str | None:
    """Return first and last name as one."""
    return " ".join(part for part in (first, last) if part) or None


def notes_of(rows: Sequence[NoteRow] | None, faults: list[str]) -> tuple[Note, ...]:
    """Read the notes; one without an id is left out and named in `faults`.

    A note has no version of its own: the milliseconds of its last change stand in. Source:
    Moneybird API v2, notes.
    """
    found = {}
    for row in rows or ():
        key = identifier(row.id)
        if key is None:
            faults.append("notes")
        else:
            found[key] = _note(key, row, faults)
    return tuple(found.values())


def _note(key: str, row: NoteRow, faults: list[str]) -> Note:
    updated_at = moment(row.updated_at, "notes.updated_at", faults)
    todo = row.todo
    return Note(
        key=key,
        text=row.note or "",
        remote_id=key,
        version=None if updated_at is None else str(milliseconds(updated_at)),
        is_todo=todo.strip().lower() in YES if isinstance(todo, str) else bool(todo),
        todo_type=blank_to_none(row.todo_type),
        assignee_id=identifier(row.assignee_id),
        author_id=identifier(row.user_id),
        completed_at=moment(row.completed_at, "notes.completed_at", faults),
        completed_by_id=identifier(row.completed_by_id),
        data=row.data or None,
        created_at=moment(row.created_at, "notes.created_at", faults),
        updated_at=updated_at,
    )


def note_from_body(body: bytes) -> Note | None:
    """Read a single note; None when it is no record, or has no id."""
    reading = read_record(body, NoteRow)
    found = notes_of([reading.record], []) if reading else ()
    return found[0] if found else None


def custom_fields_of(rows: Sequence[CustomFieldRow] | None, faults: list[str]) -> tuple[CustomField, ...]:
    """Read the custom fields' values; one without an id is left out and named in `faults`."""
    found = {}
    for row in rows or ():
        key = identifier(row.id)
        if key is None:
            faults.append("custom_fields")
        else:
            name = blank_to_none(row.name) or f"#{key}"
            found[key] = CustomField(field_id=key, name=name, value=blank_to_none(row.value))
    return tuple(found.values())


def events_of(rows: Sequence[EventRow] | None, faults: list[str]) -> tuple[ContactEvent, ...]:
    """Read the history, newest first; an event without action or moment is left out and named in `faults`.

    Source: Moneybird API v2, contacts, events: `data` is {} or {"changes": {field: [old, new]}}.
    """
    found = [event for row in reversed(rows or ()) if (event := _event(row, faults))]
    # Sorting keeps the order of equals, so of two in one millisecond the later entry stays first.
    return tuple(sorted(found, key=lambda event: event.at, reverse=True))


def _event(row: EventRow, faults: list[str]) -> ContactEvent | None:
    action = blank_to_none(row.action)
    at = moment(row.created_at, "events.created_at", faults)
    if action is None or at is None:
        faults.append("events")
        return None
    changes, data = _split(row.data or {})
    return ContactEvent(
        action=sys.intern(action),
        at=at,
        user_id=_shared(identifier(row.user_id)),
        changes=_packed(changes),
        link_id=identifier(row.link_entity_id),
        link_type=_shared(blank_to_none(row.link_entity_type)),
        data=_packed(data),
    )


def _split(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    changes = data.get("changes")
    if not isinstance(changes, dict):
        return {}, data
    return changes, {name: value for name, value in data.items() if name != "changes"}


def _packed(values: Mapping[str, Any]) -> bytes | None:
    return msgspec.json.encode(values) if values else None


def _shared(text: str | None) -> str | None:
    """Return the one text of all that are equal: few people and words stand in very many events."""
    return text and sys.intern(text)
