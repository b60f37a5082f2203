"""A Moneybird contact as a contact of the gateway; pure, no clock.

Source of all fields: Moneybird API v2, contacts. Empty text and null are one there.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from gateway.backends.moneybird.fields import MAPPED
from gateway.backends.moneybird.mapping.embedded import (
    custom_fields_of,
    events_of,
    full_name,
    notes_of,
    persons_of,
)
from gateway.backends.moneybird.mapping.reading import Reading, read_record
from gateway.backends.moneybird.mapping.values import (
    DELIVERY_METHODS,
    SEQUENCES,
    amount,
    identifier,
    milliseconds,
    moment,
    word,
)
from gateway.backends.moneybird.wire import ContactRow
from gateway.domain.contact import (
    BankAccount,
    Contact,
    ContactKey,
    ContactKind,
    ContactStatus,
    CreditCard,
    DeliveryMethod,
    Estimates,
    Invoicing,
    PeppolAddress,
    Phone,
    PhoneKind,
    PostalAddress,
    Trust,
    VatNumber,
)
from gateway.domain.identifiers import split_emails
from gateway.domain.mandate import SepaMandate, SepaSequence
from gateway.domain.text import blank_to_none


@dataclass(frozen=True, slots=True)
class Home:
    """Where contacts live: the administration's slug, and the address of its web pages."""

    administration: str
    web: str


def contact_from_row(raw: bytes | msgspec.Raw, home: Home) -> Contact | None:
    """Read one contact; None when it is no record, or has no id.

    A field that makes no sense is None, and its path stands in `unreadable`.
    """
    reading = read_record(raw, ContactRow)
    key = identifier(reading.record.id) if reading else None
    return _contact(reading, key, home, bytes(raw)) if reading and key else None


def _contact(reading: Reading[ContactRow], key: str, home: Home, raw: bytes) -> Contact:
    row, faults = reading.record, list(reading.faults)
    company = blank_to_none(row.company_name)
    first, last = blank_to_none(row.firstname), blank_to_none(row.lastname)
    name, number = full_name(first, last), identifier(row.customer_id)
    return Contact(
        key=ContactKey(home.administration, key),
        display_name=company or name or number or key,
        kind=ContactKind.COMPANY if company else ContactKind.PERSON,
        status=_status(row),
        version=_version(row),
        url=f"{home.web}/contacts/{key}",
        customer_number=number,
        company_name=company,
        full_name=name,
        first_name=first,
        last_name=last,
        attention=blank_to_none(row.attention),
        emails=split_emails(row.email or "") or split_emails(row.send_invoices_to_email or ""),
        phones=_phones(row),
        address=_address(row, faults),
        vat_number=_vat_number(row, faults),
        chamber_of_commerce=blank_to_none(row.chamber_of_commerce),
        bank_account=_bank_account(row),
        sepa_mandate=_sepa_mandate(row),
        has_payments_mandate=row.moneybird_payments_mandate,
        invoicing=_invoicing(row),
        estimates=_estimates(row),
        peppol=_peppol(row),
        trust=_trust(row, faults),
        credit_card=_credit_card(row),
        persons=persons_of(row.contact_people, faults),
        notes=notes_of(row.notes, faults),
        custom_fields=custom_fields_of(row.custom_fields, faults),
        events=events_of(row.events, faults),
        created_at=moment(row.created_at, "created_at", faults),
        updated_at=moment(row.updated_at, "updated_at", faults),
        unreadable=_paths(faults),
        raw=raw,
    )


def _phones(row: ContactRow) -> tuple[Phone, ...]:
    number = blank_to_none(row.phone)
    return (Phone(number, PhoneKind.MAIN),) if number else ()


def _status(row: ContactRow) -> ContactStatus:
    if row.archived is None:
        return ContactStatus.UNKNOWN
    return ContactStatus.ARCHIVED if row.archived else ContactStatus.ACTIVE


def _version(row: ContactRow) -> str | None:
    """Return version and last change: the version alone counts whole seconds, and two changes fit in one."""
    version = identifier(row.version)
    updated_at = moment(row.updated_at, "updated_at", [])
    if updated_at is None:
        return version
    return f"{version or ''}-{milliseconds(updated_at)}"


def _address(row: ContactRow, faults: list[str]) -> PostalAddress | None:
    country = blank_to_none(row.country)
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        faults.append("country")
        country = None
    address = PostalAddress(
        line1=blank_to_none(row.address1),
        line2=blank_to_none(row.address2),
        postal_code=blank_to_none(row.zipcode),
        city=blank_to_none(row.city),
        country_code=country.upper() if country else None,
    )
    return None if address == NO_ADDRESS else address


def _vat_number(row: ContactRow, faults: list[str]) -> VatNumber | None:
    value = blank_to_none(row.tax_number)
    if value is None:
        return None
    validated_at = moment(row.tax_number_validated_at, "tax_number_validated_at", faults)
    return VatNumber(value, row.tax_number_valid, validated_at)


def _bank_account(row: ContactRow) -> BankAccount | None:
    number = blank_to_none(row.bank_account)
    return BankAccount(number=number) if number else None


def _sepa_mandate(row: ContactRow) -> SepaMandate | None:
    mandate = SepaMandate(
        active=bool(row.sepa_active),
        reference=blank_to_none(row.sepa_mandate_id),
        signed_on=row.sepa_mandate_date,
        iban=blank_to_none(row.sepa_iban),
        bic=blank_to_none(row.sepa_bic),
        holder=blank_to_none(row.sepa_iban_account_name),
        sequence=word(row.sepa_sequence_type, SEQUENCES, SepaSequence.UNKNOWN),
    )
    # Every contact has a sequence, those without a mandate too.
    told = (mandate.reference, mandate.signed_on, mandate.iban, mandate.bic, mandate.holder)
    return mandate if mandate.active or any(told) else None


def _invoicing(row: ContactRow) -> Invoicing:
    return Invoicing(
        delivery_method=word(row.delivery_method, DELIVERY_METHODS, DeliveryMethod.UNKNOWN),
        attention=blank_to_none(row.send_invoices_to_attention),
        emails=split_emails(row.send_invoices_to_email or ""),
        attach_ubl=row.email_ubl,
        direct_debit=row.direct_debit,
        workflow_id=identifier(row.invoice_workflow_id),
        portal_url=blank_to_none(row.sales_invoices_url),
    )


def _estimates(row: ContactRow) -> Estimates:
    return Estimates(
        attention=blank_to_none(row.send_estimates_to_attention),
        emails=split_emails(row.send_estimates_to_email or ""),
        workflow_id=identifier(row.estimate_workflow_id),
    )


def _peppol(row: ContactRow) -> PeppolAddress | None:
    address = blank_to_none(row.si_identifier)
    return PeppolAddress(address, blank_to_none(row.si_identifier_type)) if address else None


def _trust(row: ContactRow, faults: list[str]) -> Trust | None:
    limit = amount(row.max_transfer_amount, "max_transfer_amount", faults)
    return None if row.is_trusted is None else Trust(row.is_trusted, limit)


def _credit_card(row: ContactRow) -> CreditCard | None:
    card = CreditCard(
        number=blank_to_none(row.credit_card_number),
        reference=blank_to_none(row.credit_card_reference),
        type=blank_to_none(row.credit_card_type),
    )
    return None if card == NO_CARD else card


def _paths(faults: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for fault in faults for path in MAPPED.get(fault, ())))


NO_ADDRESS = PostalAddress()
NO_CARD = CreditCard()
