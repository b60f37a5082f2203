"""What Moneybird tells of the administration itself: its facts, and the lists that fields choose from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import identifier
from gateway.backends.moneybird.wire import PEPPOL_SCHEMES, AdministrationRow, ChoiceRow
from gateway.domain.administration import AdministrationFacts, Choice
from gateway.domain.text import blank_to_none

Rows = Iterable[msgspec.Raw]
"""The entries of a JSON list, unread."""

INVOICE_WORKFLOW = "InvoiceWorkflow"
ESTIMATE_WORKFLOW = "EstimateWorkflow"
"""Source: Moneybird API v2, workflows, type."""


def own_administration(rows: Rows, remote_id: str) -> AdministrationRow | None:
    """Find the administration with this id; ids are compared as text, since both spellings occur.

    Source: Moneybird API v2, "List all administrations".
    """
    readings = (read_record(raw, AdministrationRow) for raw in rows)
    return next((one.record for one in readings if one and identifier(one.record.id) == remote_id), None)


def facts_from_row(row: AdministrationRow | None) -> AdministrationFacts:
    """Return currency, country and time zone."""
    if row is None:
        return AdministrationFacts()
    return AdministrationFacts(
        currency=blank_to_none(row.currency),
        country=blank_to_none(row.country),
        time_zone=blank_to_none(row.time_zone),
    )


def invoice_workflows_of(rows: Rows) -> tuple[Choice, ...]:
    """Return the invoice workflows, inactive ones too: a contact may still hold one."""
    return _workflows(rows, INVOICE_WORKFLOW)


def estimate_workflows_of(rows: Rows) -> tuple[Choice, ...]:
    """Return the estimate workflows, inactive ones too."""
    return _workflows(rows, ESTIMATE_WORKFLOW)


def _workflows(rows: Rows, kind: str) -> tuple[Choice, ...]:
    return tuple(
        choice for row in _rows(rows) if blank_to_none(row.type) == kind and (choice := _choice(row))
    )


def custom_fields_of_contacts(rows: Rows) -> tuple[Choice, ...]:
    """Return the custom fields that contacts have. Source: Moneybird API v2, custom fields, source."""
    return tuple(
        choice for row in _rows(rows) if blank_to_none(row.source) == "contact" and (choice := _choice(row))
    )


def users_of(rows: Rows) -> tuple[Choice, ...]:
    """Return the administration's active users."""
    return tuple(choice for row in _rows(rows) if (choice := _choice(row)))


def identities_of(default: bytes | None, rows: Rows) -> tuple[Choice, ...]:
    """Return the identities, the default one first: the list itself leaves it out.

    Source: Moneybird API v2, identities.
    """
    reading = read_record(default, ChoiceRow) if default is not None else None
    first = _choice(reading.record, is_default=True) if reading else None
    others = (_choice(row) for row in _rows(rows))
    found = [first] if first else []
    found += [choice for choice in others if choice and (first is None or choice.value != first.value)]
    return tuple(found)


def peppol_schemes() -> tuple[Choice, ...]:
    """Return the codes that Moneybird documents; it gives them no names."""
    return tuple(Choice(value=code, name=code) for code in PEPPOL_SCHEMES.split())


def _rows(rows: Rows) -> Iterable[ChoiceRow]:
    return (reading.record for raw in rows if (reading := read_record(raw, ChoiceRow)))


def _choice(row: ChoiceRow, *, is_default: bool | None = None) -> Choice | None:
    value = identifier(row.id)
    if value is None:
        return None
    name = blank_to_none(row.name) or blank_to_none(row.company_name) or value
    return Choice(value, name, bool(row.default) if is_default is None else is_default)
