"""The two read calls for contacts.

Source: Acumulus, "API - List contacts" and "API - Get contact details".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import nodes, rendering
from gateway.backends.acumulus.sandbox.book import Choice
from gateway.backends.acumulus.sandbox.documents import Document, container
from gateway.backends.acumulus.sandbox.refusals import NO_DATA, failed, invalid, no_contact

if TYPE_CHECKING:
    from gateway.backends.acumulus.sandbox.behaviour import Behaviour
    from gateway.backends.acumulus.sandbox.book import Book
    from gateway.backends.acumulus.sandbox.submission import Submission


def list_contacts(book: Book, asked: Submission, empty: str) -> Document:
    """Answer contacts_list: thin rows, all of them when no rowcount above zero is given.

    `empty` is a value of `Behaviour.empty`.

    Raises:
        RefusedError: HTTP 400: contactstatus, contacttype, offset or rowcount is not acceptable.
    """
    found = book.choose(_choice(asked))
    first, size = asked.number("offset") or 0, asked.number("rowcount") or len(found)
    page = found[first : first + size]
    if not page and empty == "status2":
        return Document(warnings=(NO_DATA,), status=2)
    wanted = asked.inodes()
    if wanted is None:
        return Document(container("contacts", map(book.row, page)))
    if wanted == rendering.MESSAGES_ONLY:
        return Document()
    rows = (rendering.row(book.contact(int(contactid)) or {}, wanted) for contactid in page)
    return Document(container("contacts", rows))


def get_contact(book: Book, asked: Submission, names: tuple[str, ...], behaviour: Behaviour) -> Document:
    """Answer contact_get: one contact with the nodes `names`, in that order.

    Raises:
        RefusedError: HTTP 400 without a numeric contactid, 404 when it is unknown, 500 when it is
            among the broken ones of `behaviour`.
    """
    contactid = asked.number("contactid")
    if contactid is None:
        raise invalid("contactid")
    stored = book.contact(contactid)
    if stored is None:
        raise no_contact(asked.text("contactid"))
    if stored["contactid"] in behaviour.broken:
        raise failed()
    wanted = asked.inodes()
    if wanted == rendering.MESSAGES_ONLY:
        return Document()
    return Document(rendering.detail(rendering.broken_as(stored, behaviour.breaks), names, wanted))


def _choice(asked: Submission) -> Choice:
    status, types = asked.text("contactstatus") or "2", asked.text("contacttype")
    if status not in ("0", "1", "2"):
        raise invalid("contactstatus")
    if not set(types) <= set(nodes.CONTACT_TYPES):
        raise invalid("contacttype")
    return Choice(asked.text("filter"), status, types)
