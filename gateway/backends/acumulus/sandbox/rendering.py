r"""A stored contact as Acumulus shows it: a thin row of a list, or one contact in full.

A stored line break or tab of a note is shown as itself or as two characters, `\n` or `\t`; a stored backslash
is shown as it is, so that the second way leaves the reader a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import nodes
from gateway.backends.acumulus.sandbox.documents import block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.backends.acumulus.sandbox.documents import Nodes

MESSAGES_ONLY = frozenset({"NONE"})
"""What `inodes` asks for when no contact is to be shown. Source: Acumulus, "API - Basic Submit"."""

_NAMELESS = ("", "")


def row(stored: Mapping[str, str], wanted: frozenset[str] | None = None) -> bytes:
    """Return a contact as one element of a list, indented for it; `wanted` leaves other nodes out.

    Source: Acumulus, "API - List contacts" up to contactcountrycode; jacumulus, its sample, for the rest.
    """
    shown = _only(_row_nodes(stored), wanted)
    return block("contact", shown, depth=2, cdata=nodes.LISTED_IN_CDATA)


def detail(stored: Mapping[str, str], names: tuple[str, ...], wanted: frozenset[str] | None = None) -> bytes:
    """Return one contact with the nodes `names`, in that order; `wanted` leaves other nodes out.

    Source: Acumulus, "API - Get contact details".
    """
    texts = {**stored, **_derived(stored)}
    shown = _only(tuple((name, texts[name]) for name in names), wanted)
    filled = frozenset(name for name, text in shown if text)
    return block("contact", shown, depth=1, cdata=nodes.DETAIL_IN_CDATA & filled)


def written(left: Mapping[str, str], proc: str, breaks: str, wanted: frozenset[str] | None = None) -> bytes:
    """Return the contact that a write answers: every node of the call, empty where `left` has none.

    `proc` is what became of it; `breaks` is a value of `Behaviour.breaks`; `wanted` leaves other nodes out.

    Source: Acumulus, "API - Manage Contact": all known nodes with their set values, and contactproc.
    """
    texts = broken_as(left, breaks)
    known = (*((name, texts.get(name, "")) for name in nodes.STORED), ("contactproc", proc))
    shown = _only(known, wanted)
    filled = frozenset(name for name, text in shown if text)
    return block("contact", shown, depth=1, cdata=nodes.DETAIL_IN_CDATA & filled)


def broken_as(stored: Mapping[str, str], breaks: str) -> Mapping[str, str]:
    """Return the texts of a contact with line breaks and tabs as `breaks`, a value of `Behaviour.breaks`."""
    if breaks == "real":
        return stored
    return {name: text.replace("\n", "\\n").replace("\t", "\\t") for name, text in stored.items()}


def _only(shown: Nodes, wanted: frozenset[str] | None) -> Nodes:
    # The element's own name among the nodes asked for stands for all there is in it.
    if wanted is None or not wanted.isdisjoint(("contact", "contacts")):
        return shown
    return tuple(node for node in shown if node[0] in wanted)


def _row_nodes(stored: Mapping[str, str]) -> Nodes:
    type_name = nodes.CONTACT_TYPES.get(stored["contacttype"], _NAMELESS)
    liability = nodes.VAT_LIABILITIES.get(stored["contactvattypeid"], _NAMELESS)
    return (
        ("contactid", stored["contactid"]),
        ("contactyourid", stored["contactyourid"]),
        ("contactname", display_name(stored)),
        ("contactname1", stored["contactname1"]),
        ("contactname2", stored["contactname2"]),
        ("contactstatus", stored["contactstatus"]),
        ("contacttypeid", stored["contacttype"]),
        ("contacttypename", type_name[1]),
        ("contactvattypeid", stored["contactvattypeid"]),
        ("contactvattypenl", liability[1]),
        ("contactvattypeen", liability[0]),
        ("contactperson", stored["contactperson"]),
        ("contactaddress1", stored["contactaddress1"]),
        ("contactaddress2", stored["contactaddress2"]),
        ("contactcity", stored["contactcity"]),
        ("contacttelephone", stored["contacttelephone"]),
        ("contactemail", stored["contactemail"]),
        ("contactcountrycode", stored["contactcountrycode"]),
        ("contactvattype", stored["contactvattype"]),
        ("contactcostheadingid", _unless_zero(stored["contactcostheadingid"])),
        ("contactinvoicetemplateid", _unless_zero(stored["contactinvoicetemplateid"])),
    )


def display_name(stored: Mapping[str, str]) -> str:
    """Return the name a list shows: the first name node, or the person where that is empty (ours)."""
    return stored["contactname1"] or stored["contactperson"]


def _unless_zero(number: str) -> str:
    return "" if number == "0" else number


def _derived(stored: Mapping[str, str]) -> dict[str, str]:
    type_name = nodes.CONTACT_TYPES.get(stored["contacttype"], _NAMELESS)
    liability = nodes.VAT_LIABILITIES.get(stored["contactvattypeid"], _NAMELESS)
    code = stored["contactcountrycode"]
    elsewhere = ("0", nodes.REGION_WORLD if code else nodes.REGION_NONE)
    countryid, region = nodes.COUNTRIES.get(code, elsewhere)
    return {
        "contacttypename": type_name[0],
        "contacttypenamenl": type_name[1],
        "contactvattype": liability[0],
        "contactvattypenl": liability[1],
        "contactcountryid": countryid,
        "contactcountrytypeid": region,
    }
