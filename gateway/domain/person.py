"""A person to talk to at a contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A contact person; which parts are known depends on the system.

    `key` is unique within the contact and stable; `remote_id` is the system's own id, None where
    the system keeps persons as plain names. `full_name` is never empty. Times are UTC.
    """

    key: str
    full_name: str
    remote_id: str | None = None
    version: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    email: str | None = None
    department: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
