"""The one writing call for contacts: it adds a contact, or overwrites one as a whole.

Source: Acumulus, "API - Manage Contact". What the page leaves open is a field of `Behaviour`, or was chosen:

- The input is checked whatever `overwriteifexists` and `testmode` say, and every fault of the data nodes is
  told at once.
- An unacceptable number out of a list is replaced and warned of, as invoice_add does with its vattype; an
  impossible date and a percentage that is none (out of 0 to 100, or with three decimals) are refused.
- An invalid country code becomes NL without a warning, for the page calls that its default; case is ignored.
- An empty node where only 0 clears keeps what is stored. Nothing but blanks counts as empty; around a text
  they are kept, around a number, date or code they are not.
- A line break or tab itself, as distinct from the two characters the page asks for, becomes one blank.
- Addresses, IBAN, BIC, VAT number and references are stored as they come: the page names no rule for them.
- In testmode the answer shows what would have been stored, and a new contact has no contactid there.
- A request with more than one `<contact>` is refused; nodes nobody knows are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import nodes, picklists, rendering
from gateway.backends.acumulus.sandbox.documents import Document
from gateway.backends.acumulus.sandbox.nodes import Kind, Node, Omitted
from gateway.backends.acumulus.sandbox.refusals import RefusedError, invalid, no_contact, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.backends.acumulus.sandbox.behaviour import Behaviour
    from gateway.backends.acumulus.sandbox.book import Book
    from gateway.backends.acumulus.sandbox.refusals import Notice
    from gateway.backends.acumulus.sandbox.submission import Submission

_OWN = {
    "contactinvoicetemplateid": picklists.INVOICE_TEMPLATES.ids(),
    "contactcostheadingid": picklists.COST_HEADINGS.ids(),
    "contactcostcenterid": picklists.COST_CENTERS.ids(),
    "contactbankaccountid": picklists.ACCOUNTS.ids(),
}
_BREAKS = re.compile(r"\r\n|[\r\n\t]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENTAGE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class _Checked:
    """Acceptable texts by node, for those that were sent, and what is to be said of them."""

    texts: Mapping[str, str]
    errors: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()


def manage_contact(book: Book, asked: Submission, behaviour: Behaviour) -> Document:
    """Answer contact_manage, and store what it says.

    Raises:
        RefusedError: HTTP 400: not exactly one `<contact>`, or contactid, overwriteifexists or testmode is
            not acceptable. HTTP 404: the contactid is unknown and `behaviour` does not add it.
    """
    sent = asked.block("contact")
    testing, overwriting = asked.flag("testmode"), sent.flag("overwriteifexists")
    stored = _known(book, sent, behaviour)
    checked = _checked(sent.nodes)
    if checked.errors:
        return Document(errors=checked.errors, warnings=checked.warnings, status=1, http=400)
    left = _overwritten(stored, checked.texts) if stored is None or overwriting else stored
    proc = _proc(stored, left, overwriting=overwriting, behaviour=behaviour)
    if testing:
        proc = "testmode"
    elif proc != "unchanged":
        left = book.put(left) if stored else book.add(left)
    if behaviour.manage_answers == "submitted":
        left = {**sent.nodes, "contactid": left["contactid"]}
    wanted = asked.inodes()
    shown = (
        b"" if wanted == rendering.MESSAGES_ONLY else rendering.written(left, proc, behaviour.breaks, wanted)
    )
    return Document(shown, warnings=checked.warnings, status=2 if checked.warnings else 0)


def _known(book: Book, sent: Submission, behaviour: Behaviour) -> Mapping[str, str] | None:
    contactid = sent.number("contactid")
    stored = None if contactid is None else book.contact(contactid)
    if stored is None and contactid is not None and behaviour.unknown_id == "refuse":
        raise no_contact(sent.text("contactid"))
    return stored


def _proc(
    stored: Mapping[str, str] | None, left: Mapping[str, str], *, overwriting: bool, behaviour: Behaviour
) -> str:
    if stored is None:
        return "added"
    if not overwriting:
        return "unchanged"
    return behaviour.identical if left == stored else "updated"


def _overwritten(stored: Mapping[str, str] | None, texts: Mapping[str, str]) -> dict[str, str]:
    old = {"contactid": ""} if stored is None else stored
    return {
        "contactid": old["contactid"],
        **{node.name: _next(node, old.get(node.name), texts.get(node.name)) for node in nodes.WRITTEN},
    }


def _next(node: Node, old: str | None, text: str | None) -> str:
    if old is not None and _survives(node.omitted, text):
        return old
    return text or node.default


def _survives(omitted: Omitted, text: str | None) -> bool:
    if omitted is Omitted.RESET:
        return False
    return text is None or (text == "" and omitted is Omitted.KEPT_UNLESS_ZERO)


def _checked(sent: Mapping[str, str]) -> _Checked:
    texts: dict[str, str] = {}
    errors: list[Notice] = []
    warnings: list[Notice] = []
    for node in nodes.WRITTEN:
        if node.name not in sent:
            continue
        try:
            text = _accepted(node, sent[node.name])
        except RefusedError as refused:
            errors.append(refused.notice)
            continue
        if text is None:
            warnings.append(replaced(node.name, sent[node.name].strip(), node.instead))
            text = node.instead
        texts[node.name] = text
    return _Checked(texts, tuple(errors), tuple(warnings))


def _accepted(node: Node, sent: str) -> str | None:
    """Return what can be stored of a submitted text; None when it is to be replaced and warned of."""
    text = sent.strip()
    if not text:
        return ""
    if node.kind in (Kind.CHOICE, Kind.OWN):
        return text if text in (*node.choices, *_OWN.get(node.name, ()), node.instead) else None
    if node.kind is Kind.COUNTRY:
        return text.upper() if text.upper() in nodes.COUNTRIES else node.instead
    if node.kind is Kind.DATE:
        return _day(node.name, text)
    if node.kind is Kind.PERCENTAGE:
        return _percentage(node.name, text)
    folded = _BREAKS.sub(" ", sent)
    # Source: Acumulus, "API - Manage Contact": line feed and tab are two characters each.
    return folded.replace("\\n", "\n").replace("\\t", "\t") if node.kind is Kind.LINES else folded


def _day(name: str, text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise invalid(name) from error
    if not _DATE.fullmatch(text):
        raise invalid(name)
    return text


def _percentage(name: str, text: str) -> str:
    if not _PERCENTAGE.fullmatch(text) or float(text) > 100:
        raise invalid(name)
    return text
