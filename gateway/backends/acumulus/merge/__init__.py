r"""The whole request that changes some nodes of a contact and leaves every other as it is. Pure.

An update writes a contact as a whole: a node that it leaves out, and most that it sends empty, is cleared or
reset. So each of those has to be sent as it is stored, and only what was read under the same name and with
the same meaning is known to be stored. The rule is presence: what was not read is not written by guess, but
refused, unless the caller sets it or accepts that it is lost.

Source: Acumulus, "API - Manage Contact", "API - Get contact details", "API - List contacts".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.backends.acumulus.merge.nodes import NODES, Kind, Node, Omitted, choice, country, day, meaning
from gateway.backends.acumulus.wire import Nodes
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode


class Doubt(StrEnum):
    """Why a stored value cannot be written back."""

    UNREAD = "Acumulus did not tell it"
    DEFAULTED = "it is empty, and Acumulus may put a default in its place"
    UNPROVEN = "what Acumulus told of it may not be what it keeps"


@dataclass(frozen=True, slots=True)
class Merged:
    """An update, ready to be sent.

    Attributes:
        nodes: Data nodes to send, in the order of the page: every one that would be cleared otherwise.
        moves: Nodes of which the caller sets what is not known to be stored already.
        refused: One for each field that would be lost unasked; then nothing may be sent.
        notices: One for each field that is lost because the caller accepts it.
    """

    nodes: Mapping[str, str]
    moves: frozenset[str]
    refused: tuple[Fault, ...]
    notices: tuple[Notice, ...]


def merge(
    details: Nodes, row: Nodes | None, wanted: Mapping[str, str], accept: frozenset[str] = frozenset()
) -> Merged:
    """Work out an update.

    Args:
        details: The answer of contact_get, read for this update.
        row: The contact's row of contacts_list, read for it too; None where there is none.
        wanted: Node to the text that the caller sets, as it is sent.
        accept: Fields of an input that may be cleared, or set to their default, with it.
    """
    stored = present(details, row)
    moves = moving(stored, wanted)
    nodes: dict[str, str] = {}
    refused: list[Fault] = []
    notices: list[Notice] = []
    for node in NODES:
        if node.omitted is not Omitted.RESET:
            if node.name in moves:
                nodes[node.name] = wanted[node.name]
        elif node.name in wanted:
            nodes[node.name] = wanted[node.name]
        else:
            kept = copy(node, stored)
            if not isinstance(kept, Doubt):
                nodes[node.name] = kept
            elif accept.isdisjoint((node.path, *node.also)):
                refused.append(_refusal(node, kept))
            else:
                nodes[node.name] = _given_up(node, stored)
                notices.append(_loss(node, kept))
    return Merged(nodes, moves, tuple(refused), tuple(notices))


def present(details: Nodes, row: Nodes | None) -> dict[str, str | None]:
    """Return what was read of the data nodes, by the name under which each is written.

    A node that was not read is absent; one that makes no sense, or that details and row contradict each
    other about, is None. Names of 2014 that may be other things (contactvatstandard, contactnotes,
    contacttemplateid) prove nothing.
    """
    row = row or {}
    # In contact_get it is the name of contactvattypeid, and in older lists it may be.
    found: dict[str, str | None] = {
        node.name: details[node.name]
        for node in NODES
        if node.name in details and node.name != "contactvattype"
    }
    for name, others in _ELSEWHERE.items():
        sources = [details[each] for each in others if each in details]
        sources += [row[each] for each in (name, *others) if each in row]
        if name in found:
            sources.insert(0, found[name])
        if sources:
            found[name] = _agreed(name, sources)
    if _is_number(row.get("contactvattype")):
        found["contactvattype"] = row["contactvattype"]
    return found


_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "contactstatus": (),
    "contactvattypeid": (),
    "contacttype": ("contacttypeid",),
    "contactinvoicetemplateid": (),
    "contactcostheadingid": (),
}
"""Nodes that a list row tells too, to other names of the same thing.

Source: Acumulus, "API - List contacts"; contacttypeid in the details: thalent/acumulus, its sample of 2014.
"""

_NODE: Mapping[str, Node] = {node.name: node for node in NODES}


def _agreed(name: str, sources: list[str | None]) -> str | None:
    """Return what several answers say of one node: whoever says nothing does not contradict."""
    if None in sources:
        return None
    told = [text for text in sources if text and meaning(_NODE[name], text) is not None]
    if not told:
        return sources[0]
    return told[0] if len({meaning(_NODE[name], text) for text in told}) == 1 else None


def _is_number(text: str | None) -> bool:
    return text is not None and (not text.strip() or choice(_NODE["contactvattype"], text) is not None)


def moving(stored: Nodes, wanted: Mapping[str, str]) -> frozenset[str]:
    """Return the nodes whose wanted text is not known to mean what is stored."""
    return frozenset(name for name, text in wanted.items() if not holds(stored, name, text))


def holds(stored: Nodes, name: str, text: str) -> bool:
    """Whether a node was read, and means the same as a text."""
    found = stored.get(name)
    return found is not None and meaning(_NODE[name], found) == meaning(_NODE[name], text)


def copy(node: Node, stored: Nodes) -> str | Doubt:
    """Return the text that leaves a node as it is, or why there is none."""
    if node.name not in stored:
        return Doubt.UNREAD
    text = stored[node.name]
    if text is None or "\ufffd" in text:
        return Doubt.UNPROVEN
    if not text.strip():
        return text if node.clearable else Doubt.DEFAULTED
    written = _written(node, text)
    return Doubt.UNPROVEN if written is None else written


def _written(node: Node, text: str) -> str | None:
    """Return a stored text as it is written; None where it may not survive that."""
    match node.kind:
        case Kind.CHOICE:
            return choice(node, text)
        case Kind.COUNTRY:
            return country(text)
        case Kind.DAY:
            return day(text)
        case Kind.LINES:
            # An account may answer line breaks as the two characters, or may hold those very letters.
            return None if "\\n" in text or "\\t" in text else escaped(text)
        case _:
            # Where the page knows no line breaks nobody tells what becomes of one.
            return None if any(sign in text for sign in "\r\n\t") else text


def escaped(text: str) -> str:
    r"""Return a text of several lines as it is written: a line break as `\n`, a tab as `\t`.

    Source: Acumulus, "API - Manage Contact"; SIEL, libAcumulus, which makes every sort of break a `\n`.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\\n").replace("\t", "\\t")


def _given_up(node: Node, stored: Nodes) -> str:
    """Return what is sent of a node that may be lost: what was read of a text, else its default."""
    text = stored.get(node.name)
    if text and node.kind in (Kind.LINE, Kind.LINES, Kind.EMAILS, Kind.PLAIN) and meaning(node, text):
        return escaped(text) if node.kind is Kind.LINES else text
    return node.default or ""


def _refusal(node: Node, doubt: Doubt) -> Fault:
    words = f"This write would {_fate(node, doubt)} ({node.name}), for {doubt}. Set it, or accept that."
    return Fault(FaultCode.WOULD_CLEAR_FIELDS, words, node.path)


def _loss(node: Node, doubt: Doubt) -> Notice:
    code = NoticeCode.DEFAULT_SET if node.default else NoticeCode.VALUE_REPLACED
    words = f"As accepted, this write may {_fate(node, doubt)} ({node.name}), for {doubt}."
    return Notice(code, words, node.path)


def _fate(node: Node, doubt: Doubt) -> str:
    if node.default is None:
        return "clear this, or set it to a default that Acumulus does not tell"
    if node.default and (doubt is not Doubt.UNPROVEN or node.kind in (Kind.CHOICE, Kind.COUNTRY)):
        return f'set this to "{node.default}"'
    return "clear or change this"
