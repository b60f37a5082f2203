"""GraphiQL as others get it: built anew from its sources, and out of the package where there is no Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from gateway.serving.graphiql import packaged
from gateway.serving.graphiql.explorer import HERE
from tests.e2e.program import ROOT, Program, ready

PATIENCE = 600.0
"""Seconds for a step that fetches packages."""

UNREACHED = (
    "No matching distribution found",
    "Could not find a version",
    "ETIMEDOUT",
    "ENOTFOUND",
    "EAI_AGAIN",
)
"""What pip and npm say where they reach no index."""

NO_NODE = {"PATH": "/nowhere", "PYTHONPATH": ""}
NAMES = ["List", "Search", "Contact", "DryRun"]


def lacking(reason: str) -> None:
    """Skip for what this machine lacks; where all must be tested that is a fault."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def done(*words: str, cwd: Path) -> None:
    """Run a program to its good end."""
    ended = subprocess.run(  # noqa: S603 - named by us
        words, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    told = ended.stdout + ended.stderr
    if ended.returncode and any(each in told for each in UNREACHED):
        lacking(f"{words[0]} reaches no packages: {told[-500:]}")
    assert ended.returncode == 0, told


def contents(folder: Path) -> dict[str, str]:
    """Return the files' hashes by name."""
    return {each.name: sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


@pytest.mark.timeout(PATIENCE)
def test_it_is_built_from_its_sources(tmp_path: Path):
    """Whoever builds it anew, elsewhere, gets what stands in the package, byte for byte."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        lacking("node and npm are not installed: GraphiQL is built with them")
        return
    ignored = shutil.ignore_patterns("node_modules")
    source = Path(shutil.copytree(HERE / "source", tmp_path / "elsewhere", ignore=ignored))
    done(npm, "ci", "--no-audit", "--no-fund", cwd=source)
    done(node, "build.mjs", str(tmp_path / "built"), cwd=source)
    assert contents(tmp_path / "built") == contents(HERE / "built")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    done(sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "-w", str(place), cwd=place)
    (found,) = place.glob("*.whl")
    return found


@pytest.mark.timeout(PATIENCE)
def test_what_the_package_holds(wheel: Path):
    """It holds the built files, and neither their sources, nor what they are built with, nor the picture."""
    with zipfile.ZipFile(wheel) as opened:
        held = opened.namelist()
    own = "gateway/serving/graphiql/"
    built = {f"{own}built/{each.name}" for each in (HERE / "built").iterdir()}
    assert built <= set(held)
    assert [name for name in held if "node_modules" in name or f"{own}source" in name] == []
    assert [name for name in held if name.endswith((".webp", ".png"))] == []
    assert {name for name in held if name.startswith(f"{own}samples/")}
    assert wheel.stat().st_size < 4_000_000


@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.thorough
def test_it_is_served_without_node(wheel: Path, tmp_path: Path):
    """In an empty environment, where no program but Python is found, the page and all its files are there."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    done(python, "-m", "pip", "install", str(wheel), cwd=tmp_path)
    words = ("demo", "--port", "0", "--contacts", "5")
    with Program(*words, cwd=tmp_path, more=NO_NODE, interpreter=python) as program:
        address = program.address("GraphiQL")
        ready(program.address("Health"))
        with httpx.Client(base_url=address.removesuffix("/graphql"), timeout=60) as browser:
            page = browser.get("/graphql", headers={"Accept": "text/html"})
            manifest = packaged().manifest
            for name, told in manifest.files.items():
                assert sha256(browser.get(f"/graphiql/{name}").content).hexdigest() == told.sha256
    assert page.status_code == 200
    assert manifest.script in page.text


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Program("demo", "--port", "0", cwd=tmp_path_factory.mktemp("demo")) as program:
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        yield address


@pytest.mark.parametrize("number", range(4), ids=NAMES)
def test_a_sample_runs_on_the_demo(demo: str, number: int):
    """Each tab runs as it stands, and shows something."""
    sample = packaged().samples[number]
    asked = {"query": sample.query, "variables": json.loads(sample.variables or "{}")}
    answer = httpx.post(demo, json=asked, timeout=60).json()
    assert "errors" not in answer
    (shown,) = answer["data"].values()
    if NAMES[number] == "DryRun":
        assert (shown["outcome"], shown["userErrors"]) == ("DRY_RUN", [])
        assert [each["field"] for each in shown["changes"]] == ["phones.main"]
        return
    assert shown["nodes"]
    assert {each["state"] for each in shown.get("sources", [])} <= {"FRESH"}
    if NAMES[number] == "Contact":
        (found,) = shown["nodes"]
        assert [part for part in ("persons", "charges", "mandate", "bankAccount") if not found[part]] == []
