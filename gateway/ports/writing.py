"""A write, worked out before it is begun: what adapters make, and services send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact
from gateway.domain.faults import Fault, Notice, Outcome


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request as it would be sent, without its credentials; `path` is below the base URL."""

    method: str
    path: str
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A page on which a contact can give a mandate; whoever has the URL can."""

    url: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left behind.

    Attributes:
        outcome: What really happened.
        contact: The record as the system has it after the write; None when it is gone, or when it
            could not be read again (then a notice says so).
        part: The key of the person or note, or the id of the charge, that was written.
        charge: The charge that was made.
        link: The page that was made.
        notices: What happened besides, or otherwise, than was asked.
    """

    outcome: Outcome
    contact: Contact | None = None
    part: str | None = None
    charge: Charge | None = None
    link: Link | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a write whose answer was lost.

    Attributes:
        asked_at: When it was begun, UTC.
        known: What `Plan.known` held then.
    """

    asked_at: datetime
    known: tuple[str, ...] = ()


async def _no_check() -> tuple[Fault | Notice, ...]:
    return ()


@dataclass(frozen=True)
class Plan:
    """One write, worked out and not begun: what it would do, why it must not, and how it is done.

    Making one only reads. Between making and sending, the caller holds the contact's lock.

    Attributes:
        send: Carries it out, with one writing call; the contact is read again where the answer does
            not give it. Raises a `BackendError`: RejectedBySystem with its faults where the system
            refused; whether the write may have happened all the same, the error's `may_have_landed` says.
        look: Finds out, by reading alone, whether a write happened whose answer was lost; None where
            that cannot be known. May raise a `BackendError`.
        before: The contact as it was just read; None for one that is to be made.
        version: What `ifVersion` is compared with: of the contact, or of the person or note concerned.
        changes: What it changes, field by field; empty: it changes nothing.
        faults: Why it must not be sent.
        notices: What has to be said of it before it is sent.
        requests: What is sent, without credentials.
        nothing: The outcome when there is nothing to change; None where it is always sent.
        known: Whatever `look` needs to tell what was there before, as texts.
        check: The system's own validation, for a dry run; changes nothing there.
    """

    # Whatever holds values is not shown; functions know them too.
    send: Callable[[], Awaitable[Written]] = field(repr=False)
    look: Callable[[Trace], Awaitable[Written | None]] = field(repr=False)
    before: Contact | None = field(default=None, repr=False)
    version: str | None = None
    changes: tuple[FieldChange, ...] = field(default=(), repr=False)
    faults: tuple[Fault, ...] = ()
    notices: tuple[Notice, ...] = ()
    requests: tuple[UpstreamRequest, ...] = field(default=(), repr=False)
    nothing: Outcome | None = None
    known: tuple[str, ...] = field(default=(), repr=False)
    check: Callable[[], Awaitable[tuple[Fault | Notice, ...]]] = field(default=_no_check, repr=False)


Lifecycle = Callable[[str, frozenset[str]], Awaitable[Plan]]
"""Plans an end or a return: the contact's key, and the paths that may be cleared with it."""
