"""What every input says reaches the services: not given, null, and each value."""

from datetime import date
from decimal import Decimal

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull

from gateway.domain.changes import (
    CHARGE_INPUTS,
    CONTACT_INPUTS,
    MANDATE_INPUTS,
    NOTE_INPUTS,
    PERSON_INPUTS,
    Changes,
    Form,
)
from gateway.domain.charge import Period
from gateway.domain.contact import ContactRole, DeliveryMethod
from gateway.domain.mandate import SepaSequence
from tests.schema.mutating import CASES, CONTACT, Desk, ask, context_of, mutate, schema

BY_FORM = {
    Form.EMAILS: (["a@b.nl", "c@d.nl"], ("a@b.nl", "c@d.nl")),
    Form.DAY: ("2026-02-28", date(2026, 2, 28)),
    Form.PERIOD: ({"start": "2026-01-01", "end": "2026-01-31"}, Period(date(2026, 1, 1), date(2026, 1, 31))),
    Form.FLAG: (False, False),
    Form.ROLES: (["SUPPLIER", "CUSTOMER"], (ContactRole.SUPPLIER, ContactRole.CUSTOMER)),
    Form.PERCENT: ("12.50", Decimal("12.50")),
    Form.NUMBER: ("0", Decimal(0)),
}
"""What a client writes for a form, and what the service is given."""

WORDS = {
    "sepaMandate.sequence": ("UNKNOWN", SepaSequence.UNKNOWN),
    "invoicing.deliveryMethod": ("PEPPOL", DeliveryMethod.PEPPOL),
}
TEXT = (" Zoë\n", " Zoë\n")

UPDATABLE = [path for path in CONTACT_INPUTS if not path.startswith("person.")]
GROUPS = sorted({path.partition(".")[0] for path in CONTACT_INPUTS if "." in path})

PARTS = [
    pytest.param(name, path, inputs[path].form, id=f"{name}-{path}")
    for name, inputs in (
        ("contactPersonCreate", PERSON_INPUTS),
        ("contactPersonUpdate", PERSON_INPUTS),
        ("contactNoteCreate", NOTE_INPUTS),
        ("contactChargeCreate", CHARGE_INPUTS),
        ("mandateRequest", MANDATE_INPUTS),
        ("mandateLinkCreate", {path: each for path, each in MANDATE_INPUTS.items() if path != "message"}),
    )
    for path in inputs
]


def sample(path: str, form: Form):
    return WORDS.get(path) or BY_FORM.get(form, TEXT)


def nested(path: str, value) -> dict:
    """Return the input that has a value at a path."""
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


def leaves(name: str, prefix: str = "") -> set[str]:
    """Return every path of an input type of the schema, lists of inputs as one."""
    found: set[str] = set()
    for member, told in schema()._schema.type_map[name].fields.items():
        kind = told.type.of_type if isinstance(told.type, GraphQLNonNull) else told.type
        if isinstance(kind, GraphQLInputObjectType) and kind.name != "PeriodFields":
            found |= leaves(kind.name, f"{prefix}{member}.")
        else:
            assert not isinstance(kind, GraphQLList) or member in ("roles", "emails", "customFields")
            found.add(prefix + member)
    return found


async def changes(name: str, contact: dict) -> Changes:
    """Return what a contact's service is given of a contact's input."""
    desk = Desk()
    assert (await mutate(name, desk, {"contact": contact}))["userErrors"] == []
    (order,) = desk.orders
    return order.given[-1]


async def values(name: str, source: dict):
    """Return what a part's service is given of its input."""
    case, desk = CASES[name], Desk()
    least = case.least.get(case.group, {})
    group = {case.group: {**least, **source}} if case.group else source
    assert (await mutate(name, desk, group))["userErrors"] == []
    (order,) = desk.orders
    return dict(order.given[-1])


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        pytest.param("ContactFields", {*CONTACT_INPUTS, "customFields"}, id="contact"),
        pytest.param("ContactPersonFields", {*PERSON_INPUTS}, id="person"),
        pytest.param("ContactNoteFields", {*NOTE_INPUTS}, id="note"),
        pytest.param("ContactChargeFields", {*CHARGE_INPUTS}, id="charge"),
    ],
)
def test_every_path_can_be_written(name, inputs):
    """The schema's inputs have the paths of the domain, each of them and no other."""
    assert leaves(name) == inputs


@pytest.mark.parametrize("path", UPDATABLE)
async def test_an_update_tells_three_things_apart(path):
    """In an update what is not given is absent, null is None, and a value is that value."""
    written, read = sample(path, CONTACT_INPUTS[path].form)
    assert await changes("contactUpdate", nested(path, written)) == Changes({path: read})
    assert await changes("contactUpdate", nested(path, None)) == Changes({path: None})
    assert await changes("contactUpdate", {path.partition(".")[0]: {}} if "." in path else {}) == Changes()


@pytest.mark.parametrize("path", CONTACT_INPUTS)
async def test_a_new_contact_has_no_nulls(path):
    """When a contact is made a value is that value, and null is as not given."""
    written, read = sample(path, CONTACT_INPUTS[path].form)
    assert await changes("contactCreate", nested(path, written)) == Changes({path: read})
    assert await changes("contactCreate", nested(path, None)) == Changes()


@pytest.mark.parametrize("group", GROUPS)
async def test_null_groups(group):
    """A group that is null is told as a group in an update, and is nothing in a contact that is made."""
    if group != "person":
        assert await changes("contactUpdate", {group: None}) == Changes({}, frozenset({group}))
    assert await changes("contactCreate", {group: None}) == Changes()
    assert await changes("contactCreate", {group: {}}) == Changes()


async def test_many_at_once():
    """Values, groups and custom fields of one input all arrive."""
    source = {
        "companyName": "A",
        "about": None,
        "address": {"city": "B", "line1": None},
        "peppol": None,
        "booking": None,
        "customFields": [{"id": "7", "value": "C"}, {"id": "8", "value": None}, {"id": "9"}],
    }
    expected = {"companyName": "A", "about": None, "address.city": "B", "address.line1": None}
    customs = {"customFields.7": "C", "customFields.8": None}
    found = await changes("contactUpdate", source)
    assert found == Changes({**expected, **customs}, frozenset({"peppol", "booking"}))
    made = await changes("contactCreate", source)
    assert made == Changes({"companyName": "A", "address.city": "B", "customFields.7": "C"})


@pytest.mark.parametrize("name", ["contactUpdate", "contactCreate"])
@pytest.mark.parametrize("path", ["emails", "invoicing.emails", "estimates.emails"])
async def test_no_addresses(name, path):
    """An empty list of addresses clears them; of a new contact it is nothing."""
    expected = Changes({path: None}) if name == "contactUpdate" else Changes()
    assert await changes(name, nested(path, [])) == expected


@pytest.mark.parametrize("name", ["contactUpdate", "contactCreate"])
async def test_no_roles(name):
    """An empty list of roles arrives as it is, to be refused."""
    assert await changes(name, {"roles": []}) == Changes({"roles": ()})


async def test_blank_texts_pass():
    """A blank text arrives as it was written."""
    assert await changes("contactCreate", {"companyName": "  ", "label": ""}) == Changes(
        {"companyName": "  ", "label": ""}
    )


@pytest.mark.parametrize(("name", "path", "form"), PARTS)
async def test_parts(name, path, form):
    """What is given of a person, note, charge or request arrives; null is absent but in an update."""
    least = {"text": "x"} if name == "contactNoteCreate" else {}
    written, read = sample(path, form)
    assert await values(name, nested(path, written)) == {**least, path: read}
    assert await values(name, {}) == least
    if path not in least:
        expected = {path: None} if name == "contactPersonUpdate" else least
        assert await values(name, nested(path, None)) == expected


async def test_variables_that_are_not_given():
    """A variable without a value is a field that is not given; one that is null is null."""
    desk = Desk()
    document = """mutation($id: ID!, $city: String, $label: String) { contactUpdate(input: {
      id: $id, contact: {address: {city: $city}, label: $label} }) { outcome } }"""
    answer = await ask(document, context_of(desk), id=CONTACT, label=None)
    assert answer.errors == []
    assert desk.orders[0].given[-1] == Changes({"label": None})
