"""What happened to a contact's record, newest first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import orjson
import strawberry

from gateway.directory.paging import page_size
from gateway.domain import contact as domain
from gateway.domain.errors import BadInput
from gateway.schema.node import optional_id
from gateway.schema.page_info import PageInfo
from gateway.schema.scalars import JSON

_FORM = "event:1:"


@strawberry.type(description="Something that happened to a contact's record.")
class ContactEvent:
    """A ContactEvent of the domain."""

    action: str = strawberry.field(description='As the system calls it: "contact_changed".')
    at: datetime = strawberry.field(description="When it happened.")
    user_id: strawberry.ID | None = strawberry.field(description="The user who did it.")
    changes: JSON | None = strawberry.field(description="Field of the system to its value before and after.")
    link_id: strawberry.ID | None = strawberry.field(description="What else it concerned.")
    link_type: str | None = strawberry.field(description="What kind of thing that is.")
    data: JSON | None = strawberry.field(description="What the system adds, in its own shape.")

    @classmethod
    def from_domain(cls, model: domain.ContactEvent) -> ContactEvent:
        """Show an event."""
        return cls(
            action=model.action,
            at=model.at,
            user_id=optional_id(model.user_id),
            changes=_read_json(model.changes),
            link_id=optional_id(model.link_id),
            link_type=model.link_type,
            data=_read_json(model.data),
        )


@strawberry.type(description="An event and its place in the list.")
class ContactEventEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Opaque; for after and before.")
    node: ContactEvent = strawberry.field(description="The event.")


@strawberry.type(description="Events of a contact, newest first; a longer history adds at the front.")
class ContactEventConnection:
    """A page of events."""

    edges: list[ContactEventEdge] = strawberry.field(description="The events with their places.")
    nodes: list[ContactEvent] = strawberry.field(description="The events.")
    page_info: PageInfo = strawberry.field(description="What lies before and behind this page.")
    total_count: int = strawberry.field(description="Events in all.")


def page_of_events(
    events: Sequence[domain.ContactEvent],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> ContactEventConnection:
    """Cut a page; a cursor counts from the oldest event, so that new ones move nothing.

    Raises:
        BadInput: sizes or cursors make no sense.
    """
    size, backward = page_size(first, last)
    count = len(events)
    start = 0 if after is None else max(0, count - _read(after))
    stop = count if before is None else min(count, max(start, count - _read(before) - 1))
    if backward:
        start = max(start, stop - size)
    else:
        stop = min(stop, start + size)
    edges = [
        ContactEventEdge(cursor=_cursor(count - 1 - index), node=ContactEvent.from_domain(events[index]))
        for index in range(start, stop)
    ]
    info = PageInfo.around([edge.cursor for edge in edges], has_next=stop < count, has_previous=start > 0)
    return ContactEventConnection(
        edges=edges, nodes=[edge.node for edge in edges], page_info=info, total_count=count
    )


def _read_json(text: bytes | None) -> JSON | None:
    return JSON(orjson.loads(text)) if text else None


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"{_FORM}{number}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        number = int(text.removeprefix(_FORM)) if text.startswith(_FORM) and len(text) < 32 else -1
    except (binascii.Error, ValueError):
        number = -1
    if number < 0 or _cursor(number) != cursor:
        raise BadInput("The cursor is malformed.")
    return number
