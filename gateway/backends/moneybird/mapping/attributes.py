"""Values of an input as Moneybird's request keys, and the same values read back; pure.

Source of all keys: Moneybird API v2, contacts, contact people, notes, additional charges, mandate
requests: the request schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import DELIVERY_METHODS, SEQUENCES, word
from gateway.backends.moneybird.wire import ContactRow
from gateway.domain import identifiers
from gateway.domain.changes import (
    CUSTOM,
    FieldChange,
    Form,
    InputField,
    Value,
    held,
    input_field,
    normal,
    same,
)
from gateway.domain.charge import Period
from gateway.domain.contact import Contact
from gateway.domain.mandate import SepaSequence
from gateway.domain.text import blank_to_none

Attributes = dict[str, object]
"""What a request holds, by Moneybird's key."""

CONTACT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "companyName": "company_name",
        "firstName": "firstname",
        "lastName": "lastname",
        "attention": "send_invoices_to_attention",
        "customerNumber": "customer_id",
        "emails": "send_invoices_to_email",
        "phones.main": "phone",
        "address.line1": "address1",
        "address.line2": "address2",
        "address.postalCode": "zipcode",
        "address.city": "city",
        "address.countryCode": "country",
        "vatNumber": "tax_number",
        "chamberOfCommerce": "chamber_of_commerce",
        "bankAccount.number": "bank_account",
        "bankAccount.iban": "bank_account",
        "sepaMandate.active": "sepa_active",
        "sepaMandate.reference": "sepa_mandate_id",
        "sepaMandate.signedOn": "sepa_mandate_date",
        "sepaMandate.sequence": "sepa_sequence_type",
        "sepaMandate.iban": "sepa_iban",
        "sepaMandate.bic": "sepa_bic",
        "sepaMandate.holder": "sepa_iban_account_name",
        "invoicing.deliveryMethod": "delivery_method",
        "invoicing.attention": "send_invoices_to_attention",
        "invoicing.emails": "send_invoices_to_email",
        "invoicing.attachUbl": "email_ubl",
        "invoicing.directDebit": "direct_debit",
        "invoicing.workflowId": "invoice_workflow_id",
        "estimates.attention": "send_estimates_to_attention",
        "estimates.emails": "send_estimates_to_email",
        "estimates.workflowId": "estimate_workflow_id",
        "peppol.scheme": "si_identifier_type",
        "peppol.identifier": "si_identifier",
    }
)
"""Path of a contact's input to the key that holds it. `email` and `attention` themselves are read-only."""

CUSTOM_FIELDS = "custom_fields_attributes"
PERSON = "person."
FIRST_PERSON_KEYS: Mapping[str, str] = MappingProxyType(
    {"person.firstName": "firstname", "person.lastName": "lastname"}
)
"""All that a new contact's first person can be given."""

PERSON_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "firstName": "firstname",
        "lastName": "lastname",
        "phone": "phone",
        "email": "email",
        "department": "department",
    }
)
NOTE_KEYS: Mapping[str, str] = MappingProxyType(
    {"text": "note", "isTodo": "todo", "assigneeId": "assignee_id"}
)
CHARGE_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "productId": "product_id",
        "quantity": "amount",
        "price": "price",
        "period": "period",
        "description": "description",
    }
)
MANDATE_KEYS: Mapping[str, str] = MappingProxyType(
    {"message": "email_message", "identityId": "identity_id", "workflowId": "workflow_id"}
)

ACTIVE = "sepaMandate.active"
WORDS: Mapping[str, str] = {method: text for text, method in DELIVERY_METHODS.items()} | {
    sequence: text for text, sequence in SEQUENCES.items()
}
"""Words of the closed sets, as Moneybird spells them."""


def attribute(form: Form, value: Value) -> object:
    """Return a value as it goes into a request; one that clears is "" for a text and None for the rest.

    Only an empty text is documented to clear; what null does is not, so it is left to what no text
    can say. Source: Moneybird API v2, contacts, "Updates a contact".
    """
    match value:
        case None:
            return "" if form in _TEXTS else False if form is Form.FLAG else None
        case bool():
            return value
        case StrEnum():
            return WORDS.get(value, value.value)
        case str():
            return _text(form, value)
        case tuple():
            return ",".join(each.strip() for each in value)
        case date():
            return value.isoformat()
        case Period():
            return f"{_digits(value.start)}..{_digits(value.end)}"
        case Decimal():
            return format(value, "f")


def contact_attributes(changes: Iterable[FieldChange]) -> Attributes:
    """Return the keys of a contact that the changes set; nothing else is named.

    Custom fields go by id, those not named keep their values.
    """
    found: Attributes = {}
    custom: list[Attributes] = []
    person: Attributes = {}
    for change in changes:
        path, field = change.field, input_field(change.field)
        form = field.form if field else Form.LINE
        if path.startswith(CUSTOM):
            custom.append({"id": path.removeprefix(CUSTOM), "value": attribute(form, change.after)})
        elif path in FIRST_PERSON_KEYS:
            person[FIRST_PERSON_KEYS[path]] = attribute(form, change.after)
        elif path in CONTACT_KEYS:
            found[CONTACT_KEYS[path]] = attribute(form, change.after)
    if custom:
        found[CUSTOM_FIELDS] = custom
    if person:
        found["contact_person"] = person
    return found


def part_attributes(
    changes: Iterable[FieldChange], keys: Mapping[str, str], inputs: Mapping[str, InputField]
) -> Attributes:
    """Return the keys of a person, a note, a charge or a mandate request that the changes set."""
    return {keys[each.field]: attribute(inputs[each.field].form, each.after) for each in changes}


def paths_by_key(keys: Mapping[str, str], sent: Iterable[str] = ()) -> Mapping[str, str]:
    """Return the path behind every request key: of several the one that was sent, else the first."""
    first = {key: path for path, key in reversed(list(keys.items()))}
    return first | {keys[path]: path for path in sent if path in keys}


def stored(contact: Contact, path: str) -> Value:
    """Return what Moneybird holds at a path, also where a contact does not show it.

    A sequence without a mandate, and a Peppol scheme without an identifier, are held and not shown.
    """
    value = held(contact, path)
    if path == ACTIVE:
        return bool(value)
    if value is not None or contact.raw is None or path not in ("sepaMandate.sequence", "peppol.scheme"):
        return value
    reading = read_record(contact.raw, ContactRow)
    if reading is None:
        return None
    if path == "peppol.scheme":
        return blank_to_none(reading.record.si_identifier_type)
    return word(reading.record.sepa_sequence_type, SEQUENCES, SepaSequence.UNKNOWN)


def alike(path: str, one: Value, other: Value) -> bool:
    """Whether two values of a contact's field are one to Moneybird: no mandate is none that is active."""
    return bool(one) == bool(other) if path == ACTIVE else same(path, one, other)


def differences(before: Contact | None, values: Mapping[str, Value]) -> tuple[FieldChange, ...]:
    """Return what the values change of a contact, None for one that is to be made."""
    found = (
        FieldChange(path, stored(before, path) if before else None, bool(value) if path == ACTIVE else value)
        for path, value in values.items()
    )
    return tuple(each for each in found if not alike(each.field, each.before, each.after))


def part_differences(
    before: Mapping[str, Value], values: Mapping[str, Value], inputs: Mapping[str, InputField]
) -> tuple[FieldChange, ...]:
    """Return what the values change of a person, a note, a charge or a request; `before` is by path."""
    found = (FieldChange(path, before.get(path), value) for path, value in values.items())
    return tuple(
        each
        for each in found
        if normal(inputs[each.field].form, each.before) != normal(inputs[each.field].form, each.after)
    )


_TEXTS = frozenset(Form) - {Form.FLAG, Form.WORD, Form.DAY, Form.REFERENCE, Form.NUMBER, Form.PERIOD}


def _text(form: Form, value: str) -> str | None:
    text = value.strip()
    if form in (Form.IBAN, Form.BIC, Form.VAT_NUMBER):
        return identifiers.plain(text)
    if form is Form.REFERENCE:
        return text or None
    return text.upper() if form is Form.COUNTRY else text


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")
