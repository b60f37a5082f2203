"""Putting extra amounts on a contact's next invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.domain.changes import Value
from gateway.domain.charge import Period
from gateway.domain.contact import ContactKey
from gateway.schema.charge import Charge
from gateway.schema.context import Info
from gateway.schema.inputs import (
    CONTACT_ID,
    INPUT,
    client_mutation_id,
    dry_run,
    idempotency_key,
    optional,
    present,
    said,
)
from gateway.schema.payload import WriteOutcome, WritePayload, members, word
from gateway.schema.user_error import Place
from gateway.schema.write import Asked
from gateway.services.result import Result

CREATE = Place("charge", "contactId")


@strawberry.input(description="Whole days, both ends included.")
class PeriodFields:
    """A Period of the domain."""

    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The last day; not before the first.")


@strawberry.input(description="An extra amount. What is null or not given comes from the product, if any.")
class ContactChargeFields:
    """Paths of `CHARGE_INPUTS`."""

    product_id: strawberry.ID | None = optional("The system's product.")
    quantity: str | None = optional('As the system writes it: "5 x".')
    price: Decimal | None = optional("Of one, in the administration's currency.")
    period: PeriodFields | None = optional(
        "What it is charged for. A system that knows whole months alone takes those, with a warning."
    )
    description: str | None = optional("Text for the invoice.")


@strawberry.input(description="A charge that is to be put on a contact's next invoice.")
class ContactChargeCreateInput:
    """What contactChargeCreate takes."""

    contact_id: strawberry.ID = strawberry.field(description=CONTACT_ID)
    charge: ContactChargeFields = strawberry.field(description="What is charged.")
    idempotency_key: str | None = idempotency_key()
    dry_run: bool = dry_run()
    client_mutation_id: str | None = client_mutation_id()


@strawberry.type(description="How the write of a charge ended.")
class ContactChargePayload(WritePayload):
    """What contactChargeCreate answers."""

    charge: Charge | None = strawberry.field(description="The charge that was made; null when none was.")
    outcome: WriteOutcome = strawberry.field(description="What really happened.")


ContactChargeCreate = Annotated[ContactChargeCreateInput, INPUT]


async def create_charge(info: Info, input: ContactChargeCreate) -> ContactChargePayload:  # noqa: A002
    """Make a charge."""
    asked = Asked(info, input, CREATE)

    async def write(key: ContactKey) -> Result:
        return await asked.services.charges.create(asked.caller, key, _values(input.charge), asked.wish)

    result = await asked.carried_out(asked.contact, write)
    shared, made = members(asked, result), result.charge
    return ContactChargePayload(
        **shared,
        # A charge was made only where the id could be read.
        charge=Charge.from_domain(made, asked.contact(), shared["contact"]) if made else None,
        outcome=word(WriteOutcome, result.outcome),
    )


def _values(source: ContactChargeFields) -> dict[str, Value]:
    """Return the values that are given; a period is one value."""
    values = {path: each for path, each in present(source).items() if not path.startswith("period.")}
    period: PeriodFields | None = said(source, "period")
    return {**values, "period": Period(period.start, period.end)} if period else values
