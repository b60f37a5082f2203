"""The request that something happens in, and why a system is called: known wherever it is asked.

Tasks that a request begins inherit all of it, also those that go on behind its answer.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.administration import Administration


class Cause(StrEnum):
    """Why an upstream call was made."""

    LOAD = "load"
    REFRESH = "refresh"
    DEMAND = "demand"
    HYDRATE = "hydrate"
    REREAD = "reread"
    CHECK = "check"
    WRITE = "write"
    WEBHOOK = "webhook"


class CacheState(StrEnum):
    """What was held of what an upstream call asks for."""

    NOT_HELD = "not held"
    EXPIRED = "expired"
    BYPASSED = "bypassed"
    RENEWED_BEHIND = "renewed behind"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a call, as it is sent.

    Attributes:
        administration: Whose system is called.
        method: Of HTTP.
        sent: Bytes of its body.
        number: Which try it is; 1 is the first.
    """

    administration: Administration
    method: str
    sent: int = 0
    number: int = 1


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """One call to a system, as it went.

    Attributes:
        system: The product.
        administration: Its slug.
        method: Of HTTP.
        cause: Why it was made.
        cache: What was held of what it asks for; of several things the first.
        outcome: The status of its answer, the code of the error that took its place, or `cancelled`.
        started: Milliseconds from the operation's beginning to its own.
        ms: Milliseconds that it took.
        sent: Bytes of its body.
        received: Bytes of its answer's body, unpacked; 0 where there was no whole answer.
        tries: Which try this was; 1 is the first.
    """

    system: str
    administration: str
    method: str
    cause: Cause
    cache: CacheState
    outcome: str
    started: float
    ms: float
    sent: int
    received: int
    tries: int


@dataclass(slots=True)
class Operation:
    """What is noted of one operation while it is answered; never a value of it.

    Attributes:
        began: When, by `time.perf_counter`.
        name: As the client wrote it; empty where it has none, or was not understood.
        kind: `query` or `mutation`; empty where it was not understood.
        document: The first 12 hexadecimal digits of its text's SHA-256.
        cost: Points; None where it was not reckoned.
        calls: Upstream calls that have ended, those behind its answer included.
    """

    began: float = field(default_factory=time.perf_counter)
    name: str = ""
    kind: str = ""
    document: str = ""
    cost: int | None = None
    calls: list[UpstreamCall] = field(default_factory=list)


_request_id: ContextVar[str] = ContextVar("request_id", default="")
_cause: ContextVar[Cause] = ContextVar("cause", default=Cause.DEMAND)
_cache: ContextVar[CacheState] = ContextVar("cache_state", default=CacheState.NOT_HELD)
_worker: ContextVar[int] = ContextVar("worker", default=0)
_operation: ContextVar[Operation | None] = ContextVar("operation", default=None)


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


def worker() -> int:
    """Return this process's number among the workers of this machine; 0: it is the only one."""
    return _worker.get()


def name_worker(number: int) -> None:
    """Give this process its number among the workers of this machine; tasks that begin later know it."""
    _worker.set(number)


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


def cache_state() -> CacheState:
    """Return what is held of what upstream calls ask for just now."""
    return _cache.get()


@contextmanager
def holding(state: CacheState) -> Iterator[None]:
    """Say what is held of what the upstream calls inside ask for."""
    token = _cache.set(state)
    try:
        yield
    finally:
        _cache.reset(token)


@contextmanager
def operation() -> Iterator[Operation]:
    """Note what belongs to the operation inside, its upstream calls among it.

    Where several operations share one call, it is noted for the one that began it.
    """
    noted = Operation()
    token = _operation.set(noted)
    try:
        yield noted
    finally:
        _operation.reset(token)


def noted() -> Operation:
    """Return what is noted of the operation being answered; outside of one, what nobody reads."""
    return _operation.get() or Operation()


def calls() -> tuple[UpstreamCall, ...]:
    """Return the upstream calls that ended so far for the operation being answered, in that order."""
    current = _operation.get()
    return tuple(current.calls) if current else ()
