"""Making and changing a contact at Moneybird: what is sent, and how a lost answer is looked into."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.adapter.desk import Desk, check
from gateway.backends.moneybird.mapping import rules
from gateway.backends.moneybird.mapping.attributes import (
    CONTACT_KEYS,
    contact_attributes,
    differences,
    paths_by_key,
)
from gateway.backends.moneybird.mapping.comparing import (
    creation_notices,
    is_as_wanted,
    is_made_of,
    update_notices,
)
from gateway.backends.moneybird.protocol import requests
from gateway.domain.changes import FieldChange, Form, Value, normal
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError, RejectedBySystem
from gateway.domain.faults import FaultCode, Outcome
from gateway.ports import Call, Plan, Trace, Written

NUMBER = "customerNumber"
GRACE = timedelta(seconds=120)
"""How far Moneybird's clock and ours may be apart."""
MAX_PAGES = 5
"""Pages of new contacts that are looked through; what is not among them is not known."""
MAX_CLAIMS = 10_000
"""Creations that are remembered: more than a day's, at what Moneybird takes in five minutes."""

LookUp = Callable[[str], Awaitable[tuple[Contact, ...]]]
"""Finds the contacts that hold a customer number, archived ones included."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Which contact came of which creation, so that no contact answers for two of them.

    `owners` maps a contact's id to whatever stands for the creation, compared by identity.
    """

    owners: dict[str, object] = field(default_factory=dict)

    def claim(self, key: str, owner: object) -> None:
        """Note that a creation made a contact."""
        self.owners[key] = owner
        while len(self.owners) > MAX_CLAIMS:
            del self.owners[next(iter(self.owners))]

    def is_free(self, key: str, owner: object) -> bool:
        """Whether a contact may have come of this creation."""
        return self.owners.get(key, owner) is owner


@dataclass(frozen=True, slots=True, eq=False)
class Creation:
    """A contact that is to be made.

    Attributes:
        desk: Asks the administration.
        values: What it is to have, by path.
        holders: Tells who holds a customer number that is taken.
        claims: Shared by all creations of the connection.
    """

    desk: Desk
    values: Mapping[str, Value]
    holders: LookUp
    claims: Claims

    def plan(self) -> Plan:
        """Work the creation out; nothing is read."""
        changes = differences(None, self.values)
        return Plan(
            send=self.send,
            look=self.look,
            changes=changes,
            faults=rules.faults_of(self.values, None),
            requests=(requests.shown(self._call(changes)),),
            check=check,
        )

    async def send(self) -> Written:
        """Make the contact; the answer gives it whole."""
        call = self._call(differences(None, self.values))
        try:
            made = await self.desk.write(call, self.desk.contact, paths_by_key(CONTACT_KEYS, self.values))
        except RejectedBySystem as refused:
            raise await _with_holders(refused, self.values, self.holders) from refused.__cause__
        return self._written(made)

    async def look(self, trace: Trace) -> Written | None:
        """Find the new contact that has everything that was asked; None where there is not exactly one."""
        since = trace.asked_at - GRACE
        found = [
            contact
            for contact in await self._candidates(since)
            if contact.created_at
            and contact.created_at >= since
            and self.claims.is_free(contact.key.remote, self)
            and is_made_of(contact, self.values)
        ]
        return self._written(found[0]) if len(found) == 1 else None

    async def _candidates(self, since: datetime) -> tuple[Contact, ...]:
        number = normal(Form.LINE, self.values.get(NUMBER))
        if isinstance(number, str):
            return await self._with_number(number)
        return await self._made_since(since)

    async def _with_number(self, number: str) -> tuple[Contact, ...]:
        # A number has one holder, and a new contact is active: the search for archived ones can be spared.
        desk = self.desk
        call = requests.alone(protocol.contact_by_customer_id(desk.book, number))
        found = await desk.ask_for_one(call, desk.contact)
        return (found,) if found else ()

    async def _made_since(self, since: datetime) -> tuple[Contact, ...]:
        desk, found = self.desk, dict[str, Contact]()
        call: Call | None = requests.contacts_since(desk.book, since)
        for _ in range(MAX_PAGES):
            if call is None:
                return tuple(found.values())
            page, call = await desk.ask_for_page(call, desk.contacts)
            found |= page.contacts
        return () if call else tuple(found.values())

    def _written(self, made: Contact) -> Written:
        self.claims.claim(made.key.remote, self)
        return Written(Outcome.CREATED, made, notices=creation_notices(made, self.values))

    def _call(self, changes: tuple[FieldChange, ...]) -> Call:
        return requests.create_contact(self.desk.book, contact_attributes(changes))


@dataclass(frozen=True, slots=True)
class Update:
    """A contact that is to be changed.

    Attributes:
        desk: Asks the administration.
        before: The contact as it was just read.
        values: What it is to have, by path.
        holders: Tells who holds a customer number that is taken.
    """

    desk: Desk
    before: Contact
    values: Mapping[str, Value]
    holders: LookUp

    def plan(self) -> Plan:
        """Work the update out: only what differs is sent."""
        changes = differences(self.before, self.values)
        return Plan(
            send=self.send,
            look=self.look,
            before=self.before,
            version=self.before.version,
            changes=changes,
            faults=rules.faults_of(self.values, self.before),
            requests=(requests.shown(self._call(changes)),) if changes else (),
            nothing=Outcome.UNCHANGED,
            check=check,
        )

    async def send(self) -> Written:
        """Change the contact; the answer gives it whole."""
        call = self._call(differences(self.before, self.values))
        try:
            after = await self.desk.write(call, self.desk.contact, paths_by_key(CONTACT_KEYS, self.values))
        except RejectedBySystem as refused:
            raise await _with_holders(refused, self.values, self.holders) from refused.__cause__
        return self._written(after)

    async def look(self, trace: Trace) -> Written | None:  # noqa: ARG002
        """Read the contact: the update happened when it has everything that was asked."""
        after = await self.desk.contact_now(self.before.key.remote)
        return self._written(after) if after and is_as_wanted(after, self.values) else None

    def _written(self, after: Contact) -> Written:
        return Written(Outcome.UPDATED, after, notices=update_notices(self.before, after, self.values))

    def _call(self, changes: tuple[FieldChange, ...]) -> Call:
        return requests.update_contact(self.desk.book, self.before.key.remote, contact_attributes(changes))


async def _with_holders(
    refused: RejectedBySystem, values: Mapping[str, Value], holders: LookUp
) -> RejectedBySystem:
    """Return a refusal that names who holds a customer number that is taken, as far as that can be told."""
    number = normal(Form.LINE, values.get(NUMBER))
    taken = [each for each in refused.faults if each.code is FaultCode.TAKEN and each.path == NUMBER]
    if not taken or not isinstance(number, str):
        return refused
    try:
        related = await holders(number)
    except BackendError:
        return refused
    faults = tuple(replace(each, related=related) if each in taken else each for each in refused.faults)
    return RejectedBySystem(
        refused.message, faults=faults, system=refused.system, administration=refused.administration
    )
