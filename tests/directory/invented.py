"""Contacts invented to be awkward: odd texts, numbers written in many ways, and much that is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.domain.contact import (
    BankAccount,
    Contact,
    ContactKey,
    ContactKind,
    ContactRole,
    ContactStatus,
    CustomField,
    DeliveryMethod,
    Estimates,
    Invoicing,
    Phone,
    PhoneKind,
    PostalAddress,
    Trust,
    VatNumber,
)
from gateway.domain.mandate import SepaMandate
from gateway.domain.note import Note
from gateway.domain.person import Person

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

NAMES = [
    *("Jansen", "jansen", "JANSÉN", "Jan", "Jan de Boer", "Jan-de Boer", "de Boer, Jan", "Straße", "Strasse"),
    *("İstanbul", "istanbul", "😀 Lach", "Nul\0Nul", "Line\nBreak", "Line\r\n Break", "\u0301\u0308", "ﬁlm"),
    *(
        "film",
        "Ωmega",
        "Ωμέγας",
        "Яна",
        "…dots",
        "A...b",
        "Ａ wide",
        "A",
        "a  b",
        "a\u00a0b",
        "10",
        "9",
        "&c",
    ),
    *("O'Neil & Zn.", "o´neil", "zz", "Zzz Top", "한글", "Ünal", "unal", "ǅungla", "ıi", "?"),
]
CITIES = [
    *("Amsterdam", "amsterdam", "'s-Gravenhage", "Zürich", "Zurich", "\u0301", "Aa", "Ab", "São\nPaulo")
]
POSTALS = ["1011 AB", "1011ab", "1011\u2013AB", "B-1000", "9.9.9", " - ", "1011…AB"]
COUNTRIES = ["NL", "BE", "DE", "GB", "US"]
EMAILS = ["jan@example.com", "JAN@Example.com", "info@straße.de", "x+y@z.nl", "…@a.b"]
PHONES = [
    "020 123 4567",
    "+31 20 123 45 67",
    "0031201234567",
    "(020) 123-4567",
    "+32 2 511 22 33",
    "06/12345678",
]
PHONES += ["+1 212 555 0100", "not a number", "--", "12", "02 511 22 33", "020–1234567"]
NUMBERS = ["1", "10", "9", " 007 ", "K-12.3", "k-12.3", "a b", "Ä1", "\u0301"]
VATS = ["NL001234567B01", "nl 0012.34.567.b01", "BE0123456749", "12/34", "DE-999", "NL…1"]
CHAMBERS = ["12345678", "1234 5678", "1234", "+31"]
IBANS = [
    "NL91 ABNA 0417 1643 00",
    "NL91ABNA0417164300",
    "be68 5390 0754 7034",
    "123.45.67",
    "123/456",
    "P 12",
]
WORDS = ["Retail", "retail", "Größe", "grosse", "\u0301", "line\nbreak", "x", "Inkoop & Co", "b.v."]
WORKFLOWS = ["1", "2", "10"]
IDS = ["1", "11", "k-2", "ü/3", "44"]
MOMENTS = [
    NOW + timedelta(days=days, microseconds=odd) for days in (-30_000, -1, 0, 40) for odd in (0, 1, -1)
]
ODD = [
    "",
    " ",
    "--",
    "\u0301",
    "\n",
    "ß",
    "ss",
    "a",
    "1",
    "zzzz",
    "\0",
    "…",
    ".",
    "😀",
    "n",
    "\u00a0b",
    "/",
    "+",
]


HIDEABLE = [
    *(
        "phones",
        "persons",
        "notes",
        "address",
        "address.city",
        "vatNumber",
        "bankAccount",
        "bankAccount.number",
    ),
    *("mandate", "mandate.hasPayments", "status", "roles", "label", "website", "createdAt", "updatedAt"),
    *("customFields", "invoicing", "estimates.workflowId", "trust", "source.url", "customerNumber", "emails"),
    *("companyName", "fullName", "firstName", "phones.fax", "chamberOfCommerce", "booking"),
]


class Maker:
    """Makes one contact of a number: the same number, the same contact."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)  # noqa: S311 - the same every time is the point

    def maybe(self, pool, chance=0.5):
        return self.draw.choice(pool) if self.draw.random() < chance else None

    def some(self, pool, most=2):
        return tuple(self.draw.choice(pool) for _ in range(self.draw.randrange(most + 1)))

    def name(self):
        if self.draw.random() < 0.7:
            return self.draw.choice(NAMES)
        return self.draw.choice([" ", "-", "\u00a0", "\n", ""]).join(self.draw.choices(NAMES, k=2))

    def address(self):
        if self.draw.random() < 0.25:
            return None
        return PostalAddress(
            *(self.maybe(WORDS, 0.1) for _ in range(3)),
            *(self.maybe(NAMES, 0.2) for _ in range(2)),
            postal_code=self.maybe(POSTALS),
            city=self.maybe(CITIES),
            country_code=self.maybe(COUNTRIES),
        )

    def persons(self):
        pairs = range(self.draw.randrange(3))
        made = (
            {"full_name": self.name(), "phone": self.maybe(PHONES), "email": self.maybe(EMAILS)}
            for _ in pairs
        )
        return tuple(Person(key=str(number), **each) for number, each in enumerate(made))

    def grouped(self):
        """Return what stands in groups."""
        number, mandated = self.maybe(IBANS), self.maybe([True, False], 0.3)
        return {
            "vat_number": VatNumber(self.draw.choice(VATS)) if self.draw.random() < 0.4 else None,
            "bank_account": BankAccount(number, description=self.maybe(WORDS)) if number else None,
            "sepa_mandate": None if mandated is None else SepaMandate(mandated, iban=self.maybe(IBANS)),
            "has_payments_mandate": self.maybe([True, False, False]),
            "trust": self.maybe([Trust(True), Trust(False)]),
            "invoicing": Invoicing(
                self.maybe(list(DeliveryMethod)),
                emails=self.some(EMAILS, 1),
                workflow_id=self.maybe(WORKFLOWS),
            ),
            "estimates": Estimates(emails=self.some(EMAILS, 1), workflow_id=self.maybe(WORKFLOWS)),
            "custom_fields": tuple(
                CustomField(one, "Field", self.maybe(WORDS)) for one in self.some(["1", "2"])
            ),
            "notes": self.some(
                [Note("1", "a"), Note("2", "b", is_todo=True), Note("3", "c", is_todo=True, completed_at=NOW)]
            ),
        }

    def contact(self, slug: str, remote: str) -> Contact:
        """Return the contact, in full, as a thin row, or of a system that does not tell everything."""
        made = Contact(
            ContactKey(slug, remote),
            self.name(),
            kind=self.draw.choice(list(ContactKind)),
            status=self.draw.choice([*ContactStatus, ContactStatus.ACTIVE, ContactStatus.ACTIVE]),
            roles=tuple(dict.fromkeys(self.some(list(ContactRole)))),
            customer_number=self.maybe(NUMBERS),
            company_name=self.maybe(NAMES),
            full_name=self.maybe(NAMES, 0.3),
            first_name=self.maybe(NAMES, 0.3),
            last_name=self.maybe(NAMES, 0.3),
            department=self.maybe(WORDS, 0.2),
            attention=self.maybe(NAMES, 0.2),
            label=self.maybe(WORDS, 0.3),
            website=self.maybe(["https://x.nl", "jan.example"], 0.2),
            emails=self.some(EMAILS),
            phones=tuple(Phone(each, PhoneKind.MAIN) for each in self.some(PHONES)),
            address=self.address(),
            alternative_address=self.address() if self.draw.random() < 0.2 else None,
            chamber_of_commerce=self.maybe(CHAMBERS, 0.3),
            persons=self.persons(),
            created_at=self.maybe(MOMENTS),
            updated_at=self.maybe(MOMENTS),
            **self.grouped(),
        )
        return self.veiled(made)

    def veiled(self, made: Contact) -> Contact:
        """Hide something of some contacts, as thin lists and poor systems do."""
        if self.draw.random() < 0.6:
            return made
        unknown = frozenset(self.draw.sample(HIDEABLE, self.draw.randrange(6)))
        gone = {path: None for path in ("phones", "persons", "notes") if path in unknown}
        return replace(made, unknown=unknown, complete=self.draw.random() < 0.4, **gone)
