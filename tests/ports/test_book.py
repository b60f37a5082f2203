"""The promise of `ports.Book`, kept by every system's adapter over HTTP."""

from __future__ import annotations

import pytest

from gateway.domain.administration import CAPABILITIES, AdministrationFacts, ChoiceKind
from tests.ports.connected import NAMES, SYSTEMS, Connected, connected

LISTS = {
    ("moneybird", ChoiceKind.INVOICE_WORKFLOW): (1, {"432900000000000201", "432900000000000203"}),
    ("moneybird", ChoiceKind.ESTIMATE_WORKFLOW): (1, {"432900000000000205"}),
    ("moneybird", ChoiceKind.CUSTOM_FIELD): (
        1,
        {"432900000000000301", "432900000000000303", "432900000000000305"},
    ),
    ("moneybird", ChoiceKind.USER): (1, {"432900000000000101", "432900000000000103"}),
    ("moneybird", ChoiceKind.IDENTITY): (2, {"432900000000000401", "432900000000000403"}),
    ("moneybird", ChoiceKind.PEPPOL_SCHEME): (0, None),
    ("acumulus", ChoiceKind.INVOICE_TEMPLATE): (1, {"50001", "50002"}),
    ("acumulus", ChoiceKind.COST_HEADING): (1, {"19", "10", "23", "31"}),
    ("acumulus", ChoiceKind.COST_CENTER): (1, {"40001", "40002"}),
    ("acumulus", ChoiceKind.BANK_ACCOUNT): (1, {"70001", "70002"}),
    ("acumulus", ChoiceKind.VAT_TREATMENT): (1, set("1234567")),
    ("acumulus", ChoiceKind.VAT_CATEGORY): (0, {"1", "2"}),
    ("acumulus", ChoiceKind.VAT_RATE): (0, {"-2", "-1", "0", "6", "9", "19", "21"}),
}
"""System and list to its calls and values, None where any will do; other lists are None and free."""

FACTS = {
    "moneybird": (AdministrationFacts("EUR", "NL", "Europe/Amsterdam"), 1),
    "acumulus": (AdministrationFacts(), 0),
}


def name_of(line: Connected) -> str:
    return line.backend.administration.system


async def test_facts(line: Connected):
    """Facts are those of the book, for at most one call."""
    assert (await line.backend.book.facts(), line.calls()) == FACTS[name_of(line)]


@pytest.mark.parametrize("kind", list(ChoiceKind), ids=str)
async def test_choices_of_every_kind(line: Connected, kind: ChoiceKind):
    """A list has its values, each once and named, for what it costs; a list that is not kept is None."""
    found = await line.backend.book.choices(kind)

    calls, values = LISTS.get((name_of(line), kind), (0, None))
    assert line.calls() == calls
    assert (found is not None) is ((name_of(line), kind) in LISTS)
    if found is None:
        return
    told = [choice.value for choice in found]
    assert len(set(told)) == len(told) > 0
    assert all(choice.value and choice.name for choice in found)
    assert values is None or set(told) == values


async def test_values_of_contacts_stand_in_their_lists(line: Connected):
    """Where a field takes its values from a list, every value in the book is one of them."""
    contacts = await line.backend.contacts.get_many(line.keys)
    seen = {
        (kind, found)
        for contact in contacts.values()
        for kind, found in (
            (ChoiceKind.INVOICE_WORKFLOW, contact.invoicing.workflow_id),
            (ChoiceKind.ESTIMATE_WORKFLOW, contact.estimates.workflow_id),
            (ChoiceKind.INVOICE_TEMPLATE, contact.invoicing.template_id),
            (ChoiceKind.COST_HEADING, contact.booking.cost_heading_id),
            (ChoiceKind.COST_CENTER, contact.booking.cost_center_id),
            (ChoiceKind.BANK_ACCOUNT, contact.booking.bank_account_id),
            (ChoiceKind.VAT_RATE, contact.invoicing.vat_rate),
        )
        if found is not None
    }
    lists = {kind: await line.backend.book.choices(kind) for kind in {kind for kind, _ in seen}}

    assert seen
    assert {each for each in seen if each[1] not in {one.value for one in lists[each[0]] or ()}} == set()


async def test_inspection_of_a_healthy_system(line: Connected):
    """One visit tells reach, credentials, rights and the number of contacts, in four calls at most."""
    seen = await line.backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.problem) == (True, True, None)
    assert seen.contacts == len(line.keys)
    assert seen.rights
    assert 1 <= line.calls() <= 4


@pytest.mark.parametrize("name", NAMES)
async def test_inspection_with_wrong_credentials(name: str):
    """A wrong token or password is told as such, and raises nothing."""
    wrong = {"token": "wrong"} if name == "moneybird" else {"password": "wrong"}
    async with connected(SYSTEMS[name], **wrong) as line:
        seen = await line.backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.contacts) == (True, False, None)
    assert seen.problem


async def test_inspection_of_a_system_that_is_away(line: Connected):
    """Nobody there is told as such, and raises nothing."""
    await line.emulator.close()

    seen = await line.backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.contacts) == (False, None, None)
    assert seen.problem


@pytest.mark.parametrize("name", NAMES)
async def test_quota_is_counted(name: str):
    """What is left of the ration goes down as calls are made."""
    async with connected(SYSTEMS[name], ration=True) as line:
        await _see_the_quota_go_down(line)


async def _see_the_quota_go_down(line: Connected) -> None:
    await line.backend.contacts.scan({})
    first = line.backend.quota()
    await line.backend.contacts.scan({})
    second = line.backend.quota()

    assert first
    assert second
    assert first.limit == second.limit == {"moneybird": 150, "acumulus": 600}[name_of(line)]
    assert second.remaining is not None
    assert first.remaining is not None
    assert second.remaining < first.remaining <= first.limit


async def test_capabilities_have_their_names(line: Connected):
    """Reasons are given for capabilities that exist, and each is a sentence."""
    assert set(line.backend.unsupported) <= set(CAPABILITIES)
    assert all(reason.endswith(".") for reason in line.backend.unsupported.values())
