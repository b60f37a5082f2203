"""Writing a contact's persons at Moneybird. Source: Moneybird API v2, contact people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.backends.moneybird.adapter.desk import Desk, check
from gateway.backends.moneybird.adapter.parts import Removal, has, replaced
from gateway.backends.moneybird.mapping.attributes import (
    PERSON_KEYS,
    part_attributes,
    part_differences,
    paths_by_key,
)
from gateway.backends.moneybird.mapping.comparing import person_values
from gateway.backends.moneybird.mapping.embedded import person_from_body
from gateway.backends.moneybird.mapping.rules import lacking
from gateway.backends.moneybird.protocol import requests
from gateway.domain.changes import PERSON_INPUTS, FieldChange, Value
from gateway.domain.contact import Contact
from gateway.domain.errors import NotFound
from gateway.domain.faults import Outcome
from gateway.domain.person import Person
from gateway.ports import Call, Plan, Trace, Written

NAMES = ("firstName", "lastName")
"""What a person must have, though those that Moneybird adds itself may lack one."""


@dataclass(frozen=True, slots=True)
class MoneybirdPersons:
    """Contact persons; they have a version of their own."""

    desk: Desk

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new person, who needs a first and a last name."""
        return _Writing(self.desk, await self.desk.known_contact(contact), None, values).plan()

    async def update(self, contact: str, key: str, values: Mapping[str, Value]) -> Plan:
        """Plan to change a person in what differs."""
        holder, person = await self._known(contact, key)
        return _Writing(self.desk, holder, person, values).plan()

    async def delete(self, contact: str, key: str) -> Plan:
        """Plan to delete a person."""
        holder, person = await self._known(contact, key)
        call = requests.delete_person(self.desk.book, contact, key)
        return Removal(self.desk, holder, person, call, _persons).plan(person_values(person))

    async def _known(self, contact: str, key: str) -> tuple[Contact, Person]:
        holder = await self.desk.known_contact(contact)
        person = _persons(holder).get(key)
        if person is None:
            raise NotFound("The contact has no such person.")
        return holder, person


@dataclass(frozen=True, slots=True)
class _Writing:
    """A person that is to be made, or changed when `person` is one."""

    desk: Desk
    contact: Contact
    person: Person | None
    values: Mapping[str, Value]

    def plan(self) -> Plan:
        changes = self._changes()
        given = {each.field for each in changes}
        needed = [path for path in NAMES if self.person is None or path in given]
        return Plan(
            send=self.send,
            look=self.look,
            before=self.contact,
            version=self.person.version if self.person else self.contact.version,
            changes=changes,
            faults=lacking(self.values, PERSON_INPUTS, *needed),
            requests=(requests.shown(self._call()),) if changes or not self.person else (),
            nothing=Outcome.UNCHANGED if self.person else None,
            known=tuple(_persons(self.contact)),
            check=check,
        )

    async def send(self) -> Written:
        paths = paths_by_key(PERSON_KEYS)
        told = await self.desk.write(self._call(), self._person, paths)
        contact, unread = await self.desk.contact_again(self.contact.key.remote)
        stands = _persons(contact).get(told.key, told)
        return Written(
            self._outcome(),
            contact,
            told.key,
            notices=(*replaced(person_values(stands), self.values, PERSON_INPUTS), *unread),
        )

    async def look(self, trace: Trace) -> Written | None:
        """Read the contact: the one person that fits, among the new ones where one was to be made."""
        contact = await self.desk.contact_now(self.contact.key.remote)
        wanted = self.person.key if self.person else None
        found = [
            key
            for key, person in _persons(contact).items()
            if (key == wanted if wanted else key not in trace.known)
            and has(person_values(person), self.values, PERSON_INPUTS)
        ]
        return Written(self._outcome(), contact, found[0]) if len(found) == 1 else None

    def _changes(self) -> tuple[FieldChange, ...]:
        before = person_values(self.person) if self.person else {}
        return part_differences(before, self.values, PERSON_INPUTS)

    def _call(self) -> Call:
        book, contact = self.desk.book, self.contact.key.remote
        attributes = part_attributes(self._changes(), PERSON_KEYS, PERSON_INPUTS)
        if self.person is None:
            return requests.create_person(book, contact, attributes)
        return requests.update_person(book, contact, self.person.key, attributes)

    def _person(self, body: bytes) -> Person:
        person = person_from_body(body)
        if person is None:
            raise self.desk.unreadable()
        return person

    def _outcome(self) -> Outcome:
        return Outcome.UPDATED if self.person else Outcome.CREATED


def _persons(contact: Contact | None) -> Mapping[str, Person]:
    return {person.key: person for person in (contact.persons if contact else None) or ()}
