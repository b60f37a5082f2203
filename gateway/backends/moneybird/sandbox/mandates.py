"""The calls that ask for a Moneybird Payments mandate, and the one that deletes it.

Source: Moneybird API v2, contacts, Moneybird Payments mandate; bodies of errors are the bare status. Where
the vendor is silent: a contact with a mandate may be asked again and keeps the old one meanwhile, an unknown
identity or workflow is forbidden as an unknown contact is, deleting what is not there is a bare 404. Nobody
is mailed, no customer ever accepts, and a link does not end after its 14 days.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, answers, bodies

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.emulation.vocabulary import Reply, Request

_LINK_KEYS = frozenset({"identity_id", "workflow_id"})
_MAIL_KEYS = _LINK_KEYS | {"email_message"}


class Mandates:
    """Answers the calls; each raises `RefusedError` with the vendor's error."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def mail(self, request: Request, key: str) -> Reply:
        """Answer `POST /contacts/{contact_id}/moneybird_payments_mandate`: the contact gets a mail."""
        self._ask(request, key, _MAIL_KEYS)
        self._scribe.tell("contact_mandate_request_initiated", self._contact(key))
        return answers.nothing()

    def link(self, request: Request, key: str) -> Reply:
        """Answer `POST /contacts/{contact_id}/moneybird_payments_mandate/url`: a new link each time."""
        count = self._ask(request, key, _LINK_KEYS)
        self._scribe.tell("contact_mandate_request_url_obtained", self._contact(key))
        secret = hashlib.sha256(f"{key}/{count}".encode()).hexdigest()
        url = f"https://moneybird.example/{administration.ID}/mandate_requests/{secret}"
        return answers.document({"url": url}, 201)

    def delete(self, _request: Request, key: str) -> Reply:
        """Answer `DELETE /contacts/{contact_id}/moneybird_payments_mandate`."""
        contact = self._contact(key)
        if self._scribe.book.mandate(key) is None:
            raise answers.bare(404)
        self._scribe.book.remove_mandate(key)
        after = self._scribe.put_child(contact | {"moneybird_payments_mandate": False})
        self._scribe.tell("contact_mandate_destroyed", after)
        return answers.nothing()

    def _ask(self, request: Request, key: str, known: AbstractSet[str]) -> int:
        self._contact(key)
        given = bodies.attributes(request, "mandate_request", known, self._scribe.behaviour) or {}
        bodies.text(given.get("email_message"), "email_message")
        for name, there in (("identity_id", _identities()), ("workflow_id", _workflows())):
            chosen = bodies.identifier(given.get(name), name)
            if chosen is not None and chosen not in there:
                raise answers.bare(403)
        return self._scribe.book.ask_mandate(key, "mail" if "email_message" in known else "link")

    def _contact(self, key: str) -> Row:
        contact = self._scribe.book.contact(key)
        if contact is None or not self._scribe.behaviour.payments:
            raise answers.bare(403)
        return contact


def _identities() -> set[str]:
    return {row["id"] for row in administration.identities()}


def _workflows() -> set[str]:
    return {row["id"] for row in administration.workflows()}
