"""IBAN, BIC, VAT, KvK, phone, country and e-mail lists in one spelling."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain import identifiers

texts = st.text(max_size=60) | st.text("abNL019 .,-;<>@\"'+()\n\u00a0\u2013\u0130ß²٣", max_size=60)
shared = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("NL91 ABNA 0417.1643.00", "NL91ABNA0417164300", id="blanks-and-dots"),
        pytest.param("nl91abna0417164300", "NL91ABNA0417164300", id="lower-case"),
        pytest.param("BE68-5390-0754-7034", "BE68539007547034", id="dashes"),
        pytest.param("NL91ABNA0417164301", None, id="wrong-check-digits"),
        pytest.param("417164300", None, id="old-account-number"),
        pytest.param("ZZ91ABNA0417164300", None, id="no-such-country"),
        pytest.param("", None, id="empty"),
    ],
)
def test_an_iban_is_told_from_what_is_none(text, expected):
    """A valid IBAN comes back in its electronic form, anything else is None."""
    assert identifiers.iban(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("abnanl2a", "ABNANL2A", id="eight"),
        pytest.param("RABO NL 2U XXX", "RABONL2UXXX", id="eleven"),
        pytest.param("ABNAZZ2A", None, id="no-such-country"),
        pytest.param("ABNANL2AX", None, id="nine"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_bic_is_told_from_what_is_none(text, expected):
    """A BIC has 8 or 11 characters and a country that exists."""
    assert identifiers.bic(text) == expected


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        pytest.param("NL 8200.98.395.B.01", True, id="dutch"),
        pytest.param("BE 0411.905.847", True, id="belgian"),
        pytest.param("de136695976", True, id="german"),
        pytest.param("NL820098396B01", False, id="wrong-check-digit"),
        pytest.param("820098395B01", False, id="without-country"),
        pytest.param("US123456789", False, id="outside-the-union"),
        pytest.param("", False, id="empty"),
    ],
)
def test_a_vat_number_is_checked(text, valid):
    """Form and check digits of a VAT number are judged under its country's rule."""
    assert identifiers.vat_valid(text) is valid


def test_a_vat_number_has_one_spelling_even_when_it_is_wrong():
    """Blanks, dots and dashes go and letters are upper case, valid or not."""
    assert identifiers.vat_normal(" nl 0000.00-000 b 01 ") == "NL000000000B01"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1234 5678", "12345678", id="eight"),
        pytest.param("12345678.0001", "123456780001", id="branch"),
        pytest.param("1234567", None, id="seven"),
        pytest.param("1234567A", None, id="a-letter"),
        pytest.param("²2345678", None, id="no-ascii-digit"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_trade_register_number_has_eight_or_twelve_digits(text, expected):
    """Eight digits are a company, twelve a branch, anything else is none."""
    assert identifiers.chamber_of_commerce(text) == expected


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        pytest.param("020-123 45 67", None, "+31201234567", id="dutch-unless-told"),
        pytest.param("06 12345678", "nl", "+31612345678", id="mobile-lower-case-country"),
        pytest.param("02 555 12 12", "BE", "+3225551212", id="belgian"),
        pytest.param("+49 (0)30 901820", "NL", "+4930901820", id="country-code-wins"),
        pytest.param("0031 20 1234567", "NL", "+31201234567", id="dialled-from-home"),
        pytest.param("1234", "NL", None, id="too-short"),
        pytest.param("099 1234567", "NL", None, id="no-such-area"),
        pytest.param("020-1234567", "QQ", None, id="no-such-country"),
        pytest.param("bellen na zes uur", None, None, id="words"),
        pytest.param("", None, None, id="empty"),
    ],
)
def test_a_phone_number_is_read_where_it_is_dialled(text, country, expected):
    """A national number is read in the country given, an international one in its own."""
    assert identifiers.phone(text, country) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("nl", "NL", id="code"),
        pytest.param(" Nederland ", "NL", id="dutch"),
        pytest.param("Netherlands", "NL", id="english"),
        pytest.param("NIEDERLANDE", "NL", id="german"),
        pytest.param("Pays-Bas", "NL", id="french"),
        pytest.param("Holland", "NL", id="alias"),
        pytest.param("UK", "GB", id="alias-code"),
        pytest.param("el", "GR", id="greece-in-vat-numbers"),
        pytest.param("Belgie", "BE", id="without-the-accent"),
        pytest.param("Groot-Brittannië", "GB", id="hyphen-and-accent"),
        pytest.param("EU", None, id="a-union"),
        pytest.param("ZZ", None, id="unknown-code"),
        pytest.param("Atlantis", None, id="unknown-name"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_country_is_known_by_code_and_by_name(text, expected):
    """Codes, names in four languages and everyday names lead to one code."""
    assert identifiers.country_code(text) == expected


def test_every_country_name_leads_back_to_its_code():
    """No two countries share a name in any of the languages, and no alias hides one."""
    for language in identifiers.LANGUAGES:
        for code, name in identifiers._territories(language).items():
            assert identifiers.country_code(name) == code, (language, name)


def test_a_code_has_an_english_name():
    """A code of either case has its English name, an unknown one has none."""
    assert identifiers.country_name("nl") == "Netherlands"
    assert identifiers.country_name("ZZ") is None
    assert identifiers.country_name("") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", (), id="empty"),
        pytest.param(" , ; ", (), id="separators-only"),
        pytest.param("a@x.nl, b@y.nl; c@z.nl d@z.nl\ne@z.nl", tuple("abcde"), id="every-separator"),
        pytest.param("Jan <a@x.nl>", ("a",), id="a-name"),
        pytest.param("Jan de Vries <a@x.nl> Piet <b@y.nl>", ("a", "b"), id="names-in-a-row"),
        pytest.param('"Vries, Jan" <a@x.nl>; b@y.nl', ("a", "b"), id="a-quoted-name-with-a-comma"),
        pytest.param("a@x.nl, A@X.nl, b@y.nl", ("a", "b"), id="once-each"),
        pytest.param("\"a@x.nl\", 'b@y.nl'", ("a", "b"), id="quotes"),
        pytest.param("a@x.nl, niet bekend; b@y.nl", ("a", "niet bekend", "b"), id="no-address-stays"),
        pytest.param("onbekend a@x.nl", ("onbekend", "a"), id="a-word-before-an-address-stays"),
        pytest.param('"a@x.nl, b@y.nl"', ("a", "b"), id="a-quoted-list"),
        pytest.param("<leeg>", ("<leeg>",), id="brackets-without-an-address"),
    ],
)
def test_a_list_of_addresses_falls_apart(text, expected):
    """Addresses come out in order and once each; what is none is kept as it is."""
    found = identifiers.split_emails(text)
    assert tuple(piece.split("@")[0] for piece in found) == expected


def test_an_address_keeps_its_spelling():
    """Of two spellings the first stays, with its capitals."""
    assert identifiers.split_emails("Jan@X.nl, jan@x.nl") == ("Jan@X.nl",)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("jan@example.com", True, id="plain"),
        pytest.param(" Jan.de-Vries+shop@mail.example.nl\n", True, id="blanks-around"),
        pytest.param("jan@localhost", True, id="without-a-dot"),
        pytest.param("zoë@exämple.nl", True, id="accents"),
        pytest.param("jan", False, id="a-word"),
        pytest.param("jan@", False, id="nothing-behind"),
        pytest.param("@example.com", False, id="nothing-before"),
        pytest.param("jan@example@com", False, id="two-at-signs"),
        pytest.param("jan de vries@example.com", False, id="a-blank-within"),
        pytest.param("a@x.nl,b@y.nl", False, id="two-with-a-comma"),
        pytest.param("a@x.nl;b@y.nl", False, id="two-with-a-semicolon"),
        pytest.param("<jan@example.com>", False, id="brackets"),
        pytest.param("", False, id="empty"),
    ],
)
def test_one_address_is_told_from_what_is_none(text, is_one):
    """One address, blanks around it or not; a list, a name or a word is none."""
    assert identifiers.is_email(text) is is_one


@shared
@given(texts)
def test_an_address_is_a_list_of_one(text):
    """What is an address falls apart into itself alone, but for quotes around it."""
    if identifiers.is_email(text) and not set(text) & set("\"'"):
        assert identifiers.split_emails(text) == (text.strip(),)


def test_filling_of_every_width_goes():
    """Blanks, dots, dashes and invisible characters are no part of an identifier."""
    assert identifiers.plain("nl\u00a091\u200b.ab\u2013cd\ufeff-1\u2009\t") == "NL91ABCD1"


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        pytest.param("020-123 45 67", "NL", ("0201234567", "31201234567", "0031201234567"), id="national"),
        pytest.param(
            "+31 (0)20 1234567",
            None,
            ("310201234567", "31201234567", "0031201234567", "0201234567"),
            id="with-a-zero",
        ),
        pytest.param("0031 20 1234567", "NL", ("0031201234567", "31201234567", "0201234567"), id="dialled"),
        pytest.param(
            "+31201234567", None, ("31201234567", "0031201234567", "0201234567"), id="international"
        ),
        pytest.param(
            "020-1234567", None, ("0201234567", "31201234567", "0031201234567"), id="dutch-unless-told"
        ),
        pytest.param(
            "+39 06 1234 5678", "NL", ("390612345678", "00390612345678", "0612345678"), id="a-zero-that-stays"
        ),
        pytest.param("12 34", "NL", ("1234",), id="no-such-number"),
        pytest.param("\u0660\u0662\u0660", None, ("020",), id="other-digits"),
        pytest.param("ask the desk", "NL", (), id="no-number"),
        pytest.param("", "NL", (), id="empty"),
    ],
)
def test_a_number_is_found_in_every_way_it_is_written(text, country, expected):
    """As stored, international with + or 00, and national: each once, in digits; for no number, none."""
    assert identifiers.phone_digits(text, country) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("+31 (0)20-123.45.67", "310201234567", id="signs-and-blanks"),
        pytest.param("\u0661\uff12\u096b", "125", id="other-scripts"),
        pytest.param("\u00b2\u2460\u2167x", "", id="signs-that-are-no-digits"),
    ],
)
def test_digits_are_what_numbers_are_compared_by(text, expected):
    """Decimal digits of any script come out as ASCII, and nothing else does."""
    assert identifiers.digits(text) == expected


@shared
@given(texts, st.sampled_from([None, "NL", "BE", "ZZ"]))
def test_any_text_has_digits_or_none(text, country):
    """Whatever a number is, its forms are ASCII digits, each once, and the stored ones come first."""
    forms = identifiers.phone_digits(text, country)
    assert all(form.isascii() and form.isdigit() for form in forms)
    assert len(set(forms)) == len(forms)
    assert forms[:1] == ((identifiers.digits(text),) if identifiers.digits(text) else ())


@shared
@given(texts)
@pytest.mark.parametrize(
    "normalise",
    [
        identifiers.plain,
        identifiers.iban,
        identifiers.bic,
        identifiers.vat_normal,
        identifiers.chamber_of_commerce,
        identifiers.phone,
        identifiers.country_code,
    ],
    ids=lambda function: getattr(function, "__name__", "?"),
)
def test_normalising_twice_changes_nothing(normalise, text):
    """No text makes a normaliser raise, and its answer is its own normal form."""
    once = normalise(text)
    assert once is None or normalise(once) == once


@shared
@given(texts)
def test_judging_never_raises(text):
    """Any text has a verdict as VAT number and a name, or none, as country."""
    assert identifiers.vat_valid(text) in (True, False)
    assert identifiers.country_name(text) is None or text.strip().upper() in identifiers._english_names()


@shared
@given(texts, st.text(max_size=3))
def test_a_phone_number_needs_no_sensible_country(text, country):
    """Neither number nor country has to make sense for an answer."""
    once = identifiers.phone(text, country)
    assert once is None or identifiers.phone(once, country) == once


@shared
@given(texts)
def test_splitting_what_was_split_changes_nothing(text):
    """The pieces, joined by commas, fall apart into themselves; none is blank or there twice."""
    pieces = identifiers.split_emails(text)
    assert identifiers.split_emails(", ".join(pieces)) == pieces
    assert all(piece.strip() for piece in pieces)
    assert len({piece.casefold() for piece in pieces}) == len(pieces)


def test_importing_brings_no_library():
    """The tables of countries, banks and phone plans are read when first asked for."""
    code = (
        "import sys, gateway.domain.identifiers\n"
        "print(sorted({'babel', 'phonenumbers', 'schwifty', 'stdnum'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert shown.stdout.strip() == "[]"
