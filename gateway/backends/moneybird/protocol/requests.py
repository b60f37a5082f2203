"""The calls that write, pure; and the reads that belong to a write, which share nothing with others.

A read that began before somebody else's write would tell of the time before it, so none of these may
be joined with an equal one in flight. Source of all calls: Moneybird API v2, contacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from gateway.backends.moneybird.wire import PAGE_SIZE
from gateway.ports import Call, UpstreamRequest


def alone(call: Call) -> Call:
    """Return a call that is made for itself, whatever equal one is under way."""
    return replace(call, shared=False)


def contact_now(book: str, key: str) -> Call:
    """Ask for one contact, archived or not.

    The query is documented; what the answer of an archived contact is without it, is not.
    """
    return Call("GET", f"{_contact(book, key)}.json?include_archived=true", shared=False)


def contacts_since(book: str, moment: datetime) -> Call:
    """Ask for the contacts that were made after a moment, archived ones included: the first page.

    Source: Moneybird API v2, contacts, filter, created_after: UTC, exclusive.
    """
    filtered = _segment(f"created_after:{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    query = f"filter={filtered}&include_archived=true&per_page={PAGE_SIZE}"
    return Call("GET", f"/{_segment(book)}/contacts/filter.json?{query}", shared=False)


def create_contact(book: str, attributes: Mapping[str, object]) -> Call:
    """Make a contact."""
    return _write("POST", f"/{_segment(book)}/contacts.json", {"contact": attributes})


def update_contact(book: str, key: str, attributes: Mapping[str, object]) -> Call:
    """Change a contact in the keys that are named."""
    return _write("PATCH", f"{_contact(book, key)}.json", {"contact": attributes})


def archive_contact(book: str, key: str) -> Call:
    """Archive a contact; one that is archived is refused."""
    return Call("PATCH", f"{_contact(book, key)}/archive.json", safe=False)


def delete_contact(book: str, key: str) -> Call:
    """Delete a contact; one that is in use is archived instead, and the answer does not tell."""
    return Call("DELETE", f"{_contact(book, key)}.json", safe=False)


def create_person(book: str, contact: str, attributes: Mapping[str, object]) -> Call:
    """Make a contact person."""
    return _write("POST", f"{_contact(book, contact)}/contact_people.json", {"contact_person": attributes})


def update_person(book: str, contact: str, key: str, attributes: Mapping[str, object]) -> Call:
    """Change a contact person in the keys that are named."""
    place = f"{_contact(book, contact)}/contact_people/{_segment(key)}.json"
    return _write("PATCH", place, {"contact_person": attributes})


def delete_person(book: str, contact: str, key: str) -> Call:
    """Delete a contact person."""
    return Call("DELETE", f"{_contact(book, contact)}/contact_people/{_segment(key)}.json", safe=False)


def create_note(book: str, contact: str, attributes: Mapping[str, object]) -> Call:
    """Make a note."""
    return _write("POST", f"{_contact(book, contact)}/notes.json", {"note": attributes})


def delete_note(book: str, contact: str, key: str) -> Call:
    """Delete a note."""
    return Call("DELETE", f"{_contact(book, contact)}/notes/{_segment(key)}.json", safe=False)


def create_charge(book: str, contact: str, attributes: Mapping[str, object]) -> Call:
    """Make an additional charge; alone among these its body has no wrapper."""
    return _write("POST", f"{_contact(book, contact)}/additional_charges.json", attributes)


def request_mandate(book: str, contact: str, attributes: Mapping[str, object]) -> Call:
    """Have Moneybird mail the contact, who then can give a mandate."""
    return _write("POST", f"{_mandate(book, contact)}.json", _asking(attributes))


def link_mandate(book: str, contact: str, attributes: Mapping[str, object]) -> Call:
    """Make a page on which the contact can give a mandate."""
    return _write("POST", f"{_mandate(book, contact)}/url.json", _asking(attributes))


def delete_mandate(book: str, contact: str) -> Call:
    """Delete the mandate that Moneybird Payments keeps."""
    return Call("DELETE", f"{_mandate(book, contact)}.json", safe=False)


def shown(call: Call) -> UpstreamRequest:
    """Return a call as a dry run shows it; its headers are not among it."""
    return UpstreamRequest(call.method, call.path, call.body.decode() if call.body else None)


def _write(method: str, path: str, body: Mapping[str, object]) -> Call:
    headers = {"Content-Type": "application/json"}
    return Call(method, path, body=msgspec.json.encode(body), headers=headers, safe=False)


def _asking(attributes: Mapping[str, object]) -> Mapping[str, object]:
    return {"mandate_request": attributes} if attributes else {}


def _mandate(book: str, contact: str) -> str:
    return f"{_contact(book, contact)}/moneybird_payments_mandate"


def _contact(book: str, key: str) -> str:
    return f"/{_segment(book)}/contacts/{_segment(key)}"


def _segment(text: str) -> str:
    return quote(text, safe="", errors="replace")
