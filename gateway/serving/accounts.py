"""What is noted of a request while it is answered: its event, its counts, and the spans of its operations.

Nothing that a client sent is noted but names of operations, as many as `Names` lets through.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway import telemetry
from gateway.serving.message import Asked, Replied
from gateway.serving.negotiation import Ending
from gateway.telemetry import Instruments, Operation
from gateway.telemetry.names import REFUSED

PATHS = ("/graphql", "/health/live", "/health/ready", "/metrics", "/schema.graphql")
"""Paths that are told; whatever else clients make up is `other`."""

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

OTHER = "other"
GONE = "gone"

FOLDERS = ("/graphiql", "/webhooks")
"""Paths by which all that is below them is told."""

QUIET = ("/health/live", "/health/ready", "/metrics", "/graphiql")
"""What machines ask every few seconds, or a page by the dozen: told at the level `debug`."""

TURNED_AWAY: Mapping[int, str] = {
    401: "unauthenticated",
    403: "forbidden",
    405: "method",
    406: "not_acceptable",
    408: "body_late",
    413: "too_large",
    415: "wrong_type",
    421: "misdirected",
    429: "rate_limited",
    503: "busy",
}
"""Status to the word for it where a request is not looked into, or not run."""

_BATCH = "(batch)"


@dataclass(slots=True)
class Account:
    """What is noted of one request.

    Attributes:
        request: As it came.
        caller: Who asks; empty while nobody knows, or where nobody is told apart.
        bytes_in: Bytes of its body, or of its query by GET.
        operations: What is noted of each.
        codes: Of every error that was told.
        began: When, by `time.perf_counter`.
    """

    request: Asked
    caller: str = ""
    bytes_in: int = 0
    operations: list[Operation] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.perf_counter)


@dataclass(slots=True)
class Ended:
    """How an operation ended; until somebody says so, by a fault that nobody foresaw.

    Attributes:
        outcome: In a word.
        codes: Of the errors that were told.
        lacks: Whether what is shown lacks something, or is older than it should be.
    """

    outcome: str = "failed"
    codes: set[str] = field(default_factory=set)
    lacks: bool = False

    def tell(self, ending: Ending, payload: Mapping[str, Any]) -> None:
        """Read from an answer how it ended."""
        if ending is Ending.COMPLETE:
            self.outcome = "complete"
            return
        self.codes = {str(each["extensions"]["code"]) for each in payload.get("errors", ())}
        if ending is not Ending.PARTIAL:
            self.outcome = "refused"
        elif payload.get("data") is not None:
            self.outcome = "partial"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Notes requests.

    Attributes:
        instruments: What it is counted and traced by.
    """

    instruments: Instruments

    @contextmanager
    def operation(self, account: Account) -> Iterator[Ended]:
        """Note the operation that is answered inside."""
        in_flight, ended = self.instruments.meters.in_flight, Ended()
        in_flight.inc()
        parent = account.request.headers.get("traceparent")
        with telemetry.operation() as noted, self.instruments.tracer.operation(noted, parent) as span:
            account.operations.append(noted)
            try:
                yield ended
            except asyncio.CancelledError:
                ended.outcome = "cancelled"
                raise
            finally:
                in_flight.dec()
                account.codes |= ended.codes
                self._note(noted, ended)
                span.ended(ended.outcome, ended.outcome in ("complete", "partial"))

    def close(self, account: Account, replied: Replied | None) -> None:
        """Note how a request ended; None: its client went away."""
        request, meters = account.request, self.instruments.meters
        path = _path(request.path)
        status = str(replied.status) if replied else GONE
        meters.requests.labels(path, status).inc()
        if replied is None:
            meters.gone.inc()
        reason = TURNED_AWAY.get(replied.status) if replied and path not in QUIET else None
        if reason:
            meters.turned_away.labels(reason).inc()
        facts: dict[str, Any] = {
            "method": request.method if request.method in METHODS else OTHER,
            "path": path,
            "status": replied.status if replied else GONE,
            "ms": round((time.perf_counter() - account.began) * 1000, 1),
            "bytes_in": account.bytes_in,
            "bytes_out": len(replied.body) if replied else 0,
            **({"turned_away": reason} if reason else {}),
            **({"key": account.caller} if account.caller else {}),
            **_told(account),
        }
        logger = telemetry.log()
        (logger.debug if path in QUIET else logger.info)("request", **facts)

    def _note(self, noted: Operation, ended: Ended) -> None:
        noted.name = self.instruments.names.of(noted.name, noted.kind)
        label = REFUSED if ended.outcome == "refused" else noted.name
        seconds = time.perf_counter() - noted.began
        kind = noted.kind or "none"
        if ended.lacks or ended.outcome == "partial":
            self.instruments.meters.partial.inc()
        self.instruments.meters.operations.labels(label, kind, ended.outcome).observe(seconds)


def caller(identifier: str | None) -> str:
    """Return how a viewer is told in the log: a key by its name, a token by a digest of its subject.

    A token's subject may be somebody's address.
    """
    kind, _, name = (identifier or "").partition(":")
    if kind != "token":
        return name
    return f"token:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _path(path: str) -> str:
    if path in PATHS:
        return path
    return next((folder for folder in FOLDERS if path.startswith(f"{folder}/")), OTHER)


def _told(account: Account) -> dict[str, Any]:
    """Return what there is to say of a request's operations."""
    operations = account.operations
    if not operations:
        return {}
    first = operations[0]
    is_one = len(operations) == 1
    return {
        "operation": first.name if is_one else _BATCH,
        "kind": first.kind if is_one else _BATCH,
        **({} if is_one else {"operations": len(operations)}),
        "document": first.document,
        "cost": sum(each.cost or 0 for each in operations),
        "upstream_calls": sum(len(each.calls) for each in operations),
        "errors": sorted(account.codes),
    }
