"""What fields cost and how long lists are: one table, in the terms of the GraphQL cost directives.

A weight is what @cost(weight:) would say, times a hundred, so that sums stay exact: objects 100 (one point,
as the specification has it), leaves 5, a call to a system 2,000. A size is what @listSize would say. The
weight of a list's type counts for each of its entries, that of the field or of an argument once.

Source: IBM, "GraphQL Cost Directives Specification", sections @cost and @listSize.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.directory.paging import DEFAULT_SIZE, MAX_SIZE

SCALE = 100
"""Weights to a point of cost."""

OBJECT = 100
LEAF = 5
"""A twentieth of an object: the largest page, with all that is known of its contacts, is a fair question."""

INTROSPECTED = 4
"""An object of the schema itself is at hand, and such lists are shorter than assumed; its leaves are free.
The standard query costs some 6,000 points for its 40 ms, so that three of them fit an operation."""

CALL = 2_000
"""A call to a system: some hundred milliseconds, and Moneybird gives 150 in five minutes. A thousand of them
are all that the default limit allows."""

WRITE = 5 * CALL
"""The most calls that one mutation makes: Acumulus is read before and after, list row and details each."""

SCAN = 5 * CALL
"""Looking through all books for a text or a condition not asked before; thin rows may need their details."""


FIELDS: Mapping[str, int] = {
    # By id: a call for the contact and one for the charges, where it is a charge.
    "Query.node": 2 * CALL,
    "Query.contact": CALL,
    "Query.contactByRemoteId": CALL,
    # The look-up, and among the archived or for the details.
    "Query.contactByCustomerNumber": 2 * CALL,
    # A book that is no longer fresh is asked once for all lists of the operation.
    "Query.contacts": CALL,
    # One call for each book and list, shared by all who ask.
    "Administration.choices": CALL,
    # A call for each contact.
    "Contact.charges": CALL,
    "Mandate.payments": CALL,
    # The record as it is: some kilobytes, read and written again.
    "Source.raw": 5 * OBJECT,
}
"""Field to its weight; all others have none, but for mutations."""

ARGUMENTS: Mapping[str, int] = {
    "Query.contacts.search": SCAN,
    "Query.contacts.where": SCAN,
    # It may be 0, for which every book is asked anew.
    "Query.contacts.maxAge": CALL,
    # As Query.node; a list counts its weight for each entry.
    "Query.nodes.ids": 2 * CALL,
}
"""Argument to its weight; it counts where it is given and not null."""


@dataclass(frozen=True, slots=True)
class ListSize:
    """How long a list is, as @listSize would say it.

    Attributes:
        assumed: Entries where no slicing argument is given.
        slicing: Arguments that say how many; the largest counts. That of a list is its length.
        sized: Fields of the answer that have these entries; empty: the field itself.
        most: Entries where a slicing argument has a value that makes no sense.
    """

    assumed: int
    slicing: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()
    most: int = 0


UNSIZED = ListSize(10)
"""A list of which nothing is known."""

_PAGE = ListSize(DEFAULT_SIZE, slicing=("first", "last"), sized=("edges", "nodes"), most=MAX_SIZE)

SIZES: Mapping[str, ListSize] = {
    "Query.contacts": _PAGE,
    "Contact.events": _PAGE,
    # At most a telephone, a second one and a fax number.
    "Contact.phones": ListSize(3),
    "Query.nodes": ListSize(10, slicing=("ids",), most=100),
    "__Schema.types": ListSize(100),
}
"""Field to the length of its list; all others are UNSIZED."""


def field_weight(coordinate: str) -> int:
    """Return the weight of a field, such as "Contact.charges"."""
    return WRITE if coordinate.startswith("Mutation.") else FIELDS.get(coordinate, 0)


def type_weight(coordinate: str, name: str, *, is_leaf: bool) -> int:
    """Return the weight of the type that a field has, for each entry where it is a list.

    Args:
        coordinate: Of the field.
        name: Of its type.
        is_leaf: Whether it is a scalar or an enum.
    """
    if coordinate.startswith("__") or name.startswith("__"):
        return 0 if is_leaf else INTROSPECTED
    return LEAF if is_leaf else OBJECT
