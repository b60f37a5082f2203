"""The `gateway` command as its users start it: a process of its own."""

from __future__ import annotations

import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 40.0
"""Seconds in which a line must come, on a machine with other things to do."""


def environment(more: Mapping[str, str] | None = None, *, path: str = "") -> dict[str, str]:
    """Return an environment that names no system; `path` stands before the checkout in PYTHONPATH."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{path}:{ROOT}" if path else str(ROOT),
        "COLUMNS": "200",
        **(more or {}),
    }


def run(
    *words: str, cwd: Path, more: Mapping[str, str] | None = None, path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "gateway", *words],
        cwd=cwd,
        env=environment(more, path=path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


class Program:
    """A command that goes on until it is told to stop; a context manager that leaves nothing running."""

    def __init__(
        self,
        *words: str,
        cwd: Path,
        more: Mapping[str, str] | None = None,
        path: str = "",
        interpreter: str = sys.executable,
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [interpreter, "-m", "gateway", *words],
            cwd=cwd,
            env=environment(more, path=path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            threading.Thread(target=_read, args=(self._process.stdout, self._lines.put)),
            threading.Thread(target=_read, args=(self._process.stderr, self._errors.append)),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def errors(self) -> str:
        """What came on stderr; whole once it has ended."""
        return "".join(self._errors)

    @property
    def said(self) -> list[str]:
        """What came on stdout and was not waited for; whole once it has ended."""
        return list(self._lines.queue)

    def line(self, beginning: str) -> str:
        """Wait for a line on stdout that begins so, blanks aside, and return the rest of it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                line = self._lines.get(timeout=0.1).strip()
            except queue.Empty:
                if self._process.poll() is not None and self._lines.empty():
                    break
                continue
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()
        raise AssertionError(f"no line begins with {beginning!r}; stderr: {self.errors}")

    def address(self, beginning: str) -> str:
        """Wait for a line that tells an address, and return it."""
        return self.line(beginning).split()[0]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, and go on."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; return the exit status and the seconds that it took."""
        started = time.monotonic()
        self._process.send_signal(number)
        status = self._process.wait(timeout=PATIENCE)
        for reader in self._readers:
            reader.join()
        return status, time.monotonic() - started


def _read(stream: IO[str], put: Callable[[str], object]) -> None:
    with stream:
        for line in stream:
            put(line)


def ready(address: str) -> dict[str, object]:
    """Wait until a health address says that all is well, and return what it tells."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            answer = httpx.get(address, timeout=5)
        except httpx.TransportError:
            time.sleep(0.02)
            continue
        if answer.status_code == 200:
            told: dict[str, object] = answer.json()
            return told
        time.sleep(0.02)
    raise AssertionError(f"{address} is not ready")
