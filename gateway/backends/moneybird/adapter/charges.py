"""Additional charges at Moneybird, of one contact at a time. Source: Moneybird API v2, additional charges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.adapter.desk import Desk, check, is_id
from gateway.backends.moneybird.adapter.parts import has, replaced
from gateway.backends.moneybird.mapping import payments
from gateway.backends.moneybird.mapping.attributes import (
    CHARGE_KEYS,
    part_attributes,
    part_differences,
    paths_by_key,
)
from gateway.backends.moneybird.protocol import requests
from gateway.backends.moneybird.wire import NAME
from gateway.domain.changes import CHARGE_INPUTS, FieldChange, Value
from gateway.domain.charge import Charge, Period
from gateway.domain.contact import Contact
from gateway.domain.faults import Notice, NoticeCode, Outcome
from gateway.ports import Call, Plan, Trace, Written
from gateway.telemetry import log


@dataclass(frozen=True, slots=True)
class MoneybirdCharges:
    """Additional charges; they can be read and made."""

    desk: Desk

    async def of_contact(self, key: str, *, include_billed: bool) -> tuple[Charge, ...]:
        """Return the charges; one whose price cannot be read is left out, and the log counts it."""
        if not is_id(key):
            return ()
        call = protocol.list_charges(self.desk.book, key, include_billed=include_billed)
        found = await _read(self.desk, call)
        return tuple(charge for charge in found if include_billed or not charge.billed)

    async def create(self, contact: str, values: Mapping[str, Value]) -> Plan:
        """Plan a new charge; Moneybird keeps whole months of its period."""
        holder = await self.desk.known_contact(contact)
        writing = _Writing(self.desk, holder, values)
        return writing.plan(tuple(each.remote_id for each in await writing.all()))


@dataclass(frozen=True, slots=True)
class _Writing:
    """A charge that is to be made."""

    desk: Desk
    contact: Contact
    values: Mapping[str, Value]

    def plan(self, known: tuple[str, ...]) -> Plan:
        return Plan(
            send=self.send,
            look=self.look,
            before=self.contact,
            version=self.contact.version,
            changes=self._changes(),
            requests=(requests.shown(self._call()),),
            known=known,
            check=check,
        )

    async def send(self) -> Written:
        made = await self.desk.write(self._call(), self._charge, paths_by_key(CHARGE_KEYS))
        return self._written(made)

    async def look(self, trace: Trace) -> Written | None:
        """List the charges: the one new charge that fits."""
        found = [
            charge
            for charge in await self.all()
            if charge.remote_id not in trace.known and has(_values(charge), self._kept(), CHARGE_INPUTS)
        ]
        return self._written(found[0]) if len(found) == 1 else None

    async def all(self) -> tuple[Charge, ...]:
        call = protocol.list_charges(self.desk.book, self.contact.key.remote, include_billed=True)
        return await _read(self.desk, requests.alone(call), strict=True)

    def _written(self, charge: Charge) -> Written:
        rounded = self.values.get("period") not in (None, charge.period)
        return Written(
            Outcome.CREATED,
            self.contact,
            charge.remote_id,
            charge=charge,
            notices=(
                *replaced(_values(charge), self._kept(), CHARGE_INPUTS),
                *((ROUNDED,) if rounded else ()),
            ),
        )

    def _kept(self) -> Mapping[str, Value]:
        """Return what was asked, the period in whole months as Moneybird keeps it."""
        given = {path: value for path, value in self.values.items() if value is not None}
        period = given.get("period")
        return given | {"period": payments.whole_months(period)} if isinstance(period, Period) else given

    def _changes(self) -> tuple[FieldChange, ...]:
        return part_differences({}, self.values, CHARGE_INPUTS)

    def _call(self) -> Call:
        attributes = part_attributes(self._changes(), CHARGE_KEYS, CHARGE_INPUTS)
        return requests.create_charge(self.desk.book, self.contact.key.remote, attributes)

    def _charge(self, body: bytes) -> Charge:
        (found, _) = payments.charges_from_rows([msgspec.Raw(body)])
        if not found:
            raise self.desk.unreadable()
        return found[0]


ROUNDED = Notice(NoticeCode.PERIOD_ROUNDED, "Moneybird keeps whole months of a period.", "period")


async def _read(desk: Desk, call: Call, *, strict: bool = False) -> tuple[Charge, ...]:
    """Read a list of charges; `strict`: only Moneybird itself can say that there is no such contact."""
    slug = desk.home.administration
    found = await desk.ask_for_one(
        call,
        lambda body: payments.charges_from_rows(protocol.rows_of(body, administration=slug)),
        protocol.is_missing if strict else protocol.says_none,
    )
    charges, left_out = found or ((), 0)
    if left_out:
        log().warning("charges_left_out", system=NAME, administration=slug, count=left_out)
    return charges


def _values(charge: Charge) -> Mapping[str, Value]:
    return {
        "productId": charge.product_id,
        "quantity": charge.quantity,
        "price": charge.price,
        "period": charge.period,
        "description": charge.description,
    }
