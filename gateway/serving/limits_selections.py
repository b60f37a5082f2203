"""Selections as they are executed: fragments opened, fields of one name together; without a schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Opened:
    """The fields of one response object.

    Attributes:
        fields: Each with the innermost type condition around it; None where there is none.
        steps: Selections looked at, so that a caller can stop in time.
    """

    fields: Sequence[tuple[FieldNode, str | None]]
    steps: int


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return a document's fragments by name; of several with one name the last: they are refused later."""
    return {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    """Return a document's operations."""
    return [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]


def response_name(node: FieldNode) -> str:
    """Return the name that a field has in the answer."""
    return node.alias.value if node.alias else node.name.value


def opened(sets: Iterable[SelectionSetNode], fragments: Fragments) -> Opened:
    """Open the fragments of selection sets that together select from one object.

    A fragment counts once, however often it is spread; one that is not defined counts nothing.
    """
    found: list[tuple[FieldNode, str | None]] = []
    spread: set[str] = set()
    waiting: list[tuple[SelectionSetNode, str | None]] = [(each, None) for each in sets]
    steps = 0
    while waiting:
        selection_set, condition = waiting.pop()
        steps += len(selection_set.selections)
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                found.append((node, condition))
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition
                waiting.append((node.selection_set, named.name.value if named else condition))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                if fragment := fragments.get(node.name.value):
                    waiting.append((fragment.selection_set, fragment.type_condition.name.value))
    return Opened(found, steps)


def below(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    """Return what fields that become one select together."""
    return [each.selection_set for each in nodes if each.selection_set]


def unfolded(document: DocumentNode, most: int) -> int:
    """Count the work that opening fragments and comparing fields of one name will be.

    That is what validation does; it compares every two fields that share a response name, and what they
    select, so that 300 fragments with one field cost it 45,000 comparisons.

    Args:
        document: As parsed.
        most: Counting ends soon after it is passed.
    """
    fragments = fragments_of(document)
    waiting = [
        [each.selection_set] for each in document.definitions if isinstance(each, ExecutableDefinitionNode)
    ]
    seen: set[tuple[int, ...]] = set()
    count = 0
    while waiting and count <= most:
        sets = waiting.pop()
        key = tuple(map(id, sets))
        if key in seen:
            continue
        seen.add(key)
        level = opened(sets, fragments)
        groups: dict[str, list[FieldNode]] = defaultdict(list)
        for node, _ in level.fields:
            groups[response_name(node)].append(node)
        count += level.steps + sum(len(each) * (len(each) - 1) // 2 for each in groups.values())
        waiting += [sets for each in groups.values() if (sets := below(each))]
    return count
