"""A contact's permission to collect money."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from gateway.directory import Row
from gateway.domain import mandate as domain
from gateway.domain.errors import GatewayError
from gateway.domain.mandate import PaymentsMandateKind, SepaSequence
from gateway.schema.context import Info


@strawberry.type(description="A SEPA direct debit mandate as the book keeps it.")
class SepaMandate:
    """A SepaMandate of the domain."""

    active: bool = strawberry.field(
        description="Whether it may be used; at Acumulus: whether it has a reference."
    )
    reference: str | None = strawberry.field(description="The mandate's own number.")
    signed_on: date | None = strawberry.field(description="When it was signed.")
    sequence: SepaSequence | None = strawberry.field(description="Which collection comes next.")
    iban: str | None = strawberry.field(description="Account to collect from, as stored.")
    bic: str | None = strawberry.field(description="Its bank's code, as stored.")
    holder: str | None = strawberry.field(
        description="Name of the account; null where the system keeps none."
    )

    @classmethod
    def from_domain(cls, model: domain.SepaMandate) -> SepaMandate:
        """Show a SEPA mandate."""
        return cls(
            active=model.active,
            reference=model.reference,
            signed_on=model.signed_on,
            sequence=model.sequence,
            iban=model.iban,
            bic=model.bic,
            holder=model.holder,
        )


@strawberry.type(description="A mandate kept by the system's own payments provider.")
class PaymentsMandate:
    """A PaymentsMandate of the domain."""

    kind: PaymentsMandateKind = strawberry.field(description="What may be collected from.")
    type: str | None = strawberry.field(description="As the provider calls it.")
    bank: str | None = strawberry.field(description="The bank's name; null for a card.")
    iban: str | None = strawberry.field(description="Account to collect from; null for a card.")
    bic: str | None = strawberry.field(description="The bank's code; null for a card.")
    holder: str | None = strawberry.field(description="Name of the account; null for a card.")
    card_final_digits: str | None = strawberry.field(
        description="Last digits of the card; null for an account."
    )
    card_expires: str | None = strawberry.field(description="Month, as YYYY-MM; null for an account.")
    created_at: datetime | None = strawberry.field(description="When it was given.")

    @classmethod
    def from_domain(cls, model: domain.PaymentsMandate) -> PaymentsMandate:
        """Show a mandate of the provider."""
        return cls(
            kind=model.kind,
            type=model.type,
            bank=model.bank,
            iban=model.iban,
            bic=model.bic,
            holder=model.holder,
            card_final_digits=model.card_final_digits,
            card_expires=model.card_expires,
            created_at=model.created_at,
        )


@strawberry.type(description="A contact's permission to collect money, of either kind.")
class Mandate:
    """What the record says itself, and the way to what only the provider knows."""

    row: strawberry.Private[Row]

    @strawberry.field(description="The SEPA mandate that the book keeps; null when there is none.")
    def sepa(self) -> SepaMandate | None:
        """Return what stands in the record."""
        model = self.row.held.value.sepa_mandate
        return SepaMandate.from_domain(model) if model else None

    @strawberry.field(
        description="Whether the payments provider holds a mandate; asks nobody. Null when not known."
    )
    def has_payments(self) -> bool | None:
        """Return what stands in the record."""
        return self.row.held.value.has_payments_mandate

    @strawberry.field(
        description="The mandate that the payments provider holds; asks the system once where there is one. "
        "Null when there is none, and where payments are off: see capabilities."
    )
    async def payments(self, info: Info) -> PaymentsMandate | None:
        """Ask the provider, unless the record says that there is nothing."""
        key = self.row.held.value.key
        if self.row.held.value.has_payments_mandate is False:
            return None
        try:
            model = await info.context.loaders.mandate.load((key.administration, key.remote))
        except GatewayError as error:
            info.context.once(key.administration, "mandate", error)
            return None
        return PaymentsMandate.from_domain(model) if model else None
