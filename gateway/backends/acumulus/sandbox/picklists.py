"""The lists a user of Acumulus chooses from. The ids and most names are invented; the nodes are not.

Source: Acumulus, "List Accounts", "Cost headings" and "VAT Types"; libAcumulus for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.backends.acumulus.sandbox import nodes
from gateway.backends.acumulus.sandbox.documents import Document, block, container

ACTIVE, DISABLED = "1", "0"


@dataclass(frozen=True, slots=True)
class Picklist:
    """A list of choices: the element around them, the element of each, its nodes and the values."""

    around: str
    item: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def document(self) -> Document:
        """Return the answer that holds the whole list."""
        items = (block(self.item, tuple(zip(self.names, row, strict=True)), depth=2) for row in self.rows)
        return Document(container(self.around, items))

    def ids(self) -> tuple[str, ...]:
        """Return the first value of each choice, its id."""
        return tuple(row[0] for row in self.rows)


ACCOUNTS = Picklist(
    "accounts",
    "account",
    (
        "accountid",
        "accountnumber",
        "accountdescription",
        "accounttypeid",
        "accountorderid",
        "accountstatus",
    ),
    (
        ("70001", "NL91ABNA0417164300", "Zakelijk", "1", "1", ACTIVE),
        ("70002", "", "Kas", "1", "2", ACTIVE),
        ("70003", "", "Oude rekening", "1", "3", DISABLED),
    ),
)
"""The administration's own accounts."""

COST_CENTERS = Picklist(
    "costcenters",
    "costcenter",
    ("costcenterid", "costcentername"),
    (("40001", "Algemeen"), ("40002", "Webwinkel")),
)
"""Cost centres."""

COST_HEADINGS = Picklist(
    "costheadings",
    "costheading",
    ("costheadingid", "costheadingname", "costheadingfrule"),
    (
        ("19", "Bankkosten", "0"),
        ("10", "Relatiegeschenken", "1"),
        ("23", "Kantoorkosten", "0"),
        ("31", "Inkoop & handelsgoederen", "0"),
    ),
)
"""Cost headings; the last node is the flag of a limited deduction."""

INVOICE_TEMPLATES = Picklist(
    "invoicetemplates",
    "invoicetemplate",
    ("invoicetemplateid", "invoicetemplatename"),
    (("50001", "Standaard"), ("50002", "English")),
)
"""Templates of invoices."""

CONTACT_TYPES = Picklist(
    "contacttypes",
    "contacttype",
    ("contacttypeid", "contacttypename", "contacttypenamenl"),
    tuple((number, *names) for number, names in nodes.CONTACT_TYPES.items()),
)
"""Types of contact."""

VAT_TYPES = Picklist(
    "vattypes",
    "vattype",
    ("vattypeid", "vattypename", "vattypenamenl"),
    (
        ("1", "Regular invoice", "Gewone factuur"),
        ("2", "National reverse charge", "Btw verlegd binnen Nederland"),
        ("3", "EU reverse charge", "Btw verlegd binnen de EU"),
        ("4", "Outside EU", "Levering buiten de EU"),
        ("5", "Margin scheme", "Margeregeling"),
        ("6", "Foreign EU VAT", "Buitenlandse EU-btw"),
        ("7", "Foreign Other VAT", "Overige buitenlandse BTW"),
    ),
)
"""Types of VAT, as the numeric contactvattype of a contact means them."""

PLAIN = {
    "picklists/picklist_costcenters.php": COST_CENTERS,
    "picklists/picklist_costheadings.php": COST_HEADINGS,
    "picklists/picklist_invoicetemplates.php": INVOICE_TEMPLATES,
    "picklists/picklist_contacttypes.php": CONTACT_TYPES,
    "picklists/picklist_vattypes.php": VAT_TYPES,
}
"""The lists that take no argument, by call."""


def accounts(status: str) -> Document:
    """Return the accounts whose accountstatus is `status`."""
    rows = tuple(row for row in ACCOUNTS.rows if row[-1] == status)
    return Picklist(ACCOUNTS.around, ACCOUNTS.item, ACCOUNTS.names, rows).document()
