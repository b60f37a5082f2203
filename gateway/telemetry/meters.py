"""What is counted, under the names that the README explains.

No label ever holds what a client sends but names of operations, and of those there are few.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics_core import Metric

from gateway.telemetry.together import Together

Merged = Literal["livesum", "livemin", "livemax", "livemostrecent"]
"""How what several workers' gauges tell becomes one number, of those that live."""

# When a counter began is known from the process's start; a series each would double what is read.
disable_created_metrics()  # type: ignore[no-untyped-call]

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Upper bounds of seconds: from an answer out of memory to the longest that an operation may take."""

SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Upper bounds of seconds that systems take."""

LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper bounds of seconds by which the event loop is late."""


class Meters:
    """All counters of a process, in a registry of their own.

    Args:
        together: Where all workers of this machine keep their numbers, once this process has joined
            them; None: it is the only one.

    Attributes:
        registry: Holds what this process counts; where it is the only one, how the process itself does too.
    """

    def __init__(self, together: Together | None = None) -> None:
        self.registry = CollectorRegistry()
        self._together = together
        if together is None:
            ProcessCollector(namespace="gateway", registry=self.registry)
        self._requests()
        self._upstream()
        self._held()
        self._writes()
        self._shared()
        self.loop_lag = self._histogram("loop_lag_seconds", "By how much the event loop is late.", (), LAGS)
        self.workers = self._gauge("workers", "Processes that serve on this machine.")
        # One of several says so itself, once it does.
        self.workers.set(together is None)

    def collect(self) -> Iterable[Metric]:
        """Return every series as it is told: of all workers of this machine."""
        return self._together.collect() if self._together else self.registry.collect()

    def _requests(self) -> None:
        self.requests = self._counter("requests", "HTTP requests.", ("path", "status"))
        self.operations = self._histogram(
            "operation_seconds", "Operations answered.", ("operation", "kind", "outcome"), QUICK
        )
        self.in_flight = self._gauge("operations_in_flight", "Operations being answered.")
        self.partial = self._counter("partial_answers", "Answers that lack something, or show what is stale.")
        self.sources = self._counter(
            "list_sources",
            "Books in lists, by what they are worth.",
            ("administration", "state"),
        )
        self.turned_away = self._counter("requests_turned_away", "Requests not looked into.", ("reason",))
        self.gone = self._counter("clients_gone", "Clients that went away before their answer.")

    def _upstream(self) -> None:
        whose = ("system", "administration")
        self.calls = self._counter("upstream_calls", "Calls that were sent.", (*whose, "cause", "outcome"))
        self.call_seconds = self._histogram("upstream_seconds", "Time that calls took.", ("system",), SLOW)
        self.call_bytes = self._counter("upstream_bytes", "Bytes of bodies.", (*whose, "direction"))
        self.calls_in_flight = self._gauge("upstream_in_flight", "Calls under way.", whose)
        self.breaker = self._gauge(
            "breaker", "0: asked as always, 1: tried, 2: left alone since it keeps failing.", whose, "livemax"
        )
        self.clock_skew = self._gauge(
            "clock_skew_seconds", "By how much the system's clock is ahead of ours.", whose, "livemostrecent"
        )
        self.withheld = self._counter("upstream_withheld", "Calls that were not sent.", (*whose, "reason"))

    def _held(self) -> None:
        self.cache = self._counter("cache_questions", "Values asked of what is held.", ("kind", "result"))
        self.webhooks = self._counter("webhooks", "Webhooks that came.", ("administration", "outcome"))
        self.stale = self._counter("stale_answers", "Values shown because their system failed.", ("kind",))

    def _writes(self) -> None:
        labels = ("administration", "mutation", "outcome")
        self.writes = self._counter("writes", "Writes, dry runs among them.", labels)
        self.journal = self._counter("journal_failures", "Times the journal failed.", ("administration",))

    def _shared(self) -> None:
        self.shared_up = self._gauge("shared_up", "1 while the shared cache answers.", (), "livemin")
        self.shared_errors = self._counter("shared_errors", "Times it did not, or took nothing.", ("error",))
        words = "1 where one of these workers does what is done for a book while nobody waits."
        self.leads = self._gauge("leads", words, ("administration",))

    def _counter(self, name: str, words: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(name, words, labels, namespace="gateway", registry=self.registry)

    def _gauge(
        self, name: str, words: str, labels: tuple[str, ...] = (), merged: Merged = "livesum"
    ) -> Gauge:
        return Gauge(
            name, words, labels, namespace="gateway", registry=self.registry, multiprocess_mode=merged
        )

    def _histogram(
        self, name: str, words: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, words, labels, namespace="gateway", registry=self.registry, buckets=buckets)
