"""Records as contacts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backends.acumulus import mapping, protocol, wire
from gateway.backends.acumulus.fields import DETAIL_ONLY, LISTED, MAPPED
from gateway.backends.acumulus.protocol import failures
from gateway.domain.administration import Choice, ChoiceKind
from gateway.domain.contact import (
    BankAccount,
    Contact,
    ContactKind,
    ContactRole,
    ContactStatus,
    Phone,
    PhoneKind,
    PostalAddress,
    with_listed,
)
from gateway.domain.mandate import SepaMandate, SepaSequence
from gateway.ports import Answer

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"
ORIGIN = failures.Origin("wholesale", datetime(2025, 3, 1, tzinfo=UTC))


def listed(name: str = "list_response.xml") -> list[dict[str, str | None]]:
    body = (SAMPLES / name).read_bytes()
    return [dict(nodes) for nodes in protocol.rows(Answer(200, {}, body), ORIGIN, wire.CONTACTS)]


def detailed(name: str = "get_response_assumed_full.xml") -> dict[str, str | None]:
    nodes = protocol.details(Answer(200, {}, (SAMPLES / name).read_bytes()), ORIGIN, "1234001")
    return dict(nodes or {})


def row(**nodes: str | None) -> Contact:
    return mapping.contact_from_row({"contactid": "1"} | nodes, "wholesale")


def details(**nodes: str | None) -> Contact:
    return mapping.contact_from_details({"contactid": "1"} | nodes, "wholesale")


def test_a_row_is_thin():
    """A list row is told as incomplete, and everything behind its details as unknown."""
    contact = mapping.contact_from_row(listed()[0], "wholesale")

    assert not contact.complete
    assert (contact.persons, contact.notes, contact.phones, contact.version) == (None, None, None, None)
    assert contact.unknown == DETAIL_ONLY
    assert not contact.unknown & LISTED
    assert contact.key.administration == "wholesale"
    assert contact.display_name == contact.company_name == "Voorbeeld & Zonen B.V."
    assert (contact.kind, contact.full_name) == (ContactKind.COMPANY, None)
    assert contact.roles == (ContactRole.CUSTOMER, ContactRole.SUPPLIER)
    assert contact.emails == ("inkoop@example.com", "admin@example.com")
    assert contact.address == PostalAddress(line1="Voorbeeldstraat 1", city="Amsterdam", country_code="NL")
    assert (contact.invoicing.vat_treatment, contact.invoicing.template_id) == ("1", "50001")


def test_a_nearly_empty_row():
    """Empty nodes are no values, and the disabled contact is an archived one."""
    contact = mapping.contact_from_row(listed()[1], "wholesale")

    assert (contact.status, contact.kind) == (ContactStatus.ARCHIVED, ContactKind.PERSON)
    assert (contact.full_name, contact.customer_number, contact.address) == ("Testbank N.V.", None, None)
    assert contact.booking.cost_heading_id == "19"


def test_an_older_row_names_what_it_lacks():
    """Where the older list holds no VAT category, kind is unknown instead of guessed."""
    contact = mapping.contact_from_row(listed("list_response_2017.xml")[0], "wholesale")

    assert contact.kind is ContactKind.UNKNOWN
    assert contact.unknown - DETAIL_ONLY == {"kind", "fullName", "invoicing.vatCategory"}
    assert contact.status is ContactStatus.ACTIVE


def test_details_are_complete():
    """Everything that the answer holds is told; what it lacks is unknown, not empty."""
    contact = mapping.contact_from_details(detailed(), "wholesale")

    assert contact.complete
    assert contact.unknown == {
        "phones.second",
        "invoicing.vatTreatment",
        "booking.privateUseRate",
        "booking.entryDescription",
    }
    assert contact.phones == (Phone("020-0000001", PhoneKind.MAIN),)
    assert [(person.key, person.full_name) for person in contact.persons or ()] == [
        ("contact", "J. de Tester")
    ]
    assert (contact.about, contact.notes) == (None, ())
    assert contact.invoicing.notes == "regel 1\nregel 2"
    assert contact.sepa_mandate == SepaMandate(
        active=True,
        reference="MANDAAT-1",
        signed_on=date(2024, 1, 31),
        sequence=SepaSequence.RCUR,
        iban="NL91ABNA0417164300",
        bic="ABNANL2A",
    )
    assert contact.bank_account == BankAccount("NL91ABNA0417164300", "ABNANL2A")
    assert contact.booking.cost_heading_id is None
    assert contact.unreadable == ()


def test_documented_details_leave_much_unknown():
    """With the documented nodes alone, notes and mandate are unknown, and persons are not."""
    contact = mapping.contact_from_details(detailed("get_response_documented_head.xml"), "wholesale")

    assert {"notes", "about", "mandate.sepa", "sepaMandate", "vatNumber", "status"} <= contact.unknown
    assert contact.notes is None
    assert contact.persons is not None
    assert contact.status is ContactStatus.UNKNOWN
    assert "phones" not in contact.unknown


def test_the_list_fills_what_the_details_do_not_tell():
    """VAT treatment and status come from the row of the same contact."""
    head = mapping.contact_from_details(detailed("get_response_documented_head.xml"), "wholesale")

    whole = with_listed(head, mapping.contact_from_row(listed()[0], "wholesale"))

    assert whole.status is ContactStatus.ACTIVE
    assert (whole.invoicing.vat_treatment, whole.invoicing.template_id) == ("1", "50001")
    assert not whole.unknown & {"status", "invoicing.vatTreatment", "booking.costHeadingId"}
    assert "notes" in whole.unknown


def test_the_name_of_the_vat_category_is_no_treatment():
    """A contactvattype of the details is never read, and a text in the list is none."""
    assert details(contactvattype="3").invoicing.vat_treatment is None
    assert "invoicing.vatTreatment" in details(contactvattype="3").unknown
    thin = row(contactvattype="Business VAT taxable")
    assert thin.invoicing.vat_treatment is None
    assert "invoicing.vatTreatment" in thin.unknown
    assert "invoicing.vatTreatment" not in row(contactvattype="").unknown


def test_names_of_2014():
    """Older names are read where the newer ones are absent."""
    stored = json.loads((SAMPLES / "json_get_response_2014.json").read_text())["contact"]
    nodes = {name: value if isinstance(value, str) else "" for name, value in stored.items()}

    contact = mapping.contact_from_details(nodes | {"contactnotes": "a"}, "wholesale")

    assert len(contact.roles) == 2
    assert (contact.invoicing.vat_rate, contact.invoicing.template_id) == ("21", None)
    assert contact.invoicing.notes == "a"
    assert contact.address is not None
    assert contact.address.country_name is None
    assert not contact.unknown & {"invoicing.vatRate", "invoicing.notes", "address.country.name", "roles"}


@pytest.mark.parametrize(
    ("nodes", "name"),
    [
        ({"contactname1": "A", "contactname": "B"}, "A"),
        ({"contactname1": " ", "contactname": "B"}, "B"),
        ({"contactperson": "C", "contactyourid": "D"}, "C"),
        ({"contactyourid": "D"}, "D"),
        ({}, "1"),
    ],
    ids=["name 1", "display name", "person", "customer number", "id"],
)
def test_a_contact_always_has_a_name(nodes: dict[str, str], name: str):
    """The display name is never empty."""
    assert row(**nodes).display_name == name


@pytest.mark.parametrize(
    ("nodes", "unreadable"),
    [
        ({"contactvatratebase": "high"}, ("invoicing.vatRate",)),
        ({"contactsepamandatedate": "soon"}, ("mandate.sepa.signedOn",)),
        ({"contactprivaterate": "NaN"}, ("booking.privateUseRate",)),
        ({"contactcountrycode": "Holland"}, ("address.country.code",)),
        ({"contactiban": None}, ("bankAccount.number", "mandate.sepa.iban")),
    ],
    ids=["rate", "date", "number", "country", "elements"],
)
def test_what_makes_no_sense_costs_its_field_only(nodes: dict[str, str | None], unreadable: tuple[str, ...]):
    """The contact stands, and says which of its fields could not be read."""
    contact = details(contactname1="A", **nodes)

    assert contact.company_name == "A"
    assert contact.unreadable == unreadable


@pytest.mark.parametrize(
    ("nodes", "path", "word"),
    [
        ({"contactstatus": "9"}, "status", ContactStatus.UNKNOWN),
        ({"contactvattypeid": "9"}, "kind", ContactKind.UNKNOWN),
        ({"contacttype": "9"}, "roles", ()),
        ({"contactsepamandatenr": "M", "contactsepaincassostatus": "X"}, "mandate.sepa.sequence", "UNKNOWN"),
    ],
    ids=["status", "kind", "roles", "sequence"],
)
def test_unknown_words_never_cost_a_contact(nodes: dict[str, str], path: str, word: object):
    """A word that nobody knew yet is UNKNOWN, and still told."""
    contact = details(**nodes)
    mandate = contact.sepa_mandate

    told = {
        "status": contact.status,
        "kind": contact.kind,
        "roles": contact.roles,
        "mandate.sepa.sequence": mandate and mandate.sequence,
    }
    assert told[path] == word
    assert path not in contact.unknown


def test_an_empty_status_is_none():
    """There is no contact without a status, so an empty node leaves it unknown."""
    assert "status" in details(contactstatus="").unknown
    assert "status" in row(contactstatus=" ").unknown
    assert "status" not in row(contactstatus="1").unknown


def test_a_mandate_needs_a_number_or_a_date():
    """A sequence alone is Acumulus' own default; without a number the mandate is not active."""
    assert details(contactsepaincassostatus="FRST", contactiban="X").sepa_mandate is None
    assert details(contactsepamandatenr="", contactsepamandatedate="0000-00-00").sepa_mandate is None
    dated = details(contactsepamandatedate="2024-01-31").sepa_mandate
    assert dated is not None
    assert not dated.active


def test_about_is_one_note():
    """The text is both a field and a note without an id of its own."""
    contact = details(contactabout=r"eerste\ntweede")

    assert contact.about == "eerste\ntweede"
    assert [(note.key, note.text, note.remote_id) for note in contact.notes or ()] == [
        ("about", "eerste\ntweede", None)
    ]


@pytest.mark.parametrize(
    ("stored", "read"),
    [("21.00", "21"), ("100", "100"), ("-1", "-1"), ("0.00", "0"), ("-0", "0"), ("5.50", "5.5"), ("", None)],
)
def test_vat_rates_are_written_in_one_way(stored: str, read: str | None):
    """A rate has no exponent and no zeros at its end."""
    assert details(contactvatratebase=stored).invoicing.vat_rate == read


def test_the_version_is_of_the_record():
    """The order of nodes does not matter for a version, every text in it does."""
    nodes = detailed()
    turned = dict(reversed(nodes.items()))

    first, second, third = (
        mapping.contact_from_details(given, "wholesale").version
        for given in (nodes, turned, nodes | {"unheardof": "x"})
    )

    assert first == second != third
    assert len(first or "") == 32


def test_raw_is_the_record_as_given():
    """The raw record holds unknown nodes too, and stays what it was."""
    nodes = detailed() | {"unheardof": "\ufffd"}

    assert json.loads(mapping.contact_from_details(nodes, "wholesale").raw or b"") == nodes


def test_a_scan_reads_only_what_changed():
    """Rows in the state that is known are counted in `versions` only."""
    rows = listed()
    first = mapping.scan(rows, {}, "wholesale")
    rows[1]["contactcity"] = "Delft"

    second = mapping.scan(rows, first.versions, "wholesale")

    assert list(first.versions) == list(second.versions) == ["1234001", "1234002"]
    assert len(first.contacts) == 2
    assert [contact.key.remote for contact in second.contacts] == ["1234002"]


def test_a_scan_counts_what_it_leaves_out():
    """Rows without an id are left out; of two with the same id the last counts."""
    rows = [
        {"contactid": "1", "contactname1": "old"},
        {"contactid": "2"},
        {"contactname1": "nobody"},
        {"contactid": "x"},
        {"contactid": None},
        {"contactid": " 1 ", "contactname1": "new"},
    ]

    scan = mapping.scan(rows, {}, "wholesale")

    assert scan.left_out == 3
    assert {contact.key.remote: contact.company_name for contact in scan.contacts} == {"1": "new", "2": None}


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        (
            "picklist_accounts_response.xml",
            ChoiceKind.BANK_ACCOUNT,
            (Choice("70001", "Zakelijk"), Choice("70002", "Kas")),
        ),
        ("picklist_costcenters_response.xml", ChoiceKind.COST_CENTER, (Choice("40001", "Algemeen"),)),
        (
            "picklist_costheadings_response.xml",
            ChoiceKind.COST_HEADING,
            (Choice("19", "Bankkosten"), Choice("10", "Relatiegeschenken")),
        ),
        (
            "picklist_vattypes_response.xml",
            ChoiceKind.VAT_TREATMENT,
            (Choice("1", "Regular invoice"), Choice("7", "Foreign Other VAT")),
        ),
    ],
    ids=["accounts", "cost centers", "cost headings", "vat types"],
)
def test_documented_picklists(name: str, kind: ChoiceKind, expected: tuple[Choice, ...]):
    """Each list comes back as values with names, in its own order."""
    picklist = mapping.PICKLISTS[kind]
    answer = Answer(200, {}, (SAMPLES / name).read_bytes())

    assert mapping.choices(protocol.rows(answer, ORIGIN, picklist.listing), picklist) == expected


def test_choices_without_value_or_name():
    """An entry without a value is no choice, and one without a name is called by its value."""
    rows = [
        {"accountid": "", "accountdescription": "x"},
        {"accountid": "1"},
        {"accountid": "2", "accountnumber": "N"},
    ]

    assert mapping.choices(rows, wire.ACCOUNTS) == (Choice("1", "1"), Choice("2", "N"))


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(sorted(MAPPED)), st.text(max_size=8)),
        st.one_of(st.none(), st.text(max_size=30), st.sampled_from(["0", "1", "NaN", "0000-00-00", "\\n"])),
        max_size=20,
    )
)
def test_mapping_is_total(nodes: dict[str, str | None]):
    """No record makes the mapping raise, and what it gives can be encoded."""
    for contact in (mapping.contact_from_row(nodes, "a"), mapping.contact_from_details(nodes, "a")):
        assert contact.unreadable == tuple(sorted(set(contact.unreadable)))
        assert json.loads(contact.raw or b"") == nodes
    assert mapping.scan([nodes], {}, "a").left_out in (0, 1)
