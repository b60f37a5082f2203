"""Every mapped node arrives where the table says."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gateway.backends.acumulus import mapping, wire
from gateway.backends.acumulus.fields import MAPPED, NOT_MAPPED
from gateway.domain.contact import Contact, ContactKind, ContactRole, ContactStatus, PhoneKind
from gateway.domain.mandate import SepaSequence


def row(**nodes: str | None) -> Contact:
    return mapping.contact_from_row({"contactid": "1"} | nodes, "wholesale")


def details(**nodes: str | None) -> Contact:
    return mapping.contact_from_details({"contactid": "1"} | nodes, "wholesale")


def phone(contact: Contact, kind: PhoneKind) -> str | None:
    if contact.phones is None:
        # A thin contact has no list of numbers, although its row tells one of them.
        return json.loads(contact.raw or b"{}").get("contacttelephone")
    return next((line.number for line in contact.phones if line.kind is kind), None)


READ_AT: dict[str, Any] = {
    "source.remoteId": lambda contact: contact.key.remote,
    "phones.main": lambda contact: phone(contact, PhoneKind.MAIN),
    "phones.second": lambda contact: phone(contact, PhoneKind.SECOND),
    "phones.fax": lambda contact: phone(contact, PhoneKind.FAX),
    "address.country.code": lambda contact: contact.address.country_code,
    "address.country.name": lambda contact: contact.address.country_name,
    "alternativeAddress.country.code": lambda contact: contact.alternative_address.country_code,
    "alternativeAddress.country.name": lambda contact: contact.alternative_address.country_name,
}
"""Paths that are not simply attributes."""


def value_at(contact: Contact, path: str) -> object:
    if path in READ_AT:
        return READ_AT[path](contact)
    found: Any = contact
    for name in path.replace("mandate.sepa", "sepaMandate").split("."):
        found = getattr(found, "".join(f"_{c.lower()}" if c.isupper() else c for c in name))
    return found


STORED = {
    "contactid": "8765",
    "contactstatus": "0",
    "contacttype": "2",
    "contacttypeid": "1",
    "contactvattypeid": "1",
    "contactvattype": "4",
    "contactcountrycode": "be",
    "contactaltcountrycode": "de",
    "contactvatratebase": "9",
    "contactvatstandard": "19.00",
    "contactsepamandatedate": "2021-02-03",
    "contactsepaincassostatus": "OOFF",
    "contactprivaterate": "12.50",
}
"""Values of the nodes that do not take any text."""

MEANT: dict[tuple[str, str], object] = {
    ("contactstatus", "status"): ContactStatus.ARCHIVED,
    ("contacttype", "roles"): (ContactRole.SUPPLIER,),
    ("contacttypeid", "roles"): (ContactRole.CUSTOMER,),
    ("contactvattypeid", "kind"): ContactKind.PERSON,
    ("contactcountrycode", "address.country.code"): "BE",
    ("contactaltcountrycode", "alternativeAddress.country.code"): "DE",
    ("contactvatstandard", "invoicing.vatRate"): "19",
    ("contactsepamandatenr", "mandate.sepa.active"): True,
    ("contactsepamandatedate", "mandate.sepa.signedOn"): date(2021, 2, 3),
    ("contactsepaincassostatus", "mandate.sepa.sequence"): SepaSequence.OOFF,
    ("contactprivaterate", "booking.privateUseRate"): Decimal("12.50"),
    ("contactemail", "emails"): ("the contactemail",),
}
"""What a node's value becomes where it is not taken over as a text."""

MAPPED_NODES = sorted(
    (call, node) for call, node in wire.DOCUMENTED if node in MAPPED and f"{call}/{node}" not in NOT_MAPPED
)


@pytest.mark.parametrize(("call", "node"), MAPPED_NODES, ids=[f"{c}-{n}" for c, n in MAPPED_NODES])
def test_every_mapped_node_arrives(call: str, node: str):
    """A value put into a node stands at each of the paths that the table names."""
    stored = STORED.get(node, f"the {node}")
    nodes = {"contactvattypeid": "1", "contactsepamandatenr": "M", "contactperson": ""} | {node: stored}
    contact = (row if call == "contacts_list" else details)(**nodes)

    for path in MAPPED[node]:
        if call == "contacts_list" and path in contact.unknown and path != "phones.main":
            continue
        value = value_at(contact, path)
        if path == "persons":
            value = next(person.full_name for person in contact.persons or ())
        elif path == "notes":
            value = next(note.text for note in contact.notes or ())
        assert value == MEANT.get((node, path), stored), path
        assert call == "contacts_list" or path not in contact.unknown
