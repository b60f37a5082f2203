"""Invented customers and suppliers, the same on every machine: a party is a pure function of its number.

Companies and private persons from the Netherlands, Belgium and Germany, with the awkward values real
books hold. None is a missing value, an empty text an empty one. A system's sandbox writes a party in
its own vendor's shape; parties whose number divides by four are in every system's book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.emulation import identifiers, words
from gateway.emulation.draw import Draw

_FIRST_DAY = datetime(2019, 1, 2, 8, 0, tzinfo=UTC)
_DAYS = 2400


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to talk to at a party."""

    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """One invented customer or supplier.

    `company_name` is None for a private person, who then has a `last_name`. `country` is an ISO 3166-1
    alpha-2 code, or "" or None. `emails` holds 0 to 3 entries and an entry may itself hold several
    addresses with a separator. `iban` is as a person would write it: with or without spaces, or an old
    account number. `customer_number` may have leading zeros. Times are UTC with milliseconds, and
    `updated_at` is not before `created_at`.
    """

    number: int
    company_name: str | None
    first_name: str | None
    last_name: str | None
    people: tuple[Person, ...]
    street: str | None
    house_number: str | None
    address2: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    website: str | None
    vat_number: str | None
    chamber_of_commerce: str | None
    iban: str | None
    bic: str | None
    customer_number: str | None
    notes: tuple[str, ...]
    archived: bool
    created_at: datetime
    updated_at: datetime

    @property
    def address1(self) -> str | None:
        """Street and house number on one line."""
        if self.street is None:
            return None
        return f"{self.street} {self.house_number or ''}".rstrip()


def numbers(offset: int, size: int) -> list[int]:
    """Return the party numbers of a book of `size` parties; every fourth is shared by all books.

    Args:
        offset: What sets this system's own parties apart, for example 0 or 1,000,000.
        size: How many parties the book holds.
    """
    return [k if k % 4 == 0 else offset + k for k in range(size)]


def party(number: int) -> Party:
    """Return the party with this number: always the same one."""
    draw = Draw(number)
    land = draw.pick(("NL", "NL", "NL", "NL", "NL", "NL", "BE", "BE", "DE", "DE"))
    company = _company_name(land, draw)
    first, last = (None, None) if company and draw.chance(60) else _person_name(land, draw)
    street, house_number, address2, postal_code, city = _address(land, draw)
    iban, bic = _account(land, draw)
    vat_number, registration = _registrations(land, company, draw)
    created_at, updated_at = _times(draw)
    return Party(
        number=number,
        company_name=company,
        first_name=first,
        last_name=last,
        people=_people(number, land, draw) if company else (),
        street=street,
        house_number=house_number,
        address2=address2,
        postal_code=postal_code,
        city=city,
        country=_country(land, draw),
        phones=_phones(land, draw),
        emails=_emails(number, draw),
        website=draw.pick((None, None, "", f"https://www.party-{number}.example/")),
        vat_number=vat_number,
        chamber_of_commerce=registration,
        iban=iban,
        bic=bic,
        customer_number=_customer_number(number, draw),
        notes=tuple(draw.pick(words.NOTES) for _ in range(draw.below(3))),
        archived=draw.chance(5),
        created_at=created_at,
        updated_at=updated_at,
    )


def _company_name(land: str, draw: Draw) -> str | None:
    kind = draw.below(100)
    if kind < 28:
        return None
    if kind < 34:
        return draw.pick(words.AWKWARD_COMPANIES)
    stem, trade = draw.pick(words.STEMS[land]), draw.pick(words.TRADES[land])
    middle = draw.pick(("", " Noord", " Zuid", f" {draw.digits(2)}", " International"))
    return f"{stem} {trade}{middle} {draw.pick(words.LEGAL_FORMS[land])}".rstrip()


def _person_name(land: str, draw: Draw) -> tuple[str | None, str | None]:
    if draw.chance(8):
        return draw.pick(words.AWKWARD_PEOPLE)
    return draw.pick(words.FIRST_NAMES[land]), draw.pick(words.LAST_NAMES[land])


def _people(number: int, land: str, draw: Draw) -> tuple[Person, ...]:
    count = draw.pick((0, 0, 0, 0, 0, 1, 1, 1, 2, 3))
    return tuple(_person(f"p{place}.{number}", land, draw) for place in range(count))


def _person(mailbox: str, land: str, draw: Draw) -> Person:
    first, last = _person_name(land, draw)
    return Person(
        first_name=first,
        last_name=last,
        phone=draw.pick((None, "", _phone(land, draw))),
        email=draw.pick((None, f"{mailbox}@{draw.pick(words.EMAIL_DOMAINS)}")),
        department=draw.pick((None, *words.DEPARTMENTS)),
    )


def _address(land: str, draw: Draw) -> tuple[str | None, ...]:
    if draw.chance(6):
        empty = draw.pick((None, ""))
        return empty, None, empty, empty, empty
    house = str(1 + draw.below(250)) + draw.pick(("", "", "", "a", "-II", " bis", "/3"))
    line2 = draw.pick(words.ADDRESS_LINES) if draw.chance(15) else None
    return (
        draw.pick(words.STREETS[land]),
        house,
        line2,
        _postal_code(land, draw),
        draw.pick(words.CITIES[land]),
    )


def _postal_code(land: str, draw: Draw) -> str:
    if land == "BE":
        return str(1000 + draw.below(9000))
    if land == "DE":
        return f"{1000 + draw.below(99_000):05d}"
    return f"{1000 + draw.below(9000)}{draw.pick((' ', ''))}{draw.pick(('AB', 'XZ', 'KL', 'pq'))}"


def _country(land: str, draw: Draw) -> str | None:
    kind = draw.below(100)
    if kind < 3:
        return None if land == "NL" else ""
    return land


def _phone(land: str, draw: Draw) -> str:
    # Ranges nobody is connected to: Dutch and Belgian numbers full of zeros, Berlin's numbers for film.
    tail = draw.digits(3)
    if land == "BE":
        return draw.pick(
            (f"02 000 0{tail[0]} {tail[1:]}", f"+32 2 000 0{tail[0]} {tail[1:]}", f"+3220000{tail}")
        )
    if land == "DE":
        return draw.pick((f"030 23125 {tail}", f"+49 30 23125{tail}", f"0049-30-23125-{tail}"))
    return draw.pick(
        (
            f"020-0000{tail}",
            f"0200000{tail}",
            f"+31 20 000 0{tail}",
            f"0031 (0)20 0000{tail}",
            f"06-00000{tail}",
        )
    )


def _phones(land: str, draw: Draw) -> tuple[str, ...]:
    kind = draw.below(100)
    if kind < 20:
        return ()
    if kind < 23:
        return (draw.pick(("geen", f"{_phone(land, draw)} (na 18 uur)", "123")),)
    return tuple(_phone(land, draw) for _ in range(1 + draw.below(2)))


def _emails(number: int, draw: Draw) -> tuple[str, ...]:
    count = draw.pick((0, 1, 1, 1, 1, 2, 2, 3))
    boxes = draw.pick((("info", "facturen", "inkoop"), ("Admin", "o'neill", "post+rekening")))
    found = [f"{boxes[place]}.{number}@{draw.pick(words.EMAIL_DOMAINS)}" for place in range(count)]
    if count == 2 and draw.chance(25):
        return (draw.pick((", ", ",", "; ", ";")).join(found),)
    return tuple(found)


def _registrations(land: str, company: str | None, draw: Draw) -> tuple[str | None, str | None]:
    if company is None:
        return None, None
    vat = identifiers.vat_number(land, draw) if draw.chance(75) else draw.pick((None, ""))
    registration = f"9{draw.digits(7)}" if land == "NL" and draw.chance(80) else draw.pick((None, ""))
    return vat, registration


def _account(land: str, draw: Draw) -> tuple[str | None, str | None]:
    kind = draw.below(100)
    if kind < 30:
        return draw.pick((None, "")), None
    if kind < 34:
        return identifiers.old_account(draw), None
    iban, bic = identifiers.account(land, draw)
    if kind < 55:
        iban = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    return iban, draw.pick((bic, bic, None, ""))


def _customer_number(number: int, draw: Draw) -> str | None:
    kind = draw.below(100)
    if kind < 40:
        return str(number)
    if kind < 70:
        return f"{number:05d}"
    if kind < 90:
        return f"KL-{number:06d}"
    return f"2024/{number}-a"


def _times(draw: Draw) -> tuple[datetime, datetime]:
    created = _FIRST_DAY + timedelta(days=draw.below(_DAYS), milliseconds=draw.below(36_000_000))
    if draw.chance(20):
        return created, created
    return created, created + timedelta(days=draw.below(300), milliseconds=1 + draw.below(36_000_000))
