"""What the gateway tells of itself: log events, counters and spans, and the request that they belong to."""

from __future__ import annotations

from gateway.telemetry.context import (
    Attempt,
    CacheState,
    Cause,
    Operation,
    UpstreamCall,
    because,
    cache_state,
    calls,
    cause,
    holding,
    name_worker,
    new_request_id,
    noted,
    operation,
    request,
    request_id,
    worker,
)
from gateway.telemetry.events import configure_logging, log, shape
from gateway.telemetry.instruments import Instruments, Telling
from gateway.telemetry.meters import Meters

__all__ = [
    "Attempt",
    "CacheState",
    "Cause",
    "Instruments",
    "Meters",
    "Operation",
    "Telling",
    "UpstreamCall",
    "because",
    "cache_state",
    "calls",
    "cause",
    "configure_logging",
    "holding",
    "log",
    "name_worker",
    "new_request_id",
    "noted",
    "operation",
    "request",
    "request_id",
    "shape",
    "worker",
]
