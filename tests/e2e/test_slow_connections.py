"""Connections that never come to the point: hundreds of them, while others want to be served."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.program import Program

CONNECTIONS = 300
"""Of each kind."""

SECONDS = 2.0
"""For a head, and for a body, as configured."""

LEEWAY = 3.0
"""Seconds by which the last of hundreds may be closed later, on a machine with other things to do."""

QUICK = 5.0

CONFIGURATION = f"""
[limits]
head_seconds = {SECONDS}
body_seconds = {SECONDS}

[cache]
preload = false

[[administrations]]
slug = "shop"
title = "Shop"
system = "moneybird"
administration_id = "123456789012345678"
token = "nobody asks for it"
base_url = "http://127.0.0.1:1/api/v2"
"""

HEADS = {
    "half-head": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Ty",
    "half-body": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"query": "',
    "nothing": b"",
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Where a gateway listens that waits for nobody longer than a moment."""
    (tmp_path / "gateway.toml").write_text(CONFIGURATION)
    with Program("serve", "--port", "0", cwd=tmp_path) as program:
        found = re.search(r"//(.+):(\d+)/", program.address("GraphQL "))
        assert found
        yield found[1], int(found[2])
        assert "Traceback" not in program.errors


def opened(stack: ExitStack, address: tuple[str, int], beginning: bytes) -> socket.socket:
    """Open a connection and send the beginning of a request."""
    line = stack.enter_context(socket.create_connection(address, timeout=10))
    line.sendall(beginning)
    line.setblocking(False)
    return line


def told(lines: list[socket.socket], until: float) -> dict[socket.socket, bytes]:
    """Return what came on each connection that was closed from the other side in time."""
    came = dict.fromkeys(lines, b"")
    closed: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line, selectors.EVENT_READ)
        while len(closed) < len(lines) and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                line: socket.socket = key.fileobj  # type: ignore[assignment]
                piece = line.recv(65536)
                came[line] += piece
                if not piece:
                    selector.unregister(line)
                    closed[line] = came[line]
    return closed


def test_half_requests_hold_nobody_up(address: tuple[str, int]):
    """Hundreds of half heads and half bodies keep nobody waiting, and are closed when their time is over."""
    url = f"http://{address[0]}:{address[1]}/graphql"
    with ExitStack() as stack, httpx.Client() as client:
        started = time.monotonic()
        lines = {
            kind: [opened(stack, address, beginning) for _ in range(CONNECTIONS)]
            for kind, beginning in HEADS.items()
        }
        for _ in range(20):
            begun = time.monotonic()
            answer = client.post(url, json={"query": "{ viewer { name } }"})
            assert time.monotonic() - begun < QUICK
            assert answer.json()["data"] == {"viewer": {"name": None}}
        until = max(started, time.monotonic()) + SECONDS + LEEWAY
        closed = told([line for kind in lines.values() for line in kind], until)
    assert {kind: sum(line in closed for line in found) for kind, found in lines.items()} == dict.fromkeys(
        HEADS, CONNECTIONS
    )
    assert {closed[line][:12] for line in lines["half-body"]} == {b"HTTP/1.1 408"}
    assert {closed[line] for kind in ("half-head", "nothing") for line in lines[kind]} == {b""}


def test_a_head_in_drops(address: tuple[str, int]):
    """A head that comes letter by letter has no more time than one that stops."""
    with ExitStack() as stack:
        line = opened(stack, address, b"GET / HTTP/1.1\r\n")
        until = time.monotonic() + SECONDS + LEEWAY
        while time.monotonic() < until:
            try:
                line.sendall(b"X")
            except OSError:
                break
            if told([line], time.monotonic() + 0.1):
                break
        assert time.monotonic() < until
