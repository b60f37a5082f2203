"""A customer or supplier as the client sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import orjson
import strawberry

from gateway.auth import Scope
from gateway.directory import Row
from gateway.domain import contact as domain
from gateway.domain.contact import ContactKind, ContactRole, ContactStatus
from gateway.domain.errors import Forbidden, GatewayError
from gateway.domain.identity import contact_id
from gateway.loaders import ChargesQuestion
from gateway.schema.administration import Administration
from gateway.schema.charge import Charge
from gateway.schema.context import Info
from gateway.schema.enums import System
from gateway.schema.event import ContactEventConnection, page_of_events
from gateway.schema.mandate import Mandate
from gateway.schema.node import Node
from gateway.schema.note import Note
from gateway.schema.parts import (
    BankAccount,
    BookingDefaults,
    CreditCard,
    CustomField,
    Estimates,
    Invoicing,
    PeppolAddress,
    Phone,
    PostalAddress,
    Trust,
    VatNumber,
)
from gateway.schema.person import ContactPerson
from gateway.schema.problem import Problem
from gateway.schema.scalars import JSON


def _plain(name: str, description: str) -> Any:
    """Return a field that shows the domain's value as it is."""

    def resolve(root: Any) -> Any:
        return getattr(root.model, name)

    return strawberry.field(resolver=resolve, description=description)


def _shown(name: str, show: Callable[[Any], Any], description: str) -> Any:
    """Return a field that shows the domain's value as a type of the schema, null when there is none."""

    def resolve(root: Any) -> Any:
        value = getattr(root.model, name)
        return None if value is None else show(value)

    return strawberry.field(resolver=resolve, description=description)


def _account(model: domain.BankAccount) -> BankAccount:
    return BankAccount(number=model.number, bic=model.bic, description=model.description)


def _vat_number(model: domain.VatNumber) -> VatNumber:
    return VatNumber(value=model.value, valid=model.valid, validated_at=model.validated_at)


def _custom_fields(model: tuple[domain.CustomField, ...]) -> list[CustomField]:
    return [
        CustomField(field_id=strawberry.ID(each.field_id), name=each.name, value=each.value) for each in model
    ]


@strawberry.type(description="Where a contact comes from.")
class Source:
    """The system's side of a contact."""

    row: strawberry.Private[Row]
    system: System = strawberry.field(description="The system that keeps it.")
    remote_id: str = strawberry.field(description="What the system calls it.")
    version: str | None = strawberry.field(
        description="Opaque; changes with the record. Needs the details; null while they are not known."
    )
    url: str | None = strawberry.field(
        description="The contact's page in the system; null where it has none."
    )

    @strawberry.field(
        description="The record as its system gave it. Needs the scope contacts:raw, else null and one "
        "FORBIDDEN an operation; null while details are not known."
    )
    def raw(self, info: Info) -> JSON | None:
        """Show the record to those who may see all of it."""
        if not info.context.viewer.may(Scope.RAW):
            info.context.once(
                "", "raw", Forbidden("The scope contacts:raw is needed to see a record as it is.")
            )
            return None
        model = self.row.held.value
        return JSON(orjson.loads(model.raw)) if model.complete and model.raw else None


@strawberry.type(description="How far what is shown of a contact may be relied on.")
class Freshness:
    """The age of a row."""

    fetched_at: datetime = strawberry.field(description="When the system was asked.")
    age_seconds: int = strawberry.field(description="Whole seconds since then.")
    stale: bool = strawberry.field(
        description="Whether this is the last known truth, standing in for a newer one."
    )
    stale_because: Problem | None = strawberry.field(
        description="Why nothing newer is there; null unless stale."
    )
    complete: bool = strawberry.field(
        description="False while the details behind a list's row are not known."
    )


@strawberry.type(
    description="A customer or supplier, the same shape for every system. What a system lacks is null "
    "or empty, and Administration.capabilities and fields say so. What is not known yet is null too; "
    "freshness.complete tells the two apart."
)
class Contact(Node):
    """A row of the directory."""

    row: strawberry.Private[Row]
    model: strawberry.Private[domain.Contact]
    display_name: str = _plain(
        "display_name", "The company, else the person, else the customer number; never empty."
    )
    kind: ContactKind = _plain("kind", "Organisation or person.")
    status: ContactStatus = _plain("status", "Whether the book still uses it.")
    customer_number: str | None = _plain("customer_number", "The owner's own number for the contact.")
    company_name: str | None = _plain(
        "company_name", "Name of the organisation; at Acumulus a private person's name stands here too."
    )
    full_name: str | None = _plain(
        "full_name", "Name of the person, from first and last name; null for a company."
    )
    department: str | None = _plain("department", "Part of the organisation. Acumulus only.")
    first_name: str | None = _plain("first_name", "Moneybird only.")
    last_name: str | None = _plain("last_name", "Moneybird only.")
    attention: str | None = _plain("attention", "Person whom letters are addressed to.")
    salutation: str | None = _plain("salutation", "How letters begin, without the comma. Acumulus only.")
    label: str | None = _plain("label", "A free mark. Acumulus only.")
    website: str | None = _plain("website", "As stored. Acumulus only.")
    chamber_of_commerce: str | None = _plain(
        "chamber_of_commerce", "Number in the trade register, as stored."
    )
    about: str | None = _plain(
        "about", "A text about the contact. Acumulus only; there it is also the one note."
    )
    created_at: datetime | None = _plain(
        "created_at", "When the record was made; null where the system does not tell."
    )
    updated_at: datetime | None = _plain(
        "updated_at", "When the record was last changed; null where the system does not tell."
    )
    address: PostalAddress | None = _shown(
        "address", PostalAddress.from_domain, "Where it is; null when unknown."
    )
    alternative_address: PostalAddress | None = _shown(
        "alternative_address",
        PostalAddress.from_domain,
        "Another address, such as a warehouse. Acumulus only.",
    )
    vat_number: VatNumber | None = _shown("vat_number", _vat_number, "Null when there is none.")
    bank_account: BankAccount | None = _shown("bank_account", _account, "Null when there is none.")
    custom_fields: list[CustomField] = _shown(
        "custom_fields", _custom_fields, "Fields that the owner invented; empty where the system has none."
    )
    invoicing: Invoicing = _shown("invoicing", Invoicing.from_domain, "How the contact is invoiced.")
    estimates: Estimates = _shown("estimates", Estimates.from_domain, "How the contact gets estimates.")
    peppol: PeppolAddress | None = _shown(
        "peppol",
        lambda model: PeppolAddress(scheme=model.scheme, identifier=model.identifier),
        "Address in the Peppol network; null when there is none.",
    )
    booking: BookingDefaults = _shown("booking", BookingDefaults.from_domain, "How entries are booked.")
    trust: Trust | None = _shown(
        "trust",
        lambda model: Trust(trusted=model.trusted, max_transfer_amount=model.max_transfer_amount),
        "Null where the system does not know trust.",
    )
    credit_card: CreditCard | None = _shown(
        "credit_card",
        lambda model: CreditCard(number=model.number, reference=model.reference, type=model.type),
        "Null when there is none.",
    )

    @classmethod
    def of(cls, row: Row) -> Contact:
        """Show a row."""
        model = row.held.value
        key = model.key
        return cls(id=strawberry.ID(contact_id(key.administration, key.remote)), row=row, model=model)

    @strawberry.field(description="The book that the contact stands in.")
    def administration(self, info: Info) -> Administration:
        """Return the contact's administration."""
        return Administration.of(info.context, self.model.key.administration)

    @strawberry.field(description="Where the contact comes from.")
    def source(self, info: Info) -> Source:
        """Return the system's side."""
        model = self.model
        system: Any = info.context.backend(model.key.administration).administration.system
        version = model.version if model.complete else None
        return Source(row=self.row, system=system, remote_id=model.key.remote, version=version, url=model.url)

    @strawberry.field(description="How old and how complete this is.")
    def freshness(self, info: Info) -> Freshness:
        """Tell the age of the row."""
        held = self.row.held
        problem = held.stale_because
        return Freshness(
            fetched_at=held.fetched_at,
            age_seconds=int(held.age(info.context.now())),
            stale=problem is not None,
            stale_because=Problem.from_domain(problem) if problem else None,
            complete=self.model.complete,
        )

    @strawberry.field(
        description="What the contact is to the administration. Empty where the system does not tell."
    )
    def roles(self) -> list[ContactRole]:
        """Return the roles."""
        return list(self.model.roles)

    @strawberry.field(description="All e-mail addresses; empty when there are none.")
    def emails(self) -> list[str]:
        """Return the addresses."""
        return list(self.model.emails)

    @strawberry.field(description="Telephone and fax numbers; null while details are not known.")
    def phones(self) -> list[Phone] | None:
        """Return the numbers."""
        if self.model.phones is None:
            return None
        country = self.model.address.country_code if self.model.address else None
        return [Phone(dialled_from=country, number=each.number, kind=each.kind) for each in self.model.phones]

    @strawberry.field(
        description="People to talk to; empty when there are none, null while details are not known. "
        "Acumulus keeps full names only."
    )
    def persons(self, info: Info) -> list[ContactPerson] | None:
        """Return the persons that the record holds."""
        self._explain("persons", info)
        persons = self.model.persons
        return None if persons is None else [ContactPerson.from_domain(each, self) for each in persons]

    @strawberry.field(
        description="Remarks and to-dos; empty when there are none, null while details are not known. "
        "At Acumulus the text about the contact is the one note."
    )
    def notes(self, info: Info) -> list[Note] | None:
        """Return the notes that the record holds."""
        self._explain("notes", info)
        notes = self.model.notes
        return None if notes is None else [Note.from_domain(each, self) for each in notes]

    @strawberry.field(
        description="Amounts for the next invoice; empty where the system keeps none. A call a contact."
    )
    async def charges(
        self,
        info: Info,
        include_billed: Annotated[
            bool, strawberry.argument(description="Also those that stand on an invoice already.")
        ] = False,
    ) -> list[Charge] | None:
        """Ask the system."""
        key = self.model.key
        question = ChargesQuestion(key.administration, key.remote, include_billed)
        try:
            charges = await info.context.loaders.charges.load(question)
        except GatewayError as error:
            info.context.once(key.administration, "charges", error)
            return None
        return [Charge.from_domain(each, key, self) for each in charges]

    @strawberry.field(description="Permission to collect money; null when there is none of either kind.")
    def mandate(self, info: Info) -> Mandate | None:
        """Show what the record says of mandates."""
        self._explain("mandate", info)
        model = self.model
        is_known = model.complete and not model.has_payments_mandate
        return None if is_known and model.sepa_mandate is None else Mandate(row=self.row)

    @strawberry.field(
        description="What happened to the record, newest first. Empty where the system keeps no history."
    )
    def events(
        self,
        first: Annotated[int | None, strawberry.argument(description="From the newest; at most 250.")] = None,
        after: Annotated[str | None, strawberry.argument(description="Older than this cursor.")] = None,
        last: Annotated[int | None, strawberry.argument(description="From the oldest; at most 250.")] = None,
        before: Annotated[str | None, strawberry.argument(description="Newer than this cursor.")] = None,
    ) -> ContactEventConnection:
        """Cut a page out of the history that the record holds."""
        return page_of_events(self.model.events, first=first, after=after, last=last, before=before)

    def _explain(self, name: str, info: Info) -> None:
        """Say once an operation why a part of contacts is not known."""
        if not self.model.complete and self.row.problem:
            info.context.once(self.model.key.administration, name, self.row.problem)
