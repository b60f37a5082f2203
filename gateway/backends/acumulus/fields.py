"""What Acumulus can tell of each unified path, and which node tells it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.backends.acumulus.mapping.inputs import ACTIVE, PERSON_NAMES
from gateway.backends.acumulus.merge.nodes import BY_PATH, Node, Omitted
from gateway.domain.administration import ChoiceKind, FieldRule
from gateway.domain.changes import CONTACT_INPUTS

UNSUPPORTED: Mapping[str, str] = {
    "contacts.delete": "Acumulus cannot delete a contact, only archive it.",
    "persons.write": "Acumulus keeps persons as plain names within the contact and its alternative address.",
    "notes.write": "Acumulus keeps one text instead of notes: the field about.",
    "charges.read": "Acumulus keeps no charges.",
    "charges.write": "Acumulus keeps no charges.",
    "mandate.payments.read": "Acumulus keeps no mandates of a payments provider.",
    "mandate.payments.write": "Acumulus keeps no mandates of a payments provider.",
    "customFields.read": "Acumulus has no custom fields.",
    "customFields.write": "Acumulus has no custom fields.",
    "events.read": "Acumulus tells nothing of what happened to a contact.",
    "webhooks": "Acumulus sends no webhooks.",
}
"""Capability to the reason why it is not there."""

_ALTERNATIVE = "alternativeAddress"

MAPPED: Mapping[str, tuple[str, ...]] = {
    "contactid": ("source.remoteId",),
    "contactyourid": ("customerNumber",),
    "contactname": ("displayName", "companyName"),
    "contactname1": ("displayName", "companyName", "fullName"),
    "contactname2": ("department",),
    "contactstatus": ("status",),
    "contacttype": ("roles",),
    "contacttypeid": ("roles",),
    "contactvattypeid": ("kind", "invoicing.vatCategory"),
    "contactvattype": ("invoicing.vatTreatment",),
    "contactperson": ("attention", "persons"),
    "contactsalutation": ("salutation",),
    "contactaddress1": ("address.line1",),
    "contactaddress2": ("address.line2",),
    "contactpostalcode": ("address.postalCode",),
    "contactcity": ("address.city",),
    "contactcountry": ("address.country.name",),
    "contactcountryname": ("address.country.name",),
    "contactcountrycode": ("address.country.code",),
    "contacttelephone": ("phones.main",),
    "contacttelephone2": ("phones.second",),
    "contactfax": ("phones.fax",),
    "contactemail": ("emails",),
    "contactwebsite": ("website",),
    "contactbankaccountnumber": ("bankAccount.description",),
    "contactiban": ("bankAccount.number", "mandate.sepa.iban"),
    "contactbic": ("bankAccount.bic", "mandate.sepa.bic"),
    "contactmark": ("label",),
    "contactaltname1": (f"{_ALTERNATIVE}.name",),
    "contactaltname2": (f"{_ALTERNATIVE}.department",),
    "contactaltperson": (f"{_ALTERNATIVE}.attention", "persons"),
    "contactaltaddress1": (f"{_ALTERNATIVE}.line1",),
    "contactaltaddress2": (f"{_ALTERNATIVE}.line2",),
    "contactaltpostalcode": (f"{_ALTERNATIVE}.postalCode",),
    "contactaltcity": (f"{_ALTERNATIVE}.city",),
    "contactaltcountrycode": (f"{_ALTERNATIVE}.country.code",),
    "contactaltcountry": (f"{_ALTERNATIVE}.country.name",),
    "contactvatnumber": ("vatNumber.value",),
    "contactvatratebase": ("invoicing.vatRate",),
    "contactvatstandard": ("invoicing.vatRate",),
    "contactsepamandatenr": ("mandate.sepa.reference", "mandate.sepa.active"),
    "contactsepamandatedate": ("mandate.sepa.signedOn",),
    "contactsepaincassostatus": ("mandate.sepa.sequence",),
    "contactinvoicenotes": ("invoicing.notes",),
    "contactnotes": ("invoicing.notes",),
    "contactabout": ("about", "notes"),
    "contactinvoicetemplateid": ("invoicing.templateId",),
    "contacttemplateid": ("invoicing.templateId",),
    "contactcostheadingid": ("booking.costHeadingId",),
    "contactcostcenterid": ("booking.costCenterId",),
    "contactbankaccountid": ("booking.bankAccountId",),
    "contactprivaterate": ("booking.privateUseRate",),
    "contactentrydescription": ("booking.entryDescription",),
}
"""Node to the paths that it is read into."""

NOT_MAPPED: Mapping[str, str] = {
    "contacttypename": "The name of contacttype, which roles tell.",
    "contacttypenamenl": "The Dutch name of contacttype, which roles tell.",
    "contactvattypeen": "The name of contactvattypeid; the choices of VAT_CATEGORY list it.",
    "contactvattypenl": "The Dutch name of contactvattypeid; the choices of VAT_CATEGORY list it.",
    "contactcountryid": "Acumulus' own number of the country, which its code tells.",
    "contactcountrytypeid": "The region of the country, which its code tells.",
    "contactlocationcode": "An older name of the region, no longer documented.",
    "overwriteifexists": "A flag of a write, no value of a contact.",
    "contactproc": "The outcome of a write, no value of a contact.",
    "contact_get/contactvattype": "Here it is the name of contactvattypeid, and no VAT treatment.",
}
"""Node, after its call where only that call's is meant, to the reason why it is not read."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _invert() -> Mapping[str, frozenset[str]]:
    told: dict[str, set[str]] = {}
    for node, paths in MAPPED.items():
        for path in paths:
            told.setdefault(path, set()).add(node)
    # A full list of persons may lack the second one, yet an answer that names the first tells them.
    told["persons"] = {"contactperson"}
    told["phones"] = {"contacttelephone", "contacttelephone2", "contactfax"}
    told["vatNumber"] = told["vatNumber.value"]
    told["mandate.sepa"] = {"contactsepamandatenr", "contactsepamandatedate"}
    told["sepaMandate"] = told["mandate.sepa"]
    told["bankAccount"] = {"contactiban", "contactbic", "contactbankaccountnumber"}
    told[_ALTERNATIVE] = {node for node in MAPPED if node.startswith("contactalt")}
    # The id and a name of some sort are always there.
    del told["source.remoteId"], told["displayName"]
    return {path: frozenset(nodes) for path, nodes in told.items()}


TOLD_BY = _invert()
"""Path to the nodes that tell it; it is unknown when an answer holds none of them."""

NEVER = frozenset(
    {
        "firstName",
        "lastName",
        "chamberOfCommerce",
        "address.name",
        "address.department",
        "address.attention",
        "charges",
        "mandate.hasPayments",
        "mandate.payments",
        "customFields",
        "invoicing.deliveryMethod",
        "invoicing.attention",
        "invoicing.emails",
        "invoicing.attachUbl",
        "invoicing.directDebit",
        "invoicing.workflowId",
        "invoicing.portalUrl",
        "estimates",
        "peppol",
        "trust",
        "creditCard",
        "events",
        "createdAt",
        "updatedAt",
        "source.url",
    }
)
"""What Acumulus never keeps: known to be nothing, without asking."""

LISTED = NEVER | frozenset(
    {
        "displayName",
        "kind",
        "roles",
        "status",
        "customerNumber",
        "companyName",
        "fullName",
        "department",
        "attention",
        "emails",
        "address.line1",
        "address.line2",
        "address.city",
        "address.country.code",
        "invoicing.vatCategory",
        "invoicing.vatTreatment",
        "invoicing.templateId",
        "booking.costHeadingId",
        "source.system",
        "source.remoteId",
    }
)
"""What a list row tells in full; a row of an older node set names the rest in its own `unknown`."""

DOUBTFUL = _words(
    "phones.second about vatNumber status mandate.sepa.reference mandate.sepa.signedOn mandate.sepa.sequence "
    "invoicing.notes invoicing.vatRate invoicing.templateId booking.costHeadingId booking.costCenterId "
    "booking.bankAccountId booking.privateUseRate booking.entryDescription alternativeAddress.attention "
    "alternativeAddress.line1 alternativeAddress.line2 alternativeAddress.postalCode alternativeAddress.city "
    "alternativeAddress.country.code alternativeAddress.country.name"
)
"""Paths told by no node that the public copy of "API - Get contact details" shows."""

DETAIL_ONLY = frozenset(TOLD_BY) - LISTED
"""Paths for which a contact has to be read on its own."""

_IN_DOUBT = "Known only where the account's answers hold it: no public document promises that."
_UNREAD = "Where it does not, every update must set it or accept that it is cleared."
_NO_BACKSLASH = "Cannot hold a backslash before n or t: Acumulus takes it for a line break or a tab."
_NEITHER = "Acumulus does not keep this."

_NOTES: Mapping[str, str] = {
    "displayName": "The company name, else the name in the list, the person, the customer number or the id.",
    "kind": "COMPANY for a business that is liable for VAT; PERSON may be a business exempt from VAT.",
    "fullName": "The company name when kind is PERSON.",
    "companyName": "The name of a private person too.",
    "persons": "The persons of the contact and of its alternative address, names only.",
    "notes": "The text of about as one note.",
    "about": _NO_BACKSLASH,
    "invoicing.notes": _NO_BACKSLASH,
    "invoicing.vatTreatment": (
        "Told by the list only. Cannot be cleared: what Acumulus puts in its place is not documented."
    ),
    "mandate.hasPayments": "Always false.",
    "mandate.sepa.active": "True when there is a reference.",
    "mandate.sepa.iban": "The IBAN of the bank account.",
    "mandate.sepa.bic": "The BIC of the bank account.",
    "bankAccount.description": "Acumulus calls it the number of the account; it is a text.",
    "sepaMandate.active": "False clears the reference; true needs one.",
    "sepaMandate.sequence": "Cannot be cleared: Acumulus makes it FRST.",
    "sepaMandate.holder": _NEITHER,
    "roles": "Cannot be cleared: Acumulus makes it both.",
    "salutation": "Cannot be cleared: Acumulus puts its own in its place.",
    "address.countryCode": "Cannot be cleared: Acumulus makes it NL.",
    "alternativeAddress.countryCode": "Acumulus may make it NL when it is cleared.",
    "invoicing.vatCategory": "Cannot be cleared: what Acumulus puts in its place is not documented.",
    "invoicing.vatRate": "Cannot be cleared: Acumulus makes it 21.",
    "person.firstName": "With lastName the name in attention; another one beside attention is refused.",
    "person.lastName": "With firstName the name in attention; another one beside attention is refused.",
}

_CHOICES: Mapping[str, ChoiceKind] = {
    "invoicing.templateId": ChoiceKind.INVOICE_TEMPLATE,
    "invoicing.vatCategory": ChoiceKind.VAT_CATEGORY,
    "invoicing.vatTreatment": ChoiceKind.VAT_TREATMENT,
    "invoicing.vatRate": ChoiceKind.VAT_RATE,
    "booking.costHeadingId": ChoiceKind.COST_HEADING,
    "booking.costCenterId": ChoiceKind.COST_CENTER,
    "booking.bankAccountId": ChoiceKind.BANK_ACCOUNT,
}

_READ_AT: Mapping[str, str] = {
    "address.countryCode": "address.country.code",
    "address.countryName": "address.country.name",
    "alternativeAddress.countryCode": "alternativeAddress.country.code",
    "alternativeAddress.countryName": "alternativeAddress.country.name",
    "bankAccount.iban": "bankAccount.number",
    "sepaMandate.active": "mandate.sepa.active",
    "sepaMandate.reference": "mandate.sepa.reference",
    "sepaMandate.signedOn": "mandate.sepa.signedOn",
    "sepaMandate.sequence": "mandate.sepa.sequence",
    "sepaMandate.iban": "mandate.sepa.iban",
    "sepaMandate.bic": "mandate.sepa.bic",
}
"""Paths of an input to those that the value is read at."""

_READABLE = _words(
    "displayName kind roles status customerNumber companyName fullName department attention salutation label "
    "emails phones phones.main phones.second phones.fax website "
    "address.line1 address.line2 address.postalCode address.city address.country.code address.country.name "
    "alternativeAddress.name alternativeAddress.department alternativeAddress.attention "
    "alternativeAddress.line1 alternativeAddress.line2 alternativeAddress.postalCode alternativeAddress.city "
    "alternativeAddress.country.code alternativeAddress.country.name vatNumber vatNumber.value "
    "bankAccount.number bankAccount.bic bankAccount.description persons notes about "
    "mandate.sepa.active mandate.sepa.reference mandate.sepa.signedOn mandate.sepa.sequence "
    "mandate.sepa.iban mandate.sepa.bic mandate.hasPayments "
    "invoicing.templateId invoicing.notes invoicing.vatCategory "
    "invoicing.vatTreatment invoicing.vatRate booking.costHeadingId booking.costCenterId "
    "booking.bankAccountId booking.privateUseRate booking.entryDescription "
    "source.system source.remoteId source.version source.raw"
)

_UNREADABLE = _words(
    "firstName lastName chamberOfCommerce address.name address.department address.attention "
    "vatNumber.valid vatNumber.validatedAt charges mandate.payments mandate.sepa.holder "
    "sepaMandate.holder customFields invoicing.deliveryMethod invoicing.attention invoicing.emails "
    "invoicing.attachUbl invoicing.directDebit invoicing.workflowId invoicing.portalUrl "
    "estimates.attention estimates.emails estimates.workflowId peppol.scheme peppol.identifier "
    "trust.trusted trust.maxTransferAmount creditCard.number creditCard.reference creditCard.type "
    "person.firstName person.lastName person.phone person.email person.department "
    "events createdAt updatedAt source.url"
)


_NOT_CLEARABLE = frozenset({ACTIVE, *PERSON_NAMES})
"""What is neither a node of its own nor a value that may be missing."""


def _note(path: str) -> str | None:
    notes = [f"Read at {_READ_AT[path]}."] if path in _READ_AT else []
    notes += [_NOTES[path]] if path in _NOTES else []
    if _READ_AT.get(path, path) in DOUBTFUL:
        notes.append(_IN_DOUBT)
        if path in BY_PATH and BY_PATH[path].omitted is Omitted.RESET:
            notes.append(_UNREAD)
    return " ".join(notes) or None


def _rule(path: str, *, readable: bool, note: str | None) -> FieldRule:
    node = BY_PATH.get(path)
    # The status is a node, but no input sets it: archiving and restoring do.
    writable = path in PERSON_NAMES or (node is not None and path in CONTACT_INPUTS)
    return FieldRule(
        path,
        readable=readable,
        writable=writable,
        clearable=writable and node is not None and path not in _NOT_CLEARABLE and node.clearable,
        choices=_CHOICES.get(path),
        note=note,
        same_as=_twins(path, node) if writable and node else (),
    )


def _twins(path: str, node: Node) -> tuple[str, ...]:
    """Return the other paths of the same value: the mandate's flag only follows its reference."""
    return tuple(each for each in (node.path, *node.also) if each != path and ACTIVE not in (path, each))


def _rules() -> tuple[FieldRule, ...]:
    read = [_rule(path, readable=True, note=_note(path)) for path in (*_READABLE, *sorted(_READ_AT))]
    never = [_rule(path, readable=False, note=_NOTES.get(path, _NEITHER)) for path in _UNREADABLE]
    return tuple(read + never)


FIELDS = _rules()
"""Every path of a contact and of an input, with what Acumulus can do with it.

What is clearable has a node that can be emptied without a default taking its place.
"""
