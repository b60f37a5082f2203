"""Acumulus' own names: paths, nodes, codes and closed sets, each with its source.

A record is a flat element whose children are text nodes, so its shape is a set of node names.
The public copies of two pages break off: "API - List contacts" within its answer, "API - Get
contact details" after the second alternative name. What lies behind is told apart below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAME = "acumulus"
TITLE = "Acumulus"

CONTENT_TYPE = "application/x-www-form-urlencoded"
"""Source: Acumulus, "General usage of the API": one form field, `xmlstring`, holds the whole XML."""

Nodes = Mapping[str, str | None]
"""A record: node name to its text; None where the node holds elements instead of text."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A call that answers many records: its path, and the names of the container and of a record."""

    path: str
    container: str
    item: str


@dataclass(frozen=True, slots=True)
class Picklist:
    """A list that fields take values from: `value` is the node with the value, `names` those with a name."""

    listing: Listing
    value: str
    names: tuple[str, ...]


CONTACTS = Listing("/contacts/contacts_list.php", "contacts", "contact")
"""Source: Acumulus, "API - List contacts"."""

CONTACT_GET = "/contacts/contact_get.php"
CONTACT = "contact"
"""Source: Acumulus, "API - Get contact details"."""

CONTACT_MANAGE = "/contacts/contact_manage.php"
ADDED = "added"
UPDATED = "updated"
TESTED = "testmode"
"""What contactproc says of a write. Source: Acumulus, "API - Manage Contact"."""

GENERAL_ABOUT = "/general/general_about.php"
GENERAL = "general"
"""Source: SIEL, libAcumulus: the call that tells the role of the credentials."""

WHOLE_BOOK = {"contactstatus": "2", "offset": "0", "rowcount": "0"}
"""contactstatus 2 is active and disabled; rowcount 0 is all rows; without contacttype all types.

Source: Acumulus, "API - List contacts".
"""

INVOICE_TEMPLATES = Picklist(
    Listing("/picklists/picklist_invoicetemplates.php", "invoicetemplates", "invoicetemplate"),
    "invoicetemplateid",
    ("invoicetemplatename",),
)
COST_HEADINGS = Picklist(
    Listing("/picklists/picklist_costheadings.php", "costheadings", "costheading"),
    "costheadingid",
    ("costheadingname",),
)
COST_CENTERS = Picklist(
    Listing("/picklists/picklist_costcenters.php", "costcenters", "costcenter"),
    "costcenterid",
    ("costcentername",),
)
ACCOUNTS = Picklist(
    Listing("/picklists/picklist_accounts.php", "accounts", "account"),
    "accountid",
    ("accountdescription", "accountnumber"),
)
VAT_TYPES = Picklist(
    Listing("/picklists/picklist_vattypes.php", "vattypes", "vattype"),
    "vattypeid",
    ("vattypename", "vattypenamenl"),
)
"""Source: Acumulus, "Cost headings", "List Accounts", "VAT Types"; SIEL, libAcumulus, for the others."""

VAT_CATEGORIES = (("1", "Private or exempt from VAT"), ("2", "Business, liable for VAT"))
"""contactvattypeid. Source: Acumulus, "API - Manage Contact"."""

VAT_RATES = (
    ("-2", "Mixed"),
    ("-1", "None"),
    ("0", "0 %"),
    ("6", "6 %"),
    ("9", "9 %"),
    ("19", "19 %"),
    ("21", "21 %"),
)
DEFAULT_VAT_RATE = "21"
"""contactvatratebase. Source: Acumulus, "API - Manage Contact"."""

VAT_TREATMENTS = ("1", "2", "3", "4", "5", "6", "7")
"""contactvattype as a number. Source: Acumulus, "API - Manage Contact"; 7 from "VAT Types"."""

SEPA_SEQUENCES = ("FRST", "RCUR", "OOFF", "FNAL")
"""contactsepaincassostatus. Source: Acumulus, "API - Manage Contact"."""

SUCCESS = 0
FAILED = 1
SUCCESS_WITH_WARNINGS = 2
EXCEPTION = 3
"""An answer's status. Source: Acumulus, "API - Basic Response"."""

RIGHTS_LACKING = "A8N403GCN"
"""Codetag of "Insufficient credential level". Source: SIEL, libAcumulus."""

NO_DATA_TAG = "EMPTYG5FG"
NO_DATA_CODE = 502
"""A warning instead of an empty list, seen in 2014. Source: thalent/acumulus, its sample answers."""

WRITES_ONLY = "invoerder"
"""The role that may write contacts but not read them.

Source: Acumulus, "API - Manage Contact" as against "API - List contacts".
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LIST_DOCUMENTED = _words(
    "contactid contactyourid contactname contactname1 contactname2 contactstatus contacttypeid "
    "contacttypename contactvattypeid contactvattypenl contactvattypeen contactperson contactaddress1 "
    "contactaddress2 contactcity contacttelephone contactemail contactcountrycode"
)
"""Source: Acumulus, "API - List contacts", as far as its public copy goes."""

LIST_SEEN = _words("contactvattype contactcostheadingid contactinvoicetemplateid")
"""Source: yholkamp/jacumulus, its sample of 2017; contactvattype is the default VAT type here, a number."""

GET_DOCUMENTED = _words(
    "contactid contactyourid contactname1 contactname2 contacttype contacttypename contacttypenamenl "
    "contactvattypeid contactvattype contactvattypenl contactperson contactsalutation contactaddress1 "
    "contactaddress2 contactpostalcode contactcity contactcountry contactcountryid contactcountrytypeid "
    "contactcountrycode contacttelephone contactfax contactemail contactwebsite "
    "contactbankaccountnumber contactiban contactbic contactmark contactaltname1 contactaltname2"
)
"""Source: Acumulus, "API - Get contact details", as far as its public copy goes."""

GET_SEEN = _words(
    "contacttypeid contactcountryname contactvatnumber contactvatstandard contacttemplateid "
    "contactnotes contactstatus"
)
"""Names of 2014. Source: thalent/acumulus, its sample of contact_get."""

MANAGED = _words(
    "contactid contactyourid contactemail contacttype contactvattypeid contactname1 contactname2 "
    "contactperson contactsalutation contactaddress1 contactaddress2 contactpostalcode contactcity "
    "contactcountrycode contactcountry contactvatnumber contacttelephone contacttelephone2 contactfax "
    "contactwebsite contactmark contactaltname1 contactaltname2 contactaltperson contactaltaddress1 "
    "contactaltaddress2 contactaltpostalcode contactaltcity contactaltcountrycode contactaltcountry "
    "contactstatus contactbankaccountnumber contactiban contactbic contactsepamandatenr "
    "contactsepamandatedate contactsepaincassostatus contactinvoicenotes contactabout "
    "contactinvoicetemplateid contactvattype contactvatratebase contactcostheadingid "
    "contactcostcenterid contactbankaccountid contactprivaterate contactentrydescription "
    "overwriteifexists contactproc contactlocationcode"
)
"""Every field that can be written, with the flag and the outcome of a write.

Source: Acumulus, "API - Manage Contact"; contactlocationcode: harreman/AcumulusClient, no longer documented.
"""

LIST_NODES = frozenset(LIST_DOCUMENTED + LIST_SEEN)
"""What a row of contacts_list may hold."""

GET_NODES = frozenset(GET_DOCUMENTED + GET_SEEN + MANAGED)
"""What an answer of contact_get may hold: its unseen end is taken for what can be written."""

DOCUMENTED = frozenset(
    {("contacts_list", node) for node in LIST_NODES} | {("contact_get", node) for node in GET_NODES}
)
"""Every documented field: the call that answers it, and its node."""
