"""What an operation cost upstream, told beside its answer to whoever asks for it and may know: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.auth import Scope, Viewer
from gateway.telemetry import UpstreamCall

HEADER = "x-gateway-upstream"
"""Asks for it, with the value 1; in lower case."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What one viewer is told of upstream calls.

    Attributes:
        viewer: Sees the calls of those administrations that exist for them.
        is_told: Whether anything is told at all.
    """

    viewer: Viewer
    is_told: bool

    def beside(self, payload: Mapping[str, Any], calls: Iterable[UpstreamCall]) -> Mapping[str, Any]:
        """Return an answer with the calls that were made for it, in the order in which they began.

        Args:
            payload: As it is told to everybody.
            calls: Of this operation, as far as they have ended.
        """
        if not self.is_told:
            return payload
        seen = [call for call in calls if self.viewer.sees(call.administration)]
        told = [_told(call) for call in sorted(seen, key=lambda call: call.started)]
        return {**payload, "extensions": {**payload.get("extensions", {}), "upstream": told}}


def upstream(headers: Mapping[str, str], viewer: Viewer) -> Upstream:
    """Return what a request gets to know; to a viewer without the right the header is one like any other."""
    is_asked = headers.get(HEADER, "").strip() == "1"
    return Upstream(viewer, is_asked and viewer.may(Scope.ADMIN))


def _told(call: UpstreamCall) -> dict[str, Any]:
    """Return a call as clients read it: neither what was asked nor what came."""
    return {
        "system": call.system.upper(),
        "administration": call.administration,
        "cause": str(call.cause),
        "method": call.method,
        "cache": str(call.cache),
        "started": call.started,
        "ms": call.ms,
        "sent": call.sent,
        "received": call.received,
        "outcome": call.outcome,
        "tries": call.tries,
    }
