"""Details and list row of one contact, put together."""

from dataclasses import replace

import pytest

from gateway.domain.contact import (
    BookingDefaults,
    Contact,
    ContactKey,
    ContactRole,
    ContactStatus,
    Invoicing,
    with_listed,
)

KEY = ContactKey("wholesale", "9")
ROW = Contact(
    KEY,
    "Row B.V.",
    complete=False,
    status=ContactStatus.ARCHIVED,
    roles=(ContactRole.SUPPLIER,),
    invoicing=Invoicing(vat_rate="21", vat_treatment="3", template_id="5"),
    booking=BookingDefaults(cost_heading_id="7"),
    unknown=frozenset({"emails", "invoicing.attention"}),
)
DETAILS = Contact(
    KEY,
    "Details B.V.",
    status=ContactStatus.ACTIVE,
    roles=(ContactRole.CUSTOMER,),
    emails=("a@example.com",),
    invoicing=Invoicing(vat_rate="9", template_id="6"),
)


def test_what_the_details_do_not_tell_comes_from_the_row():
    """Status, roles and single fields of a group are filled, and are unknown no more."""
    thin = replace(
        DETAILS, unknown=frozenset({"status", "roles", "invoicing.vatTreatment", "booking.costHeadingId"})
    )
    filled = with_listed(thin, ROW)
    assert (filled.status, filled.roles) == (ContactStatus.ARCHIVED, (ContactRole.SUPPLIER,))
    assert filled.invoicing == Invoicing(vat_rate="9", vat_treatment="3", template_id="6")
    assert filled.booking == BookingDefaults(cost_heading_id="7")
    assert filled.unknown == frozenset()


def test_what_the_details_tell_wins():
    """Nothing known is overwritten, however different the row is."""
    filled = with_listed(replace(DETAILS, unknown=frozenset({"roles"})), ROW)
    assert filled == replace(DETAILS, roles=ROW.roles)


def test_what_neither_tells_stays_unknown():
    """A path that the row does not know either is left as it was."""
    thin = replace(DETAILS, unknown=frozenset({"emails", "invoicing.attention", "status"}))
    assert with_listed(thin, ROW).unknown == {"emails", "invoicing.attention"}


@pytest.mark.parametrize(
    ("details", "row"),
    [
        pytest.param(DETAILS, ROW, id="nothing-unknown"),
        pytest.param(
            replace(DETAILS, unknown=frozenset({"status"})), replace(ROW, complete=True), id="row-is-no-row"
        ),
    ],
)
def test_nothing_to_fill_leaves_the_details_as_they_are(details, row):
    """Details that tell all are returned themselves, and so are those beside another full record."""
    assert with_listed(details, row) is details
