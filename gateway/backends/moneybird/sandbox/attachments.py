"""What hangs on a Moneybird contact: persons, notes, custom field values, events, charges, the mandate.

Source: Moneybird API v2, contacts: contact people, notes, additional charges, Moneybird Payments mandate.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration
from gateway.backends.moneybird.sandbox.marks import identifier, stamp
from gateway.emulation import identifiers

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.emulation.draw import Draw
    from gateway.emulation.people import Party, Person

_PERSONS, _NOTES, _CHARGES, _DETAILS = 1, 101, 201, 401


def embedded(party: Party, place: int, draw: Draw) -> Row:
    """Return the four arrays of a contact: notes, custom_fields, contact_people and events."""
    notes = party.notes if draw.chance(22) else ()
    return {
        "notes": [_note(party, place, order, draw) for order in range(len(notes))],
        "custom_fields": _custom_fields(draw) if draw.chance(25) else [],
        "contact_people": [_person(person, party, place, order) for order, person in enumerate(party.people)],
        "events": _events(party, draw),
    }


def charges(place: int, draw: Draw) -> list[Row]:
    """Invent one to four additional charges of a contact; about a third of them is billed."""
    return [_charge(place, order, draw) for order in range(1 + draw.below(4))]


def mandate(party: Party, draw: Draw) -> Row:
    """Invent a Moneybird Payments mandate: two thirds SEPA, else a card with limited information."""
    row: Row = dict.fromkeys(
        (
            "type",
            "sepa_mandate",
            "bank",
            "iban",
            "bic",
            "iban_account_name",
            "card_expiry_month",
            "card_expiry_year",
            "card_final_digits",
        )
    )
    row["sepa_mandate"] = draw.chance(66)
    if row["sepa_mandate"]:
        row["type"], row["bank"] = "idealtestissuer5", "Test Issuer 5"
        row["iban"], row["bic"] = identifiers.account(party.country or "NL", draw)
        row["iban_account_name"] = party.company_name or party.last_name
    else:
        row["type"] = draw.pick(("mccorporatecredit", "visadebit", None))
        row["card_expiry_month"] = str(1 + draw.below(12))
        row["card_expiry_year"] = str(2027 + draw.below(6))
        row["card_final_digits"] = draw.digits(4)
    row["created_at"] = stamp(party.created_at + timedelta(days=3))
    return row


def event(action: str, at: datetime, data: Row) -> Row:
    """Return an event of a contact's history; `at` is UTC."""
    return {
        "administration_id": administration.ID,
        "user_id": administration.OWNER,
        "action": action,
        "link_entity_id": None,
        "link_entity_type": None,
        "data": data,
        "created_at": stamp(at),
        "updated_at": stamp(at),
    }


def _person(person: Person, party: Party, place: int, order: int) -> Row:
    # Persons may be newer than the contact that holds them, as in the documented examples.
    updated = party.updated_at + timedelta(milliseconds=order * 80)
    return {
        "id": identifier(place, _PERSONS + order),
        "contact_id": identifier(place),
        "administration_id": administration.ID,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "phone": person.phone,
        "email": person.email,
        "department": person.department,
        "created_at": stamp(party.created_at),
        "updated_at": stamp(updated),
        "version": int(updated.timestamp()),
    }


def _note(party: Party, place: int, order: int, draw: Draw) -> Row:
    todo = draw.chance(40)
    written = party.created_at + timedelta(days=1 + order)
    completed = todo and draw.chance(50)
    return {
        "id": identifier(place, _NOTES + order),
        "administration_id": administration.ID,
        "entity_id": identifier(place),
        "entity_type": "Contact",
        "user_id": administration.OWNER,
        "assignee_id": administration.EMPLOYEE if todo else None,
        "todo": todo,
        "note": party.notes[order],
        "completed_at": stamp(written + timedelta(days=2)) if completed else None,
        "completed_by_id": administration.EMPLOYEE if completed else None,
        "todo_type": None,
        "data": {},
        "created_at": stamp(written),
        "updated_at": stamp(written),
    }


def _custom_fields(draw: Draw) -> list[Row]:
    values = ("Wim Werknemer", "", "Horeca & <recreatie>", "2019", "ja")
    return [
        {"id": key, "name": name, "value": draw.pick(values)}
        for key, name in administration.CONTACT_FIELDS
        if draw.chance(60)
    ]


def _events(party: Party, draw: Draw) -> list[Row]:
    found = [event("contact_created", party.created_at, {})]
    for number in range(1 + draw.below(3)):
        changes = {"company_name": [f"Oude naam {number}", party.company_name]}
        found.append(event("contact_changed", party.updated_at, {"changes": changes}))
    if party.archived:
        found.append(event("contact_archived", party.updated_at, {}))
    return found


def _charge(place: int, order: int, draw: Draw) -> Row:
    month = f"2026{1 + draw.below(10):02d}"
    billed = draw.chance(33)
    return {
        "id": identifier(place, _CHARGES + order),
        "administration_id": administration.ID,
        "contact_id": identifier(place),
        "subscription_id": None,
        "product_id": draw.pick(tuple(administration.PRODUCTS)),
        "detail_id": identifier(place, _DETAILS + order) if billed else None,
        "amount": draw.pick(("1 x", "5 x", "2,5 uur", None)),
        "price": draw.pick(("100.0", "12.5", "0.0", "-20.0", "1234.567")),
        "period": f"{month}..{month}",
        "description": draw.pick(("Transactiekosten", "Extra gebruik <API> & opslag", "Naheffung März")),
    }
