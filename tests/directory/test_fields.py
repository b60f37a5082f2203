"""Each field's text and normal form, what is searched, and which paths rows tell."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.fields import (
    FIELDS,
    FILTERABLE,
    SEARCHED,
    code,
    country,
    covers,
    field,
    lacks,
    micros,
    searched_code,
    searched_codes,
    searched_words,
    trimmed,
)
from gateway.domain.contact import (
    BankAccount,
    CustomField,
    Phone,
    PhoneKind,
    PostalAddress,
    VatNumber,
)
from gateway.domain.mandate import SepaMandate
from gateway.domain.note import Note
from gateway.domain.person import Person
from tests.fakes import NOW, contact

TEXTS = st.text() | st.text(st.sampled_from("aÄß. -–…１ıİ/+()\u0301\u00a0"))


@pytest.mark.parametrize(
    ("normal", "text", "expected"),
    [
        pytest.param(code, "NL91 ABNA-0417.1643 00", "nl91abna0417164300", id="iban"),
        pytest.param(code, "1011\u2013AB", "1011ab", id="a-longer-dash"),
        pytest.param(code, "nl…1", "nl1", id="three-dots-in-one-sign"),
        pytest.param(code, " - ", "", id="nothing-left"),
        pytest.param(searched_code, "(020) 12/34+5", "02012345", id="signs-of-numbers"),
        pytest.param(trimmed, " K-12.3 ", "k-12.3", id="a-customer-number-keeps-its-dash"),
        pytest.param(country, " nederland ", "NL", id="a-country-by-name"),
        pytest.param(country, "be", "BE", id="a-country-by-code"),
        pytest.param(country, "Atlantis", "ATLANTIS", id="no-country"),
    ],
)
def test_normal_forms(normal, text, expected):
    """What is compared is left, and nothing else."""
    assert normal(text) == expected


@settings(deadline=None)
@given(TEXTS)
def test_normal_twice(text):
    """Bringing a text into its normal form twice changes nothing, whatever the text."""
    for name, each in FIELDS.items():
        assert each.normal(each.normal(text)) == each.normal(text), name
    assert searched_code(searched_code(text)) == searched_code(text)


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_micros(one, other):
    """Moments become whole numbers that differ as the moments do, long ago and far ahead too."""
    assert micros(one) - micros(other) == (one - other) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), 0, id="the-beginning"),
        pytest.param(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC), -500_000, id="before"),
        pytest.param(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0, id="another-zone"),
        pytest.param(
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 253_402_300_799_999_999, id="the-end"
        ),
    ],
)
def test_moments(moment, expected):
    """A moment is microseconds since 1970 in UTC, to the last one."""
    assert micros(moment) == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        pytest.param("name", {"company_name": "ANN", "full_name": "Bö"}, ("ann", "bo"), id="each-name-once"),
        pytest.param("city", {"address": PostalAddress(city="\u0301")}, (), id="marks-alone-are-nothing"),
        pytest.param("city", {"address": None}, (), id="no-address"),
        pytest.param("phone", {"phones": None}, (), id="no-phones"),
        pytest.param(
            "phone",
            {"phones": (Phone("0031 20 123 4567", PhoneKind.MAIN),)},
            ("0031201234567", "31201234567", "0201234567"),
            id="a-number-in-all-spellings",
        ),
        pytest.param(
            "phone",
            {"phones": (Phone("02 511 22 33", PhoneKind.FAX),), "address": PostalAddress(country_code="BE")},
            ("025112233", "3225112233", "003225112233"),
            id="a-number-of-its-country",
        ),
        pytest.param("trusted", {"trust": None}, (), id="trust-not-told"),
        pytest.param("hasMandate", {}, ("false",), id="no-mandate"),
        pytest.param("hasMandate", {"has_payments_mandate": True}, ("true",), id="a-payments-mandate"),
        pytest.param("hasMandate", {"sepa_mandate": SepaMandate(True)}, ("true",), id="a-sepa-mandate"),
        pytest.param("hasMandate", {"sepa_mandate": SepaMandate(False)}, ("false",), id="not-active"),
        pytest.param("hasMandate", {"unknown": frozenset({"mandate"})}, (), id="mandates-not-told"),
        pytest.param(
            "hasMandate",
            {"has_payments_mandate": True, "unknown": frozenset({"mandate.sepa"})},
            ("true",),
            id="one-mandate-is-enough",
        ),
        pytest.param("hasOpenTodo", {"notes": (Note("1", "a", is_todo=True),)}, ("true",), id="to-do"),
        pytest.param(
            "hasOpenTodo", {"notes": (Note("1", "", is_todo=True, completed_at=NOW),)}, ("false",), id="done"
        ),
        pytest.param(
            "hasOpenTodo", {"notes": None, "unknown": frozenset({"notes"})}, (), id="notes-not-told"
        ),
        pytest.param(
            "customField:7",
            {"custom_fields": (CustomField("7", "x", "Éé"), CustomField("8", "x", "no"))},
            ("ee",),
            id="the-custom-field-asked-for",
        ),
        pytest.param("updatedAt", {"updated_at": NOW}, (micros(NOW),), id="a-moment"),
    ],
)
def test_values(name, values, expected):
    """A field's values are those of the contact in normal form, each once, and none where nothing is told."""
    assert tuple(field(name).values(contact("1", "Ann", **values))) == expected


def test_everything_filterable_has_a_field():
    """Each path that is said to be filterable leads to a filter that there is."""
    names = set(FIELDS) | {"system", "customField"}
    assert {path: name for path, name in FILTERABLE.items() if name not in names} == {}


FULL = {
    "company_name": "company",
    "full_name": "full",
    "department": "department",
    "attention": "attention",
    "label": "label",
    "website": "website",
    "customer_number": "number",
    "emails": ("mail@one",),
    "phones": (Phone("06 111 222 33", PhoneKind.FAX),),
    "address": PostalAddress("n1", "d1", "a1", "line1", "line2", "10-11", "city1", "NL"),
    "alternative_address": PostalAddress("n2", "d2", "a2", "line3", "line4", "20-22", "city2"),
    "vat_number": VatNumber("NL.1"),
    "chamber_of_commerce": "12 34",
    "bank_account": BankAccount("NL 91", description="Giro 5/5"),
    "persons": (Person("1", "person", phone="+32 2 511 22 33", email="mail@two"),),
    "sepa_mandate": SepaMandate(active=True, iban="BE 68"),
}


def test_what_is_searched():
    """Names, persons, addresses, e-mail and labels are searched as text; identifiers in their normal form."""
    whole = contact("1", "shown", **FULL)
    assert set(searched_words(whole)) == {
        *("shown", "company", "full", "department", "attention", "label", "website", "number", "mail@one"),
        *("n1", "d1", "a1", "line1", "line2", "10-11", "city1", "n2", "d2", "a2", "line3", "line4", "20-22"),
        *("city2", "person", "mail@two", "giro 5/5"),
    }
    assert set(searched_codes(whole)) == {
        *("nl1", "1234", "nl91", "be68", "giro55", "1011", "2022", "0611122233", "31611122233"),
        *("0031611122233", "3225112233", "003225112233", "025112233"),
    }


def test_a_name_in_parts():
    """First and last name are searched where no full name is told."""
    assert {"piet", "puk"} <= set(searched_words(contact("1", first_name="Piet", last_name="Puk")))


@pytest.mark.parametrize(
    ("unknown", "paths", "expected"),
    [
        pytest.param(set(), ("phones",), False, id="all-is-known"),
        pytest.param({"phones"}, ("emails", "phones"), True, id="one-of-several"),
        pytest.param({"address"}, ("address.city",), True, id="above"),
        pytest.param({"address.city"}, ("address",), False, id="below"),
        pytest.param({"addr"}, ("address.city",), False, id="a-shorter-word"),
        pytest.param({"persons"}, SEARCHED, True, id="a-part-of-what-is-searched"),
        pytest.param({"notes"}, SEARCHED, False, id="nothing-that-is-searched"),
    ],
)
def test_lacks(unknown, paths, expected):
    """A path is lacking when it, or what it stands below, is unknown."""
    assert lacks(frozenset(unknown), paths) is expected


@pytest.mark.parametrize(
    ("listed", "paths", "expected"),
    [
        pytest.param({""}, {"anything", "a.b"}, True, id="everything-is-listed"),
        pytest.param({"name"}, set(), True, id="nothing-is-asked"),
        pytest.param({"name"}, {"name"}, True, id="named"),
        pytest.param({"source"}, {"source.version", "source.raw.x"}, True, id="below-what-is-named"),
        pytest.param({"source.version"}, {"source"}, False, id="above-what-is-named"),
        pytest.param({"name"}, {"names"}, False, id="a-longer-word"),
        pytest.param({"name"}, {"name", "phones"}, False, id="one-lacks"),
        pytest.param(set(), {"name"}, False, id="nothing-is-listed"),
    ],
)
def test_covers(listed, paths, expected):
    """Rows are enough when each path asked for, or one above it, is listed."""
    assert covers(frozenset(listed), paths) is expected
