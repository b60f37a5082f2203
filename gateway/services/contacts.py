"""Writing contacts: made, changed, archived, brought back, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.domain.administration import FieldRule
from gateway.domain.changes import Changes, Value
from gateway.domain.contact import Contact, ContactKey
from gateway.domain.faults import Fault, FaultCode
from gateway.domain.validation import expanded, faults_of, writable
from gateway.ports import Backend, Contacts, Lifecycle
from gateway.services.remembering import input_digest
from gateway.services.result import Caller, Result, Wish, refused
from gateway.services.writing import Order, Writer, may_write

ADMINISTRATION = ("administration",)
SUBJECT = ("id",)


@dataclass(frozen=True, slots=True)
class ContactService:
    """What can be done with contacts; every method says how it went, and raises nothing that was foreseen.

    Attributes:
        writer: Carries writes out.
        held: Returns what is held of a contact, without asking anybody.
    """

    writer: Writer
    held: Callable[[ContactKey], Contact | None]

    async def create(self, caller: Caller, administration: str, changes: Changes, wish: Wish) -> Result:
        """Make a contact; what is None, or blank, is absent."""
        if fault := may_write(self.writer.backends, caller, administration, ADMINISTRATION):
            return refused(fault)
        backend = self.writer.backends[administration]
        values = {path: value for path, value in changes.values.items() if not _is_blank(value)}
        if faults := _faults(backend, values, self._today(), None):
            return refused(*faults, administration=administration)
        order = Order(
            "contactCreate",
            administration,
            lambda: backend.contacts.create(values),
            fields=tuple(sorted(values)),
            input=input_digest(values),
            subject=ADMINISTRATION,
            numbers=_numbers(values),
        )
        return await self.writer.write(caller, order, wish)

    async def update(self, caller: Caller, key: ContactKey, changes: Changes, wish: Wish) -> Result:
        """Change a contact: absent stays, None is cleared, a value is set."""
        if fault := may_write(self.writer.backends, caller, key.administration, SUBJECT):
            return refused(fault)
        backend = self.writer.backends[key.administration]
        values = expanded(changes, _rules(backend))
        if faults := faults_of(values, _rules(backend), today=self._today(), before=self.held(key)):
            return refused(*faults, administration=key.administration)
        order = Order(
            "contactUpdate",
            key.administration,
            lambda: backend.contacts.update(key.remote, values, wish.accept),
            contact=key.remote,
            fields=tuple(sorted(values)),
            subject=SUBJECT,
            numbers=_numbers(values),
            rules=lambda before: backend.contacts.faults(values, before),
        )
        return await self.writer.write(caller, order, wish)

    async def archive(self, caller: Caller, key: ContactKey, wish: Wish) -> Result:
        """Take a contact out of use."""
        return await self._end(caller, key, wish, "contactArchive", lambda contacts: contacts.archive)

    async def restore(self, caller: Caller, key: ContactKey, wish: Wish) -> Result:
        """Bring an archived contact back into use."""
        return await self._end(caller, key, wish, "contactRestore", lambda contacts: contacts.restore)

    async def delete(self, caller: Caller, key: ContactKey, wish: Wish) -> Result:
        """Delete a contact; the system may archive it instead, and the outcome says so."""
        return await self._end(caller, key, wish, "contactDelete", lambda contacts: contacts.delete)

    async def _end(
        self,
        caller: Caller,
        key: ContactKey,
        wish: Wish,
        mutation: str,
        port: Callable[[Contacts], Lifecycle | None],
    ) -> Result:
        slug = key.administration
        if fault := may_write(self.writer.backends, caller, slug, SUBJECT):
            return refused(fault)
        backend = self.writer.backends[slug]
        plan = port(backend.contacts)
        if plan is None:
            capability = f"contacts.{mutation.removeprefix('contact').lower()}"
            return refused(unsupported(backend, capability), administration=slug)
        order = Order(
            mutation,
            slug,
            lambda: plan(key.remote, wish.accept),
            contact=key.remote,
            subject=SUBJECT,
            ends=True,
        )
        return await self.writer.write(caller, order, wish)

    def _today(self) -> date:
        return self.writer.now().date()


def unsupported(backend: Backend, capability: str) -> Fault:
    """Return that a system cannot do something, with the reason that its capabilities give."""
    reason = backend.unsupported.get(capability, "The contact's system does not have this.")
    return Fault(FaultCode.NOT_SUPPORTED_BY_SYSTEM, reason)


def _rules(backend: Backend) -> dict[str, FieldRule]:
    return {rule.path: rule for rule in backend.fields}


def _faults(
    backend: Backend, values: Mapping[str, Value], today: date, before: Contact | None
) -> tuple[Fault, ...]:
    """Return everything that is wrong with a new contact: what is true everywhere, and the system's rules."""
    rules = _rules(backend)
    found = faults_of(values, rules, today=today, before=before)
    at_fault = {fault.path for fault in found}
    known = {path: value for path, value in values.items() if writable(rules, path)}
    own = (fault for fault in backend.contacts.faults(known, before) if fault.path not in at_fault)
    return (*found, *own)


def _is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _numbers(values: Mapping[str, Value]) -> tuple[str, ...]:
    number = values.get("customerNumber")
    return (number,) if isinstance(number, str) else ()
