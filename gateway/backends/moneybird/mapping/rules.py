"""What Moneybird's own rules have against values, without asking it; pure.

Source: Moneybird API v2, contacts: the field descriptions, and "contact_person" of a create.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.backends.moneybird.mapping.attributes import ACTIVE, FIRST_PERSON_KEYS, PERSON, stored
from gateway.domain.changes import Form, InputField, Value, normal
from gateway.domain.contact import Contact
from gateway.domain.faults import Fault, FaultCode

NAMES = ("companyName", "firstName", "lastName")
MANDATE = "sepaMandate."
MANDATE_NEEDS = ("sepaMandate.iban", "sepaMandate.holder", "sepaMandate.reference", "sepaMandate.signedOn")
"""The text asks for every SEPA field of an active mandate; its example lets BIC and sequence follow."""


def faults_of(values: Mapping[str, Value], before: Contact | None) -> tuple[Fault, ...]:
    """Return everything that is wrong with a contact's values.

    Args:
        values: By path, each of the right form.
        before: The contact as it is; None for a new one.
    """
    return (*_of_names(values, before), *_of_mandate(values, before), *_of_person(values, before))


def lacking(values: Mapping[str, Value], inputs: Mapping[str, InputField], *needed: str) -> tuple[Fault, ...]:
    """Return a fault for each path that a person or note needs and does not have."""
    return tuple(
        Fault(FaultCode.REQUIRED, "This is needed.", path)
        for path in needed
        if normal(inputs[path].form, values.get(path)) is None
    )


def _of_names(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    if before is not None and not any(path in values for path in NAMES):
        return
    if not any(_is_there(values, before, path) for path in NAMES):
        path = next((path for path in NAMES if path in values), NAMES[0])
        yield Fault(FaultCode.REQUIRED, "A company name, a first name or a last name is needed.", path)


def _of_mandate(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    if not any(path.startswith(MANDATE) for path in values):
        return
    if values.get(ACTIVE) if ACTIVE in values else before and stored(before, ACTIVE):
        for path in MANDATE_NEEDS:
            if not _is_there(values, before, path):
                yield Fault(FaultCode.REQUIRED, "An active SEPA mandate needs this.", path)


def _of_person(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    given = [path for path in values if path.startswith(PERSON)]
    if before is not None:
        for path in given:
            words = "A person is given here only with a new contact."
            yield Fault(FaultCode.NOT_SUPPORTED_BY_SYSTEM, words, path)
    elif any(_is_there(values, None, path) for path in given):
        for path in FIRST_PERSON_KEYS:
            if not _is_there(values, None, path):
                yield Fault(FaultCode.REQUIRED, "A person needs a first and a last name.", path)


def _is_there(values: Mapping[str, Value], before: Contact | None, path: str) -> bool:
    value = values[path] if path in values else stored(before, path) if before else None
    return normal(Form.LINE, value) is not None
