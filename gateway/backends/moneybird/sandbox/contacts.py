"""The calls of the contacts area that read.

Source: Moneybird API v2, contacts. Where the vendor is silent: pages hold 100 contacts unless told
otherwise (the changelog of 2016 says so, a client of 2017 saw 50), `POST synchronization` answers in order
of id whatever the order asked, and lists are in order of id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson

from gateway.backends.moneybird.sandbox import answers, filters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.backends.moneybird.sandbox.behaviour import Behaviour
    from gateway.backends.moneybird.sandbox.book import Book, Row
    from gateway.emulation.vocabulary import Reply, Request

MAX_PER_PAGE = 100
"""Largest page, and the page when none is asked."""

MAX_IDS = 100
"""How many ids one `POST synchronization` looks at; the rest is dropped without a word."""


def flag(query: Mapping[str, str], name: str) -> bool:
    """Read a boolean of a query; anything but true and 1 is false."""
    return query.get(name, "").lower() in ("true", "1")


class Contacts:
    """Answers the reads; each raises `RefusedError` with the vendor's error."""

    def __init__(self, book: Book, behaviour: Behaviour) -> None:
        self._book = book
        self._behaviour = behaviour

    def page(self, request: Request) -> Reply:
        """Answer `GET /contacts`."""
        return self._paged(request, self._searched(request, self._listed(request), people=False))

    def filtered(self, request: Request) -> Reply:
        """Answer `GET /contacts/filter`."""
        rows = _passed(request, self._listed(request))
        return self._paged(request, self._searched(request, rows, people=True))

    def versions(self, request: Request) -> Reply:
        """Answer `GET /contacts/synchronization`: id and version of all, never paged."""
        rows = _passed(request, self._listed(request))
        return answers.document([{"id": row["id"], "version": row["version"]} for row in rows])

    def several(self, request: Request) -> Reply:
        """Answer `POST /contacts/synchronization`: full contacts, archived ones too, unknown ids left out."""
        wanted = set(_ids(request.body)[:MAX_IDS])
        found = [row for key in sorted(wanted) if (row := self._book.contact(key)) is not None]
        return answers.rows(self._book.encoded(row) for row in found)

    def one(self, request: Request, key: str) -> Reply:
        """Answer `GET /contacts/{id}`."""
        row = self._found(key)
        hidden = row["archived"] and self._behaviour.archived_by_id == "not_found"
        if hidden and not flag(request.query, "include_archived"):
            raise answers.not_found()
        return answers.document(row)

    def by_customer_id(self, _request: Request, customer_id: str) -> Reply:
        """Answer `GET /contacts/customer_id/{customer_id}`; an archived holder is not found."""
        for row in self._book.contacts(archived=False):
            if row["customer_id"] == customer_id:
                return answers.document(row)
        raise answers.not_found("customer_id")

    def person(self, _request: Request, key: str, person: str) -> Reply:
        """Answer `GET /contacts/{contact_id}/contact_people/{id}`."""
        for row in self._found(key)["contact_people"]:
            if row["id"] == person:
                return answers.document(row)
        raise answers.not_found()

    def charges(self, request: Request, key: str) -> Reply:
        """Answer `GET /contacts/{id}/additional_charges`; billed ones only when asked for."""
        self._found(key)
        billed = flag(request.query, "include_billed")
        rows = self._book.charges(key)
        return answers.document([row for row in rows if billed or row["detail_id"] is None])

    def mandate(self, _request: Request, key: str) -> Reply:
        """Answer `GET /contacts/{contact_id}/moneybird_payments_mandate`; its errors are bare numbers."""
        if not self._behaviour.payments:
            raise answers.bare(403)
        row = self._book.mandate(key)
        if row is None:
            raise answers.bare(404)
        return answers.document(row)

    def _found(self, key: str) -> Row:
        row = self._book.contact(key)
        if row is None:
            raise answers.not_found()
        return row

    def _listed(self, request: Request) -> list[Row]:
        return list(self._book.contacts(archived=flag(request.query, "include_archived")))

    def _searched(self, request: Request, rows: list[Row], *, people: bool) -> list[Row]:
        wanted = request.query.get("query", "").strip().casefold()
        if not wanted:
            return rows
        return [row for row in rows if wanted in self._book.text(row, people=people)]

    def _paged(self, request: Request, rows: Sequence[Row]) -> Reply:
        number = _number(request.query, "page", 1, None)
        size = _number(request.query, "per_page", MAX_PER_PAGE, MAX_PER_PAGE)
        start = (number - 1) * size
        links = []
        if start + size < len(rows):
            links.append(f'<{_address(request, number + 1)}>; rel="next"')
        if number > 1:
            links.append(f'<{_address(request, number - 1)}>; rel="prev"')
        encoded = [self._book.encoded(row) for row in rows[start : start + size]]
        return answers.rows(encoded, {"Link": ", ".join(links)} if links else {})


def _passed(request: Request, rows: list[Row]) -> list[Row]:
    tests = filters.parse(request.query.get("filter", ""))
    return [row for row in rows if all(test(row) for test in tests)]


def _number(query: Mapping[str, str], name: str, default: int, most: int | None) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or not 1 <= int(text) <= (
        most or int(text)
    ):
        raise answers.invalid(name)
    return int(text)


def _address(request: Request, page: int) -> str:
    host = request.headers.get("host", "moneybird.example")
    return f"http://{host}{request.raw_path}?{urlencode({**request.query, 'page': page})}"


def _ids(body: bytes) -> list[str]:
    try:
        ids = orjson.loads(body or b"{}").get("ids")
    except (orjson.JSONDecodeError, AttributeError):
        raise answers.error(400, "Request body is not valid JSON") from None
    if not isinstance(ids, list) or not ids:
        raise answers.error(400, "Ids is required", ids="required")
    return [str(key) for key in ids]
