"""Faults are values: told apart, and told once."""

from datetime import UTC, datetime

from gateway.domain.contact import Contact, ContactEvent, ContactKey
from gateway.domain.faults import Fault, FaultCode
from gateway.domain.note import Note

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

HOLDER = Contact(
    ContactKey("shop", "7"),
    "Seven",
    notes=(Note("n1", "Call", data={"colour": "red"}),),
    events=(ContactEvent("contact_created", NOON, data=b'{"by":{"name":"import"}}'),),
)
"""A contact with values that its system made up, which cannot be hashed."""


def test_a_fault_that_is_found_twice_can_be_told_once():
    """Equal faults fall together, whatever the contacts that they name hold."""
    taken = Fault(FaultCode.TAKEN, "This is taken.", "customerNumber", related=(HOLDER,))
    again = Fault(FaultCode.TAKEN, "This is taken.", "customerNumber", related=(HOLDER,))
    assert list(dict.fromkeys((taken, again))) == [taken]


def test_faults_that_name_different_contacts_differ():
    """Who holds a value is part of what is told."""
    one = Fault(FaultCode.TAKEN, "This is taken.", "customerNumber", related=(HOLDER,))
    assert len(dict.fromkeys((one, Fault(one.code, one.message, one.path)))) == 2
