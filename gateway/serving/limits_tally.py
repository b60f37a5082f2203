"""What an operation holds when its fragments are spread; without a schema, each fragment counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from gateway.serving.limits_selections import Fragments

INTROSPECTION_ROOTS = frozenset({"__schema", "__type"})

RECURSIVE = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})
"""Lists of introspection that lead from a type to types, and so round in circles."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted.

    Attributes:
        aliases: Fields with another name, as often as their fragment is spread.
        directives: As aliases.
        depth: Fields on the longest way down, without introspection and without `__typename`.
        introspection: Fields on the longest way down from an introspection root, that one included.
        circles: Most lists of types below one another in introspection.
    """

    aliases: int = 0
    directives: int = 0
    depth: int = 0
    introspection: int = 0
    circles: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """How far down a selection stands; `inside` tells whether that is below an introspection root."""

    depth: int = 0
    introspection: int = 0
    circles: int = 0
    inside: bool = False

    def below(self, name: str) -> Place:
        """Return the place of a field that stands here, which is that of what it selects."""
        if name == "__typename":
            return self
        if not self.inside and name not in INTROSPECTION_ROOTS:
            return Place(self.depth + 1)
        return Place(self.depth, self.introspection + 1, self.circles + (name in RECURSIVE), inside=True)


@dataclass(frozen=True, slots=True)
class Written:
    """One definition by itself, and where it spreads which fragment."""

    tally: Tally
    spreads: Sequence[tuple[str, Place]]


Way = tuple[ExecutableDefinitionNode, bool]
"""A definition, and whether it is spread below an introspection root."""


def tally(definition: ExecutableDefinitionNode, fragments: Fragments) -> Tally:
    """Count a definition with its fragments, each as often as it is spread.

    Fragments that are not defined or spread themselves add nothing: validation refuses them.
    """
    done: dict[int, Tally] = {}
    for key, part in _inside_out((definition, False), fragments):
        whole = part.tally
        for name, place in part.spreads:
            if name in fragments:
                whole = _with(whole, done.get(_key((fragments[name], place.inside)), Tally()), place)
        done[key] = whole
    return done[_key((definition, False))]


def written(definition: ExecutableDefinitionNode, *, inside: bool = False) -> Written:
    """Count what stands in a definition itself."""
    spreads: list[tuple[str, Place]] = []
    aliases, directives = 0, _directives(definition)
    depth, introspection, circles = 0, 0, 0
    waiting: list[tuple[SelectionSetNode, Place]] = [(definition.selection_set, Place(inside=inside))]
    while waiting:
        selection_set, place = waiting.pop()
        for node in selection_set.selections:
            directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                here = place.below(node.name.value)
                aliases += node.alias is not None
                depth, introspection = max(depth, here.depth), max(introspection, here.introspection)
                circles = max(circles, here.circles)
                if node.selection_set:
                    waiting.append((node.selection_set, here))
            elif isinstance(node, InlineFragmentNode):
                waiting.append((node.selection_set, place))
            elif isinstance(node, FragmentSpreadNode):
                spreads.append((node.name.value, place))
    return Written(Tally(aliases, directives, depth, introspection, circles), spreads)


def _inside_out(start: Way, fragments: Fragments) -> Iterator[tuple[int, Written]]:
    """Yield definitions so that each comes after those that it spreads; without recursion."""
    parts: dict[int, Written] = {}
    waiting: list[tuple[Way, bool]] = [(start, False)]
    while waiting:
        way, is_ready = waiting.pop()
        key = _key(way)
        if is_ready:
            yield key, parts[key]
        elif key not in parts:
            parts[key] = written(way[0], inside=way[1])
            waiting.append((way, True))
            waiting += [
                ((fragments[name], place.inside), False)
                for name, place in parts[key].spreads
                if name in fragments
            ]


def _key(way: Way) -> int:
    # Nodes are hashed by all that they hold; their address tells them apart at once.
    return id(way[0]) * 2 + way[1]


def _with(whole: Tally, spread: Tally, place: Place) -> Tally:
    return Tally(
        aliases=whole.aliases + spread.aliases,
        directives=whole.directives + spread.directives,
        depth=max(whole.depth, place.depth + spread.depth),
        introspection=max(whole.introspection, place.introspection + spread.introspection),
        circles=max(whole.circles, place.circles + spread.circles),
    )


def _directives(definition: ExecutableDefinitionNode) -> int:
    nodes: list[tuple[DirectiveNode, ...]] = [tuple(definition.directives or ())]
    nodes += [tuple(each.directives or ()) for each in definition.variable_definitions or ()]
    return sum(map(len, nodes))
