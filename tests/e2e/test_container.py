"""The Dockerfile's steps, without an engine: what they make serves, ends, and writes in one place."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.container import Image, Step, built, steps
from tests.e2e.program import PATIENCE, ROOT, Program, free_port, ready

pytestmark = pytest.mark.timeout(900)

DOCKERFILE = steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
KEY = "cgw_only-for-this-test"
CACHE = "var/cache/gateway"
BOOK = """
[[administrations]]
slug = "shop-nl"
title = "Shop B.V."
system = "moneybird"
administration_id = "123456789012345678"
token = "env:MONEYBIRD_TOKEN"
base_url = "{address}"
"""
KEYS = f"""
[[auth.keys]]
name = "shop"
sha256 = "{hashlib.sha256(KEY.encode()).hexdigest()}"
scopes = ["contacts:write"]
"""
CREATE = """mutation { contactCreate(input: {administration: "shop-nl", contact: {companyName: "Nieuw"}}) {
  outcome userErrors { code message } } }"""

Listing = dict[str, tuple[int, int, int]]


def told(word: str) -> list[str]:
    """Return what stands behind an instruction, every time that it is given."""
    return [step.rest for step in DOCKERFILE if step.word == word]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """What the Dockerfile makes; it is large, and does not outlive the tests."""
    place = tmp_path_factory.mktemp("container")
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "hatchling"]
    found = subprocess.run(asked, cwd=place, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    if found.returncode:
        reason = "pip reaches no index: the image is made of what it downloads"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}\n{found.stderr}")
        pytest.skip(reason)
    yield built(ROOT, place)
    shutil.rmtree(place)


@contextmanager
def started(image: Image, more: Mapping[str, str], errors: Path) -> Iterator[subprocess.Popen[str]]:
    """Start what the image starts, as an engine does, but where nobody else can reach it."""
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in image.words("ENTRYPOINT") + image.words("CMD")]
    with (
        errors.open("w") as stream,
        subprocess.Popen(  # noqa: S603 - the Dockerfile's words
            image.program(words),
            cwd=image.inside(image.workdir),
            env={**image.environ, **more},
            stdout=stream,
            stderr=stream,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def configure(image: Image, text: str) -> None:
    """Put a configuration where the image looks for one."""
    (Path(image.inside(image.workdir)) / "gateway.toml").write_text(text, encoding="utf-8")


def health(image: Image, more: Mapping[str, str]) -> int:
    """Return the status of the health check."""
    words = image.program(image.words("HEALTHCHECK"))
    return subprocess.run(  # noqa: S603 - the Dockerfile's words
        words, env={**image.environ, **more}, capture_output=True, timeout=PATIENCE, check=False
    ).returncode


def listing(root: Path) -> Listing:
    """Return what the file system holds outside the cache directory, and how it was last written."""
    found = {path.relative_to(root).as_posix(): path.lstat() for path in sorted(root.rglob("*"))}
    return {
        name: (stat.st_mode, stat.st_size, stat.st_mtime_ns)
        for name, stat in found.items()
        if not name.startswith(f"{CACHE}/") and name != CACHE
    }


def test_two_stages_of_one_python():
    """Both stages have the same Python, to the last number, of the lowest line that the project promises."""
    bases = [each.partition(" AS ")[0] for each in told("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    lowest = re.search(
        r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert lowest
    assert re.fullmatch(rf"python:{re.escape(lowest[1])}\.\d+-slim-\w+", bases[0])


def test_nobody_in_particular_runs_it():
    """The user is a number that is not root's, and the cache directory, a volume, is that user's alone."""
    user, group = told("USER")[-1].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert told("VOLUME") == [f"/{CACHE}"]
    assert Step("RUN", f"install -d -m 0700 -o {user} -g {group} /{CACHE}") in DOCKERFILE
    assert DOCKERFILE.index(Step("USER", f"{user}:{group}")) > max(
        number for number, step in enumerate(DOCKERFILE) if step.word == "RUN"
    )


def test_nothing_secret_goes_in():
    """Nothing is set but paths, the port and how Python writes, and nothing is asked for while it is made."""
    names = {each.partition("=")[0] for each in told("ENV")}
    assert names == {"PATH", "PYTHONDONTWRITEBYTECODE", "XDG_CACHE_HOME", "GATEWAY_PORT"}
    assert told("ARG") == told("ADD") == []


def test_the_readme_tells_the_same():
    """The words for starting it name its port, its user, and the places of configuration and cache."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("### In a container\n")[2].partition("\n##")[0]
    (port,), (workdir,) = told("EXPOSE"), told("WORKDIR")[1:]
    assert f"-p {port}:{port} " in section
    assert f":{workdir}/gateway.toml:ro" in section
    assert f":/{CACHE} " in section
    assert f"user {told('USER')[-1].partition(':')[0]}, " in section
    assert f"GATEWAY_PORT={port}" in told("ENV")


def test_it_holds_the_gateway_alone(image: Image):
    """The last stage has the installed gateway, compiled, and neither its sources, wheels nor pip."""
    top = {path.name for path in image.root.iterdir()}
    (packages,) = image.root.glob("opt/gateway/lib/python*/site-packages")
    assert top == {"etc", "opt", "tmp", "var"}
    assert (packages / "gateway" / "cli" / "__init__.py").is_file()
    assert list((packages / "gateway" / "cli" / "__pycache__").glob("__init__.*.pyc"))
    assert not (packages / "pip").exists()
    assert list((image.root / CACHE).iterdir()) == []


def test_without_a_key_it_does_not_serve(image: Image):
    """What others can reach asks for a key: without one in the configuration it ends, and says why."""
    configure(image, BOOK.format(address="http://127.0.0.1:1/api/v2"))
    ended = subprocess.run(  # noqa: S603 - the Dockerfile's words
        image.program(image.words("ENTRYPOINT") + image.words("CMD")),
        cwd=image.inside(image.workdir),
        env={**image.environ, "MONEYBIRD_TOKEN": "x"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 2
    assert "others could reach it, and no key is asked for" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.fixture
def moneybird(tmp_path: Path) -> Iterator[str]:
    """The address of an emulated Moneybird."""
    words = ("--moneybird-port", "0", "--acumulus-port", "0", "--contacts", "20", "--no-ration")
    with Program("sandbox", *words, cwd=tmp_path) as program:
        yield program.address("Moneybird:")


def ask(address: str, document: str, key: str = KEY) -> httpx.Response:
    """Ask with a key."""
    headers = {"authorization": f"Bearer {key}"}
    return httpx.post(f"{address}/graphql", json={"query": document}, headers=headers, timeout=PATIENCE)


def test_it_serves_and_ends_and_writes_in_one_place(image: Image, moneybird: str, tmp_path: Path):
    """It is healthy while it serves; SIGTERM ends it with 0; only the cache directory is written to."""
    configure(image, KEYS + BOOK.format(address=moneybird))
    port, errors = str(free_port()), tmp_path / "errors"
    more = {"GATEWAY_PORT": port, "MONEYBIRD_TOKEN": "sandbox-token-moneybird"}
    address = f"http://127.0.0.1:{port}"
    before = listing(image.root)

    assert health(image, more) == 1
    with started(image, more, errors) as process:
        ready(f"{address}/health/ready")
        assert health(image, {**more, "http_proxy": "http://127.0.0.1:1"}) == 0
        assert ask(address, "{ contacts { totalCount } }", "wrong").status_code == 401
        counted: dict[str, Any] = ask(address, "{ contacts { totalCount } }").json()
        created: dict[str, Any] = ask(address, CREATE).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0, errors.read_text()

    assert counted["data"]["contacts"]["totalCount"] > 0
    assert created["data"]["contactCreate"] == {"outcome": "CREATED", "userErrors": []}
    assert list((image.root / CACHE).rglob("*.jsonl"))
    assert listing(image.root) == before
    assert "Traceback" not in errors.read_text()
