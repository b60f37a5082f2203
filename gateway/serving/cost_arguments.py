"""What arguments say of a list's length, before anybody has checked them: total, whatever stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)

from gateway.serving.cost_weights import ARGUMENTS, ListSize

MAX_DIGITS = 10
"""Of a number in a document; a longer one is no GraphQL Int and is not worth reading."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that cannot be what the argument asks for."""


Given = int | list[object] | Unreadable | None
"""What matters of a value: a number, a list, something else; None where nothing or null is given."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """Reads arguments with an operation's variables.

    Attributes:
        variables: As the client sent them, unchecked.
        defaults: Variable to its default.
    """

    variables: Mapping[str, object]
    defaults: Mapping[str, ValueNode]

    @classmethod
    def of(cls, operation: OperationDefinitionNode, variables: object) -> Arguments:
        """Prepare for an operation; variables that are no mapping are none."""
        defaults = {
            each.variable.name.value: each.default_value
            for each in operation.variable_definitions or ()
            if each.default_value
        }
        return cls(variables if isinstance(variables, Mapping) else {}, defaults)

    def size(self, node: FieldNode, rule: ListSize) -> int:
        """Return how many entries a list will have at most; 0 or more."""
        told = [
            size
            for each in node.arguments or ()
            if each.name.value in rule.slicing
            and (size := _length(self._given(each.value), rule)) is not None
        ]
        return max(told, default=rule.assumed)

    def weight(self, node: FieldNode, coordinate: str) -> int:
        """Return what a field's arguments weigh; that of a list weighs for each of its entries."""
        total = 0
        for each in node.arguments or ():
            weight = ARGUMENTS.get(f"{coordinate}.{each.name.value}", 0)
            if weight and (given := self._given(each.value)) is not None:
                total += weight * (len(given) if isinstance(given, list) else 1)
        return total

    def _given(self, value: ValueNode) -> Given:
        if not isinstance(value, VariableNode):
            return _literal(value)
        name = value.name.value
        if name not in self.variables:
            return _literal(self.defaults[name]) if name in self.defaults else None
        return _sent(self.variables[name])


def _literal(value: ValueNode) -> Given:
    if isinstance(value, NullValueNode):
        return None
    if isinstance(value, IntValueNode):
        return int(value.value) if len(value.value) <= MAX_DIGITS else Unreadable()
    return list(value.values) if isinstance(value, ListValueNode) else Unreadable()


def _sent(value: object) -> Given:
    if value is None or isinstance(value, list):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else Unreadable()


def _length(given: Given, rule: ListSize) -> int | None:
    """Return the length that a value asks for; the most that there is where it makes no sense."""
    if given is None:
        return None
    if isinstance(given, list):
        return len(given)
    return given if isinstance(given, int) and given >= 0 else rule.most
