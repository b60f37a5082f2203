"""A contact's permission to collect money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SepaSequence(StrEnum):
    """Which collection of a series comes next; UNKNOWN is a word that nobody knew yet."""

    FRST = "FRST"
    RCUR = "RCUR"
    OOFF = "OOFF"
    FNAL = "FNAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class SepaMandate:
    """A SEPA direct debit mandate as the book keeps it; `iban` and `bic` as stored."""

    active: bool
    reference: str | None = None
    signed_on: date | None = None
    sequence: SepaSequence | None = None
    iban: str | None = None
    bic: str | None = None
    holder: str | None = None


class PaymentsMandateKind(StrEnum):
    """What the payments provider may collect from."""

    SEPA = "SEPA"
    CARD = "CARD"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class PaymentsMandate:
    """A mandate kept by the system's payments provider; `card_expires` is YYYY-MM, times are UTC."""

    kind: PaymentsMandateKind
    type: str | None = None
    bank: str | None = None
    iban: str | None = None
    bic: str | None = None
    holder: str | None = None
    card_final_digits: str | None = None
    card_expires: str | None = None
    created_at: datetime | None = None
