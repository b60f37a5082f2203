"""The rules a contact must keep.

Source: Moneybird API v2, contacts: field descriptions and error examples; that archived contacts still hold
their numbers was seen by clients. Where the vendor is silent: formats are judged of the keys that were sent,
SEPA fields as a whole once one of them was sent, the name always; an address under the domain `.invalid` is
one whose domain cannot receive mail.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import banking, refusals
from gateway.backends.moneybird.sandbox.changes import WORKFLOWS
from gateway.backends.moneybird.sandbox.countries import COUNTRIES
from gateway.backends.moneybird.sandbox.refusals import Flaws

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.backends.moneybird.sandbox.book import Book, Row

NAMES = ("firstname", "lastname", "company_name")

_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")
# Python reads more forms of ISO 8601 than the vendor shows.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ADDRESS_KEYS = ("send_invoices_to_email", "send_estimates_to_email")
_LISTED = {
    "delivery_method": frozenset({"Email", "Simplerinvoicing", "Peppol", "Manual", "Post"}),
    "sepa_sequence_type": frozenset({"RCUR", "FRST", "OOFF", "FNAL"}),
    "country": COUNTRIES,
}
_UNIQUE = ("customer_id", "sepa_mandate_id")
_SEPA_NEEDED = ("sepa_iban", "sepa_iban_account_name", "sepa_bic", "sepa_mandate_id", "sepa_mandate_date")


def check(row: Row, sent: Collection[str], book: Book, today: date) -> Flaws:
    """Find what is wrong with a contact.

    Args:
        row: The contact as it would become.
        sent: The keys of the request.
        book: Where the other contacts are, archived ones too.
        today: In the administration's time zone.
    """
    flaws = Flaws()
    if not any(is_filled(row[key]) for key in NAMES):
        flaws.add(refusals.REQUIRED, *NAMES)
    for key in sent:
        if row[key] and key in _LISTED and row[key] not in _LISTED[key]:
            flaws.add(refusals.UNLISTED, key)
        if row[key] and key in WORKFLOWS and row[key] not in WORKFLOWS[key]:
            flaws.add(refusals.INVALID, key)
        if row[key] and key in _UNIQUE and _is_taken(row, key, book):
            flaws.add(refusals.TAKEN, key)
        if key in _ADDRESS_KEYS:
            _check_addresses(row, key, flaws)
    if any(key.startswith("sepa_") for key in sent):
        _check_sepa(row, today, flaws)
    return flaws


def is_filled(value: str | None) -> bool:
    """Tell whether a text holds more than blanks."""
    return bool(value and value.strip())


def is_address(text: str) -> bool:
    """Tell whether a text has the form of an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


def _is_taken(row: Row, key: str, book: Book) -> bool:
    return any(other[key] == row[key] and other["id"] != row["id"] for other in book.contacts(archived=True))


def _check_addresses(row: Row, key: str, flaws: Flaws) -> None:
    if not row[key]:
        return
    addresses = [entry.strip() for entry in row[key].split(",")]
    if not all(is_address(entry) for entry in addresses):
        flaws.add(refusals.INVALID, key)
    elif any(entry.lower().endswith(".invalid") for entry in addresses):
        flaws.add(refusals.UNDELIVERABLE, key)


def _check_sepa(row: Row, today: date, flaws: Flaws) -> None:
    if row["sepa_active"]:
        flaws.add(refusals.BLANK, *(key for key in _SEPA_NEEDED if not is_filled(row[key])))
    if row["sepa_iban"] and not banking.is_iban(row["sepa_iban"]):
        flaws.add(refusals.INVALID, "sepa_iban")
    if row["sepa_bic"] and not banking.is_bic(row["sepa_bic"]):
        flaws.add(refusals.INVALID, "sepa_bic")
    if row["sepa_mandate_date"]:
        _check_mandate_date(row["sepa_mandate_date"], today, flaws)


def _check_mandate_date(text: str, today: date, flaws: Flaws) -> None:
    try:
        signed = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        signed = None
    if signed is None:
        flaws.add(refusals.INVALID, "sepa_mandate_date")
    elif signed > today:
        flaws.add(refusals.FUTURE, "sepa_mandate_date")
