"""Whether spans are sent somewhere: what the standard variables of OpenTelemetry ask for.

Source: OpenTelemetry, "General SDK Configuration" and "OTLP Exporter Configuration". What the SDK
reads by itself (names, limits, sampling, the exporter's headers) is left to it.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.telemetry.events import log
from gateway.telemetry.tracing import SERVICE, OpenTelemetry, Silent, Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

LAST_WORDS = 3.0
"""Seconds at most for the spans that are still to be sent when the process ends."""


def exporter_wanted(environ: Mapping[str, str]) -> str | None:
    """Return which exporter the environment asks for; None: spans are not wanted."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    asked = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if asked:
        return None if asked == "none" else asked
    names = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    return "otlp" if any(environ.get(name, "").strip() for name in names) else None


@contextmanager
def exporting(environ: Mapping[str, str]) -> Iterator[Tracer]:
    """Make a tracer by the environment, and send what is left at the end.

    What cannot be had is told in the log, and nothing is traced.
    """
    wanted = exporter_wanted(environ)
    provider = _provider(wanted, environ) if wanted else None
    if provider is None:
        yield Silent()
        return
    with _complaints():
        try:
            yield OpenTelemetry(provider.get_tracer(SERVICE))
        finally:
            # A collector that does not answer must not hold up the end.
            ending = threading.Thread(target=provider.shutdown, daemon=True)
            ending.start()
            ending.join(LAST_WORDS)


@contextmanager
def _complaints() -> Iterator[None]:
    """Tell once that spans cannot be sent, without the SDK's words: they hold the collector's address."""
    told: list[str] = []

    def tell(record: logging.LogRecord) -> bool:
        (log().debug if told else log().warning)("tracing_failed", source=record.name)
        told.append(record.name)
        return False

    handler, logger = logging.Handler(), logging.getLogger("opentelemetry")
    handler.addFilter(tell)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _provider(wanted: str, environ: Mapping[str, str]) -> TracerProvider | None:
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = _exporter(wanted)
    except ImportError:
        cure = "pip install 'contacts-gateway[otel]'"
        log().warning("tracing_unavailable", problem="OpenTelemetry is not installed", cure=cure)
        return None
    if exporter is None:
        cure = "use otlp, console or none"
        log().warning("tracing_unavailable", problem="OTEL_TRACES_EXPORTER is unknown", cure=cure)
        return None
    provider = TracerProvider(resource=Resource.create(_named(environ)), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter(wanted: str) -> Any:
    if wanted == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    if wanted == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    return None


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """Return our own name, unless the environment gives the service another one."""
    given = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {} if given else {"service.name": SERVICE}
