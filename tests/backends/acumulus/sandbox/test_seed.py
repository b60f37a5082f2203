import re
import time
from collections import Counter

import pytest

from gateway.backends.acumulus.sandbox import create
from gateway.backends.acumulus.sandbox.nodes import STORED
from gateway.emulation import people

FIRST = 1234001


@pytest.fixture(scope="module")
def book():
    """Everything stored of six hundred contacts, by contactid."""
    held = create(contacts=600).book
    return [held.contact(FIRST + place) for place in range(600)]


def column(book, name):
    return [stored[name] for stored in book]


def test_the_same_book_every_time():
    """Two sandboxes hold the same contacts, and a larger one begins with those of a smaller."""
    small, large = create(contacts=30).book, create(contacts=60).book

    assert [small.contact(FIRST + place) for place in range(30)] == [
        large.contact(FIRST + place) for place in range(30)
    ]
    assert (len(small), len(large)) == (30, 60)


def test_every_node_is_stored(book):
    """Each contact holds every node a write has, and nothing that XML cannot carry."""
    assert {tuple(stored) for stored in book} == {STORED}
    lines = ("contactinvoicenotes", "contactabout")
    texts = [
        text.replace("\n", "") if name in lines else text for stored in book for name, text in stored.items()
    ]
    assert not [text for text in texts if re.search(r"[\x00-\x1f]", text)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("contacttype", {"1", "2", "3"}, id="types"),
        pytest.param("contactvattypeid", {"1", "2"}, id="VAT liability"),
        pytest.param("contactvattype", {"", *"1234567"}, id="VAT types"),
        pytest.param("contactvatratebase", {"-2", "-1", "0", "6", "9", "19", "21"}, id="VAT rates"),
        pytest.param("contactsepaincassostatus", {"FRST", "RCUR", "OOFF", "FNAL"}, id="SEPA"),
        pytest.param("contactprivaterate", {"", "12.50", "0", "100", "33.3"}, id="private rates"),
        pytest.param("contactcountrycode", {"", "NL", "BE", "DE"}, id="countries"),
        pytest.param("contactstatus", {"0", "1"}, id="statuses"),
        pytest.param("contactcostheadingid", {"0", "19", "10", "23", "31"}, id="cost headings"),
    ],
)
def test_values_that_occur(book, name, values):
    """The sample book holds every value a node may have, and no other."""
    assert set(column(book, name)) == values


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        pytest.param("contactyourid", r"0\d+", id="own id with leading zeros"),
        pytest.param("contactemail", r"\S+@\S+,\S+@\S+", id="addresses with a comma"),
        pytest.param("contactemail", r"\S+@\S+; \S+@\S+", id="addresses with semicolon and blank"),
        pytest.param("contactname1", r".*\\L.*", id="backslash in a name"),
        pytest.param("contactmark", r"A\\B", id="backslash in a label"),
        pytest.param("contactabout", r".*\\nieuw.*", id="backslash and n that are no line break"),
        pytest.param("contactname1", r".*]]>.*", id="end of CDATA in a name"),
        pytest.param("contactname1", r".* BV", id="legal form without dots"),
        pytest.param("contactabout", r".+\n.+\n.+", id="line break in a note"),
        pytest.param("contactinvoicenotes", r".+\n.+\n.+", id="line break in invoice notes"),
        pytest.param("contactiban", r"NL\d\d [A-Z]{4} .*", id="IBAN with blanks"),
        pytest.param("contactiban", r"[\d.]{7,12}", id="old account number"),
        pytest.param("contactsepamandatedate", r"\d{4}-\d\d-\d\d", id="mandate's date"),
        pytest.param("contacttelephone2", r".+", id="second telephone"),
        pytest.param("contactentrydescription", r".+", id="entry description"),
    ],
)
def test_awkward_values_occur(book, name, pattern):
    """The sample book holds what careless code falls over."""
    assert any(re.fullmatch(pattern, text) for text in column(book, name))


def test_shares_are_as_in_a_real_book(book):
    """A few contacts are disabled or nearly empty, a fifth has an alternative address."""
    disabled = column(book, "contactstatus").count("0")
    alternative = sum(bool(text) for text in column(book, "contactaltname1"))
    nearly_empty = sum(not (stored["contactyourid"] or stored["contactperson"]) for stored in book)

    assert 0.02 < disabled / 600 < 0.08
    assert 0.15 < alternative / 600 < 0.25
    assert 0.01 < nearly_empty / 600 < 0.06


def test_small_book_holds_what_a_write_can_destroy():
    """Among the usual two hundred are contacts with each thing that a careless overwrite loses or brings."""
    held = create(contacts=200).book
    book = [held.contact(FIRST + place) for place in range(200)]
    alternative = [name for name in STORED if name.startswith("contactalt")]
    optional = ("contactyourid", "contactemail", "contactaddress1", "contactcountrycode", "contactiban")

    assert any(all(stored[name] for name in alternative) for stored in book)
    assert any(stored["contactsepamandatenr"] and stored["contactsepamandatedate"] for stored in book)
    assert any(stored["contactcountrycode"] == "" for stored in book)
    assert any(stored["contactstatus"] == "0" for stored in book)
    assert any(stored["contactname1"] and not any(stored[name] for name in optional) for stored in book)


def test_own_ids_are_not_unique(book):
    """Some contacts have the same reference of their own, as Acumulus allows."""
    counts = Counter(filter(None, column(book, "contactyourid")))

    assert any(count > 1 for count in counts.values())
    assert sum(count > 1 for count in counts.values()) <= 3


def test_shared_parties_are_written_a_little_differently(book):
    """Some of the parties that other systems hold too have another spelling of name, phone or e-mail here."""
    shared = [
        (people.party(place), book[place]) for place in range(0, 600, 4) if book[place]["contactyourid"]
    ]

    names = [(party.company_name, stored["contactname1"]) for party, stored in shared if party.company_name]
    phones = [(party.phones[0], stored["contacttelephone"]) for party, stored in shared if party.phones]
    emails = [(party.emails[0], stored["contactemail"]) for party, stored in shared if party.emails]

    assert {theirs == ours for theirs, ours in names} == {True, False}
    assert {theirs == ours for theirs, ours in phones} == {True, False}
    assert {ours.startswith(theirs) for theirs, ours in emails} == {True, False}


def test_two_thousand_are_seeded_soon():
    """A book of two thousand contacts takes little of a processor's time."""
    started = time.process_time()

    create(contacts=2000)

    assert time.process_time() - started < 1.5
