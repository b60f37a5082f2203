"""What an operation costs, worked out before it runs: from its document, its variables and the schema.

An object counts one point, a leaf a twentieth, and a field that calls a system what `cost_weights` says.
What is selected of a list counts as often as the list is long: by its arguments where it is a page, else ten
times. Fields that become one in the answer count once. What @skip and @include leave out counts all the same,
and of an interface every type's fields count, so that the cost is never less than what runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from gateway.serving.cost_arguments import Arguments
from gateway.serving.cost_weights import SCALE, SIZES, UNSIZED, field_weight, type_weight
from gateway.serving.limits import CAP, UNFOLDED, Refusal, refused
from gateway.serving.limits_selections import (
    Fragments,
    below,
    fragments_of,
    opened,
    operations_of,
    response_name,
)
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs, in points, rounded up; and what it may.

    `is_exact` is false where it is at least so much: fragments unfold into more than is worth counting.
    """

    total: int
    allowed: int
    is_exact: bool = True

    @property
    def refusal(self) -> Refusal | None:
        """Return why the operation is not carried out; None where its cost is within the limit."""
        return refused("cost", self.total, self.allowed, is_exact=self.is_exact)


@dataclass(frozen=True, slots=True)
class Spot:
    """Selection sets that together select from the objects at one kind of place in the answer.

    Attributes:
        type: Of the objects; None where the schema does not tell.
        sets: What is selected.
        page: Entries of the lists that the field above has sized, by their names.
    """

    type: GraphQLNamedType | None
    sets: tuple[SelectionSetNode, ...]
    page: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Tell spots apart without hashing all that they hold."""
        return self.type and self.type.name, tuple(map(id, self.sets)), tuple(self.page.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """What every field of an operation is read with."""

    schema: GraphQLSchema
    fragments: Fragments
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Priced:
    """A field of the answer.

    Attributes:
        weight: What it costs for each object that it stands in, in hundredths of a point.
        times: How many objects it leads to; 1 where it is no list.
        spot: What is selected from these; None at a leaf.
    """

    weight: int
    times: int
    spot: Spot | None


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variables: Mapping[str, object] | None,
    limits: LimitSettings,
) -> Cost:
    """Work out what an operation costs; it need not be valid, and strange variables count as the most.

    Args:
        schema: What is asked.
        document: As parsed.
        operation_name: Which operation; None where there is one. One that is not there costs nothing.
        variables: As the client sent them.
        limits: What is allowed.
    """
    operation = _operation(document, operation_name)
    if operation is None:
        return Cost(0, limits.cost)
    reading = Reading(schema, fragments_of(document), Arguments.of(operation, variables))
    root = Spot(schema.get_root_type(operation.operation), (operation.selection_set,))
    total, is_exact = _total(root, reading, UNFOLDED * limits.tokens)
    points = -(-total // SCALE)
    if not is_exact:
        points = max(points, limits.cost + 1)
    return Cost(min(points, CAP), limits.cost, is_exact and points <= CAP)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    named = [
        each
        for each in operations_of(document)
        if name is None or (each.name is not None and each.name.value == name)
    ]
    return named[0] if named else None


def _total(root: Spot, reading: Reading, most: int) -> tuple[int, bool]:
    """Add up level by level, with how many objects there are of each spot; so nothing is walked twice.

    Args:
        root: Where to begin.
        reading: Of the operation.
        most: Selections that may be looked at.

    Returns:
        Hundredths of a point, and whether that is all.
    """
    total, steps = 0, 0
    level = {root.key: (root, 1)}
    while level:
        under: dict[tuple[object, ...], tuple[Spot, int]] = {}
        for spot, count in level.values():
            looked_at, fields = _fields(spot, reading)
            steps += looked_at
            if steps > most:
                return total, False
            for each in fields:
                total += count * each.weight
                if each.spot:
                    key = each.spot.key
                    already = under[key][1] if key in under else 0
                    under[key] = (each.spot, already + count * each.times)
        level = under
    return total, True


def _fields(spot: Spot, reading: Reading) -> tuple[int, Iterator[Priced]]:
    """Return how many selections a spot has, and its fields, those that become one as one."""
    level = opened(spot.sets, reading.fragments)
    is_abstract = is_interface_type(spot.type)
    groups: dict[tuple[str, str, str | None], list[FieldNode]] = {}
    for node, condition in level.fields:
        # Of an object every condition is the object itself, or it does not hold.
        on = condition if is_abstract else None
        groups.setdefault((response_name(node), node.name.value, on), []).append(node)
    return level.steps, (_priced(nodes, on, spot, reading) for (_, _, on), nodes in groups.items())


def _priced(nodes: list[FieldNode], on: str | None, spot: Spot, reading: Reading) -> Priced:
    name = nodes[0].name.value
    parent = reading.schema.get_type(on) if on else spot.type
    definition = reading.schema.get_field(parent, name) if is_composite_type(parent) else None
    named = get_named_type(definition.type) if definition else None
    coordinate = f"{parent.name if parent else ''}.{name}"
    rule = SIZES.get(coordinate, UNSIZED)
    size = max(reading.arguments.size(each, rule) for each in nodes)
    times = spot.page.get(name, size if definition and _is_list(definition.type) else 1)
    is_leaf = named is None or is_leaf_type(named)
    weight = field_weight(coordinate) + max(reading.arguments.weight(each, coordinate) for each in nodes)
    weight += times * type_weight(coordinate, named.name if named else "", is_leaf=is_leaf)
    page = dict.fromkeys(rule.sized, size)
    return Priced(weight, times, None if is_leaf else Spot(named, tuple(below(nodes)), page))


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)
