"""Names of contact nodes, what a write makes of each, and what their numbers stand for: data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Omitted(StrEnum):
    """What an update does to a stored node that it leaves out.

    Source: Acumulus, "API - Manage Contact": an omitted node counts as empty, with two sorts of exceptions.
    """

    RESET = "emptied, or set to the default"
    KEPT_UNLESS_ZERO = "kept; 0 clears it"
    KEPT_UNLESS_EMPTY = "kept; an empty node clears it"


class Kind(StrEnum):
    """How a submitted text is judged; `writing` holds the rules."""

    TEXT = "anything, on one line"
    LINES = "several lines"
    CHOICE = "one of a few; another is replaced, with a warning"
    OWN = "an id out of the administration's own picklist, or 0; another is replaced by 0, with a warning"
    COUNTRY = "a country code; another is replaced, without a warning"
    DATE = "YYYY-MM-DD; anything else is refused"
    PERCENTAGE = "0 to 100 with at most two decimals; anything else is refused"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of `<contact>` in a write.

    Attributes:
        name: As it is written and stored.
        omitted: What becomes of it when an update leaves it out.
        kind: What it may hold.
        default: What is stored of an empty one, and on an add of an omitted one.
        choices: The acceptable texts of `Kind.CHOICE`.
        instead: What replaces an unacceptable text.
    """

    name: str
    omitted: Omitted = Omitted.RESET
    kind: Kind = Kind.TEXT
    default: str = ""
    choices: tuple[str, ...] = ()
    instead: str = ""


def _choice(name: str, choices: str, *, default: str = "", instead: str = "") -> Node:
    return Node(name, kind=Kind.CHOICE, default=default, choices=tuple(choices.split()), instead=instead)


def _own(name: str) -> Node:
    return Node(name, Omitted.KEPT_UNLESS_ZERO, Kind.OWN, instead="0")


def _kept(name: str, kind: Kind = Kind.TEXT, instead: str = "") -> Node:
    return Node(name, Omitted.KEPT_UNLESS_EMPTY, kind, instead=instead)


WRITTEN = (
    Node("contactyourid"),
    Node("contactemail"),
    _choice("contacttype", "1 2 3", default="3", instead="3"),
    _choice("contactvattypeid", "1 2"),
    Node("contactname1"),
    Node("contactname2"),
    Node("contactperson"),
    Node("contactsalutation", default="Geachte mevrouw/heer"),
    Node("contactaddress1"),
    Node("contactaddress2"),
    Node("contactpostalcode"),
    Node("contactcity"),
    Node("contactcountrycode", kind=Kind.COUNTRY, default="NL", instead="NL"),
    Node("contactcountry"),
    Node("contactvatnumber"),
    Node("contacttelephone"),
    Node("contacttelephone2"),
    Node("contactfax"),
    _kept("contactwebsite"),
    Node("contactmark"),
    _kept("contactaltname1"),
    _kept("contactaltname2"),
    _kept("contactaltperson"),
    _kept("contactaltaddress1"),
    _kept("contactaltaddress2"),
    _kept("contactaltpostalcode"),
    _kept("contactaltcity"),
    # The page says both that an empty one clears and that it means NL; the rule for all these nodes wins.
    _kept("contactaltcountrycode", Kind.COUNTRY, instead="NL"),
    _kept("contactaltcountry"),
    _choice("contactstatus", "0 1", default="1", instead="1"),
    _kept("contactbankaccountnumber"),
    Node("contactiban"),
    Node("contactbic"),
    Node("contactsepamandatenr"),
    Node("contactsepamandatedate", kind=Kind.DATE),
    _choice("contactsepaincassostatus", "FRST RCUR OOFF FNAL", default="FRST", instead="FRST"),
    Node("contactinvoicenotes", kind=Kind.LINES),
    Node("contactabout", kind=Kind.LINES),
    _own("contactinvoicetemplateid"),
    # 1 to 6 by the page itself, 7 by "VAT Types"; 1 in place of another as libAcumulus tells of invoice_add.
    _choice("contactvattype", "1 2 3 4 5 6 7", instead="1"),
    _choice("contactvatratebase", "-2 -1 0 6 9 19 21", default="21", instead="21"),
    _own("contactcostheadingid"),
    _own("contactcostcenterid"),
    _own("contactbankaccountid"),
    _kept("contactprivaterate", Kind.PERCENTAGE),
    _kept("contactentrydescription"),
)
"""The 46 data nodes of a write, in the order of the page; `contactvattype` is a number here.

Of contactvattypeid and contactvattype no default is stated: they are stored empty (ours). That an update
resets a node to the default of an add is a reading of "clear, or reset".
Source: Acumulus, "API - Manage Contact".
"""

STORED = ("contactid", *(node.name for node in WRITTEN))
"""What the system keeps of a contact, by the names used in a write."""

LISTED_IN_CDATA = frozenset(
    {
        "contactname",
        "contactperson",
        "contactaddress1",
        "contactaddress2",
        "contactcity",
        "contacttelephone",
        "contactemail",
    }
)
"""Nodes of a list row written as CDATA, also when empty. Source: jacumulus, its sample of a list answer."""

DETAIL_IN_CDATA = frozenset(
    {
        "contactname1",
        "contactname2",
        "contactperson",
        "contactsalutation",
        "contactaddress1",
        "contactaddress2",
        "contactcity",
        "contactemail",
        "contactaltname1",
        "contactaltname2",
        "contactaltperson",
        "contactaltaddress1",
        "contactaltaddress2",
        "contactinvoicenotes",
        "contactabout",
    }
)
"""Nodes of a single contact written as CDATA unless empty; by analogy with the list, no sample is public."""

DETAIL_HEAD = (
    "contactid",
    "contactyourid",
    "contactname1",
    "contactname2",
    "contacttype",
    "contacttypename",
    "contacttypenamenl",
    "contactvattypeid",
    "contactvattype",
    "contactvattypenl",
    "contactperson",
    "contactsalutation",
    "contactaddress1",
    "contactaddress2",
    "contactpostalcode",
    "contactcity",
    "contactcountry",
    "contactcountryid",
    "contactcountrytypeid",
    "contactcountrycode",
    "contacttelephone",
    "contactfax",
    "contactemail",
    "contactwebsite",
    "contactbankaccountnumber",
    "contactiban",
    "contactbic",
    "contactmark",
    "contactaltname1",
    "contactaltname2",
)
"""The part of a single contact that is documented. Source: Acumulus, "API - Get contact details"."""

_ALTERNATIVE_REST = (
    "contactaltperson",
    "contactaltaddress1",
    "contactaltaddress2",
    "contactaltpostalcode",
    "contactaltcity",
    "contactaltcountrycode",
    "contactaltcountry",
)

_GUESSED_TAIL = (
    "contactvatnumber",
    "contactvatratebase",
    "contactstatus",
    "contactsepamandatenr",
    "contactsepamandatedate",
    "contactsepaincassostatus",
    "contactinvoicenotes",
    "contactabout",
    "contactinvoicetemplateid",
    "contactcostheadingid",
    "contactcostcenterid",
    "contactbankaccountid",
    "contacttelephone2",
    "contactprivaterate",
    "contactentrydescription",
)

DETAIL = {
    "documented": (*DETAIL_HEAD, *_ALTERNATIVE_REST, "contactvatnumber", "contactstatus"),
    "full": (*DETAIL_HEAD, *_ALTERNATIVE_REST, *_GUESSED_TAIL),
}
"""Nodes of a single contact, by how much of the undocumented rest is assumed to come back.

`documented` adds what public clients of 2014 saw, VAT number and status; `full` adds every stored node
except the numeric default VAT type, whose name is taken by the text `contactvattype`.
"""

CONTACT_TYPES = {
    "1": ("Debtor", "Debiteur (klant)"),
    "2": ("Creditor", "Crediteur (leverancier)"),
    "3": ("Debtor/Creditor", "Relatie"),
}
"""English and Dutch name by contacttype; the Dutch of 2 and 3 is from public samples, the rest is ours."""

VAT_LIABILITIES = {
    "1": ("Private and/or VAT exempt", "Particulier en/of btw-vrijgesteld"),
    "2": ("Business VAT taxable", "Zakelijk btw-plichtig"),
}
"""English and Dutch name by contactvattypeid. Source: Acumulus, "API - Manage Contact"; wording ours."""

REGION_NONE, REGION_NL, REGION_EU, REGION_WORLD = "0", "1", "2", "3"

_UNION = "BE DE FR LU AT BG CY CZ DK EE ES FI GR HR HU IE IT LT LV MT PL PT RO SE SI SK"
_WORLD = """
    GB US AD AE AF AG AI AL AM AO AQ AR AS AU AW AX AZ BA BB BD BF BH BI BJ BL BM BN BO BQ BR BS BT BV BW
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX DJ DM DO DZ EC EG EH ER ET FJ FK FM FO GA GD
    GE GF GG GH GI GL GM GN GP GQ GS GT GU GW GY HK HM HN HT ID IL IM IN IO IQ IR IS JE JM JO JP KE KG KH
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MU MV
    MW MX MY MZ NA NC NE NF NG NI NO NP NR NU NZ OM PA PE PF PG PH PK PM PN PR PS PW PY QA RE RS RU RW SA
    SB SC SD SG SH SJ SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA
    UG UM UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_REGIONS = (("NL", REGION_NL), (_UNION, REGION_EU), (_WORLD, REGION_WORLD))

COUNTRIES = {
    code: (str(number), region)
    for number, (code, region) in enumerate(
        ((code, region) for codes, region in _REGIONS for code in codes.split()), start=1
    )
}
"""contactcountryid (ours) and contactcountrytypeid by country code, and so the codes a write may hold.

Source: ISO 3166-1 alpha-2. Acumulus, "API - Manage Contact" speaks of countries of the European Union only,
yet libAcumulus sends any; contactcountrytypeid as its regions: 1 Netherlands, 2 rest of the union, 3 world.
"""
