"""Archiving and deleting a contact at Moneybird: neither answer tells what happened, so it is read.

Source: Moneybird API v2, contacts, "Deletes a contact": one that is in use is archived instead; both
calls refuse a contact that is archived and in use.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.backends.moneybird.adapter.desk import Desk, check, landed, nothing
from gateway.backends.moneybird.protocol import requests
from gateway.backends.moneybird.wire import NAME
from gateway.domain.changes import STATUS, FieldChange
from gateway.domain.contact import Contact, ContactStatus
from gateway.domain.errors import BackendError, BadUpstreamAnswer, RejectedBySystem
from gateway.domain.faults import Outcome
from gateway.ports import Call, Plan, Trace, Written


@dataclass(frozen=True, slots=True)
class Archiving:
    """A contact, as it was just read, that is to be archived."""

    desk: Desk
    before: Contact

    def plan(self) -> Plan:
        """Work it out; a contact that is archived stays so, and nothing is sent."""
        call = requests.archive_contact(self.desk.book, self.before.key.remote)
        if _is_archived(self.before):
            return _plan(_Ending(self.desk, self.before, call), (), Outcome.ALREADY)
        change = FieldChange(STATUS, self.before.status, ContactStatus.ARCHIVED)
        return _plan(_Ending(self.desk, self.before, call), (change,), None)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A contact, as it was just read, that is to be deleted."""

    desk: Desk
    before: Contact

    def plan(self) -> Plan:
        """Work it out; an archived contact is deleted too, unless it is in use."""
        call = requests.delete_contact(self.desk.book, self.before.key.remote)
        change = FieldChange(STATUS, self.before.status, None)
        return _plan(_Ending(self.desk, self.before, call), (change,), None)


@dataclass(frozen=True, slots=True)
class _Ending:
    desk: Desk
    before: Contact
    call: Call

    async def send(self) -> Written:
        """Send the call and read what became of the contact."""
        try:
            await self.desk.write(self.call, nothing, {})
        except RejectedBySystem as refused:
            return await self._refused(refused)
        try:
            now = await self._now()
        except BackendError as error:
            raise landed(error) from error.__cause__
        found = _ended(now, self.before.status.value)
        if found is None:
            slug = self.before.key.administration
            words = "Moneybird answered that it was done, and shows the contact unchanged."
            raise BadUpstreamAnswer(words, system=NAME, administration=slug)
        return found

    async def look(self, trace: Trace) -> Written | None:
        """Read what became of the contact; one that is as it was may still be waiting for the call."""
        status = trace.known[0] if trace.known else self.before.status.value
        return _ended(await self._now(), status)

    async def _refused(self, refused: RejectedBySystem) -> Written:
        """Return ALREADY for a contact that proves to be archived; else the refusal stands."""
        try:
            now = await self._now()
        except BackendError:
            raise refused from None
        if now is None or not _is_archived(now):
            raise refused
        return Written(Outcome.ALREADY, now)

    async def _now(self) -> Contact | None:
        return await self.desk.contact_now(self.before.key.remote)


def _plan(ending: _Ending, changes: tuple[FieldChange, ...], nothing: Outcome | None) -> Plan:
    return Plan(
        send=ending.send,
        look=ending.look,
        before=ending.before,
        version=ending.before.version,
        changes=changes,
        requests=(requests.shown(ending.call),) if changes else (),
        nothing=nothing,
        known=(ending.before.status.value,),
        check=check,
    )


def _ended(now: Contact | None, status: str) -> Written | None:
    """Return what became of a contact that had this status; None where nothing did."""
    if now is None:
        return Written(Outcome.DELETED)
    if _is_archived(now) and status != ContactStatus.ARCHIVED.value:
        return Written(Outcome.ARCHIVED, now)
    return None


def _is_archived(contact: Contact) -> bool:
    return contact.status is ContactStatus.ARCHIVED
