"""Every write, by the calls that it consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.domain.identity import GlobalId, contact_id, parse
from tests.e2e.house import House
from tests.e2e.test_part_writes import CHARGE, PERSON, some
from tests.e2e.writes import state, stored, whole

GOOD = {"CREATED", "UPDATED", "DELETED", "ARCHIVED", "RESTORED", "SENT"}
"""Outcomes of what happened."""


@dataclass(frozen=True, slots=True)
class Case:
    """One write: its mutation, its input, how to see that it happened, and which calls it consists of.

    `steps` are pieces of paths, or method and path, in the order of the calls; the one that writes is
    marked by `writing`.
    """

    system: str
    mutation: str
    asked: Callable[[House], dict[str, Any]]
    happened: Callable[[House, dict[str, Any]], bool]
    steps: tuple[tuple[str, str, int], ...]
    writing: int


def _moneybird(house: House) -> str:
    return contact_id("moneybird", some(house, persons=True, notes=True))


def _row(house: House, asked: dict[str, Any]) -> dict[str, Any]:
    key = _key(asked.get("contactId") or asked["id"])
    found: dict[str, Any] = state(house, "moneybird")["contacts"].get(key, {})
    return found


def _key(identity: str) -> str:
    return parse(identity).parts[1]


def _person(house: House) -> str:
    key = some(house, persons=True)
    return str(
        GlobalId(
            "ContactPerson", ("moneybird", key, stored(house, "moneybird", key)["contact_people"][0]["id"])
        )
    )


def _note(house: House) -> str:
    key = some(house, notes=True)
    return str(GlobalId("Note", ("moneybird", key, stored(house, "moneybird", key)["notes"][0]["id"])))


GET, LIST, MANAGE = ("POST", "contact_get", 0), ("POST", "contacts_list", 0), ("POST", "contact_manage", 0)
GET_AFTER, LIST_AFTER = ("POST", "contact_get", 1), ("POST", "contacts_list", 1)
READ, READ_AFTER = ("GET", "/contacts/", 0), ("GET", "/contacts/", 1)

CASES = {
    "acumulus-create": Case(
        "acumulus",
        "contactCreate",
        lambda house: {
            "administration": "acumulus",
            "contact": {"companyName": "Nieuw", "customerNumber": "N-1"},
        },
        lambda house, asked: any(
            row["contactyourid"] == "N-1" for row in state(house, "acumulus")["contacts"].values()
        ),
        (LIST, MANAGE, ("POST", "contact_get", 0), LIST_AFTER),
        1,
    ),
    "acumulus-update": Case(
        "acumulus",
        "contactUpdate",
        lambda house: {
            "id": contact_id("acumulus", whole(house, "acumulus")),
            "contact": {"label": "Nieuw label"},
        },
        lambda house, asked: stored(house, "acumulus", _key(asked["id"]))["contactmark"] == "Nieuw label",
        (GET, LIST, MANAGE, GET_AFTER, LIST_AFTER),
        2,
    ),
    "acumulus-archive": Case(
        "acumulus",
        "contactArchive",
        lambda house: {"id": contact_id("acumulus", whole(house, "acumulus"))},
        lambda house, asked: stored(house, "acumulus", _key(asked["id"]))["contactstatus"] == "0",
        (GET, LIST, MANAGE, GET_AFTER, LIST_AFTER),
        2,
    ),
    "acumulus-restore": Case(
        "acumulus",
        "contactRestore",
        lambda house: {"id": contact_id("acumulus", whole(house, "acumulus", archived=True))},
        lambda house, asked: stored(house, "acumulus", _key(asked["id"]))["contactstatus"] == "1",
        (GET, LIST, MANAGE, GET_AFTER, LIST_AFTER),
        2,
    ),
    "moneybird-create": Case(
        "moneybird",
        "contactCreate",
        lambda house: {
            "administration": "moneybird",
            "contact": {"companyName": "Nieuw", "customerNumber": "N-1"},
        },
        lambda house, asked: any(
            row["customer_id"] == "N-1" for row in state(house, "moneybird")["contacts"].values()
        ),
        (("POST", "/contacts", 0),),
        0,
    ),
    "moneybird-create-unnumbered": Case(
        "moneybird",
        "contactCreate",
        lambda house: {"administration": "moneybird", "contact": {"companyName": "Heel Nieuw Bedrijf"}},
        lambda house, asked: any(
            row["company_name"] == "Heel Nieuw Bedrijf"
            for row in state(house, "moneybird")["contacts"].values()
        ),
        (("POST", "/contacts", 0),),
        0,
    ),
    "moneybird-update": Case(
        "moneybird",
        "contactUpdate",
        lambda house: {"id": _moneybird(house), "contact": {"address": {"city": "Nieuwdam"}}},
        lambda house, asked: _row(house, asked)["city"] == "Nieuwdam",
        (READ, ("PATCH", "/contacts/", 0)),
        1,
    ),
    "moneybird-archive": Case(
        "moneybird",
        "contactArchive",
        lambda house: {"id": _moneybird(house)},
        lambda house, asked: _row(house, asked)["archived"],
        (READ, ("PATCH", "/archive", 0), READ_AFTER),
        1,
    ),
    "moneybird-delete": Case(
        "moneybird",
        "contactDelete",
        lambda house: {"id": _moneybird(house)},
        lambda house, asked: not _row(house, asked) or _row(house, asked)["archived"],
        (READ, ("DELETE", "/contacts/", 0), READ_AFTER),
        1,
    ),
    "moneybird-person-create": Case(
        "moneybird",
        "contactPersonCreate",
        lambda house: {"contactId": _moneybird(house), "person": PERSON},
        lambda house, asked: any(each["firstname"] == "Zoë" for each in _row(house, asked)["contact_people"]),
        (READ, ("POST", "contact_people", 0), READ_AFTER),
        1,
    ),
    "moneybird-person-update": Case(
        "moneybird",
        "contactPersonUpdate",
        lambda house: {"id": _person(house), "person": {"department": "Geheel nieuw"}},
        lambda house, asked: any(
            each["department"] == "Geheel nieuw" for each in _row(house, asked)["contact_people"]
        ),
        (READ, ("PATCH", "contact_people", 0), READ_AFTER),
        1,
    ),
    "moneybird-person-delete": Case(
        "moneybird",
        "contactPersonDelete",
        lambda house: {"id": _person(house)},
        lambda house, asked: (
            parse(asked["id"]).parts[2] not in [each["id"] for each in _row(house, asked)["contact_people"]]
        ),
        (READ, ("DELETE", "contact_people", 0), READ_AFTER),
        1,
    ),
    "moneybird-note-create": Case(
        "moneybird",
        "contactNoteCreate",
        lambda house: {"contactId": _moneybird(house), "note": {"text": "Een geheel nieuwe"}},
        lambda house, asked: any(each["note"] == "Een geheel nieuwe" for each in _row(house, asked)["notes"]),
        (READ, ("POST", "/notes", 0), READ_AFTER),
        1,
    ),
    "moneybird-note-delete": Case(
        "moneybird",
        "contactNoteDelete",
        lambda house: {"id": _note(house)},
        lambda house, asked: (
            parse(asked["id"]).parts[2] not in [each["id"] for each in _row(house, asked)["notes"]]
        ),
        (READ, ("DELETE", "/notes/", 0), READ_AFTER),
        1,
    ),
    "moneybird-charge-create": Case(
        "moneybird",
        "contactChargeCreate",
        lambda house: {"contactId": _moneybird(house), "charge": CHARGE},
        lambda house, asked: any(
            each["description"] == CHARGE["description"]
            for charges in state(house, "moneybird")["charges"].values()
            for each in charges
        ),
        (READ, ("GET", "additional_charges", 0), ("POST", "additional_charges", 0)),
        2,
    ),
    "moneybird-mandate-request": Case(
        "moneybird",
        "mandateRequest",
        lambda house: {"contactId": contact_id("moneybird", some(house, mandate=False))},
        lambda house, asked: bool(state(house, "moneybird")["mandate_requests"]),
        (READ, ("POST", "moneybird_payments_mandate", 0)),
        1,
    ),
    "moneybird-mandate-link": Case(
        "moneybird",
        "mandateLinkCreate",
        lambda house: {"contactId": contact_id("moneybird", some(house, mandate=False))},
        lambda house, asked: bool(state(house, "moneybird")["mandate_requests"]),
        (READ, ("POST", "moneybird_payments_mandate/url", 0)),
        1,
    ),
    "moneybird-mandate-delete": Case(
        "moneybird",
        "mandateDelete",
        lambda house: {"contactId": contact_id("moneybird", some(house, mandate=True))},
        lambda house, asked: not _row(house, asked)["moneybird_payments_mandate"],
        (READ, ("DELETE", "moneybird_payments_mandate", 0), READ_AFTER),
        1,
    ),
}


def writes(house: House, case: Case) -> int:
    """Return how many times the writing call was made."""
    method, path, _ = case.steps[case.writing]
    return sum(row.method == method and _hits(row.path, path) for row in house.rows(case.system))


def _hits(path: str, piece: str) -> bool:
    return piece in path and not (piece == "/contacts" and "synchronization" in path)
