"""The domain's closed sets as GraphQL enums, with what each value means to a client."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from gateway.domain.administration import ChoiceKind, SourceState
from gateway.domain.contact import ContactKind, ContactRole, ContactStatus, DeliveryMethod, PhoneKind
from gateway.domain.faults import FaultCode
from gateway.domain.mandate import PaymentsMandateKind, SepaSequence

UNKNOWN = "A word of the system that the gateway does not know yet; it stands in source.raw."


@strawberry.enum(
    description="A bookkeeping system; the values are the systems that this gateway can connect."
)
class System(Enum):
    """Stands for the enum that `build` makes of the installed systems."""

    NONE = "NONE"


NAMES: dict[type[Enum], str] = {FaultCode: "UserErrorCode"}
"""Closed sets that clients know by another name."""


def _describe(cls: type[Enum], description: str, **values: str) -> None:
    """Make a closed set known to the schema; every value needs its words."""
    strawberry.enum(cls, name=NAMES.get(cls), description=description)
    definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]


_describe(
    ContactKind,
    "What a contact is.",
    COMPANY="An organisation, or a person liable to VAT.",
    PERSON="A private person; at Acumulus also an organisation exempt from VAT.",
    UNKNOWN=UNKNOWN,
)
_describe(
    ContactRole,
    "What a contact is to the administration.",
    CUSTOMER="Buys from it.",
    SUPPLIER="Sells to it.",
)
_describe(
    ContactStatus,
    "Whether the book still uses a contact.",
    ACTIVE="In use.",
    ARCHIVED="Kept, but no longer offered; at Acumulus: disabled.",
    UNKNOWN="Not told by the system.",
)
_describe(
    DeliveryMethod,
    "How invoices reach a contact.",
    EMAIL="By e-mail.",
    POST="On paper.",
    MANUAL="By hand, outside the system.",
    SIMPLERINVOICING="Through the Simplerinvoicing network.",
    PEPPOL="Through the Peppol network.",
    UNKNOWN=UNKNOWN,
)
_describe(
    PhoneKind,
    "Which of a contact's lines a number is.",
    MAIN="The telephone.",
    SECOND="A second telephone.",
    FAX="The fax.",
)
_describe(
    SepaSequence,
    "Which collection of a series comes next under a SEPA mandate.",
    FRST="The first of several.",
    RCUR="One of several.",
    OOFF="The only one.",
    FNAL="The last of several.",
    UNKNOWN=UNKNOWN,
)
_describe(
    PaymentsMandateKind,
    "What the payments provider may collect from.",
    SEPA="A bank account.",
    CARD="A card.",
    UNKNOWN=UNKNOWN,
)
_describe(
    SourceState,
    "What an answer is worth for one administration.",
    FRESH="Complete, and as young as was asked.",
    STALE="The last known truth: the system could not be asked just now.",
    PARTIAL="Rows are lacking, or details that the operation needed.",
    UNAVAILABLE="Nothing is held and the system gave nothing.",
)
_describe(
    ChoiceKind,
    "The lists that a system keeps for its fields.",
    INVOICE_WORKFLOW="For invoicing.workflowId.",
    ESTIMATE_WORKFLOW="For estimates.workflowId.",
    CUSTOM_FIELD="For customFields.",
    USER="Users, for notes.",
    IDENTITY="The names under which the administration trades.",
    INVOICE_TEMPLATE="For invoicing.templateId.",
    COST_HEADING="For booking.costHeadingId.",
    COST_CENTER="For booking.costCenterId.",
    BANK_ACCOUNT="The administration's own accounts, for booking.bankAccountId.",
    VAT_CATEGORY="For invoicing.vatCategory.",
    VAT_TREATMENT="For invoicing.vatTreatment.",
    VAT_RATE="For invoicing.vatRate.",
    PEPPOL_SCHEME="For peppol.scheme.",
)

_describe(
    FaultCode,
    "Why a write did not happen, or is not known to have happened. It was not carried out, unless the code "
    "is OUTCOME_UNKNOWN, or INTERNAL with the outcome UNKNOWN.",
    INVALID="The value, or the input as a whole, makes no sense or cannot be kept.",
    REQUIRED="Something needed is missing.",
    TAKEN="Another record holds the value already; related says which, where that is known.",
    NOT_FOUND="No such thing, or none that the viewer may see.",
    CONFLICT="The record is not in the state that ifVersion names any more.",
    WOULD_CLEAR_FIELDS="The system would clear or reset this field with it; acceptClearing agrees to that.",
    NOT_SUPPORTED_BY_SYSTEM="The contact's system does not have this, or cannot do it.",
    FORBIDDEN="The viewer lacks the right, or the administration is read-only.",
    REJECTED_BY_SYSTEM="The system understood the write and refused it.",
    RATE_LIMITED="The system takes no more calls before retryAfter.",
    SYSTEM_UNAVAILABLE="The system was not reached, or did not answer in time before anything was written.",
    OUTCOME_UNKNOWN="The answer was lost, and reading did not show whether the write happened: look before "
    "you write again.",
    DUPLICATE="The same thing is there already.",
    AMBIGUOUS="Several things fit.",
    IDEMPOTENCY_KEY_REUSED="The key was used for another input before.",
    BAD_UPSTREAM_ANSWER="The system gave an answer that cannot be read.",
    CREDENTIALS_REJECTED="The system does not accept the gateway's credentials, or they lack a right there.",
    DEADLINE_EXCEEDED="The operation's time was over before anything was written.",
    INTERNAL="A fault of the gateway; the request id finds it in the log.",
)
