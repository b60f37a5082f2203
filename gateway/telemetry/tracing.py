"""Spans: one for each operation, and one below it for each try of a call to a system.

A span holds names, words of ours and numbers, never an argument or a document's text. Nothing of a
trace is sent to the systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from gateway.telemetry.context import Attempt, Operation, cache_state, cause, request_id

if TYPE_CHECKING:
    from opentelemetry import trace


SERVICE = "contacts-gateway"


class Span(Protocol):
    """A stretch of work that is under way."""

    def ended(self, outcome: str, is_good: bool, /) -> None:
        """Say in a word how it ended."""


class Tracer(Protocol):
    """Where spans go."""

    def operation(self, noted: Operation, parent: str | None, /) -> AbstractContextManager[Span]:
        """Span an operation.

        Args:
            noted: What is noted of it, read at its end.
            parent: The caller's `traceparent`, where there is one.
        """

    def call(self, attempt: Attempt, /) -> AbstractContextManager[Span]:
        """Span a try of a call, below whatever is under way."""


class Silent:
    """Traces nothing."""

    def operation(self, _noted: Operation, _parent: str | None, /) -> AbstractContextManager[Span]:
        """Span nothing."""
        return _NOTHING

    def call(self, _attempt: Attempt, /) -> AbstractContextManager[Span]:
        """Span nothing."""
        return _NOTHING


class _Nothing:
    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def ended(self, _outcome: str, _is_good: bool, /) -> None:
        return


_NOTHING = _Nothing()


class OpenTelemetry:
    """Spans as OpenTelemetry has them; only made where that is installed.

    Args:
        tracer: Takes them.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def operation(self, noted: Operation, parent: str | None, /) -> Iterator[Span]:
        """Span an operation, as part of its caller's trace."""
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # A context of its own: whatever else runs in this process is not the caller.
        context = TraceContextTextMapPropagator().extract({"traceparent": parent or ""}, Context())
        span = self._tracer.start_span("graphql", context, SpanKind.SERVER)
        with _current(span):
            try:
                yield _OpenSpan(span)
            finally:
                span.update_name(f"graphql {noted.kind or 'refused'}")
                span.set_attributes(_facts(noted))

    @contextmanager
    def call(self, attempt: Attempt, /) -> Iterator[Span]:
        """Span a try of a call."""
        from opentelemetry.trace import SpanKind

        name = f"{attempt.administration.system} {attempt.method}"
        span = self._tracer.start_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={
                "http.request.method": attempt.method,
                "gateway.system": attempt.administration.system,
                "gateway.administration": attempt.administration.slug,
                "gateway.cause": str(cause()),
                "gateway.cache": str(cache_state()),
                "gateway.try": attempt.number,
            },
        )
        with _current(span):
            yield _OpenSpan(span)


class _OpenSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def ended(self, outcome: str, is_good: bool, /) -> None:
        from opentelemetry.trace import StatusCode

        if outcome.isdecimal():
            self._span.set_attribute("http.response.status_code", int(outcome))
        else:
            self._span.set_attribute("gateway.outcome", outcome)
        if not is_good:
            # Without words: those of an error may hold anything.
            self._span.set_attribute("error.type", outcome)
            self._span.set_status(StatusCode.ERROR)


def _facts(noted: Operation) -> dict[str, str | int]:
    facts: dict[str, str | int | None] = {
        "graphql.operation.type": noted.kind,
        "graphql.operation.name": noted.name,
        "graphql.document.hash": noted.document,
        "gateway.cost": noted.cost,
        "gateway.request_id": request_id(),
    }
    return {name: fact for name, fact in facts.items() if fact is not None and fact != ""}


@contextmanager
def _current(span: trace.Span) -> Iterator[None]:
    from opentelemetry import trace

    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        yield
