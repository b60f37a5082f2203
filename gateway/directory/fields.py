"""What a list can be searched, filtered and ordered by: one definition of each field's text and normal form.

Indexed and plain answers, the text asked for and the text stored, all go through here, so that
nothing can be found in one way and not in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from gateway.domain.contact import Contact, ContactStatus, PostalAddress
from gateway.domain.identifiers import country_code, digits, phone_digits, plain
from gateway.domain.text import fold

Value = str | int
"""A field's value in its normal form; moments are microseconds since 1970, UTC."""

_NO_ADDRESS = PostalAddress()
_MANDATES = ("mandate.sepa.active", "mandate.hasPayments")
_NOTES = ("notes",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AROUND_DIGITS = str.maketrans("", "", "+()/")


def trimmed(text: str) -> str:
    """Return the normal form of a customer number: only trimmed and folded."""
    return fold(text).strip()


@lru_cache(maxsize=4096)
def code(text: str) -> str:
    """Return the normal form of an identifier: without blanks, dots and dashes, case aside."""
    # Folding first: it brings out dots and dashes that are written in one sign with others.
    return fold(plain(fold(text)))


def country(text: str) -> str:
    """Return the normal form of a country: its code, also when asked for by name."""
    return country_code(text) or text.strip().upper()


def micros(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(told: int) -> datetime:
    """Return the moment so many microseconds since 1970, UTC."""
    return _EPOCH + timedelta(microseconds=told)


@dataclass(frozen=True, slots=True)
class Field:
    """Something that contacts can be told apart by.

    Attributes:
        paths: Unified paths that tell it; where one is unknown, so is the field.
        values: A contact's values in their normal form, each once; none where there is no value.
        normal: Brings what a client asks for into the same form.
    """

    paths: tuple[str, ...]
    values: Callable[[Contact], Iterable[Value]]
    normal: Callable[[str], str] = fold


def _texts(normal: Callable[[str], str], *texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for text in texts if text and (form := normal(text))))


def _address(contact: Contact) -> PostalAddress:
    return contact.address or _NO_ADDRESS


def _names(contact: Contact) -> tuple[str, ...]:
    return _texts(fold, contact.display_name, contact.company_name, contact.full_name)


def _phones(contact: Contact) -> tuple[str, ...]:
    region = _address(contact).country_code
    numbers = (phone_digits(each.number, region) for each in contact.phones or ())
    return tuple(dict.fromkeys(form for forms in numbers for form in forms))


def _moment(moment: datetime | None) -> tuple[int, ...]:
    return () if moment is None else (micros(moment),)


def _word(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)


def _truth(value: bool | None) -> tuple[str, ...]:
    return () if value is None else ("true" if value else "false",)


def _vat_number(contact: Contact) -> str | None:
    return contact.vat_number.value if contact.vat_number else None


def _account(contact: Contact) -> str | None:
    return contact.bank_account.number if contact.bank_account else None


def _mandate(contact: Contact) -> tuple[str, ...]:
    sepa = contact.sepa_mandate
    return _found(contact, _MANDATES, bool((sepa and sepa.active) or contact.has_payments_mandate))


def _open_todo(contact: Contact) -> tuple[str, ...]:
    notes = contact.notes or ()
    return _found(contact, _NOTES, any(note.is_todo and note.completed_at is None for note in notes))


def _found(contact: Contact, paths: tuple[str, ...], is_found: bool) -> tuple[str, ...]:
    """Say that there is such a thing, or none; nothing where the system does not tell."""
    return () if not is_found and lacks(contact.unknown, paths) else _truth(is_found)


FIELDS: Mapping[str, Field] = {
    "status": Field(("status",), lambda each: (str(each.status),), str),
    "kind": Field(("kind",), lambda each: (str(each.kind),), str),
    "roles": Field(("roles",), lambda each: tuple(dict.fromkeys(map(str, each.roles))), str),
    "name": Field(("displayName", "companyName", "fullName"), _names),
    "displayName": Field(("displayName",), lambda each: (fold(each.display_name),)),
    "firstName": Field(("firstName",), lambda each: _texts(fold, each.first_name)),
    "lastName": Field(("lastName",), lambda each: _texts(fold, each.last_name)),
    "city": Field(("address.city",), lambda each: _texts(fold, _address(each).city)),
    "postalCode": Field(("address.postalCode",), lambda each: _texts(code, _address(each).postal_code), code),
    "country": Field(("address.country.code",), lambda each: _word(_address(each).country_code), country),
    "email": Field(("emails",), lambda each: _texts(fold, *each.emails)),
    "phone": Field(("phones",), _phones, digits),
    "customerNumber": Field(("customerNumber",), lambda each: _texts(trimmed, each.customer_number), trimmed),
    "vatNumber": Field(("vatNumber.value",), lambda each: _texts(code, _vat_number(each)), code),
    "chamberOfCommerce": Field(
        ("chamberOfCommerce",), lambda each: _texts(code, each.chamber_of_commerce), code
    ),
    "iban": Field(
        ("bankAccount.number",),
        lambda each: _texts(code, _account(each)),
        code,
    ),
    "label": Field(("label",), lambda each: _texts(fold, each.label)),
    "department": Field(("department",), lambda each: _texts(fold, each.department)),
    "remoteId": Field(("source.remoteId",), lambda each: (each.key.remote,), str),
    "deliveryMethod": Field(
        ("invoicing.deliveryMethod",), lambda each: _word(each.invoicing.delivery_method), str
    ),
    "trusted": Field(
        ("trust.trusted",), lambda each: _truth(each.trust.trusted if each.trust else None), str
    ),
    "invoiceWorkflowId": Field(
        ("invoicing.workflowId",), lambda each: _word(each.invoicing.workflow_id), str
    ),
    "estimateWorkflowId": Field(
        ("estimates.workflowId",), lambda each: _word(each.estimates.workflow_id), str
    ),
    "hasMandate": Field(_MANDATES, _mandate, str),
    "hasOpenTodo": Field(_NOTES, _open_todo, str),
    "createdAt": Field(("createdAt",), lambda each: _moment(each.created_at), str),
    "updatedAt": Field(("updatedAt",), lambda each: _moment(each.updated_at), str),
}
"""Filter to its field. `system` is no value of a contact; custom fields: see `field`."""

SYSTEM = "system"
CUSTOM_FIELD = "customField:"
ACTIVE = str(ContactStatus.ACTIVE)


def field(name: str) -> Field:
    """Return a field by its filter's name; that of a custom field ends in the field's id."""
    if name.startswith(CUSTOM_FIELD):
        return _custom_field(name.removeprefix(CUSTOM_FIELD))
    return FIELDS[name]


@lru_cache(maxsize=1024)
def _custom_field(field_id: str) -> Field:
    return Field(("customFields",), partial(_custom_values, field_id))


def _custom_values(field_id: str, contact: Contact) -> tuple[str, ...]:
    return _texts(fold, *(each.value for each in contact.custom_fields if each.field_id == field_id))


SEARCHED = (
    "displayName",
    "companyName",
    "fullName",
    "department",
    "attention",
    "label",
    "website",
    "customerNumber",
    "emails",
    "invoicing.emails",
    "estimates.emails",
    "phones",
    "persons",
    "address.line1",
    "address.line2",
    "address.postalCode",
    "address.city",
    "alternativeAddress",
    "vatNumber.value",
    "chamberOfCommerce",
    "bankAccount.number",
    "bankAccount.description",
    "mandate.sepa.iban",
)
"""Paths that a search looks at."""


def searched_words(contact: Contact) -> tuple[str, ...]:
    """Return the folded texts that a search looks through."""
    names = [contact.display_name, contact.company_name, contact.full_name]
    if contact.full_name is None:
        names += [contact.first_name, contact.last_name]
    texts = [*names, contact.department, contact.attention, contact.label, contact.website]
    texts += [contact.customer_number, *contact.emails, *contact.invoicing.emails, *contact.estimates.emails]
    for person in contact.persons or ():
        texts += [person.full_name, person.email]
    for address in (contact.address, contact.alternative_address):
        if address is not None:
            texts += [address.name, address.department, address.attention]
            texts += [address.line1, address.line2, address.postal_code, address.city]
    if contact.bank_account:
        texts.append(contact.bank_account.description)
    return _texts(fold, *dict.fromkeys(texts))


def searched_codes(contact: Contact) -> tuple[str, ...]:
    """Return the identifiers that a search looks through, as normalised; telephone numbers as digits."""
    account, mandate = contact.bank_account, contact.sepa_mandate
    codes = [_vat_number(contact), contact.chamber_of_commerce, _account(contact)]
    codes += [account.description if account else None, mandate.iban if mandate else None]
    codes += [each.postal_code for each in (contact.address, contact.alternative_address) if each]
    region = _address(contact).country_code
    numbers = [each.phone for each in contact.persons or () if each.phone]
    spoken = [form for number in numbers for form in phone_digits(number, region)]
    return tuple(dict.fromkeys((*_texts(searched_code, *codes), *_phones(contact), *spoken)))


def searched_code(text: str) -> str:
    """Return an identifier as a search compares it: without the signs of telephone numbers, too."""
    return code(text).translate(_AROUND_DIGITS)


@lru_cache(maxsize=4096)
def lacks(unknown: frozenset[str], paths: tuple[str, ...]) -> bool:
    """Whether one of the paths, or what it stands below, is among those that are not known."""
    return bool(unknown) and any(_covered(unknown, path) for path in paths)


def _covered(listed: frozenset[str], path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in listed for length in range(1, len(parts) + 1))


def covers(listed: frozenset[str], paths: Iterable[str]) -> bool:
    """Whether a list's rows tell everything that is asked for.

    Args:
        listed: Paths that the rows tell, each standing for all below it; "" stands for everything.
        paths: Unified paths asked for.
    """
    return "" in listed or all(_covered(listed, path) for path in paths)


FILTERABLE: Mapping[str, str] = {
    path: name for name, each in FIELDS.items() for path in each.paths if name != "displayName"
} | {
    "vatNumber": "vatNumber",
    "bankAccount.iban": "iban",
    "address.countryCode": "country",
    "phones.main": "phone",
    "phones.second": "phone",
    "phones.fax": "phone",
    "customFields": "customField",
    "source.system": SYSTEM,
}
"""Unified path to the filter that looks at it."""
