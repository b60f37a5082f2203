"""Invented identifiers."""

import pytest
import schwifty
from stdnum.be import iban as belgian_iban
from stdnum.be import vat as belgian_vat
from stdnum.de import vat as german_vat
from stdnum.nl import bsn

from gateway.emulation import identifiers
from gateway.emulation.draw import Draw

DRAWS = [Draw(seed) for seed in range(300)]


@pytest.mark.parametrize("country", ["NL", "BE", "DE"])
def test_accounts_belong_to_their_country(country):
    """IBAN and BIC are of the country asked and the IBAN's check digits are right."""
    for draw in DRAWS:
        iban, bic = identifiers.account(country, draw)
        assert schwifty.IBAN(iban).country_code == country == schwifty.BIC(bic).country_code


def test_belgian_accounts_have_their_national_check():
    """The two last digits of a Belgian account are right too."""
    assert all(belgian_iban.is_valid(identifiers.account("BE", draw)[0]) for draw in DRAWS)


def test_another_country_gets_a_dutch_account():
    """A country without a form of its own has a Dutch account."""
    assert identifiers.account("FR", Draw(1))[0].startswith("NL")


@pytest.mark.parametrize(
    ("country", "check"),
    [
        # The older Dutch form only: the newer one would pass one wrong number in 97.
        pytest.param("NL", lambda number: bsn.is_valid(number[2:11]) and number.endswith("B01"), id="NL"),
        pytest.param("BE", belgian_vat.is_valid, id="BE"),
        pytest.param("DE", german_vat.is_valid, id="DE"),
    ],
)
def test_vat_numbers_pass_their_national_check(country, check):
    """Every invented VAT number is right, with its prefix."""
    numbers = [identifiers.vat_number(country, draw) for draw in DRAWS]
    assert all(number.startswith(country) and check(number) for number in numbers)
    assert len(set(numbers)) > 290


def test_no_vat_number_elsewhere():
    """Outside the three countries there is none."""
    assert identifiers.vat_number("FR", Draw(1)) is None


def test_old_accounts_are_no_ibans():
    """An old account number is seven digits, or nine with dots."""
    found = [identifiers.old_account(draw) for draw in DRAWS]
    assert {len(number.replace(".", "")) for number in found} == {7, 9}
    assert any("." in number for number in found)
