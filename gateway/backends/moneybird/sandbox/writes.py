"""The calls that write contacts themselves.

Source: Moneybird API v2, contacts: create, update, delete, archive. Where the vendor is silent: archived
contacts can be changed and deleted, an update that changes nothing leaves `updated_at` alone, a contact with
charges is in use, and `email` and `attention`, which are read-only, are keys like any unknown one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import (
    administration,
    answers,
    bodies,
    changes,
    custom_fields,
    persons,
    refusals,
    rules,
)

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.backends.moneybird.sandbox.scribe import Scribe
    from gateway.emulation.vocabulary import Reply, Request

# Not a request key either, but refused in its own words.
_TRUST = "is_trusted"
_UPDATE_KEYS = changes.KEYS | {custom_fields.KEY, _TRUST}
_CREATE_KEYS = _UPDATE_KEYS | {"contact_person"}


class ContactWrites:
    """Answers the calls; each raises `RefusedError` with the vendor's error."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def create(self, request: Request) -> Reply:
        """Answer `POST /contacts`."""
        given = self._given(request, _CREATE_KEYS)
        person = self._person(given.pop("contact_person", None))
        fields = self._fields(given)
        values = changes.read({key: value for key, value in given.items() if value is not None})
        row = changes.merged(changes.BLANK, values)
        flaws = rules.check(row, values, self._scribe.book, self._scribe.today())
        if person is not None:
            flaws.include(persons.flaws_of(person, persons.NAMES))
        flaws.settle()
        row = self._born(row)
        row["custom_fields"] = custom_fields.merged([], fields)
        if person is not None:
            row["contact_people"] = [persons.made(self._scribe, row, person)]
        row = self._scribe.put(persons.with_namesake(self._scribe, row), "contact_created")
        return answers.document(row, 201)

    def update(self, request: Request, key: str) -> Reply:
        """Answer `PATCH /contacts/{id}`: what is not sent stays."""
        before = self._scribe.found(key)
        given = self._given(request, _UPDATE_KEYS)
        fields = self._fields(given)
        values = changes.read(given)
        row = changes.merged(before, values)
        rules.check(row, values, self._scribe.book, self._scribe.today()).settle()
        if not row["customer_id"]:
            row["customer_id"] = self._scribe.book.next_customer_id()
        told = changes.told(before, row, values)
        after = persons.with_namesake(self._scribe, row)
        after = after | {"custom_fields": custom_fields.merged(after["custom_fields"], fields)}
        if row != before:
            after = self._scribe.put(after, "contact_changed" if told else "", {"changes": told})
        elif after != before:
            after = self._scribe.put_child(after)
        return answers.document(after)

    def delete(self, _request: Request, key: str) -> Reply:
        """Answer `DELETE /contacts/{id}`: one in use is archived instead, and that only once."""
        row = self._scribe.found(key)
        if self._scribe.book.in_use(key):
            self._archive(row)
        else:
            self._scribe.book.remove(key)
            self._scribe.tell("contact_destroyed", row, gone=True)
        return answers.nothing()

    def archive(self, _request: Request, key: str) -> Reply:
        """Answer `PATCH /contacts/{id}/archive`."""
        self._archive(self._scribe.found(key))
        return answers.nothing()

    def _archive(self, row: Row) -> None:
        if row["archived"]:
            raise refusals.not_archivable()
        self._scribe.put(row | {"archived": True}, "contact_archived")

    def _given(self, request: Request, known: AbstractSet[str]) -> Row:
        given = bodies.attributes(request, "contact", known, self._scribe.behaviour)
        if given is None:
            raise refusals.wrapper_required("contact")
        if _TRUST in given:
            raise refusals.trusted()
        return given

    def _fields(self, given: Row) -> custom_fields.Values:
        keep_nulls = self._scribe.behaviour.nulls == "kept"
        return custom_fields.read(given.pop(custom_fields.KEY, None), keep_nulls=keep_nulls)

    def _person(self, given: object) -> Row | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            raise refusals.wrong_type("contact_person")
        known = bodies.select(given, frozenset(persons.NAMES), self._scribe.behaviour)
        return {key: bodies.text(value, key) for key, value in known.items()}

    def _born(self, row: Row) -> Row:
        key = self._scribe.book.new_id()
        secret = hashlib.sha256(key.encode()).hexdigest()
        return row | {
            "id": key,
            "customer_id": row["customer_id"] or self._scribe.book.next_customer_id(),
            "sales_invoices_url": administration.invoices_url(secret),
        }
