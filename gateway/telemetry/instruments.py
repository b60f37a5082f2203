"""The instruments of a process: handed down to whatever is measured, none of them global."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from gateway.domain.administration import Administration
from gateway.domain.errors import BackendError
from gateway.telemetry.context import Attempt, Operation, UpstreamCall, cache_state, cause, noted
from gateway.telemetry.events import log
from gateway.telemetry.meters import Meters
from gateway.telemetry.names import Names
from gateway.telemetry.tracing import Silent, Tracer

LAG_EVERY = 0.5
"""Seconds between two looks at how late the event loop is."""

CANCELLED = "cancelled"


@dataclass(slots=True)
class Telling:
    """What an attempt came to; until it is told otherwise, nobody knows."""

    outcome: str = "INTERNAL"
    received: int = 0

    def answered(self, status: int, received: int) -> None:
        """Say that an answer came, by its status and the bytes of its body."""
        self.outcome = str(status)
        self.received = received


@dataclass(frozen=True, slots=True)
class Instruments:
    """What one process measures itself by.

    Attributes:
        meters: What it counts.
        tracer: Where its spans go.
        names: Operations that are told apart.
    """

    meters: Meters = field(default_factory=Meters)
    tracer: Tracer = field(default_factory=Silent)
    names: Names = field(default_factory=Names)

    @contextmanager
    def upstream(self, attempt: Attempt) -> Iterator[Telling]:
        """Measure a try of a call to a system.

        A BackendError that leaves the block is its outcome, so is being cancelled; else the block says
        what came. Where several requests wait for one call, it belongs to the one that began it.
        """
        whose = attempt.administration.system, attempt.administration.slug
        telling, operation, started = Telling(), noted(), time.perf_counter()
        under_way = self.meters.calls_in_flight.labels(*whose)
        under_way.inc()
        with self.tracer.call(attempt) as span:
            try:
                yield telling
            except BackendError as error:
                telling.outcome = error.code
                raise
            except asyncio.CancelledError:
                telling.outcome = CANCELLED
                raise
            finally:
                under_way.dec()
                call = _call(attempt, telling, operation, started)
                span.ended(call.outcome, call.outcome.isdecimal() and int(call.outcome) < 400)
                self._note(call, operation)

    def withheld(self, administration: Administration, reason: str) -> None:
        """Count a call that is not sent, and why: a word of ours."""
        self.meters.withheld.labels(administration.system, administration.slug, reason).inc()

    def breaker(self, administration: Administration, state: str) -> None:
        """Note that a system is left alone ("open"), tried ("half_open") or asked as always ("closed")."""
        whose = administration.system, administration.slug
        self.meters.breaker.labels(*whose).set({"closed": 0, "half_open": 1, "open": 2}[state])
        log().warning("breaker", system=whose[0], administration=whose[1], state=state)

    def skew(self, administration: Administration, seconds: float) -> None:
        """Note by how much a system's clock is ahead of ours."""
        whose = administration.system, administration.slug
        self.meters.clock_skew.labels(*whose).set(round(seconds, 1))

    @asynccontextmanager
    async def watching(self, every: float = LAG_EVERY) -> AsyncIterator[None]:
        """Watch how late the event loop is, as long as the block lasts.

        Args:
            every: Seconds between two looks.
        """
        task = asyncio.create_task(self._watch(every))
        try:
            yield
        finally:
            task.cancel()

    async def _watch(self, every: float) -> None:
        while True:
            due = time.perf_counter() + every
            await asyncio.sleep(every)
            self.meters.loop_lag.observe(max(0.0, time.perf_counter() - due))

    def _note(self, call: UpstreamCall, operation: Operation) -> None:
        operation.calls.append(call)
        whose = call.system, call.administration
        self.meters.calls.labels(*whose, call.cause, call.outcome).inc()
        self.meters.call_seconds.labels(call.system).observe(call.ms / 1000)
        self.meters.call_bytes.labels(*whose, "sent").inc(call.sent)
        self.meters.call_bytes.labels(*whose, "received").inc(call.received)
        # The path may hold a customer number or a search text, so it is not told.
        log().info(
            "upstream_call",
            system=call.system,
            administration=call.administration,
            method=call.method,
            cause=str(call.cause),
            cache=str(call.cache),
            outcome=call.outcome,
            tries=call.tries,
            ms=call.ms,
            bytes_sent=call.sent,
            bytes_received=call.received,
        )


def _call(attempt: Attempt, telling: Telling, operation: Operation, started: float) -> UpstreamCall:
    return UpstreamCall(
        system=attempt.administration.system,
        administration=attempt.administration.slug,
        method=attempt.method,
        cause=cause(),
        cache=cache_state(),
        outcome=telling.outcome,
        started=round((started - operation.began) * 1000, 1),
        ms=round((time.perf_counter() - started) * 1000, 1),
        sent=attempt.sent,
        received=telling.received,
        tries=attempt.number,
    )
