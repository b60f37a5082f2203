"""An emulated Moneybird: API v2 over one invented administration, the read half.

Written from the vendor's pages ("Moneybird API v2": contacts, administrations, users, workflows, identities,
custom fields, throttling) and from what clients saw. It does not imitate: writes (405), webhooks, OAuth and
scopes (one token may do everything), the XML format (406), invoices and everything else outside the contacts
area, duplicates (`/contacts/doubles`), the parameters `todo`, `contact_field`, `contact_value` and
`contact_import_id` (ignored), ETags, and the moments at which Moneybird is slow. Texts of 401, 404 of an
unknown path or administration, 405 and 406 are not documented and are invented here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from gateway.backends.moneybird.sandbox import administration, answers, seed
from gateway.backends.moneybird.sandbox.answers import RefusedError
from gateway.backends.moneybird.sandbox.behaviour import Archived, Behaviour
from gateway.backends.moneybird.sandbox.book import Book
from gateway.backends.moneybird.sandbox.contacts import Contacts, flag
from gateway.backends.moneybird.sandbox.description import describe
from gateway.backends.moneybird.sandbox.ration import Ration, Standing
from gateway.emulation.clock import Clock, wall_clock
from gateway.emulation.vocabulary import Reply, Request

BASE_PATH = "/api/v2"
TOKEN = "sandbox-token-moneybird"  # noqa: S105 - opens nothing but this emulator
_FLAGS = ("include_inactive", "include_accountants", "include_api_users")

Call = Callable[..., Reply]
"""Answers a request; the path's variable segments follow it."""


class MoneybirdSandbox:
    """One emulated administration."""

    name = "moneybird"
    default_port = 8101
    base_path = BASE_PATH

    def __init__(self, size: int, behaviour: Behaviour, ration: Ration, clock: Clock) -> None:
        self._size = size
        self._behaviour = behaviour
        self._ration = ration
        self._clock = clock
        self.reset()

    @property
    def connection(self) -> Mapping[str, str]:
        """The configuration keys that reach this administration."""
        return {"administration_id": administration.ID, "token": TOKEN}

    @property
    def book(self) -> Book:
        """The contacts."""
        return self._book

    def describe_access(self) -> list[str]:
        """Tell a person how to get in."""
        return [f"administration id  {administration.ID}", f"token              {TOKEN}"]

    def reset(self) -> None:
        """Go back to the seeded book and a fresh ration."""
        self._book = Book(seed.contents(self._size))
        self._routes = _routes(Contacts(self._book, self._behaviour))
        self._ration.reset()

    def describe(self, request: Request) -> Mapping[str, str]:
        """Say which call it was and how much it asked; no names, numbers or token."""
        return describe(request, _segments(request))

    def answer(self, request: Request) -> Reply:
        """Answer as Moneybird would; every answer carries the ration's headers."""
        standing = self._ration.count(self._clock())
        try:
            reply = self._answer(request, standing)
        except RefusedError as refused:
            reply = refused.reply
        return replace(reply, headers={**reply.headers, **standing.headers()})

    def _answer(self, request: Request, standing: Standing) -> Reply:
        if standing.refused:
            return answers.document("Retry later", 429)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise answers.error(401, "Authorization required")
        segments = _segments(request)
        if segments and segments[-1].endswith(".xml"):
            raise answers.error(406, "Not acceptable")
        if segments == ["administrations"]:
            return self._administrations(request)
        if len(segments) < 2:
            raise answers.error(404, "Not found")
        if segments[0] != administration.ID:
            raise answers.error(404, "record not found")
        return self._dispatch(request, segments[1:])

    def _administrations(self, request: Request) -> Reply:
        if request.method != "GET":
            raise answers.error(405, "Method not allowed")
        return answers.document(administration.administrations())

    def _dispatch(self, request: Request, segments: Sequence[str]) -> Reply:
        known = False
        for (method, pattern), call in self._routes.items():
            values = _matched(pattern, segments)
            if values is not None and method == request.method:
                return call(request, *values)
            known = known or values is not None
        raise answers.error(405, "Method not allowed") if known else answers.error(404, "Not found")


def create(
    *,
    contacts: int = 200,
    ration: bool = False,
    clock: Clock = wall_clock,
    payments: bool = True,
    archived_by_id: Archived = "not_found",
) -> MoneybirdSandbox:
    """Make an emulated Moneybird with an invented book.

    Args:
        contacts: How many contacts, the archived ones (about 5%) included.
        ration: Whether the 151st call in five minutes is refused; otherwise only the headers are shown.
        clock: Present moment, for the ration.
        payments: See `Behaviour`.
        archived_by_id: See `Behaviour`.
    """
    behaviour = Behaviour(payments=payments, archived_by_id=archived_by_id)
    return MoneybirdSandbox(contacts, behaviour, Ration(enforced=ration), clock)


def _routes(contacts: Contacts) -> dict[tuple[str, str], Call]:
    # Fixed words stand before `*`, which takes any one segment.
    return {
        ("GET", "contacts"): contacts.page,
        ("GET", "contacts/filter"): contacts.filtered,
        ("GET", "contacts/synchronization"): contacts.versions,
        ("POST", "contacts/synchronization"): contacts.several,
        ("GET", "contacts/customer_id/*"): contacts.by_customer_id,
        ("GET", "contacts/*"): contacts.one,
        ("GET", "contacts/*/additional_charges"): contacts.charges,
        ("GET", "contacts/*/moneybird_payments_mandate"): contacts.mandate,
        ("GET", "contacts/*/contact_people/*"): contacts.person,
        ("GET", "custom_fields"): lambda _request: answers.document(administration.custom_fields()),
        ("GET", "workflows"): lambda _request: answers.document(administration.workflows()),
        ("GET", "workflows/*"): _workflow,
        ("GET", "users"): _users,
        ("GET", "identities"): lambda _request: answers.document(administration.identities()),
        ("GET", "identities/default"): lambda _request: answers.document(administration.identities()[0]),
        ("GET", "identities/*"): _identity,
    }


def _segments(request: Request) -> list[str]:
    # From the raw path: a customer id may hold an encoded slash.
    path = request.raw_path or request.path
    if not path.startswith(f"{BASE_PATH}/"):
        return []
    segments = [unquote(segment) for segment in path.removeprefix(f"{BASE_PATH}/").split("/")]
    return [*segments[:-1], segments[-1].removesuffix(".json")]


def _matched(pattern: str, segments: Sequence[str]) -> list[str] | None:
    words = pattern.split("/")
    if len(words) != len(segments):
        return None
    if any(word not in ("*", segment) for word, segment in zip(words, segments, strict=True)):
        return None
    return [segment for word, segment in zip(words, segments, strict=True) if word == "*"]


def _users(request: Request) -> Reply:
    return answers.document(administration.users({name: flag(request.query, name) for name in _FLAGS}))


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
