"""What belongs to the emulated administration as a whole: its users, workflows, identities, custom fields.

Source: Moneybird API v2, administrations, users, workflows, identities and custom fields: the examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.backends.moneybird.sandbox.marks import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]

ID = "123456789012345678"
"""The administration's id."""

TIME_ZONE = "Europe/Amsterdam"
"""Where its days begin."""

_BORN = "2019-01-01T09:00:00.000Z"
_PERMISSIONS = ["sales_invoices", "documents", "estimates", "bank", "settings", "ownership", "time_entries"]

OWNER = "432900000000000101"
EMPLOYEE = "432900000000000103"
ACCOUNTANT = "432900000000000105"
API_USER = "432900000000000107"
ASSIGNEES = (OWNER, EMPLOYEE, ACCOUNTANT, API_USER)
"""Users that get to-dos; whatever a token does, the owner did it."""

INVOICE_WORKFLOWS = ("432900000000000201", "432900000000000203")
ESTIMATE_WORKFLOWS = ("432900000000000205",)
"""Workflows that contacts may prefer."""

CONTACT_FIELDS = (
    ("432900000000000301", "Relatiebeheerder"),
    ("432900000000000303", "Branche"),
    ("432900000000000305", "Klant sinds"),
)
"""Id and name of each custom field of contacts."""

PRODUCTS = {
    identifier(0, 301): ("Transactiekosten", "0.25"),
    identifier(0, 302): ("Extra opslag", "12.5"),
    identifier(0, 303): ("Ondersteuning", "85.0"),
    identifier(0, 304): ("Abonnement", "100.0"),
    identifier(0, 305): ("Installatie", "250.0"),
}
"""What is charged for: id to description and price."""


def administrations() -> list[Row]:
    """Return the administrations the token reaches: this one."""
    return [
        {
            "id": ID,
            "name": "Denkbeeldig Proefbedrijf B.V.",
            "language": "nl",
            "currency": "EUR",
            "country": "NL",
            "time_zone": TIME_ZONE,
            "access": "user",
            "suspended": False,
            "period_locked_until": None,
            "period_start_date": "2026-01-01",
        }
    ]


def custom_fields() -> list[Row]:
    """Return the custom fields; one of them is of sales invoices."""
    named = [(*field, "contact") for field in CONTACT_FIELDS]
    named.append(("432900000000000307", "Kostenplaats", "sales_invoice"))
    return [
        {"id": key, "administration_id": ID, "name": name, "source": source} for key, name, source in named
    ]


def users(flags: Mapping[str, bool]) -> list[Row]:
    """Return the users: owner and employee, and the kinds that `flags` asks for.

    Args:
        flags: `include_inactive`, `include_accountants`, `include_api_users`; an absent one is false.
    """
    found = [
        _user(OWNER, "Olivia Eigenaar", "owner", _PERMISSIONS),
        _user(EMPLOYEE, "Wim Werknemer", "employee", ["sales_invoices", "time_entries"]),
    ]
    if flags.get("include_accountants"):
        found.append(_user(ACCOUNTANT, "B. Boekhouder", "accountant", _PERMISSIONS[:5]))
    if flags.get("include_api_users"):
        found.append(_user(API_USER, "Koppeling", "api_user", ["sales_invoices", "settings"]))
    if flags.get("include_inactive"):
        found.append(
            {"id": "432900000000000109", "name": "V. Vertrokken", "created_at": _BORN, "updated_at": _BORN}
        )
    return found


def workflows() -> list[Row]:
    """Return the workflows: an estimate workflow and two invoice workflows."""
    return [
        _workflow(ESTIMATE_WORKFLOWS[0], "EstimateWorkflow", "Standaard"),
        _workflow(INVOICE_WORKFLOWS[0], "InvoiceWorkflow", "Standaard"),
        _workflow(INVOICE_WORKFLOWS[1], "InvoiceWorkflow", "Incasso <14 dagen> & herinnering"),
    ]


def identities() -> list[Row]:
    """Return the identities; the first is the default one."""
    return [_identity("432900000000000401", "Utrecht"), _identity("432900000000000403", "Den Haag")]


def invoices_url(secret: str) -> str:
    """Return where a contact sees its invoices; `secret` is 64 hexadecimal digits."""
    return f"https://moneybird.example/{ID}/sales_invoices/{secret}/all"


def _user(key: str, name: str, kind: str, permissions: list[str]) -> Row:
    return {
        "id": key,
        "name": name,
        "created_at": _BORN,
        "updated_at": _BORN,
        "email": f"{kind}@example.com",
        "email_validated": True,
        "language": "nl",
        "time_zone": TIME_ZONE,
        "user_type": kind,
        "permissions": permissions,
    }


def _workflow(key: str, kind: str, name: str) -> Row:
    return {
        "id": key,
        "administration_id": ID,
        "type": kind,
        "name": name,
        "default": name == "Standaard",
        "currency": "EUR",
        "language": "nl",
        "active": True,
        "prices_are_incl_tax": False,
        "payment_methods": [],
        "collection_method": None,
        "number_of_collections": 0,
        "show_qr_code": True,
        "created_at": _BORN,
        "updated_at": _BORN,
        "steps": [_step(str(int(key) + 10 + place), place) for place in range(2)],
    }


def _step(key: str, order: int) -> Row:
    return {
        "id": key,
        "administration_id": ID,
        "step_order": order,
        "due_interval": 14,
        "reminder_delay": 0,
        "reminder_text": "Geachte {recipient.name},\n\nWilt u betalen?" if order else None,
        "reminder_auto_send": False,
        "action": None,
        "created_at": _BORN,
        "updated_at": _BORN,
    }


def _identity(key: str, city: str) -> Row:
    return {
        "id": key,
        "administration_id": ID,
        "company_name": "Denkbeeldig Proefbedrijf B.V.",
        "city": city,
        "country": "NL",
        "zipcode": "1234 AB",
        "address1": "Nergensstraat 1",
        "address2": None,
        "email": "info@example.com",
        "phone": "020-0000000",
        "bank_account_name": None,
        "bank_account_number": "NL50TEST0166567191",
        "bank_account_bic": None,
        "custom_fields": [],
        "updated_at": _BORN,
        "created_at": _BORN,
        "chamber_of_commerce": "90000000",
        "tax_number": None,
    }
