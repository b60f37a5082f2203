"""Rules that are true in every system: every fault of an input at once, without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from gateway.domain import identifiers
from gateway.domain.administration import FieldRule
from gateway.domain.changes import CUSTOM, Changes, Form, InputField, Value, input_field, normal, same
from gateway.domain.charge import Period
from gateway.domain.contact import Contact
from gateway.domain.faults import Fault, FaultCode

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DUTCH_VAT = re.compile(r"NL[0-9]{9}B[0-9]{2}")
_DUTCH = frozenset({None, "NL"})

_CENT = Decimal("0.01")

_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

LONGEST = 20_000
"""Letters in a text; no system documents a limit, and nobody writes more."""


def expanded(changes: Changes, rules: Mapping[str, FieldRule]) -> dict[str, Value]:
    """Return the values with groups that were null written out.

    A null group is null for each field of it that can be cleared and that no other group shares;
    what was given by itself wins.
    """
    values: dict[str, Value] = {}
    for group in sorted(changes.groups):
        inside = f"{group}."
        for path, rule in rules.items():
            shared = any(not other.startswith(inside) for other in rule.same_as)
            if path.startswith(inside) and _can_clear(rule) and not shared and input_field(path):
                values[path] = None
    return {**values, **changes.values}


def faults_of(
    values: Mapping[str, Value],
    rules: Mapping[str, FieldRule],
    *,
    today: date,
    before: Contact | None = None,
) -> tuple[Fault, ...]:
    """Return everything that is wrong with a contact's values.

    Args:
        values: By path, groups written out.
        rules: What the contact's system can do, by path.
        today: For days that must not be ahead; a day of grace, since somewhere it is tomorrow.
        before: What is held of the contact, if anything: its country decides what a number looks like.
    """
    found: list[Fault] = []
    for path, value in values.items():
        rule = _rule(rules, path)
        field = input_field(path)
        if field is None or rule is None or not rule.writable:
            reason = rule.note if rule and rule.note else "The contact's system does not have this field."
            found.append(Fault(FaultCode.NOT_SUPPORTED_BY_SYSTEM, reason, path))
        elif path.startswith(CUSTOM) and not _CUSTOM_ID.fullmatch(path.removeprefix(CUSTOM)):
            found.append(Fault(FaultCode.INVALID, "No custom field has such an id.", "customFields"))
        elif normal(field.form, value) is None:
            if not rule.clearable:
                found.append(Fault(FaultCode.INVALID, "This field cannot be cleared.", path))
        else:
            found += _of_form(path, field, value, today)
    found += _unequal(values, rules)
    at_fault = {each.path for each in found}
    found += (each for each in _of_country(values, before) if each.path not in at_fault)
    return tuple(found)


def writable(rules: Mapping[str, FieldRule], path: str) -> bool:
    """Whether a system can write a path."""
    rule = _rule(rules, path)
    return rule is not None and rule.writable


def faults_of_part(
    values: Mapping[str, Value],
    inputs: Mapping[str, InputField],
    *,
    today: date,
    required: Iterable[str] = (),
) -> tuple[Fault, ...]:
    """Return everything that is wrong with the values of a person, a note, a charge or a request."""
    found = [
        fault
        for path, value in values.items()
        if (field := inputs.get(path)) and normal(field.form, value) is not None
        for fault in _of_form(path, field, value, today)
    ]
    lacking = [path for path in required if normal(inputs[path].form, values.get(path)) is None]
    found += [Fault(FaultCode.REQUIRED, "This is needed.", path) for path in lacking]
    return tuple(found)


def _can_clear(rule: FieldRule) -> bool:
    return rule.writable and rule.clearable


def _rule(rules: Mapping[str, FieldRule], path: str) -> FieldRule | None:
    return rules.get("customFields" if path.startswith(CUSTOM) else path)


def _of_form(path: str, field: InputField, value: Value, today: date) -> Iterator[Fault]:
    """Yield what is wrong with a value that is there."""
    texts = value if isinstance(value, tuple) else (value,)
    for text in texts:
        if isinstance(text, str) and (message := _text_fault(text, field.form)):
            yield Fault(FaultCode.INVALID, message, path)
            return
    check = _CHECKS.get(field.form)
    message = check(value) if check else None
    if field.form is Form.DAY and isinstance(value, date) and value > today + timedelta(days=1):
        message = "This day is in the future."
    if message:
        yield Fault(FaultCode.INVALID, message, path)


def _text_fault(text: str, form: Form) -> str | None:
    if _CONTROL.search(text):
        return "This text has a character in it that no system can keep."
    if len(text) > LONGEST:
        return f"This text is longer than {LONGEST:,} letters."
    if form is not Form.LINES and ("\n" in text or "\r" in text or "\t" in text):
        return "This must be one line."
    return None


def _emails(value: Value) -> str | None:
    addresses = value if isinstance(value, tuple) else (str(value),)
    wrong = [place for place, each in enumerate(addresses, 1) if not identifiers.is_email(each)]
    if not wrong:
        return None
    return "This is no e-mail address." if len(addresses) == 1 else f"Number {wrong[0]} is no e-mail address."


def _percent(value: Value) -> str | None:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= 100:
        return "This must be from 0 to 100."
    return None if value == value.quantize(_CENT) else "This has two decimals at most."


def _number(value: Value) -> str | None:
    return None if isinstance(value, Decimal) and value.is_finite() else "This is no number."


def _period(value: Value) -> str | None:
    wrong = isinstance(value, Period) and value.end < value.start
    return "This period ends before it starts." if wrong else None


def _unless(known: Callable[[str], object], message: str) -> Callable[[Value], str | None]:
    return lambda value: None if known(str(value).strip()) else message


_CHECKS: Mapping[Form, Callable[[Value], str | None]] = {
    Form.EMAIL: _emails,
    Form.EMAILS: _emails,
    Form.PERCENT: _percent,
    Form.NUMBER: _number,
    Form.PERIOD: _period,
    Form.IBAN: _unless(identifiers.iban, "This is no IBAN, or a digit in it is wrong."),
    Form.BIC: _unless(identifiers.bic, "This is no BIC."),
    Form.COUNTRY: _unless(identifiers.country_name, "This is no ISO 3166-1 alpha-2 code."),
    Form.WORD: _unless(lambda word: word != "UNKNOWN", "UNKNOWN can be read, but not be set."),
}


def _unequal(values: Mapping[str, Value], rules: Mapping[str, FieldRule]) -> Iterator[Fault]:
    """Yield fields that are one stored value, and were given two."""
    for path, value in values.items():
        rule = rules.get(path)
        for other in rule.same_as if rule else ():
            # Two spellings are one value if either of the fields takes them for one.
            if other in values and not any(same(each, value, values[other]) for each in (path, other)):
                message = f"This and {other} are one value in the contact's system, and must be equal."
                yield Fault(FaultCode.INVALID, message, path)
                break


def _of_country(values: Mapping[str, Value], before: Contact | None) -> Iterator[Fault]:
    """Yield numbers that are none in the Netherlands, for contacts that are there."""
    vat = normal(Form.VAT_NUMBER, values.get("vatNumber"))
    if isinstance(vat, str) and vat.startswith("NL") and not _DUTCH_VAT.fullmatch(vat):
        words = "A Dutch VAT number is NL, nine digits, B and two digits."
        yield Fault(FaultCode.INVALID, words, "vatNumber")
    chamber = normal(Form.CHAMBER, values.get("chamberOfCommerce"))
    country = normal(Form.COUNTRY, values.get("address.countryCode")) or _country(before)
    if isinstance(chamber, str) and country in _DUTCH and not identifiers.chamber_of_commerce(chamber):
        words = "A number in the Dutch trade register has 8 digits, or 12 for a branch."
        yield Fault(FaultCode.INVALID, words, "chamberOfCommerce")


def _country(before: Contact | None) -> str | None:
    return before.address.country_code if before and before.address else None
