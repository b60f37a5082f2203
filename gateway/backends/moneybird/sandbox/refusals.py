"""How Moneybird refuses a write.

Source: Moneybird API v2, contacts: examples of every error. Not documented, and put together here after the
documented ones: the wordings "has already been taken", "is not included in the list" and "is invalid", the
400 of a value of the wrong type, and the 400 of an unknown key.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gateway.backends.moneybird.sandbox import answers
from gateway.backends.moneybird.sandbox.answers import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

Flaw = tuple[str, str | None]
"""What is said of a field, and its code in `details`; None: the field has no details."""

BLANK: Flaw = ("can't be blank", "blank")
REQUIRED: Flaw = ("is required", "is required")
MISSING: Flaw = ("must exist", "blank")
FUTURE: Flaw = ("cannot be in the future", "not_in_future")
TAKEN: Flaw = ("has already been taken", "taken")
UNLISTED: Flaw = ("is not included in the list", "inclusion")
INVALID: Flaw = ("is invalid", "invalid")

UNDELIVERABLE: Flaw = ("includes a domain which cannot receive emails", None)
"""Seen by a client without `details`."""


class Flaws:
    """The fields of one record that are not right; they are refused together, with 422."""

    def __init__(self) -> None:
        self._found: dict[str, list[Flaw]] = defaultdict(list)

    def add(self, flaw: Flaw, *keys: str) -> None:
        """Note a flaw of one or more fields."""
        for key in keys:
            self._found[key].append(flaw)

    def include(self, other: Flaws) -> None:
        """Note another record's flaws too."""
        for key, flaws in other._found.items():
            self._found[key].extend(flaws)

    def settle(self) -> None:
        """Refuse when anything was noted.

        Raises:
            RefusedError: 422 with a field map, and its `details`.
        """
        if not self._found:
            return
        body: dict[str, object] = {
            "error": {key: [message for message, _ in flaws] for key, flaws in self._found.items()}
        }
        details = {key: [{"error": code} for _, code in flaws if code] for key, flaws in self._found.items()}
        if shown := {key: codes for key, codes in details.items() if codes}:
            body["details"] = shown
        raise RefusedError(answers.document(body, 422))


def wrapper_required(wrapper: str) -> RefusedError:
    """Return the 400 of a body without its wrapper; documented for `contact`."""
    return answers.error(400, f"{wrapper.capitalize()} is required", **{wrapper: "required"})


def wrong_type(key: str) -> RefusedError:
    """Return the 400 of a value that is no text, boolean or id where one is asked."""
    return answers.error(400, f"{key} is invalid")


def unknown_key(key: str) -> RefusedError:
    """Return the 400 of a key that the request schema lacks."""
    return answers.error(400, f"{key} is not a known parameter", **{key: "unknown"})


def trusted() -> RefusedError:
    """Return the 400 of a body that sets `is_trusted`, to whatever value."""
    message = "An contact can only be trusted during the approval of a payment."
    return answers.error(400, message, is_trusted="permission")


def not_archivable() -> RefusedError:
    """Return the 400 of a contact that is archived already."""
    return answers.error(400, "Contact can not be archived", id="can_not_be_archived")


def no_custom_field(key: str) -> RefusedError:
    """Return the 404 of a custom field that contacts do not have."""
    message = f"Custom field with id {key} not found for administration"
    return answers.error(404, message, custom_fields_attributes="not_found")


def no_person() -> RefusedError:
    """Return the 404 of a person that is to be changed; other calls answer "record not found"."""
    return answers.error(404, "contact person not found", contact_person_id="not_found")


def no_product() -> RefusedError:
    """Return the 404 of a charge's product."""
    return answers.error(404, "Product not found", product_id="not_found")


def charge_of_subscription() -> RefusedError:
    """Return the 400 of a charge that names a subscription."""
    return answers.error(400, "contact_id or subscription_id is required", contact_id="required")


def no_note_rights(*, contact_known: bool = True) -> RefusedError:
    """Return the 400 of a note that may not be written; an unknown contact is one more reason."""
    message = "User has no permissions to notes for Contact"
    if contact_known:
        return answers.error(400, message, user="insufficient_permissions")
    symbolic = {"entity": "not_found", "user": "insufficient_permissions"}
    return answers.error(400, f"Entity is invalid; {message}", **symbolic)


def no_access(scopes: Sequence[str]) -> RefusedError:
    """Return the 401 of a token without the right; documented for other areas, with one or more names."""
    *most, last = scopes
    named = f"{', '.join(most)} and {last}" if most else last
    return answers.error(401, f"No access to {named}")
