"""Identifiers as people write them, brought into one spelling: IBAN, BIC, VAT, KvK, phone, country, e-mail.

Nothing here raises on any text, and normalising twice changes nothing. Answers are remembered:
the same few thousand texts come back with every look at a book. The libraries are imported where
they are used, so that a command that needs none of them starts at once.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gateway.domain.text import fold

HOME = "NL"
"""Region in which a phone number without a country code is read when nothing is known of it."""

LANGUAGES = ("en", "nl", "de", "fr")
"""Languages whose country names are understood."""

NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two-letter codes among the library's territories that ISO 3166-1 does not give out.

Kosovo's XK is user-assigned and stays: the European Union and the vendors' lists use it.
"""

ALIASES = {
    "america": "US",
    "czech republic": "CZ",
    "el": "GR",
    "engeland": "GB",
    "england": "GB",
    "great britain": "GB",
    "groot brittannie": "GB",
    "grossbritannien": "GB",
    "grande bretagne": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "schotland": "GB",
    "scotland": "GB",
    "the netherlands": "NL",
    "tsjechische republiek": "CZ",
    "tschechische republik": "CZ",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
    "verenigde staten van amerika": "US",
    "vereinigte staaten von amerika": "US",
    "vs": "US",
    "wales": "GB",
}
"""What people write for a country besides its names, folded; `el` is how VAT numbers call Greece."""

_REMEMBERED = 32768

# Blanks of every width, invisible characters that copying brings along, dots and every kind of dash.
_FILLING = re.compile(r"[\s.\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_VAT = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,13}")
_CHAMBER = re.compile(r"[0-9]{8}(?:[0-9]{4})?")
_NOT_A_WORD = re.compile(r"[\W_]+")
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PIECE = re.compile(r'"[^"]*"(?=\s*<)|<[^<>,;]*>|[,;]|[^\s,;<>]+|[<>]')


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """Return the text without blanks, dots and dashes, in upper case: how identifiers are compared."""
    return _FILLING.sub("", text).upper()


@lru_cache(maxsize=_REMEMBERED)
def iban(text: str) -> str | None:
    """Return the IBAN in its electronic form, None when it is none or its check digits are wrong."""
    candidate = plain(text)
    if not _IBAN.fullmatch(candidate):
        return None
    from schwifty import IBAN

    return candidate if IBAN(candidate, allow_invalid=True).is_valid else None


@lru_cache(maxsize=_REMEMBERED)
def bic(text: str) -> str | None:
    """Return the BIC, 8 or 11 characters in upper case; None when it is none."""
    candidate = plain(text)
    if not _BIC.fullmatch(candidate):
        return None
    from schwifty import BIC

    return candidate if BIC(candidate, allow_invalid=True).is_valid else None


def vat_normal(text: str) -> str:
    """Return a VAT number's one spelling, whether it is a right one or not; empty for nothing."""
    return plain(text)


@lru_cache(maxsize=_REMEMBERED)
def vat_valid(text: str) -> bool:
    """Whether the text is a well-formed VAT number of the European Union, with its country's two letters.

    Form and check digits only; whether the number was given to anyone is for others to know.
    """
    candidate = plain(text)
    if not _VAT.fullmatch(candidate):
        return False
    from stdnum.eu import vat

    return bool(vat.is_valid(candidate))


@lru_cache(maxsize=_REMEMBERED)
def chamber_of_commerce(text: str) -> str | None:
    """Return the number in the Dutch trade register: 8 digits, 12 for a branch; None when it is none."""
    candidate = plain(text)
    return candidate if _CHAMBER.fullmatch(candidate) else None


@lru_cache(maxsize=_REMEMBERED)
def phone(text: str, country: str | None = None) -> str | None:
    """Return the number as E.164 ("+31201234567"), None when its country's plan has no such number.

    Args:
        text: As written; an extension is dropped.
        country: ISO 3166-1 alpha-2; where a number without country code is dialled. Default: the Netherlands.
    """
    code, number, _ = _dialled(text, country) or ("", "", "")
    return f"+{code}{number}" if code else None


@lru_cache(maxsize=_REMEMBERED)
def phone_digits(text: str, country: str | None = None) -> tuple[str, ...]:
    """Return the digits of a number in every way it is written: as stored, with +, with 00, national.

    Args:
        text: As written.
        country: As for `phone`.
    """
    stored = digits(text)
    dialled = _dialled(text, country)
    if dialled is None:
        return (stored,) if stored else ()
    code, number, prefix = dialled
    return tuple(dict.fromkeys((stored, code + number, f"00{code}{number}", prefix + number)))


def _dialled(text: str, country: str | None) -> tuple[str, str, str] | None:
    """Return a number's country code, the number within the country, and what is dialled before it there."""
    import phonenumbers
    from phonenumbers.phonenumberutil import ndd_prefix_for_region

    try:
        number = phonenumbers.parse(text, (country or HOME).upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    prefix = ndd_prefix_for_region(region, True) if region else None
    return str(number.country_code), phonenumbers.national_significant_number(number), prefix or ""


def digits(text: str) -> str:
    """Return the decimal digits of a text alone, as ASCII: how telephone numbers are compared."""
    return "".join(str(unicodedata.decimal(letter)) for letter in text if letter.isdecimal())


@lru_cache(maxsize=_REMEMBERED)
def country_code(text: str) -> str | None:
    """Return ISO 3166-1 alpha-2 for a code or a name in Dutch, English, German or French; else None."""
    code = text.strip().upper()
    if code in _english_names():
        return code
    return _codes_by_name().get(_words(text))


def country_name(code: str) -> str | None:
    """Return the English name of an ISO 3166-1 alpha-2 code in either case, None for an unknown one."""
    return _english_names().get(code.strip().upper())


@lru_cache(maxsize=_REMEMBERED)
def split_emails(text: str) -> tuple[str, ...]:
    """Return the addresses of a list as people type it, in order, each once (case aside).

    Commas, semicolons and blanks separate. Of `Jan <jan@example.com>` the address stays. A piece
    that is no address stays as it is, so that nothing stored gets lost.
    """
    found: dict[str, str] = {}
    for piece in _pieces(text):
        found.setdefault(piece.casefold(), piece)
    return tuple(found.values())


def is_email(text: str) -> bool:
    """Whether the text is one address and nothing else; whether it receives mail is for others to know."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    start: int | None = None  # where words began that are no address: a name, or something to keep
    end = 0
    for match in _PIECE.finditer(text):
        word = match.group()
        address = (word[1:-1] if word[0] == "<" else word).strip("\"' ")
        is_address = bool(_ADDRESS.fullmatch(address))
        if not is_address and word not in ",;":
            start = match.start() if start is None else start
            end = match.end()
            continue
        if start is not None and word[0] != "<":
            pieces.append(text[start:end])
        if is_address:
            pieces.append(address)
        start = None
    return pieces if start is None else [*pieces, text[start:end]]


def _words(text: str) -> str:
    return _NOT_A_WORD.sub(" ", fold(text)).strip()


@lru_cache(maxsize=1)
def _english_names() -> dict[str, str]:
    return _territories("en")


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    names = {_words(name): code for language in LANGUAGES for code, name in _territories(language).items()}
    return {**names, **ALIASES}


def _territories(language: str) -> dict[str, str]:
    from babel import Locale

    territories = Locale(language).territories
    return {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY
    }
