"""What can be set of a contact, as a client writes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry

from gateway.domain.contact import ContactRole, DeliveryMethod
from gateway.domain.mandate import SepaSequence
from gateway.schema.inputs import maybe

GROUP = (
    "In an update a null group is null for each field of it that can be cleared and that no other group "
    "shares."
)
ACUMULUS = "Acumulus only."
MONEYBIRD = "Moneybird only."


@strawberry.input(description=f"A contact's numbers. {GROUP}")
class PhonesFields:
    """Paths "phones.…"."""

    main: strawberry.Maybe[str | None] = maybe("The telephone.")
    second: strawberry.Maybe[str | None] = maybe(f"A second telephone. {ACUMULUS}")
    fax: strawberry.Maybe[str | None] = maybe(f"The fax. {ACUMULUS}")


@strawberry.input(description=f"An address. {GROUP}")
class PostalAddressFields:
    """Paths "address.…" and "alternativeAddress.…"."""

    name: strawberry.Maybe[str | None] = maybe(f"Who is there. The alternative address alone; {ACUMULUS}")
    department: strawberry.Maybe[str | None] = maybe(
        f"Part of the organisation. The alternative address alone; {ACUMULUS}"
    )
    attention: strawberry.Maybe[str | None] = maybe(
        f"Person whom letters are addressed to. The alternative address alone; {ACUMULUS}"
    )
    line1: strawberry.Maybe[str | None] = maybe("Street and number.")
    line2: strawberry.Maybe[str | None] = maybe("What else stands in the address.")
    postal_code: strawberry.Maybe[str | None] = maybe("Postal code.")
    city: strawberry.Maybe[str | None] = maybe("City.")
    country_code: strawberry.Maybe[str | None] = maybe("ISO 3166-1 alpha-2, in either case.")
    country_name: strawberry.Maybe[str | None] = maybe(
        "The country in words, where the system keeps words besides the code."
    )


@strawberry.input(description=f"A bank account. {GROUP}")
class BankAccountFields:
    """Paths "bankAccount.…"."""

    number: strawberry.Maybe[str | None] = maybe("The account's number, an IBAN or not; kept as written.")
    iban: strawberry.Maybe[str | None] = maybe(
        "The same stored value as number, but refused unless it is a valid IBAN."
    )
    bic: strawberry.Maybe[str | None] = maybe("The bank's code.")
    description: strawberry.Maybe[str | None] = maybe(
        f"What the owner of the book calls the account. {ACUMULUS}"
    )


@strawberry.input(description=f"A SEPA direct debit mandate as the book keeps it. {GROUP}")
class SepaMandateFields:
    """Paths "sepaMandate.…"."""

    active: strawberry.Maybe[bool | None] = maybe(
        "Whether it may be used; at Acumulus true needs a reference and false clears it."
    )
    reference: strawberry.Maybe[str | None] = maybe("The mandate's own number.")
    signed_on: strawberry.Maybe[date | None] = maybe("When it was signed; not ahead of today.")
    sequence: strawberry.Maybe[SepaSequence | None] = maybe("Which collection comes next. Not UNKNOWN.")
    iban: strawberry.Maybe[str | None] = maybe(
        "Account to collect from; at Acumulus the bank account's own value."
    )
    bic: strawberry.Maybe[str | None] = maybe("Its bank's code; at Acumulus the bank account's own value.")
    holder: strawberry.Maybe[str | None] = maybe(f"Name of the account. {MONEYBIRD}")


@strawberry.input(description="A value of one of the administration's own fields.")
class CustomFieldFields:
    """One path "customFields.<id>"."""

    id: strawberry.ID = strawberry.field(
        description="The field, by its system's id: see Administration.choices(kind: CUSTOM_FIELD)."
    )
    value: strawberry.Maybe[str | None] = maybe("Null clears it; not given keeps it.")


@strawberry.input(description=f"How a contact is invoiced. Ids and VAT codes are the system's own. {GROUP}")
class InvoicingFields:
    """Paths "invoicing.…"."""

    delivery_method: strawberry.Maybe[DeliveryMethod | None] = maybe(
        f"How invoices go out. Not UNKNOWN. {MONEYBIRD}"
    )
    attention: strawberry.Maybe[str | None] = maybe(
        f"Person whom invoices are addressed to; the same stored value as attention. {MONEYBIRD}"
    )
    emails: strawberry.Maybe[list[str] | None] = maybe(
        "Where invoices are mailed to, replaced whole; empty clears them. The same stored value as emails. "
        f"{MONEYBIRD}"
    )
    attach_ubl: strawberry.Maybe[bool | None] = maybe(
        f"Whether e-mails carry the invoice as UBL. {MONEYBIRD}"
    )
    direct_debit: strawberry.Maybe[bool | None] = maybe(
        f"Whether invoices are collected by direct debit. {MONEYBIRD}"
    )
    workflow_id: strawberry.Maybe[strawberry.ID | None] = maybe(f"A choice of INVOICE_WORKFLOW. {MONEYBIRD}")
    template_id: strawberry.Maybe[strawberry.ID | None] = maybe(f"A choice of INVOICE_TEMPLATE. {ACUMULUS}")
    notes: strawberry.Maybe[str | None] = maybe(f"Text that is printed on invoices. {ACUMULUS}")
    vat_category: strawberry.Maybe[str | None] = maybe(
        f"A choice of VAT_CATEGORY; kind follows from it. {ACUMULUS}"
    )
    vat_treatment: strawberry.Maybe[str | None] = maybe(f"A choice of VAT_TREATMENT. {ACUMULUS}")
    vat_rate: strawberry.Maybe[str | None] = maybe(f"A choice of VAT_RATE. {ACUMULUS}")


@strawberry.input(description=f"How a contact gets estimates. {MONEYBIRD} {GROUP}")
class EstimatesFields:
    """Paths "estimates.…"."""

    attention: strawberry.Maybe[str | None] = maybe("Person whom estimates are addressed to.")
    emails: strawberry.Maybe[list[str] | None] = maybe(
        "Where estimates are mailed to, replaced whole; empty clears them."
    )
    workflow_id: strawberry.Maybe[strawberry.ID | None] = maybe("A choice of ESTIMATE_WORKFLOW.")


@strawberry.input(description=f"An address in the Peppol network. {MONEYBIRD} {GROUP}")
class PeppolFields:
    """Paths "peppol.…"."""

    scheme: strawberry.Maybe[str | None] = maybe(
        "Who gives out the identifiers; a choice of PEPPOL_SCHEME where the system lists them."
    )
    identifier: strawberry.Maybe[str | None] = maybe("The address itself.")


@strawberry.input(description=f"How entries of a contact are booked. {ACUMULUS} {GROUP}")
class BookingFields:
    """Paths "booking.…"."""

    cost_heading_id: strawberry.Maybe[strawberry.ID | None] = maybe("A choice of COST_HEADING.")
    cost_center_id: strawberry.Maybe[strawberry.ID | None] = maybe("A choice of COST_CENTER.")
    bank_account_id: strawberry.Maybe[strawberry.ID | None] = maybe("A choice of BANK_ACCOUNT.")
    private_use_rate: strawberry.Maybe[Decimal | None] = maybe(
        "Share of private use in percent, 0 to 100 with at most two decimals."
    )
    entry_description: strawberry.Maybe[str | None] = maybe("Text of new entries.")


@strawberry.input(description="A person to talk to. In an update, what is not given is kept and null clears.")
class ContactPersonFields:
    """Paths of `PERSON_INPUTS`."""

    first_name: strawberry.Maybe[str | None] = maybe("First name.")
    last_name: strawberry.Maybe[str | None] = maybe("Last name.")
    phone: strawberry.Maybe[str | None] = maybe("Telephone number.")
    email: strawberry.Maybe[str | None] = maybe("E-mail address.")
    department: strawberry.Maybe[str | None] = maybe("Part of the organisation.")


@strawberry.input(
    description="What is set of a contact, grouped as in Contact. In an update what is not given is kept, "
    "null clears, a value is set; when a contact is made null is as not given. Lists are replaced whole. A "
    "field that the contact's system does not have is NOT_SUPPORTED_BY_SYSTEM, and nothing is written: see "
    "Administration.fields."
)
class ContactFields:
    """Paths of `CONTACT_INPUTS`, and those of custom fields."""

    roles: strawberry.Maybe[list[ContactRole] | None] = maybe(
        f"What it is to the administration; never empty. {ACUMULUS}"
    )
    company_name: strawberry.Maybe[str | None] = maybe(
        "Name of the organisation; at Acumulus a private person's name too."
    )
    department: strawberry.Maybe[str | None] = maybe(f"Part of the organisation. {ACUMULUS}")
    first_name: strawberry.Maybe[str | None] = maybe(f"First name of a person. {MONEYBIRD}")
    last_name: strawberry.Maybe[str | None] = maybe(f"Last name of a person. {MONEYBIRD}")
    attention: strawberry.Maybe[str | None] = maybe("Person whom letters are addressed to.")
    salutation: strawberry.Maybe[str | None] = maybe(f"How letters begin. {ACUMULUS}")
    label: strawberry.Maybe[str | None] = maybe(f"A free mark. {ACUMULUS}")
    customer_number: strawberry.Maybe[str | None] = maybe("The owner's own number for the contact.")
    website: strawberry.Maybe[str | None] = maybe(f"Address of the site. {ACUMULUS}")
    about: strawberry.Maybe[str | None] = maybe(f"A text about the contact. {ACUMULUS}")
    emails: strawberry.Maybe[list[str] | None] = maybe("All e-mail addresses; empty clears them.")
    phones: strawberry.Maybe[PhonesFields | None] = maybe("Telephone and fax numbers.")
    address: strawberry.Maybe[PostalAddressFields | None] = maybe("Where it is.")
    alternative_address: strawberry.Maybe[PostalAddressFields | None] = maybe(
        f"Another address, such as a warehouse. {ACUMULUS}"
    )
    vat_number: strawberry.Maybe[str | None] = maybe("VAT number.")
    chamber_of_commerce: strawberry.Maybe[str | None] = maybe(f"Number in the trade register. {MONEYBIRD}")
    bank_account: strawberry.Maybe[BankAccountFields | None] = maybe("The contact's own account.")
    sepa_mandate: strawberry.Maybe[SepaMandateFields | None] = maybe("Permission to collect money.")
    custom_fields: strawberry.Maybe[list[CustomFieldFields] | None] = maybe(
        "Fields that the owner invented, each at most once; those not named are kept. Clear each with a null "
        f"value: null for all of them is INVALID in an update. {MONEYBIRD}"
    )
    invoicing: strawberry.Maybe[InvoicingFields | None] = maybe("How it is invoiced.")
    estimates: strawberry.Maybe[EstimatesFields | None] = maybe("How it gets estimates.")
    peppol: strawberry.Maybe[PeppolFields | None] = maybe("Address in the Peppol network.")
    booking: strawberry.Maybe[BookingFields | None] = maybe("How its entries are booked.")
    person: strawberry.Maybe[ContactPersonFields | None] = maybe(
        "The first person of a contact that is made; INVALID in an update."
    )
