"""Persons, notes, custom field values and events of a contact."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from gateway.backends.moneybird.mapping.embedded import custom_fields_of, events_of, notes_of, persons_of
from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.wire import ContactRow, CustomFieldRow, NoteRow, PersonRow

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"


def events(*rows):
    body = json.dumps(
        {"events": [{"action": "a", "created_at": "2026-01-01T00:00:00Z"} | row for row in rows]}
    )
    return events_of(read_record(body.encode(), ContactRow).record.events, [])


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"firstname": "Ada", "lastname": "L", "email": "e"}, "Ada L"),
        ({"lastname": "L"}, "L"),
        ({"firstname": " ", "email": "e@x.nl", "phone": "1"}, "e@x.nl"),
        ({"phone": "1"}, "1"),
        ({}, "#5"),
    ],
    ids=["both", "last", "email", "phone", "nothing"],
)
def test_person_has_a_name(row, name):
    """A person's name is never empty."""
    assert persons_of([PersonRow(id=5, **row)], [])[0].full_name == name


def test_documented_note_is_read():
    """The documented to-do arrives; its last change in milliseconds is its version."""
    row = read_record((SAMPLES / "note.json").read_bytes(), NoteRow).record

    (note,) = notes_of([row], [])

    assert (note.text, note.is_todo, note.assignee_id) == ("Text of the note", True, "496081404823602818")
    assert (note.key, note.remote_id, note.version) == ("496081404845622916",) * 2 + ("1787320116368",)
    assert note.data is None


@pytest.mark.parametrize(
    ("todo", "expected"),
    [(True, True), ("true", True), ("1", True), (False, False), ("false", False), ("", False), (None, False)],
    ids=repr,
)
def test_todo_may_be_a_text(todo, expected):
    """Moneybird documents a truth value, a text and null."""
    assert notes_of([NoteRow(id="1", todo=todo)], [])[0].is_todo is expected


def test_note_keeps_its_lines():
    """A note's text is not trimmed, and null is an empty text."""
    notes = notes_of([NoteRow(id="1", note=" a\n b \n"), NoteRow(id="2")], [])

    assert [note.text for note in notes] == [" a\n b \n", ""]


def test_last_of_two_with_one_id_stands():
    """An id that comes twice counts once."""
    assert [
        one.first_name for one in persons_of([PersonRow(id="1"), PersonRow(id=1, firstname="B")], [])
    ] == ["B"]
    assert [one.text for one in notes_of([NoteRow(id="1"), NoteRow(id="1", note="b")], [])] == ["b"]


def test_custom_field_may_lack_name_and_value():
    """A field without a value is None, one without a name goes by its id."""
    (field,) = custom_fields_of([CustomFieldRow(id="4", value="")], [])

    assert (field.field_id, field.name, field.value) == ("4", "#4", None)


def test_events_stand_newest_first():
    """Of two in one moment, the later entry stands first."""
    found = events(
        {"action": "a"},
        {"action": "b"},
        {"action": "c", "created_at": "2025-01-01T00:00:00Z"},
        {"action": "d"},
    )

    assert [event.action for event in found] == ["d", "b", "a", "c"]


@pytest.mark.parametrize(
    ("data", "changes", "rest"),
    [
        ({}, None, None),
        ({"changes": {"city": ["a", "b"]}}, b'{"city":["a","b"]}', None),
        ({"changes": {}, "by": 1}, None, b'{"by":1}'),
        ({"changes": "none"}, None, b'{"changes":"none"}'),
    ],
    ids=str,
)
def test_changes_are_parted_from_data(data, changes, rest):
    """Changes stand on their own; what is left is None when there is nothing."""
    (event,) = events({"data": data})

    assert (event.changes, event.data) == (changes, rest)


def test_a_long_history_takes_little_room():
    """An event takes about as many bytes as its text at the system, and not those of every value in it."""
    rows = [
        {"user_id": "436812345678901234", "data": {"changes": {"city": [str(n), str(n + 1)]}}}
        for n in range(1000)
    ]

    tracemalloc.start()
    try:
        found = events(*rows)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found) == 1000
    assert held / 1000 < 350
