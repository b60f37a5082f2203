"""The promise of `ports.Contacts`, kept by every system's adapter over HTTP."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import timedelta
from operator import attrgetter

import pytest

from gateway.domain.contact import Contact, ContactStatus, with_listed
from gateway.domain.question import Question
from tests.ports.connected import NAMES, SLUG, SYSTEMS, VENDORS, Connected, connected

FIELDS = {each.name for each in fields(Contact)}
NOT_OF_A_RECORD = {"charges", "mandate.payments", "source.system"}
"""Listed paths that no field of a contact holds."""
SPELLED = {
    "mandate.hasPayments": "has_payments_mandate",
    "source.url": "url",
    "source.remoteId": "key.remote",
    "address.country.code": "address.country_code",
    "address.country.name": "address.country_name",
}
"""Paths that the domain spells in another way."""


def snake(path: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in path)


def value(contact: Contact, path: str) -> object:
    """Return what stands at a unified path, None where nothing does."""
    name = SPELLED.get(path) or snake(path)
    assert name.partition(".")[0] in FIELDS, f"{path} is no path of a contact"
    top = getattr(contact, name.partition(".")[0])
    return None if top is None else attrgetter(name)(contact)


def test_every_system_is_looked_at():
    """No system with an emulator escapes these tests for want of a description of its book."""
    assert set(NAMES) == set(VENDORS)


async def test_scan_reads_the_whole_book(line: Connected):
    """Every contact comes once, archived ones included and told so, each with an entry in versions."""
    scan = await line.backend.contacts.scan({})

    keys = [contact.key.remote for contact in scan.contacts]
    archived = {each.key.remote for each in scan.contacts if each.status is ContactStatus.ARCHIVED}
    assert sorted(keys) == sorted(line.keys)
    assert set(scan.versions) == set(keys)
    assert scan.left_out == 0
    assert archived == {key for key in keys if line.vendor.is_archived(line.book, key)}
    assert archived
    assert {contact.key.administration for contact in scan.contacts} == {SLUG}


async def test_scan_of_a_known_book_reads_nothing(line: Connected):
    """What is unchanged is not read again, and costs one call however large the book."""
    first = await line.backend.contacts.scan({})
    line.calls()

    second = await line.backend.contacts.scan(first.versions)

    assert (second.contacts, second.versions, second.left_out) == ((), first.versions, 0)
    assert line.calls() == 1


async def test_scan_reads_what_changed(line: Connected):
    """Of a known book only the changed contact comes, as it is now."""
    first = await line.backend.contacts.scan({})
    key = line.keys[3]
    line.vendor.rename(line.book, key, "Hernoemd B.V.")

    second = await line.backend.contacts.scan(first.versions)

    assert [(each.key.remote, each.display_name) for each in second.contacts] == [(key, "Hernoemd B.V.")]
    assert {name for name, version in second.versions.items() if first.versions[name] != version} == {key}


@pytest.mark.parametrize("name", NAMES)
async def test_what_a_list_tells_is_what_the_details_tell(name: str):
    """Each path in `listed` has the same value in the row and in the full record, for 200 contacts."""
    async with (
        connected(SYSTEMS[name], contacts=200, calls_at_once=8)
        if name == "acumulus"
        else connected(SYSTEMS[name], contacts=200) as line
    ):
        contacts = line.backend.contacts
        rows = {row.key.remote: row for row in (await contacts.scan({})).contacts}
        details = await contacts.get_many(list(rows))

        differing = {
            (key, path)
            for key, row in rows.items()
            for path in contacts.listed - {""} - NOT_OF_A_RECORD
            if value(row, path) != value(with_listed(details[key], row), path) or path in row.unknown
        }
        assert differing == set()
        if "" in contacts.listed:
            assert details == rows
        assert len(details) == len(rows) == 200


async def test_a_row_is_thin_exactly_where_the_system_says_so(line: Connected):
    """Rows are complete where the list tells everything; thin ones say what they do not tell."""
    tells_all = "" in line.backend.contacts.listed
    rows = (await line.backend.contacts.scan({})).contacts

    assert {row.complete for row in rows} == {tells_all}
    assert all(bool(row.unknown) is not tells_all for row in rows)
    if not tells_all:
        assert {(row.phones, row.persons, row.notes) for row in rows} == {(None, None, None)}


async def test_get_many_reads_in_full(line: Connected):
    """Known keys come complete, archived ones included; unknown and impossible ones are left out."""
    wanted = [*line.keys, line.vendor.unknown, "no id at all", "", "a/b?c"]

    found = await line.backend.contacts.get_many(wanted)

    assert set(found) == set(line.keys)
    assert all(isinstance(each, Contact) and each.complete and each.version for each in found.values())
    assert ContactStatus.ARCHIVED in {each.status for each in found.values()}


async def test_get_many_of_nobody_costs_nothing(line: Connected):
    """Without keys that could exist nobody is asked."""
    assert await line.backend.contacts.get_many([]) == {}
    assert await line.backend.contacts.get_many(["no id at all"]) == {}
    assert line.calls() == 0


async def test_get_many_asks_for_a_key_once(line: Connected):
    """A key that is given twice is read once."""
    key = line.keys[0]

    found = await line.backend.contacts.get_many([key, key])

    assert list(found) == [key]
    assert line.calls() == 1


async def test_a_version_changes_with_the_record(line: Connected):
    """The version of a full record is stable, and another one once something changed."""
    key = line.keys[0]
    before = (await line.backend.contacts.get_many([key]))[key].version
    again = (await line.backend.contacts.get_many([key]))[key].version
    line.vendor.rename(line.book, key, "Hernoemd B.V.")
    after = (await line.backend.contacts.get_many([key]))[key].version

    assert before == again != after


async def test_holder_of_a_customer_number(moneybird: Connected):
    """An active holder costs one call, an archived one two, nobody two; an empty number none."""
    rows = [row for row in moneybird.book.contacts(archived=True) if row["customer_id"]]
    active = next(row for row in rows if not row["archived"])
    archived = next(row for row in rows if row["archived"])
    look_up = moneybird.backend.contacts.by_customer_number
    assert look_up

    seen = {}
    for number in (active["customer_id"], archived["customer_id"], "no such number", " "):
        seen[number] = ([each.key.remote for each in await look_up(number)], moneybird.calls())

    assert seen == {
        active["customer_id"]: ([active["id"]], 1),
        archived["customer_id"]: ([archived["id"]], 2),
        "no such number": ([], 2),
        " ": ([], 0),
    }


async def test_every_customer_number_finds_its_holder(moneybird: Connected):
    """A number with a slash or letters finds its contact like any other."""
    look_up = moneybird.backend.contacts.by_customer_number
    assert look_up
    rows = [row for row in moneybird.book.contacts(archived=True) if row["customer_id"]]

    found = [[each.key.remote for each in await look_up(row["customer_id"])] for row in rows]

    assert found == [[row["id"]] for row in rows]
    assert any("/" in row["customer_id"] for row in rows)


async def test_what_is_looked_for_is_found(moneybird: Connected):
    """A contact comes when it is looked for by each value that it has, a call for every hundred that come."""
    find, contacts = moneybird.backend.contacts.find, moneybird.backend.contacts
    assert find
    scan = await contacts.scan({})
    held = [each for each in scan.contacts if each.status is ContactStatus.ACTIVE][:12]
    moneybird.calls()

    asked = [(one.key.remote, question) for one in held for question in looked_for(one)]
    for key, question in asked:
        found = {each.key.remote for each in await find(question)}
        assert key in found, question
        assert moneybird.calls() == math.ceil(len(found) / 100)

    assert len(asked) > 8 * len(held)


def looked_for(one: Contact) -> list[Question]:
    """Return questions that a contact is an answer to."""
    found = [Question(words=tuple(one.display_name.split())), Question(equal=(("kind", str(one.kind)),))]
    found += [Question(equal=(("customerNumber", one.customer_number),))] if one.customer_number else []
    found += [Question(equal=(("firstName", one.first_name),))] if one.first_name else []
    found += [Question(equal=(("lastName", one.last_name.upper()),))] if one.last_name else []
    found += [Question(texts=(("emails", one.emails[0][1:]),))] if one.emails else []
    method, trust = one.invoicing.delivery_method, one.trust
    found += [Question(equal=(("invoicing.deliveryMethod", str(method)),))] if method else []
    found += [Question(equal=(("trust.trusted", str(trust.trusted).lower()),))] if trust else []
    for path, moment in (("createdAt", one.created_at), ("updatedAt", one.updated_at)):
        found += [Question(after=((path, moment - timedelta(milliseconds=1)),))] if moment else []
    return found


async def test_archived_contacts_are_looked_for_when_asked(moneybird: Connected):
    """A question says whether archived contacts are meant too."""
    find = moneybird.backend.contacts.find
    assert find
    row = next(
        row for row in moneybird.book.contacts(archived=True) if row["archived"] and row["customer_id"]
    )
    asked = Question(equal=(("customerNumber", row["customer_id"]),))

    assert row["id"] not in {each.key.remote for each in await find(asked)}
    assert row["id"] in {each.key.remote for each in await find(replace(asked, with_archived=True))}
