"""The calls that write contact people.

Source: Moneybird API v2, contact people: create, update, delete, and the examples of both 422s. Where the
vendor is silent: a body without its wrapper names nothing, and an update judges the keys that were sent, so
that a person made automatically, who may lack a name, can be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, answers, bodies, refusals, rules
from gateway.backends.moneybird.sandbox.refusals import Flaws

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.emulation.vocabulary import Reply, Request

NAMES = ("firstname", "lastname")
KEYS = frozenset({*NAMES, "phone", "email", "department"})
"""What a request may hold."""

_KIND = "ContactPerson"


def made(scribe: Scribe, contact: Row, values: Row) -> Row:
    """Return a new person of a contact; what is not given is null."""
    marks = scribe.marks()
    return {
        "id": scribe.book.new_id(),
        "contact_id": contact["id"],
        "administration_id": administration.ID,
        **{key: values.get(key) for key in (*NAMES, "phone", "email", "department")},
        "created_at": marks["updated_at"],
        **marks,
    }


def with_namesake(scribe: Scribe, contact: Row) -> Row:
    """Return the contact with a person of its own name, when it is a company and has none of that name."""
    names = {key: contact[key] or None for key in NAMES}
    if not rules.is_filled(contact["company_name"]) or not any(map(rules.is_filled, names.values())):
        return contact
    people = contact["contact_people"]
    if any(all((person[key] or None) == names[key] for key in NAMES) for person in people):
        return contact
    return contact | {"contact_people": [*people, made(scribe, contact, names)]}


class Persons:
    """Answers the calls; each raises `RefusedError` with the vendor's error."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def create(self, request: Request, key: str) -> Reply:
        """Answer `POST /contacts/{contact_id}/contact_people`; an unknown contact is a 422."""
        values = self._values(request)
        contact = self._scribe.book.contact(key)
        flaws = flaws_of(values, NAMES)
        if contact is None:
            flaws.add(refusals.MISSING, "contact")
        flaws.settle()
        if contact is None:
            raise answers.not_found()
        person = made(self._scribe, contact, values)
        self._scribe.put_child(contact | {"contact_people": [*contact["contact_people"], person]})
        self._scribe.tell("contact_person_created", person, _KIND)
        return answers.document(person, 201)

    def update(self, request: Request, key: str, person: str) -> Reply:
        """Answer `PATCH /contacts/{contact_id}/contact_people/{id}`."""
        values = self._values(request)
        contact = self._scribe.book.contact(key)
        before = _member(contact, person)
        if contact is None or before is None:
            raise refusals.no_person()
        flaws_of(values, [name for name in NAMES if name in values]).settle()
        if all(before[name] == value for name, value in values.items()):
            return answers.document(before)
        after = before | values | self._scribe.marks()
        people = [after if row is before else row for row in contact["contact_people"]]
        self._scribe.put_child(contact | {"contact_people": people})
        self._scribe.tell("contact_person_updated", after, _KIND)
        return answers.document(after)

    def delete(self, _request: Request, key: str, person: str) -> Reply:
        """Answer `DELETE /contacts/{contact_id}/contact_people/{id}`."""
        contact = self._scribe.found(key)
        gone = _member(contact, person)
        if gone is None:
            raise answers.not_found()
        people = [row for row in contact["contact_people"] if row is not gone]
        self._scribe.put_child(contact | {"contact_people": people})
        self._scribe.tell("contact_person_destroyed", gone, _KIND)
        return answers.nothing()

    def _values(self, request: Request) -> Row:
        given = bodies.attributes(request, "contact_person", KEYS, self._scribe.behaviour) or {}
        return {key: bodies.text(value, key) for key, value in given.items()}


def flaws_of(values: Row, needed: tuple[str, ...] | list[str]) -> Flaws:
    """Find what is wrong with the values of a person; `needed` may not be blank."""
    flaws = Flaws()
    flaws.add(refusals.BLANK, *(key for key in needed if not rules.is_filled(values.get(key))))
    if values.get("email") and not rules.is_address(values["email"]):
        flaws.add(refusals.INVALID, "email")
    return flaws


def _member(contact: Row | None, person: str) -> Row | None:
    people = contact["contact_people"] if contact else []
    return next((row for row in people if row["id"] == person), None)
