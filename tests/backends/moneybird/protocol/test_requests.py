"""The calls that write are the documented ones, and none is ever joined with another."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.protocol import requests

CALLS = {
    "contact now": (requests.contact_now("1", "7"), "GET", "/1/contacts/7.json?include_archived=true", None),
    "create": (
        requests.create_contact("1", {"city": "Ede"}),
        "POST",
        "/1/contacts.json",
        {"contact": {"city": "Ede"}},
    ),
    "update": (
        requests.update_contact("1", "7", {"city": ""}),
        "PATCH",
        "/1/contacts/7.json",
        {"contact": {"city": ""}},
    ),
    "archive": (requests.archive_contact("1", "7"), "PATCH", "/1/contacts/7/archive.json", None),
    "delete": (requests.delete_contact("1", "7"), "DELETE", "/1/contacts/7.json", None),
    "create person": (
        requests.create_person("1", "7", {"firstname": "A"}),
        "POST",
        "/1/contacts/7/contact_people.json",
        {"contact_person": {"firstname": "A"}},
    ),
    "update person": (
        requests.update_person("1", "7", "8", {"phone": ""}),
        "PATCH",
        "/1/contacts/7/contact_people/8.json",
        {"contact_person": {"phone": ""}},
    ),
    "delete person": (
        requests.delete_person("1", "7", "8"),
        "DELETE",
        "/1/contacts/7/contact_people/8.json",
        None,
    ),
    "create note": (
        requests.create_note("1", "7", {"note": "x"}),
        "POST",
        "/1/contacts/7/notes.json",
        {"note": {"note": "x"}},
    ),
    "delete note": (
        requests.delete_note("1", "7", "../8"),
        "DELETE",
        "/1/contacts/7/notes/..%2F8.json",
        None,
    ),
    "create charge": (
        requests.create_charge("1", "7", {"price": "1"}),
        "POST",
        "/1/contacts/7/additional_charges.json",
        {"price": "1"},
    ),
    "request mandate": (
        requests.request_mandate("1", "7", {}),
        "POST",
        "/1/contacts/7/moneybird_payments_mandate.json",
        {},
    ),
    "link mandate": (
        requests.link_mandate("1", "7", {"workflow_id": "3"}),
        "POST",
        "/1/contacts/7/moneybird_payments_mandate/url.json",
        {"mandate_request": {"workflow_id": "3"}},
    ),
    "delete mandate": (
        requests.delete_mandate("1", "7"),
        "DELETE",
        "/1/contacts/7/moneybird_payments_mandate.json",
        None,
    ),
}


@pytest.mark.parametrize("name", CALLS, ids=str)
def test_a_call_is_as_documented(name):
    """Method, path and body are the documented ones; a body is announced as JSON."""
    call, method, path, body = CALLS[name]

    is_read = method == "GET"
    assert (call.method, call.path, call.safe, call.shared) == (method, path, is_read, not is_read)
    assert (json.loads(call.body) if call.body else None) == body
    assert call.headers == ({"Content-Type": "application/json"} if call.body else {})


def test_new_contacts_are_asked_for_in_utc():
    """The moment of the filter is written as documented, whatever zone it came in."""
    moment = datetime(2026, 8, 20, 15, 48, 35, 7, tzinfo=timezone(timedelta(hours=2)))

    path = requests.contacts_since("1", moment).path

    assert path == (
        "/1/contacts/filter.json?filter=created_after%3A2026-08-20%2013%3A48%3A35%20UTC"
        "&include_archived=true&per_page=100"
    )
    assert requests.contacts_since("1", moment.astimezone(UTC)).path == path


def test_a_read_can_be_made_alone():
    """A call of the reads becomes one that joins no other, and is else the same."""
    call = protocol.list_charges("1", "7", include_billed=True)

    assert requests.alone(call) == replace(call, shared=False)
    assert call.safe


def test_a_dry_run_shows_what_would_be_sent():
    """Method, path and body are shown, and no header."""
    shown = requests.shown(requests.update_contact("1", "7", {"city": "Ede"}))

    assert (shown.method, shown.path, shown.body) == (
        "PATCH",
        "/1/contacts/7.json",
        '{"contact":{"city":"Ede"}}',
    )
    assert requests.shown(requests.delete_contact("1", "7")).body is None
