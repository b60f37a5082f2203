"""Which call answers which request, and what a write needs.

Source: Moneybird API v2, the path and the required scopes of every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, answers
from gateway.backends.moneybird.sandbox.charges import Charges
from gateway.backends.moneybird.sandbox.contacts import Contacts, flag
from gateway.backends.moneybird.sandbox.mandates import Mandates
from gateway.backends.moneybird.sandbox.notes import Notes
from gateway.backends.moneybird.sandbox.persons import Persons
from gateway.backends.moneybird.sandbox.writes import ContactWrites

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.backends.moneybird.sandbox.webhooks import Webhooks
    from gateway.emulation.vocabulary import Reply, Request

Call = Callable[..., "Reply"]
"""Answers a request; the path's variable segments follow it."""

_FLAGS = ("include_inactive", "include_accountants", "include_api_users")
_ANY_SCOPE = ("estimates", "sales_invoices", "documents", "bank", "settings")
_MANDATE_SCOPES = ("sales_invoices", "settings")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation.

    Attributes:
        method: Of the request.
        pattern: The path's segments; `*` is any one segment.
        call: Answers it.
        scopes: What a token that may not write lacks for it; empty: such a token may make the call.
    """

    method: str
    pattern: str
    call: Call
    scopes: tuple[str, ...] = ()

    def values(self, segments: Sequence[str]) -> list[str] | None:
        """Return the variable segments of a path, None when the path is another one."""
        words = self.pattern.split("/")
        if len(words) != len(segments):
            return None
        pairs = list(zip(words, segments, strict=True))
        if any(word not in ("*", segment) for word, segment in pairs):
            return None
        return [segment for word, segment in pairs if word == "*"]


def routes(scribe: Scribe) -> list[Route]:
    """Return every operation; the first that fits is the one."""
    # Fixed words stand before `*`, which takes any one segment.
    return [
        *_reads(Contacts(scribe.book, scribe.behaviour)),
        *_contact_writes(scribe),
        *_other_writes(scribe),
        *_webhooks(scribe.webhooks),
    ]


def _reads(contacts: Contacts) -> list[Route]:
    return [
        Route("GET", "contacts", contacts.page),
        Route("GET", "contacts/filter", contacts.filtered),
        Route("GET", "contacts/synchronization", contacts.versions),
        Route("POST", "contacts/synchronization", contacts.several),
        Route("GET", "contacts/customer_id/*", contacts.by_customer_id),
        Route("GET", "contacts/*", contacts.one),
        Route("GET", "contacts/*/additional_charges", contacts.charges),
        Route("GET", "contacts/*/moneybird_payments_mandate", contacts.mandate),
        Route("GET", "contacts/*/contact_people/*", contacts.person),
        Route("GET", "custom_fields", lambda _request: answers.document(administration.custom_fields())),
        Route("GET", "workflows", lambda _request: answers.document(administration.workflows())),
        Route("GET", "workflows/*", _workflow),
        Route("GET", "users", _users),
        Route("GET", "identities", lambda _request: answers.document(administration.identities())),
        Route("GET", "identities/default", lambda _request: answers.document(administration.identities()[0])),
        Route("GET", "identities/*", _identity),
    ]


def _contact_writes(scribe: Scribe) -> list[Route]:
    contacts, persons = ContactWrites(scribe), Persons(scribe)
    people = "contacts/*/contact_people"
    return [
        Route("POST", "contacts", contacts.create, _ANY_SCOPE),
        Route("PATCH", "contacts/*", contacts.update, _ANY_SCOPE),
        Route("DELETE", "contacts/*", contacts.delete, _ANY_SCOPE),
        Route("PATCH", "contacts/*/archive", contacts.archive, _ANY_SCOPE),
        Route("POST", people, persons.create, _ANY_SCOPE),
        Route("PATCH", f"{people}/*", persons.update, _ANY_SCOPE),
        Route("DELETE", f"{people}/*", persons.delete, _ANY_SCOPE),
    ]


def _other_writes(scribe: Scribe) -> list[Route]:
    notes, charges, mandates = Notes(scribe), Charges(scribe), Mandates(scribe)
    mandate = "contacts/*/moneybird_payments_mandate"
    return [
        # Without rights to notes the answer is documented, and is theirs to give.
        Route("POST", "contacts/*/notes", notes.create),
        Route("DELETE", "contacts/*/notes/*", notes.delete),
        Route("POST", "contacts/*/additional_charges", charges.create, ("sales_invoices",)),
        Route("POST", mandate, mandates.mail, _MANDATE_SCOPES),
        Route("DELETE", mandate, mandates.delete, _ANY_SCOPE),
        Route("POST", f"{mandate}/url", mandates.link, _MANDATE_SCOPES),
    ]


def _webhooks(webhooks: Webhooks) -> list[Route]:
    return [
        Route("GET", "webhooks", webhooks.listed, ("settings",)),
        Route("POST", "webhooks", webhooks.create, ("settings",)),
        Route("DELETE", "webhooks/*", webhooks.delete, ("settings",)),
        Route("PATCH", "webhooks/*/activate", webhooks.activate, ("settings",)),
        Route("PATCH", "webhooks/*/deactivate", webhooks.deactivate, ("settings",)),
    ]


def _users(request: Request) -> Reply:
    flags: Mapping[str, bool] = {name: flag(request.query, name) for name in _FLAGS}
    return answers.document(administration.users(flags))


def _workflow(_request: Request, key: str) -> Reply:
    for row in administration.workflows():
        if row["id"] == key:
            return answers.document(row)
    raise answers.error(404, "Record not found for model name: Workflow")


def _identity(_request: Request, key: str) -> Reply:
    for row in administration.identities():
        if row["id"] == key:
            return answers.document(row)
    raise answers.not_found()
