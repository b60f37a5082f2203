"""Writes invented parties as Moneybird contacts, with every documented field.

Source: Moneybird API v2, contacts: the schema and the examples. `version` is the second of `updated_at`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, attachments
from gateway.backends.moneybird.sandbox.book import Contents, Row
from gateway.backends.moneybird.sandbox.marks import identifier, stamp
from gateway.emulation import people
from gateway.emulation.draw import Draw

if TYPE_CHECKING:
    from gateway.emulation.people import Party

OFFSET = 0
"""Moneybird's own parties have their plain numbers."""

_SALT = 7_000_003


def contents(size: int) -> Contents:
    """Invent a book of `size` contacts; always the same for the same size, and a larger one begins alike.

    About a third is in use and cannot be deleted: those with charges, and three in ten by draw, which stand
    for contacts with invoices.
    """
    found = Contents()
    for place, number in enumerate(people.numbers(OFFSET, size)):
        draw = Draw(_SALT + number)
        party = people.party(number)
        key = identifier(place)
        mandate = attachments.mandate(party, draw) if draw.chance(20) else None
        if mandate is not None:
            found.mandates[key] = mandate
        if draw.chance(15):
            found.charges[key] = attachments.charges(place, draw)
        row = _names(party, key) | _delivery(party, draw) | _sepa(party, draw) | _rest(party, draw)
        row["moneybird_payments_mandate"] = mandate is not None
        found.contacts.append(row | attachments.embedded(party, place, draw))
        if draw.chance(30):
            found.in_use.add(key)
    return found


def _names(party: Party, key: str) -> Row:
    return {
        "id": key,
        "administration_id": administration.ID,
        "company_name": party.company_name if party.company_name or party.number % 2 else "",
        "firstname": party.first_name,
        "lastname": party.last_name,
        "address1": party.address1,
        "address2": party.address2 if party.address2 or party.number % 3 else "",
        "zipcode": party.postal_code,
        "city": party.city,
        # Never empty in Moneybird, which takes the administration's own country.
        "country": party.country or "NL",
        "phone": party.phones[0] if party.phones else "",
    }


def _delivery(party: Party, draw: Draw) -> Row:
    addresses = draw.pick((",", ", ")).join(entry.replace(";", ",") for entry in party.emails)
    attention = "t.a.v. de boekhouding" if draw.chance(10) else draw.pick(("", None))
    return {
        "delivery_method": draw.pick(
            ("Email", "Email", "Email", "Post", "Manual", "Peppol", "Simplerinvoicing", None)
        ),
        "customer_id": party.customer_number,
        "tax_number": party.vat_number,
        "chamber_of_commerce": party.chamber_of_commerce,
        "bank_account": party.iban,
        "is_trusted": draw.chance(10),
        "max_transfer_amount": draw.pick((None, None, None, 2500.0, "1000.0", 0)),
        "attention": attention,
        "email": addresses,
        "email_ubl": draw.chance(40),
        "send_invoices_to_attention": attention,
        "send_invoices_to_email": addresses,
        "send_estimates_to_attention": attention,
        "send_estimates_to_email": party.emails[0].replace(";", ",") if party.emails else "",
        "direct_debit": draw.chance(15),
    }


def _sepa(party: Party, draw: Draw) -> Row:
    iban = (party.iban or "").replace(" ", "")
    active = iban[:2].isalpha() and len(iban) > 10 and draw.chance(30)
    signed = party.created_at + timedelta(days=draw.below(60))
    return {
        "sepa_active": active,
        "sepa_iban": iban if active else "",
        "sepa_iban_account_name": (party.company_name or party.last_name) if active else "",
        "sepa_bic": party.bic if active else "",
        "sepa_mandate_id": f"MNDT-{party.number:05d}" if active else "",
        "sepa_mandate_date": signed.date().isoformat() if active else None,
        "sepa_sequence_type": draw.pick(("RCUR", "FRST", "OOFF", "FNAL")) if active else "RCUR",
    }


def _rest(party: Party, draw: Draw) -> Row:
    card = draw.pick(("mastercard", "visa")) if draw.chance(5) else None
    validated = draw.pick((True, False, None)) if party.vat_number else None
    vat_number = party.vat_number or ""
    peppol = vat_number[:2] in ("BE", "DE") and draw.chance(40)
    return {
        "credit_card_number": f"************{draw.digits(4)}" if card else "",
        "credit_card_reference": f"REF-{party.number}" if card else "",
        "credit_card_type": card,
        "tax_number_validated_at": None if validated is None else stamp(party.created_at),
        "tax_number_valid": validated,
        "invoice_workflow_id": draw.pick((None, None, *administration.INVOICE_WORKFLOWS)),
        "estimate_workflow_id": draw.pick((None, None, *administration.ESTIMATE_WORKFLOWS)),
        "si_identifier": vat_number[2:] if peppol else draw.pick(("", None)),
        "si_identifier_type": ("0208" if vat_number.startswith("BE") else "9930") if peppol else None,
        "created_at": stamp(party.created_at),
        "updated_at": stamp(party.updated_at),
        "version": int(party.updated_at.timestamp()),
        "sales_invoices_url": administration.invoices_url(_secret(draw)),
        "archived": party.archived,
    }


def _secret(draw: Draw) -> str:
    return "".join(f"{draw.below(1 << 64):016x}" for _ in range(4))
