"""What a write sets, by the path of the input; and what changes by it.

A path is the dotted one below the input's group: "address.countryCode" of a contact, "email" of a
person. Absent is kept, None is cleared, a value is set. A custom field's path is "customFields."
and its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.domain import identifiers
from gateway.domain.charge import Period
from gateway.domain.contact import Contact, PhoneKind
from gateway.domain.text import blank_to_none

Value = str | bool | Decimal | date | StrEnum | tuple[str, ...] | Period | None
"""What a field holds: ids and codes of the system are texts; e-mail addresses and roles are tuples."""

CUSTOM = "customFields."
"""Begins the path of a custom field; its id follows."""


class Form(StrEnum):
    """What a field's value looks like."""

    LINE = "a text of one line"
    LINES = "a text"
    EMAIL = "an e-mail address"
    EMAILS = "e-mail addresses"
    COUNTRY = "an ISO 3166-1 alpha-2 code"
    IBAN = "an IBAN"
    BIC = "a BIC"
    VAT_NUMBER = "a VAT number"
    CHAMBER = "a number in the trade register"
    DAY = "a day"
    PERIOD = "a period of days"
    FLAG = "true or false"
    WORD = "a word of a closed set"
    ROLES = "roles"
    REFERENCE = "an id of the system"
    PERCENT = "a percentage from 0 to 100"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of an input: its form, and where a contact has its value."""

    form: Form
    read: Callable[[Contact], Value] = lambda contact: None  # noqa: ARG005


def _phone(kind: PhoneKind) -> Callable[[Contact], Value]:
    return lambda contact: next((each.number for each in contact.phones or () if each.kind is kind), None)


def _of(group: str, name: str) -> Callable[[Contact], Value]:
    def read(contact: Contact) -> Value:
        part = getattr(contact, group)
        value: Value = None if part is None else getattr(part, name)
        return value

    return read


def _iban(contact: Contact) -> Value:
    number = contact.bank_account.number if contact.bank_account else None
    return number if number and identifiers.iban(number) else None


def _address(group: str, place: str) -> dict[str, InputField]:
    return {
        f"{place}.name": InputField(Form.LINE, _of(group, "name")),
        f"{place}.department": InputField(Form.LINE, _of(group, "department")),
        f"{place}.attention": InputField(Form.LINE, _of(group, "attention")),
        f"{place}.line1": InputField(Form.LINE, _of(group, "line1")),
        f"{place}.line2": InputField(Form.LINE, _of(group, "line2")),
        f"{place}.postalCode": InputField(Form.LINE, _of(group, "postal_code")),
        f"{place}.city": InputField(Form.LINE, _of(group, "city")),
        f"{place}.countryCode": InputField(Form.COUNTRY, _of(group, "country_code")),
        f"{place}.countryName": InputField(Form.LINE, _of(group, "country_name")),
    }


CONTACT_INPUTS: Mapping[str, InputField] = {
    "roles": InputField(Form.ROLES, lambda contact: contact.roles),
    "companyName": InputField(Form.LINE, lambda contact: contact.company_name),
    "department": InputField(Form.LINE, lambda contact: contact.department),
    "firstName": InputField(Form.LINE, lambda contact: contact.first_name),
    "lastName": InputField(Form.LINE, lambda contact: contact.last_name),
    "attention": InputField(Form.LINE, lambda contact: contact.attention),
    "salutation": InputField(Form.LINE, lambda contact: contact.salutation),
    "label": InputField(Form.LINE, lambda contact: contact.label),
    "customerNumber": InputField(Form.LINE, lambda contact: contact.customer_number),
    "website": InputField(Form.LINE, lambda contact: contact.website),
    "about": InputField(Form.LINES, lambda contact: contact.about),
    "emails": InputField(Form.EMAILS, lambda contact: contact.emails),
    "phones.main": InputField(Form.LINE, _phone(PhoneKind.MAIN)),
    "phones.second": InputField(Form.LINE, _phone(PhoneKind.SECOND)),
    "phones.fax": InputField(Form.LINE, _phone(PhoneKind.FAX)),
    **_address("address", "address"),
    **_address("alternative_address", "alternativeAddress"),
    "vatNumber": InputField(Form.VAT_NUMBER, _of("vat_number", "value")),
    "chamberOfCommerce": InputField(Form.CHAMBER, lambda contact: contact.chamber_of_commerce),
    "bankAccount.number": InputField(Form.LINE, _of("bank_account", "number")),
    "bankAccount.iban": InputField(Form.IBAN, _iban),
    "bankAccount.bic": InputField(Form.BIC, _of("bank_account", "bic")),
    "bankAccount.description": InputField(Form.LINE, _of("bank_account", "description")),
    "sepaMandate.active": InputField(Form.FLAG, _of("sepa_mandate", "active")),
    "sepaMandate.reference": InputField(Form.LINE, _of("sepa_mandate", "reference")),
    "sepaMandate.signedOn": InputField(Form.DAY, _of("sepa_mandate", "signed_on")),
    "sepaMandate.sequence": InputField(Form.WORD, _of("sepa_mandate", "sequence")),
    "sepaMandate.iban": InputField(Form.IBAN, _of("sepa_mandate", "iban")),
    "sepaMandate.bic": InputField(Form.BIC, _of("sepa_mandate", "bic")),
    "sepaMandate.holder": InputField(Form.LINE, _of("sepa_mandate", "holder")),
    "invoicing.deliveryMethod": InputField(Form.WORD, _of("invoicing", "delivery_method")),
    "invoicing.attention": InputField(Form.LINE, _of("invoicing", "attention")),
    "invoicing.emails": InputField(Form.EMAILS, _of("invoicing", "emails")),
    "invoicing.attachUbl": InputField(Form.FLAG, _of("invoicing", "attach_ubl")),
    "invoicing.directDebit": InputField(Form.FLAG, _of("invoicing", "direct_debit")),
    "invoicing.workflowId": InputField(Form.REFERENCE, _of("invoicing", "workflow_id")),
    "invoicing.templateId": InputField(Form.REFERENCE, _of("invoicing", "template_id")),
    "invoicing.notes": InputField(Form.LINES, _of("invoicing", "notes")),
    "invoicing.vatCategory": InputField(Form.REFERENCE, _of("invoicing", "vat_category")),
    "invoicing.vatTreatment": InputField(Form.REFERENCE, _of("invoicing", "vat_treatment")),
    "invoicing.vatRate": InputField(Form.REFERENCE, _of("invoicing", "vat_rate")),
    "estimates.attention": InputField(Form.LINE, _of("estimates", "attention")),
    "estimates.emails": InputField(Form.EMAILS, _of("estimates", "emails")),
    "estimates.workflowId": InputField(Form.REFERENCE, _of("estimates", "workflow_id")),
    "peppol.scheme": InputField(Form.LINE, _of("peppol", "scheme")),
    "peppol.identifier": InputField(Form.LINE, _of("peppol", "identifier")),
    "booking.costHeadingId": InputField(Form.REFERENCE, _of("booking", "cost_heading_id")),
    "booking.costCenterId": InputField(Form.REFERENCE, _of("booking", "cost_center_id")),
    "booking.bankAccountId": InputField(Form.REFERENCE, _of("booking", "bank_account_id")),
    "booking.privateUseRate": InputField(Form.PERCENT, _of("booking", "private_use_rate")),
    "booking.entryDescription": InputField(Form.LINE, _of("booking", "entry_description")),
    "person.firstName": InputField(Form.LINE),
    "person.lastName": InputField(Form.LINE),
    "person.phone": InputField(Form.LINE),
    "person.email": InputField(Form.EMAIL),
    "person.department": InputField(Form.LINE),
}
"""Every field of a contact's input, custom fields apart; `person` is the first person of a new contact."""

STATUS = "status"
"""The path under which archiving and restoring show; no input has it."""

PERSON_INPUTS: Mapping[str, InputField] = {
    path.removeprefix("person."): each for path, each in CONTACT_INPUTS.items() if path.startswith("person.")
}
NOTE_INPUTS: Mapping[str, InputField] = {
    "text": InputField(Form.LINES),
    "isTodo": InputField(Form.FLAG),
    "assigneeId": InputField(Form.REFERENCE),
}
CHARGE_INPUTS: Mapping[str, InputField] = {
    "productId": InputField(Form.REFERENCE),
    "quantity": InputField(Form.LINE),
    "price": InputField(Form.NUMBER),
    "period": InputField(Form.PERIOD),
    "description": InputField(Form.LINES),
}
MANDATE_INPUTS: Mapping[str, InputField] = {
    "message": InputField(Form.LINES),
    "identityId": InputField(Form.REFERENCE),
    "workflowId": InputField(Form.REFERENCE),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write sets.

    Attributes:
        values: By path; None clears.
        groups: Groups that were given as null as a whole ("address"): null for each field of them
            that can be cleared and that no other group shares.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's value before a write and after it."""

    field: str
    before: Value
    after: Value


def input_field(path: str) -> InputField | None:
    """Return a contact's input field by its path, custom fields included; None: there is none."""
    if path.startswith(CUSTOM):
        return InputField(Form.LINES, lambda contact: custom_value(contact, path))
    return CONTACT_INPUTS.get(path)


def custom_value(contact: Contact, path: str) -> str | None:
    """Return the value of a custom field by its path."""
    wanted = path.removeprefix(CUSTOM)
    return next((each.value for each in contact.custom_fields if each.field_id == wanted), None)


def held(contact: Contact, path: str) -> Value:
    """Return what a contact has at the path of an input, or as its status."""
    if path == STATUS:
        return contact.status
    found = input_field(path)
    return found.read(contact) if found else None


def normal(form: Form, value: Value) -> Value:
    """Return a value as it is compared: blanks around it do not count, and nothing is nothing."""
    match value:
        case str() if form in (Form.IBAN, Form.BIC, Form.VAT_NUMBER, Form.CHAMBER):
            return identifiers.plain(value) or None
        case StrEnum():
            return value
        case str():
            text = blank_to_none(value)
            return text.upper() if text and form is Form.COUNTRY else text
        case tuple():
            texts = sorted(set(value)) if form is Form.ROLES else (text.strip() for text in value)
            return tuple(texts) or None
        case _:
            return value


def same(path: str, one: Value, other: Value) -> bool:
    """Whether two values of a contact's field mean the same."""
    found = input_field(path)
    form = found.form if found else Form.LINE
    return normal(form, one) == normal(form, other)


def changed(before: Contact | None, values: Mapping[str, Value]) -> tuple[FieldChange, ...]:
    """Return what the values change of a contact, None for one that is not there yet."""
    found = (
        FieldChange(path, held(before, path) if before else None, after) for path, after in values.items()
    )
    return tuple(each for each in found if not same(each.field, each.before, each.after))


def moved(before: Contact, after: Contact) -> tuple[FieldChange, ...]:
    """Return every field of an input, and the status, that differs between two states of a contact."""
    customs = {f"{CUSTOM}{each.field_id}" for each in (*before.custom_fields, *after.custom_fields)}
    paths = (STATUS, *(path for path in CONTACT_INPUTS if not path.startswith("person.")), *sorted(customs))
    found = (FieldChange(path, held(before, path), held(after, path)) for path in paths)
    return tuple(each for each in found if not same(each.field, each.before, each.after))
