"""What every write needs: the book, the behaviour, the time, and how a change is put down.

Source: Moneybird API v2, contacts: `version` is the second of `updated_at`, events have no id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.backends.moneybird.sandbox import administration, answers, attachments
from gateway.backends.moneybird.sandbox.marks import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from gateway.backends.moneybird.sandbox.behaviour import Behaviour
    from gateway.backends.moneybird.sandbox.book import Book, Row
    from gateway.backends.moneybird.sandbox.webhooks import Webhooks
    from gateway.emulation.clock import Clock


@dataclass(frozen=True, slots=True)
class Scribe:
    """Puts changes down in the book.

    Attributes:
        book: What is changed.
        behaviour: The choices of this Moneybird.
        clock: Present moment, UTC.
        webhooks: Told of what happens.
    """

    book: Book
    behaviour: Behaviour
    clock: Clock
    webhooks: Webhooks

    def today(self) -> date:
        """Return the day in the administration's time zone."""
        return self.clock().astimezone(ZoneInfo(administration.TIME_ZONE)).date()

    def found(self, key: str) -> Row:
        """Return a contact, archived or not.

        Raises:
            RefusedError: 404 for an unknown one.
        """
        row = self.book.contact(key)
        if row is None:
            raise answers.not_found()
        return row

    def marks(self) -> Row:
        """Return `updated_at` and `version` of what changes now."""
        return _marks(self.clock())

    def put(self, row: Row, action: str = "", data: Mapping[str, object] | None = None) -> Row:
        """Store a contact as changed now, or made now, with an event when there is an action to tell."""
        at = self.clock()
        row = row | _marks(at)
        row["created_at"] = row["created_at"] or row["updated_at"]
        if action:
            row["events"] = [*row["events"], attachments.event(action, at, dict(data or {}))]
        self.book.put(row)
        if action:
            self.tell(action, row)
        return row

    def put_child(self, row: Row) -> Row:
        """Store a contact of which only something that hangs on it changed."""
        if self.behaviour.children_bump:
            return self.put(row)
        self.book.put(row)
        return row

    def tell(self, action: str, entity: Row, kind: str = "Contact", *, gone: bool = False) -> None:
        """Send word of an event to those who want to know.

        Args:
            action: Its name.
            entity: What it happened to.
            kind: Of that.
            gone: Whether that is not there any more.
        """
        self.webhooks.tell(action, kind, entity["id"], None if gone else entity)


def _marks(at: datetime) -> Row:
    return {"updated_at": stamp(at), "version": int(at.timestamp())}
