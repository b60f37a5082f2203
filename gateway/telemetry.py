"""What the gateway tells of itself: key-value log events and the request they belong to.

No event carries a body, a header, a credential, an IBAN or an e-mail address: callers pass facts
(system, administration, status, milliseconds), never values of a contact.
"""

from __future__ import annotations

import logging
import sys
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path

import structlog


class Cause(StrEnum):
    """Why an upstream call was made."""

    LOAD = "load"
    REFRESH = "refresh"
    DEMAND = "demand"
    HYDRATE = "hydrate"
    REREAD = "reread"
    CHECK = "check"


_request_id: ContextVar[str] = ContextVar("request_id", default="")
_cause: ContextVar[Cause] = ContextVar("cause", default=Cause.DEMAND)


def new_request_id() -> str:
    """Return a fresh id, 32 hexadecimal digits."""
    return uuid.uuid4().hex


def request_id() -> str:
    """Return the id of the request being answered, empty outside of one."""
    return _request_id.get()


@contextmanager
def request(identifier: str) -> Iterator[str]:
    """Name the request that everything inside belongs to."""
    token = _request_id.set(identifier)
    try:
        yield identifier
    finally:
        _request_id.reset(token)


def cause() -> Cause:
    """Return why upstream calls are being made just now."""
    return _cause.get()


@contextmanager
def because(reason: Cause) -> Iterator[None]:
    """Say why the upstream calls inside are made."""
    token = _cause.set(reason)
    try:
        yield
    finally:
        _cause.reset(token)


def log() -> structlog.stdlib.BoundLogger:
    """Return the logger; every event carries the request's id when there is one."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def shape(error: BaseException) -> dict[str, str]:
    """Describe an unforeseen error by type and place, without its words, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = (f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in reversed(frames))
    return {"error": type(error).__name__, "arose": " < ".join(places)}


def configure_logging(*, level: int = logging.INFO) -> None:
    """Write events as key-value lines to stderr, from `level` up."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_request_id,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _add_request_id(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if identifier := _request_id.get():
        event.setdefault("request_id", identifier)
    return event
