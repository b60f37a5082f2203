"""`gateway demo` as its users start it, over HTTP alone; values against the sample books."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.backends import discover
from tests.e2e.program import Program, ready, run

CONTACTS = 60

QUERY = """{ contacts(first: 50) { totalCount
  nodes { displayName emails source { system remoteId }
    persons { fullName email } notes { text } charges(includeBilled: true) { price description billed }
    mandate { hasPayments sepa { reference iban } payments { kind iban cardFinalDigits } } }
  sources { state contactCount administration { slug system } } } }"""


ASKED = {"X-Gateway-Upstream": "1"}
"""Has each answer tell of the calls that it cost."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a demo answers."""

    graphql: str
    health: str
    schema: str
    systems: dict[str, str]

    def ask(self, document: str) -> dict[str, Any]:
        """Ask as a client does."""
        answer = httpx.post(self.graphql, json={"query": document}, headers=ASKED, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        found: dict[str, Any] = answer.json()
        return found


def addresses(demo: Program) -> Addresses:
    """Read what a demo prints, and wait until it answers."""
    systems = {name: demo.address(name) for name in ("Acumulus", "Moneybird")}
    demo.line("GraphiQL")
    found = Addresses(demo.address("GraphQL"), demo.address("Health"), demo.address("Schema"), systems)
    assert demo.line("curl").count("'") == 4
    demo.line("Ctrl-C stops everything.")
    ready(found.health)
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    place = tmp_path_factory.mktemp("demo")
    with Program("demo", "--port", "0", "--contacts", str(CONTACTS), cwd=place) as program:
        yield addresses(program)


@pytest.fixture(scope="module")
def books() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, system in discover().items():
        assert system.sandbox
        sandbox: Any = system.sandbox(CONTACTS, False)
        found[name] = sandbox.book
    return found


def test_fifty_contacts_with_everything(demo: Addresses, books: dict[str, Any]):
    """Persons, notes, charges and mandates of fifty contacts are those of the sample books."""
    answer = demo.ask(QUERY)

    assert "errors" not in answer
    shown = answer["data"]["contacts"]
    assert len(shown["nodes"]) == 50
    assert {each["state"] for each in shown["sources"]} == {"FRESH"}
    assert {each["contactCount"] for each in shown["sources"]} == {CONTACTS}
    checks = {"MONEYBIRD": check_moneybird, "ACUMULUS": check_acumulus}
    for node in shown["nodes"]:
        system = node["source"]["system"]
        checks[system](node, books[system.lower()])
    assert {node["source"]["system"] for node in shown["nodes"]} == set(checks)
    for name in ("persons", "notes", "charges", "mandate"):
        assert any(node[name] for node in shown["nodes"]), name


def check_moneybird(node: dict[str, Any], book: Any) -> None:
    """Compare a contact with Moneybird's record of it."""
    key = node["source"]["remoteId"]
    row, charges, given = book.contact(key), book.charges(key), book.mandate(key)
    people = [f"{one['firstname'] or ''} {one['lastname'] or ''}".strip() for one in row["contact_people"]]
    assert [each["fullName"] for each in node["persons"]] == people
    assert [each["email"] for each in node["persons"]] == [one["email"] for one in row["contact_people"]]
    assert [each["text"] for each in node["notes"]] == [one["note"] for one in row["notes"]]
    assert [Decimal(each["price"]) for each in node["charges"]] == [Decimal(one["price"]) for one in charges]
    assert [each["description"] for each in node["charges"]] == [one["description"] for one in charges]
    assert [each["billed"] for each in node["charges"]] == [one["detail_id"] is not None for one in charges]
    if given is None and not row["sepa_active"]:
        assert node["mandate"] is None
        return
    assert node["mandate"]["hasPayments"] is bool(given)
    if given:
        kind = "SEPA" if given["sepa_mandate"] else "CARD"
        digits = given["card_final_digits"]
        assert node["mandate"]["payments"] == {"kind": kind, "iban": given["iban"], "cardFinalDigits": digits}
    if row["sepa_active"]:
        told = {"reference": row["sepa_mandate_id"], "iban": row["sepa_iban"]}
        assert node["mandate"]["sepa"] == told


def check_acumulus(node: dict[str, Any], book: Any) -> None:
    """Compare a contact with what Acumulus stores of it."""
    stored = book.contact(int(node["source"]["remoteId"]))
    names = [stored["contactperson"], stored["contactaltperson"]]
    about = stored["contactabout"].replace("\\n", "\n").strip()
    assert [each["fullName"] for each in node["persons"]] == [name.strip() for name in names if name.strip()]
    assert [each["text"] for each in node["notes"]] == ([about] if about else [])
    assert node["charges"] == []
    if not stored["contactsepamandatenr"]:
        assert node["mandate"] is None or node["mandate"]["sepa"]["reference"] is None
        return
    assert node["mandate"]["hasPayments"] is False
    assert node["mandate"]["payments"] is None
    assert node["mandate"]["sepa"]["reference"] == stored["contactsepamandatenr"]


def test_the_same_query_again_asks_nobody(demo: Addresses):
    """A second time within the age limit the emulators are asked nothing."""
    demo.ask(QUERY)
    assert demo.ask(QUERY)["extensions"]["upstream"] == []


def test_health_and_schema(demo: Addresses):
    """Health tells each administration's state; the schema as text is the one that is asked."""
    told = ready(demo.health)
    live = httpx.get(demo.health.replace("ready", "live"))
    sdl = httpx.get(demo.schema)

    assert told["status"] == "ready"
    assert isinstance(told["administrations"], list)
    assert {each["state"] for each in told["administrations"]} == {"FRESH"}
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert sdl.status_code == 200
    assert "type Contact implements Node" in sdl.text


def test_a_browser_gets_the_explorer(demo: Addresses):
    """GraphiQL answers a browser at the endpoint's own address."""
    page = httpx.get(demo.graphql, headers={"Accept": "text/html,application/xhtml+xml"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "graphiql" in page.text.lower()


def test_an_error_is_told_in_its_place(demo: Addresses):
    """A fault of the client's is a coded entry of errors, over HTTP too."""
    answer = demo.ask('{ contact(id: "nonsense") { displayName } }')
    assert answer["data"] == {"contact": None}
    assert answer["errors"][0]["path"] == ["contact"]
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_ends_when_told(tmp_path: Path, number: signal.Signals):
    """Both ways to be told end it within five seconds with status 0 and without a traceback."""
    with Program("demo", "--port", "0", "--contacts", "10", cwd=tmp_path) as program:
        found = addresses(program)
        with httpx.Client() as kept_open:
            assert kept_open.get(found.schema).status_code == 200
            status, seconds = program.stop(number)
        assert status == 0
        assert seconds < 5
        assert "Traceback" not in program.errors
        with pytest.raises(httpx.ConnectError):
            httpx.get(found.health)


def test_two_at_once(tmp_path: Path, demo: Addresses):
    """A second demo beside the first finds ports of its own."""
    with Program("demo", "--port", "0", "--contacts", "5", cwd=tmp_path) as program:
        second = addresses(program)
        assert second.graphql != demo.graphql
        assert second.ask("{ contacts { totalCount } }")["data"]["contacts"]["totalCount"] <= 10
        assert demo.ask("{ contacts { totalCount } }")["data"]["contacts"]["totalCount"] > 100


def test_a_taken_port_is_told(tmp_path: Path):
    """A port that somebody has is one clear line and status 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("demo", "--port", str(port), "--contacts", "5", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "port" in ended.stderr
