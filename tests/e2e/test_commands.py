"""Every command as its users start it: what it prints, how it ends, and what it says of their mistakes."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.e2e.program import ROOT, Program, free_port, ready, run

SECTIONS = """
[[administrations]]
slug = "shop-nl"
title = "Shop B.V."
system = "moneybird"
administration_id = "123456789012345678"
token = "env:SHOP_TOKEN"
base_url = "{moneybird}"

[[administrations]]
slug = "wholesale"
title = "Wholesale V.O.F."
system = "acumulus"
contract_code = "123456"
username = "ApiUser123456"
password = "file:secret.txt"
base_url = "{acumulus}"
"""
SECRETS = {"SHOP_TOKEN": "sandbox-token-moneybird"}
COUNTS = "{ contacts { totalCount sources { state contactCount administration { slug } } } }"


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Emulated systems by name, served by the command for it on ports of our choice."""
    ports = {name: free_port() for name in ("moneybird", "acumulus")}
    words = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    place = tmp_path_factory.mktemp("sandbox")
    with Program("sandbox", *words, "--contacts", "20", "--no-ration", cwd=place) as program:
        found = {name: program.address(f"{name.capitalize()}:") for name in ("acumulus", "moneybird")}
        program.line("Ctrl-C")
        assert all(f":{ports[name]}/" in address for name, address in found.items())
        yield found


@pytest.fixture
def configured(tmp_path: Path, systems: dict[str, str]) -> Path:
    """A folder with a configuration of both systems."""
    (tmp_path / "secret.txt").write_text("sandbox-only-Acumulus\n")
    (tmp_path / "gateway.toml").write_text(SECTIONS.format(**systems))
    return tmp_path


def control(address: str) -> str:
    return f"http://{address.removeprefix('http://').partition('/')[0]}/_control"


def ask(address: str, document: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.post(address, json={"query": document}, timeout=30).json()
    return found


def serve(cwd: Path, *words: str, more: Mapping[str, str] | None = None) -> Program:
    return Program("serve", "--port", "0", *words, cwd=cwd, more=more)


def test_sandbox_tells_how_to_get_in(tmp_path: Path):
    """It prints address, credentials and control surface of each system, and ends when told."""
    with Program(
        "sandbox", "--moneybird-port", "0", "--acumulus-port", "0", "--contacts", "3", cwd=tmp_path
    ) as program:
        siel = program.address("Acumulus:")
        assert program.line("contract code") == "123456"
        assert program.line("user name") == "ApiUser123456"
        assert program.line("password") == "sandbox-only-Acumulus"
        assert "_control/faults" in program.line("faults: POST")
        bird = program.address("Moneybird:")
        assert program.line("administration id") == "123456789012345678"
        token = program.line("token")
        program.line("Ctrl-C")

        answer = httpx.get(f"{bird}/administrations.json", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()[0]["id"] == "123456789012345678"
        assert httpx.get(siel).status_code == 404
        status, seconds = program.stop(signal.SIGTERM)
    assert status == 0
    assert seconds < 5
    assert "Traceback" not in program.errors


def test_the_control_surface_works(systems: dict[str, str]):
    """Faults can be set, requests be read, and all be put back over HTTP."""
    address, surface = systems["moneybird"], control(systems["moneybird"])
    asked = {"url": f"{address}/administrations.json", "headers": {"Authorization": "Bearer x"}}
    httpx.post(f"{surface}/reset")

    assert httpx.get(**asked).status_code == 401
    set_now = httpx.post(f"{surface}/faults", json={"kind": "status", "status": 503, "count": 1})
    assert (set_now.status_code, set_now.json()) == (200, [{"kind": "status", "status": 503, "count": 1}])
    assert [httpx.get(**asked).status_code for _ in range(2)] == [503, 401]
    log = httpx.get(f"{surface}/log").json()
    assert (log["count"], [row["fault"] for row in log["requests"]]) == (3, [None, "status", None])
    assert httpx.post(f"{surface}/faults", json={"kind": "nonsense"}).status_code == 400
    assert httpx.post(f"{surface}/reset").json() == {"reset": True}
    assert httpx.get(f"{surface}/log").json()["count"] == 0


@pytest.mark.parametrize("preload", [True, False], ids=["preload", "on-demand"])
def test_serve_answers_for_the_configured(configured: Path, systems: dict[str, str], preload: bool):
    """Both administrations are served; the books are loaded ahead, or when somebody asks."""
    file = configured / "gateway.toml"
    file.write_text(f"[cache]\npreload = {str(preload).lower()}\n{file.read_text()}")
    for address in systems.values():
        httpx.post(f"{control(address)}/reset")
    with serve(configured, more=SECRETS) as program:
        address, health = program.address("GraphQL "), program.address("Health")
        told = ready(health)
        assert told["status"] == "ready"
        logs = [httpx.get(f"{control(each)}/log").json()["count"] for each in systems.values()]
        assert (sum(logs) > 0) is preload

        shown = ask(address, COUNTS)["data"]["contacts"]
        assert [each["administration"]["slug"] for each in shown["sources"]] == ["shop-nl", "wholesale"]
        assert [(each["state"], each["contactCount"]) for each in shown["sources"]] == [("FRESH", 20)] * 2
        status, seconds = program.stop(signal.SIGTERM)
    assert (status, seconds < 5) == (0, True)
    assert "listening on this machine only" in program.errors
    assert "Traceback" not in program.errors
    assert "sandbox-token-moneybird" not in program.errors


def test_serve_by_environment(tmp_path: Path, systems: dict[str, str]):
    """Without a file, the systems whose variables are set are served under their own names."""
    more = {
        "MONEYBIRD_TOKEN": "sandbox-token-moneybird",
        "MONEYBIRD_ADMINISTRATION_ID": "123456789012345678",
        "MONEYBIRD_BASE_URL": systems["moneybird"],
        "ACUMULUS_CONTRACT_CODE": "123456",
        "ACUMULUS_USERNAME": "ApiUser123456",
        "ACUMULUS_PASSWORD": "sandbox-only-Acumulus",
        "ACUMULUS_BASE_URL": systems["acumulus"],
        "GATEWAY_PORT": "0",
    }
    with Program("serve", cwd=tmp_path, more=more) as program:
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        shown = ask(address, COUNTS)["data"]["contacts"]
        assert program.stop(signal.SIGINT)[0] == 0
    assert {each["administration"]["slug"] for each in shown["sources"]} == {"moneybird", "acumulus"}
    assert {each["contactCount"] for each in shown["sources"]} == {20}


def test_serve_with_a_system_away(configured: Path):
    """The gateway starts all the same, serves the other book, and says which one failed."""
    file = configured / "gateway.toml"
    text = file.read_text()
    away = text.partition('base_url = "')[2].partition('"')[0]
    file.write_text(text.replace(away, f"http://127.0.0.1:{free_port()}/api/v2", 1))
    with serve(configured, more=SECRETS) as program:
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        shown = ask(address, COUNTS)["data"]["contacts"]
        program.stop(signal.SIGTERM)
    assert [each["state"] for each in shown["sources"]] == ["UNAVAILABLE", "FRESH"]
    assert "shop-nl" in program.errors


def test_a_bad_configuration_is_told_at_once(tmp_path: Path):
    """Every fault is a line with its key, status 2, and no secret in it."""
    (tmp_path / "gateway.toml").write_text(
        '[server]\nport = "many"\ncolour = "red"\n'
        '[[administrations]]\nslug = "Shop NL"\nsystem = "moneybird"\ntoken = "env:NOT_SET"\n'
        '[[administrations]]\nslug = "b"\nsystem = "acumulos"\n'
    )
    for command in (["serve"], ["query", "{ viewer { name } }"]):
        ended = run(*command, cwd=tmp_path)
        lines = ended.stderr.strip().splitlines()
        assert (ended.returncode, ended.stdout) == (2, "")
        for words in ("server.port", "server.colour", "slug", "NOT_SET", "administration_id", "acumulus"):
            assert len([line for line in lines if words in line]) == 1, (command, words, lines)
        assert len(lines) == 6


@pytest.mark.parametrize(
    ("words", "text", "more", "told"),
    [
        pytest.param([], None, {}, "gateway.toml", id="nothing-configured"),
        pytest.param(["--config", "none.toml"], None, {}, "none.toml", id="no-file"),
        pytest.param([], "[[", {}, "TOML", id="no-toml"),
        pytest.param(["--host", "0.0.0.0"], SECTIONS, SECRETS, "others could", id="other-host-option"),
        pytest.param([], '[server]\nhost = "0.0.0.0"\n' + SECTIONS, SECRETS, "others could", id="other-host"),
        pytest.param(["--workers", "2"], SECTIONS, SECRETS, "--workers", id="workers"),
        pytest.param(["--port", "99999"], SECTIONS, SECRETS, "--port", id="no-port"),
        pytest.param([], None, {"MONEYBIRD_TOKEN": "t"}, "MONEYBIRD_ADMINISTRATION_ID", id="half-set"),
    ],
)
def test_serve_refuses(tmp_path: Path, words: list[str], text: str | None, more: dict[str, str], told: str):
    """What cannot be served is refused in plain words, with status 2."""
    (tmp_path / "secret.txt").write_text("x")
    if text is not None:
        local = {"moneybird": "http://127.0.0.1:1/api/v2", "acumulus": "http://127.0.0.1:1/a"}
        (tmp_path / "gateway.toml").write_text(text.format(**local))
    ended = run("serve", *words, cwd=tmp_path, more=more)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_check_of_a_healthy_configuration(configured: Path):
    """A row for each administration with what was seen there, status 0."""
    ended = run("check", cwd=configured, more=SECRETS)
    rows = {line.split("│")[1].strip(): line for line in ended.stdout.splitlines() if "│" in line}
    assert ended.returncode == 0
    assert {"shop-nl", "wholesale"} <= set(rows)
    assert all(word in rows["shop-nl"] for word in ("moneybird", "yes", "user", "20", "of 150"))
    assert all(word in rows["wholesale"] for word in ("acumulus", "yes", "API-beheerder", "20"))
    assert "doubtful" in ended.stdout


def test_check_tells_a_wrong_token(configured: Path):
    """A rejected token is a NO in its row and a sentence, status 1; the token is not shown."""
    ended = run("check", cwd=configured, more={"SHOP_TOKEN": "wrong-token-canary"})
    row = next(line for line in ended.stdout.splitlines() if "shop-nl" in line)
    assert ended.returncode == 1
    assert "NO" in row
    assert "shop-nl: Moneybird does not accept the token" in ended.stdout
    assert "canary" not in ended.stdout + ended.stderr


def test_schema_is_printed(tmp_path: Path):
    """The text on stdout is that of the file in the checkout, and that of --out."""
    printed = run("schema", cwd=tmp_path)
    written = run("schema", "--out", "here.graphql", cwd=tmp_path)
    assert (printed.returncode, written.returncode, written.stdout) == (0, 0, "")
    assert printed.stdout == (tmp_path / "here.graphql").read_text()
    assert printed.stdout == (ROOT / "schema.graphql").read_text()


def test_schema_check(tmp_path: Path):
    """Equal is status 0 and silence; a difference is status 1 and a classed line for each change."""
    text = (ROOT / "schema.graphql").read_text()
    other = re.sub(r'  """[^"]*"""\n  FRST\n\n', "", text).replace(
        "type Viewer {", "type Viewer {\n  gone: Int\n"
    )
    file = tmp_path / "schema.graphql"

    file.write_text(text)
    equal = run("schema", "--check", cwd=tmp_path)
    file.write_text(other)
    differing = run("schema", "--check", cwd=tmp_path)
    lost = run("schema", "--check", "--against", "nowhere.graphql", cwd=tmp_path)

    assert (equal.returncode, equal.stdout, equal.stderr) == (0, "", "")
    lines = differing.stdout.splitlines()
    assert differing.returncode == 1
    assert [line.partition(":")[0] for line in lines] == ["breaking", "dangerous"]
    assert "Viewer.gone" in lines[0]
    assert "FRST" in lines[1]
    assert (lost.returncode, len(lost.stderr.strip().splitlines())) == (2, 1)


def test_query_by_text_and_by_file(configured: Path):
    """An operation's answer is JSON on stdout; variables come from the option."""
    (configured / "book.graphql").write_text("query($id: ID!) { administration(id: $id) { slug title } }")

    text = run("query", COUNTS, cwd=configured, more=SECRETS)
    file = run("query", "book.graphql", "--variables", '{"id": "wholesale"}', cwd=configured, more=SECRETS)

    assert (text.returncode, file.returncode) == (0, 0)
    shown = json.loads(text.stdout)["data"]["contacts"]
    assert {each["contactCount"] for each in shown["sources"]} == {20}
    assert json.loads(file.stdout) == {
        "data": {"administration": {"slug": "wholesale", "title": "Wholesale V.O.F."}}
    }


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param('{ contact(id: "nonsense") { id } }', "BAD_USER_INPUT", id="bad-id"),
        pytest.param("{ nonsense }", "GRAPHQL_VALIDATION_FAILED", id="no-field"),
        pytest.param("{ viewer { name }", "GRAPHQL_PARSE_FAILED", id="no-graphql"),
    ],
)
def test_query_with_errors(configured: Path, document: str, code: str):
    """An answer with errors is printed whole, and is status 1."""
    ended = run("query", document, cwd=configured, more=SECRETS)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["errors"][0]["extensions"]["code"] == code
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["none.graphql"], "none.graphql", id="no-file"),
        pytest.param(["{ viewer { name } }", "--variables", "{oops"], "--variables", id="no-json"),
        pytest.param(["{ viewer { name } }", "--variables", "[1]"], "--variables", id="no-object"),
        pytest.param([], "FILE_OR_TEXT", id="nothing"),
    ],
)
def test_query_refuses(configured: Path, words: list[str], told: str):
    """What is no operation or no variables is told in plain words, with status 2."""
    ended = run("query", *words, cwd=configured, more=SECRETS)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", sorted(main.commands))
def test_help_has_examples(command: str):
    """Every command says what it does and shows how it is called."""
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert "Examples:" in shown.output
    assert f"gateway {command}" in shown.output.partition("Examples:")[2]


def test_help_lists_the_commands(tmp_path: Path):
    """The command alone tells which commands there are."""
    ended = run("--help", cwd=tmp_path)
    assert ended.returncode == 0
    assert all(
        command in ended.stdout for command in ("serve", "demo", "sandbox", "check", "schema", "query")
    )


@pytest.mark.parametrize("chosen", ["acumulus.nodes", "acumulus.colour=red", "exact.nodes=full"])
def test_sandbox_refuses_strange_settings(tmp_path: Path, chosen: str):
    """A setting that no emulator knows is told in one line, with status 2."""
    ended = run("sandbox", "--moneybird-port", "0", "--acumulus-port", "0", "--set", chosen, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert ended.stderr.startswith("--set: ")
