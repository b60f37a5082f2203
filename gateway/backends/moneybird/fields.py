"""What can be done with each unified path at Moneybird, and where each of its own fields goes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.domain.administration import ChoiceKind, FieldRule

UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        "contacts.restore": "Moneybird cannot bring an archived contact back through its API.",
    }
)
"""Capability to the reason, for a client, why it is not there."""

DEAF: Mapping[str, str] = MappingProxyType(
    {"webhooks": "No webhook_secret is configured for this administration."}
)
"""As above, where webhooks could not be verified."""


FIRST_PERSON = "Given when a contact is made, both names or none, and read among the persons."


def _told(*paths: str, note: str | None = None, choices: ChoiceKind | None = None) -> tuple[FieldRule, ...]:
    return tuple(FieldRule(path, readable=True, note=note, choices=choices) for path in paths)


def _written(
    *paths: str,
    note: str | None = None,
    choices: ChoiceKind | None = None,
    clearable: bool = True,
    same_as: str | None = None,
) -> tuple[FieldRule, ...]:
    others = (same_as,) if same_as else ()
    return tuple(FieldRule(path, True, True, clearable, choices, note, others) for path in paths)


def _lacking(note: str, *paths: str) -> tuple[FieldRule, ...]:
    return tuple(FieldRule(path, note=note) for path in paths)


FIELDS: tuple[FieldRule, ...] = (
    *_told("displayName", note="The company, else the person, else the customer number, else the id."),
    *_told("kind", note="COMPANY with a company name, else PERSON."),
    *_told("status"),
    *_written("customerNumber", clearable=False, note="Moneybird gives a number where none is given."),
    *_written("companyName", "firstName", "lastName", note="One of the three names is needed."),
    *_written("attention", note="Stored as invoicing.attention.", same_as="invoicing.attention"),
    *_told("fullName", note="First and last name together."),
    *_written(
        "emails",
        note="Stored as invoicing.emails, which stand in where Moneybird gives no general one.",
        same_as="invoicing.emails",
    ),
    *_told("phones"),
    *_written("phones.main"),
    *_written("address.line1", "address.line2", "address.postalCode", "address.city"),
    *_told("address.country.code"),
    *_written(
        "address.countryCode",
        clearable=False,
        note="Read at address.country.code. Never empty: Moneybird fills in NL where none is given.",
    ),
    *_written("vatNumber", "chamberOfCommerce"),
    *_told("vatNumber.value", "vatNumber.valid", "vatNumber.validatedAt"),
    *_written(
        "bankAccount.number",
        note="The SEPA IBAN where no other account is given.",
        same_as="bankAccount.iban",
    ),
    *_written(
        "bankAccount.iban",
        note="The account number, when it is a valid IBAN.",
        same_as="bankAccount.number",
    ),
    *_told("persons", "notes", "charges", "events", "createdAt", "updatedAt"),
    *_written("customFields", choices=ChoiceKind.CUSTOM_FIELD, note="Those not named keep their values."),
    *_told("mandate.sepa.active", "mandate.sepa.reference", "mandate.sepa.signedOn", "mandate.sepa.sequence"),
    *_told("mandate.sepa.iban", "mandate.sepa.bic", "mandate.sepa.holder"),
    *_written(
        "sepaMandate.active",
        note="Read at mandate.sepa.active. Needs IBAN, holder, reference and day; null is not active.",
    ),
    *_written(
        "sepaMandate.reference",
        note="Read at mandate.sepa.reference. Of one contact only, archived ones included.",
    ),
    *_written("sepaMandate.signedOn", note="Read at mandate.sepa.signedOn. Not in the future."),
    *_written(
        "sepaMandate.sequence",
        clearable=False,
        note="Read at mandate.sepa.sequence. Never empty: RCUR where none is given.",
    ),
    *_written("sepaMandate.iban", note="Read at mandate.sepa.iban."),
    *_written("sepaMandate.bic", note="Read at mandate.sepa.bic. Moneybird can derive it from the IBAN."),
    *_written("sepaMandate.holder", note="Read at mandate.sepa.holder."),
    *_told("mandate.hasPayments"),
    *_told("mandate.payments", note="Only where Moneybird Payments is switched on."),
    *_written("invoicing.deliveryMethod", note="Moneybird fills in EMAIL for a new contact."),
    *_written("invoicing.attention", same_as="attention"),
    *_written("invoicing.emails", same_as="emails"),
    *_written("invoicing.attachUbl", "invoicing.directDebit", clearable=False, note="True or false."),
    *_told("invoicing.portalUrl"),
    *_written("invoicing.workflowId", choices=ChoiceKind.INVOICE_WORKFLOW),
    *_written("estimates.attention", "estimates.emails"),
    *_written("estimates.workflowId", choices=ChoiceKind.ESTIMATE_WORKFLOW),
    *_written("peppol.identifier"),
    *_written("peppol.scheme", choices=ChoiceKind.PEPPOL_SCHEME, note="Shown with an identifier only."),
    *_told("trust.trusted", "trust.maxTransferAmount", note="Given in Moneybird, at a payment's approval."),
    *_told("creditCard.number", "creditCard.reference", "creditCard.type"),
    *_told("source.system", "source.remoteId", "source.version", "source.url", "source.raw"),
    FieldRule("person.firstName", writable=True, note=FIRST_PERSON),
    FieldRule("person.lastName", writable=True, note=FIRST_PERSON),
    *_lacking("Moneybird does not tell customers and suppliers apart.", "roles"),
    *_lacking("Moneybird keeps departments only of contact persons.", "department"),
    *_lacking("Moneybird keeps no salutation.", "salutation"),
    *_lacking("Moneybird keeps no label.", "label"),
    *_lacking("Moneybird keeps no website.", "website"),
    *_lacking("Moneybird keeps notes instead.", "about"),
    *_lacking("Moneybird keeps one telephone number.", "phones.second", "phones.fax"),
    *_lacking("Moneybird keeps no names with an address.", "address.name", "address.department"),
    *_lacking("Moneybird keeps no names with an address.", "address.attention"),
    FieldRule("address.country.name", readable=True, note="The English name of the code."),
    *_lacking("Moneybird keeps the country's code alone.", "address.countryName"),
    *_lacking(
        "Moneybird keeps one address.",
        "alternativeAddress.name",
        "alternativeAddress.department",
        "alternativeAddress.attention",
        "alternativeAddress.line1",
        "alternativeAddress.line2",
        "alternativeAddress.postalCode",
        "alternativeAddress.city",
        "alternativeAddress.country.code",
        "alternativeAddress.country.name",
        "alternativeAddress.countryCode",
        "alternativeAddress.countryName",
    ),
    *_lacking("Moneybird keeps only the account's number.", "bankAccount.bic", "bankAccount.description"),
    *_lacking("The template follows from the workflow.", "invoicing.templateId"),
    *_lacking("Moneybird keeps no invoice notes with a contact.", "invoicing.notes"),
    *_lacking("Moneybird decides VAT by invoice line.", "invoicing.vatCategory", "invoicing.vatTreatment"),
    *_lacking("Moneybird decides VAT by invoice line.", "invoicing.vatRate"),
    *_lacking(
        "Moneybird keeps no booking defaults with a contact.",
        "booking.costHeadingId",
        "booking.costCenterId",
        "booking.bankAccountId",
        "booking.privateUseRate",
        "booking.entryDescription",
    ),
    *_lacking(
        "A new contact's first person is given names only; the rest goes with a change of the person.",
        "person.phone",
        "person.email",
        "person.department",
    ),
)
"""Every path of a contact and of an input.

Where an empty value is not documented to clear (the delivery method, a workflow, a mandate's day), the
answer is compared with what was asked. Source: Moneybird API v2, contacts, the request schemas.
"""

MAPPED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "company_name": ("companyName",),
        "firstname": ("firstName",),
        "lastname": ("lastName",),
        "address1": ("address.line1",),
        "address2": ("address.line2",),
        "zipcode": ("address.postalCode",),
        "city": ("address.city",),
        "country": ("address.country.code",),
        "phone": ("phones.main",),
        "delivery_method": ("invoicing.deliveryMethod",),
        "customer_id": ("customerNumber",),
        "tax_number": ("vatNumber.value",),
        "tax_number_valid": ("vatNumber.valid",),
        "tax_number_validated_at": ("vatNumber.validatedAt",),
        "chamber_of_commerce": ("chamberOfCommerce",),
        "bank_account": ("bankAccount.number",),
        "is_trusted": ("trust.trusted",),
        "max_transfer_amount": ("trust.maxTransferAmount",),
        "attention": ("attention",),
        "email": ("emails",),
        "email_ubl": ("invoicing.attachUbl",),
        "send_invoices_to_attention": ("invoicing.attention",),
        "send_invoices_to_email": ("invoicing.emails",),
        "send_estimates_to_attention": ("estimates.attention",),
        "send_estimates_to_email": ("estimates.emails",),
        "direct_debit": ("invoicing.directDebit",),
        "sepa_active": ("mandate.sepa.active",),
        "sepa_iban": ("mandate.sepa.iban",),
        "sepa_iban_account_name": ("mandate.sepa.holder",),
        "sepa_bic": ("mandate.sepa.bic",),
        "sepa_mandate_id": ("mandate.sepa.reference",),
        "sepa_mandate_date": ("mandate.sepa.signedOn",),
        "sepa_sequence_type": ("mandate.sepa.sequence",),
        "credit_card_number": ("creditCard.number",),
        "credit_card_reference": ("creditCard.reference",),
        "credit_card_type": ("creditCard.type",),
        "invoice_workflow_id": ("invoicing.workflowId",),
        "estimate_workflow_id": ("estimates.workflowId",),
        "si_identifier": ("peppol.identifier",),
        "si_identifier_type": ("peppol.scheme",),
        "moneybird_payments_mandate": ("mandate.hasPayments",),
        "created_at": ("createdAt",),
        "updated_at": ("updatedAt",),
        "sales_invoices_url": ("invoicing.portalUrl",),
        "archived": ("status",),
        "notes": ("notes",),
        "custom_fields": ("customFields",),
        "contact_people": ("persons",),
        "events": ("events",),
        "contact_people.firstname": ("persons.firstName",),
        "contact_people.lastname": ("persons.lastName",),
        "contact_people.phone": ("persons.phone",),
        "contact_people.email": ("persons.email",),
        "contact_people.department": ("persons.department",),
        "contact_people.created_at": ("persons.createdAt",),
        "contact_people.updated_at": ("persons.updatedAt",),
        "contact_people.version": ("persons.version",),
        "notes.user_id": ("notes.authorId",),
        "notes.assignee_id": ("notes.assigneeId",),
        "notes.todo": ("notes.isTodo",),
        "notes.note": ("notes.text",),
        "notes.completed_at": ("notes.completedAt",),
        "notes.completed_by_id": ("notes.completedById",),
        "notes.todo_type": ("notes.todoType",),
        "notes.data": ("notes.data",),
        "notes.created_at": ("notes.createdAt",),
        "notes.updated_at": ("notes.updatedAt",),
        "custom_fields.id": ("customFields.fieldId",),
        "custom_fields.name": ("customFields.name",),
        "custom_fields.value": ("customFields.value",),
        "events.user_id": ("events.userId",),
        "events.action": ("events.action",),
        "events.link_entity_id": ("events.linkId",),
        "events.link_entity_type": ("events.linkType",),
        "events.data": ("events.changes", "events.data"),
        "events.created_at": ("events.at",),
        "charges.id": ("charges.remoteId",),
        "charges.subscription_id": ("charges.subscriptionId",),
        "charges.product_id": ("charges.productId",),
        "charges.detail_id": ("charges.invoiceLineId", "charges.billed"),
        "charges.amount": ("charges.quantity",),
        "charges.price": ("charges.price",),
        "charges.period": ("charges.period",),
        "charges.description": ("charges.description",),
        "mandate.type": ("mandate.payments.type",),
        "mandate.sepa_mandate": ("mandate.payments.kind",),
        "mandate.bank": ("mandate.payments.bank",),
        "mandate.iban": ("mandate.payments.iban",),
        "mandate.bic": ("mandate.payments.bic",),
        "mandate.iban_account_name": ("mandate.payments.holder",),
        "mandate.card_expiry_month": ("mandate.payments.cardExpires",),
        "mandate.card_expiry_year": ("mandate.payments.cardExpires",),
        "mandate.card_final_digits": ("mandate.payments.cardFinalDigits",),
        "mandate.created_at": ("mandate.payments.createdAt",),
    }
)
"""Moneybird's field to the paths at which its value is read; a contact's own field without prefix."""

NOT_MAPPED: Mapping[str, str] = MappingProxyType(
    {
        "id": "Part of the contact's id, and source.remoteId.",
        "administration_id": "Known from the settings; Moneybird's examples disagree on its type.",
        "version": "Goes into source.version together with updated_at.",
        "contact_people.id": "Part of the person's id.",
        "contact_people.contact_id": "The contact that embeds the person.",
        "contact_people.administration_id": "Known from the settings.",
        "notes.id": "Part of the note's id.",
        "notes.administration_id": "Known from the settings.",
        "notes.entity_id": "The contact that embeds the note.",
        "notes.entity_type": "Always Contact where a contact embeds it.",
        "events.administration_id": "Known from the settings.",
        "events.updated_at": "An event does not change.",
        "charges.administration_id": "Known from the settings.",
        "charges.contact_id": "The contact that was asked for.",
        "administration.id": "Known from the settings.",
        "administration.name": "The owner gives the administration's title.",
        "administration.language": "Nothing in the schema speaks of it.",
        "administration.currency": "A fact of the administration, not of a contact.",
        "administration.country": "A fact of the administration, not of a contact.",
        "administration.time_zone": "A fact of the administration, not of a contact.",
        "administration.access": "Shown when the connection is checked.",
        "administration.suspended": "Nothing in the schema speaks of it.",
        "administration.period_locked_until": "Concerns bookings, not contacts.",
        "administration.period_start_date": "Concerns bookings, not contacts.",
    }
)
"""Moneybird's field to the reason why no path holds it."""
