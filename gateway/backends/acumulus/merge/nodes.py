"""The 46 data nodes of contact_manage: what a write makes of each, and how its texts compare. Data and pure.

Source, where no other is named: Acumulus, "API - Manage Contact". Its exceptions to "what is left out is
cleared" have grown over the years, so they are a table here and no rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.backends.acumulus import wire
from gateway.domain import identifiers
from gateway.domain.text import blank_to_none


class Omitted(StrEnum):
    """What becomes of a stored node that an update leaves out."""

    RESET = "cleared, or set to its default"
    KEPT_UNLESS_ZERO = "kept; 0 clears it"
    KEPT_UNLESS_EMPTY = "kept; an empty node clears it"


class Kind(StrEnum):
    """What a node's text is, which decides when two texts mean the same and which can be written back."""

    LINE = "a text of one line"
    LINES = "a text whose line breaks and tabs are written as two characters"
    EMAILS = "addresses with commas or semicolons between them"
    PLAIN = "a number in which blanks and case do not count"
    COUNTRY = "an ISO 3166-1 alpha-2 code"
    CHOICE = "one of the documented words or numbers"
    DAY = "YYYY-MM-DD"
    REFERENCE = "an id of one of Acumulus' own lists; 0 is none"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a write.

    Attributes:
        name: As it is written.
        path: The field of an input that sets it.
        kind: What it holds.
        omitted: What becomes of it when an update leaves it out.
        default: What is stored of an empty one; "" is nothing, None that no source tells.
        choices: Every documented text of a `Kind.CHOICE`.
        also: Further fields of an input that are this node.
    """

    name: str
    path: str
    kind: Kind = Kind.LINE
    omitted: Omitted = Omitted.RESET
    default: str | None = ""
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def clearable(self) -> bool:
        """Whether an empty one stays empty."""
        return self.default == ""


def _words(choices: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(word for word, _ in choices)


def _choice(name: str, path: str, choices: tuple[str, ...], default: str | None) -> Node:
    return Node(name, path, Kind.CHOICE, default=default, choices=choices)


def _reference(name: str, path: str) -> Node:
    return Node(name, path, Kind.REFERENCE, Omitted.KEPT_UNLESS_ZERO)


def _kept(name: str, path: str, kind: Kind = Kind.LINE) -> Node:
    return Node(name, path, kind, Omitted.KEPT_UNLESS_EMPTY)


NODES = (
    Node("contactyourid", "customerNumber"),
    Node("contactemail", "emails", Kind.EMAILS),
    _choice("contacttype", "roles", ("1", "2", "3"), "3"),
    _choice("contactvattypeid", "invoicing.vatCategory", _words(wire.VAT_CATEGORIES), None),
    Node("contactname1", "companyName"),
    Node("contactname2", "department"),
    Node("contactperson", "attention"),
    Node("contactsalutation", "salutation", default="Geachte mevrouw/heer"),
    Node("contactaddress1", "address.line1"),
    Node("contactaddress2", "address.line2"),
    Node("contactpostalcode", "address.postalCode"),
    Node("contactcity", "address.city"),
    Node("contactcountrycode", "address.countryCode", Kind.COUNTRY, default="NL"),
    Node("contactcountry", "address.countryName"),
    Node("contactvatnumber", "vatNumber", Kind.PLAIN),
    Node("contacttelephone", "phones.main"),
    Node("contacttelephone2", "phones.second"),
    Node("contactfax", "phones.fax"),
    _kept("contactwebsite", "website"),
    Node("contactmark", "label"),
    _kept("contactaltname1", "alternativeAddress.name"),
    _kept("contactaltname2", "alternativeAddress.department"),
    _kept("contactaltperson", "alternativeAddress.attention"),
    _kept("contactaltaddress1", "alternativeAddress.line1"),
    _kept("contactaltaddress2", "alternativeAddress.line2"),
    _kept("contactaltpostalcode", "alternativeAddress.postalCode"),
    _kept("contactaltcity", "alternativeAddress.city"),
    _kept("contactaltcountrycode", "alternativeAddress.countryCode", Kind.COUNTRY),
    _kept("contactaltcountry", "alternativeAddress.countryName"),
    _choice("contactstatus", "status", ("0", "1"), "1"),
    _kept("contactbankaccountnumber", "bankAccount.description"),
    Node("contactiban", "bankAccount.number", Kind.PLAIN, also=("bankAccount.iban", "sepaMandate.iban")),
    Node("contactbic", "bankAccount.bic", Kind.PLAIN, also=("sepaMandate.bic",)),
    Node("contactsepamandatenr", "sepaMandate.reference", also=("sepaMandate.active",)),
    Node("contactsepamandatedate", "sepaMandate.signedOn", Kind.DAY),
    _choice("contactsepaincassostatus", "sepaMandate.sequence", wire.SEPA_SEQUENCES, "FRST"),
    Node("contactinvoicenotes", "invoicing.notes", Kind.LINES),
    Node("contactabout", "about", Kind.LINES),
    _reference("contactinvoicetemplateid", "invoicing.templateId"),
    _choice("contactvattype", "invoicing.vatTreatment", wire.VAT_TREATMENTS, None),
    _choice("contactvatratebase", "invoicing.vatRate", _words(wire.VAT_RATES), wire.DEFAULT_VAT_RATE),
    _reference("contactcostheadingid", "booking.costHeadingId"),
    _reference("contactcostcenterid", "booking.costCenterId"),
    _reference("contactbankaccountid", "booking.bankAccountId"),
    _kept("contactprivaterate", "booking.privateUseRate", Kind.NUMBER),
    _kept("contactentrydescription", "booking.entryDescription"),
)
"""In the order of the page.

No default is stated of contactvattypeid and contactvattype. That an update which empties a node brings its
default back is read from "clear, or reset". Of an empty contactaltcountrycode the page says both that it
clears and that it means NL. contactvattype: 7 from "VAT Types".
"""

BY_NAME: Mapping[str, Node] = {node.name: node for node in NODES}

BY_PATH: Mapping[str, Node] = {path: node for node in NODES for path in (node.path, *node.also)}
"""Field of an input to its node."""

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: 00:00:00)?")
_NO_DAY = re.compile(r"0000-00-00(?: 00:00:00)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?")


def unescaped(text: str) -> str:
    r"""Return a text of several lines with the two characters `\n` and `\t` as what they stand for."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\\n", "\n").replace("\\t", "\t")


def meaning(node: Node, text: str) -> object:
    """Return what a node's text comes down to, to be compared; None is nothing."""
    match node.kind:
        case Kind.LINES:
            return blank_to_none(unescaped(text))
        case Kind.EMAILS:
            return identifiers.split_emails(text) or None
        case Kind.PLAIN:
            return identifiers.plain(text) or None
        case Kind.COUNTRY:
            return text.strip().upper() or None
        case Kind.REFERENCE:
            return text.strip() if text.strip() not in ("", "0") else None
        case Kind.CHOICE:
            return choice(node, text) or blank_to_none(text)
        case Kind.NUMBER:
            return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else blank_to_none(text)
        case Kind.DAY:
            return blank_to_none(text) if day(text) is None else day(text) or None
        case _:
            return blank_to_none(text)


def choice(node: Node, text: str) -> str | None:
    """Return a documented choice in the page's own spelling ("21.00" is "21"); None for anything else."""
    text = text.strip()
    if text in node.choices:
        return text
    if not _NUMBER.fullmatch(text):
        return None
    return next(
        (each for each in node.choices if _NUMBER.fullmatch(each) and Decimal(each) == Decimal(text)), None
    )


def day(text: str) -> str | None:
    """Return a day as it is written, "" for none; None for anything else.

    Source: SIEL, libAcumulus, its changelog: an empty date may read 0000-00-00 00:00:00.
    """
    text = text.strip()
    if not text or _NO_DAY.fullmatch(text):
        return ""
    match = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match else None
    except ValueError:
        return None


def country(text: str) -> str | None:
    """Return an ISO 3166-1 code in upper case; None for anything that Acumulus may take for NL.

    XK is in use for Kosovo but no code of the standard.
    """
    code = text.strip().upper()
    return code if code != "XK" and len(code) == 2 and identifiers.country_name(code) else None
