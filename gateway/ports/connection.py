"""How an administration's settings become a connected backend."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.administration import (
    Administration,
)
from gateway.domain.secret import Secret
from gateway.ports.backend import Backend
from gateway.ports.network import Network


@dataclass(frozen=True, slots=True)
class Connection:
    """An administration's settings, read.

    Attributes:
        remote_id: What the system calls the book.
        connect: Opens the way to it.
        secret: A credential that only the owner knows; the gateway derives keys of its own from it.
            None where the system has none.
    """

    remote_id: str = field(repr=False)
    connect: Callable[[Administration, Network], AbstractAsyncContextManager[Backend]]
    secret: Secret | None = None


class Options(Protocol):
    """One [[administrations]] section being read.

    Every method returns the value, or the default; a fault is noted with its key and cure, and all
    of them are reported together once everything was read.
    """

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required when there is no default."""

    def secret(self, key: str) -> Secret:
        """A required text that is never shown."""

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """A number within bounds, both included."""

    def url(self, key: str, default: str) -> str:
        """An https URL, or http to a loopback address; no query, no slash at the end."""
