"""An extra amount on a contact's next invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.domain import charge as domain
from gateway.domain.contact import ContactKey
from gateway.domain.identity import GlobalId
from gateway.schema.node import Node, optional_id

if TYPE_CHECKING:
    from gateway.schema.contact import Contact


@strawberry.type(description="Whole days, both ends included.")
class Period:
    """A Period of the domain."""

    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The last day.")


@strawberry.type(description="An extra amount that goes onto a contact's next invoice.")
class Charge(Node):
    """A Charge of the domain, with the contact that owes it."""

    owner: strawberry.Private[Any]
    remote_id: strawberry.ID = strawberry.field(description="What the system calls the charge.")
    invoice_line_id: strawberry.ID | None = strawberry.field(
        description="The line of the invoice that it went onto; null while not billed."
    )
    description: str | None = strawberry.field(description="Text for the invoice.")
    quantity: str | None = strawberry.field(description='As the system writes it: "5 x".')
    price: Decimal = strawberry.field(description="Of one, in the administration's currency.")
    period: Period | None = strawberry.field(description="What it is charged for; null when not told.")
    billed: bool = strawberry.field(description="Whether it stands on an invoice.")
    product_id: strawberry.ID | None = strawberry.field(description="The system's product.")
    subscription_id: strawberry.ID | None = strawberry.field(description="The system's subscription.")

    @strawberry.field(
        description="The contact that the charge is for; null where it could not be read after a write."
    )
    def contact(self) -> Annotated[Contact, strawberry.lazy("gateway.schema.contact")] | None:
        """Return the contact that the charge was asked of."""
        contact: Contact | None = self.owner
        return contact

    @classmethod
    def from_domain(cls, charge: domain.Charge, key: ContactKey, owner: Contact | None) -> Charge:
        """Show a charge.

        Args:
            charge: What the system told of it.
            key: Of the contact that owes it.
            owner: That contact, where it is at hand.
        """
        period = charge.period
        return cls(
            id=strawberry.ID(str(GlobalId("Charge", (key.administration, key.remote, charge.remote_id)))),
            owner=owner,
            remote_id=strawberry.ID(charge.remote_id),
            invoice_line_id=optional_id(charge.invoice_line_id),
            description=charge.description,
            quantity=charge.quantity,
            price=charge.price,
            period=Period(start=period.start, end=period.end) if period else None,
            billed=charge.billed,
            product_id=optional_id(charge.product_id),
            subscription_id=optional_id(charge.subscription_id),
        )
