"""Bank accounts as SEPA fields want them.

Source: ISO 13616 (IBAN: form and check digits), ISO 9362 (form of a BIC). That Moneybird derives a BIC was
seen in its examples for Dutch accounts; other countries' BICs have to be given here, but for those of the
invented banks of the sample book.
"""

from __future__ import annotations

import re

_LENGTHS = {
    "AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22,
    "IE": 22, "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "SE": 24,
}  # fmt: skip
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DUTCH = re.compile(r"NL[0-9]{2}[A-Z]{4}[0-9]{10}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_INVENTED = (
    (re.compile(r"BE[0-9]{2}999[0-9]{9}"), "TESTBEBB"),
    (re.compile(r"DE[0-9]{2}999[0-9]{15}"), "TESTDEFF"),
)
_DUTCH_PLACES = {"ASNB": "21", "BUNQ": "2A", "KNAB": "2H", "RABO": "2U", "TRIO": "2U"}


def compact(account: str) -> str:
    """Return an account number without blanks, in capitals."""
    return "".join(account.split()).upper()


def is_iban(account: str) -> bool:
    """Tell whether a compact account number is an IBAN: form, length of its country, check digits."""
    if not _IBAN.fullmatch(account) or len(account) != _LENGTHS.get(account[:2], len(account)):
        return False
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def is_bic(code: str) -> bool:
    """Tell whether a text has the form of a BIC, of 8 or 11 signs."""
    return _BIC.fullmatch(code) is not None


def derived_bic(account: str) -> str:
    """Return the BIC of a compact IBAN, Dutch or of an invented bank; empty for any other account."""
    if not _DUTCH.fullmatch(account):
        return next((code for form, code in _INVENTED if form.fullmatch(account)), "")
    bank = account[4:8]
    return f"{bank}NL{_DUTCH_PLACES.get(bank, '2A')}"
