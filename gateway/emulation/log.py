"""What an emulator remembers of the requests it was sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LIMIT = 100_000
"""How many rows are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One request.

    `at` is UTC. `path` is decoded and `query` is as sent. `status` is None when no status line was sent.
    `fault` names the fault that hit it. `ms` is the time until the answer was ready to be sent. `about`
    is what the emulated system says of it.
    """

    at: datetime
    method: str
    path: str
    query: str
    status: int | None
    fault: str | None
    ms: float
    about: Mapping[str, str]


class RequestLog:
    """The last requests, oldest first; a row stands here before its answer leaves."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._rows: deque[Row] = deque(maxlen=limit)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Remember one request."""
        self._rows.append(row)

    def rows(self) -> list[Row]:
        """Return all remembered requests, oldest first."""
        return list(self._rows)

    def count(self, method: str | None = None, path_contains: str | None = None) -> int:
        """Count the requests with this method and with this text in their path; None means any."""
        return sum(
            1
            for row in self._rows
            if (method is None or row.method == method)
            and (path_contains is None or path_contains in row.path)
        )

    def clear(self) -> None:
        """Forget all requests."""
        self._rows.clear()


def row_document(row: Row) -> dict[str, object]:
    """Return a row as the control surface shows it; `at` in ISO 8601."""
    return {
        "at": row.at.isoformat(timespec="milliseconds"),
        "method": row.method,
        "path": row.path,
        "query": row.query,
        "status": row.status,
        "fault": row.fault,
        "ms": row.ms,
        "about": dict(row.about),
    }
