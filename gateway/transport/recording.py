"""A network that keeps a redacted copy of every answer; of what was asked, and of headers, nothing.

It knows the ports alone: what nobody may read in an answer is the system's to say.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from gateway.domain.administration import Quota
from gateway.ports import Answer, Call, Client, Line, Network

T = TypeVar("T")

_UNSAFE = re.compile(r"[^a-z0-9_-]+")


class SampleFolder:
    """One administration's answers, a numbered file each, that only their owner may read.

    Args:
        folder: Made when the first answer comes.
        redact: Makes a file's name, with its extension, and its content of an answer.
    """

    def __init__(self, folder: Path, redact: Callable[[Call, Answer], tuple[str, bytes]]) -> None:
        self._folder = folder
        self._redact = redact
        self._count = 0
        self.failure: str | None = None
        """Why nothing more is kept; None while all is well."""

    async def keep(self, call: Call, answer: Answer) -> None:
        """Write an answer down; one that cannot be written is the last, and never costs the call."""
        if self.failure is not None:
            return
        self._count += 1
        # A large list takes seconds, in which other calls must not run into their deadlines.
        await asyncio.to_thread(self._keep, self._count, call, answer)

    def _keep(self, number: int, call: Call, answer: Answer) -> None:
        stem, content = self._redact(call, answer)
        stem, _, extension = stem.rpartition(".")
        failed = "" if answer.status == 200 else f"-{answer.status}"
        try:
            self._write(
                f"{number:02}-{_UNSAFE.sub('-', stem)}{failed}.{_UNSAFE.sub('-', extension)}", content
            )
        except OSError as error:
            self.failure = error.strerror or type(error).__name__

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Never over what is there, nor through a link that somebody else has put there.
        opened = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(content)


class RecordingNetwork:
    """Opens the lines of another network, and has every answer on them kept.

    Args:
        network: The real one.
        keep: Told of every answer, in the order in which they came.
    """

    def __init__(self, network: Network, keep: Callable[[Call, Answer], Awaitable[None]]) -> None:
        self._network = network
        self._keep = keep

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._network.now()

    def open(self, line: Line) -> Client:
        """Open a line; nothing is sent yet."""
        return RecordingClient(self._network.open(line), self._keep)


class RecordingClient:
    """An open line; made by `RecordingNetwork.open`."""

    def __init__(self, client: Client, keep: Callable[[Call, Answer], Awaitable[None]]) -> None:
        self._client = client
        self._keep = keep

    async def ask(self, call: Call, understand: Callable[[Answer], T]) -> T:
        """Make a call; raises as the real client does, and then nothing is kept."""
        answer = await self._client.ask(call, _as_it_came)
        await self._keep(call, answer)
        return understand(answer)

    def quota(self) -> Quota | None:
        """What is left of the ration."""
        return self._client.quota()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def _as_it_came(answer: Answer) -> Answer:
    return answer
