"""Key-value log events on stderr: JSON for programs, or lines for people.

No event carries a body, a header, a credential, an IBAN or an e-mail address: callers pass facts
(system, administration, status, milliseconds), never values of a contact.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import orjson
import structlog

from gateway.telemetry.context import request_id, worker


def log() -> structlog.stdlib.BoundLogger:
    """Return the logger; every event carries the request's id and the worker's number when there is one."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def shape(error: BaseException) -> dict[str, str]:
    """Describe an unforeseen error by type and place, without its words, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = (f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in reversed(frames))
    return {"error": type(error).__name__, "arose": " < ".join(places)}


def configure_logging(*, level: str = "info", pretty: bool | None = None) -> None:
    """Write events to stderr.

    Args:
        level: From which on: `debug`, `info`, `warning` or `error`.
        pretty: Whether for people; None: where stderr is a terminal.
    """
    for_people = sys.stderr.isatty() if pretty is None else pretty
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_request_id,
            _add_worker,
            *(_pretty() if for_people else [_in_order, structlog.processors.JSONRenderer(_json)]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_lines if for_people else _bytes,
        cache_logger_on_first_use=False,
    )


def _pretty() -> list[Any]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [renderer]


# The stream is looked up for each logger: what stderr is may change while a process runs.
def _lines(*_: object) -> Any:
    return structlog.PrintLogger(sys.stderr)


def _bytes(*_: object) -> Any:
    return structlog.BytesLogger(sys.stderr.buffer)


def _json(event: dict[str, Any], **_: object) -> bytes:
    return orjson.dumps(event, default=str)


def _add_request_id(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if identifier := request_id():
        event.setdefault("request_id", identifier)
    return event


def _add_worker(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if number := worker():
        event.setdefault("worker", number)
    return event


def _in_order(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Put when, how grave and what first."""
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return {**first, **event}
