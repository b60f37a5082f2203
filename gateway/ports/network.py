"""What a backend needs of the network under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from gateway.domain.administration import (
    Administration,
    Quota,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call to a system; `path` is below the base URL, with its query, percent-encoded.

    `safe` says that repeating it changes nothing. Equal safe calls in flight are made once, unless one is
    not `shared`: it has to be sent after whoever asks began to ask.
    """

    method: str
    # What is asked, and what comes, is not shown: it holds credentials, and whatever is written of people.
    path: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    safe: bool = True
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case, the body is decoded and whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ration:
    """What an answer told of the system's ration; `retry_after` is set when it refused the call.

    Times are UTC. `remaining` counts calls.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    retry_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls may be sent in any so many seconds, where a system does not count; 0: no limit."""

    calls: int = 0
    seconds: float = 60


@dataclass(frozen=True, slots=True)
class Line:
    """How a backend wants to be connected.

    Attributes:
        base_url: Everything before a call's path.
        headers: Sent with every call; credentials belong here, or in a body.
        timeout: Seconds for a whole call, from connect to the last byte, a repetition included.
        at_once: Calls in flight at most.
        allowance: Calls that may be sent as long as no answer told what is left.
        ration: Name of the ration it draws on; lines of one name share it.
        learn: Reads the ration from an answer, pure.
    """

    administration: Administration
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout: float
    at_once: int = 8
    allowance: Allowance = Allowance()
    ration: str = ""
    learn: Callable[[Answer, datetime], Ration | None] = lambda answer, now: None  # noqa: ARG005


class Ledger(Protocol):
    """A ration that every line of its name draws on, in this process or in several.

    Urgencies are those of `flight.Urgency`: the smaller, the deeper a call may reach into the ration.
    Moments are UTC. Nothing here raises: who shares a ration and cannot ask goes on with a share of it.
    """

    async def closed_until(self, now: datetime, urgency: int) -> datetime | None:
        """Return when a call may be sent at the earliest; None: now."""

    async def spend(self, now: datetime, urgency: int) -> int | datetime:
        """Count a call that is being sent, if one may be.

        Returns:
            Its name, for whatever becomes of it; or until when none may be sent: nothing was counted.
        """

    async def give_back(self, call: int) -> None:
        """Take back a call that never reached the system."""

    async def lose(self, call: int, now: datetime) -> None:
        """Take note that no answer will come to a call: it may have been counted all the same."""

    async def learn(self, ration: Ration, call: int, now: datetime) -> None:
        """Take over what the answer to a call told, be it nothing."""

    def quota(self, now: datetime) -> Quota | None:
        """What is left, as far as it is known here; None where nothing is."""


class Client(Protocol):
    """An open line to one system."""

    async def ask(self, call: Call, understand: Callable[[Answer], T]) -> T:
        """Make a call and return what its answer means; a large one is understood beside the event loop.

        A safe call is repeated once when it fails or when its answer makes no sense, and equal ones in
        flight are one.

        Args:
            call: What to ask.
            understand: Reads the answer, pure; its BackendUnavailable and BadUpstreamAnswer are failures of
                the system, anything else that it raises is an answer too.

        Raises:
            BackendUnavailable: no connection, or no whole answer in time; NotReached also where the system
                is left alone since it kept failing: nothing was sent.
            BadUpstreamAnswer: what came was no HTTP, or larger than is read.
            RateLimited: the ration has nothing left for this; nothing was sent.
            Exception: what `understand` raised.
        """

    def quota(self) -> Quota | None:
        """What is left of the ration, as far as answers told; None when they never did."""

    async def close(self) -> None:
        """Close every connection."""


class Network(Protocol):
    """Opens lines; the one thing that a backend needs of the machine."""

    def open(self, line: Line) -> Client:
        """Open a line; nothing is sent yet."""

    def now(self) -> datetime:
        """The present moment, UTC."""
