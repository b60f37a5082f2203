"""Names of contact nodes and of the things their numbers stand for: data only."""

from __future__ import annotations

STORED = (
    "contactid",
    "contactyourid",
    "contactemail",
    "contacttype",
    "contactvattypeid",
    "contactname1",
    "contactname2",
    "contactperson",
    "contactsalutation",
    "contactaddress1",
    "contactaddress2",
    "contactpostalcode",
    "contactcity",
    "contactcountrycode",
    "contactcountry",
    "contactvatnumber",
    "contacttelephone",
    "contacttelephone2",
    "contactfax",
    "contactwebsite",
    "contactmark",
    "contactaltname1",
    "contactaltname2",
    "contactaltperson",
    "contactaltaddress1",
    "contactaltaddress2",
    "contactaltpostalcode",
    "contactaltcity",
    "contactaltcountrycode",
    "contactaltcountry",
    "contactstatus",
    "contactbankaccountnumber",
    "contactiban",
    "contactbic",
    "contactsepamandatenr",
    "contactsepamandatedate",
    "contactsepaincassostatus",
    "contactinvoicenotes",
    "contactabout",
    "contactinvoicetemplateid",
    "contactvattype",
    "contactvatratebase",
    "contactcostheadingid",
    "contactcostcenterid",
    "contactbankaccountid",
    "contactprivaterate",
    "contactentrydescription",
)
"""What the system keeps of a contact, by the names used in a write; `contactvattype` is a number here.

Source: Acumulus, "API - Manage Contact".
"""

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

COUNTRIES = {
    "NL": ("1", REGION_NL),
    "BE": ("2", REGION_EU),
    "DE": ("3", REGION_EU),
    "FR": ("4", REGION_EU),
    "LU": ("5", REGION_EU),
    "GB": ("6", REGION_WORLD),
    "US": ("7", REGION_WORLD),
}
"""contactcountryid (ours) and contactcountrytypeid by country code."""
