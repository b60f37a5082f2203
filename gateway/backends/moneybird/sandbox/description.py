"""What the request log tells of a call to the emulated Moneybird."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.backends.moneybird.sandbox import filters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.emulation.vocabulary import Request

_WORDS = frozenset(
    {
        "administrations", "contacts", "filter", "synchronization", "customer_id", "contact_people",
        "additional_charges", "moneybird_payments_mandate", "custom_fields", "workflows", "users",
        "identities", "default",
    }
)  # fmt: skip
_PLAIN = ("page", "per_page", "include_archived", "include_billed")


def describe(request: Request, segments: Sequence[str]) -> Mapping[str, str]:
    """Return the call's name, the contact's id, the paging, how many ids and which filter keys.

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
    if request.method == "POST":
        about["ids"] = str(_id_count(request.body))
    return about


def _id_count(body: bytes) -> int:
    try:
        return len(orjson.loads(body)["ids"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
