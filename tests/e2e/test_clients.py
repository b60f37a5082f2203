"""Clients that front ends and services use, each made from the schema and run against `gateway demo`."""

from __future__ import annotations

import json
import re
import shutil
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_nullable_type

from tests.clients.workshop import CLIENTS, PATIENCE, ROOT, ended, laid_out, shown, told, tool
from tests.e2e.program import Program, ready

EACH = 300
"""Contacts in each book: more than a page may hold."""

EVERYONE = json.dumps({"status": ["ACTIVE", "ARCHIVED", "UNKNOWN"]})
FRONT_END, SERVICE = shown("Use it from a front end"), shown("Use it from a service")
AGREED: dict[str, str] = json.loads((CLIENTS / "lint" / "agreed.json").read_text(encoding="utf-8"))
"""The linter's rules that are not ours, each with its reason."""

BARE = '"""What is asked."""\ntype Query { """A list.""" things: [String!]! unsaid: Int @deprecated }'

pytestmark = pytest.mark.timeout(4 * PATIENCE)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where a demo answers, and the control surface of each of its systems."""

    graphql: str
    controls: dict[str, str]

    def stored(self, system: str) -> dict[str, dict[str, Any]]:
        """Return what a system has stored: id to contact."""
        found: dict[str, dict[str, Any]] = httpx.get(f"{self.controls[system]}/state").json()["contacts"]
        return found

    def fail(self, system: str, **fault: object) -> None:
        """Let a system fail."""
        httpx.post(f"{self.controls[system]}/faults", json=fault).raise_for_status()

    def addressed(self) -> tuple[str, str]:
        """Return both ids of a contact in use at Moneybird, with an address and a person to ask for."""
        key = next(
            key
            for key, each in self.stored("MONEYBIRD").items()
            if each["attention"] and each["city"] and each["company_name"] and not each["archived"]
        )
        return b64encode(f"1:Contact:moneybird:{key}".encode()).decode().rstrip("="), key

    def has_all(self, listed: list[list[str]]) -> None:
        """Check that a client lists what both systems have stored, every contact once."""
        stored = [[system, key] for system in self.controls for key in self.stored(system)]
        assert len(stored) >= 2 * EACH
        assert sorted(listed) == sorted(stored)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = tmp_path_factory.mktemp("demo")
    with Program("demo", "--port", "0", "--contacts", str(EACH), cwd=place) as program:
        systems = {name: httpx.URL(program.address(name)) for name in ("Acumulus", "Moneybird")}
        controls = {name.upper(): f"http://{url.host}:{url.port}/_control" for name, url in systems.items()}
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        yield Demo(address, controls)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which and below which the programs for Node are found."""
    tool("node")
    place = tmp_path_factory.mktemp("clients")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(CLIENTS / name, place)
    told(tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=place)
    return place


@pytest.fixture(scope="module")
def front_end(installed: Path) -> Path:
    """Return the README's front end with the tests' own programs beside it, typed and compiled."""
    place = laid_out(installed / "front", FRONT_END)
    shutil.copy(CLIENTS / "codegen" / "tsconfig.json", place)
    shutil.copy(CLIENTS / "codegen" / "list.ts", place / "src")
    shutil.copy(CLIENTS / "apollo" / "walk.ts", place / "src")
    told(program(installed, "graphql-codegen"), cwd=place)
    told(program(installed, "tsc"), cwd=place)
    return place


def program(installed: Path, name: str) -> Path:
    return installed / "node_modules" / ".bin" / name


def of_node(script: str, *words: str, cwd: Path) -> dict[str, Any]:
    """Run a script, and read what it prints."""
    found: dict[str, Any] = json.loads(told(tool("node"), script, *words, cwd=cwd))
    return found


def test_typed_operations(demo: Demo, front_end: Path):
    """What graphql-codegen makes holds under `tsc --strict`, and lists every contact with plain fetch."""
    found = of_node("out/list.js", demo.graphql, EVERYONE, cwd=front_end)
    demo.has_all(found["contacts"])


def test_apollo_client(demo: Demo, front_end: Path):
    """Pages join, halves of a group stand side by side, and a form writes what was touched alone."""
    identity, key = demo.addressed()
    before = demo.stored("MONEYBIRD")[key]
    found = of_node("out/walk.js", demo.graphql, EVERYONE, identity, cwd=front_end)
    demo.has_all(found["contacts"])
    assert found["merged"] == [True, False]
    form, after = found["form"], demo.stored("MONEYBIRD")[key]
    assert form["changes"] == {"attention": None, "address": {"city": "Zevenhuizen"}}
    assert form["shown"] == after["city"] == "Zevenhuizen"
    assert not after["attention"]
    assert [dict(each).keys() for each in form["faults"]] == [{}.keys(), {""}, {"address.countryCode"}]
    kept = ("company_name", "address1", "zipcode", "phone", "delivery_method", "send_invoices_to_email")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_relay(demo: Demo, installed: Path):
    """A connection is paged through, a contact read again as a node, a change tried and then made."""
    place = laid_out(installed / "relay", {name: FRONT_END[name] for name in ("src/Contacts.js",)})
    shutil.copytree(CLIENTS / "relay", place, dirs_exist_ok=True)
    told(program(installed, "relay-compiler"), cwd=place)
    identity, key = demo.addressed()
    before = demo.stored("MONEYBIRD")[key]["attention"]
    found = of_node("walk.js", demo.graphql, EVERYONE, identity, cwd=place)
    demo.has_all(found["contacts"])
    assert found["before"]["attention"] == before
    assert found["tried"] == ["DRY_RUN", before]
    assert found["written"] == ["UPDATED", "Balie"]
    assert found["after"]["attention"] == demo.stored("MONEYBIRD")[key]["attention"] == "Balie"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the README's service with its client, in an environment that is never the gateway's."""
    place = laid_out(tmp_path_factory.mktemp("service"), SERVICE)
    shutil.copy(CLIENTS / "ariadne" / "walk.py", place)
    told(sys.executable, "-m", "venv", "client", cwd=place)
    wanted = CLIENTS / "ariadne" / "requirements.txt"
    told("client/bin/python", "-m", "pip", "install", "--quiet", "-r", wanted, cwd=place)
    told("client/bin/ariadne-codegen", cwd=place)
    return place


def test_a_service(demo: Demo, service: Path):
    """A typed client lists all, makes one contact in two tries of one intention, and clears by None."""
    identity, _ = demo.addressed()
    demo.fail(
        "MONEYBIRD", kind="status", status=429, retry_after=1, method="POST", path="contacts.json", count=1
    )
    before = demo.stored("MONEYBIRD").keys()
    found = json.loads(told("client/bin/python", "walk.py", demo.graphql, EVERYONE, identity, cwd=service))
    (made,) = demo.stored("MONEYBIRD").keys() - before
    demo.has_all([*found["contacts"], ["MONEYBIRD", made]])
    assert [outcome for outcome, _ in found["made"]] == ["CREATED", "CREATED"]
    assert len({key for _, key in found["made"]}) == 1
    assert found["refused"] == "None: There is no such administration."
    assert found["absent"] == [["companyName", "Anders"]]
    assert found["cleared"] == [["companyName", "Anders"], ["attention", None]]


def test_a_service_is_typed(service: Path):
    """The README's service on its generated client is clean under `mypy --strict`."""
    check = ("--strict", "--follow-imports=silent", "--python-executable", "client/bin/python")
    told(sys.executable, "-m", "mypy", *check, "service.py", "walk.py", cwd=service)


def complaints(installed: Path, schema: Path) -> dict[str, list[str]]:
    """Return what the linter says of a schema: rule to messages."""
    answer = ended(program(installed, "graphql-schema-linter"), "--format", "json", schema, cwd=schema.parent)
    found: dict[str, list[str]] = {}
    for each in json.loads(answer.stdout)["errors"]:
        found.setdefault(each["rule"], []).append(each["message"])
    return found


def test_the_linter_has_no_other_complaint(installed: Path):
    """The schema breaks the rules that are agreed on, and no other of the linter's."""
    assert complaints(installed, ROOT / "schema.graphql").keys() == AGREED.keys()
    assert all(AGREED.values())


def test_the_linter_reads(installed: Path, tmp_path: Path):
    """A field without a description and a deprecation without a reason are complained of."""
    (tmp_path / "bare.graphql").write_text(BARE, encoding="utf-8")
    found = complaints(installed, tmp_path / "bare.graphql")
    assert found["fields-have-descriptions"] == ["The field `Query.unsaid` is missing a description."]
    assert "deprecations-have-a-reason" in found


def groups(schema: GraphQLSchema, name: str) -> set[str]:
    """Return the types without an id of which a type holds one (no list), and those within them."""
    of = schema.type_map[name]
    assert isinstance(of, GraphQLObjectType)
    single = [get_nullable_type(field.type) for field in of.fields.values()]
    within = {each.name for each in single if isinstance(each, GraphQLObjectType) and "id" not in each.fields}
    return within.union(*(groups(schema, each) for each in within))


def test_every_group_merges():
    """The README's cache names every group of a contact, but for pages and what is told as a whole."""
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    block = FRONT_END["src/client.ts"].partition("const groups = [")[2].partition("]")[0]
    told_whole = {"ContactEventConnection", "PageInfo", "Problem"}
    assert re.findall(r"\w+", block) == sorted(groups(schema, "Contact") - told_whole)
