"""What write tests have in common: documents, values of every path, and the systems' own state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.backends.moneybird.sandbox.administration import (
    CONTACT_FIELDS,
    ESTIMATE_WORKFLOWS,
    INVOICE_WORKFLOWS,
    PRODUCTS,
    identities,
)
from tests.e2e.house import House

PAYLOAD = """outcome clientMutationId
  userErrors { field path code message system retryable retryAfter related { id displayName status } }
  warnings { field code message } changes { field before after } requests { method path body }
  contact { %s }"""
SHOWN = """id displayName status customerNumber companyName attention about emails label
  address { line1 city country { code } } phones { number kind } source { version }
  freshness { complete stale }
  persons { id fullName email department } notes { id text isTodo }
  mandate { hasPayments sepa { reference } }"""

INPUTS = {
    "contactCreate": ("ContactCreateInput", ""),
    "contactUpdate": ("ContactUpdateInput", ""),
    "contactArchive": ("ContactLifecycleInput", "deletedId"),
    "contactRestore": ("ContactLifecycleInput", "deletedId"),
    "contactDelete": ("ContactLifecycleInput", "deletedId"),
    "contactPersonCreate": ("ContactPersonCreateInput", "deletedId person { id fullName email }"),
    "contactPersonUpdate": ("ContactPersonUpdateInput", "deletedId person { id fullName email department }"),
    "contactPersonDelete": ("DeleteInput", "deletedId person { id }"),
    "contactNoteCreate": ("ContactNoteCreateInput", "deletedId note { id text isTodo }"),
    "contactNoteDelete": ("DeleteInput", "deletedId note { id }"),
    "contactChargeCreate": (
        "ContactChargeCreateInput",
        "charge { id description price quantity period { start end } }",
    ),
    "mandateRequest": ("MandateRequestInput", ""),
    "mandateLinkCreate": ("MandateLinkInput", "url expiresAt"),
    "mandateDelete": ("MandateDeleteInput", ""),
}
"""Mutation to the type of its input, and what its payload has besides."""


def document(mutation: str, shown: str = SHOWN) -> str:
    """Return the operation that carries out one mutation."""
    kind, besides = INPUTS[mutation]
    return f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {PAYLOAD % shown} {besides} }} }}"


async def write(house: House, mutation: str, shown: str = SHOWN, **asked: Any) -> dict[str, Any]:
    """Carry out a mutation; it never fails as a field."""
    answer = await house.ask(document(mutation, shown), input=asked)
    assert answer["errors"] == [], answer["errors"]
    payload: dict[str, Any] = answer["data"][mutation]
    return payload


def codes(payload: Mapping[str, Any]) -> list[str]:
    """Return the words of a payload's errors."""
    return [each["code"] for each in payload["userErrors"]]


def state(house: House, name: str) -> dict[str, Any]:
    """Return everything that a system has stored, as its control surface shows it."""
    emulated: Any = house.emulators[name].emulated
    found: dict[str, Any] = _copied(emulated.state())
    return found


def stored(house: House, name: str, key: str) -> dict[str, Any]:
    """Return what a system has stored of a contact."""
    found: dict[str, Any] = state(house, name)["contacts"][key]
    return found


def whole(house: House, name: str, *, archived: bool = False, unlike: Mapping[str, Any] | None = None) -> str:
    """Return a contact whose update nothing hinders, and for which some stored values would be new.

    At Acumulus that is one without an empty value in whose place a default would come.
    """
    needed = ("contactcountrycode", "contactsalutation", "contactvattype", "contactvattypeid")
    for key in house.keys(name, archived=archived):
        row = stored(house, name, key)
        if name == "acumulus" and not all(row[node] for node in needed):
            continue
        if all(row[each] != value for each, value in (unlike or {}).items()):
            return key
    raise AssertionError("no such sample contact")


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the keys whose values differ, with both."""
    keys = [*before, *(key for key in after if key not in before)]
    pairs = {key: (before.get(key), after.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def sent(house: House, name: str) -> int:
    """Return how many writing calls a system was sent since the last question."""
    rows = house.rows(name)
    if name == "acumulus":
        return sum("contact_manage" in row.path and row.about.get("testmode") != "1" for row in rows)
    return sum(
        row.method in ("PATCH", "DELETE") or (row.method == "POST" and "synchronization" not in row.path)
        for row in rows
    )


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return an input with one value in it, by its dotted path."""
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Sample:
    """A value for a path, and what each system stores for it; a system that is not named lacks the field."""

    value: Any
    acumulus: Mapping[str, str] = field(default_factory=dict)
    moneybird: Mapping[str, Any] = field(default_factory=dict)


INVOICE_TEXT = "Betaling binnen 8 dagen\nKorting 2%"
SAMPLES: Mapping[str, Sample] = {
    "roles": Sample(["SUPPLIER"], {"contacttype": "2"}),
    "companyName": Sample(
        "Proef & Zn \\ B.V.", {"contactname1": "Proef & Zn \\ B.V."}, {"company_name": "Proef & Zn \\ B.V."}
    ),
    "department": Sample("Inkoop <west>", {"contactname2": "Inkoop <west>"}),
    "firstName": Sample("Zoë", moneybird={"firstname": "Zoë"}),
    "lastName": Sample("d'Été", moneybird={"lastname": "d'Été"}),
    "attention": Sample(
        "T. Proef",
        {"contactperson": "T. Proef"},
        {"send_invoices_to_attention": "T. Proef", "attention": "T. Proef"},
    ),
    "salutation": Sample("Beste Zoë", {"contactsalutation": "Beste Zoë"}),
    "label": Sample("Nieuw", {"contactmark": "Nieuw"}),
    "customerNumber": Sample("PROEF-9", {"contactyourid": "PROEF-9"}, {"customer_id": "PROEF-9"}),
    "website": Sample("https://proef.example/?a=1&b=2", {"contactwebsite": "https://proef.example/?a=1&b=2"}),
    "about": Sample('Eerste regel\nTweede "regel"', {"contactabout": 'Eerste regel\nTweede "regel"'}),
    "emails": Sample(
        ["een@proef.example", "twee@proef.example"],
        {"contactemail": "een@proef.example,twee@proef.example"},
        {
            "send_invoices_to_email": "een@proef.example,twee@proef.example",
            "email": "een@proef.example,twee@proef.example",
        },
    ),
    "phones.main": Sample(
        "+31 20 1234567", {"contacttelephone": "+31 20 1234567"}, {"phone": "+31 20 1234567"}
    ),
    "phones.second": Sample("06-12345678", {"contacttelephone2": "06-12345678"}),
    "phones.fax": Sample("020-7654321", {"contactfax": "020-7654321"}),
    "address.line1": Sample("Proefweg 1", {"contactaddress1": "Proefweg 1"}, {"address1": "Proefweg 1"}),
    "address.line2": Sample("2 hoog", {"contactaddress2": "2 hoog"}, {"address2": "2 hoog"}),
    "address.postalCode": Sample("9999 XX", {"contactpostalcode": "9999 XX"}, {"zipcode": "9999 XX"}),
    "address.city": Sample("Proefdam", {"contactcity": "Proefdam"}, {"city": "Proefdam"}),
    "address.countryCode": Sample("DE", {"contactcountrycode": "DE"}, {"country": "DE"}),
    "address.countryName": Sample("Duitsland", {"contactcountry": "Duitsland"}),
    "alternativeAddress.name": Sample("Magazijn", {"contactaltname1": "Magazijn"}),
    "alternativeAddress.department": Sample("Oost", {"contactaltname2": "Oost"}),
    "alternativeAddress.attention": Sample("A. Ander", {"contactaltperson": "A. Ander"}),
    "alternativeAddress.line1": Sample("Loods 3", {"contactaltaddress1": "Loods 3"}),
    "alternativeAddress.line2": Sample("Achter", {"contactaltaddress2": "Achter"}),
    "alternativeAddress.postalCode": Sample("1111 YY", {"contactaltpostalcode": "1111 YY"}),
    "alternativeAddress.city": Sample("Anderdam", {"contactaltcity": "Anderdam"}),
    "alternativeAddress.countryCode": Sample("BE", {"contactaltcountrycode": "BE"}),
    "alternativeAddress.countryName": Sample("België", {"contactaltcountry": "België"}),
    "vatNumber": Sample(
        "NL001234567B01", {"contactvatnumber": "NL001234567B01"}, {"tax_number": "NL001234567B01"}
    ),
    "chamberOfCommerce": Sample("90001234", moneybird={"chamber_of_commerce": "90001234"}),
    "bankAccount.iban": Sample(
        "NL91ABNA0417164300", {"contactiban": "NL91ABNA0417164300"}, {"bank_account": "NL91ABNA0417164300"}
    ),
    "bankAccount.bic": Sample("ABNANL2A", {"contactbic": "ABNANL2A"}),
    "bankAccount.description": Sample("Rekening courant", {"contactbankaccountnumber": "Rekening courant"}),
    "sepaMandate.reference": Sample("PROEF-M-1", {"contactsepamandatenr": "PROEF-M-1"}),
    "sepaMandate.signedOn": Sample("2024-02-29", {"contactsepamandatedate": "2024-02-29"}),
    "sepaMandate.sequence": Sample("OOFF", {"contactsepaincassostatus": "OOFF"}),
    "invoicing.deliveryMethod": Sample("POST", moneybird={"delivery_method": "Post"}),
    "invoicing.attention": Sample(
        "Adm. Proef", moneybird={"send_invoices_to_attention": "Adm. Proef", "attention": "Adm. Proef"}
    ),
    "invoicing.emails": Sample(
        ["adm@proef.example"],
        moneybird={"send_invoices_to_email": "adm@proef.example", "email": "adm@proef.example"},
    ),
    "invoicing.workflowId": Sample(
        INVOICE_WORKFLOWS[1], moneybird={"invoice_workflow_id": INVOICE_WORKFLOWS[1]}
    ),
    "invoicing.templateId": Sample("50002", {"contactinvoicetemplateid": "50002"}),
    "invoicing.notes": Sample(INVOICE_TEXT, {"contactinvoicenotes": INVOICE_TEXT}),
    "invoicing.vatCategory": Sample("1", {"contactvattypeid": "1"}),
    "invoicing.vatTreatment": Sample("3", {"contactvattype": "3"}),
    "invoicing.vatRate": Sample("9", {"contactvatratebase": "9"}),
    "estimates.attention": Sample("Calc. Proef", moneybird={"send_estimates_to_attention": "Calc. Proef"}),
    "estimates.emails": Sample(
        ["calc@proef.example"], moneybird={"send_estimates_to_email": "calc@proef.example"}
    ),
    "estimates.workflowId": Sample(
        ESTIMATE_WORKFLOWS[0], moneybird={"estimate_workflow_id": ESTIMATE_WORKFLOWS[0]}
    ),
    "peppol.identifier": Sample("90001234", moneybird={"si_identifier": "90001234"}),
    "peppol.scheme": Sample("0106", moneybird={"si_identifier_type": "0106"}),
    "booking.costHeadingId": Sample("23", {"contactcostheadingid": "23"}),
    "booking.costCenterId": Sample("40002", {"contactcostcenterid": "40002"}),
    "booking.bankAccountId": Sample("70002", {"contactbankaccountid": "70002"}),
    "booking.privateUseRate": Sample("37.25", {"contactprivaterate": "37.25"}),
    "booking.entryDescription": Sample("Inkoop %", {"contactentrydescription": "Inkoop %"}),
}
"""For every path that can be set by itself: a value that no sample contact has."""

CUSTOM_FIELD = CONTACT_FIELDS[0][0]
PRODUCT = next(iter(PRODUCTS))
IDENTITY = identities()[0]["id"]

ANSWERED_OF_ITSELF = frozenset(
    {"updated_at", "version", "events", "contact_people", "tax_number_valid", "tax_number_validated_at"}
)
"""What Moneybird changes with any update: marks, its own history, and the person that it may add."""
