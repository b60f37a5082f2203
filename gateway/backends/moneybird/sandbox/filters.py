"""The filter of `/contacts/filter` and `/contacts/synchronization`: `key:value,key:value`.

Source: Moneybird API v2, contacts, "filter". A value is everything behind the first colon; a comma cannot
be escaped; an unknown key is ignored without a word. What an impossible value does is not documented: here
it is refused with 400, so that nobody takes all contacts for an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from gateway.backends.moneybird.sandbox import answers
from gateway.backends.moneybird.sandbox.book import Row

Test = Callable[[Row], bool]
"""Tells whether a contact is meant."""

_DELIVERY_METHODS = ("email", "post", "manual", "peppol", "simplerinvoicing")


def parse(text: str) -> list[Test]:
    """Read a filter; every test must hold.

    Raises:
        RefusedError: 400 for a value that cannot be.
    """
    tests: list[Test] = []
    for term in text.split(","):
        key, _, value = term.partition(":")
        make = _TESTS.get(key.strip())
        if make is not None:
            tests.append(make(value.strip()))
    return tests


def keys(text: str) -> list[str]:
    """Return the known keys that a filter uses, in its order."""
    found = (term.partition(":")[0].strip() for term in text.split(","))
    return [key for key in found if key in _TESTS]


def moment(text: str) -> datetime:
    """Read a time of a filter, such as `2026-08-21 13:48:40 UTC`; without a zone it is UTC.

    Raises:
        RefusedError: 400 for what is no ISO 8601.
    """
    try:
        found = datetime.fromisoformat(text.removesuffix("UTC").strip())
    except ValueError:
        raise answers.invalid("filter") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _after(name: str) -> Callable[[str], Test]:
    def make(value: str) -> Test:
        limit = moment(value)
        return lambda row: datetime.fromisoformat(row[name]) > limit

    return make


def _name(name: str) -> Callable[[str], Test]:
    def make(value: str) -> Test:
        wanted = value.casefold()
        return lambda row: any(
            (holder[name] or "").casefold() == wanted for holder in (row, *row["contact_people"])
        )

    return make


def _workflow(name: str) -> Callable[[str], Test]:
    def make(value: str) -> Test:
        if not value.isdecimal():
            raise answers.invalid("filter")
        return lambda row: row[name] == value

    return make


def _one_of(choices: Mapping[str, Test]) -> Callable[[str], Test]:
    def make(value: str) -> Test:
        if value not in choices:
            raise answers.invalid("filter")
        return choices[value]

    return make


def _every(_row: Row) -> bool:
    return True


def _delivered(method: str) -> Test:
    return lambda row: (row["delivery_method"] or "").lower() == method


_TESTS: Mapping[str, Callable[[str], Test]] = {
    "created_after": _after("created_at"),
    "updated_after": _after("updated_at"),
    "first_name": _name("firstname"),
    "last_name": _name("lastname"),
    "estimate_workflow_id": _workflow("estimate_workflow_id"),
    "invoice_workflow_id": _workflow("invoice_workflow_id"),
    "contact_type": _one_of(
        {
            "all": _every,
            "company": lambda row: bool(row["company_name"]),
            "private_individual": lambda row: not row["company_name"],
        }
    ),
    "delivery_method": _one_of({"all": _every, **{name: _delivered(name) for name in _DELIVERY_METHODS}}),
    "trusted_type": _one_of(
        {
            "all": _every,
            "trusted": lambda row: bool(row["is_trusted"]),
            "not_trusted": lambda row: not row["is_trusted"],
        }
    ),
}
