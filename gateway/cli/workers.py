"""Several workers on one socket: started, started again where one ends, and told to end together.

This process serves nothing itself. It tells workers by signals: SIGTERM to finish what runs, SIGQUIT to
end at once, SIGHUP to read the configuration anew. A worker whose line to it breaks ends, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.cli.joining import Joining
from gateway.telemetry import log
from gateway.telemetry.together import Together

STEADY = 10.0
"""Seconds that a worker has to serve, for its end to be no sign of trouble."""

PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before a worker is started again: after its first end in trouble, its second one, and so on."""

TRIES = 3
"""Times that a worker may fail to serve at all, one after the other, while no other one serves."""

REFUSED = 2
"""Status of a worker that cannot serve what is configured: trying again would not help."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
"""Where files are kept without a disk, on Linux: what is counted must never wait for one."""


@dataclass(eq=False)
class Worker:
    """A process that serves.

    Attributes:
        number: Its own among those that live.
        process: It.
        line: Our end of the line to it.
        serves: Whether it takes requests: then it heeds signals, too.
        is_behind: Whether the configuration may have changed since it was read.
    """

    number: int
    process: asyncio.subprocess.Process
    line: socket.socket
    serves: bool = False
    is_behind: bool = False

    def tell(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens where it has ended."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)


@dataclass
class Trouble:
    """How often a worker's processes ended that should not have, one after the other.

    Attributes:
        ends: Those that served for a short time, or not at all.
        failures: Those that never served, since one last did.
    """

    ends: int = 0
    failures: int = 0

    def note(self, served: float | None) -> float:
        """Note an end.

        Args:
            served: Seconds; None: not at all.

        Returns:
            Seconds before the next start.
        """
        self.failures = 0 if served is not None else self.failures + 1
        self.ends = 1 if served is not None and served >= STEADY else self.ends + 1
        return PAUSES[min(self.ends, len(PAUSES)) - 1]


@dataclass
class Workers:
    """Keeps a number of workers going until it is told to end.

    Attributes:
        command: Starts one.
        count: How many.
        opened: What they serve on; closed when they are to end.
        announce: Called once, when the first one serves.
        seconds: Monotonic.
    """

    command: Sequence[str]
    count: int
    opened: socket.socket
    announce: Callable[[], None]
    seconds: Callable[[], float] = time.monotonic
    _alive: set[Worker] = field(default_factory=set, init=False)
    _words: int = field(default=0, init=False)
    _status: int = field(default=0, init=False)
    _ending: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _begun: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> int:
        """Go on until told to end, by SIGINT or SIGTERM, and they did; return the exit status.

        0 where all did what they were told; that of a worker where none can serve.
        """
        signals = {signal.SIGINT: self._end, signal.SIGTERM: self._end, signal.SIGHUP: self._reload}
        with _folder() as folder, _heeding(signals):
            numbers = Together(folder)
            async with asyncio.TaskGroup() as tasks:
                for number in range(1, self.count + 1):
                    tasks.create_task(self._keep(number, numbers))
        return self._status

    async def _keep(self, number: int, numbers: Together) -> None:
        """Have a worker of that number, until all are to end."""
        trouble = Trouble()
        if number > 1:
            # What keeps one from serving keeps all from it: one is enough to say so.
            await self._begun.wait()
        while not self._ending.is_set():
            try:
                worker = await self._start(number, numbers)
                status, served = await self._watch(worker)
            except OSError as error:
                log().error("worker_not_started", worker=number, error=type(error).__name__)
                status, served = 1, None
            numbers.leave(number)
            if self._ending.is_set():
                self._status = self._status or (status if served is not None else 0)
                return
            pause = trouble.note(served)
            if self._is_hopeless(status, trouble):
                self._status = status
                self._end()
                return
            log().warning("worker_ended", worker=number, status=status, again_in=pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    def _is_hopeless(self, status: int, trouble: Trouble) -> bool:
        if any(worker.serves for worker in self._alive):
            return False
        return trouble.failures >= TRIES or (status == REFUSED and not self._begun.is_set())

    async def _start(self, number: int, numbers: Together) -> Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            told = Joining(number, self.count, self.opened.fileno(), theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                *self.command,
                env={**os.environ, **told.environment(numbers.place)},
                pass_fds=(told.opened, told.line),
            )
        worker = Worker(number, process, ours)
        self._alive.add(worker)
        if self._ending.is_set():
            worker.tell(signal.SIGTERM)
        return worker

    async def _watch(self, worker: Worker) -> tuple[int, float | None]:
        """Wait for a worker's end; return its status, and for how many seconds it served."""
        since: list[float] = []
        hearing = asyncio.create_task(self._hear(worker, since))
        status = await worker.process.wait()
        # Its end of the line is gone with it, so that there is nothing to wait for but its last word.
        await asyncio.wait([hearing], timeout=STEADY)
        worker.line.close()
        self._alive.discard(worker)
        # As shells tell of one that a signal ended.
        return (status if status >= 0 else 128 - status), (self.seconds() - since[0] if since else None)

    async def _hear(self, worker: Worker, since: list[float]) -> None:
        with suppress(OSError):
            if not await asyncio.get_running_loop().sock_recv(worker.line, 1):
                return
            since.append(self.seconds())
            worker.serves = True
            if worker.is_behind:
                worker.tell(signal.SIGHUP)
            if not self._begun.is_set() and not self._ending.is_set():
                self.announce()
            self._begun.set()

    def _end(self) -> None:
        """Have all finish what runs; told again end at once, and told a third time whatever they do."""
        self._words += 1
        self._ending.set()
        self._begun.set()
        self.opened.close()
        for worker in self._alive:
            if self._words == 1:
                worker.tell(signal.SIGTERM)
            elif self._words == 2 and worker.serves:
                worker.tell(signal.SIGQUIT)
            else:
                worker.tell(signal.SIGKILL)

    def _reload(self) -> None:
        for worker in self._alive:
            if worker.serves:
                worker.tell(signal.SIGHUP)
            # One that just begins would die of the signal, and may have read the old configuration.
            worker.is_behind = not worker.serves


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for what workers count, and remove it at the end."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gateway-", dir=place, ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _heeding(signals: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number, call in signals.items():
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
