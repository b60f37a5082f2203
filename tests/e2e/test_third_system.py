"""A system that somebody else has written: installed beside the gateway, it is there; no line changes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx
import pytest

from gateway.backends import built_in, discover
from tests.e2e.program import ROOT, Program, ready, run

TOY = str(ROOT / "tests" / "toy")
NAMES = "Aap B.V.;Noot & Zn.;zzz Mies"
LIST = """{ contacts(first: 250) { totalCount nodes { displayName customerNumber persons { fullName }
  charges { price } mandate { hasPayments } source { system remoteId } administration { currency } }
  sources { state administration { slug system } } } }"""


def configure(folder: Path, moneybird: str) -> None:
    """Write a configuration of a Moneybird administration and a toy one."""
    (folder / "gateway.toml").write_text(
        '[[administrations]]\nslug = "shop"\nsystem = "moneybird"\nadministration_id = "123456789012345678"\n'
        f'token = "sandbox-token-moneybird"\nbase_url = "{moneybird}"\n'
        f'[[administrations]]\nslug = "toy"\nsystem = "toybooks"\nnames = "{NAMES}"\n'
    )


def test_it_stands_in_the_schema(tmp_path: Path):
    """Its name is a value of System where it is installed, and only there."""
    alone, beside = run("schema", cwd=tmp_path), run("schema", cwd=tmp_path, path=TOY)
    assert (alone.returncode, beside.returncode) == (0, 0)
    assert "TOYBOOKS" not in alone.stdout
    assert '  """Toy Books."""\n  TOYBOOKS\n' in beside.stdout


def test_the_shipped_schema_is_that_of_the_built_in(tmp_path: Path):
    """What is installed beside the gateway does not count as a difference from its own schema."""
    ended = run("schema", "--check", "--against", str(ROOT / "schema.graphql"), cwd=tmp_path, path=TOY)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert set(built_in()) == set(discover()) == {"moneybird", "acumulus"}


def test_its_contacts_stand_beside_moneybirds(tmp_path: Path):
    """`gateway serve` lists both books as one, in one order, with what the toy lacks null or empty."""
    ports = ("--moneybird-port", "0", "--acumulus-port", "0")
    with Program("sandbox", *ports, "--contacts", "20", cwd=tmp_path) as sandbox:
        configure(tmp_path, sandbox.address("Moneybird:"))
        with Program("serve", "--port", "0", cwd=tmp_path, path=TOY) as program:
            address = program.address("GraphQL ")
            ready(program.address("Health"))
            answer = httpx.post(address, json={"query": LIST}, timeout=30).json()
            assert program.stop(signal.SIGTERM)[0] == 0

    shown = answer["data"]["contacts"]
    toys = [node for node in shown["nodes"] if node["source"]["system"] == "TOYBOOKS"]
    assert "errors" not in answer
    assert [node["displayName"] for node in toys] == NAMES.split(";")
    assert [node["source"]["remoteId"] for node in toys] == ["1", "2", "3"]
    assert shown["totalCount"] == len(shown["nodes"]) > 15
    assert shown["nodes"].index(toys[0]) < shown["nodes"].index(toys[2])
    assert {node["source"]["system"] for node in shown["nodes"]} == {"MONEYBIRD", "TOYBOOKS"}
    assert [(node["persons"], node["charges"], node["mandate"]) for node in toys] == [([], [], None)] * 3
    assert {node["administration"]["currency"] for node in toys} == {"EUR"}
    assert [(each["state"], each["administration"]["system"]) for each in shown["sources"]] == [
        ("FRESH", "MONEYBIRD"),
        ("FRESH", "TOYBOOKS"),
    ]


def test_its_contacts_are_written(tmp_path: Path):
    """Mutations work on it as on any other, and say what it lacks; no line of the gateway knows it."""
    document = """mutation {
      made: contactCreate(input: {administration: "toy", contact: {companyName: "Wim"}}) {
        outcome contact { id displayName } }
      lacking: contactCreate(input: {administration: "toy", contact: {companyName: "Jet", label: "x"}}) {
        outcome userErrors { code path } } }"""
    more = {"TOYBOOKS_NAMES": NAMES}
    ended = run("query", document.replace("toy", "toybooks"), cwd=tmp_path, path=TOY, more=more)
    told = json.loads(ended.stdout)["data"]
    assert told["made"]["outcome"] == "CREATED"
    assert told["made"]["contact"]["displayName"] == "Wim"
    refused = [{"code": "NOT_SUPPORTED_BY_SYSTEM", "path": "label"}]
    assert told["lacking"] == {"outcome": "REFUSED", "userErrors": refused}


@pytest.mark.parametrize("words", [["query", LIST], ["check"]], ids=["query", "check"])
def test_commands_know_it(tmp_path: Path, words: list[str]):
    """An administration by its own environment variable is asked and checked like any other."""
    ended = run(*words, cwd=tmp_path, path=TOY, more={"TOYBOOKS_NAMES": NAMES})
    assert ended.returncode == 0
    assert "toybooks" in ended.stdout.lower()
    if words[0] == "query":
        assert json.loads(ended.stdout)["data"]["contacts"]["totalCount"] == 3


def test_the_demo_does_without_its_emulator(tmp_path: Path):
    """A system without an emulator is left out of the demo, which runs all the same."""
    with Program("demo", "--port", "0", "--contacts", "5", cwd=tmp_path, path=TOY) as program:
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        answer = httpx.post(address, json={"query": "{ administrations { system } }"}).json()
        assert program.stop(signal.SIGTERM)[0] == 0
    assert {each["system"] for each in answer["data"]["administrations"]} == {"MONEYBIRD", "ACUMULUS"}


def test_without_it_its_section_is_a_fault(tmp_path: Path):
    """Where it is not installed, its section says so in one line."""
    configure(tmp_path, "http://127.0.0.1:1/api/v2")
    ended = run("check", cwd=tmp_path)
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "unknown system" in ended.stderr
