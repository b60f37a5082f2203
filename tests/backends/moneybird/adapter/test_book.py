"""What the Moneybird adapter tells of the administration itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.settings import Settings
from gateway.domain.administration import Administration, AdministrationFacts, ChoiceKind, Quota
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer
from gateway.domain.secret import Secret
from gateway.ports import Answer

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"
SHOP = Administration("shop", "Shop", "moneybird", "123")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
OWN = "/administrations.json"
VERSIONS = "/123/contacts/synchronization.json?include_archived=true"
QUOTA = Quota(150, 12, NOW)


def sample(name: str) -> Answer:
    return Answer(200, {}, (SAMPLES / f"{name}.json").read_bytes())


def status(code: int) -> Answer:
    return Answer(code, {}, json.dumps("nothing").encode())


class Moneybird:
    """A line whose answers were laid out by path; an exception among them is raised."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def open(self, line):
        return self

    def now(self):
        return NOW

    def quota(self):
        return QUOTA

    async def close(self):
        pass

    async def ask(self, call, understand):
        self.asked.append(call.path)
        given = self.answers.get(call.path, status(404))
        if isinstance(given, Exception):
            raise given
        return understand(given)


def opened(moneybird: Moneybird, book: str = "123"):
    return connect(Settings(book, Secret("t0ken"), "https://moneybird.test/api/v2"), SHOP, moneybird)


async def test_facts_are_those_of_the_own_administration():
    """One call, outside the administration's own path."""
    moneybird = Moneybird({OWN: sample("administrations")})

    async with opened(moneybird) as backend:
        assert await backend.book.facts() == AdministrationFacts("EUR", "NL", "Europe/Amsterdam")

    assert moneybird.asked == [OWN]


@pytest.mark.parametrize(
    ("kind", "paths", "count"),
    [
        (ChoiceKind.INVOICE_WORKFLOW, ["/123/workflows.json"], None),
        (ChoiceKind.ESTIMATE_WORKFLOW, ["/123/workflows.json"], None),
        (ChoiceKind.CUSTOM_FIELD, ["/123/custom_fields.json"], 0),
        (ChoiceKind.USER, ["/123/users.json"], 2),
        (ChoiceKind.IDENTITY, ["/123/identities/default.json", "/123/identities.json"], 2),
        (ChoiceKind.PEPPOL_SCHEME, [], 79),
    ],
    ids=str,
)
async def test_list_is_read_at_its_path(kind, paths, count):
    """Each list costs the calls that it says, and no more."""
    names = ("workflows", "custom_fields", "users", "identities")
    answers = {f"/123/{name}.json": sample(name) for name in names}
    moneybird = Moneybird(answers | {"/123/identities/default.json": sample("identity_default")})

    async with opened(moneybird) as backend:
        found = await backend.book.choices(kind)

    assert moneybird.asked == paths
    assert len(found) == count if count is not None else found


@pytest.mark.parametrize(
    "kind", [ChoiceKind.COST_CENTER, ChoiceKind.VAT_RATE, ChoiceKind.INVOICE_TEMPLATE], ids=str
)
async def test_list_that_moneybird_lacks_is_none(kind):
    """What Moneybird does not keep costs no call."""
    moneybird = Moneybird({})

    async with opened(moneybird) as backend:
        assert await backend.book.choices(kind) is None

    assert moneybird.asked == []


async def test_missing_default_identity_is_no_error():
    """Without a default the others are listed."""
    async with opened(Moneybird({"/123/identities.json": sample("identities")})) as backend:
        assert len(await backend.book.choices(ChoiceKind.IDENTITY)) == 1


async def test_inspection_tells_rights_contacts_and_quota():
    """Two calls say all that there is to say."""
    moneybird = Moneybird({OWN: sample("administrations"), VERSIONS: sample("synchronization_list")})

    async with opened(moneybird) as backend:
        seen = await backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.rights) == (True, True, "user")
    assert (seen.contacts, seen.quota, seen.problem) == (2, QUOTA, None)
    assert moneybird.asked == [OWN, VERSIONS]


@pytest.mark.parametrize(
    ("first", "reachable", "accepted"),
    [
        (BackendUnavailable("Moneybird could not be reached."), False, None),
        (status(503), False, None),
        (status(401), True, False),
        (status(429), True, None),
        (Answer(200, {}, b"<html>"), True, None),
    ],
    ids=["no connection", "503", "401", "429", "web page"],
)
async def test_failed_inspection_is_told_and_not_raised(first, reachable, accepted):
    """Whatever goes wrong at the first call becomes a problem in plain words."""
    async with opened(Moneybird({OWN: first})) as backend:
        seen = await backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.contacts) == (reachable, accepted, None)
    assert seen.problem.startswith("Moneybird ")


@pytest.mark.parametrize(
    ("second", "words"),
    [(status(401), "right"), (BadUpstreamAnswer("Moneybird gave nonsense."), "nonsense")],
    ids=["no right", "nonsense"],
)
async def test_token_without_a_right_to_contacts_is_told(second, words):
    """A token that reaches the administration but not its contacts is accepted, with a problem."""
    async with opened(Moneybird({OWN: sample("administrations"), VERSIONS: second})) as backend:
        seen = await backend.book.inspect()

    assert (seen.reachable, seen.credentials_accepted, seen.rights) == (True, True, "user")
    assert words in seen.problem


async def test_foreign_administration_is_told_without_its_id():
    """An id that the token does not reach is a problem; the id itself is not shown."""
    moneybird = Moneybird({OWN: sample("administrations")})

    async with opened(moneybird, book="424242") as backend:
        seen = await backend.book.inspect()

    assert seen.problem == "The token does not reach this administration."
    assert moneybird.asked == [OWN]
