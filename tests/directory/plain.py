"""A list found by looking at every contact in turn: what the indexed answers are held against.

Written from the schema's own rules, and slow; it shares no text, no normal form and no decision with the
directory. A question is asked in a client's words: where it is turned into the directory's, both read it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cmp_to_key, lru_cache
from typing import Any

from gateway.domain.contact import Contact, PostalAddress
from gateway.domain.identifiers import country_code, phone_digits
from gateway.domain.identity import contact_id


@dataclass(frozen=True)
class Ask:
    """One test of a field: in, contains, startsWith, isEmpty or between, and what is wanted."""

    field: str
    test: str
    wanted: Any


@dataclass(frozen=True)
class Every:
    """All of these hold."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Either:
    """One of these holds."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Never:
    """This does not hold."""

    part: Any


@dataclass(frozen=True)
class Query:
    """What a client asks: a filter, a search, and what to order by with whether it is descending."""

    where: Any = Every(())
    search: str = ""
    order: tuple[tuple[str, bool], ...] = (("NAME", False),)


@dataclass(frozen=True)
class Shelf:
    """A system's contacts."""

    system: str
    contacts: tuple[Contact, ...]


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Decompose, drop case and marks, and decompose what that brought about."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in apart if unicodedata.combining(letter) == 0)


@lru_cache(maxsize=65536)
def compact(text: str) -> str:
    """Leave out blanks, dots and dashes."""
    apart = folded(text)
    kept = [letter for letter in apart if not (letter.isspace() or letter in ".\u2212\u200b\ufeff")]
    return folded("".join(letter for letter in kept if unicodedata.category(letter) != "Pd").upper())


def trimmed(text: str) -> str:
    """Leave out what is around it."""
    return folded(text).strip()


def dialled(text: str) -> str:
    """Leave digits alone."""
    return "".join(letter for letter in text if letter.isdecimal())


def exact(text: str) -> str:
    """Leave it as it is."""
    return text


def land(text: str) -> str:
    """Read a country, by code or name."""
    return country_code(text) or text.strip().upper()


def _address(contact: Contact) -> PostalAddress:
    return contact.address or PostalAddress()


def _numbers(contact: Contact) -> list[str]:
    region = _address(contact).country_code
    return [form for phone in contact.phones or () for form in phone_digits(phone.number, region)]


def _told(contact: Contact, paths: Iterable[str]) -> bool:
    """Whether a contact tells all of these paths: none stands in, or below, what is unknown."""
    return not any(f"{path}.".startswith(f"{unknown}.") for path in paths for unknown in contact.unknown)


def _mandate(contact: Contact) -> list[str]:
    if contact.has_payments_mandate or (contact.sepa_mandate and contact.sepa_mandate.active):
        return ["true"]
    return ["false"] if _told(contact, PATHS["hasMandate"]) else []


def _todo(contact: Contact) -> list[str]:
    if any(note.is_todo and not note.completed_at for note in contact.notes or ()):
        return ["true"]
    return ["false"] if _told(contact, PATHS["hasOpenTodo"]) else []


def _trusted(contact: Contact) -> list[str]:
    return [] if contact.trust is None else [str(contact.trust.trusted).lower()]


PATHS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "kind": ("kind",),
    "roles": ("roles",),
    "system": (),
    "name": ("displayName", "companyName", "fullName"),
    "firstName": ("firstName",),
    "lastName": ("lastName",),
    "city": ("address.city",),
    "postalCode": ("address.postalCode",),
    "country": ("address.country.code",),
    "email": ("emails",),
    "phone": ("phones",),
    "customerNumber": ("customerNumber",),
    "vatNumber": ("vatNumber.value",),
    "chamberOfCommerce": ("chamberOfCommerce",),
    "iban": ("bankAccount.number",),
    "label": ("label",),
    "department": ("department",),
    "remoteId": (),
    "deliveryMethod": ("invoicing.deliveryMethod",),
    "trusted": ("trust.trusted",),
    "invoiceWorkflowId": ("invoicing.workflowId",),
    "estimateWorkflowId": ("estimates.workflowId",),
    "hasMandate": ("mandate.sepa.active", "mandate.hasPayments"),
    "hasOpenTodo": ("notes",),
    "customField": ("customFields",),
    "createdAt": ("createdAt",),
    "updatedAt": ("updatedAt",),
}
"""What tells a filter's field."""

Read = Callable[[Contact], Iterable[Any]]

TEXTS: dict[str, tuple[Read, Callable[[str], str]]] = {
    "status": (lambda one: [one.status], exact),
    "kind": (lambda one: [one.kind], exact),
    "roles": (lambda one: one.roles, exact),
    "name": (lambda one: [one.display_name, one.company_name, one.full_name], folded),
    "firstName": (lambda one: [one.first_name], folded),
    "lastName": (lambda one: [one.last_name], folded),
    "city": (lambda one: [_address(one).city], folded),
    "postalCode": (lambda one: [_address(one).postal_code], compact),
    "country": (lambda one: [_address(one).country_code], land),
    "email": (lambda one: one.emails, folded),
    "phone": (_numbers, dialled),
    "customerNumber": (lambda one: [one.customer_number], trimmed),
    "vatNumber": (lambda one: [one.vat_number.value if one.vat_number else None], compact),
    "chamberOfCommerce": (lambda one: [one.chamber_of_commerce], compact),
    "iban": (lambda one: [one.bank_account.number if one.bank_account else None], compact),
    "label": (lambda one: [one.label], folded),
    "department": (lambda one: [one.department], folded),
    "remoteId": (lambda one: [one.key.remote], exact),
    "deliveryMethod": (lambda one: [one.invoicing.delivery_method], exact),
    "trusted": (_trusted, exact),
    "invoiceWorkflowId": (lambda one: [one.invoicing.workflow_id], exact),
    "estimateWorkflowId": (lambda one: [one.estimates.workflow_id], exact),
    "hasMandate": (_mandate, exact),
    "hasOpenTodo": (_todo, exact),
}
"""Field to what a contact has there, and to how it is compared."""


def _forms(contact: Contact, field: str) -> tuple[list[str], Callable[[str], str]]:
    name, _, part = field.partition(":")
    if name == "customField":
        told: Iterable[Any] = [each.value for each in contact.custom_fields if each.field_id == part]
        normal = folded
    else:
        read, normal = TEXTS[name]
        told = read(contact)
    return [form for text in told if text and (form := normal(str(text)))], normal


def _moment(contact: Contact, field: str) -> datetime | None:
    return contact.created_at if field == "createdAt" else contact.updated_at


def _within(moment: datetime | None, wanted: tuple[datetime | None, datetime | None]) -> bool:
    after, before = wanted
    if moment is None:
        return False
    return (after is None or after < moment) and (before is None or moment < before)


def _passes(ask: Ask, contact: Contact, system: str) -> bool | None:
    if ask.field == "system":
        return system in ask.wanted
    if not contact.complete and not _told(contact, PATHS[ask.field.partition(":")[0]]):
        return None
    if ask.field in ("createdAt", "updatedAt"):
        return _within(_moment(contact, ask.field), ask.wanted)
    forms, normal = _forms(contact, ask.field)
    if ask.test == "isEmpty":
        return ask.wanted is (forms == [])
    if ask.test == "in":
        return any(form == normal(each) for each in ask.wanted for form in forms)
    wanted = normal(ask.wanted)
    if ask.wanted.strip() and not wanted:
        return False  # it says something, and nothing that this field could have
    if ask.test == "contains":
        return any(wanted in form for form in forms)
    return any(form.startswith(wanted) for form in forms)


def holds(where: Any, contact: Contact, system: str) -> bool | None:
    """Say whether a filter holds; None while that hangs on details."""
    if isinstance(where, Ask):
        return _passes(where, contact, system)
    if isinstance(where, Never):
        told = holds(where.part, contact, system)
        return None if told is None else not told
    parts = [holds(part, contact, system) for part in where.parts]
    decisive = isinstance(where, Either)
    if any(part is decisive for part in parts):
        return decisive
    return None if any(part is None for part in parts) else not decisive


SEARCHED = (
    *("displayName", "companyName", "fullName", "department", "attention", "label", "website", "emails"),
    *("customerNumber", "invoicing.emails", "estimates.emails", "phones", "persons", "alternativeAddress"),
    *("address.line1", "address.line2", "address.postalCode", "address.city", "vatNumber.value"),
    *("chamberOfCommerce", "bankAccount.number", "bankAccount.description", "mandate.sepa.iban"),
)
"""Paths of what is searched."""


def _texts(contact: Contact) -> list[str]:
    found = [contact.display_name, contact.company_name, contact.full_name, contact.department]
    if contact.full_name is None:
        found += [contact.first_name, contact.last_name]
    found += [contact.attention, contact.label, contact.website, contact.customer_number]
    found += [*contact.emails, *contact.invoicing.emails, *contact.estimates.emails]
    found += [text for person in contact.persons or () for text in (person.full_name, person.email)]
    for address in filter(None, (contact.address, contact.alternative_address)):
        found += [address.name, address.department, address.attention]
        found += [address.line1, address.line2, address.postal_code, address.city]
    found.append(contact.bank_account.description if contact.bank_account else None)
    return [folded(text) for text in found if text]


def _codes(contact: Contact) -> list[str]:
    account, mandate = contact.bank_account, contact.sepa_mandate
    found = [contact.chamber_of_commerce, contact.vat_number and contact.vat_number.value]
    found += [mandate and mandate.iban, account and account.number, account and account.description]
    found += [each and each.postal_code for each in (contact.address, contact.alternative_address)]
    region = _address(contact).country_code
    spoken = [person.phone for person in contact.persons or () if person.phone]
    numbers = [form for number in spoken for form in phone_digits(number, region)]
    return [_bare(text) for text in (*filter(None, found), *_numbers(contact), *numbers)]


@lru_cache(maxsize=65536)
def _bare(text: str) -> str:
    return "".join(letter for letter in compact(text) if letter not in "+()/")


def searched(search: str, contact: Contact) -> bool | None:
    """Say whether every word is found; None while that hangs on details."""
    words = folded(search).split()
    if not words:
        return True
    texts, codes = _texts(contact), _codes(contact)
    if all(_stands(word, texts, codes) for word in words):
        return True
    return False if contact.complete or _told(contact, SEARCHED) else None


def _stands(word: str, texts: Sequence[str], codes: Sequence[str]) -> bool:
    code = _bare(word)
    return any(word in text for text in texts) or (code != "" and any(code in text for text in codes))


def decided(query: Query, contact: Contact, system: str) -> bool | None:
    """Say whether a contact is in the list; None while that hangs on details."""
    told = [holds(query.where, contact, system), searched(query.search, contact)]
    if False in told:
        return False
    return None if None in told else True


ORDERED = {"CITY": "city", "CUSTOMER_NUMBER": "customerNumber", "CREATED_AT": "", "UPDATED_AT": ""}
ORDER_PATHS = {
    "NAME": "displayName",
    "CITY": "address.city",
    "CUSTOMER_NUMBER": "customerNumber",
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
}


def full_order(query: Query) -> list[tuple[str, bool]]:
    """Return what to order by, each once, with the name behind relevance."""
    keys: dict[str, bool] = {}
    for name, descending in query.order:
        keys.setdefault(name, descending)
    if "RELEVANCE" in keys:
        keys.setdefault("NAME", False)
    return list(keys.items()) or [("NAME", False)]


def relevance(contact: Contact, search: str) -> int:
    """Return the degree in which a display name answers a search, the best lowest."""
    name, text = folded(contact.display_name), " ".join(folded(search).split())
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    inside = [at for at in range(1, len(name)) if name.startswith(text, at)]
    return 2 if any(not name[at - 1].isalnum() for at in inside) else 3


def ordered_value(contact: Contact, key: str, search: str) -> Any:
    """Return what an order compares; None where there is no value, which comes last both ways."""
    if key == "NAME":
        return folded(contact.display_name)  # never missing, though nothing of it may be left
    if key == "RELEVANCE":
        return relevance(contact, search)
    if ORDERED[key]:
        return next(iter(_forms(contact, ORDERED[key])[0]), None)
    moment = contact.created_at if key == "CREATED_AT" else contact.updated_at
    return None if moment is None else moment.astimezone(UTC)


Placed = tuple[list[Any], bytes, Contact]


def _compare(keys: list[tuple[str, bool]], one: Placed, other: Placed) -> int:
    for (_, descending), mine, theirs in zip(keys, one[0], other[0], strict=True):
        if (mine is None) != (theirs is None):
            return 1 if mine is None else -1
        if mine is not None and mine != theirs:
            return -1 if (mine < theirs) != descending else 1
    return (one[1] > other[1]) - (one[1] < other[1])


def listed(shelves: Sequence[Shelf], query: Query) -> list[Contact]:
    """Return everything that certainly matches, in order."""
    found = [
        each for shelf in shelves for each in shelf.contacts if decided(query, each, shelf.system) is True
    ]
    keys = full_order(query)
    placed = [
        (
            [ordered_value(each, key, query.search) for key, _ in keys],
            contact_id(each.key.administration, each.key.remote).encode(),
            each,
        )
        for each in found
    ]
    return [each for *_, each in sorted(placed, key=cmp_to_key(lambda one, two: _compare(keys, one, two)))]


def open_ones(shelf: Shelf, query: Query) -> set[str]:
    """Return the ids of those whose details decide whether, or where, they are listed."""
    paths = [ORDER_PATHS[key] for key, _ in full_order(query) if key in ORDER_PATHS]
    found = set()
    for each in shelf.contacts:
        told = decided(query, each, shelf.system)
        if told is None or (told and not each.complete and not _told(each, paths)):
            found.add(each.key.remote)
    return found
