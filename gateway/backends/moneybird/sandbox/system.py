"""An emulated Moneybird: API v2 over one invented administration, reads and writes of contacts.

Written from the vendor's pages ("Moneybird API v2": contacts, administrations, users, workflows, identities,
custom fields, throttling) and from what clients saw. It does not imitate: OAuth and scopes (one
token may do everything, or only read), the XML format (406), invoices and everything else outside the
contacts area, writes of identities (405), duplicates (`/contacts/doubles`), the parameters
`todo`, `contact_field`, `contact_value` and `contact_import_id` (ignored), ETags, mails and what customers
answer to them, events of persons, notes and mandates, and the moments at which Moneybird is slow. Texts of
401 without a token, 404 of an unknown path or administration, 405, 406 and 415 are not documented and are
invented here. What else the pages leave open is told by the module that chooses, or is in `Behaviour`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack
from urllib.parse import unquote

from gateway.backends.moneybird.sandbox import administration, answers, refusals, seed
from gateway.backends.moneybird.sandbox.answers import RefusedError
from gateway.backends.moneybird.sandbox.behaviour import Behaviour, Choices
from gateway.backends.moneybird.sandbox.book import Book
from gateway.backends.moneybird.sandbox.description import describe
from gateway.backends.moneybird.sandbox.ration import Ration, Standing
from gateway.backends.moneybird.sandbox.routes import routes
from gateway.backends.moneybird.sandbox.scribe import Scribe
from gateway.backends.moneybird.sandbox.webhooks import Webhooks
from gateway.emulation.clock import Clock, wall_clock
from gateway.emulation.outbox import Outbox
from gateway.emulation.vocabulary import Reply, Request

BASE_PATH = "/api/v2"
TOKEN = "sandbox-token-moneybird"  # noqa: S105 - opens nothing but this emulator


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
        self._webhooks = Webhooks(clock)
        self.reset()

    @property
    def connection(self) -> Mapping[str, str]:
        """The configuration keys that reach this administration."""
        return {"administration_id": administration.ID, "token": TOKEN}

    @property
    def book(self) -> Book:
        """The contacts."""
        return self._book

    @property
    def outbox(self) -> Outbox:
        """What it sends to those who registered a webhook."""
        return self._webhooks.outbox

    def happen(self, event: str, key: str) -> bool:
        """Send word of an event that did not happen; false: there is no such contact."""
        row = self._book.contact(key)
        if row is not None:
            self._webhooks.tell(event, "Contact", key, row)
        return row is not None

    def describe_access(self) -> list[str]:
        """Tell a person how to get in."""
        return [f"administration id  {administration.ID}", f"token              {TOKEN}"]

    def reset(self) -> None:
        """Go back to the seeded book and a fresh ration."""
        self._book = Book(seed.contents(self._size))
        self._webhooks.clear()
        self._routes = routes(Scribe(self._book, self._behaviour, self._clock, self._webhooks))
        self._ration.reset()

    def state(self) -> Mapping[str, object]:
        """Return all that is stored: contacts, charges, mandates, requests for mandates, and who is in use.

        All by contact id, archived contacts too; `in_use` lists the ids of those that cannot be deleted.
        """
        return self._book.state()

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
        fitting = [(route, route.values(segments)) for route in self._routes]
        known = [(route, values) for route, values in fitting if values is not None]
        for route, values in known:
            if route.method == request.method:
                if route.scopes and self._behaviour.rights == "read":
                    raise refusals.no_access(route.scopes)
                return route.call(request, *values)
        raise answers.error(405, "Method not allowed") if known else answers.error(404, "Not found")


def create(
    *, contacts: int = 200, ration: bool = False, clock: Clock = wall_clock, **choices: Unpack[Choices]
) -> MoneybirdSandbox:
    """Make an emulated Moneybird with an invented book.

    Args:
        contacts: How many contacts, the archived ones (about 5%) included.
        ration: Whether the 151st call in five minutes is refused; otherwise only the headers are shown.
        clock: Present moment, for the ration and for what is written.
        choices: Attributes of `Behaviour`.

    Raises:
        ValueError: a choice is unknown.
    """
    return MoneybirdSandbox(contacts, Behaviour(**choices), Ration(enforced=ration), clock)


def _segments(request: Request) -> list[str]:
    # From the raw path: a customer id may hold an encoded slash.
    path = request.raw_path or request.path
    if not path.startswith(f"{BASE_PATH}/"):
        return []
    segments = [unquote(segment) for segment in path.removeprefix(f"{BASE_PATH}/").split("/")]
    return [*segments[:-1], segments[-1].removesuffix(".json")]
