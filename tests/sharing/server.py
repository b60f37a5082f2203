"""A Redis of a test's own, that can be killed, stopped, filled and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

from gateway.domain.secret import Secret

PATIENCE = 30.0
"""Seconds that the server may take to start."""


def required() -> str:
    """Return the server's program; without it the test is skipped, and fails under CI."""
    found = shutil.which("redis-server")
    if found is None:
        words = "redis-server is not installed"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return found


class RedisServer:
    """A server on a port of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port, socket_timeout=PATIENCE)

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def secret(self) -> Secret:
        """Its address, as settings hold it."""
        return Secret(self.url)

    def start(self) -> None:
        """Start it, with what it last saved."""
        words = [required(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        words += ["--save", "", "--appendonly", "no", *self._options]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(redis.RedisError):
                self.client.ping()
                return
            assert time.monotonic() < until
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once; what it knew is lost."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it answer nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def fill(self) -> None:
        """Let it take nothing more, and answer questions."""
        self.client.config_set("maxmemory-policy", "noeviction")
        self.client.config_set("maxmemory", 1)

    def empty(self) -> None:
        """Let it take things again."""
        self.client.config_set("maxmemory", 0)

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            os.kill(self._process.pid, number)


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """Start a server, and end it."""
    required()
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), *options)
        server.start()
        try:
            yield server
        finally:
            server.go_on()
            server.kill()
            server.client.close()
