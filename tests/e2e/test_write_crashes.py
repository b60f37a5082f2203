"""A gateway killed in the middle of a write: what is known afterwards, and that nothing is sent twice."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.program import PATIENCE, Program, free_port, ready
from tests.e2e.test_commands import SECRETS, SECTIONS

CACHE = """
[cache]
directory = "kept"
preload = false
hydrate = "demand"
"""
CREATE = """mutation($input: ContactCreateInput!) { contactCreate(input: $input) {
  outcome userErrors { code message } contact { id displayName } } }"""
NAME = "Nieuw Bedrijf na een val"


@dataclass(frozen=True, slots=True)
class Emulated:
    """A system that is emulated in a process of its own: its base URL, and how it is told to fail."""

    url: str

    @property
    def control(self) -> str:
        return "/".join(self.url.split("/")[:3]) + "/_control"

    def fail(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.control}/faults", json=list(faults)).raise_for_status()

    def contacts(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = httpx.get(f"{self.control}/state").json()["contacts"]
        return [row for row in found.values() if NAME in (row.get("contactname1"), row.get("company_name"))]

    def requests(self, method: str, path: str) -> int:
        rows = httpx.get(f"{self.control}/log").json()["requests"]
        return sum(row["method"] == method and path in row["path"] for row in rows)


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[dict[str, Emulated]]:
    """Both systems, fresh for each test."""
    ports = {name: free_port() for name in ("moneybird", "acumulus")}
    words = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    with Program("sandbox", *words, "--contacts", "10", "--no-ration", cwd=tmp_path) as program:
        found = {
            name: Emulated(program.address(f"{name.capitalize()}:")) for name in ("acumulus", "moneybird")
        }
        program.line("Ctrl-C")
        yield found


@pytest.fixture
def folder(tmp_path: Path, systems: dict[str, Emulated]) -> Path:
    """A folder with a configuration, and a place for what is kept."""
    addresses = {name: system.url for name, system in systems.items()}
    (tmp_path / "secret.txt").write_text("sandbox-only-Acumulus\n")
    (tmp_path / "gateway.toml").write_text(CACHE + SECTIONS.format(**addresses))
    return tmp_path


def serve(folder: Path) -> tuple[Program, str]:
    """Start the gateway; return it and its address."""
    program = Program("serve", "--port", "0", cwd=folder, more=SECRETS)
    address = program.address("GraphQL")
    ready(program.address("Health"))
    return program, address


def create(address: str, slug: str) -> dict[str, Any]:
    """Ask for the new contact, always under the same key."""
    asked = {
        "administration": slug,
        "idempotencyKey": "after-the-fall",
        "contact": {"companyName": NAME, "address": {"city": "Nieuwdam", "countryCode": "NL"}},
    }
    answer = httpx.post(address, json={"query": CREATE, "variables": {"input": asked}}, timeout=PATIENCE)
    found: dict[str, Any] = answer.json()["data"]["contactCreate"]
    return found


def journal(folder: Path) -> list[dict[str, Any]]:
    """Return what the journals of all administrations say."""
    files = sorted((folder / "kept" / "journal").glob("*.jsonl")) if (folder / "kept").exists() else []
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


SLUGS = {"acumulus": "wholesale", "moneybird": "shop-nl"}
WRITING = {"acumulus": ("POST", "contact_manage"), "moneybird": ("POST", "/contacts.json")}

CASES = [
    pytest.param("acumulus", {"path": "contacts_list"}, 0, "CREATED", id="acumulus-while-it-reads"),
    pytest.param("acumulus", {"path": "contact_manage"}, 1, "UNKNOWN", id="acumulus-sent-and-not-landed"),
    pytest.param("acumulus", {"path": "contact_manage", "landed": True}, 1, "CREATED", id="acumulus-landed"),
    pytest.param("acumulus", {"path": "contact_get"}, 1, "CREATED", id="acumulus-while-it-compares"),
    pytest.param("moneybird", {"path": "/contacts.json"}, 1, "UNKNOWN", id="moneybird-sent-and-not-landed"),
    pytest.param(
        "moneybird", {"path": "/contacts.json", "landed": True}, 1, "CREATED", id="moneybird-landed"
    ),
]


@pytest.mark.parametrize(("name", "fault", "noted", "outcome"), CASES)
def test_killed_at_every_step(
    systems: dict[str, Emulated], folder: Path, name: str, fault: dict[str, Any], noted: int, outcome: str
):
    """After kill -9 the journal has what was meant; the same key finds out, and nothing is sent again."""
    system, slug = systems[name], SLUGS[name]
    method, path = WRITING[name]
    program, address = serve(folder)
    with program, ThreadPoolExecutor(1) as aside:
        system.fail({"kind": "hang", "method": "POST", **fault})
        asked = aside.submit(create, address, slug)
        until = time.monotonic() + PATIENCE
        while system.requests("POST", fault["path"]) == 0 and time.monotonic() < until:
            time.sleep(0.02)
        program.stop(signal.SIGKILL)
        assert isinstance(asked.exception(), httpx.TransportError)
    system.fail()
    entries = journal(folder)
    assert [("intent" in each, "settled" in each) for each in entries] == [(True, False)] * noted
    landed = len(system.contacts())
    sent = system.requests(method, path)

    program, address = serve(folder)
    with program:
        first, second = create(address, slug), create(address, slug)
        program.stop(signal.SIGTERM)
    assert (first["outcome"], second["outcome"]) == (outcome, outcome), first
    assert len(system.contacts()) == max(landed, 1 if outcome == "CREATED" else 0)
    assert system.requests(method, path) == (sent or 1)
    if outcome == "CREATED":
        assert first["contact"] == second["contact"]
        assert first["contact"]["displayName"] == NAME
    else:
        assert [each["code"] for each in first["userErrors"]] == ["OUTCOME_UNKNOWN"]
        assert ("write_unsettled" in program.errors) is bool(noted)
