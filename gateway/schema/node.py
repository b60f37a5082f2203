"""Things with a global id."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="Something with a global id, to be fetched again through node and nodes.")
class Node:
    """Everything that a client may keep an id of."""

    id: strawberry.ID = strawberry.field(
        description="Opaque; unique over all administrations, and the same for ever."
    )


def optional_id(value: str | None) -> strawberry.ID | None:
    """Return a system's own id, which may be missing."""
    return None if value is None else strawberry.ID(value)
