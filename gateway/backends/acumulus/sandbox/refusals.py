"""The messages the emulated Acumulus gives with an error or a warning.

A codetag that begins with CONSTRUCT is invented, and so is its text: the vendor publishes no
code tags for the contact calls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """One `<error>` or `<warning>`: its code, its tag and its text in both languages."""

    code: str
    codetag: str
    english: str
    dutch: str

    def message(self, language: str) -> str:
        """Return the text in `language`: "nl", or English for any other.

        Source: Acumulus, "API - Basic Submit": lang is `en` (default) or `nl`, for messages only.
        """
        return self.dutch if language == "nl" else self.english


class RefusedError(Exception):
    """A request the emulated Acumulus does not fulfil.

    Attributes:
        http: The HTTP status of the answer.
        notice: What its `<error>` says.
        echo: Offending input, repeated as nodes at the top of the answer.
        status: 1 failed, 3 exception.
    """

    def __init__(
        self, http: int, notice: Notice, *, echo: tuple[tuple[str, str], ...] = (), status: int = 1
    ) -> None:
        super().__init__(notice.english)
        self.http = http
        self.notice = notice
        self.echo = echo
        self.status = status


NO_DATA = Notice(
    "502",
    "EMPTYG5FG",
    "Warning - No data - no contact data available for this request.",
    "Waarschuwing - Geen gegevens - geen contactgegevens beschikbaar voor dit verzoek.",
)
"""The warning of 2014 for a list without a match (found in a public client's tests)."""


def no_contract() -> RefusedError:
    """Return the refusal of a request without a `<contract>` block.

    Source: libAcumulus, its examples of API requests and responses.
    """
    return RefusedError(
        403,
        Notice(
            "403 Forbidden",
            "AF1001MCS",
            "Mandatory contract section missing",
            "Verplichte contract sectie ontbreekt",
        ),
    )


def wrong_login() -> RefusedError:
    """Return the refusal of unknown credentials; of the vendor's own only the 403 is known."""
    return RefusedError(
        403,
        Notice(
            "403 Forbidden",
            "CONSTRUCT5",
            "Contract, username or password incorrect",
            "Contract, gebruikersnaam of wachtwoord onjuist",
        ),
    )


def low_role(call: str) -> RefusedError:
    """Return the refusal of `call` to a role that may not do it.

    Source: libAcumulus, Acumulus.php: codetag A8N403GCN and the wording.
    """
    text = f"Forbidden - Insufficient credential level for {call}."
    return RefusedError(403, Notice("403", "A8N403GCN", text, text))


def no_contact(contactid: str) -> RefusedError:
    """Return the refusal of an unknown contactid.

    The contact pages do not say what it looks like; this follows the vendor's answer to an
    unknown product: HTTP 404, and the input repeated.
    """
    notice = Notice("404 Not Found", "CONSTRUCT1", "Invalid contactid", "Ongeldig contactid")
    return RefusedError(404, notice, echo=(("contactid", contactid),))


def unreadable(*, reason: str = "") -> RefusedError:
    """Return the refusal of a body that holds no acceptable XML; `reason` is put behind the text."""
    behind = f": {reason}" if reason else ""
    return RefusedError(
        400,
        Notice(
            "400 Bad Request",
            "CONSTRUCT6",
            f"The submitted XML could not be parsed{behind}",
            f"De ingezonden XML kan niet worden gelezen{behind}",
        ),
    )


def invalid(node: str) -> RefusedError:
    """Return the refusal of a request whose `node` has no acceptable value."""
    return RefusedError(
        400, Notice("400 Bad Request", "CONSTRUCT3", f"Invalid {node}", f"Ongeldige waarde in {node}")
    )


def replaced(node: str, sent: str, instead: str) -> Notice:
    """Return the warning that `instead` was stored in place of what was sent; "" stands for nothing.

    Code and wording follow the warning of invoice_add about its vattype.
    Source: libAcumulus, changelog of 5.5.0.
    """
    used, dutch = (
        (f"Using default value of {instead}.", f"Standaardwaarde {instead} wordt gebruikt.")
        if instead
        else ("Using no value.", "Er wordt geen waarde gebruikt.")
    )
    return Notice(
        "511",
        "CONSTRUCT2",
        f"Incorrect {node} value used ({sent}). {used}",
        f"Onjuiste waarde voor {node} gebruikt ({sent}). {dutch}",
    )


def failed() -> RefusedError:
    """Return the answer with status 3, "exception"; its HTTP status is not documented, 500 is ours."""
    return RefusedError(500, Notice("600", "CONSTRUCT7", "Exception", "Exception"), status=3)
