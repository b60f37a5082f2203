"""What the rooms ask of one another where neither may know the other: protocols, and the values they pass."""

from __future__ import annotations

from gateway.ports.backend import (
    Arrived,
    Backend,
    Book,
    Charges,
    Contacts,
    Inspection,
    Mandates,
    Notes,
    Persons,
    Scan,
)
from gateway.ports.connection import Connection, Options
from gateway.ports.network import Allowance, Answer, Call, Client, Ledger, Line, Network, Ration
from gateway.ports.sharing import Ended, Listed, News, SharedAway, SharedBook, Told, Turn
from gateway.ports.store import Confirmed, Intent, Journal, Saved, Settled, Snapshots, Store
from gateway.ports.webhooks import Hint, Refused, Webhooks
from gateway.ports.writing import Lifecycle, Link, Plan, Trace, UpstreamRequest, Written

__all__ = [
    "Allowance",
    "Answer",
    "Arrived",
    "Backend",
    "Book",
    "Call",
    "Charges",
    "Client",
    "Confirmed",
    "Connection",
    "Contacts",
    "Ended",
    "Hint",
    "Inspection",
    "Intent",
    "Journal",
    "Ledger",
    "Lifecycle",
    "Line",
    "Link",
    "Listed",
    "Mandates",
    "Network",
    "News",
    "Notes",
    "Options",
    "Persons",
    "Plan",
    "Ration",
    "Refused",
    "Saved",
    "Scan",
    "Settled",
    "SharedAway",
    "SharedBook",
    "Snapshots",
    "Store",
    "Told",
    "Trace",
    "Turn",
    "UpstreamRequest",
    "Webhooks",
    "Written",
]
