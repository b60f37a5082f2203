"""What the keys of a contact's request do to the contact.

Source: Moneybird API v2, contacts, create and update: the request schema, the field descriptions and the
examples. Where the vendor is silent: blank for blank is no change; SEPA account numbers are stored without
blanks; a new SEPA account brings its own BIC unless one is sent along; a new tax number is unvalidated; an
account equal to the SEPA account counts as not given; nobody checks that `direct_debit` has SEPA fields.
"""

from __future__ import annotations

import re
from datetime import date

from gateway.backends.moneybird.sandbox import administration, banking, bodies
from gateway.backends.moneybird.sandbox.book import Row

TEXTS = frozenset(
    {
        "company_name", "firstname", "lastname", "address1", "address2", "zipcode", "city", "country",
        "phone", "delivery_method", "customer_id", "tax_number", "chamber_of_commerce", "bank_account",
        "send_invoices_to_attention", "send_invoices_to_email", "send_estimates_to_attention",
        "send_estimates_to_email", "sepa_iban", "sepa_iban_account_name", "sepa_bic", "sepa_mandate_id",
        "sepa_mandate_date", "sepa_sequence_type", "si_identifier", "si_identifier_type",
    }
)  # fmt: skip
FLAGS = frozenset({"email_ubl", "sepa_active", "direct_debit"})
WORKFLOWS = {
    "invoice_workflow_id": administration.INVOICE_WORKFLOWS,
    "estimate_workflow_id": administration.ESTIMATE_WORKFLOWS,
}
"""Field to the workflows of its type."""

KEYS = TEXTS | FLAGS | WORKFLOWS.keys()
"""The plain keys that create and update take; `email` and `attention` are read-only and not among them."""

BLANK: Row = {
    "id": "",
    "administration_id": administration.ID,
    **dict.fromkeys(("company_name", "firstname", "lastname", "address1", "address2", "zipcode", "city"), ""),
    "country": "NL",
    "phone": "",
    "delivery_method": "Email",
    **dict.fromkeys(("customer_id", "tax_number", "chamber_of_commerce", "bank_account"), ""),
    "is_trusted": False,
    "max_transfer_amount": None,
    **dict.fromkeys(("attention", "email"), ""),
    "email_ubl": True,
    **dict.fromkeys(("send_invoices_to_attention", "send_invoices_to_email"), ""),
    **dict.fromkeys(("send_estimates_to_attention", "send_estimates_to_email"), ""),
    "direct_debit": False,
    "sepa_active": False,
    **dict.fromkeys(("sepa_iban", "sepa_iban_account_name", "sepa_bic", "sepa_mandate_id"), ""),
    "sepa_mandate_date": None,
    "sepa_sequence_type": "RCUR",
    **dict.fromkeys(("credit_card_number", "credit_card_reference"), ""),
    **dict.fromkeys(("credit_card_type", "tax_number_validated_at", "tax_number_valid"), None),
    **dict.fromkeys(WORKFLOWS, None),
    "si_identifier": "",
    "si_identifier_type": None,
    "moneybird_payments_mandate": False,
    **dict.fromkeys(("created_at", "updated_at", "version", "sales_invoices_url"), None),
    "archived": False,
    **{name: [] for name in ("notes", "custom_fields", "contact_people", "events")},
}
"""A contact before anything is said of it; its lists are replaced, never changed."""

_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_FILLED = {"country": "NL", "sepa_sequence_type": "RCUR"}
_NULLED = frozenset({"delivery_method", "sepa_mandate_date", "si_identifier_type"})


def read(given: Row) -> Row:
    """Turn the plain keys of a request into stored values; an impossible date stays as it was sent.

    Raises:
        RefusedError: 400 for a value of the wrong type.
    """
    return {key: _value(key, value) for key, value in given.items()}


def merged(before: Row, values: Row) -> Row:
    """Return the contact with these values, and with what follows from them."""
    row = before | {key: value for key, value in values.items() if value or before[key]}
    row["attention"] = row["send_invoices_to_attention"]
    row["email"] = row["send_invoices_to_email"]
    if row["sepa_iban"] != before["sepa_iban"] and "sepa_bic" not in values:
        row["sepa_bic"] = ""
    if row["sepa_active"] and not row["sepa_bic"]:
        row["sepa_bic"] = banking.derived_bic(row["sepa_iban"] or "")
    if row["tax_number"] != before["tax_number"]:
        row["tax_number_valid"] = row["tax_number_validated_at"] = None
    row["bank_account"] = _shown_account(row, before, given="bank_account" in values)
    return row


def told(before: Row, row: Row, values: Row) -> Row:
    """Return field to old and new value, as the event tells it; the example leaves out the Peppol type."""
    return {
        key: [before[key], row[key]]
        for key in values
        if before[key] != row[key] and key != "si_identifier_type"
    }


def _value(key: str, value: object) -> object:
    if key in FLAGS:
        return bodies.boolean(value, key)
    if key in WORKFLOWS:
        return bodies.identifier(value, key)
    found = bodies.text(value, key)
    if not found:
        return None if key in _NULLED else _FILLED.get(key, found)
    if key == "sepa_iban":
        return banking.compact(found)
    return _normalised(found) if key == "sepa_mandate_date" else found


def _normalised(text: str) -> str:
    parts = _DATE.fullmatch(text)
    if parts is None:
        return text
    try:
        return date(*(int(part) for part in parts.groups())).isoformat()
    except ValueError:
        return text


def _shown_account(row: Row, before: Row, *, given: bool) -> str | None:
    own: str | None = row["bank_account"]
    if own and not given and own == before["sepa_iban"]:
        own = ""
    if not own and row["sepa_active"]:
        shown: str = row["sepa_iban"]
        return shown
    return own
