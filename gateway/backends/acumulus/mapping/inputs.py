"""Values of an input as texts of nodes, and what Acumulus has against them. Pure; asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from gateway.backends.acumulus.merge import escaped
from gateway.backends.acumulus.merge.nodes import BY_PATH, Kind, Node, Omitted, choice, country
from gateway.domain.changes import CONTACT_INPUTS, Value, held, normal, same
from gateway.domain.contact import Contact, ContactRole, ContactStatus
from gateway.domain.faults import Fault, FaultCode
from gateway.domain.text import blank_to_none

ACTIVE = "sepaMandate.active"
REFERENCE = "sepaMandate.reference"
PERSON_NAMES = ("person.firstName", "person.lastName")

_ROLES: Mapping[frozenset[ContactRole | None], str] = {
    frozenset({ContactRole.CUSTOMER}): "1",
    frozenset({ContactRole.SUPPLIER}): "2",
    frozenset({ContactRole.CUSTOMER, ContactRole.SUPPLIER}): "3",
}
_STATUSES = {ContactStatus.ARCHIVED: "0", ContactStatus.ACTIVE: "1"}
_ID = re.compile(r"[1-9][0-9]{0,19}")


def texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Return node to the text that is sent for it: "0" or nothing, as the node wants it, where it is cleared.

    The mandate is active exactly as long as it has a reference, so that `active` false clears that one. Of
    paths that are one node the first that is given counts: they are equal.
    """
    found: dict[str, str] = {}
    for path, value in values.items():
        node = BY_PATH.get(path)
        if path == ACTIVE:
            if value is False:
                found["contactsepamandatenr"] = ""
        elif node and node.name not in found:
            found[node.name] = _text(node, value)
    person = person_name(values)
    if person and not found.get("contactperson"):
        found["contactperson"] = person
    return found


def given(values: Mapping[str, Value]) -> dict[str, str]:
    """Return node to the path that gives its text."""
    found: dict[str, str] = {}
    for path, value in values.items():
        node = BY_PATH.get(path)
        if node and (path != ACTIVE or value is False):
            found.setdefault(node.name, path)
    if person_name(values):
        found.setdefault("contactperson", next(path for path in PERSON_NAMES if values.get(path)))
    return found


def _text(node: Node, value: Value) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "0" if node.omitted is Omitted.KEPT_UNLESS_ZERO else ""
    match value:
        case ContactStatus():
            return _STATUSES[value]
        case tuple():
            # E-mail addresses, or roles: neither is ever mixed with the other.
            roles = frozenset(_role(each) for each in value)
            return _ROLES.get(roles) or ",".join(each.strip() for each in value)
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case date():
            return value.isoformat()
        case _:
            text = str(value).strip()
            if node.kind is Kind.COUNTRY:
                return text.upper()
            return escaped(text) if node.kind is Kind.LINES else text


def _role(word: str) -> ContactRole | None:
    return ContactRole.__members__.get(word)


def person_name(values: Mapping[str, Value]) -> str:
    """Return the name of a new contact's person, empty where none is given."""
    parts = (values.get(path) for path in PERSON_NAMES)
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def faults(values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
    """Return what Acumulus' own rules have against values; see `Contacts.faults`."""
    found = [fault for path, value in values.items() for fault in _of_value(path, value)]
    found += _of_mandate(values, before)
    found += _of_name(values, before)
    found += _of_person(values, before)
    return tuple(found)


def _of_value(path: str, value: Value) -> Iterator[Fault]:
    field, node = CONTACT_INPUTS.get(path), BY_PATH.get(path)
    if field is None or node is None or path == ACTIVE or normal(field.form, value) is None:
        return
    words = [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, str)]
    if path == "roles":
        if frozenset(_role(word) for word in words) not in _ROLES:
            yield Fault(FaultCode.INVALID, "A contact is a customer, a supplier, or both.", path)
    elif message := next((told for word in words if (told := _against(node, str(word)))), None):
        yield Fault(FaultCode.INVALID, message, path)


def _against(node: Node, text: str) -> str | None:
    """Return what speaks against one text of a node."""
    text = text.strip()
    if "\ufffd" in text:
        return "This text has a sign in it that stands for a letter that was lost."
    match node.kind:
        case Kind.CHOICE:
            if choice(node, text) != text:
                return f"Acumulus knows {', '.join(node.choices)}."
        case Kind.REFERENCE:
            return None if _ID.fullmatch(text) else "This is no id of a list of Acumulus."
        case Kind.COUNTRY:
            return None if country(text) else "Acumulus takes codes of ISO 3166-1 only."
        case Kind.LINES:
            if "\\n" in text or "\\t" in text:
                return "Acumulus takes a backslash before n or t for a line break or a tab."
    return None


def _of_mandate(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    """Yield where `active` is at odds with the reference, which it is the presence of."""
    active = values.get(ACTIVE)
    if active is None:
        return
    reference = values.get(REFERENCE)
    given = isinstance(reference, str) and blank_to_none(reference) is not None
    if not active and given:
        yield Fault(FaultCode.INVALID, "A mandate with a reference is active.", ACTIVE)
    elif active and REFERENCE in values and not given:
        yield Fault(FaultCode.INVALID, "A mandate without a reference is not active.", ACTIVE)
    elif active and not given and not _may_have_reference(before):
        yield Fault(FaultCode.REQUIRED, "A mandate is active by its reference.", REFERENCE)


def _may_have_reference(before: Contact | None) -> bool:
    if before is None:
        return False
    return bool(held(before, REFERENCE)) or "mandate.sepa.reference" in before.unknown


def _of_name(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    """Yield that a contact would be left without any name."""
    names = ("companyName", "attention")
    if before is not None and not any(path in values for path in names):
        return
    left: list[Value] = [values.get(path, held(before, path) if before else None) for path in names]
    unread = before is not None and any(path in before.unknown and path not in values for path in names)
    left.append(person_name(values))
    if not unread and not any(isinstance(name, str) and name.strip() for name in left):
        yield Fault(FaultCode.REQUIRED, "A contact needs a companyName or an attention.", names[0])


def _of_person(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    """Yield what a new contact's person cannot be: Acumulus keeps one name, which is `attention` too."""
    given = [path for path in PERSON_NAMES if values.get(path) is not None]
    if given and before is not None:
        yield Fault(FaultCode.NOT_SUPPORTED_BY_SYSTEM, "Only a new contact has this.", given[0])
    attention = values.get("attention")
    if given and attention is not None and not same("attention", attention, person_name(values)):
        words = "Acumulus keeps one person of a contact: give this or attention, or the same name twice."
        yield Fault(FaultCode.INVALID, words, given[0])
