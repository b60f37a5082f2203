"""The way of a new user, as the README tells it: its own lines, one after the other."""

from __future__ import annotations

import re
import shlex
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.e2e.program import PATIENCE, Program, ready, run

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
FREE = ("--moneybird-port", "0", "--acumulus-port", "0")
"""The ports that the README names may be taken on this machine."""


def told() -> tuple[list[list[str]], str]:
    """Return the section's lines of the command line, each as words, and its configuration."""
    start = README.index("### The whole way, without an account")
    section = README[start : README.index("\n### ", start)]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    [configuration] = [block for language, block in blocks if language == "toml"]
    return [shlex.split(line) for line in lines], configuration


def curl(words: list[str], *, to: str = "", key: str = "") -> httpx.Response:
    """Send what a line of curl would.

    Args:
        words: The line.
        to: Where the gateway really listens, in the place of the README's address.
        key: Stands for the variable of that name; without one no key is sent.
    """
    name, silent, address, *options = words
    assert (name, silent) == ("curl", "-s")
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    if "Authorization" in headers:
        headers["Authorization"] = headers["Authorization"].replace("$KEY", key)
        assert key in headers["Authorization"]
    bodies = [value for option, value in given if option == "-d"]
    assert {option for option, _ in given} <= {"-H", "-d"}
    if not key:
        headers.pop("Authorization", None)
    url = address.replace("http://127.0.0.1:8000", to) if to else address
    method = "POST" if bodies else "GET"
    return httpx.request(method, url, headers=headers, content="".join(bodies), timeout=PATIENCE)


def base(address: str) -> str:
    """Return the beginning of an address, up to its port."""
    return "/".join(address.split("/")[:3])


def test_the_readme_has_these_lines():
    """The section has the lines that are followed here, and no others."""
    lines, _ = told()
    assert [" ".join(line[:3]) for line in lines[:5]] == [
        "gateway demo",
        "gateway sandbox",
        "gateway key new",
        "gateway check",
        "gateway serve",
    ]
    assert [line[0] for line in lines[5:]] == ["curl", "curl"]


def test_the_first_look(tmp_path: Path):
    """The demo starts; every address that it prints answers, and the line that it says to try does."""
    [demo, *_], _ = told()
    with Program(*demo[1:], "--port", "0", cwd=tmp_path) as program:
        names = ("GraphiQL", "GraphQL", "Health", "Metrics", "Schema")
        addresses = {name: program.address(name) for name in names}
        attempt = shlex.split(f"curl {program.line('curl')}")
        told_by = ready(addresses["Health"])
        page = httpx.get(addresses["GraphiQL"], headers=BROWSER, timeout=PATIENCE)
        parts = re.findall(r'(?:src|href)="([^"#?:]+\.\w+)"', page.text)
        files = [httpx.get(f"{base(addresses['GraphiQL'])}/{each.lstrip('/')}") for each in parts]
        series, schema = (httpx.get(addresses[name], timeout=PATIENCE) for name in ("Metrics", "Schema"))
        answer = curl(attempt)
        assert program.stop(signal.SIGINT)[0] == 0
    assert told_by["status"] == "ready"
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (len(files) >= 2, {each.status_code for each in files}) == (True, {200})
    assert ("gateway_ready 1.0" in series.text, "type Query" in schema.text) == (True, True)
    assert (answer.status_code, len(answer.json()["data"]["contacts"]["nodes"])) == (200, 3)


def test_from_the_systems_to_a_served_gateway(tmp_path: Path):
    """Systems, configuration, key, check, serve, and both questions with the key; without one neither."""
    (_, sandbox, key_new, check, serve, *questions), configuration = told()
    with ExitStack() as stack:
        systems = stack.enter_context(Program(*sandbox[1:], *FREE, cwd=tmp_path))
        acumulus, moneybird = systems.address("Acumulus:"), systems.address("Moneybird:")
        for real, written in ((acumulus, ":8102/acumulus/stable"), (moneybird, ":8101/api/v2")):
            assert f'"http://127.0.0.1{written}"' in configuration
            configuration = configuration.replace(f"http://127.0.0.1{written}", real)
        made = run(*key_new[1:], cwd=tmp_path)
        key, _, lines = made.stdout.partition("\n")
        (tmp_path / "gateway.toml").write_text(f"{configuration}\n{lines}", encoding="utf-8")
        checked = run(*check[1:], cwd=tmp_path)
        assert (checked.returncode, checked.stderr) == (0, "")
        assert all(slug in checked.stdout for slug in ("shop-nl", "wholesale"))
        gateway = stack.enter_context(Program(*serve[1:], "--port", "0", cwd=tmp_path))
        there = base(gateway.address("GraphQL "))
        ready(f"{there}/health/ready")
        asked, series = (curl(each, to=there, key=key) for each in questions)
        refused = [curl(each, to=there).status_code for each in questions]
        assert gateway.stop(signal.SIGTERM)[0] == 0
        assert systems.stop(signal.SIGINT)[0] == 0
    nodes = asked.json()["data"]["contacts"]["nodes"]
    assert (asked.status_code, len(nodes), "errors" in asked.json()) == (200, 3, False)
    assert (series.status_code, refused) == (200, [401, 401])
    assert 'gateway_book_contacts{administration="shop-nl"}' in series.text


def test_the_sandbox_takes_what_is_configured(tmp_path: Path):
    """The credentials of the configuration are those that the systems print."""
    (_, sandbox, *_), configuration = told()
    with Program(*sandbox[1:], *FREE, cwd=tmp_path) as program:
        printed = [program.line(word) for word in ("contract code", "user name", "password")]
        printed += [program.line(word) for word in ("administration id", "token")]
        assert program.stop(signal.SIGINT)[0] == 0
    assert [each for each in printed if f'"{each}"' not in configuration] == []
