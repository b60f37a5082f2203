"""One person in both systems, spelled as each of them would, is found by everything known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from gateway.domain.identity import contact_id
from tests.e2e.house import House, opened

LIST = """query($search: String, $where: ContactFilter) {
  contacts(first: 250, search: $search, where: $where) { totalCount nodes { id } } }"""

BOTH = ("moneybird", "acumulus")
MONEYBIRD = ("moneybird",)
ACUMULUS = ("acumulus",)

IN_MONEYBIRD = {
    "company_name": "Käsekrömel Zwaarbrand B.V.",
    "firstname": "Joost",
    "lastname": "Wïebengä",
    "attention": "t.a.v. de Kwartiermeester",
    "email": "Post@kasezwaar.example,facturen@zwaar-kase.example",
    "send_invoices_to_email": "inkoop@zwaarrekening.example",
    "phone": "+31 20 123 4567",
    "customer_id": "KL-98765-x",
    "tax_number": "NL 0012.34.567.B01",
    "chamber_of_commerce": "90.00.12.34",
    "bank_account": "NL91 ABNA 0417 1643 00",
    "sepa_iban": "DE89370400440532013000",
    "address1": "Kwïbuslaan 731a",
    "address2": "3e verdieping, links van de lift",
    "zipcode": "9871 QW",
    "city": "Öostwold-Zuid",
    "country": "NL",
}
IN_ACUMULUS = {
    "contactname1": "KÄSEKRÖMEL Zwaarbrand BV",
    "contactname2": "Afdeling Rijpkelder",
    "contactperson": "Zoë Quispelaar",
    "contactaltperson": "Joost Wïebengä",
    "contactaltname1": "Magazijn Achterdijk",
    "contactaltcity": "Schijnderloo",
    "contactemail": "facturen@zwaar-kase.example; Post@kasezwaar.example",
    "contacttelephone": "020 - 1234567",
    "contacttelephone2": "06-12345678",
    "contactyourid": "KL-98765-x",
    "contactvatnumber": "NL001234567B01",
    "contactiban": "NL91ABNA0417164300",
    "contactbankaccountnumber": "Depotrekening",
    "contactaddress1": "Kwïbuslaan 731a",
    "contactaddress2": "3e verdieping, links van de lift",
    "contactpostalcode": "9871qw",
    "contactcity": "Öostwold-Zuid",
    "contactcountrycode": "NL",
    "contactmark": "Stamgäst",
    "contactwebsite": "https://www.KaseZwaarBrand.example/winkel",
}
PERSON = {
    "firstname": "Zoë",
    "lastname": "Quispelaar",
    "email": "zoe.q@elders-bureau.example",
    "phone": "0031 (0)10 765 4321",
    "department": "Inkoop",
}


@dataclass(frozen=True, slots=True)
class Settled:
    """A gateway in front of both books, and the person's own ids by system."""

    house: House
    keys: dict[str, str]

    async def found(self, search: str, **where: object) -> set[str]:
        """Return the global ids of everybody a search finds."""
        listing = (await self.house.data(LIST, search=search, where=where or None))["contacts"]
        found = {node["id"] for node in listing["nodes"]}
        assert listing["totalCount"] == len(found)
        return found

    def of(self, names: tuple[str, ...]) -> set[str]:
        """Return the person's global ids in these systems."""
        return {contact_id(name, self.keys[name]) for name in names}

    def archive(self) -> None:
        """Archive the person in both books."""
        stored = self.house.book("acumulus").contact(int(self.keys["acumulus"]))
        self.house.book("acumulus").put({**stored, "contactstatus": "0"})
        self.house.book("moneybird").contact(self.keys["moneybird"])["archived"] = True
        self.house.book("moneybird").changed(self.keys["moneybird"])


def settle(house: House) -> Settled:
    """Write the person over a contact of each book."""
    keys = {name: house.keys(name, archived=False)[3] for name in house.emulators}
    book = house.book("moneybird")
    row = book.contact(keys["moneybird"])
    row.update(IN_MONEYBIRD)
    row["contact_people"] = [{**_a_person(book), **PERSON, "contact_id": row["id"]}]
    book.changed(row["id"])
    stored = house.book("acumulus").contact(int(keys["acumulus"]))
    house.book("acumulus").put({**stored, **IN_ACUMULUS})
    return Settled(house, keys)


def _a_person(book: Any) -> dict[str, object]:
    return next(person for row in book.contacts(archived=True) for person in row["contact_people"])


FIELDS = [
    pytest.param(
        ["Käsekrömel Zwaarbrand", "KASEKROMEL", "zwaarbrand käse", "sekröm"], BOTH, id="name-of-the-company"
    ),
    pytest.param(["Joost Wïebengä", "WIEBENGA", "wiebenga joost"], BOTH, id="own-name"),
    pytest.param(["Zoë Quispelaar", "ZOE QUISPELAAR", "quispelaar", "laar zoë"], BOTH, id="name-of-a-person"),
    pytest.param(["zoe.q@elders-bureau.example", "ELDERS-BUREAU"], MONEYBIRD, id="address-of-a-person"),
    pytest.param(["post@kasezwaar.example", "POST@KASEZWAAR"], BOTH, id="e-mail"),
    pytest.param(["Facturen@zwaar-kase.example", "zwaar-kase"], BOTH, id="second-e-mail"),
    pytest.param(["inkoop@zwaarrekening"], MONEYBIRD, id="e-mail-for-invoices"),
    pytest.param(
        [
            *("+31201234567", "+31 20 123 4567", "31201234567", "0031 20 1234567", "+31-20-1234567"),
            *("0201234567", "020-1234567", "020 123 45 67", "(020)1234567", "020.123.4567", "1234567"),
        ],
        BOTH,
        id="phone",
    ),
    pytest.param(["06-12345678", "0612345678", "+31612345678"], ACUMULUS, id="second-phone"),
    pytest.param(["010-7654321", "+31107654321"], MONEYBIRD, id="phone-of-a-person"),
    pytest.param(["KL-98765-x", "kl-98765-X", "98765"], BOTH, id="customer-number"),
    pytest.param(
        ["NL001234567B01", "nl001234567b01", "NL0012.34.567.B01", "NL 0012 34567 B01", "001234567"],
        BOTH,
        id="vat-number",
    ),
    pytest.param(["90001234", "9000 1234", "90.001.234"], MONEYBIRD, id="trade-register"),
    pytest.param(
        ["NL91ABNA0417164300", "nl91 abna 0417 1643 00", "NL91-ABNA-0417-1643-00", "0417164300"],
        BOTH,
        id="bank-account",
    ),
    pytest.param(["DE89370400440532013000", "de89 3704 0044 0532"], MONEYBIRD, id="account-of-the-mandate"),
    pytest.param(["depotrekening"], ACUMULUS, id="text-of-the-account"),
    pytest.param(["Kwïbuslaan 731a", "KWIBUSLAAN", "731A kwibus"], BOTH, id="address-line"),
    pytest.param(["verdieping, links", "LIFT verdieping"], BOTH, id="second-address-line"),
    pytest.param(["9871 QW", "9871QW", "9871qw", "9871"], BOTH, id="postal-code"),
    pytest.param(["Öostwold-Zuid", "OOSTWOLD-ZUID", "oostwold"], BOTH, id="city"),
    pytest.param(["Rijpkelder", "afdeling RIJP"], ACUMULUS, id="department"),
    pytest.param(["kwartiermeester"], MONEYBIRD, id="attention"),
    pytest.param(["achterdijk", "SCHIJNDERLOO magazijn"], ACUMULUS, id="alternative-address"),
    pytest.param(["Stamgäst", "STAMGAST"], ACUMULUS, id="label"),
    pytest.param(["www.kasezwaarbrand.example", "KASEZWAARBRAND"], ACUMULUS, id="website"),
]
"""What is typed, all of it meaning the same, and the systems that keep such a value."""


@pytest.mark.parametrize(("typed", "names"), FIELDS)
async def test_a_person_is_found_by_each_field(typed: list[str], names: tuple[str, ...]):
    """Each spelling of a value finds the person in every system that keeps such a value, and nobody else."""
    async with opened(24) as house:
        settled = settle(house)
        found = {search: await settled.found(search) for search in typed}
        assert found == dict.fromkeys(typed, settled.of(names))


async def test_words_may_stand_in_different_fields():
    """Every word must be found, wherever and in whatever order; one that is not leaves nobody."""
    async with opened(24) as house:
        settled = settle(house)
        for search in ("quispelaar oostwold 0201234567", "9871qw NL91ABNA kasekromel  98765"):
            assert await settled.found(search) == settled.of(BOTH)
        for search in ("quispelaar nergenshuizen", "kasekromelzwaarbrand", "zwaarbrand b.v. stamgast"):
            assert await settled.found(search) == set()


async def test_a_search_and_a_filter_both_hold():
    """A filter narrows what a search finds, and somebody archived is found when asked for."""
    async with opened(24) as house:
        settled = settle(house)
        assert await settled.found("quispelaar", system=["ACUMULUS"]) == settled.of(ACUMULUS)
        assert await settled.found("quispelaar", postalCode={"eq": "9871-qw"}) == settled.of(BOTH)
        assert await settled.found("quispelaar", label={"isEmpty": True}) == settled.of(MONEYBIRD)
        assert await settled.found("quispelaar", status=["ARCHIVED"]) == set()


@pytest.mark.parametrize("status", [None, "ACTIVE", "ARCHIVED"], ids=["unsaid", "active", "archived"])
async def test_archived_persons(status: str | None):
    """Once archived in both books, the person is found only where archived contacts are asked for."""
    async with opened(24) as house:
        settled = settle(house)
        settled.archive()
        where = {} if status is None else {"status": [status]}
        expected = settled.of(BOTH) if status == "ARCHIVED" else set()
        assert await settled.found("quispelaar", **where) == expected
