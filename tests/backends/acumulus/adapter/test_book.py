"""What the book itself tells, over the real transport and a network that answers as told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree

from gateway.backends.acumulus.adapter import connect
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.administration import Administration, AdministrationFacts, Choice, ChoiceKind, Quota
from gateway.domain.secret import Secret
from gateway.ports import Answer, Backend
from gateway.transport.client import HttpNetwork

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"
NOW = datetime(2025, 3, 1, tzinfo=UTC)
BOOK = Administration("wholesale", "Wholesale V.O.F.", "acumulus", "123456")
LOGIN = AcumulusSettings(Secret("123456"), Secret("koppelaar"), Secret("geheim"), "http://127.0.0.1:1/a")

LIST = "/contacts/contacts_list.php"
GET = "/contacts/contact_get.php"
ABOUT = "/general/general_about.php"


def sample(name: str, status: int = 200) -> Answer:
    return Answer(status, {}, (SAMPLES / name).read_bytes())


def xml(content: str) -> Answer:
    return Answer(200, {}, f"<response>{content}<status>0</status></response>".encode())


class FakeLine:
    """Answers by path and contactid."""

    def __init__(self, answers: Callable[[str, str | None], Answer]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        root = etree.fromstring(parse_qs(request.content.decode())["xmlstring"][0].encode())
        path, key = request.url.path.removeprefix("/a"), root.findtext("contactid")
        self.asked.append((path, key))
        answer = self._answers(path, key)
        return httpx.Response(answer.status, content=answer.body)


def connected(line: FakeLine) -> AbstractAsyncContextManager[Backend]:
    network = HttpNetwork(transport=httpx.MockTransport(line), clock=lambda: NOW)
    return connect(LOGIN, BOOK, network)


def always(answer: Answer) -> FakeLine:
    return FakeLine(lambda path, key: answer)


TEMPLATES = xml(
    "<invoicetemplates><invoicetemplate><invoicetemplateid>5</invoicetemplateid>"
    "<invoicetemplatename>A</invoicetemplatename></invoicetemplate></invoicetemplates>"
)


@pytest.mark.parametrize(
    ("kind", "path", "answer", "choice"),
    [
        (
            ChoiceKind.COST_HEADING,
            "/picklists/picklist_costheadings.php",
            sample("picklist_costheadings_response.xml"),
            Choice("19", "Bankkosten"),
        ),
        (
            ChoiceKind.COST_CENTER,
            "/picklists/picklist_costcenters.php",
            sample("picklist_costcenters_response.xml"),
            Choice("40001", "Algemeen"),
        ),
        (
            ChoiceKind.BANK_ACCOUNT,
            "/picklists/picklist_accounts.php",
            sample("picklist_accounts_response.xml"),
            Choice("70001", "Zakelijk"),
        ),
        (
            ChoiceKind.VAT_TREATMENT,
            "/picklists/picklist_vattypes.php",
            sample("picklist_vattypes_response.xml"),
            Choice("1", "Regular invoice"),
        ),
        (
            ChoiceKind.INVOICE_TEMPLATE,
            "/picklists/picklist_invoicetemplates.php",
            TEMPLATES,
            Choice("5", "A"),
        ),
    ],
    ids=["headings", "centers", "accounts", "vat types", "templates"],
)
async def test_choices_cost_one_call(kind: ChoiceKind, path: str, answer: Answer, choice: Choice):
    """Lists that belong to the book are asked for."""
    line = always(answer)

    async with connected(line) as backend:
        found = await backend.book.choices(kind)

    assert found is not None
    assert found[0] == choice
    assert line.asked == [(path, None)]


async def test_documented_choices_and_facts_cost_nothing():
    """What the documentation lists is not asked for, and what no call tells stays unknown."""
    line = always(xml(""))

    async with connected(line) as backend:
        rates = await backend.book.choices(ChoiceKind.VAT_RATE) or ()
        categories = await backend.book.choices(ChoiceKind.VAT_CATEGORY) or ()
        assert await backend.book.choices(ChoiceKind.INVOICE_WORKFLOW) is None
        assert await backend.book.facts() == AdministrationFacts()

    assert [rate.value for rate in rates] == ["-2", "-1", "0", "6", "9", "19", "21"]
    assert [rate.value for rate in rates if rate.is_default] == ["21"]
    assert [category.value for category in categories] == ["1", "2"]
    assert line.asked == []


def healthy(path: str, key: str | None) -> Answer:
    if path == ABOUT:
        return xml("<general><roleapi>API-gebruiker</roleapi></general>")
    return sample("list_response.xml" if path == LIST else "get_response_assumed_full.xml")


async def test_an_inspection_of_a_healthy_account():
    """Role, number of contacts and what the account answers beyond the documents cost three calls."""
    line = FakeLine(healthy)

    async with connected(line) as backend:
        seen = await backend.book.inspect()

    assert line.asked == [(ABOUT, None), (LIST, None), (GET, "1234001")]
    assert (seen.reachable, seen.credentials_accepted, seen.rights) == (True, True, "API-gebruiker")
    assert (seen.contacts, seen.quota, seen.problem) == (
        2,
        Quota(limit=600, remaining=597, resets_at=NOW + timedelta(minutes=1)),
        None,
    )
    assert seen.doubtful["mandate.sepa.reference"]
    assert seen.doubtful["status"]
    assert not seen.doubtful["phones.second"]


@pytest.mark.parametrize(
    ("broken", "answer", "seen"),
    [
        pytest.param(ABOUT, Answer(503, {}, b""), (False, None, None), id="away"),
        pytest.param(
            ABOUT, sample("error_403_wrong_login_response.xml", 403), (True, False, None), id="login"
        ),
        pytest.param(ABOUT, Answer(429, {}, b""), (True, None, None), id="ration"),
        pytest.param(LIST, sample("error_403_role_response.xml", 403), (True, True, None), id="role"),
        pytest.param(LIST, sample("error_html_503.html"), (True, True, None), id="web page"),
        pytest.param(GET, Answer(503, {}, b""), (True, True, 2), id="details"),
        pytest.param(GET, xml(""), (True, True, 2), id="no details"),
    ],
)
async def test_an_inspection_says_what_is_wrong(broken: str, answer: Answer, seen: tuple[object, ...]):
    """No fault is raised; what was learnt before it is told."""
    line = FakeLine(lambda path, key: answer if path == broken else healthy(path, key))

    async with connected(line) as backend:
        told = await backend.book.inspect()

    assert (told.reachable, told.credentials_accepted, told.contacts) == seen
    assert told.problem


async def test_an_inspection_does_without_the_role():
    """A role that is not told hinders nobody who can read the contacts."""
    line = FakeLine(
        lambda path, key: sample("error_403_role_response.xml", 403) if path == ABOUT else healthy(path, key)
    )

    async with connected(line) as backend:
        told = await backend.book.inspect()

    assert (told.rights, told.contacts, told.problem) == (None, 2, None)


async def test_an_inspection_of_an_empty_book():
    """Without a contact nothing can be said of doubtful fields."""
    line = FakeLine(
        lambda path, key: sample("list_response_empty_status0.xml") if path == LIST else healthy(path, key)
    )

    async with connected(line) as backend:
        told = await backend.book.inspect()

    assert (told.contacts, told.doubtful, told.problem) == (0, {}, None)
