"""The values of a contact's custom fields.

Source: Moneybird API v2, contacts, `custom_fields_attributes`: a map by index or a list, each entry with id
and value. Where the vendor is silent: an entry without one of them is answered 400, a field whose value is
emptied is no longer embedded, and embedded values stand in the administration's order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import administration, bodies, refusals

if TYPE_CHECKING:
    from gateway.backends.moneybird.sandbox.book import Row

KEY = "custom_fields_attributes"
"""The request key."""

Values = dict[str, str]
"""Id of a custom field to its value; empty: no value."""


def read(given: object, *, keep_nulls: bool) -> Values:
    """Read the values of a request; null is empty, or with `keep_nulls` says nothing.

    Raises:
        RefusedError: 400 for what is no map or list of id and value, 404 for a field contacts do not have.
    """
    if given is None:
        return {}
    entries = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(entries, list):
        raise refusals.wrong_type(KEY)
    found = [_entry(entry) for entry in entries]
    return {key: value or "" for key, value in found if value is not None or not keep_nulls}


def merged(rows: list[Row], values: Values) -> list[Row]:
    """Return the embedded values with the new ones; those not named stay."""
    kept = {row["id"]: row["value"] for row in rows} | values
    return [
        {"id": key, "name": name, "value": kept[key]}
        for key, name in administration.CONTACT_FIELDS
        if key in kept and not (key in values and not values[key])
    ]


def _entry(entry: object) -> tuple[str, str | None]:
    if not isinstance(entry, dict) or not {"id", "value"} <= entry.keys():
        raise refusals.wrong_type(KEY)
    key = bodies.identifier(entry["id"], KEY)
    if key is None or key not in dict(administration.CONTACT_FIELDS):
        raise refusals.no_custom_field(str(entry["id"]))
    return key, bodies.text(entry["value"], KEY)
