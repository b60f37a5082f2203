"""What Prometheus reads at /metrics: what was counted, and what is held at the moment of asking.

What was counted is told of all workers of this machine, what is held of the one that answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from gateway.telemetry import Instruments


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one administration; what is None is not known, and not told.

    Attributes:
        administration: Its slug.
        system: The product.
        state: What a list of it is worth.
        age: Seconds since its list was read.
        contacts: In its book, as far as it came.
        detailed: Of them, those that are known in full.
        ration_left: Calls that its system still takes.
        ration_limit: Calls that it takes from the renewal of the ration on.
    """

    administration: str
    system: str
    state: str
    age: float | None = None
    contacts: int | None = None
    detailed: int | None = None
    ration_left: int | None = None
    ration_limit: int | None = None


GAUGES = {
    "age": ("book_age_seconds", "Time since the list of a book was read."),
    "contacts": ("book_contacts", "Contacts held of a book."),
    "detailed": ("book_detailed_contacts", "Contacts held that are known in full."),
    "ration_left": ("ration_left", "Calls that the system still takes before the ration is renewed."),
    "ration_limit": ("ration_limit", "Calls that a whole ration holds."),
}
"""Attribute of `Standing` to the series that tells it, and what it says."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Tells what was counted.

    Attributes:
        instruments: What counted it.
        standings: How things stand with every administration just now.
        is_ready: Whether anybody can be served just now.
    """

    instruments: Instruments
    standings: Callable[[], Sequence[Standing]]
    is_ready: Callable[[], bool]

    def collect(self) -> list[Metric]:
        """Return every series: those that are counted, and those that are read now."""
        return [*self._read(), *self.instruments.meters.collect()]

    async def told(self, accept: str | None) -> tuple[str, bytes]:
        """Return the content type that a client takes, and all series in it."""
        encode, content_type = choose_encoder(accept or "")
        # Read here, where nothing changes meanwhile; written elsewhere, for it may be thousands of lines.
        read = self._read()
        return content_type, await asyncio.to_thread(encode, _Both(read, self.instruments))

    def _read(self) -> list[Metric]:
        ready = GaugeMetricFamily("gateway_ready", "Whether anybody can be served.", float(self.is_ready()))
        standings = self.standings()
        gauges = (_gauge(standings, fact, *told) for fact, told in GAUGES.items())
        return [ready, _states(standings), *gauges]


@dataclass(frozen=True, slots=True)
class _Both:
    read: Sequence[Metric]
    instruments: Instruments

    def collect(self) -> Iterator[Metric]:
        yield from self.read
        yield from self.instruments.meters.collect()


def _gauge(standings: Iterable[Standing], fact: str, name: str, words: str) -> Metric:
    family = GaugeMetricFamily(f"gateway_{name}", words, labels=["administration"])
    for each in standings:
        value: Any = getattr(each, fact)
        if value is not None:
            family.add_metric([each.administration], value)
    return family


def _states(standings: Iterable[Standing]) -> Metric:
    words = "1 for the state that an administration is in."
    family = GaugeMetricFamily("gateway_source_state", words, labels=["administration", "system", "state"])
    for each in standings:
        family.add_metric([each.administration, each.system, each.state], 1)
    return family
