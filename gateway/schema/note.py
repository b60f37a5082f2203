"""A remark or to-do kept with a contact."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.domain import note as domain
from gateway.domain.identity import GlobalId
from gateway.schema.node import Node, optional_id
from gateway.schema.scalars import JSON

if TYPE_CHECKING:
    from gateway.schema.contact import Contact


@strawberry.type(description="A remark or to-do kept with a contact.")
class Note(Node):
    """A Note of the domain, with the contact that holds it."""

    owner: strawberry.Private[Any]
    remote_id: strawberry.ID | None = strawberry.field(
        description="What the system calls the note; null where it keeps one text for all."
    )
    version: str | None = strawberry.field(
        description="Changes with the note; null where the system has none."
    )
    text: str = strawberry.field(description="May have several lines; empty when nothing is stored.")
    is_todo: bool = strawberry.field(description="Whether somebody has to do something.")
    todo_type: str | None = strawberry.field(
        description="Why the system made the to-do; null for people's own."
    )
    assignee_id: strawberry.ID | None = strawberry.field(description="The user who has to do it.")
    author_id: strawberry.ID | None = strawberry.field(description="The user who wrote it.")
    completed_at: datetime | None = strawberry.field(description="When it was done; null while it is open.")
    completed_by_id: strawberry.ID | None = strawberry.field(description="The user who did it.")
    data: JSON | None = strawberry.field(description="What the system adds, in its own shape.")
    created_at: datetime | None = strawberry.field(description="Null where the system does not tell.")
    updated_at: datetime | None = strawberry.field(description="Null where the system does not tell.")

    @strawberry.field(description="The contact that the note belongs to.")
    def contact(self) -> Annotated[Contact, strawberry.lazy("gateway.schema.contact")] | None:
        """Return the contact that was read with the note."""
        contact: Contact = self.owner
        return contact

    @classmethod
    def from_domain(cls, note: domain.Note, owner: Contact) -> Note:
        """Show a note."""
        key = owner.model.key
        return cls(
            id=strawberry.ID(str(GlobalId("Note", (key.administration, key.remote, note.key)))),
            owner=owner,
            remote_id=optional_id(note.remote_id),
            version=note.version,
            text=note.text,
            is_todo=note.is_todo,
            todo_type=note.todo_type,
            assignee_id=optional_id(note.assignee_id),
            author_id=optional_id(note.author_id),
            completed_at=note.completed_at,
            completed_by_id=optional_id(note.completed_by_id),
            data=None if note.data is None else JSON(dict(note.data)),
            created_at=note.created_at,
            updated_at=note.updated_at,
        )
