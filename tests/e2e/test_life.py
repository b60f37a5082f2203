"""The process ends without losing an answer, and changes its configuration without dropping one."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.e2e.program import PATIENCE, Program, free_port, ready, run

LIST = {"query": "{ contacts(first: 5, maxAge: 0) { totalCount sources { state administration { slug } } } }"}
WHO = {"query": "{ viewer { name } administrations { slug } }"}
SHOP = """
[[administrations]]
slug = "{slug}"
title = "Shop"
system = "moneybird"
administration_id = "123456789012345678"
token = "sandbox-token-moneybird"
base_url = "{url}"
"""
KEY = """
[[auth.keys]]
name = "{name}"
sha256 = "{digest}"
scopes = ["contacts:read"]
"""
CACHE = '[cache]\ndirectory = "none"\n'


def a_key(name: str) -> str:
    return KEY.format(name=name, digest=hashlib.sha256(name.encode()).hexdigest())


def bearing(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


@pytest.fixture(scope="module")
def moneybird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulated Moneybird that takes its time."""
    ports = ("--moneybird-port", str(free_port()), "--acumulus-port", str(free_port()))
    place = tmp_path_factory.mktemp("sandbox")
    with Program(
        "sandbox", *ports, "--contacts", "20", "--no-ration", "--latency", "1000", cwd=place
    ) as program:
        yield program.address("Moneybird:")


def configure(folder: Path, url: str, *parts: str, slugs: tuple[str, ...] = ("shop",)) -> None:
    sections = [SHOP.format(slug=slug, url=url) for slug in slugs]
    (folder / "gateway.toml").write_text(CACHE + "".join([*parts, *sections]), encoding="utf-8")


def served(folder: Path) -> tuple[Program, str]:
    program = Program("serve", "--port", "0", cwd=folder)
    address = program.address("GraphQL ")
    ready(program.address("Health"))
    return program, address


def in_flight(address: str) -> int:
    """Return how many operations are being answered."""
    told = httpx.get(address.replace("/graphql", "/metrics"), timeout=PATIENCE).text
    [line] = [each for each in told.splitlines() if each.startswith("gateway_operations_in_flight ")]
    return int(float(line.split()[1]))


def test_nothing_is_lost_at_the_end(tmp_path: Path, moneybird: str):
    """Told to end, it finishes every answer that was begun, takes no more, and ends with status 0."""
    configure(tmp_path, moneybird)
    program, address = served(tmp_path)
    with program, ThreadPoolExecutor(16) as callers:
        asked = [callers.submit(httpx.post, address, json=LIST, timeout=PATIENCE) for _ in range(16)]
        until = time.monotonic() + PATIENCE
        while sum(each.done() for each in asked) + in_flight(address) < 16:
            assert time.monotonic() < until
        status, seconds = program.stop(signal.SIGTERM)
        answers = [each.result() for each in asked if each.exception() is None]
        assert (status, seconds < PATIENCE) == (0, True)
        assert len(answers) == 16
        assert {each.status_code for each in answers} == {200}
        assert {each.json()["data"]["contacts"]["totalCount"] is None for each in answers} == {False}
        with pytest.raises(httpx.TransportError):
            httpx.get(address, timeout=5)


def test_a_new_configuration_without_a_dropped_request(tmp_path: Path, moneybird: str):
    """SIGHUP lets new keys in and old ones out, adds administrations, and no request on its way fails."""
    configure(tmp_path, moneybird, a_key("old"), a_key("stays"))
    program, address = served(tmp_path)
    statuses: Counter[int] = Counter()
    ended = threading.Event()

    def keep_asking() -> None:
        with httpx.Client() as http:
            while not ended.is_set():
                answer = http.post(address, json=LIST, headers=bearing("stays"), timeout=PATIENCE)
                statuses[answer.status_code] += 1

    with program, ThreadPoolExecutor(4) as callers:
        asking = [callers.submit(keep_asking) for _ in range(4)]
        assert httpx.post(address, json=WHO, headers=bearing("new")).status_code == 401
        configure(tmp_path, moneybird, a_key("new"), a_key("stays"), slugs=("shop", "second"))
        program.signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while httpx.post(address, json=WHO, headers=bearing("new")).status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        told = httpx.post(address, json=WHO, headers=bearing("new")).json()["data"]
        assert told == {"viewer": {"name": "new"}, "administrations": [{"slug": "shop"}, {"slug": "second"}]}
        assert httpx.post(address, json=WHO, headers=bearing("old")).status_code == 401
        time.sleep(0.3)
        ended.set()
        for each in asking:
            each.result()
        assert set(statuses) == {200}
        assert program.stop(signal.SIGTERM)[0] == 0


def test_a_configuration_with_faults_changes_nothing(tmp_path: Path, moneybird: str):
    """What cannot be used is told, a line a fault, and the old configuration goes on."""
    configure(tmp_path, moneybird, a_key("stays"))
    program, address = served(tmp_path)
    with program:
        configure(tmp_path, moneybird, '[server]\nprot = 1\n[limits]\ncost = "x"\n')
        program.signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while program.errors.count("reload_refused") < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert httpx.post(address, json=WHO, headers=bearing("stays")).status_code == 200
        program.stop(signal.SIGTERM)
    assert "server.prot" in program.errors
    assert "limits.cost" in program.errors


def test_ten_faults_ten_lines(tmp_path: Path):
    """Everything that is wrong is told at once, with key and cure, and status 2."""
    (tmp_path / "gateway.toml").write_text(
        '[server]\nport = "x"\nprot = 1\n[graphql]\ndeadline = -1\nbatching = 1.5\n[limits]\ndepth = 0\n'
        'cost = "much"\n[cache]\nhydrate = "never"\n'
        '[[auth.keys]]\nname = "a"\nsha256 = "1"\nscopes = ["all"]\n'
        '[[administrations]]\nslug = "A B"\nsystem = "moneybird"\nadministration_id = "1"\ntoken = "t"\n'
    )
    ended = run("serve", cwd=tmp_path)
    lines = [line for line in ended.stderr.splitlines() if line]
    assert ended.returncode == 2
    assert len(lines) == 10, ended.stderr
    assert all(": " in line and "; " in line for line in lines)
    assert "Traceback" not in ended.stderr
