"""What several processes count, told as one; each process is a few lines of Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest

from gateway.telemetry.together import VARIABLE, Together
from tests.telemetry.measured import total

WORKER = """
import sys
from pathlib import Path
from gateway.telemetry import Instruments, Meters
from gateway.telemetry.together import Together

together = Together(Path(sys.argv[1]))
together.join(int(sys.argv[2]))
meters = Instruments(Meters(together)).meters
meters.workers.set(1)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""
COUNT = "meters.requests.labels('/graphql', '200').inc({})"
MEASURE = "meters.operations.labels('a', 'query', 'complete').observe({})"


class Process:
    """A worker of its own number."""

    def __init__(self, place: Path, number: int) -> None:
        words = [sys.executable, "-c", WORKER, str(place), str(number)]
        environ = {**os.environ, VARIABLE: str(place)}
        self._process = subprocess.Popen(  # noqa: S603 - our own lines
            words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, *lines: str) -> None:
        """Run lines."""
        assert self._process.stdin
        assert self._process.stdout
        for line in lines:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline() == "done\n"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.communicate()


class Crew:
    """Two workers, and what is told of them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.together = Together(place)
        self.workers = {number: Process(place, number) for number in (1, 2)}
        for worker in self.workers.values():
            worker.do("pass")

    def told(self, name: str, **labels: str) -> float:
        """Return the sum of a series."""
        return total(self.text(), name, **labels)

    def text(self) -> str:
        """Return all series as they are told."""
        return generate_latest(self.together).decode()  # type: ignore[arg-type]

    def kill(self, number: int) -> None:
        """End a worker, as the process that watches it would notice."""
        self.workers[number].kill()
        self.together.leave(number)

    def again(self, number: int) -> None:
        """Start a worker of a number that has ended."""
        self.workers[number] = Process(self.place, number)
        self.workers[number].do("pass")


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(tmp_path)
    yield crew
    for worker in crew.workers.values():
        worker.kill()


def test_sums(crew: Crew):
    """Counters and histograms are sums, with their words, and every worker tells the same."""
    crew.workers[1].do(COUNT.format(3), MEASURE.format(0.002))
    crew.workers[2].do(COUNT.format(4), MEASURE.format(0.3))
    assert crew.told("requests_total", path="/graphql", status="200") == 7
    whose = {"operation": "a", "kind": "query", "outcome": "complete"}
    assert crew.told("operation_seconds_count", **whose) == 2
    assert crew.told("operation_seconds_sum", **whose) == pytest.approx(0.302)
    assert crew.told("operation_seconds_bucket", le="0.0025", **whose) == 1
    assert "# HELP gateway_requests_total HTTP requests." in crew.text()
    seen = "open({!r}, 'wb').write(__import__('prometheus_client').exposition.generate_latest(meters))"
    files = [crew.place / f"seen{number}" for number in crew.workers]
    for worker, file in zip(crew.workers.values(), files, strict=True):
        worker.do(seen.format(str(file)))
    counted = [[line for line in file.read_text().splitlines() if "process" not in line] for file in files]
    assert counted[0] == counted[1]
    assert any(line.endswith(" 7.0") for line in counted[0])


def test_a_restart(crew: Crew):
    """No sum goes down where a worker dies, and the one that takes its place goes on counting."""
    for worker in crew.workers.values():
        worker.do(COUNT.format(5))
    files = sorted(file.name for file in crew.place.glob("*.db"))
    crew.kill(2)
    assert crew.told("requests_total") == 10
    crew.again(2)
    assert crew.told("requests_total") == 10
    crew.workers[2].do(COUNT.format(1))
    assert crew.told("requests_total") == 11
    assert sorted(file.name for file in crew.place.glob("*.db")) == files


def test_what_is_true_while_a_worker_lives(crew: Crew):
    """What is under way is a sum, a breaker the worst, a clock the latest, what is shared the least."""
    whose = "labels('moneybird', 'shop')"
    crew.workers[1].do("meters.in_flight.inc(2)", f"meters.breaker.{whose}.set(2)", "meters.shared_up.set(1)")
    crew.workers[1].do(f"meters.clock_skew.{whose}.set(5)", "meters.leads.labels('shop').set(0)")
    crew.workers[2].do("meters.in_flight.inc(3)", f"meters.breaker.{whose}.set(0)", "meters.shared_up.set(0)")
    crew.workers[2].do(f"meters.clock_skew.{whose}.set(-3)", "meters.leads.labels('shop').set(1)")
    names = ("workers", "operations_in_flight", "breaker", "clock_skew_seconds", "shared_up", "leads")
    assert [crew.told(name) for name in names] == [2, 5, 2, -3, 0, 1]
    crew.kill(2)
    assert [crew.told(name) for name in names] == [1, 2, 2, 5, 1, 0]
    crew.again(2)
    assert [crew.told(name) for name in names] == [2, 2, 2, 5, 0, 0]


def test_processes(crew: Crew):
    """Memory and the like are told of each worker that lives."""
    assert crew.told("process_resident_memory_bytes", worker="1") > 1_000_000
    assert crew.told("process_open_fds", worker="2") > 0
    assert crew.text().count("# TYPE gateway_process_cpu_seconds_total counter") == 1
    crew.kill(1)
    assert crew.told("process_resident_memory_bytes", worker="1") == 0
    assert crew.told("process_resident_memory_bytes", worker="2") > 0


def test_an_abandoned_folder(crew: Crew):
    """Each removes what is its own, and the last one the folder."""
    for number in (1, 2):
        crew.workers[number].do(f"together.abandon({number})")
        assert crew.place.exists() is (number == 1)
