"""What more workers bring: `python -m tests.benchmarks.throughput --seconds 3 --rounds 5`.

A gateway with `memory://`, and one with a Redis for each number of workers, side by side and all hot, are
asked in turn, round after round, so that whatever else the machine does falls on all of them. Prints the
medians as a table in Markdown; the ratios are what counts, as asking costs this machine something too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx

from gateway.domain.identity import contact_id
from tests.e2e.workers import LONG, PAGE, Machine, System, configure, put_out, sandbox, started
from tests.sharing.server import redis_server

LIST = """{ contacts(first: 50) { totalCount nodes { id displayName status customerNumber emails
  address { line1 city country { code } } source { system } } } }"""
CONTACT = """query($id: ID!) { contact(id: $id) { id displayName status customerNumber emails
  address { line1 city country { code } } } }"""

CONNECTIONS = 12
"""Requests under way at once."""

FEW = 40
"""Requests over one connection: then a new one, that another worker may take."""

ASKING = 2
"""Processes that ask, so that asking is no bottleneck before answering is."""

CONTACTS = 2_000


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway that is measured."""

    name: str
    workers: int
    address: str


def request(address: str, document: str, variables: Mapping[str, object]) -> bytes:
    """Return a question as it goes over the wire."""
    place = urlsplit(address)
    body = json.dumps({"query": document, "variables": variables}).encode()
    head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def answered(connection: socket.socket, asked: bytes) -> None:
    """Send a question and read the whole answer, which must be good."""
    connection.sendall(asked)
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(connection)
    head, _, body = found.partition(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(lines[b"content-length"])
    while len(body) < length:
        body += _more(connection)
    assert head.startswith(b"HTTP/1.1 200"), head
    assert b'"errors"' not in body, body[:500]


def _more(connection: socket.socket) -> bytes:
    found = connection.recv(1 << 18)
    assert found, "the connection was closed"
    return found


def ask(address: str, questions: list[bytes], until: float) -> int:
    """Ask in turn until a moment (monotonic), over connections that end after a few; return how often."""
    place, count = urlsplit(address), 0
    while time.monotonic() < until:
        with socket.create_connection((str(place.hostname), int(place.port or 80)), LONG) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(FEW):
                answered(connection, questions[count % len(questions)])
                count += 1
                if time.monotonic() >= until:
                    break
    return count


def ask_side_by_side(told: tuple[str, list[bytes], float, int]) -> int:
    """Ask over several connections at once for some seconds; return how many answers came."""
    address, questions, seconds, connections = told
    until, counts = time.monotonic() + seconds, [0] * connections

    def go_on(number: int) -> None:
        counts[number] = ask(address, questions[number:] + questions[:number], until)

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


@contextmanager
def serving(folder: Path, numbers: Sequence[int]) -> Iterator[tuple[list[Served], dict[str, System]]]:
    """Serve a gateway alone, and one for each number of workers, each with a Redis database of its own."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        systems = stack.enter_context(sandbox(folder, CONTACTS))
        machines: list[Machine] = []
        stack.callback(put_out, machines)
        kinds = [("memory://, 1", 1, "memory://")]
        kinds += [
            (f"redis://, {number}", number, f"{redis.url.rpartition('/')[0]}/{at}")
            for at, number in enumerate(numbers)
        ]
        for at, (_, workers, url) in enumerate(kinds):
            place = folder / f"gateway{at}"
            configure(place, systems, url, fresh=3600, revalidate=7200, preload=True)
            machines.append(Machine(place, workers, started(place, workers)))
        for machine in machines:
            machine.listen()
        named = zip(kinds, machines, strict=True)
        yield [Served(kind[0], kind[1], machine.graphql) for kind, machine in named], systems


def heat(served: Sequence[Served], questions: Callable[[str], dict[str, list[bytes]]]) -> None:
    """Ask each gateway until its workers have seen everything."""
    for each in served:
        until = time.monotonic() + LONG
        while True:
            page = httpx.post(each.address, json={"query": PAGE}, timeout=LONG).json()["data"]["contacts"]
            if {source["state"] for source in page["sources"]} == {"FRESH"}:
                break
            assert time.monotonic() < until, page["sources"]
        for asked in questions(each.address).values():
            ask_side_by_side((each.address, asked, 1.0, CONNECTIONS))


def measure(folder: Path, numbers: Sequence[int], seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Return requests a second, by question and gateway."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    spawning = multiprocessing.get_context("spawn")
    with serving(folder, numbers) as (served, systems), spawning.Pool(ASKING) as pool:
        keys = [key for key, row in systems["moneybird"].contacts().items() if not row["archived"]][:100]

        def questions(address: str) -> dict[str, list[bytes]]:
            ids = ({"id": contact_id("moneybird", key)} for key in keys)
            return {
                "a list of 50": [request(address, LIST, {})],
                "contact(id)": [request(address, CONTACT, each) for each in ids],
            }

        heat(served, questions)
        for _ in range(rounds):
            for each in served:
                for name, asked in questions(each.address).items():
                    told = (each.address, asked, seconds, CONNECTIONS // ASKING)
                    total = sum(pool.map(ask_side_by_side, [told] * ASKING))
                    found[name][each.name].append(total / seconds)
    return {name: {which: median(rates) for which, rates in rows.items()} for name, rows in found.items()}


def report(found: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table in Markdown."""
    names = list(found)
    lines = ["| workers | " + " | ".join(f"{name}, /s | ratio" for name in names) + " |"]
    lines.append("| --- |" + " --- | --- |" * len(names))
    for which in found[names[0]]:
        cells = []
        for name in names:
            alone = next(iter(found[name].values()))
            cells.append(f"{found[name][which]:,.0f} | {found[name][which] / alone:.2f}")
        lines.append(f"| {which} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    told = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), told.workers, told.seconds, told.rounds)
    cores = len(os.sched_getaffinity(0))
    words_of_machine = f"{cores} cores, asked by {ASKING} processes on them; {CONTACTS:,} contacts a book\n\n"
    sys.stdout.write(words_of_machine + report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
