"""What the request log tells of a call to the emulated Moneybird."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.backends.moneybird.sandbox import changes, custom_fields, filters, persons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.emulation.vocabulary import Request

_WORDS = frozenset(
    {
        "administrations", "contacts", "filter", "synchronization", "customer_id", "contact_people",
        "additional_charges", "moneybird_payments_mandate", "custom_fields", "workflows", "users",
        "identities", "default", "archive", "notes", "url", "webhooks", "activate", "deactivate",
    }
)  # fmt: skip
_SENT = changes.KEYS | persons.KEYS | {
    custom_fields.KEY, "contact_person", "is_trusted", "note", "todo", "assignee_id", "product_id", "amount",
    "price", "period", "description", "subscription_id", "email_message", "identity_id", "workflow_id",
}  # fmt: skip
_PLAIN = ("page", "per_page", "include_archived", "include_billed")


def describe(request: Request, segments: Sequence[str]) -> Mapping[str, str]:
    """Return the call's name, the contact's id, the paging, how many ids, which keys were filtered or sent.

    Ids are Moneybird's own; a customer id, a name or a search text may say who somebody is and stays out.
    """
    words = [segment for segment in segments if segment in _WORDS]
    about = {"call": "/".join(words)} if words else {}
    if words[:1] == ["contacts"] and len(segments) > 2 and segments[2].isdecimal():
        about["contact"] = segments[2]
    about.update({name: request.query[name] for name in _PLAIN if name in request.query})
    if "query" in request.query:
        about["query_length"] = str(len(request.query["query"]))
    if "filter" in request.query:
        about["filter_keys"] = ",".join(filters.keys(request.query["filter"]))
    if words[-1:] == ["synchronization"] and request.method == "POST":
        about["ids"] = str(_id_count(request.body))
    elif sent := _sent(request.body):
        about["sent"] = ",".join(sent)
    return about


def _id_count(body: bytes) -> int:
    try:
        return len(orjson.loads(body)["ids"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0


def _sent(body: bytes) -> list[str]:
    try:
        outer = orjson.loads(body)
        inner = outer.get(next(iter(outer), ""))
    except (orjson.JSONDecodeError, AttributeError):
        return []
    given = inner if isinstance(inner, dict) and len(outer) == 1 else outer
    return [key for key in given if key in _SENT]
