"""The administration's facts, and the lists that fields choose from."""

from pathlib import Path

import msgspec
import pytest

from gateway.backends.moneybird.mapping import lists
from gateway.domain.administration import AdministrationFacts, Choice

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"


def rows(name):
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes(), type=list[msgspec.Raw])


@pytest.mark.parametrize("remote_id", ["123", "178732006888903010"], ids=["number", "text"])
def test_own_administration_is_found(remote_id):
    """Ids are compared as text, in whichever spelling they come."""
    own = lists.own_administration(rows("administrations"), remote_id)

    assert lists.facts_from_row(own) == AdministrationFacts("EUR", "NL", "Europe/Amsterdam")


def test_foreign_administration_tells_nothing():
    """An id that is not listed has no facts."""
    own = lists.own_administration(rows("administrations"), "999")

    assert own is None
    assert lists.facts_from_row(own) == AdministrationFacts()


def test_workflows_are_parted_by_kind():
    """Each kind has its own list, with its default."""
    invoice = lists.invoice_workflows_of(rows("workflows"))
    estimate = lists.estimate_workflows_of(rows("workflows"))

    assert Choice("496081348101932181", "Standaard", is_default=True) in estimate
    assert invoice
    assert not {one.value for one in invoice} & {one.value for one in estimate}


def test_only_contacts_custom_fields_are_listed():
    """Fields of invoices are no choice for a contact."""
    extra = [msgspec.Raw(b'{"id":5,"name":"Colour","source":"contact"}')]

    assert lists.custom_fields_of_contacts(rows("custom_fields") + extra) == (Choice("5", "Colour"),)


def test_users_are_listed_by_name():
    """A user is chosen by id; what is no record is passed over."""
    found = lists.users_of([*rows("users"), msgspec.Raw(b"7"), msgspec.Raw(b'{"name":"no id"}')])

    assert found[0] == Choice("496081346752414822", "Mo Neybird")
    assert len(found) == 2


def test_default_identity_comes_first():
    """The list leaves the default identity out, so it is put before the others."""
    default = (SAMPLES / "identity_default.json").read_bytes()

    found = lists.identities_of(default, rows("identities"))

    assert [(one.value, one.is_default) for one in found] == [
        ("496081347126756459", True),
        ("496081575452084079", False),
    ]
    assert lists.identities_of(default, [msgspec.Raw(default)]) == found[:1]
    assert [one.is_default for one in lists.identities_of(None, rows("identities"))] == [False]


def test_peppol_schemes_are_the_documented_ones():
    """Seventy-nine codes of four digits, each once."""
    values = [one.value for one in lists.peppol_schemes()]

    assert len(values) == len(set(values)) == 79
    assert "0190" in values
