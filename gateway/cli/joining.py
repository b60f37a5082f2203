"""What one worker of several is told by the process that started it, and says to it.

A line between the two lies open as long as both live: the worker says on it that it serves, and whose
end comes first, the other one hears.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from gateway.cli import JOINING
from gateway.telemetry import name_worker
from gateway.telemetry.together import VARIABLE, Together

SERVES = b"+"
"""What a worker says once it takes requests."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A worker's place among the others.

    Attributes:
        number: Its own; 1 is the first.
        count: How many there are.
        opened: File descriptor of the socket that all of them serve on.
        line: File descriptor of its end of the line.
    """

    number: int
    count: int
    opened: int
    line: int

    def environment(self, place: Path) -> dict[str, str]:
        """Return what its environment says besides: this, and where numbers are kept."""
        return {JOINING: ":".join(map(str, astuple(self))), VARIABLE: str(place)}


class Joined:
    """One worker of several, from inside.

    Args:
        told: By the process that started it.
        place: Where numbers are kept.
    """

    def __init__(self, told: Joining, place: Path) -> None:
        self.told = told
        self.together = Together(place)
        self._line = socket.socket(fileno=told.line)
        self._line.setblocking(False)
        self._is_left = False

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Return what this process was told, where it was told anything."""
        return cls(Joining(*map(int, environ[JOINING].split(":"))), Path(environ[VARIABLE]))

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Be known by its number, and end when the process that started it is gone."""
        name_worker(self.told.number)
        self.together.join(self.told.number)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._line, self._heard)
        try:
            yield
        finally:
            loop.remove_reader(self._line)
            self._line.close()
            if self._is_left:
                self.together.abandon(self.told.number)

    def serves(self) -> None:
        """Say that requests are taken."""
        try:
            self._line.send(SERVES)
        except OSError:
            self._heard()

    def _heard(self) -> None:
        """End as if told to: nothing is ever said on this line, so that its other end is gone."""
        asyncio.get_running_loop().remove_reader(self._line)
        self._is_left = True
        os.kill(os.getpid(), signal.SIGTERM)
