"""Moneybird's words: the shapes of its answers, its paths, its closed sets.

Every key of a shape may be missing or null, because the documents promise less than they show, and
keys that stand in no shape are ignored. Source of all shapes: Moneybird API v2, OpenAPI document of
21 August 2026; the field's section is named where it is another one.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from gateway.ports import Allowance

NAME = "moneybird"
MAX_IDS = 100
"""Contacts that one synchronization answer holds at most; more ids are dropped in silence.

Source: Moneybird API v2, contacts, "Fetch contacts with given ids".
"""
PAGE_SIZE = 100
"""Rows of one list page at most. Source: Moneybird API v2, contacts, per_page."""
ALLOWANCE = Allowance(150, 300)
"""Calls in five minutes, of all administrations behind one address. Source: Moneybird API v2, throttling."""

AT_ONCE = 6
"""Calls in flight at most; Moneybird documents no limit of its own."""

Id = str | int | None
"""A record's id: text of digits, in older answers a number. Source: Moneybird API v2, identifier."""


class VersionRow(msgspec.Struct, frozen=True):
    """One entry of the synchronization list."""

    id: Id = None
    version: Id = None


class PersonRow(msgspec.Struct, frozen=True):
    """A contact person. Source: Moneybird API v2, contact people."""

    id: Id = None
    firstname: str | None = None
    lastname: str | None = None
    phone: str | None = None
    email: str | None = None
    department: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: Id = None


class NoteRow(msgspec.Struct, frozen=True):
    """A note or to-do; `todo` may be a text. Source: Moneybird API v2, notes."""

    id: Id = None
    user_id: Id = None
    assignee_id: Id = None
    todo: bool | str | None = None
    note: str | None = None
    completed_at: datetime | None = None
    completed_by_id: Id = None
    todo_type: str | None = None
    data: dict[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CustomFieldRow(msgspec.Struct, frozen=True):
    """A contact's value of a custom field."""

    id: Id = None
    name: str | None = None
    value: str | None = None


class EventRow(msgspec.Struct, frozen=True):
    """An event of the record's history."""

    user_id: Id = None
    action: str | None = None
    link_entity_id: Id = None
    link_entity_type: str | None = None
    data: dict[str, Any] | None = None
    created_at: datetime | None = None


class ContactRow(msgspec.Struct, frozen=True):
    """A contact with all that it embeds: the same in lists, synchronization and single answers."""

    id: Id = None
    company_name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    address1: str | None = None
    address2: str | None = None
    zipcode: str | None = None
    city: str | None = None
    country: str | None = None
    phone: str | None = None
    delivery_method: str | None = None
    customer_id: Id = None
    tax_number: str | None = None
    chamber_of_commerce: str | None = None
    bank_account: str | None = None
    is_trusted: bool | None = None
    max_transfer_amount: Decimal | None = None
    attention: str | None = None
    email: str | None = None
    email_ubl: bool | None = None
    send_invoices_to_attention: str | None = None
    send_invoices_to_email: str | None = None
    send_estimates_to_attention: str | None = None
    send_estimates_to_email: str | None = None
    direct_debit: bool | None = None
    sepa_active: bool | None = None
    sepa_iban: str | None = None
    sepa_iban_account_name: str | None = None
    sepa_bic: str | None = None
    sepa_mandate_id: str | None = None
    sepa_mandate_date: date | None = None
    sepa_sequence_type: str | None = None
    credit_card_number: str | None = None
    credit_card_reference: str | None = None
    credit_card_type: str | None = None
    tax_number_validated_at: datetime | None = None
    tax_number_valid: bool | None = None
    invoice_workflow_id: Id = None
    estimate_workflow_id: Id = None
    si_identifier: str | None = None
    si_identifier_type: str | None = None
    moneybird_payments_mandate: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: Id = None
    sales_invoices_url: str | None = None
    notes: list[NoteRow] | None = None
    custom_fields: list[CustomFieldRow] | None = None
    contact_people: list[PersonRow] | None = None
    archived: bool | None = None
    events: list[EventRow] | None = None


class ChargeRow(msgspec.Struct, frozen=True):
    """An additional charge; `period` is YYYYMM..YYYYMM. Source: Moneybird API v2, additional charges."""

    id: Id = None
    subscription_id: Id = None
    product_id: Id = None
    detail_id: Id = None
    amount: str | None = None
    price: Decimal | None = None
    period: str | None = None
    description: str | None = None


class MandateRow(msgspec.Struct, frozen=True):
    """A Moneybird Payments mandate; the month is not padded. Source: Moneybird API v2, mandate."""

    type: str | None = None
    sepa_mandate: bool | None = None
    bank: str | None = None
    iban: str | None = None
    bic: str | None = None
    iban_account_name: str | None = None
    card_expiry_month: Id = None
    card_expiry_year: Id = None
    card_final_digits: Id = None
    created_at: datetime | None = None


class AdministrationRow(msgspec.Struct, frozen=True):
    """An administration that the token reaches. Source: Moneybird API v2, administrations."""

    id: Id = None
    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None
    access: str | None = None


class ChoiceRow(msgspec.Struct, frozen=True):
    """What an entry of a reference list is chosen by: workflows, custom fields, users, identities."""

    id: Id = None
    name: str | None = None
    company_name: str | None = None
    type: str | None = None
    source: str | None = None
    default: bool | None = None


class DetailRow(msgspec.Struct, frozen=True):
    """What is wrong with a field, as a code."""

    error: str | None = None


class RefusalRow(msgspec.Struct, frozen=True):
    """A refused write: a sentence and symbols by key, or sentences by key and codes beside them."""

    error: str | dict[str, list[str] | str] | None = None
    symbolic: dict[str, str] | None = None
    details: dict[str, list[DetailRow]] | None = None


class LinkRow(msgspec.Struct, frozen=True):
    """The page on which a contact can give a mandate. Source: Moneybird API v2, mandate, url."""

    url: str | None = None


class SubjectRow(msgspec.Struct, frozen=True):
    """What a webhook shows of its subject, as far as it leads to a contact: a person's or note's owner."""

    contact_id: Id = None
    entity_type: str | None = None
    entity_id: Id = None


class PushRow(msgspec.Struct, frozen=True):
    """A webhook. Source: Moneybird API v2, webhooks, payload."""

    administration_id: Id = None
    entity_type: str | None = None
    entity_id: Id = None
    action: str | None = None
    entity: SubjectRow | None = None


DOCUMENTED = {
    "contact": (
        "id administration_id company_name firstname lastname address1 address2 zipcode city country phone"
        " delivery_method customer_id tax_number chamber_of_commerce bank_account is_trusted"
        " max_transfer_amount attention email email_ubl send_invoices_to_attention send_invoices_to_email"
        " send_estimates_to_attention send_estimates_to_email direct_debit sepa_active sepa_iban"
        " sepa_iban_account_name sepa_bic sepa_mandate_id sepa_mandate_date sepa_sequence_type"
        " credit_card_number credit_card_reference credit_card_type tax_number_validated_at"
        " tax_number_valid invoice_workflow_id estimate_workflow_id si_identifier si_identifier_type"
        " moneybird_payments_mandate created_at updated_at version sales_invoices_url notes custom_fields"
        " contact_people archived events"
    ),
    "contact_people": (
        "id contact_id administration_id firstname lastname phone email department created_at updated_at"
        " version"
    ),
    "notes": (
        "id administration_id entity_id entity_type user_id assignee_id todo note completed_at"
        " completed_by_id todo_type data created_at updated_at"
    ),
    "custom_fields": "id name value",
    "events": ("administration_id user_id action link_entity_id link_entity_type data created_at updated_at"),
    "charges": (
        "id administration_id contact_id subscription_id product_id detail_id amount price period description"
    ),
    "mandate": (
        "type sepa_mandate bank iban bic iban_account_name card_expiry_month card_expiry_year"
        " card_final_digits created_at"
    ),
    "administration": (
        "id name language currency country time_zone access suspended period_locked_until period_start_date"
    ),
}
"""Every documented field of what is read, by record, separated by blanks."""

PEPPOL_SCHEMES = (
    "0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0193 "
    "0195 0196 0198 0199 0200 0201 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216 0221 0230 9910 9913 "
    "9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 "
    "9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959"
)
"""Codes, separated by blanks. The set is open: Moneybird's own examples hold NL:KVK too.

Source: Moneybird API v2, contacts, si_identifier_type.
"""

_CONTACT_EVENTS = """
contact_created contact_created_from_checkout_order contact_changed contact_archived contact_activated
contact_destroyed contact_merged contact_is_trusted contact_is_not_trusted contact_tax_number_validated
contact_mandate_request_initiated contact_mandate_request_url_obtained contact_mandate_request_succeeded
contact_mandate_request_failed contact_mandate_destroyed contact_online_authorization_link_requested
contact_paid_subscription_changed_to_sponsored contact_sponsored_subscription_link_requested
contact_person_created contact_person_updated contact_person_destroyed note_created note_destroyed
todo_created todo_completed todo_opened todo_destroyed direct_debit_incoming_mandate_created
direct_debit_incoming_mandate_updated
"""
CONTACT_EVENTS = frozenset(_CONTACT_EVENTS.split())
"""Events that may concern a contact. Source: Moneybird, webhook events."""

MERGED = "contact_merged"

OWN_EVENTS = CONTACT_EVENTS & {
    *("contact_created", "contact_created_from_checkout_order", "contact_changed"),
    *("contact_archived", "contact_activated", "contact_destroyed"),
}
"""Events of the contact's own record, that its version shows; of all others no document says so."""

SHAPES = (
    *(AdministrationRow, ChargeRow, ChoiceRow, ContactRow, CustomFieldRow, DetailRow, EventRow, LinkRow),
    *(MandateRow, NoteRow, PersonRow, PushRow, RefusalRow, SubjectRow, VersionRow),
)
"""Every shape above."""

# msgspec works out a shape when it is first read, and the process dies where two threads do so at once: long
# answers are read in a thread, short ones beside it.
for _shape in SHAPES:
    msgspec.json.Decoder(_shape)
