"""A remark or to-do kept with a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A note; a to-do when `is_todo`.

    `key` is unique within the contact and stable; `remote_id` is None where the system keeps one
    text field instead of notes. `assignee_id`, `author_id` and `completed_by_id` are users of the
    system. `data` is the system's own, shape unknown. Times are UTC.
    """

    key: str
    text: str
    remote_id: str | None = None
    version: str | None = None
    is_todo: bool = False
    todo_type: str | None = None
    assignee_id: str | None = None
    author_id: str | None = None
    completed_at: datetime | None = None
    completed_by_id: str | None = None
    data: Mapping[str, object] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
