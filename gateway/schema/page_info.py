"""Where a page lies in its list."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """As the Relay specification has it."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(description="Place of the first row; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Place of the last row; null on an empty page.")

    @classmethod
    def around(cls, cursors: Sequence[str], *, has_next: bool, has_previous: bool) -> PageInfo:
        """Describe a page by its rows' cursors."""
        return cls(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
