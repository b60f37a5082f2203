"""A made-up book of any size: the same people every time, with rare and common things planted in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from gateway.domain.contact import (
    BookingDefaults,
    Contact,
    ContactKey,
    ContactKind,
    ContactRole,
    ContactStatus,
    Estimates,
    Invoicing,
    Phone,
    PhoneKind,
    PostalAddress,
)

SYSTEM = "moneybird"
COMMON, SECOND, RARE, ABSENT = "bakkerij", "noord", "zilverreiger", "qqxyzzy"
"""Words in one name of 15, of 10, of 10,000, and of none."""

SELECTIVE = "Zilverdam"
"""A city in one address of 2,000."""

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 4000
LETTERS = "abdefghijklmnoprstvwz"
VOWELS = ("a", "e", "i", "o", "u", "aa", "ee", "oe", "ij", "é", "ü")
ENDINGS = ("dam", "dijk", "huizen", "kerk", "veen", "wolde", "zijl", "stad")
COUNTRIES = ("NL", "BE", "DE", "FR", "GB", "US", "LU")
NO_INVOICING, NO_ESTIMATES, NO_BOOKING = Invoicing(), Estimates(), BookingDefaults()


def people(size: int) -> Iterator[Contact]:
    """Return so many contacts, in no order."""
    chance = random.Random(3)  # noqa: S311 - the same book every time is what is wanted
    cities = [f"{_word(chance, 1)}{chance.choice(ENDINGS)}".capitalize() for _ in range(3000)]
    weights = list(accumulate(1 / place for place in range(1, len(cities) + 1)))
    surnames = [_word(chance, 3).capitalize() for _ in range(20_000)]
    names = [_word(chance, 2).capitalize() for _ in range(500)]
    phones = [f"0{chance.randrange(100_000_000, 900_000_000)}" for _ in range(500)]
    for number in range(size):
        name = _name(number, f"{chance.choice(names)} {chance.choice(surnames)}", chance)
        city = SELECTIVE if number % 2000 == 3 else chance.choices(cities, cum_weights=weights)[0]
        yield _person(number, name, city, chance.choice(phones) if number % 20 == 0 else None, chance)


def _word(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choice(LETTERS) + chance.choice(VOWELS) for _ in range(syllables))


def _name(number: int, person: str, chance: random.Random) -> str:
    common = chance.randrange(30)
    # Half of them begin with it, and stand together; the others are spread over the book.
    words = [COMMON.capitalize()] if common == 0 else []
    words += [person]
    words += [COMMON.capitalize()] if common == 1 else []
    words += [SECOND.capitalize()] if chance.randrange(10) == 0 else []
    words += [RARE] if number % 10_000 == 7 else []
    return " ".join(words)


def _person(number: int, name: str, city: str, phone: str | None, chance: random.Random) -> Contact:
    created = FIRST + timedelta(days=chance.randrange(DAYS), seconds=number % 86_400)
    street = f"{city[:4]}straat {number % 300}"
    post = f"{1000 + chance.randrange(9000)} {chr(65 + number % 26)}B"
    country = COUNTRIES[0] if chance.random() < 0.9 else chance.choice(COUNTRIES)
    return Contact(
        ContactKey("book", f"{number + 400_000_000_000}"),
        name,
        ContactKind.COMPANY if number % 3 else ContactKind.PERSON,
        ContactStatus.ARCHIVED if number % 10 == 9 else ContactStatus.ACTIVE,
        (ContactRole.CUSTOMER,),
        customer_number=f"K{number:07}",
        company_name=name,
        emails=(f"info{number}@example.org",),
        phones=(Phone(phone, PhoneKind.MAIN),) if phone else (),
        address=PostalAddress(line1=street, postal_code=post, city=city, country_code=country),
        invoicing=NO_INVOICING,
        estimates=NO_ESTIMATES,
        booking=NO_BOOKING,
        created_at=created,
        updated_at=created + timedelta(days=chance.randrange(400)),
    )
