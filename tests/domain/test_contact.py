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


def test_details_that_were_read_before_keep_what_the_row_told():
    """A row that was filled up with earlier details still tells what the new details do not."""
    thin = replace(DETAILS, unknown=frozenset({"status", "invoicing.vatTreatment"}))
    before = with_listed(thin, ROW)
    filled = with_listed(replace(thin, company_name="New B.V."), before)
    assert before.complete
    assert filled == replace(before, company_name="New B.V.")


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(DETAILS, id="nothing-unknown"),
        pytest.param(
            replace(DETAILS, unknown=frozenset({"invoicing.attention"})), id="the-row-does-not-tell"
        ),
        pytest.param(replace(DETAILS, unknown=frozenset({"companyName"})), id="told-by-details-alone"),
    ],
)
def test_nothing_to_fill_leaves_the_details_as_they_are(details):
    """Details for which the row has nothing are returned themselves."""
    assert with_listed(details, ROW) is details
