"""Values of an input as nodes, and what Acumulus has against them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from gateway.backends.acumulus.fields import FIELDS
from gateway.backends.acumulus.mapping import contact_from_details, inputs
from gateway.backends.acumulus.merge.nodes import BY_PATH, NODES
from gateway.domain.changes import CONTACT_INPUTS, held, same
from gateway.domain.contact import ContactRole, ContactStatus
from gateway.domain.faults import FaultCode
from gateway.domain.mandate import SepaSequence
from tests.backends.acumulus.written import STORED

VALUES = {
    "roles": (ContactRole.SUPPLIER, ContactRole.CUSTOMER),
    "about": "regel 1\nregel 2\tslot",
    "invoicing.notes": "een\ntwee",
    "emails": ("a@example.com", "b@example.com"),
    "address.countryCode": "BE",
    "alternativeAddress.countryCode": "DE",
    "vatNumber": "NL123456782B90",
    "bankAccount.number": "NL91ABNA0417164300",
    "bankAccount.iban": "NL91ABNA0417164300",
    "bankAccount.bic": "ABNANL2A",
    "sepaMandate.signedOn": date(2024, 1, 31),
    "sepaMandate.sequence": SepaSequence.RCUR,
    "sepaMandate.iban": "NL91ABNA0417164300",
    "sepaMandate.bic": "ABNANL2A",
    "invoicing.templateId": "50001",
    "invoicing.vatCategory": "2",
    "invoicing.vatRate": "9",
    "booking.costHeadingId": "19",
    "booking.costCenterId": "40001",
    "booking.bankAccountId": "70001",
    "booking.privateUseRate": Decimal("12.50"),
}
WRITABLE = [rule.path for rule in FIELDS if rule.writable and rule.path in BY_PATH]
CLEARABLE = [rule.path for rule in FIELDS if rule.clearable]


def before(**nodes: str):
    return contact_from_details({"contactid": "1", **nodes}, "wholesale")


def refused(values, contact=None) -> set[tuple[FaultCode, str]]:
    whom = before(contactname1="A") if contact is None else contact
    return {(fault.code, fault.path) for fault in inputs.faults(values, whom)}


@pytest.mark.parametrize("path", [path for path in WRITABLE if path not in {"invoicing.vatTreatment"}])
def test_what_is_written_is_read_back(path: str):
    """A value goes through its node and comes out as itself."""
    value = True if path == "sepaMandate.active" else VALUES.get(path, "Een waarde & <meer>")
    values = {**({"sepaMandate.reference": "M-1"} if path.startswith("sepaMandate.") else {}), path: value}

    read = before(**inputs.texts(values))

    assert same(path, held(read, path), value)
    assert inputs.faults(values, before(contactname1="A")) == ()


@pytest.mark.parametrize("path", CLEARABLE)
def test_what_is_cleared_is_gone(path: str):
    """A cleared field's node reads as nothing."""
    (node,) = inputs.texts({path: None})
    read = before(**{**STORED, **inputs.texts({path: None})})

    assert inputs.texts({path: None})[node] == ("0" if BY_PATH[path].omitted.name.endswith("ZERO") else "")
    assert held(read, path) in (None, ())
    assert inputs.texts({path: "  "}) == inputs.texts({path: None})


@pytest.mark.parametrize(
    ("values", "nodes"),
    [
        pytest.param({"roles": ("CUSTOMER",)}, {"contacttype": "1"}, id="customer"),
        pytest.param({"roles": ("SUPPLIER",)}, {"contacttype": "2"}, id="supplier"),
        pytest.param({"roles": ("SUPPLIER", "CUSTOMER")}, {"contacttype": "3"}, id="both"),
        pytest.param({"status": ContactStatus.ARCHIVED}, {"contactstatus": "0"}, id="archived"),
        pytest.param({"status": ContactStatus.ACTIVE}, {"contactstatus": "1"}, id="active"),
        pytest.param({"emails": ()}, {"contactemail": ""}, id="no addresses"),
        pytest.param({"emails": (" a@b.nl ", "c@d.nl")}, {"contactemail": "a@b.nl,c@d.nl"}, id="addresses"),
        pytest.param({"about": " a\r\nb\tc "}, {"contactabout": "a\\nb\\tc"}, id="breaks"),
        pytest.param({"address.countryCode": " be "}, {"contactcountrycode": "BE"}, id="country"),
        pytest.param(
            {"booking.privateUseRate": Decimal("1E+2")}, {"contactprivaterate": "100"}, id="hundred"
        ),
        pytest.param({"booking.privateUseRate": Decimal("0.00")}, {"contactprivaterate": "0"}, id="zero"),
        pytest.param({"sepaMandate.active": False}, {"contactsepamandatenr": ""}, id="not active"),
        pytest.param({"sepaMandate.active": True}, {}, id="active by what is stored"),
        pytest.param(
            {"person.firstName": "A", "person.lastName": "B"}, {"contactperson": "A B"}, id="person"
        ),
        pytest.param({"person.lastName": "B", "attention": "B"}, {"contactperson": "B"}, id="person twice"),
    ],
)
def test_values_and_their_nodes(values, nodes):
    """Each value has its documented text."""
    assert inputs.texts(values) == nodes


@pytest.mark.parametrize(
    ("values", "path"),
    [
        pytest.param({"invoicing.vatCategory": "3"}, "invoicing.vatCategory", id="category"),
        pytest.param({"invoicing.vatTreatment": "8"}, "invoicing.vatTreatment", id="treatment"),
        pytest.param({"invoicing.vatRate": "21.00"}, "invoicing.vatRate", id="spelling of a rate"),
        pytest.param({"invoicing.vatRate": "20"}, "invoicing.vatRate", id="rate"),
        pytest.param(
            {"sepaMandate.sequence": "NEXT", "sepaMandate.reference": "1"},
            "sepaMandate.sequence",
            id="sequence",
        ),
        pytest.param({"invoicing.templateId": "abc"}, "invoicing.templateId", id="no id"),
        pytest.param({"booking.costHeadingId": "0"}, "booking.costHeadingId", id="zero is no id"),
        pytest.param({"address.countryCode": "XK"}, "address.countryCode", id="country"),
        pytest.param({"about": "C:\\new"}, "about", id="backslash before n"),
        pytest.param({"invoicing.notes": "a\\tb"}, "invoicing.notes", id="backslash before t"),
        pytest.param({"label": "a\ufffd"}, "label", id="lost letter"),
        pytest.param({"emails": ("a@b.nl", "\ufffd@b.nl")}, "emails", id="lost letter of an address"),
        pytest.param({"roles": ("BOTH",)}, "roles", id="role"),
        pytest.param(
            {"sepaMandate.active": False, "sepaMandate.reference": "1"},
            "sepaMandate.active",
            id="inactive with a reference",
        ),
        pytest.param(
            {"sepaMandate.active": True, "sepaMandate.reference": None},
            "sepaMandate.active",
            id="active without",
        ),
    ],
)
def test_what_acumulus_cannot_take_is_invalid(values, path: str):
    """A value that would be stored otherwise is refused before it is sent."""
    assert refused(values) == {(FaultCode.INVALID, path)}


@pytest.mark.parametrize(
    ("contact", "found"),
    [
        pytest.param(before(contactname1="A", contactsepamandatenr="M"), set(), id="stored"),
        pytest.param(before(contactname1="A"), set(), id="not told"),
        pytest.param(
            before(contactname1="A", contactsepamandatenr="", contactsepamandatedate=""),
            {(FaultCode.REQUIRED, "sepaMandate.reference")},
            id="none",
        ),
    ],
)
def test_an_active_mandate_needs_a_reference(contact, found):
    """The flag alone is nothing that Acumulus keeps."""
    assert refused({"sepaMandate.active": True}, contact) == found


@pytest.mark.parametrize(
    ("values", "is_refused"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"companyName": " ", "label": "x"}, True, id="blank"),
        pytest.param({"companyName": "A"}, False, id="company"),
        pytest.param({"attention": "A"}, False, id="attention"),
        pytest.param({"person.lastName": "A"}, False, id="person"),
    ],
)
def test_a_new_contact_needs_a_name(values, is_refused: bool):
    """A contact that nobody could call anything is not made."""
    found = {(fault.code, fault.path) for fault in inputs.faults(values, None)}

    assert found == ({(FaultCode.REQUIRED, "companyName")} if is_refused else set())


def test_the_last_name_stays():
    """An update may take one name, but not the only one that is known."""
    both, one = before(contactname1="A", contactperson="B"), before(contactname1="A", contactperson="")
    untold = before(contactname1="A")

    assert refused({"companyName": None}, both) == refused({"companyName": None}, untold) == set()
    assert refused({"companyName": None}, one) == {(FaultCode.REQUIRED, "companyName")}
    assert refused({"companyName": None, "attention": "C"}, one) == set()
    assert refused({"label": None}, before(contactname1="", contactperson="")) == set()


def test_a_second_person_is_refused():
    """Acumulus keeps one name of a person, and it is the attention."""
    values = {"companyName": "X", "person.firstName": "A", "attention": "B"}
    found = {(fault.code, fault.path) for fault in inputs.faults(values, None)}

    assert found == {(FaultCode.INVALID, "person.firstName")}
    assert refused({"person.firstName": "A"}) == {(FaultCode.NOT_SUPPORTED_BY_SYSTEM, "person.firstName")}


def test_every_node_can_be_set():
    """No node but the status, which has mutations of its own, is out of a client's reach."""
    assert {node.path for node in NODES} - set(CONTACT_INPUTS) == {"status"}


def test_the_field_that_gave_a_node_is_known():
    """A fault of a node is told at the field that the caller used."""
    values = {"sepaMandate.iban": "x", "sepaMandate.active": True, "label": "x", "person.lastName": "Y"}

    assert inputs.given(values) == {
        "contactiban": "sepaMandate.iban",
        "contactmark": "label",
        "contactperson": "person.lastName",
    }
