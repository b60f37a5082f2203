"""Writing what belongs to a contact: persons, notes, charges, mandates of a payments provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from gateway.domain.changes import (
    CHARGE_INPUTS,
    MANDATE_INPUTS,
    NOTE_INPUTS,
    PERSON_INPUTS,
    InputField,
    Value,
)
from gateway.domain.contact import ContactKey
from gateway.domain.validation import faults_of_part
from gateway.ports import Backend, Plan
from gateway.services.contacts import unsupported
from gateway.services.remembering import input_digest
from gateway.services.result import Caller, Result, Wish, refused
from gateway.services.writing import Order, Writer, may_write

Values = Mapping[str, Value]
Planned = Callable[[], Awaitable[Plan]]
CONTACT = ("contactId",)
SUBJECT = ("id",)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of write: its mutation, the capability it needs, and what its input is like.

    Attributes:
        subject: Where the input names what is written.
        required: Paths that a value is needed for.
        makes: Whether something new is made, so that what is None is absent.
    """

    mutation: str
    capability: str
    inputs: Mapping[str, InputField]
    subject: tuple[str, ...] = CONTACT
    required: tuple[str, ...] = ()
    makes: bool = False


PERSON_CREATE = Part("contactPersonCreate", "persons.write", PERSON_INPUTS, makes=True)
PERSON_UPDATE = Part("contactPersonUpdate", "persons.write", PERSON_INPUTS, SUBJECT)
PERSON_DELETE = Part("contactPersonDelete", "persons.write", PERSON_INPUTS, SUBJECT)
NOTE_CREATE = Part("contactNoteCreate", "notes.write", NOTE_INPUTS, required=("text",), makes=True)
NOTE_DELETE = Part("contactNoteDelete", "notes.write", NOTE_INPUTS, SUBJECT)
CHARGE_CREATE = Part("contactChargeCreate", "charges.write", CHARGE_INPUTS, makes=True)
MANDATE_REQUEST = Part("mandateRequest", "mandate.payments.write", MANDATE_INPUTS, makes=True)
MANDATE_LINK = Part("mandateLinkCreate", "mandate.payments.write", MANDATE_INPUTS, makes=True)
MANDATE_DELETE = Part("mandateDelete", "mandate.payments.write", MANDATE_INPUTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A write as it was asked for: by whom, of which kind, of which contact, with what."""

    caller: Caller
    part: Part
    contact: ContactKey
    values: Values
    wish: Wish


@dataclass(frozen=True, slots=True)
class PersonService:
    """A contact's persons."""

    writer: Writer

    async def create(self, caller: Caller, contact: ContactKey, values: Values, wish: Wish) -> Result:
        """Add a person."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return partial(backend.persons.create, contact.remote, values) if backend.persons else None

        return await _write(self.writer, Asked(caller, PERSON_CREATE, contact, values, wish), planned)

    async def update(
        self, caller: Caller, contact: ContactKey, person: str, values: Values, wish: Wish
    ) -> Result:
        """Change a person: absent stays, None is cleared, a value is set."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return (
                partial(backend.persons.update, contact.remote, person, values) if backend.persons else None
            )

        return await _write(self.writer, Asked(caller, PERSON_UPDATE, contact, values, wish), planned)

    async def delete(self, caller: Caller, contact: ContactKey, person: str, wish: Wish) -> Result:
        """Delete a person."""

        def planned(backend: Backend, _: Values) -> Planned | None:
            return partial(backend.persons.delete, contact.remote, person) if backend.persons else None

        return await _write(self.writer, Asked(caller, PERSON_DELETE, contact, {}, wish), planned)


@dataclass(frozen=True, slots=True)
class NoteService:
    """A contact's notes."""

    writer: Writer

    async def create(self, caller: Caller, contact: ContactKey, values: Values, wish: Wish) -> Result:
        """Add a note."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return partial(backend.notes.create, contact.remote, values) if backend.notes else None

        return await _write(self.writer, Asked(caller, NOTE_CREATE, contact, values, wish), planned)

    async def delete(self, caller: Caller, contact: ContactKey, note: str, wish: Wish) -> Result:
        """Delete a note."""

        def planned(backend: Backend, _: Values) -> Planned | None:
            return partial(backend.notes.delete, contact.remote, note) if backend.notes else None

        return await _write(self.writer, Asked(caller, NOTE_DELETE, contact, {}, wish), planned)


@dataclass(frozen=True, slots=True)
class ChargeService:
    """A contact's additional charges."""

    writer: Writer

    async def create(self, caller: Caller, contact: ContactKey, values: Values, wish: Wish) -> Result:
        """Add a charge."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return partial(backend.charges.create, contact.remote, values) if backend.charges else None

        return await _write(self.writer, Asked(caller, CHARGE_CREATE, contact, values, wish), planned)


@dataclass(frozen=True, slots=True)
class MandateService:
    """A contact's mandate with the system's payments provider."""

    writer: Writer

    async def request(self, caller: Caller, contact: ContactKey, values: Values, wish: Wish) -> Result:
        """Have the system ask the contact for a mandate by mail."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return partial(backend.mandates.request, contact.remote, values) if backend.mandates else None

        return await _write(self.writer, Asked(caller, MANDATE_REQUEST, contact, values, wish), planned)

    async def link(self, caller: Caller, contact: ContactKey, values: Values, wish: Wish) -> Result:
        """Make a page on which the contact can give a mandate."""

        def planned(backend: Backend, values: Values) -> Planned | None:
            return partial(backend.mandates.link, contact.remote, values) if backend.mandates else None

        return await _write(self.writer, Asked(caller, MANDATE_LINK, contact, values, wish), planned)

    async def delete(self, caller: Caller, contact: ContactKey, wish: Wish) -> Result:
        """Delete the mandate."""

        def planned(backend: Backend, _: Values) -> Planned | None:
            return partial(backend.mandates.delete, contact.remote) if backend.mandates else None

        return await _write(self.writer, Asked(caller, MANDATE_DELETE, contact, {}, wish), planned)


async def _write(
    writer: Writer, asked: Asked, planned: Callable[[Backend, Values], Planned | None]
) -> Result:
    """Check what all of these have in common, and have the write carried out."""
    part, contact, values = asked.part, asked.contact, asked.values
    slug = contact.administration
    if fault := may_write(writer.backends, asked.caller, slug, part.subject):
        return refused(fault)
    backend = writer.backends[slug]
    given = {path: value for path, value in values.items() if value is not None} if part.makes else values
    plan = planned(backend, given)
    if plan is None:
        return refused(unsupported(backend, part.capability), administration=slug)
    faults = faults_of_part(given, part.inputs, today=writer.now().date(), required=part.required)
    if faults:
        return refused(*faults, administration=slug)
    order = Order(
        part.mutation,
        slug,
        plan,
        contact=contact.remote,
        fields=tuple(sorted(given)),
        input=input_digest({"contact": contact.remote, **given}),
        subject=part.subject,
    )
    return await writer.write(asked.caller, order, asked.wish)
