"""Invented people."""

import schwifty
from stdnum.be import vat as belgian_vat
from stdnum.de import vat as german_vat
from stdnum.nl import btw

from gateway.emulation import people

BOOK = [people.party(number) for number in people.numbers(1_000_000, 2000)]


def test_a_party_is_a_pure_function_of_its_number():
    """The same number gives the same party, and neighbours differ."""
    assert people.party(17) == people.party(17)
    assert people.party(16).created_at != people.party(17).created_at
    assert len({(party.phones, party.created_at) for party in BOOK}) == len(BOOK)


def test_a_known_party_never_changes():
    """A fixed number keeps its name on every machine and every Python."""
    assert people.party(0).company_name == "Ijsvogelnest Fietsen Zuid B.V."
    assert people.party(0).vat_number == "NL195929482B01"


def test_a_quarter_of_every_book_is_shared():
    """Two books of a hundred have exactly the numbers that divide by four in common."""
    shared = set(people.numbers(0, 100)) & set(people.numbers(1_000_000, 100))
    assert shared == set(range(0, 100, 4))


def test_accounts_have_right_check_digits():
    """Whatever starts like an IBAN is one, and old account numbers occur too."""
    accounts = [party.iban for party in BOOK if party.iban]
    ibans = [account for account in accounts if account[:2].isalpha()]
    assert all(schwifty.IBAN(account) for account in ibans)
    assert {account[:2] for account in ibans} == {"NL", "BE", "DE"}
    assert any(" " in account for account in ibans)
    assert len(ibans) < len(accounts)


def test_vat_numbers_have_right_check_digits():
    """Dutch, Belgian and German VAT numbers pass their national check."""
    check = {"NL": btw.is_valid, "BE": belgian_vat.is_valid, "DE": german_vat.is_valid}
    numbers = [party.vat_number for party in BOOK if party.vat_number]
    assert {number[:2] for number in numbers} == set(check)
    assert all(check[number[:2]](number) for number in numbers)


def test_customer_numbers_are_unique_and_some_have_leading_zeros():
    """No two parties of a book share a customer number."""
    found = [party.customer_number for party in BOOK]
    assert len(set(found)) == len(found)
    assert any(number.startswith("0") and len(number) > 1 for number in found)


def test_awkward_values_occur():
    """A book of two thousand holds what breaks careless code."""
    text = repr(BOOK)
    for awkward in ("ß", "ø", "'t ", '"De', "<", "&", "]]>", "🌷", "خيال", r"\n", r"\\\\server"):
        assert awkward in text
    assert {None, ""} <= {party.city for party in BOOK}
    assert any(";" in entry for party in BOOK for entry in party.emails)
    assert max(len(party.company_name or "") for party in BOOK) > 150


def test_every_party_has_a_name_and_ordered_times():
    """A party without a company is a person with a last name, and is not updated before it was made."""
    assert all(party.company_name or party.last_name for party in BOOK)
    assert all(party.created_at <= party.updated_at for party in BOOK)
    assert 0.03 < sum(party.archived for party in BOOK) / len(BOOK) < 0.08
