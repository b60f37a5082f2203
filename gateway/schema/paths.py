"""Which unified paths an operation asks of a type, read off its selection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.type import GraphQLResolveInfo
from strawberry.types.nodes import get_variable_values

from gateway.directory.fields import covers
from gateway.schema.context import Info

Raw = GraphQLResolveInfo[Any]

DEPTH = 3
"""Names in a path; what lies deeper belongs to what stands above it."""

ALWAYS_KNOWN = frozenset(
    {
        "id",
        "administration",
        "source.system",
        "source.remoteId",
        "source.url",
        "freshness",
        "charges",
        "mandate.payments",
    }
)
"""Paths below a contact that need none of its details."""


def selected(info: Info, *prefixes: tuple[str, ...]) -> frozenset[str]:
    """Return the paths asked for below the field that is being resolved.

    Args:
        info: Of the field.
        prefixes: Paths from the field to the type of interest, such as ("edges", "node"); () is the
            field's own type.

    Returns:
        Dotted paths of the type's fields, without those that need no details of a contact.
    """
    raw = info._raw_info  # noqa: SLF001 - Strawberry's own reading of selections costs more than the query
    roots = [node.selection_set for node in raw.field_nodes if node.selection_set]
    found: set[str] = set()
    for prefix in prefixes:
        found.update(_paths(list(_below(roots, prefix, raw)), raw, DEPTH))
    return frozenset(path for path in found if not covers(ALWAYS_KNOWN, (path,)))


def _below(
    sets: Iterable[SelectionSetNode], prefix: tuple[str, ...], info: Raw
) -> Iterator[SelectionSetNode]:
    if not prefix:
        yield from sets
        return
    for node in _fields(sets, info):
        if node.name.value == prefix[0] and node.selection_set:
            yield from _below([node.selection_set], prefix[1:], info)


def _paths(sets: Iterable[SelectionSetNode], info: Raw, depth: int) -> Iterator[str]:
    for node in _fields(sets, info):
        name = node.name.value
        if name.startswith("__"):
            continue
        if node.selection_set is None or depth == 1:
            yield name
            continue
        for below in _paths([node.selection_set], info, depth - 1):
            yield f"{name}.{below}"


def _fields(sets: Iterable[SelectionSetNode], info: Raw) -> Iterator[FieldNode]:
    """Walk selections with fragments opened and what is skipped left out."""
    for each in sets:
        for node in each.selections:
            if not _is_included(node, info):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from _fields([node.selection_set], info)
            elif isinstance(node, FragmentSpreadNode):
                yield from _fields([info.fragments[node.name.value].selection_set], info)


def _is_included(node: Any, info: Raw) -> bool:
    told = {each.name.value: _condition(each, info) for each in node.directives or ()}
    return told.get("include", True) and not told.get("skip", False)


def _condition(directive: DirectiveNode, info: Raw) -> bool:
    # graphql-core's own reading wants the variables in a form that Strawberry has taken them out of.
    value: Any = directive.arguments[0].value if directive.arguments else None
    if isinstance(value, VariableNode):
        return bool(get_variable_values(info).get(value.name.value))
    return bool(value and getattr(value, "value", False))
