"""Rules that hold in every system: every fault at once, in words that hold no value."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from gateway.domain.administration import FieldRule
from gateway.domain.changes import CONTACT_INPUTS, Form
from gateway.domain.contact import Contact, ContactKey, ContactRole, DeliveryMethod, PostalAddress
from gateway.domain.faults import FaultCode
from gateway.domain.mandate import SepaSequence
from gateway.domain.validation import LONGEST, faults_of, writable

TODAY = date(2026, 11, 21)

FREE = {path: FieldRule(path, True, True, True) for path in (*CONTACT_INPUTS, "customFields")}
"""A system that has every field, and can clear each."""

CANARY = "canary5d41402a"

ODD = [
    pytest.param("a\x00b", id="nul"),
    pytest.param("a\x1bb", id="escape"),
    pytest.param("a\x0bb", id="vertical-tab"),
    pytest.param("a\x1f", id="a-control-that-counts-as-blank"),
    pytest.param("a\x7f", id="delete"),
    pytest.param("a\ud800b", id="half-a-pair"),
    pytest.param("\udfffa", id="the-other-half"),
    pytest.param("a\ufffe", id="no-character"),
    pytest.param("a\uffff", id="the-last-one"),
]


def rules(*own: FieldRule) -> dict[str, FieldRule]:
    return {**FREE, **{rule.path: rule for rule in own}}


def said(values, own=None, before=None):
    """Return path and message of every fault, and see that each is INVALID."""
    found = faults_of(values, own or FREE, today=TODAY, before=before)
    assert {fault.code for fault in found} <= {FaultCode.INVALID}
    return [(fault.path, fault.message) for fault in found]


def paths(values, own=None, before=None):
    return [path for path, _ in said(values, own, before)]


def based_in(country):
    return Contact(ContactKey("shop", "7"), "Seven", address=PostalAddress(country_code=country))


def test_good_values_have_no_fault():
    """A contact with a good value in every form passes, written as people write them."""
    values = {
        "roles": (ContactRole.CUSTOMER, ContactRole.SUPPLIER),
        "companyName": " Ålesund & Zonen \U0001f600 ",
        "about": "Line one\n\tline two\r\n",
        "emails": (" a@example.com ", "b@example.com"),
        "address.countryCode": " nl ",
        "vatNumber": "nl 8200.98.395.b.01",
        "chamberOfCommerce": "1234 5678",
        "bankAccount.iban": "NL91 ABNA 0417 1643 00",
        "bankAccount.bic": "abna nl 2a",
        "sepaMandate.active": False,
        "sepaMandate.signedOn": TODAY,
        "sepaMandate.sequence": SepaSequence.FRST,
        "invoicing.deliveryMethod": DeliveryMethod.PEPPOL,
        "booking.privateUseRate": Decimal("99.99"),
        "person.email": "c@example.com",
        "customFields.7": "red\nand blue",
    }
    assert faults_of(values, FREE, today=TODAY) == ()


def test_everything_wrong_is_told_at_once():
    """Each path has its fault, in the order of the values, whatever is wrong with the others."""
    values = {
        "companyName": "a\x00b",
        "label": None,
        "displayName": "x",
        "emails": ("a@example.com", "b"),
        "vatNumber": "NL1",
        "chamberOfCommerce": "1",
        "bankAccount.bic": "x\ny",
        "sepaMandate.signedOn": date(2027, 1, 1),
    }
    found = faults_of(values, rules(FieldRule("label", True, True, clearable=False)), today=TODAY)
    assert [(fault.path, fault.code) for fault in found] == [
        ("companyName", FaultCode.INVALID),
        ("label", FaultCode.INVALID),
        ("displayName", FaultCode.NOT_SUPPORTED_BY_SYSTEM),
        ("emails", FaultCode.INVALID),
        ("bankAccount.bic", FaultCode.INVALID),
        ("sepaMandate.signedOn", FaultCode.INVALID),
        ("vatNumber", FaultCode.INVALID),
        ("chamberOfCommerce", FaultCode.INVALID),
    ]


def test_a_broken_vat_number_hides_no_other_number():
    """Of two numbers that are wrong for different reasons, each has its one fault."""
    assert sorted(paths({"vatNumber": "NL\x00", "chamberOfCommerce": "1"})) == [
        "chamberOfCommerce",
        "vatNumber",
    ]
    assert paths({"vatNumber": "NL1", "chamberOfCommerce": "a\nb"}) == ["chamberOfCommerce", "vatNumber"]


@pytest.mark.parametrize(
    ("own", "path", "message"),
    [
        pytest.param(
            {}, "label", "The contact's system does not have this field.", id="a-system-without-the-field"
        ),
        pytest.param(
            rules(FieldRule("label", True, False, note="It is read only.")),
            "label",
            "It is read only.",
            id="with-its-reason",
        ),
        pytest.param(
            rules(FieldRule("displayName", True, True, True)),
            "displayName",
            "The contact's system does not have this field.",
            id="no-input",
        ),
        pytest.param(
            {}, "customFields.7", "The contact's system does not have this field.", id="no-custom-fields"
        ),
    ],
)
@pytest.mark.parametrize(
    "value", [pytest.param("x", id="a-value"), pytest.param(None, id="null"), pytest.param("a\x00", id="odd")]
)
def test_what_a_system_cannot_write_is_refused(own, path, message, value):
    """A field that is not there, or only read, is one fault with its reason, even to clear it."""
    (fault,) = faults_of({path: value}, own, today=TODAY)
    assert (fault.code, fault.path, fault.message) == (FaultCode.NOT_SUPPORTED_BY_SYSTEM, path, message)
    assert not writable(own, path) or path not in CONTACT_INPUTS


def test_a_custom_field_has_the_rule_of_all():
    """One rule says what can be done with every custom field."""
    own = {"customFields": FieldRule("customFields", True, True, clearable=False)}
    assert writable(own, "customFields.7")
    assert paths({"customFields.7": "x", "customFields.8": None}, own) == ["customFields.8"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("companyName", None, id="null"),
        pytest.param("companyName", " \n\t", id="blank"),
        pytest.param("emails", (), id="no-addresses"),
        pytest.param("roles", (), id="no-roles"),
        pytest.param("vatNumber", " . ", id="nothing-but-filling"),
        pytest.param("address.countryCode", "", id="no-country"),
    ],
)
def test_nothing_is_a_value_only_where_a_field_can_be_cleared(path, value):
    """Null, blank and empty clear alike: allowed where the rule says so, else one fault."""
    own = rules(FieldRule(path, True, True, clearable=False))
    assert said({path: value}) == []
    assert said({path: value}, own) == [(path, "This field cannot be cleared.")]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("companyName", id="line"),
        pytest.param("about", id="lines"),
        pytest.param("bankAccount.iban", id="iban"),
        pytest.param("vatNumber", id="vat-number"),
        pytest.param("invoicing.workflowId", id="reference"),
        pytest.param("customFields.7", id="custom"),
    ],
)
def test_what_no_system_can_keep_is_refused(path, text):
    """Control characters and broken Unicode are one fault in any text."""
    assert said({path: text}) == [(path, "This text has a character in it that no system can keep.")]


@pytest.mark.parametrize(
    "text",
    [pytest.param("a\nb", id="lf"), pytest.param("a\rb", id="cr"), pytest.param("a\tb", id="tab")],
)
def test_one_line_is_one_line(text):
    """Breaks and tabs pass in texts that have lines, and in no other; not in an address either."""
    assert said({"about": text, "invoicing.notes": text, "customFields.7": text}) == []
    for path in ("companyName", "invoicing.workflowId", "person.email"):
        assert said({path: text}) == [(path, "This must be one line.")]
    assert said({"emails": ("a@example.com", text)}) == [("emails", "This must be one line.")]


def test_a_text_has_its_length():
    """The longest text passes, one letter more does not; an address is measured too."""
    assert said({"companyName": "x" * LONGEST, "about": "\U0001f600" * LONGEST}) == []
    for path, value in {"about": "x" * (LONGEST + 1), "emails": ("x" * LONGEST + "@x.nl",)}.items():
        assert said({path: value}) == [(path, "This text is longer than 20,000 letters.")]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(("x",), "This is no e-mail address.", id="a-word"),
        pytest.param(("",), "This is no e-mail address.", id="an-empty-one"),
        pytest.param(("a@x.nl", "b@x.nl, c@x.nl"), "Number 2 is no e-mail address.", id="a-list-in-one"),
        pytest.param(("a@x.nl", "@x.nl", "y"), "Number 2 is no e-mail address.", id="the-first-of-two"),
        pytest.param(("Ann <a@x.nl>",), "This is no e-mail address.", id="with-a-name"),
    ],
)
def test_each_e_mail_address_is_one(value, message):
    """A list is refused as a whole, and its first wrong address is told by its place."""
    assert said({"emails": value, "invoicing.emails": value}) == [
        ("emails", message),
        ("invoicing.emails", message),
    ]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        pytest.param(
            "bankAccount.iban",
            "NL91ABNA0417164301",
            "This is no IBAN, or a digit in it is wrong.",
            id="iban",
        ),
        pytest.param(
            "sepaMandate.iban", "417164300", "This is no IBAN, or a digit in it is wrong.", id="older-number"
        ),
        pytest.param("bankAccount.bic", "ABNAZZ2A", "This is no BIC.", id="bic"),
        pytest.param(
            "address.countryCode", "Nederland", "This is no ISO 3166-1 alpha-2 code.", id="country-name"
        ),
        pytest.param("address.countryCode", "EU", "This is no ISO 3166-1 alpha-2 code.", id="no-country"),
        pytest.param("person.email", "x", "This is no e-mail address.", id="a-persons-address"),
        pytest.param(
            "invoicing.deliveryMethod",
            DeliveryMethod.UNKNOWN,
            "UNKNOWN can be read, but not be set.",
            id="delivery",
        ),
        pytest.param(
            "sepaMandate.sequence",
            SepaSequence.UNKNOWN,
            "UNKNOWN can be read, but not be set.",
            id="sequence",
        ),
        pytest.param(
            "vatNumber", "NL820098395B1", "A Dutch VAT number is NL, nine digits, B and two digits.", id="vat"
        ),
    ],
)
def test_a_form_has_its_own_words(path, value, message):
    """What is no IBAN, BIC, country, word or VAT number is told so."""
    assert said({path: value}) == [(path, message)]


def test_an_account_number_needs_not_be_an_iban():
    """The field that keeps any number takes one that is no IBAN."""
    assert said({"bankAccount.number": "417164300"}) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("0", None, id="nothing"),
        pytest.param("-0.00", None, id="minus-nothing"),
        pytest.param("1E+2", None, id="a-hundred"),
        pytest.param("12.500", None, id="zeros-at-the-end"),
        pytest.param("-0.01", "This must be from 0 to 100.", id="below"),
        pytest.param("100.01", "This must be from 0 to 100.", id="above"),
        pytest.param("NaN", "This must be from 0 to 100.", id="no-number"),
        pytest.param("sNaN", "This must be from 0 to 100.", id="a-signalling-one"),
        pytest.param("Infinity", "This must be from 0 to 100.", id="infinite"),
        pytest.param("0.001", "This has two decimals at most.", id="three-decimals"),
        pytest.param("1E-400", "This has two decimals at most.", id="tiny"),
        pytest.param(f"50.{'0' * 40}1", "This has two decimals at most.", id="a-digit-far-behind"),
    ],
)
def test_a_percentage_has_bounds_and_two_decimals(value, message):
    """0 to 100, exact to the last digit that was given."""
    expected = [("booking.privateUseRate", message)] if message else []
    assert said({"booking.privateUseRate": Decimal(value)}) == expected


@pytest.mark.parametrize(
    ("days", "wrong"),
    [
        pytest.param(-20000, False, id="long-ago"),
        pytest.param(0, False, id="today"),
        pytest.param(1, False, id="tomorrow-somewhere"),
        pytest.param(2, True, id="ahead"),
    ],
)
def test_a_signature_is_not_ahead(days, wrong):
    """Tomorrow's date passes, since somewhere it is tomorrow; the day after does not."""
    found = said({"sepaMandate.signedOn": TODAY + timedelta(days=days)})
    assert found == ([("sepaMandate.signedOn", "This day is in the future.")] if wrong else [])


@pytest.mark.parametrize(
    ("number", "set_to", "held", "wrong"),
    [
        pytest.param("12345678", None, None, False, id="good"),
        pytest.param("1234567", None, None, True, id="no-country-is-dutch"),
        pytest.param("1234567", " nl ", "DE", True, id="country-that-is-set-counts"),
        pytest.param("1234567", "DE", "NL", False, id="abroad-by-what-is-set"),
        pytest.param("HRB 1234", None, "DE", False, id="abroad-by-what-is-held"),
        pytest.param("HRB 1234", None, "NL", True, id="dutch-by-what-is-held"),
        pytest.param(" ", None, "NL", False, id="blank-clears"),
    ],
)
def test_a_trade_register_number_is_checked_in_the_netherlands(number, set_to, held, wrong):
    """8 or 12 digits where the country that is set, else held, is the Netherlands or is not known."""
    values = {"chamberOfCommerce": number} | ({"address.countryCode": set_to} if set_to else {})
    words = "A number in the Dutch trade register has 8 digits, or 12 for a branch."
    expected = [("chamberOfCommerce", words)] if wrong else []
    assert said(values, before=based_in(held) if held else None) == expected


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("BE0411905847", id="belgian"),
        pytest.param("820098395B01", id="without-country"),
        pytest.param(" ", id="blank"),
    ],
)
def test_only_dutch_vat_numbers_have_a_form_here(number):
    """What does not begin with NL is for its system to judge."""
    assert said({"vatNumber": number}) == []


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
TEXT_PATHS = [
    path
    for path, each in CONTACT_INPUTS.items()
    if each.form not in (Form.FLAG, Form.DAY, Form.PERCENT, Form.ROLES, Form.EMAILS, Form.WORD)
]


@limits(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*TEXT_PATHS, "customFields.7"]), ANY_TEXT, max_size=12),
    st.lists(ANY_TEXT, max_size=4),
    ANY_TEXT,
)
def test_no_text_breaks_the_rules_and_none_is_shown(values, addresses, around):
    """Whatever is written, there is a verdict, each path is told once, and no message holds a value."""
    marked = {path: f"{around}{CANARY}{text}" for path, text in values.items()}
    lists = {"emails": (*addresses, f"{CANARY}{around}")}
    for given_values in (values, {"emails": tuple(addresses)}, {**marked, **lists}):
        found = faults_of(given_values, FREE, today=TODAY)
        assert CANARY not in "".join(fault.message for fault in found)
        assert {fault.path for fault in found} <= set(given_values)


@limits(deadline=None)
@given(ANY_TEXT, st.sampled_from([*TEXT_PATHS, "customFields.7"]))
def test_what_passes_can_be_written_as_utf_8(text, path):
    """A text without a fault has no half characters and no control characters but breaks and tabs."""
    if not faults_of({path: text}, FREE, today=TODAY) and text.strip():
        assert text.encode()
        assert not any(letter < " " and letter not in "\t\n\r" for letter in text)


@pytest.mark.parametrize("identifier", ["", "a b", "\ud800", "1\n", "x" * 65])
def test_an_id_that_no_custom_field_has(identifier):
    """A custom field is named by a plain id; anything else is refused without being repeated."""
    rules = {"customFields": FieldRule("customFields", writable=True, clearable=True)}
    found = faults_of({f"customFields.{identifier}": "x"}, rules, today=date(2026, 1, 1))
    assert [(each.code, each.path) for each in found] == [(FaultCode.INVALID, "customFields")]
