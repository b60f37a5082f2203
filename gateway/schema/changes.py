"""What changed between two schemas, as a client would feel it, and whether the changelog says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from graphql import GraphQLInputObjectType, GraphQLNamedType, GraphQLSchema, build_schema
from graphql.error import GraphQLError
from graphql.utilities import BreakingChange, DangerousChange, SchemaChange, find_schema_changes

_NAME = r"@?[A-Za-z_]\w*(?:\.\w+)?"

_PLACE = re.compile(r"(?<=union type )\w+|(?<=implemented by )\w+|@\w+|\b[A-Za-z_]\w*\.\w+")
"""Where a change stands, in graphql-core's own words for it."""

_ENTRY = re.compile(r"^- (\d[\w.]*): (.*(?:\n .*)*)", re.MULTILINE)
"""An entry of the changelog: its version, and its text over as many indented lines as it takes."""

_VERSION = re.compile(r"# (\d[\w.]*):")
"""How the schema of a release begins."""

_ANNOUNCED = re.compile(rf"\bbreaking: ({_NAME}(?:, {_NAME})*)")
"""The names that follow the word at once: those behind them are the remedy, say, and no announcement."""


class Class(StrEnum):
    """What a change does to a client."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between two schemas; as text, a line.

    Attributes:
        kind: What it does to a client.
        told: What changed, in a sentence on one line.
        place: The type, `Type.field`, `Enum.VALUE` or `@directive` that it happened to.
    """

    kind: Class
    told: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.told}"


UNSEEN = Change(Class.SAFE, "only remarks, or the order of things")


def compared(earlier: str, now: str) -> list[Change]:
    """Return each change from one schema to another, the breaking ones first; empty when equal.

    Args:
        earlier: SDL that clients were made for.
        now: SDL of today.
    """
    if earlier == now:
        return []
    try:
        before = build_schema(earlier)
    except GraphQLError as error:
        return [Change(Class.BREAKING, f"the earlier text is no schema: {error.message}")]
    after = build_schema(now)
    found = [_change(each) for each in find_schema_changes(before, after)]
    return sorted([*found, *_overlooked(before, after)]) or [UNSEEN]


def complaints(changes: Iterable[Change], earlier: str, changelog: str) -> list[str]:
    """Return what the changelog should say of the changes since a release, and does not.

    Args:
        changes: All changes since then.
        earlier: SDL of the release; it begins with a remark, "# VERSION: …".
        changelog: Markdown with a section "Changes", an entry "- VERSION: …" for each release, newest first.
    """
    version = _VERSION.match(earlier)
    released = version[1] if version else ""
    entries = _ENTRY.findall(changelog.partition("\n## Changes\n")[2].partition("\n## ")[0])
    newer = list(takewhile(lambda entry: entry[0] != released, entries))
    if len(newer) == len(entries):
        return ["the first line of the schema compared with names no release that Changes has an entry for"]
    if len(newer) > 1:
        return [f"the schema compared with is that of {released}: {newer[1][0]} was released after it"]
    names = {name for _, text in newer for name in _announced(text)}
    return [
        f"Changes has no `breaking: {change.place}` in an entry above {released}: {change.told}"
        for change in changes
        if change.kind is Class.BREAKING and change.place not in names
    ]


def _announced(text: str) -> Iterator[str]:
    plain = " ".join(text.replace("`", "").split())
    for names in _ANNOUNCED.findall(plain):
        yield from names.split(", ")


def _change(found: SchemaChange) -> Change:
    told = " ".join(found.description.split())
    place = _PLACE.search(told)
    return Change(_class(found), told, place[0] if place else told.partition(" ")[0])


def _class(change: SchemaChange) -> Class:
    if isinstance(change, BreakingChange):
        # A scalar of the language goes with its last use, which is a change of its own.
        return Class.SAFE if change.description.startswith("Standard scalar") else Class.BREAKING
    return Class.DANGEROUS if isinstance(change, DangerousChange) else Class.SAFE


def _overlooked(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[Change]:
    """Find what graphql-core does not compare: what is deprecated, and inputs that take one field only."""
    for name, old in before.type_map.items():
        new = after.type_map.get(name)
        if new is None:
            continue
        if isinstance(old, GraphQLInputObjectType) and isinstance(new, GraphQLInputObjectType):
            if new.is_one_of and not old.is_one_of:
                yield Change(Class.BREAKING, f"Input type {name} takes exactly one field now.", name)
            elif old.is_one_of and not new.is_one_of:
                yield Change(Class.SAFE, f"Input type {name} takes several fields now.", name)
        earlier, now = _deprecated(old), _deprecated(new)
        for place in earlier.keys() & now.keys():
            if earlier[place] != now[place]:
                reason = " ".join(now[place].split())
                told = f"is deprecated: {reason}" if reason else "is no longer deprecated."
                yield Change(Class.SAFE, f"{place} {told}", place)


def _deprecated(kind: GraphQLNamedType) -> dict[str, str]:
    """Name all that a type holds, with the reason for which it should not be used any more."""
    held = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
    reasons = {f"{kind.name}.{name}": each.deprecation_reason or "" for name, each in held.items()}
    for name, field in held.items():
        for argument, each in getattr(field, "args", {}).items():
            reasons[f"{kind.name}.{name}({argument}:)"] = each.deprecation_reason or ""
    return reasons
