"""What changed between two schemas, as a client would feel it."""

from __future__ import annotations

from graphql import build_schema
from graphql.error import GraphQLError
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes

UNSEEN = "safe: only remarks, or the order of things"


def compared(earlier: str, now: str) -> list[str]:
    """Return a line for each change from one schema to another, the breaking ones first; empty when equal.

    Args:
        earlier: SDL that clients were made for.
        now: SDL of today.
    """
    if earlier == now:
        return []
    try:
        before = build_schema(earlier)
    except GraphQLError as error:
        return [f"breaking: the earlier text is no schema: {error.message}"]
    changes = find_schema_changes(before, build_schema(now))
    lines = sorted(f"{_class(change)}: {change.description}" for change in changes)
    return lines or [UNSEEN]


def _class(change: object) -> str:
    if isinstance(change, BreakingChange):
        return "breaking"
    return "dangerous" if isinstance(change, DangerousChange) else "safe"
