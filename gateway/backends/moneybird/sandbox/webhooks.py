"""The calls that manage webhooks, and what is sent to those who are registered.

Source: Moneybird API v2, webhooks: create, list, delete, activate, deactivate; payload, events and their
groups, deduplication, verifying signatures. Where the vendor is silent: the subject of a person's or a note's
event is the person or the note, shown as it was last once it is gone; that of a contact that is gone is null.
It does not imitate: the look at the address when a webhook is made, which has to be answered 200, and the ten
retries of what is answered otherwise; the control surface repeats a push, in its first signature.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import orjson

from gateway.backends.moneybird.sandbox import administration, answers, bodies
from gateway.backends.moneybird.sandbox.marks import stamp
from gateway.emulation.outbox import Outbox, Push

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.book import Row
    from gateway.emulation.clock import Clock
    from gateway.emulation.vocabulary import Reply, Request

_FIRST = 432_900_000_000_000_901


class Webhooks:
    """Who is told of what, and the telling.

    Args:
        clock: Present moment, UTC.
    """

    def __init__(self, clock: Clock) -> None:
        self.outbox = Outbox()
        self._clock = clock
        self._rows: dict[str, Row] = {}
        self._made = 0
        self._sent = 0

    def clear(self) -> None:
        """Forget all webhooks, and what was sent to them."""
        self._rows.clear()
        self.outbox.clear()

    def create(self, request: Request) -> Reply:
        """Answer `POST /webhooks`, the only answer that shows the secret."""
        given = bodies.document(request)
        if "events" in given:
            words = "'events' has been removed from webhooks, use 'enabled_events'"
            raise answers.error(400, words, events="removed")
        if not given.get("url"):
            raise answers.error(400, "Url is required", url="required")
        key = str(_FIRST + 2 * self._made)
        self._made += 1
        row = {
            "id": key,
            "administration_id": int(administration.ID),
            "url": str(given["url"]),
            "enabled_events": [str(each) for each in given.get("enabled_events") or []],
            "last_http_status": None,
            "last_http_body": None,
            "token": _drawn("token", key)[:24],
            "secret": _drawn("secret", key),
            "deactivated_at": None,
        }
        self._rows[key] = row
        return answers.document(row, 201)

    def listed(self, _request: Request) -> Reply:
        """Answer `GET /webhooks`."""
        return answers.document([_shown(row) for row in self._rows.values()])

    def delete(self, _request: Request, key: str) -> Reply:
        """Answer `DELETE /webhooks/{id}`."""
        self._found(key)
        del self._rows[key]
        return answers.nothing()

    def activate(self, _request: Request, key: str) -> Reply:
        """Answer `PATCH /webhooks/{id}/activate`."""
        row = self._found(key)
        row["deactivated_at"] = None
        return answers.document(_shown(row))

    def deactivate(self, _request: Request, key: str) -> Reply:
        """Answer `PATCH /webhooks/{id}/deactivate`."""
        row = self._found(key)
        row["deactivated_at"] = stamp(self._clock())
        return answers.document(_shown(row))

    def tell(self, action: str, kind: str, key: str, entity: Row | None) -> None:
        """Tell everybody who wants to know of an event.

        Args:
            action: Its name.
            kind: What it happened to, such as `Contact`.
            key: The id of that.
            entity: How that is now; None: it is gone.
        """
        for row in self._rows.values():
            if row["deactivated_at"] is None and _wants(row, action):
                self.outbox.put(self._push(row, action, {"kind": kind, "id": key, "entity": entity}))

    def _push(self, row: Row, action: str, subject: Row) -> Push:
        payload = {
            "administration_id": administration.ID,
            "webhook_id": row["id"],
            "webhook_token": row["token"],
            "entity_type": subject["kind"],
            "entity_id": subject["id"],
            "state": None,
            "action": action,
            "entity": subject["entity"],
        }
        body = orjson.dumps(payload)
        self._sent += 1
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": _drawn("push", row["id"], str(self._sent)),
            "Moneybird-Signature": signature(row["secret"], int(self._clock().timestamp()), body),
        }

        def told(status: int | None, answer: str) -> None:
            row["last_http_status"], row["last_http_body"] = status, answer

        about = {"action": action, "entity": subject["id"]}
        return Push(row["url"], headers, body, about, told)

    def _found(self, key: str) -> Row:
        if key not in self._rows:
            raise answers.error(404, "Record not found for model name: Webhook")
        return self._rows[key]


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the header that proves who sent a body, and when, in seconds since 1970."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


def _wants(row: Row, action: str) -> bool:
    """Whether a webhook is of an event, by its name or by that of a group; without any it is of invoices."""
    return any(action == each or action.startswith(f"{each}_") for each in row["enabled_events"])


def _shown(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "secret"}


def _drawn(*words: str) -> str:
    return hashlib.sha256("/".join(words).encode()).hexdigest()
