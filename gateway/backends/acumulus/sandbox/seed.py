"""An invented party as a contact in Acumulus, with the untidiness that real books have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox import picklists
from gateway.backends.acumulus.sandbox.book import FIRST_ID
from gateway.emulation.draw import Draw

if TYPE_CHECKING:
    from gateway.emulation.people import Party

_COUNTRY_NAMES = {"NL": "Nederland", "BE": "België", "DE": "Duitsland"}
_REWRITTEN_FORMS = (("B.V.", "BV"), ("N.V.", "NV"), ("V.O.F.", "VOF"))
_SEPA_STATUSES = ("FRST", "RCUR", "OOFF", "FNAL")
_VAT_RATES = ("21", "21", "21", "21", "9", "6", "0", "-1", "-2", "19")
_USUAL_SALUTATION = "Geachte mevrouw/heer"
_COMPANY = "2"


def contact_nodes(place: int, party: Party) -> dict[str, str]:
    """Return what Acumulus stores of `party`, the contact at `place` (from 0) of its book.

    A node that is left out is stored empty. The same arguments give the same contact.
    """
    # A sequence of its own, so that a party drawn differently leaves these choices alone.
    draw = Draw(party.number * 7919 + 17)
    found = _required(place, party, draw)
    if draw.chance(3):
        return found
    return {
        **found,
        **_names(party, draw),
        **_address(party),
        **_reachable(party, draw),
        **_alternative(party, draw),
        **_bank(party, draw),
        **_sepa(party, draw),
        **_texts(party, draw),
        **_defaults(draw),
    }


def _required(place: int, party: Party, draw: Draw) -> dict[str, str]:
    return {
        "contactid": str(FIRST_ID + place),
        "contactname1": _display(party),
        "contacttype": draw.pick(("1", "1", "1", "2", "3", "3")),
        "contactvattypeid": "1" if party.company_name is None else _COMPANY,
        "contactstatus": "0" if party.archived else "1",
        "contactsalutation": _USUAL_SALUTATION,
        "contactsepaincassostatus": _SEPA_STATUSES[0],
        "contactvattype": draw.pick(("1", "1", "1", "")),
        "contactvatratebase": "21",
        "contactinvoicetemplateid": "0",
        "contactcostheadingid": "0",
        "contactcostcenterid": "0",
        "contactbankaccountid": "0",
    }


def _display(party: Party) -> str:
    if party.company_name is None:
        return _full_name(party)
    name = party.company_name
    for written, short in _REWRITTEN_FORMS:
        name = name.replace(written, short)
    return name


def _full_name(party: Party) -> str:
    return " ".join(part for part in (party.first_name, party.last_name) if part)


def _names(party: Party, draw: Draw) -> dict[str, str]:
    person = _full_name(party) if party.company_name else ""
    department = next((person.department for person in party.people if person.department), "")
    salutation = f"Geachte heer/mevrouw {party.last_name}" if party.last_name and draw.chance(40) else ""
    return {
        "contactyourid": _own_reference(party, draw),
        "contactname2": department or "",
        "contactperson": person,
        "contactsalutation": salutation or _USUAL_SALUTATION,
        "contactmark": draw.pick(("", "", "", "webwinkel", "ref 42", "A\\B")),
    }


def _own_reference(party: Party, draw: Draw) -> str:
    # Acumulus does not keep the reference unique: some are a few contacts' common one.
    shared = draw.pick(("00042", "REL-1001", "7"))
    return shared if draw.chance(3) else party.customer_number or ""


def _address(party: Party) -> dict[str, str]:
    country = (party.country or "").upper()
    return {
        "contactaddress1": party.address1 or "",
        "contactaddress2": party.address2 or "",
        "contactpostalcode": party.postal_code or "",
        "contactcity": party.city or "",
        "contactcountrycode": country,
        "contactcountry": _COUNTRY_NAMES.get(country, ""),
    }


def _reachable(party: Party, draw: Draw) -> dict[str, str]:
    phones = (*map(_respelt, party.phones), "", "")
    separator = draw.pick((";", ",", "; ", ", "))
    return {
        "contacttelephone": phones[0],
        "contacttelephone2": phones[1],
        "contactfax": phones[0] if phones[0] and draw.chance(10) else "",
        # The other way round than parties give them, as somebody else has typed them.
        "contactemail": separator.join(reversed(party.emails)),
        "contactwebsite": party.website or "",
    }


def _respelt(phone: str) -> str:
    if phone.startswith("+"):
        return phone.replace(" ", "")
    return phone.replace("-", " - ", 1)


def _alternative(party: Party, draw: Draw) -> dict[str, str]:
    if not draw.chance(20):
        return {}
    code = draw.pick(("NL", "NL", "BE", ""))
    return {
        "contactaltname1": f"Magazijn {party.number}",
        "contactaltname2": draw.pick(("", "Poort 3 & 4")),
        "contactaltperson": draw.pick(("", "Søren-Åge Fjordstjerne")),
        "contactaltaddress1": f"Dwaalspoor {1 + draw.below(200)}",
        "contactaltaddress2": draw.pick(("", "achterom <rechts>")),
        "contactaltpostalcode": f"{1000 + draw.below(9000)} XZ",
        "contactaltcity": "Schijndorp",
        "contactaltcountrycode": code,
        "contactaltcountry": _COUNTRY_NAMES.get(code, ""),
    }


def _bank(party: Party, draw: Draw) -> dict[str, str]:
    return {
        "contactvatnumber": party.vat_number or "",
        "contactiban": party.iban or "",
        "contactbic": party.bic or "",
        "contactbankaccountnumber": "Zakelijke rekening" if party.iban and draw.chance(20) else "",
    }


def _sepa(party: Party, draw: Draw) -> dict[str, str]:
    if not party.iban or not draw.chance(25):
        return {}
    signed = party.created_at.date().isoformat()
    return {
        "contactsepamandatenr": f"MANDAAT-{party.number}",
        "contactsepamandatedate": "" if draw.chance(10) else signed,
        "contactsepaincassostatus": draw.pick(_SEPA_STATUSES),
    }


def _texts(party: Party, draw: Draw) -> dict[str, str]:
    notes = (*party.notes, "", "")
    return {
        "contactinvoicenotes": _lines(notes[1]),
        "contactabout": _lines(notes[0]) if notes[0].strip() else "",
        "contactentrydescription": draw.pick(("", "", "", "", "Standaard omschrijving", "a ]]> b & <c>")),
    }


def _lines(text: str) -> str:
    # A write can bring in a line feed, and nothing else that ends a line.
    return text.replace("\r\n", "\n")


def _defaults(draw: Draw) -> dict[str, str]:
    return {
        "contactvattype": draw.pick(("1", "1", "1", "1", "2", "3", "4", "5", "6", "7", "")),
        "contactvatratebase": draw.pick(_VAT_RATES),
        "contactprivaterate": draw.pick(("", "", "", "", "12.50", "0", "100", "33.3")),
        "contactinvoicetemplateid": draw.pick(("0", "0", *picklists.INVOICE_TEMPLATES.ids())),
        "contactcostheadingid": draw.pick(("0", "0", "0", *picklists.COST_HEADINGS.ids())),
        "contactcostcenterid": draw.pick(("0", "0", "0", *picklists.COST_CENTERS.ids())),
        "contactbankaccountid": draw.pick(("0", "0", "70001", "70002")),
    }
