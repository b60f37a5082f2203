"""What a write sets is read at the right place of a contact, and compared by what it means."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.changes import (
    CHARGE_INPUTS,
    CONTACT_INPUTS,
    CUSTOM,
    MANDATE_INPUTS,
    NOTE_INPUTS,
    PERSON_INPUTS,
    STATUS,
    FieldChange,
    Form,
    changed,
    held,
    input_field,
    moved,
    normal,
    same,
)
from gateway.domain.contact import (
    BankAccount,
    Contact,
    ContactKey,
    ContactRole,
    ContactStatus,
    CustomField,
    DeliveryMethod,
    PeppolAddress,
    Phone,
    PhoneKind,
    PostalAddress,
    VatNumber,
)
from gateway.domain.mandate import SepaMandate, SepaSequence

IBAN = "NL91ABNA0417164300"

EMPTY = Contact(
    ContactKey("shop", "7"),
    "Seven",
    address=PostalAddress(),
    alternative_address=PostalAddress(),
    bank_account=BankAccount(),
    sepa_mandate=SepaMandate(active=False),
    peppol=PeppolAddress(identifier=""),
)
"""A contact whose groups are there and empty."""

SPECIAL: dict[str, Callable[[Any], Contact]] = {
    "phones.main": lambda value: replace(EMPTY, phones=(Phone(value, PhoneKind.MAIN),)),
    "phones.second": lambda value: replace(EMPTY, phones=(Phone(value, PhoneKind.SECOND),)),
    "phones.fax": lambda value: replace(EMPTY, phones=(Phone(value, PhoneKind.FAX),)),
    "vatNumber": lambda value: replace(EMPTY, vat_number=VatNumber(value)),
    "bankAccount.iban": lambda value: replace(EMPTY, bank_account=BankAccount(number=value)),
}
"""Makers of a contact for paths that are spelled otherwise there."""

ALSO = {"bankAccount.iban": {"bankAccount.number"}}
"""Paths that hold the same stored value."""

VALUES = {
    "roles": (ContactRole.SUPPLIER,),
    "sepaMandate.sequence": SepaSequence.RCUR,
    "invoicing.deliveryMethod": DeliveryMethod.POST,
}
BY_FORM = {
    Form.EMAILS: ("a@example.com", "b@example.com"),
    Form.FLAG: True,
    Form.DAY: date(2026, 2, 3),
    Form.PERCENT: Decimal("12.5"),
    Form.IBAN: IBAN,
    Form.BIC: "ABNANL2A",
    Form.COUNTRY: "BE",
}

READ = [path for path in CONTACT_INPUTS if not path.startswith("person.")]


def a_value(path: str) -> Any:
    """Return a value of the path's form; texts name the path."""
    return VALUES.get(path) or BY_FORM.get(CONTACT_INPUTS[path].form, path.upper())


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def with_value(path: str, value: Any) -> Contact:
    """Return the empty contact with a value at the place that the path spells."""
    if path in SPECIAL:
        return SPECIAL[path](value)
    group, dot, name = path.partition(".")
    if not dot:
        return replace(EMPTY, **{snake(group): value})
    return replace(EMPTY, **{snake(group): replace(getattr(EMPTY, snake(group)), **{snake(name): value})})


@pytest.mark.parametrize("path", [pytest.param(path, id=path) for path in READ])
def test_every_path_is_read_at_its_own_place(path):
    """A value that stands at a path's place is what the contact holds there, and nowhere else."""
    value = a_value(path)
    filled = with_value(path, value)
    assert held(filled, path) == value
    expected = {path, *ALSO.get(path, ())}
    found = moved(EMPTY, filled)
    assert {change.field for change in found} == expected
    assert [change.after for change in found] == [value] * len(expected)


@pytest.mark.parametrize("path", [pytest.param(path, id=path) for path in READ])
def test_a_value_that_stands_there_is_no_change(path):
    """To set what is held changes nothing; to clear it changes that one path."""
    value = a_value(path)
    filled = with_value(path, value)
    assert changed(filled, {path: value}) == ()
    assert changed(filled, {path: None}) == (FieldChange(path, value, None),)


@pytest.mark.parametrize("path", [pytest.param(path, id=path) for path in CONTACT_INPUTS])
def test_a_contact_without_groups_holds_nothing(path):
    """Where the groups, the phones and the person are not there, every path is read as nothing."""
    bare = Contact(ContactKey("shop", "7"), "Seven", phones=None)
    assert normal(CONTACT_INPUTS[path].form, held(bare, path)) is None


def test_an_account_that_is_no_iban_is_none():
    """A number of the older kind is held as the number, and not as the IBAN."""
    filled = replace(EMPTY, bank_account=BankAccount(number="417164300"))
    assert (held(filled, "bankAccount.number"), held(filled, "bankAccount.iban")) == ("417164300", None)


def test_of_two_numbers_of_a_kind_the_first_is_the_contacts():
    """A second fax is not taken for the fax, and a main line never is."""
    lines = (Phone("1", PhoneKind.MAIN), Phone("2", PhoneKind.FAX), Phone("3", PhoneKind.FAX))
    filled = replace(EMPTY, phones=lines)
    assert [held(filled, f"phones.{kind}") for kind in ("main", "second", "fax")] == ["1", None, "2"]


def test_a_custom_field_is_read_by_its_id():
    """The id is all that follows the prefix, dots included; a field that is not there holds nothing."""
    fields = (CustomField("1", "Colour", "red"), CustomField("1.2", "Size", "12"), CustomField("3", "Shape"))
    filled = replace(EMPTY, custom_fields=fields)
    found = {name: held(filled, f"{CUSTOM}{name}") for name in ("1", "1.2", "3", "4", "")}
    assert found == {"1": "red", "1.2": "12", "3": None, "4": None, "": None}
    assert input_field(f"{CUSTOM}1").form is Form.LINES


def test_a_path_that_no_input_has_holds_nothing():
    """What cannot be set is not read either, but for the status."""
    filled = replace(EMPTY, status=ContactStatus.ARCHIVED)
    assert [held(filled, path) for path in ("displayName", "address", "customFields", "", STATUS)] == [
        None,
        None,
        None,
        None,
        ContactStatus.ARCHIVED,
    ]
    assert [input_field(path) for path in ("displayName", "customFields", STATUS)] == [None] * 3


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        pytest.param("companyName", " Shop ", "Shop", id="blanks-around"),
        pytest.param("companyName", "\t \n", None, id="blank-is-nothing"),
        pytest.param("companyName", "", None, id="empty-is-nothing"),
        pytest.param("emails", (), None, id="no-addresses"),
        pytest.param("emails", (" a@example.com",), ("a@example.com ",), id="blanks-around-addresses"),
        pytest.param("roles", (), None, id="no-roles"),
        pytest.param(
            "roles",
            (ContactRole.SUPPLIER, ContactRole.CUSTOMER),
            (ContactRole.CUSTOMER, ContactRole.SUPPLIER),
            id="roles-have-no-order",
        ),
        pytest.param("roles", (ContactRole.CUSTOMER,), (ContactRole.CUSTOMER,) * 2, id="a-role-twice"),
        pytest.param("bankAccount.iban", "nl91 abna 0417.1643.00", IBAN, id="iban"),
        pytest.param("bankAccount.bic", "abna nl 2a", "ABNANL2A", id="bic"),
        pytest.param("vatNumber", "nl 8200.98.395.b01", "NL820098395B01", id="vat-number"),
        pytest.param("address.countryCode", " nl", "NL", id="country"),
        pytest.param("booking.privateUseRate", Decimal("10.00"), Decimal(10), id="decimals"),
        pytest.param("customFields.1", "red ", "red", id="custom-field"),
        pytest.param("no.such.path", " x", "x", id="no-such-path"),
    ],
)
def test_two_spellings_of_a_value_are_the_same(path, one, other):
    """Blanks around, and what an identifier is filled with, are no difference, whichever comes first."""
    assert same(path, one, other)
    assert same(path, other, one)


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        pytest.param("companyName", "Shop", "shop", id="case"),
        pytest.param("companyName", "A B", "AB", id="blanks-within"),
        pytest.param("bankAccount.number", "12 34", "1234", id="a-number-as-written"),
        pytest.param("emails", ("a@x.nl", "b@x.nl"), ("b@x.nl", "a@x.nl"), id="order-of-addresses"),
        pytest.param("roles", (ContactRole.CUSTOMER,), (ContactRole.SUPPLIER,), id="roles"),
        pytest.param("sepaMandate.active", False, None, id="false-is-a-value"),
        pytest.param("booking.privateUseRate", Decimal(0), None, id="zero-is-a-value"),
        pytest.param("bankAccount.iban", IBAN, None, id="iban-and-nothing"),
    ],
)
def test_two_values_differ(path, one, other):
    """What means something else is told apart."""
    assert not same(path, one, other)
    assert not same(path, other, one)


@given(st.sampled_from(list(Form)), st.text() | st.lists(st.text()).map(tuple) | st.none() | st.booleans())
def test_normal_forms_stay_as_they_are(form, value):
    """Whatever a value is, its normal form is its own."""
    once = normal(form, value)
    assert normal(form, once) == once


def test_a_new_contact_changes_from_nothing():
    """Everything that is set differs from a contact that is not there; what is nothing does not."""
    values = {"companyName": "Shop", "emails": (), "about": " ", "person.firstName": "Ann"}
    assert changed(None, values) == (
        FieldChange("companyName", None, "Shop"),
        FieldChange("person.firstName", None, "Ann"),
    )


def test_a_change_tells_values_as_they_are_written():
    """Before is what is stored and after what is asked for, in the order of asking, blanks and all."""
    before = replace(EMPTY, company_name="Old ", label="keep")
    values = {"label": "keep", "website": " w ", "companyName": "New"}
    assert changed(before, values) == (
        FieldChange("website", None, " w "),
        FieldChange("companyName", "Old ", "New"),
    )


def test_a_move_shows_the_status_and_custom_fields_of_both_sides():
    """Archiving, and custom fields that came, went and changed, are among what differs; the rest is not."""
    before = replace(
        EMPTY,
        status=ContactStatus.ACTIVE,
        custom_fields=(
            CustomField("1", "A", "x"),
            CustomField("2", "B", "old"),
            CustomField("3", "C", "stays"),
        ),
    )
    after = replace(
        EMPTY,
        status=ContactStatus.ARCHIVED,
        display_name="not an input's",
        custom_fields=(
            CustomField("2", "B", "new"),
            CustomField("3", "C renamed", "stays"),
            CustomField("4", "D", "y"),
        ),
    )
    assert moved(before, after) == (
        FieldChange(STATUS, ContactStatus.ACTIVE, ContactStatus.ARCHIVED),
        FieldChange("customFields.1", "x", None),
        FieldChange("customFields.2", "old", "new"),
        FieldChange("customFields.4", None, "y"),
    )
    assert moved(after, after) == ()


def test_a_group_that_goes_takes_its_values_along():
    """A contact that loses a whole group differs at each path that had a value there."""
    before = replace(EMPTY, address=PostalAddress(line1="Main Street 1", city="Gouda"))
    assert moved(before, replace(before, address=None)) == (
        FieldChange("address.line1", "Main Street 1", None),
        FieldChange("address.city", "Gouda", None),
    )


def test_a_person_has_the_first_persons_fields():
    """The inputs of a person are those of a new contact's first one, and no input's name holds a prefix."""
    first = {path.removeprefix("person.") for path in CONTACT_INPUTS if path.startswith("person.")}
    assert set(PERSON_INPUTS) == first
    assert first == {"firstName", "lastName", "phone", "email", "department"}
    parts = {**PERSON_INPUTS, **NOTE_INPUTS, **CHARGE_INPUTS, **MANDATE_INPUTS}
    assert [path for path in parts if "." in path] == []
