"""Invented bank account, VAT and registration numbers whose check digits are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.emulation.draw import Draw

_DUTCH_BANKS = ("TEST", "DEMO", "MOCK", "FAKE")
_BICS = {"NL": "{bank}NL2A", "BE": "TESTBEBB", "DE": "TESTDEFF"}


def account(country: str, draw: Draw) -> tuple[str, str]:
    """Invent an IBAN and its BIC for `country` ("NL", "BE" or "DE"; others get a Dutch one).

    The IBAN has no spaces; both its own check digits and the national ones are right.
    """
    bank = draw.pick(_DUTCH_BANKS)
    if country == "BE":
        basic = _belgian_account(draw)
    elif country == "DE":
        basic = f"999{draw.digits(5)}{draw.digits(10)}"
    else:
        country, basic = "NL", bank + _dutch_account(draw)
    return f"{country}{_iban_check(country, basic)}{basic}", _BICS[country].format(bank=bank)


def old_account(draw: Draw) -> str:
    """Invent an account number as written before IBAN: seven digits, or nine with dots."""
    if draw.chance(50):
        return str(1_000_000 + draw.below(9_000_000))
    digits = _dutch_account(draw)[1:]
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"


def vat_number(country: str, draw: Draw) -> str | None:
    """Invent a VAT number with its country prefix and right check digits; None outside NL, BE and DE."""
    if country == "NL":
        return f"NL{_eleven_proof(draw.digits(8))}B01"
    if country == "BE":
        stem = f"0{draw.digits(7)}"
        return f"BE{stem}{97 - int(stem) % 97:02d}"
    if country == "DE":
        stem = f"{1 + draw.below(9)}{draw.digits(7)}"
        return f"DE{stem}{_mod_11_10(stem)}"
    return None


def _iban_check(country: str, basic: str) -> str:
    number = "".join(str(int(sign, 36)) for sign in f"{basic}{country}00")
    return f"{98 - int(number) % 97:02d}"


def _dutch_account(draw: Draw) -> str:
    stem = int("0" + draw.digits(8))
    while True:
        digits = f"{stem:09d}"
        check = -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
        stem += 1


def _belgian_account(draw: Draw) -> str:
    stem = f"999{draw.digits(7)}"
    return f"{stem}{int(stem) % 97 or 97:02d}"


def _eleven_proof(stem: str) -> str:
    number = int(stem)
    while True:
        digits = f"{number % 100_000_000:08d}"
        check = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
        if check < 10 and number % 100_000_000:
            return f"{digits}{check}"
        number += 1


def _mod_11_10(stem: str) -> int:
    product = 10
    for digit in stem:
        product = ((int(digit) + product - 1) % 10 + 1) * 2 % 11
    return (11 - product) % 10
