"""What writing a contact's persons and notes has in common at Moneybird."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.backends.moneybird.adapter.desk import Desk, check, nothing
from gateway.backends.moneybird.mapping.attributes import part_differences
from gateway.backends.moneybird.protocol import requests
from gateway.domain.changes import FieldChange, InputField, Value, normal
from gateway.domain.contact import Contact
from gateway.domain.faults import Notice, NoticeCode, Outcome
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.ports import Call, Plan, Trace, Written

Parts = Callable[[Contact | None], Mapping[str, Person | Note]]
"""A contact's persons, or its notes, by key."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A person or note that is to be deleted.

    Attributes:
        desk: Asks the administration.
        contact: As it was just read.
        part: What is to go.
        call: Deletes it.
        parts: All of its kind.
    """

    desk: Desk
    contact: Contact
    part: Person | Note
    call: Call
    parts: Parts

    def plan(self, values: Mapping[str, Value]) -> Plan:
        """Work the deletion out; `values` are the part's, by path."""
        gone = (FieldChange(path, value, None) for path, value in values.items())
        return Plan(
            send=self.send,
            look=self.look,
            before=self.contact,
            version=self.part.version,
            changes=tuple(each for each in gone if each.before not in (None, "", False)),
            requests=(requests.shown(self.call),),
            known=tuple(self.parts(self.contact)),
            check=check,
        )

    async def send(self) -> Written:
        """Delete the part, and read its contact again."""
        await self.desk.write(self.call, nothing, {})
        contact, unread = await self.desk.contact_again(self.contact.key.remote)
        kept = self.part.key in self.parts(contact)
        return Written(Outcome.DELETED, contact, self.part.key, notices=(KEPT,) if kept else unread)

    async def look(self, trace: Trace) -> Written | None:  # noqa: ARG002
        """Read the contact: the deletion happened when the part is not there."""
        contact = await self.desk.contact_now(self.contact.key.remote)
        if contact is None or self.part.key in self.parts(contact):
            return None
        return Written(Outcome.DELETED, contact, self.part.key)


KEPT = Notice(NoticeCode.NOT_VERIFIED, "Moneybird answered that it was deleted, and still shows it.")


def has(held: Mapping[str, Value], values: Mapping[str, Value], inputs: Mapping[str, InputField]) -> bool:
    """Whether a part has every value that was asked."""
    return not part_differences(held, values, inputs)


def replaced(
    held: Mapping[str, Value], values: Mapping[str, Value], inputs: Mapping[str, InputField]
) -> tuple[Notice, ...]:
    """Return a notice for every value of a part that came out otherwise."""
    return tuple(_notice(each, inputs) for each in part_differences(held, values, inputs))


def _notice(change: FieldChange, inputs: Mapping[str, InputField]) -> Notice:
    if normal(inputs[change.field].form, change.after) is None:
        return Notice(NoticeCode.VALUE_KEPT, "Moneybird did not clear this.", change.field)
    return Notice(NoticeCode.VALUE_REPLACED, "Moneybird stored something else.", change.field)
