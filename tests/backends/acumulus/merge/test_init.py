"""The rule of presence, node by node."""

from __future__ import annotations

import pytest

from gateway.backends.acumulus.merge import Merged, merge, present
from gateway.backends.acumulus.merge.nodes import NODES, Omitted
from gateway.domain.faults import FaultCode, NoticeCode
from tests.backends.acumulus.written import SENT, STORED

RESET = [node for node in NODES if node.omitted is Omitted.RESET]
OTHERS = [node for node in RESET if node.name != "contacttelephone"]
KEPT = [node for node in NODES if node.omitted is not Omitted.RESET]

ROW = {"contactid": "1", "contactstatus": "1", "contacttypeid": "3", "contactvattype": "1"}
DETAILS = {**STORED, "contactid": "1", "contactvattype": "Business VAT taxable"}


def without(*names: str) -> dict[str, str]:
    return {name: text for name, text in DETAILS.items() if name not in names}


def merged(wanted=None, *accept: str, row=ROW, **nodes) -> Merged:
    """Merge a change into the contact with other texts in some nodes."""
    return merge({**DETAILS, **nodes}, row, wanted or {"contacttelephone": "1"}, frozenset(accept))


def paths(found: Merged) -> list[str]:
    return [fault.path for fault in found.refused]


def test_what_was_read_is_sent_as_it_is():
    """Every node that would be cleared is sent, blanks and signs and all, and no other."""
    found = merged()

    assert found.refused == found.notices == ()
    assert list(found.nodes) == [node.name for node in RESET]
    kept = {**STORED, "contacttelephone": "1"}
    kept |= {"contactinvoicenotes": "regel 1\\nregel 2", "contactabout": "kolom 1\\tkolom 2"}
    assert found.nodes == {node.name: kept[node.name] for node in RESET}
    assert found.moves == {"contacttelephone"}


@pytest.mark.parametrize("name", [node.name for node in OTHERS])
def test_what_was_not_read_is_refused(name: str):
    """One fault for the field, which names the node; its neighbours are none of its business."""
    elsewhere = {"contacttype": "contacttypeid"}.get(name, name)
    row = {node: text for node, text in ROW.items() if node != elsewhere}

    found = merge(without(name), row, {"contacttelephone": "1"})

    path = next(node.path for node in RESET if node.name == name)
    assert [(fault.code, fault.path) for fault in found.refused] == [(FaultCode.WOULD_CLEAR_FIELDS, path)]
    assert f"({name})" in found.refused[0].message


@pytest.mark.parametrize("name", [node.name for node in RESET])
def test_what_the_caller_sets_need_not_be_read(name: str):
    """Setting a field, also to nothing, is an answer to what becomes of it."""
    row = {"contactvattype": "1"} if name != "contactvattype" else {}
    found = merge(without(name), row, {name: "", "contactmark": "x"})

    assert found.refused == ()
    assert found.nodes[name] == ("x" if name == "contactmark" else "")


@pytest.mark.parametrize("node", OTHERS, ids=[node.name for node in OTHERS])
def test_what_the_caller_accepts_may_be_lost(node):
    """An accepted field is sent as its default, or as nothing, and a notice says so."""
    elsewhere = {"contacttype": "contacttypeid"}.get(node.name, node.name)
    row = {name: text for name, text in ROW.items() if name != elsewhere}

    found = merge(without(node.name), row, {"contacttelephone": "1"}, frozenset({node.path}))

    assert found.refused == ()
    assert found.nodes[node.name] == (node.default or "")
    code = NoticeCode.DEFAULT_SET if node.default else NoticeCode.VALUE_REPLACED
    assert [(notice.code, notice.path) for notice in found.notices] == [(code, node.path)]


@pytest.mark.parametrize("path", ["bankAccount.number", "bankAccount.iban", "sepaMandate.iban"])
def test_any_field_of_a_node_accepts_for_it(path: str):
    """The number of an account stands at three paths, and each of them will do."""
    assert merge(without("contactiban"), ROW, {"contacttelephone": "1"}, frozenset({path})).refused == ()


@pytest.mark.parametrize(
    "name", ["contactsalutation", "contactcountrycode", "contactvattypeid", "contactsepaincassostatus"]
)
@pytest.mark.parametrize("text", ["", "  "])
def test_what_would_not_stay_empty_is_refused(name: str, text: str):
    """An empty node that a default takes the place of cannot be written back."""
    path = next(node.path for node in RESET if node.name == name)

    assert paths(merged(**{name: text})) == [path]
    assert merged(None, path, **{name: text}).refused == ()


def test_an_empty_status_is_no_status():
    """Where the details leave the status empty the list tells it, and where neither does nobody knows."""
    assert merged(contactstatus="").nodes["contactstatus"] == "1"
    assert merged(contactstatus="", row={**ROW, "contactstatus": "0"}).nodes["contactstatus"] == "0"
    assert paths(merged(contactstatus="", row={"contactvattype": "1"})) == ["status"]
    assert paths(merged(contactstatus=None)) == ["status"]


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        pytest.param("contacttype", "4", "roles", id="type"),
        pytest.param("contactvattypeid", "business", "invoicing.vatCategory", id="category"),
        pytest.param("contactcountrycode", "EL", "address.countryCode", id="no code"),
        pytest.param("contactcountrycode", "XK", "address.countryCode", id="no code of the standard"),
        pytest.param("contactsepaincassostatus", "NEXT", "sepaMandate.sequence", id="sequence"),
        pytest.param("contactsepamandatedate", "31-01-2024", "sepaMandate.signedOn", id="date"),
        pytest.param("contactsepamandatedate", "2024-02-30", "sepaMandate.signedOn", id="no such day"),
        pytest.param("contactvatratebase", "17", "invoicing.vatRate", id="rate"),
        pytest.param("contactname1", "Caf\ufffd", "companyName", id="lost letter"),
        pytest.param("contactname1", None, "companyName", id="elements"),
        pytest.param("contactname1", "A\nB", "companyName", id="line break"),
        pytest.param("contactname1", "A\tB", "companyName", id="tab"),
        pytest.param("contactabout", "a\\nb", "about", id="two characters for a break"),
        pytest.param("contactabout", "C:\\temp", "about", id="two characters for a tab"),
        pytest.param("contactabout", "a\nC:\\new", "about", id="both sorts"),
        pytest.param("contactinvoicenotes", "a\\nb", "invoicing.notes", id="two characters in the notes"),
    ],
)
def test_what_may_not_survive_is_refused(name: str, text: str | None, path: str):
    """A text that was read but may come out otherwise is not written back by guess."""
    row = {key: value for key, value in ROW.items() if key != "contacttypeid"}

    assert paths(merged(row=row, **{name: text})) == [path]
    assert merged(None, path, row=row, **{name: text}).refused == ()
    assert merged({name: "1"}, row=row, **{name: text}).refused == ()


@pytest.mark.parametrize(
    ("name", "text", "sent"),
    [
        pytest.param("contactvatratebase", "21.00", "21", id="rate"),
        pytest.param("contactvatratebase", "-1.0", "-1", id="negative rate"),
        pytest.param("contactcountrycode", "be", "BE", id="country"),
        pytest.param("contactsepamandatedate", "2024-01-31 00:00:00", "2024-01-31", id="day"),
        pytest.param("contactsepamandatedate", "0000-00-00", "", id="no day"),
        pytest.param("contactabout", "a\r\nb\rc\td", "a\\nb\\nc\\td", id="breaks"),
        pytest.param("contactabout", "C:\\Program", "C:\\Program", id="backslash"),
        pytest.param("contactname1", " A ", " A ", id="blanks"),
        pytest.param("contactfax", "", "", id="nothing"),
        pytest.param("contactiban", "NL91 ABNA 0417 1643 00", "NL91 ABNA 0417 1643 00", id="own spelling"),
    ],
)
def test_what_is_sent_of_what_was_read(name: str, text: str, sent: str):
    """Values keep their spelling, but for the documented one of numbers, codes, days and breaks."""
    found = merged(**{name: text})

    assert (found.refused, found.nodes[name]) == ((), sent)


def test_an_accepted_text_is_sent_as_it_was_read():
    """A doubtful text is not thrown away: it may well arrive."""
    assert merged(None, "about", contactabout="a\\nb").nodes["contactabout"] == "a\\nb"
    assert merged(None, "companyName", contactname1="Caf\ufffd").nodes["contactname1"] == "Caf\ufffd"
    assert merged(None, "invoicing.vatRate", contactvatratebase="17").nodes["contactvatratebase"] == "21"


@pytest.mark.parametrize(
    "row",
    [None, {}, {"contactvattype": "Business VAT taxable"}, {"contactvattype": ""}, {"contactvattype": "8"}],
    ids=["no row", "older row", "name", "empty", "unknown number"],
)
def test_the_vat_treatment_counts_as_a_number_of_the_list_only(row):
    """The details' node of that name is something else, and so may be the list's."""
    assert "invoicing.vatTreatment" in paths(merged(row=row, contactvattype="1"))


@pytest.mark.parametrize("name", ["contactvatstandard", "contactnotes", "contacttemplateid"])
def test_names_of_2014_prove_nothing(name: str):
    """What looks like a node of a write under another name is not taken for it."""
    now = {"contactvatstandard": "contactvatratebase", "contactnotes": "contactinvoicenotes"}.get(name)
    found = merge({**without(now or ""), name: "21"}, ROW, {"contacttelephone": "1"})

    assert paths(found) == [node.path for node in RESET if node.name == now]


def test_other_names_of_the_type_are_the_type():
    """Details of 2014 and every list row call it contacttypeid."""
    details = without("contacttype")

    assert merge({**details, "contacttypeid": "2"}, {"contactvattype": "1"}, {}).nodes["contacttype"] == "2"
    assert merge(details, {**ROW, "contacttypeid": "1"}, {}).nodes["contacttype"] == "1"


@pytest.mark.parametrize(
    ("name", "path"), [("contactstatus", "status"), ("contacttypeid", "roles")], ids=["status", "type"]
)
def test_answers_that_contradict_each_other_prove_nothing(name: str, path: str):
    """Where details and list say two things the contact moved meanwhile, or one is something else."""
    assert paths(merged(row={**ROW, name: "2" if name == "contacttypeid" else "0"})) == [path]


@pytest.mark.parametrize("node", KEPT, ids=[node.name for node in KEPT])
def test_what_survives_is_sent_only_when_it_changes(node):
    """A node that stays when it is left out is left out, unless it is set to something else."""
    clear = "0" if node.omitted is Omitted.KEPT_UNLESS_ZERO else ""

    assert node.name not in merged().nodes
    assert node.name not in merged({node.name: STORED[node.name]}).nodes
    assert merged({node.name: "70009"}).nodes[node.name] == "70009"
    assert merged({node.name: clear}).nodes[node.name] == clear
    assert merge(without(node.name), ROW, {node.name: clear}).moves == {node.name}


def test_setting_what_is_stored_moves_nothing():
    """A caller who repeats every value changes none, whatever the spelling."""
    wanted = {name: text for name, text in STORED.items() if "\n" not in text and "\t" not in text}

    assert merged(wanted, contactvatratebase="21.00", contactiban="nl91 abna 0417 1643 00").moves == set()
    assert merged({"contactabout": SENT["contactabout"]}).moves == set()


def test_what_was_not_read_moves():
    """Clearing what nobody knows to be empty is a change."""
    assert merge(without("contactabout"), ROW, {"contactabout": ""}).moves == {"contactabout"}
    assert merged({"contactsepamandatedate": ""}, contactsepamandatedate="31-01-2024").moves == {
        "contactsepamandatedate"
    }


def test_what_is_present_is_named_as_it_is_written():
    """An answer's other nodes and its other names are left behind."""
    found = present({"contactid": "1", "contacttypeid": "2", "contactvattype": "x"}, {"contactvattype": "3"})

    assert found == {"contacttype": "2", "contactvattype": "3"}
    assert present({}, {"contactvattype": "Business VAT taxable"}) == {}
