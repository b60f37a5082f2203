"""The log as the configuration wants it."""

from __future__ import annotations

from gateway.settings import LogFormat, LogSettings
from gateway.telemetry import configure_logging


def configure(wanted: LogSettings) -> None:
    """Write events from now on as the configuration says."""
    pretty = None if wanted.format is None else wanted.format is LogFormat.PRETTY
    configure_logging(level=wanted.level, pretty=pretty)
