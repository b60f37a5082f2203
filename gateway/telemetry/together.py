"""What the workers of one machine counted, as if one process had: each keeps its numbers in a folder.

The files belong to a worker's number, not to its process: one that takes the place of another goes on
with its counters, so that no sum ever goes down, and no file is left behind.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import ProcessCollector, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder to prometheus_client, in a worker's environment."""

TRIES = 5
"""Times that the files are read where a worker that just begins has not finished one."""


@dataclass(frozen=True, slots=True)
class Together:
    """The numbers of all workers of one machine.

    Attributes:
        place: The folder with their files.
    """

    place: Path

    def join(self, number: int) -> None:
        """Keep what this process counts there, as one worker's; before any meter is made.

        Args:
            number: The worker's own among those that live.
        """
        values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
        # Whole or not at all: others read it at any moment.
        new = self._process_of(number).with_suffix(".new")
        new.write_text(str(os.getpid()))
        new.replace(self._process_of(number))

    def leave(self, number: int) -> None:
        """Forget of a worker that has ended what was true only while it lived."""
        mark_process_dead(number, str(self.place))  # type: ignore[no-untyped-call]
        self._process_of(number).unlink(missing_ok=True)

    def abandon(self, number: int) -> None:
        """Remove what an ending worker kept, and the folder with the last one's: nobody else will."""
        for file in [*self.place.glob(f"*_{number}.db"), self._process_of(number)]:
            file.unlink(missing_ok=True)
        with suppress(OSError):
            self.place.rmdir()

    def collect(self) -> list[Metric]:
        """Return every series: sums over the workers, and of each worker how its process does."""
        return [*self._counted(), *self._processes()]

    def _counted(self) -> Iterable[Metric]:
        collector = MultiProcessCollector(None, str(self.place))  # type: ignore[no-untyped-call]
        for _ in range(TRIES - 1):
            with suppress(struct.error):
                return list(collector.collect())  # type: ignore[no-untyped-call]
        return list(collector.collect())  # type: ignore[no-untyped-call]

    def _processes(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for file in sorted(self.place.glob("*.process")):
            with suppress(OSError):
                for family in _process_collector(file.read_text()).collect():
                    own = [each._replace(labels={"worker": file.stem}) for each in family.samples]
                    family.samples = []
                    families.setdefault(family.name, family).samples += own
        return families.values()

    def _process_of(self, number: int) -> Path:
        return self.place / f"{number}.process"


def _process_collector(process: str) -> ProcessCollector:
    return ProcessCollector(namespace="gateway", pid=lambda: process, registry=None)
