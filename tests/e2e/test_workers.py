"""`gateway serve --workers`: several processes that are one command to those who start it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.program import PATIENCE, Program, free_port, ready, run
from tests.sharing.server import RedisServer, redis_server
from tests.telemetry.measured import total

SETTINGS = """
[server]
workers = {workers}
[cache]
url = "{url}"
directory = "none"
preload = false
[log]
format = "json"
[[administrations]]
slug = "{slug}"
system = "moneybird"
administration_id = "123"
token = "s3cret-token"
base_url = "http://127.0.0.1:9/api"
"""
ASKED = {"query": "query Slugs { administrations { slug } }"}


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def configure(folder: Path, url: str, workers: int = 2, slug: str = "shop") -> None:
    (folder / "gateway.toml").write_text(SETTINGS.format(url=url, workers=workers, slug=slug))


class Served:
    """A program of several workers."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graphql = program.address("GraphQL ")
        self.health = program.address("Health")
        self.metrics = program.address("Metrics")
        self.said = program.line("Schema")

    def pids(self) -> set[int]:
        """Return its workers' processes."""
        pid = self.program.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def counted(self, name: str, **labels: str) -> float:
        """Return what whichever worker answers tells."""
        return total(httpx.get(self.metrics, timeout=PATIENCE).text, name, **labels)

    def slugs(self) -> list[str]:
        """Return the administrations that whichever worker answers knows."""
        answer = httpx.post(self.graphql, json=ASKED, timeout=PATIENCE).json()
        return [each["slug"] for each in answer["data"]["administrations"]]

    def events(self) -> list[dict[str, Any]]:
        """Return what was logged so far."""
        return [json.loads(line) for line in self.program.errors.splitlines() if line.startswith("{")]


def until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.05)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    with Program("serve", "--port", "0", *words, cwd=folder) as program:
        served = Served(program)
        ready(served.health)
        until(lambda: served.counted("workers") == 2)
        yield served


def test_any_worker_tells_what_all_counted(tmp_path: Path, redis: RedisServer):
    """200 requests are 200 at whichever worker is asked, also once one of them has died; all end well."""
    configure(tmp_path, redis.url)
    with serving(tmp_path) as served, ThreadPoolExecutor(8) as callers:
        first = served.pids()
        client = httpx.Client(timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))
        with client:
            asked = list(callers.map(lambda _: client.post(served.graphql, json=ASKED), range(200)))
        assert Counter(each.status_code for each in asked) == {200: 200}
        for _ in range(10):
            assert served.counted("requests_total", path="/graphql", status="200") == 200
        os.kill(min(first), signal.SIGKILL)
        until(lambda: len(served.pids() - first) == 1 and served.counted("workers") == 2)
        assert len(served.pids() & first) == 1
        assert served.counted("requests_total", path="/graphql", status="200") == 200
        assert served.slugs() == ["shop"]
        assert served.counted("process_resident_memory_bytes", worker="2") > 0
        assert served.program.stop(signal.SIGTERM)[0] == 0
        requests = [each for each in served.events() if each["event"] == "request"]
        assert {each["worker"] for each in requests} == {1, 2}
        [died] = [each for each in served.events() if each["event"] == "worker_ended"]
        assert died["status"] == 128 + signal.SIGKILL
        assert [each["event"] for each in served.events()].count("drained") == 2
        assert served.program.said == []
        assert served.program.errors.count("No keys are configured") == 1


def test_the_configuration_is_read_anew(tmp_path: Path, redis: RedisServer):
    """Every worker follows it; one that would leave each worker to itself is refused by all."""
    configure(tmp_path, redis.url)
    with serving(tmp_path, "--workers", "2") as served:
        configure(tmp_path, redis.url, slug="second")
        served.program.signal(signal.SIGHUP)
        until(lambda: sum(each["event"] == "reloaded" for each in served.events()) == 2)
        assert {tuple(served.slugs()) for _ in range(20)} == {("second",)}
        configure(tmp_path, "memory://", workers=1, slug="third")
        served.program.signal(signal.SIGHUP)
        until(lambda: sum(each["event"] == "reload_refused" for each in served.events()) == 2)
        assert {tuple(served.slugs()) for _ in range(20)} == {("second",)}
        assert served.program.stop(signal.SIGINT)[0] == 0


def test_all_are_told_by_their_service(tmp_path: Path, redis: RedisServer):
    """Who ends a service may tell each of its processes: workers that hear it twice finish what runs."""
    configure(tmp_path, redis.url)
    with serving(tmp_path) as served:
        for pid in served.pids():
            for _ in range(3):
                os.kill(pid, signal.SIGTERM)
        assert served.program.stop(signal.SIGTERM)[0] == 0
        assert [each["event"] for each in served.events()].count("drained") == 2


def test_workers_end_with_the_process_that_started_them(tmp_path: Path, redis: RedisServer):
    """Where that is killed they finish what runs, and nothing is left: no process, no port, no folder."""
    configure(tmp_path, redis.url)
    with serving(tmp_path) as served:
        pids = served.pids()
        environ = Path(f"/proc/{min(pids)}/environ").read_text()
        place = Path(re.findall("PROMETHEUS_MULTIPROC_DIR=([^\0]+)", environ)[0])
        assert place.is_dir()
        served.program.stop(signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
        assert not place.exists()
        with pytest.raises(httpx.TransportError):
            httpx.get(served.health, timeout=5)


def test_what_cannot_be_served_is_told_once(tmp_path: Path, redis: RedisServer):
    """A fault that only shows when a worker begins is one line, and status 2."""
    configure(tmp_path, redis.url)
    file = tmp_path / "gateway.toml"
    (tmp_path / "documents.json").write_text("no JSON")
    file.write_text(file.read_text() + '[graphql]\ntrusted_documents = "documents.json"\n')
    ended = run("serve", "--port", "0", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("graphql.trusted_documents: ")


@pytest.mark.parametrize(
    ("workers", "words", "where"),
    [
        pytest.param(2, [], "server.workers", id="file"),
        pytest.param(1, ["--workers", "2"], "--workers", id="option"),
    ],
)
def test_several_need_what_they_share(tmp_path: Path, workers: int, words: list[str], where: str):
    """More than one worker with a cache of its own each is refused with the reason and the cure."""
    configure(tmp_path, "memory://", workers)
    ended = run("serve", "--port", str(free_port()), *words, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"{where}: several workers need a cache that they share")
    assert "redis://" in line
