"""Mandates that Moneybird Payments keeps, and asking a contact for one.

Source: Moneybird API v2, contacts, Moneybird Payments mandate.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.adapter.desk import Desk, check, is_id, nothing
from gateway.backends.moneybird.adapter.parts import KEPT
from gateway.backends.moneybird.mapping import payments
from gateway.backends.moneybird.mapping.attributes import (
    MANDATE_KEYS,
    part_attributes,
    part_differences,
    paths_by_key,
)
from gateway.backends.moneybird.protocol import requests
from gateway.backends.moneybird.wire import NAME
from gateway.domain.changes import MANDATE_INPUTS, FieldChange, Value
from gateway.domain.contact import Contact
from gateway.domain.errors import RejectedBySystem
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.domain.mandate import PaymentsMandate
from gateway.ports import Answer, Call, Link, Plan, Trace, Written

T = TypeVar("T")

VALID = timedelta(days=14)
"""How long a page for a mandate can be used. Source: Moneybird API v2, mandate, url."""
GIVEN = "mandate.hasPayments"
"""The path under which a deletion shows."""


@dataclass(frozen=True, slots=True)
class MoneybirdMandates:
    """Mandates that Moneybird Payments keeps."""

    desk: Desk

    async def of_contact(self, key: str) -> PaymentsMandate | None:
        """Return the mandate; Moneybird answers 403 where Payments is switched off, 404 without a mandate."""
        if not is_id(key):
            return None
        call = protocol.payments_mandate(self.desk.book, key)
        return await self.desk.ask_for_one(
            call, self._mandate, lambda answer: protocol.is_bare(answer, 403) or protocol.says_none(answer)
        )

    async def request(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a mail to the contact, who pays 15 cents to answer it."""
        asking = _Asking(self.desk, await self.desk.known_contact(contact), values)
        return asking.plan(requests.request_mandate, asking.mail)

    async def link(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a page for the contact, which can be used for 14 days."""
        asking = _Asking(self.desk, await self.desk.known_contact(contact), values)
        return asking.plan(requests.link_mandate, asking.link)

    async def delete(self, contact: str) -> Plan:
        """Plan to delete the mandate; without one nothing is sent."""
        return _Deletion(self.desk, await self.desk.known_contact(contact)).plan()

    def _mandate(self, body: bytes) -> PaymentsMandate:
        mandate = payments.mandate_from_body(body)
        if mandate is None:
            raise self.desk.unreadable()
        return mandate


@dataclass(frozen=True, slots=True)
class _Asking:
    """A contact that is to be asked for a mandate."""

    desk: Desk
    contact: Contact
    values: Mapping[str, Value]

    def plan(
        self,
        make: Callable[[str, str, Mapping[str, object]], Call],
        send: Callable[[Call], Awaitable[Written]],
    ) -> Plan:
        changes = part_differences({}, self.values, MANDATE_INPUTS)
        attributes = part_attributes(changes, MANDATE_KEYS, MANDATE_INPUTS)
        call = make(self.desk.book, self.contact.key.remote, attributes)
        return Plan(
            send=lambda: send(call),
            look=self.look,
            before=self.contact,
            version=self.contact.version,
            changes=changes,
            requests=(requests.shown(call),),
            check=check,
        )

    async def mail(self, call: Call) -> Written:
        await _write(self.desk, call, nothing)
        return Written(Outcome.SENT, self.contact)

    async def link(self, call: Call) -> Written:
        made = await _write(self.desk, call, self._link)
        return Written(Outcome.CREATED, self.contact, link=made)

    async def look(self, trace: Trace) -> Written | None:  # noqa: ARG002
        """Nothing that can be read tells whether a contact was asked."""
        return None

    def _link(self, body: bytes) -> Link:
        url = payments.link_from_body(body)
        if url is None:
            raise self.desk.unreadable()
        return Link(url, self.desk.now() + VALID)


@dataclass(frozen=True, slots=True)
class _Deletion:
    """A contact whose mandate is to be deleted."""

    desk: Desk
    contact: Contact

    def plan(self) -> Plan:
        call = requests.delete_mandate(self.desk.book, self.contact.key.remote)
        there = self.contact.has_payments_mandate is not False
        return Plan(
            send=self.send,
            look=self.look,
            before=self.contact,
            version=self.contact.version,
            changes=(FieldChange(GIVEN, True, False),) if there else (),
            requests=(requests.shown(call),) if there else (),
            nothing=Outcome.UNCHANGED,
            check=check,
        )

    async def send(self) -> Written:
        call = requests.delete_mandate(self.desk.book, self.contact.key.remote)
        await _write(self.desk, call, nothing)
        contact, unread = await self.desk.contact_again(self.contact.key.remote)
        kept = contact is not None and contact.has_payments_mandate
        return Written(Outcome.DELETED, contact, notices=(KEPT,) if kept else unread)

    async def look(self, trace: Trace) -> Written | None:  # noqa: ARG002
        """Read the contact: the deletion happened when it says that it has no mandate."""
        contact = await self.desk.contact_now(self.contact.key.remote)
        gone = contact is not None and contact.has_payments_mandate is False
        return Written(Outcome.DELETED, contact) if gone else None


async def _write(desk: Desk, call: Call, read: Callable[[bytes], T]) -> T:
    """Make a mandate's writing call; its refusals are bare numbers.

    The contact was just read, so that a refusal cannot mean that it is unknown.
    """

    def written(answer: Answer) -> T:
        for status, fault in BARE.items():
            if protocol.is_bare(answer, status):
                slug = desk.home.administration
                raise RejectedBySystem(fault.message, faults=(fault,), system=NAME, administration=slug)
        return desk.read_written(answer, read, paths_by_key(MANDATE_KEYS))

    return await desk.client.ask(call, written)


BARE: Mapping[int, Fault] = {
    403: Fault(
        FaultCode.NOT_SUPPORTED_BY_SYSTEM,
        "Moneybird Payments is not switched on for this administration, or the identity or workflow that was"
        " named is not there.",
    ),
    404: Fault(FaultCode.NOT_FOUND, "Moneybird has no mandate of this contact."),
}
