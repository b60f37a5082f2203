"""The emulated system itself: which call a request is, who may make it, and in what form it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import (
    contacts,
    conversion,
    documents,
    picklists,
    submission,
    writing,
)
from gateway.backends.acumulus.sandbox.behaviour import ROLES
from gateway.backends.acumulus.sandbox.book import Book
from gateway.backends.acumulus.sandbox.documents import Document, block
from gateway.backends.acumulus.sandbox.refusals import RefusedError, invalid, low_role, wrong_login
from gateway.backends.acumulus.sandbox.submission import Submission
from gateway.emulation.vocabulary import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.backends.acumulus.sandbox.behaviour import Behaviour
    from gateway.emulation.vocabulary import Request

BASE_PATH = "/acumulus/stable"
CONNECTION = {
    "contract_code": "123456",
    "username": "ApiUser123456",
    "password": "sandbox-only-Acumulus",
}
"""The one user the sandbox knows, by the keys of the configuration section that reaches it."""

LIST = "contacts/contacts_list.php"
GET = "contacts/contact_get.php"
MANAGE = "contacts/contact_manage.php"
ABOUT = "general/general_about.php"
ACCOUNTS = "picklists/picklist_accounts.php"
_CALLS = frozenset({LIST, GET, MANAGE, ABOUT, ACCOUNTS, *picklists.PLAIN})

_XML = "application/xml; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"


class AcumulusSandbox:
    """An administration in Acumulus, in memory; what it leaves out stands in the package's docstring.

    Attributes:
        name: "acumulus".
        default_port: The port it listens on when nobody asks for another.
        base_path: What comes before the path of a call.
        connection: Credentials by configuration key.
        book: The contacts; `reset` puts the seeded ones back.
    """

    name = "acumulus"
    default_port = 8102
    base_path = BASE_PATH

    def __init__(
        self, seeded: Sequence[Mapping[str, str]], behaviour: Behaviour, detail: tuple[str, ...]
    ) -> None:
        self.connection: Mapping[str, str] = dict(CONNECTION)
        self.book = Book(seeded)
        self._seeded = seeded
        self._behaviour = behaviour
        self._detail = detail

    def describe_access(self) -> list[str]:
        """Return lines that tell a person how to reach the administration."""
        return [
            f"contract code  {self.connection['contract_code']}",
            f"user name      {self.connection['username']}",
            f"password       {self.connection['password']}",
        ]

    def answer(self, request: Request) -> Reply:
        """Answer as Acumulus would; never raises for anything a client sends."""
        call = _call(request)
        if call is None:
            return _page(404, "Not Found")
        if request.method != "POST":
            return _page(405, "Method Not Allowed", {"Allow": "POST"})
        asked = Submission()
        try:
            asked = submission.read(request)
            document = self._perform(call, asked)
        except RefusedError as refused:
            document = documents.refusal(refused)
        return _reply(document, asked)

    def describe(self, request: Request) -> Mapping[str, str]:
        """Say which call a request was and for which rows: no credential, no searched text."""
        call = _call(request)
        if call is None:
            return {}
        try:
            return {"call": call, **_about(submission.read(request))}
        except RefusedError:
            return {"call": call}

    def reset(self) -> None:
        """Put the seeded contacts back."""
        self.book = Book(self._seeded)

    def state(self) -> Mapping[str, object]:
        """Return the 46 data nodes of every contact by contactid, line breaks as they are stored: real."""
        return {"contacts": self.book.everything()}

    def _perform(self, call: str, asked: Submission) -> Document:
        self._admit(asked.contract())
        if call in (LIST, GET) and not self._behaviour.reads_contacts:
            raise low_role(call)
        if call == LIST:
            return contacts.list_contacts(self.book, asked, self._behaviour.empty)
        if call == GET:
            return contacts.get_contact(self.book, asked, self._detail, self._behaviour)
        if call == MANAGE:
            return writing.manage_contact(self.book, asked, self._behaviour)
        if call == ABOUT:
            return _own_role(self._behaviour.role)
        if call == ACCOUNTS:
            return _accounts(asked)
        return picklists.PLAIN[call].document()

    def _admit(self, contract: Mapping[str, str]) -> None:
        given = tuple(contract.get(node) for node in ("contractcode", "username", "password"))
        if given != tuple(self.connection[key] for key in ("contract_code", "username", "password")):
            raise wrong_login()


def _call(request: Request) -> str | None:
    call = request.path.removeprefix(f"{BASE_PATH}/")
    return call if call in _CALLS and call != request.path else None


def _about(asked: Submission) -> dict[str, str]:
    about = {
        name: asked.text(name) if asked.is_number(name) else "not a number"
        for name in ("contactid", "offset", "rowcount")
        if asked.text(name)
    }
    if asked.text("filter"):
        about["filter_length"] = str(len(asked.text("filter")))
    if "contact" in asked.blocks:
        about |= _about_write(asked)
    return about


def _about_write(asked: Submission) -> dict[str, str]:
    sent = Submission(asked.blocks["contact"])
    told = (("contactid", sent), ("overwriteifexists", sent), ("testmode", asked))
    return {
        name: where.text(name) if where.is_number(name) else "not a number"
        for name, where in told
        if where.text(name)
    }


def _accounts(asked: Submission) -> Document:
    status = asked.text("accountstatus") or picklists.ACTIVE
    if status not in (picklists.ACTIVE, picklists.DISABLED):
        raise invalid("accountstatus")
    return picklists.accounts(status)


def _own_role(dutch: str) -> Document:
    roleid, english, _ = ROLES[dutch]
    shown = (
        ("about", "Acumulus API"),
        ("role", english),
        ("roleapi", dutch),
        ("roleid", roleid),
        ("rolenl", dutch),
    )
    return Document(block("general", shown, depth=1))


def _reply(document: Document, asked: Submission) -> Reply:
    xml = documents.render(document, asked.text("lang").lower())
    if asked.text("format").lower() == "json":
        return Reply(document.http, conversion.to_json(xml), _JSON)
    return Reply(document.http, xml, _XML)


def _page(status: int, phrase: str, headers: Mapping[str, str] | None = None) -> Reply:
    head = f"<head><title>{status} {phrase}</title></head>"
    html = f"<!DOCTYPE html>\n<html>{head}<body><h1>{phrase}</h1></body></html>\n"
    return Reply(status, html.encode(), _HTML, headers or {})
