"""The journal as files: a line of JSON for what was meant, another for how it ended; only ever appended to.

A file holds a month of one administration's writes, and belongs to the gateway's user alone. A line
is on disk before anything is sent. Several processes of one machine may write to one file: each
takes in what the others appended before it decides anything, and a file beside them is the lock for
that. A line that a crash cut short is left as it is and not read.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.ports import Intent, Settled
from gateway.store.entries import Entries
from gateway.store.touching import LANDING, touched_since

T = TypeVar("T")

VERSION = 1


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a file; exactly one of `intent` and `settled` is there."""

    v: int
    intent: Intent | None = None
    settled: Settled | None = None


# msgspec works out a shape when it is first read, and the process dies where two threads do so at once.
msgspec.json.Decoder(Line)


class FileJournal:
    """A journal in a directory.

    Args:
        directory: Made when it is not there.
        names: An administration's slug to what its files are called.
        clock: The present moment, UTC.
    """

    def __init__(self, directory: Path, names: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._names = names
        self._clock = clock
        self._books: dict[str, _Book] = {}
        self._turn = asyncio.Lock()

    async def intend(self, intent: Intent) -> tuple[Intent, Settled | None] | None:
        """Note a write, unless there is one under its key.

        Raises:
            OSError: it could not be written down.
        """
        return await self._work(intent.administration, lambda book: book.intend(intent))

    async def settle(self, administration: str, settled: Settled) -> None:
        """Note how a write ended.

        Raises:
            OSError: it could not be written down.
        """
        await self._work(administration, lambda book: book.settle(settled))

    async def find(self, administration: str, key: str) -> tuple[Intent, Settled | None] | None:
        """Return the newest write under a key's digest.

        Raises:
            OSError: the file cannot be read.
        """
        return await self._work(administration, lambda book: book.find(key))

    async def unsettled(self, administration: str) -> tuple[Intent, ...]:
        """Return the writes of which no end is known.

        Raises:
            OSError: the file cannot be read.
        """
        return await self._work(administration, lambda book: book.unsettled())

    async def touched(self, administration: str, since: datetime) -> Mapping[str | None, datetime]:
        """Return the contacts that what was read at a moment lacks, however long ago that was.

        Raises:
            OSError: a file cannot be read.
        """
        return await self._work(administration, lambda book: book.touched(since))

    async def _work(self, administration: str, job: Callable[[_Book], T]) -> T:
        book = self._books.get(administration)
        if book is None:
            book = _Book(self._directory, self._names.get(administration, administration), self._clock)
            self._books[administration] = book
        async with self._turn:
            return await asyncio.to_thread(job, book)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a file was read, and which one that was: its owner may take it away meanwhile."""

    file: int = 0
    end: int = 0

    def start_in(self, status: os.stat_result) -> int:
        return self.end if status.st_ino == self.file and status.st_size >= self.end else 0


class _Book:
    """One administration's files.

    A caller that gives up leaves its thread at work, so the next one's waits for it here.
    """

    def __init__(self, directory: Path, name: str, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._name = name
        self._clock = clock
        self._entries = Entries()
        self._read: dict[Path, _Place] = {}
        self._alone = threading.Lock()

    def intend(self, intent: Intent) -> tuple[Intent, Settled | None] | None:
        with self._alone, self._held() as file:
            earlier = self._entries.find(intent.key, self._clock()) if intent.key else None
            if earlier is None:
                self._append(file, Line(VERSION, intent=intent))
            return earlier

    def settle(self, settled: Settled) -> None:
        with self._alone, self._held() as file:
            self._append(file, Line(VERSION, settled=settled))

    def find(self, key: str) -> tuple[Intent, Settled | None] | None:
        with self._alone:
            self._catch_up()
            return self._entries.find(key, self._clock())

    def unsettled(self) -> tuple[Intent, ...]:
        with self._alone:
            self._catch_up()
            return self._entries.unsettled()

    def touched(self, since: datetime) -> dict[str | None, datetime]:
        # What is remembered goes back a day, and what is at rest for as long as its owner keeps it.
        first = self._path(since - LANDING)
        with self._alone:
            files = sorted(self._directory.glob(f"{self._name}-????-??.jsonl"))
            lines = [line for file in files if file >= first for line in _lines_of(file.read_bytes())]
        settled = {line.settled.id: line.settled for line in lines if line.settled}
        return touched_since((line.intent for line in lines if line.intent), settled, since)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Open this month's file, while nobody else appends to any."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A month's own file is no lock: at its turn there are two of them.
        with _opened(self._directory / f"{self._name}.lock", os.O_RDWR | os.O_CREAT) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = self._path(self._clock())
            is_new = not path.exists()
            with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
                if is_new:
                    with _opened(self._directory, os.O_RDONLY) as directory:
                        os.fsync(directory)
                self._catch_up()
                yield file

    def _append(self, file: int, line: Line) -> None:
        """Write a line down, and read it back as everybody else's are."""
        text = msgspec.json.encode(line) + b"\n"
        end = os.fstat(file).st_size
        if end and os.pread(file, 1, end - 1) != b"\n":
            # A crash cut the last line short; it must not swallow this one.
            text = b"\n" + text
        rest = memoryview(text)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
        self._catch_up()

    def _catch_up(self) -> None:
        """Take in what was appended since it was last looked, by whomever."""
        now = self._clock()
        for path in (self._path(now.replace(day=1) - timedelta(days=1)), self._path(now)):
            try:
                with path.open("rb") as file:
                    status = os.fstat(file.fileno())
                    start = self._read.get(path, _Place()).start_in(status)
                    file.seek(start)
                    text = file.read()
            except FileNotFoundError:
                continue
            whole = text.rfind(b"\n") + 1
            self._read[path] = _Place(status.st_ino, start + whole)
            for line in _lines_of(text[:whole]):
                self._take_in(line)

    def _take_in(self, line: Line) -> None:
        if line.intent:
            self._entries.add(line.intent)
        if line.settled:
            self._entries.settle(line.settled)

    def _path(self, moment: datetime) -> Path:
        return self._directory / f"{self._name}-{moment:%Y-%m}.jsonl"


def _lines_of(text: bytes) -> Iterator[Line]:
    """Read lines; what is none of ours, or was cut short, is passed over."""
    for each in text.splitlines():
        try:
            line = msgspec.json.decode(each, type=Line)
        except (msgspec.DecodeError, RecursionError):
            continue
        if line.intent is None or line.intent.at.tzinfo:
            yield line


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    handle = os.open(path, flags, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
