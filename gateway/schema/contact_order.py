"""In what order a list shows contacts, as a client asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import strawberry

from gateway.directory.criteria import Search
from gateway.directory.order import Order, OrderField, OrderKey, order_of
from gateway.domain.errors import BadInput


@strawberry.enum(description="What lists of contacts can be ordered by.")
class ContactOrderField(Enum):
    """The directory's orders with words for clients."""

    NAME = strawberry.enum_value(OrderField.NAME, description="displayName. Case and accents do not count.")
    CITY = strawberry.enum_value(
        OrderField.CITY, description="The city of the address. Case and accents do not count."
    )
    CUSTOMER_NUMBER = strawberry.enum_value(
        OrderField.CUSTOMER_NUMBER, description="The customer number as text: 10 comes before 9."
    )
    CREATED_AT = strawberry.enum_value(OrderField.CREATED_AT, description="When the contact was made.")
    UPDATED_AT = strawberry.enum_value(
        OrderField.UPDATED_AT, description="When the contact was last changed."
    )
    RELEVANCE = strawberry.enum_value(
        OrderField.RELEVANCE,
        description="How well displayName answers the whole search: equal, starting with it, a word "
        "starting with it, the rest; then NAME. Needs search.",
    )


@strawberry.enum(description="Which end of an order comes first.")
class OrderDirection(Enum):
    """Up or down."""

    ASC = strawberry.enum_value("ASC", description="The lowest, oldest, or for RELEVANCE best first.")
    DESC = strawberry.enum_value("DESC", description="The highest, youngest, or for RELEVANCE worst first.")


@strawberry.input(
    description="One thing to order by. Contacts without the value come last in both directions."
)
class ContactOrder:
    """An OrderKey as the client writes it."""

    field: ContactOrderField = strawberry.field(description="What is compared.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first."
    )


def ordered_by(wanted: Sequence[ContactOrder] | None, search: Search | None) -> Order:
    """Return the order asked for; by name when nothing is.

    Raises:
        BadInput: relevance is asked for, and nothing is searched for.
    """
    keys = tuple(
        OrderKey(OrderField[each.field.name], descending=each.direction is OrderDirection.DESC)
        for each in wanted or ()
    )
    if search is None and any(key.field is OrderField.RELEVANCE for key in keys):
        raise BadInput("RELEVANCE needs a search.")
    return order_of(keys, search.text if search else "")
