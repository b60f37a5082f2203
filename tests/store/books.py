"""A book as these tests put it at rest, and what of its kinds is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.domain.contact import (
    BankAccount,
    BookingDefaults,
    Contact,
    ContactEvent,
    ContactRole,
    CreditCard,
    CustomField,
    DeliveryMethod,
    Estimates,
    Invoicing,
    PeppolAddress,
    Phone,
    PhoneKind,
    PostalAddress,
    Trust,
    VatNumber,
)
from gateway.domain.mandate import SepaMandate, SepaSequence
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.domain.secret import Secret
from gateway.ports import Confirmed, Saved
from gateway.store import FileSnapshots, Keys
from tests.fakes import contact, thin

READ = datetime(2026, 11, 21, 11, 59, 58, 123456, tzinfo=UTC)
NAME = "shop-0123456789ab"
NAMES = {"shop": NAME, "other": "other-0123456789ab"}
WORDS = "Ann Œuvre"


def full(remote: str = "1") -> Contact:
    """Return a contact that has something everywhere."""
    address = PostalAddress("A", "B", "C", "D", "E", "1234 AB", "Ü-stad", "NL", "Nederland")
    return contact(
        remote,
        WORDS,
        roles=(ContactRole.CUSTOMER, ContactRole.SUPPLIER),
        url="https://example.org/1",
        customer_number="K 1",
        emails=("ann@example.org",),
        phones=(Phone("+31 20 0000000", PhoneKind.FAX),),
        address=address,
        vat_number=VatNumber("NL1", True, READ),
        bank_account=BankAccount("NL00TEST", "TESTNL2A", "main"),
        persons=(Person("p", "Bo Baan", email="bo@example.org", created_at=READ),),
        notes=(Note("n", "one\ntwo", is_todo=True, data={"deep": [1, {"er": None}]}, completed_at=READ),),
        sepa_mandate=SepaMandate(True, "M1", date(2021, 9, 18), SepaSequence.RCUR),
        has_payments_mandate=False,
        custom_fields=(CustomField("7", "Kleur", "groen"),),
        invoicing=Invoicing(
            DeliveryMethod.PEPPOL, emails=("a@example.org", "b@example.org"), attach_ubl=True
        ),
        estimates=Estimates("Ann"),
        peppol=PeppolAddress("9", "0106"),
        booking=BookingDefaults(private_use_rate=Decimal("12.50")),
        trust=Trust(True, Decimal("1000.00")),
        credit_card=CreditCard("*1234"),
        events=(ContactEvent("contact_updated", READ, changes=b'{"city":["A",null]}', data=b'{"n":1.5}'),),
        unknown=frozenset({"website", "trust.trusted"}),
        unreadable=("bic",),
        raw=b'{"id": "1"}',
        updated_at=READ,
    )


def saved(contacts: Iterable[tuple[Contact, datetime | None]] | None = None, **facts: Any) -> Saved:
    """Return a book: by default one contact in full, a thin row, and a version of what could not be read."""
    rows = tuple(contacts) if contacts is not None else ((full(), READ), (thin(contact("2", "Bo")), None))
    versions = {each.key.remote: f"v{each.key.remote}" for each, _ in rows}
    shown = {"versions": {**versions, "unread": "v"}, "left_out": 1, **facts}
    return Saved(shown.pop("confirmed", Confirmed(READ)), rows, **shown)


def many(count: int) -> Saved:
    """Return a book of so many contacts."""
    return saved((contact(str(at), f"Name {at}"), READ + timedelta(seconds=at)) for at in range(count))


@dataclass(frozen=True, slots=True)
class Place:
    """A directory, and the stores upon it."""

    directory: Path

    def store(self, key: str | None = None, *, writes: bool = True) -> FileSnapshots:
        """Return the store of one more process."""
        return FileSnapshots(self.directory, NAMES, Keys(Secret(key) if key else None), writes=writes)

    @property
    def book(self) -> Path:
        """The shop's file."""
        return self.directory / f"{NAME}.book"

    @property
    def age(self) -> Path:
        """What tells how old it is."""
        return self.directory / f"{NAME}.age"

    @property
    def aside(self) -> Path:
        """What could not be used."""
        return self.directory / f"{NAME}.set-aside"

    def bytes(self) -> bytes:
        """Return everything that stands there."""
        return b"".join(path.read_bytes() for path in sorted(self.directory.iterdir()))
