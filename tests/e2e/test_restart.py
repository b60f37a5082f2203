"""A gateway that ends and starts again: what its first answers are made of, and what they cost."""

from __future__ import annotations

import base64
import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.program import PATIENCE, Program, free_port, ready, run
from tests.e2e.test_commands import SECRETS, SECTIONS

SIZES = {"moneybird": 10_000, "acumulus": 2_000}
SLUGS = {"moneybird": "shop-nl", "acumulus": "wholesale"}
PAGE = """{ contacts(first: 50) { totalCount nodes { id displayName }
  sources { administration { slug } state contactCount fetchedAt } } }"""
RENAME = """mutation($input: ContactUpdateInput!) { contactUpdate(input: $input) {
  outcome userErrors { code message } } }"""
ONE = "query($id: ID!) { contact(id: $id) { companyName } }"
CACHE = """
[cache]
directory = "kept"
hydrate = "demand"
{more}
"""


@dataclass(frozen=True, slots=True)
class Emulated:
    """An emulated system: its base URL, its log, and how it is told to fail."""

    url: str

    @property
    def control(self) -> str:
        return "/".join(self.url.split("/")[:3]) + "/_control"

    def fail(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.control}/faults", json=list(faults), timeout=PATIENCE).raise_for_status()

    def calls(self) -> int:
        return len(httpx.get(f"{self.control}/log", timeout=PATIENCE).json()["requests"])


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a configuration, in front of emulated systems."""

    folder: Path
    systems: dict[str, Emulated]

    def configure(self, **cache: object) -> None:
        """Write the configuration."""
        more = "\n".join(f"{key} = {json.dumps(value)}" for key, value in cache.items())
        (self.folder / "secret.txt").write_text("sandbox-only-Acumulus\n")
        sections = SECTIONS.format(**{name: system.url for name, system in self.systems.items()})
        (self.folder / "gateway.toml").write_text(CACHE.format(more=more) + sections)

    def serve(self) -> Program:
        """Start the gateway."""
        return Program("serve", "--port", "0", cwd=self.folder, more=SECRETS)

    def files(self, ending: str) -> list[Path]:
        """Return what is at rest."""
        return sorted((self.folder / "kept" / "snapshots").glob(f"*{ending}"))

    def calls(self) -> dict[str, int]:
        """Count all calls so far."""
        return {name: system.calls() for name, system in self.systems.items()}


def emulate(folder: Path, sizes: dict[str, int]) -> Iterator[Place]:
    """Start a process for each system, each with a size of its own."""
    with (
        Program(*_sandbox(sizes["moneybird"]), cwd=folder) as one,
        Program(*_sandbox(sizes["acumulus"]), cwd=folder) as two,
    ):
        acumulus, moneybird = two.address("Acumulus:"), one.address("Moneybird:")
        yield Place(folder, {"moneybird": Emulated(moneybird), "acumulus": Emulated(acumulus)})


def _sandbox(contacts: int) -> list[str]:
    ports = (word for name in ("moneybird", "acumulus") for word in (f"--{name}-port", str(free_port())))
    return ["sandbox", *ports, "--contacts", str(contacts), "--no-ration"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Two small books."""
    for made in emulate(tmp_path, {"moneybird": 150, "acumulus": 30}):
        made.configure()
        yield made


def ask(address: str, max_age: int | None = None) -> dict[str, Any]:
    """Ask for the first page."""
    headers = {} if max_age is None else {"Cache-Control": f"max-age={max_age}"}
    answer = httpx.post(address, json={"query": PAGE}, headers=headers, timeout=PATIENCE).json()
    assert answer.get("data"), answer
    found: dict[str, Any] = answer["data"]["contacts"]
    return found


def states(page: dict[str, Any]) -> dict[str, str]:
    return {each["administration"]["slug"]: each["state"] for each in page["sources"]}


def is_in(node: dict[str, Any], system: str) -> bool:
    return f":{SLUGS[system]}:" in base64.b64decode(node["id"] + "==").decode()


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    late = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < late
        time.sleep(0.05)


def ages(page: dict[str, Any]) -> list[float]:
    moments = [datetime.fromisoformat(each["fetchedAt"]) for each in page["sources"]]
    return [(datetime.now(UTC) - each).total_seconds() for each in moments]


def served(program: Program) -> str:
    """Return the address, once the gateway is ready."""
    address = program.address("GraphQL")
    ready(program.address("Health"))
    return address


def test_ten_thousand_contacts_cost_two_calls_after_a_restart(tmp_path: Path):
    """Cold 102 calls, a restart 2, looking again 2; the answers are the same."""
    for place in emulate(tmp_path, SIZES):
        place.configure()
        with place.serve() as program:
            address = served(program)
            until(lambda address=address: set(states(ask(address, 3600)).values()) == {"FRESH"})
            first = ask(address, 3600)
            assert place.calls() == {"moneybird": 101, "acumulus": 1}
            assert program.stop(signal.SIGTERM)[0] == 0
        assert len(place.files(".book")) == 2
        place.configure(preload=False)
        with place.serve() as program:
            address = served(program)
            assert ask(address, 0)["nodes"] == first["nodes"]
            assert place.calls() == {"moneybird": 102, "acumulus": 2}
            assert ask(address, 0)["totalCount"] == first["totalCount"]
            assert place.calls() == {"moneybird": 103, "acumulus": 3}


def test_the_first_page_comes_from_the_file(place: Place):
    """While the systems are silent the page is there at once, as old as it is."""
    with place.serve() as program:
        first = ask(served(program))
        program.stop(signal.SIGTERM)
    for system in place.systems.values():
        system.fail({"kind": "hang"})
    with place.serve() as program:
        page = ask(program.address("GraphQL"))
        assert page["nodes"] == first["nodes"]
        assert page["totalCount"] == first["totalCount"]
        assert [each["fetchedAt"] for each in page["sources"]] == [
            each["fetchedAt"] for each in first["sources"]
        ]
        assert set(states(page).values()) == {"FRESH"}


def test_what_was_confirmed_survives_a_kill(place: Place):
    """Killed without a word, it starts with what was at rest; the book is as old as its last confirmation."""
    with place.serve() as program:
        address = served(program)
        until(lambda: len(place.files(".book")) == 2)
        ask(address, 0)
        until(lambda: len(place.files(".age")) == 2)
        first = ask(address)
        program.stop(signal.SIGKILL)
    before = place.calls()
    place.configure(preload=False)
    with place.serve() as program:
        page = ask(served(program))
        assert [each["fetchedAt"] for each in page["sources"]] == [
            each["fetchedAt"] for each in first["sources"]
        ]
        assert min(ages(page)) >= 0
        assert place.calls() == before


def test_a_key_that_changed_begins_anew(place: Place):
    """With another key nothing can be read: it is told once, set aside, and everything is asked for."""
    place.configure(key="the first key", preload=False)
    for key in ("the first key", "the second key"):
        place.configure(key=key, preload=False)
        with place.serve() as program:
            assert states(ask(served(program), 0)) == dict.fromkeys(SLUGS.values(), "FRESH")
            program.stop(signal.SIGTERM)
        warnings = [line for line in program.errors.splitlines() if "snapshot_set_aside" in line]
        assert len(warnings) == (0 if key == "the first key" else 2)
        assert all("another key" in line for line in warnings)
        assert key not in program.errors
    assert len(place.files(".set-aside")) == 2
    assert place.calls() == {"moneybird": 6, "acumulus": 2}


def test_nothing_is_shown_after_a_rejection(place: Place):
    """A system that turned us away before the end shows nothing from its file, not even while it is away."""
    place.configure(preload=False)
    moneybird = place.systems["moneybird"]
    with place.serve() as program:
        address = served(program)
        ask(address)
        until(lambda: len(place.files(".book")) == 2)
        moneybird.fail({"kind": "status", "status": 401})
        assert states(ask(address, 0)) == {"shop-nl": "UNAVAILABLE", "wholesale": "FRESH"}
        program.stop(signal.SIGKILL)
    moneybird.fail({"kind": "status", "status": 503})
    with place.serve() as program:
        address = served(program)
        assert states(ask(address)) == {"shop-nl": "UNAVAILABLE", "wholesale": "FRESH"}
        moneybird.fail()
        calls = moneybird.calls()
        assert states(ask(address)) == {"shop-nl": "FRESH", "wholesale": "FRESH"}
        assert moneybird.calls() == calls + 1


def test_a_write_is_never_undone_by_a_restart(place: Place):
    """Killed right after a write, its system away: the contact is shown as written, or not at all."""
    place.configure(preload=False)
    moneybird = place.systems["moneybird"]
    with place.serve() as program:
        address = served(program)
        contact = next(each for each in ask(address)["nodes"] if is_in(each, "moneybird"))
        until(lambda: len(place.files(".book")) == 2)
        asked = {"id": contact["id"], "contact": {"companyName": "Anders dan voorheen B.V."}}
        answer = httpx.post(address, json={"query": RENAME, "variables": {"input": asked}}, timeout=PATIENCE)
        assert answer.json()["data"]["contactUpdate"]["outcome"] == "UPDATED"
        program.stop(signal.SIGKILL)
    moneybird.fail({"kind": "status", "status": 503})
    with place.serve() as program:
        address = served(program)
        page = ask(address)
        assert contact["id"] not in {each["id"] for each in page["nodes"]}
        assert states(page) == {"shop-nl": "PARTIAL", "wholesale": "FRESH"}
        moneybird.fail()
        one = httpx.post(address, json={"query": ONE, "variables": {"id": contact["id"]}}, timeout=PATIENCE)
        assert one.json()["data"]["contact"]["companyName"] == "Anders dan voorheen B.V."
        assert states(ask(address, 0)) == {"shop-nl": "FRESH", "wholesale": "FRESH"}


def test_one_question_uses_what_is_at_rest_and_leaves_it_alone(place: Place):
    """`gateway query` answers from the file within its age, and changes nothing there."""
    with place.serve() as program:
        served(program)
        program.stop(signal.SIGTERM)
    before = {path: path.read_bytes() for path in place.files("")}
    calls = place.calls()
    answer = run("query", PAGE, cwd=place.folder, more=SECRETS)
    assert answer.returncode == 0
    assert '"totalCount"' in answer.stdout
    assert place.calls() == calls
    assert {path: path.read_bytes() for path in place.files("")} == before


def test_what_is_at_rest_can_be_forgotten(place: Place):
    """`gateway cache clear` tells what it removed, a line each; an unknown slug is one line and status 2."""
    with place.serve() as program:
        served(program)
        program.stop(signal.SIGTERM)

    def clear(*words: str) -> tuple[int, list[str], list[str]]:
        done = run("cache", "clear", *words, cwd=place.folder, more=SECRETS)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    assert clear("shop-be") == (2, [], ["shop-be: no such administration; there are shop-nl, wholesale."])
    status, told, _ = clear("shop-nl")
    assert (status, [line.partition(": ")[0] for line in told]) == (0, ["shop-nl"])
    assert len(place.files(".book")) == 1
    assert [line.partition(": ")[0] for line in clear()[1]] == ["wholesale"]
    assert clear() == (0, ["Nothing was kept."], [])
    assert clear("shop-nl") == (0, ["shop-nl: nothing was kept."], [])
    (place.folder / "gateway.toml").write_text(
        (place.folder / "gateway.toml").read_text().replace('directory = "kept"', 'directory = "none"')
    )
    assert clear() == (0, ['Nothing is kept: cache.directory is "none".'], [])


def test_a_named_directory_must_be_usable(place: Place):
    """Where the owner names a directory that cannot be, one line says so, and nothing starts."""
    (place.folder / "kept").write_text("in the way")
    done = run("serve", "--port", "0", cwd=place.folder, more=SECRETS)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("cache.directory: ")
    assert line.endswith('name a folder that the gateway may write to, or "none"')


def test_a_directory_that_nobody_named_may_be_missing(place: Place):
    """The default directory that cannot be used costs a warning; everything is served."""
    text = (place.folder / "gateway.toml").read_text().replace('directory = "kept"\n', "")
    (place.folder / "gateway.toml").write_text(text)
    (place.folder / "kept").write_text("in the way")
    more = {**SECRETS, "XDG_CACHE_HOME": str(place.folder / "kept")}
    with Program("serve", "--port", "0", cwd=place.folder, more=more) as program:
        assert states(ask(served(program))) == dict.fromkeys(SLUGS.values(), "FRESH")
        program.stop(signal.SIGTERM)
    assert program.errors.count("snapshots_off") == 1
