"""The calls that write notes.

Source: Moneybird API v2, notes of a contact: create, delete, and the examples of their errors. Where the
vendor is silent: an unknown note is a 404, an unknown assignee a 422 in the words of an unknown contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, answers, bodies, refusals, rules
from gateway.backends.moneybird.sandbox.refusals import Flaws

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.emulation.vocabulary import Reply, Request

_KEYS = frozenset({"note", "todo", "assignee_id"})


class Notes:
    """Answers the calls; each raises `RefusedError` with the vendor's error."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def create(self, request: Request, key: str) -> Reply:
        """Answer `POST /contacts/{contact_id}/notes`; an assignee makes the note a to-do."""
        given = bodies.attributes(request, "note", _KEYS, self._scribe.behaviour) or {}
        contact = self._contact(key)
        text = bodies.text(given.get("note"), "note")
        todo = bodies.boolean(given.get("todo"), "todo")
        assignee = bodies.identifier(given.get("assignee_id"), "assignee_id")
        flaws = Flaws()
        if not rules.is_filled(text):
            flaws.add(refusals.BLANK, "note", "todo_type")
        if assignee is not None and assignee not in administration.ASSIGNEES:
            flaws.add(refusals.MISSING, "assignee")
        flaws.settle()
        note = self._made(contact, {"assignee_id": assignee, "todo": todo or bool(assignee), "note": text})
        self._scribe.put_child(contact | {"notes": [*contact["notes"], note]})
        self._scribe.tell("todo_created" if note["todo"] else "note_created", note, "Note")
        return answers.document(note, 201)

    def delete(self, _request: Request, key: str, note: str) -> Reply:
        """Answer `DELETE /contacts/{contact_id}/notes/{id}`."""
        contact = self._contact(key)
        left = [row for row in contact["notes"] if row["id"] != note]
        gone = next((row for row in contact["notes"] if row["id"] == note), None)
        if gone is None:
            raise answers.not_found()
        self._scribe.put_child(contact | {"notes": left})
        self._scribe.tell("todo_destroyed" if gone["todo"] else "note_destroyed", gone, "Note")
        return answers.nothing()

    def _contact(self, key: str) -> Row:
        contact = self._scribe.book.contact(key)
        if contact is None:
            raise refusals.no_note_rights(contact_known=False)
        if self._scribe.behaviour.rights == "read":
            raise refusals.no_note_rights()
        return contact

    def _made(self, contact: Row, values: Row) -> Row:
        at = self._scribe.marks()["updated_at"]
        return {
            "id": self._scribe.book.new_id(),
            "administration_id": administration.ID,
            "entity_id": contact["id"],
            "entity_type": "Contact",
            "user_id": administration.OWNER,
            **values,
            "completed_at": None,
            "completed_by_id": None,
            "todo_type": None,
            "data": {},
            "created_at": at,
            "updated_at": at,
        }
