"""What a contact is made of, where it is plain data."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.domain import contact as domain
from gateway.domain import identifiers
from gateway.domain.contact import DeliveryMethod, PhoneKind
from gateway.schema.node import optional_id


@strawberry.type(description="A telephone or fax number.")
class Phone:
    """A Phone of the domain, with the country that it is dialled from."""

    dialled_from: strawberry.Private[str | None]
    number: str = strawberry.field(description="As stored.")
    kind: PhoneKind = strawberry.field(description="Which line it is.")

    @strawberry.field(description="In E.164 (+31201234567); null when it makes no telephone number.")
    def normalized(self) -> str | None:
        """Read the number as dialled in the contact's own country."""
        return identifiers.phone(self.number, self.dialled_from)


@strawberry.type(description="A country as the system keeps it.")
class Country:
    """A code, a name, or both."""

    code: str | None = strawberry.field(description="ISO 3166-1 alpha-2, upper case; null when not known.")
    name: str | None = strawberry.field(
        description="As stored; the English name of the code where the system keeps no name."
    )


@strawberry.type(description="A postal address.")
class PostalAddress:
    """A PostalAddress of the domain."""

    model: strawberry.Private[domain.PostalAddress]
    name: str | None = strawberry.field(
        description="Who is there; only in the alternative address of Acumulus."
    )
    department: str | None = strawberry.field(
        description="Part of who is there; only in the alternative address of Acumulus."
    )
    attention: str | None = strawberry.field(
        description="Person to ask for; only in the alternative address of Acumulus."
    )
    line1: str | None = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="What did not fit in the first line.")
    postal_code: str | None = strawberry.field(description="As stored.")
    city: str | None = strawberry.field(description="As stored.")

    @strawberry.field(description="Null when neither code nor name is stored.")
    def country(self) -> Country | None:
        """Complete the name from the code."""
        code, name = self.model.country_code, self.model.country_name
        if code is None and name is None:
            return None
        return Country(code=code, name=name or identifiers.country_name(code or ""))

    @strawberry.field(description="The whole address, a line each; empty when nothing is stored.")
    def formatted(self) -> str:
        """Write the address as on an envelope."""
        place = " ".join(part for part in (self.postal_code, self.city) if part)
        country = self.country()
        lines = (
            self.name,
            self.department,
            self.attention,
            self.line1,
            self.line2,
            place,
            country and (country.name or country.code),
        )
        return "\n".join(line for line in lines if line)

    @classmethod
    def from_domain(cls, model: domain.PostalAddress) -> PostalAddress:
        """Show an address."""
        return cls(
            model=model,
            name=model.name,
            department=model.department,
            attention=model.attention,
            line1=model.line1,
            line2=model.line2,
            postal_code=model.postal_code,
            city=model.city,
        )


@strawberry.type(description="A VAT number.")
class VatNumber:
    """A VatNumber of the domain."""

    value: str = strawberry.field(description="As stored.")
    valid: bool | None = strawberry.field(
        description="What the system found when it checked the number; null when it did not."
    )
    validated_at: datetime | None = strawberry.field(
        description="When the system checked it; null when never."
    )

    @strawberry.field(description="Without blanks, dots and dashes, upper case; null when nothing is left.")
    def normalized(self) -> str | None:
        """Spell the number as authorities do."""
        return identifiers.vat_normal(self.value) or None


@strawberry.type(description="A bank account.")
class BankAccount:
    """A BankAccount of the domain."""

    number: str | None = strawberry.field(description="As stored: an IBAN, or an older account number.")
    bic: str | None = strawberry.field(description="The bank's code, as stored.")
    description: str | None = strawberry.field(description="What the owner of the book calls the account.")

    @strawberry.field(description="The number without blanks, when it is a valid IBAN; else null.")
    def iban(self) -> str | None:
        """Check the number."""
        return identifiers.iban(self.number) if self.number else None


@strawberry.type(description="The value of a field that the owner of the book invented.")
class CustomField:
    """A CustomField of the domain."""

    field_id: strawberry.ID = strawberry.field(description="Which field; Administration.choices lists them.")
    name: str = strawberry.field(description="What the owner calls the field.")
    value: str | None = strawberry.field(description="The contact's value; null when empty.")


@strawberry.type(description="How a contact is invoiced. Ids and VAT codes are the system's own.")
class Invoicing:
    """An Invoicing of the domain; every field null while details are not known."""

    delivery_method: DeliveryMethod | None = strawberry.field(
        description="How invoices go out; null where the system does not tell."
    )
    attention: str | None = strawberry.field(description="Person whom invoices are addressed to.")
    emails: list[str] = strawberry.field(description="Where invoices are mailed to.")
    attach_ubl: bool | None = strawberry.field(description="Whether e-mails carry the invoice as UBL.")
    direct_debit: bool | None = strawberry.field(
        description="Whether invoices are collected by direct debit."
    )
    workflow_id: strawberry.ID | None = strawberry.field(description="A choice of INVOICE_WORKFLOW.")
    template_id: strawberry.ID | None = strawberry.field(description="A choice of INVOICE_TEMPLATE.")
    notes: str | None = strawberry.field(description="Text that is printed on invoices.")
    vat_category: str | None = strawberry.field(description="A choice of VAT_CATEGORY.")
    vat_treatment: str | None = strawberry.field(description="A choice of VAT_TREATMENT.")
    vat_rate: str | None = strawberry.field(
        description="Percentage, or a code below zero: a choice of VAT_RATE."
    )
    portal_url: str | None = strawberry.field(
        description="Page on which the contact sees its invoices. Whoever has the link gets in: keep it safe."
    )

    @classmethod
    def from_domain(cls, model: domain.Invoicing) -> Invoicing:
        """Show the group."""
        return cls(
            delivery_method=model.delivery_method,
            attention=model.attention,
            emails=list(model.emails),
            attach_ubl=model.attach_ubl,
            direct_debit=model.direct_debit,
            workflow_id=optional_id(model.workflow_id),
            template_id=optional_id(model.template_id),
            notes=model.notes,
            vat_category=model.vat_category,
            vat_treatment=model.vat_treatment,
            vat_rate=model.vat_rate,
            portal_url=model.portal_url,
        )


@strawberry.type(description="How a contact gets estimates.")
class Estimates:
    """An Estimates of the domain."""

    attention: str | None = strawberry.field(description="Person whom estimates are addressed to.")
    emails: list[str] = strawberry.field(description="Where estimates are mailed to.")
    workflow_id: strawberry.ID | None = strawberry.field(description="A choice of ESTIMATE_WORKFLOW.")

    @classmethod
    def from_domain(cls, model: domain.Estimates) -> Estimates:
        """Show the group."""
        return cls(
            attention=model.attention, emails=list(model.emails), workflow_id=optional_id(model.workflow_id)
        )


@strawberry.type(description="An address in the Peppol network.")
class PeppolAddress:
    """A PeppolAddress of the domain."""

    scheme: str | None = strawberry.field(
        description="Who gives out the identifiers; a choice of PEPPOL_SCHEME."
    )
    identifier: str = strawberry.field(description="As stored.")


@strawberry.type(description="How entries of a contact are booked unless told otherwise.")
class BookingDefaults:
    """A BookingDefaults of the domain."""

    cost_heading_id: strawberry.ID | None = strawberry.field(description="A choice of COST_HEADING.")
    cost_center_id: strawberry.ID | None = strawberry.field(description="A choice of COST_CENTER.")
    bank_account_id: strawberry.ID | None = strawberry.field(description="A choice of BANK_ACCOUNT.")
    private_use_rate: Decimal | None = strawberry.field(
        description="Share of private use in percent, 0 to 100."
    )
    entry_description: str | None = strawberry.field(description="Text of new entries.")

    @classmethod
    def from_domain(cls, model: domain.BookingDefaults) -> BookingDefaults:
        """Show the group."""
        return cls(
            cost_heading_id=optional_id(model.cost_heading_id),
            cost_center_id=optional_id(model.cost_center_id),
            bank_account_id=optional_id(model.bank_account_id),
            private_use_rate=model.private_use_rate,
            entry_description=model.entry_description,
        )


@strawberry.type(description="Whether payments to a contact go out without approval.")
class Trust:
    """A Trust of the domain."""

    trusted: bool = strawberry.field(description="Whether the contact is trusted.")
    max_transfer_amount: Decimal | None = strawberry.field(
        description="Up to which amount, in the administration's currency; null for any, or when not told."
    )


@strawberry.type(description="A credit card that the book knows of.")
class CreditCard:
    """A CreditCard of the domain."""

    number: str | None = strawberry.field(description="As stored, masked by the system.")
    reference: str | None = strawberry.field(description="The system's reference.")
    type: str | None = strawberry.field(description="Brand, as the system spells it.")
