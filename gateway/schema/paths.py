"""Which unified paths an operation asks of a type, read off its selection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_directive_values,
)
from graphql.type import GraphQLResolveInfo

from gateway.schema.context import Info

Raw = GraphQLResolveInfo[Any]

DEPTH = 3
"""Names in a path; what lies deeper belongs to what stands above it."""

ALWAYS_KNOWN = (
    "id",
    "administration",
    "source.system",
    "source.remoteId",
    "source.url",
    "freshness",
    "charges",
    "mandate.payments",
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
    return frozenset(path for path in found if not _is_always_known(path))


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
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return not (skip and skip["if"]) and not (include and not include["if"])


def _is_always_known(path: str) -> bool:
    return any(path == known or path.startswith(f"{known}.") for known in ALWAYS_KNOWN)
