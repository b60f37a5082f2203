"""The table of nodes, and when two texts are one."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.merge import nodes
from gateway.backends.acumulus.merge.nodes import BY_NAME, BY_PATH, NODES, Omitted
from gateway.domain.changes import CONTACT_INPUTS, STATUS
from tests.backends.acumulus.written import SENT


def test_the_table_holds_the_documented_nodes_in_their_order():
    """All 46 data nodes of the documented request stand in it, each once."""
    flags = {"contactid", "overwriteifexists", "contactproc", "contactlocationcode"}

    assert [node.name for node in NODES] == list(SENT)
    assert {node.name for node in NODES} == set(wire.MANAGED) - flags


def test_the_classes_have_the_documented_sizes():
    """Four nodes are cleared by 0, thirteen by an empty node, and 29 by leaving them out."""
    assert Counter(node.omitted for node in NODES) == {
        Omitted.KEPT_UNLESS_ZERO: 4,
        Omitted.KEPT_UNLESS_EMPTY: 13,
        Omitted.RESET: 29,
    }


def test_every_node_has_a_path_of_its_own():
    """A refusal names one field for one node, and a field is one node."""
    paths = [path for node in NODES for path in (node.path, *node.also)]

    assert len(paths) == len(set(paths)) == len(BY_PATH)
    assert set(paths) <= {*CONTACT_INPUTS, STATUS}


def test_defaults_are_the_documented_ones():
    """Six nodes are put back to a stated default, and of two no default is stated."""
    assert {node.name: node.default for node in NODES if node.default != ""} == {
        "contacttype": "3",
        "contactvattypeid": None,
        "contactsalutation": "Geachte mevrouw/heer",
        "contactcountrycode": "NL",
        "contactstatus": "1",
        "contactsepaincassostatus": "FRST",
        "contactvattype": None,
        "contactvatratebase": "21",
    }


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("contactname1", " A ", "A", id="blanks"),
        pytest.param("contactname1", "  ", "", id="nothing but blanks"),
        pytest.param("contactabout", "a\r\nb\tc", "a\\nb\\tc", id="line breaks"),
        pytest.param("contactemail", "a@b.nl; c@d.nl", "a@b.nl,c@d.nl", id="separators"),
        pytest.param("contactiban", "NL91 ABNA 0417 1643 00", "nl91abna0417164300", id="iban"),
        pytest.param("contactcountrycode", " nl", "NL", id="country"),
        pytest.param("contactvatratebase", "21.00", "21", id="rate"),
        pytest.param("contactcostheadingid", "0", "", id="no reference"),
        pytest.param("contactsepamandatedate", "0000-00-00", "", id="no day"),
        pytest.param("contactsepamandatedate", "2024-01-31 00:00:00", "2024-01-31", id="day"),
        pytest.param("contactprivaterate", "12.50", "12.5", id="number"),
    ],
)
def test_texts_that_are_one(name: str, one: str, other: str):
    """What differs in spelling alone is no change."""
    assert nodes.meaning(BY_NAME[name], one) == nodes.meaning(BY_NAME[name], other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("contactname1", "A", "a", id="case"),
        pytest.param("contactname1", "0", "", id="a zero of a text"),
        pytest.param("contactvatratebase", "9", "19", id="rate"),
        pytest.param("contactvatratebase", "0", "", id="rate zero"),
        pytest.param("contactprivaterate", "0", "", id="number zero"),
        pytest.param("contactsepamandatedate", "2024-01-31", "2024-01-30", id="day"),
        pytest.param("contactsepamandatedate", "31-01-2024", "", id="no documented day"),
        pytest.param("contactemail", "a@b.nl,c@d.nl", "c@d.nl,a@b.nl", id="order of addresses"),
    ],
)
def test_texts_that_are_two(name: str, one: str, other: str):
    """What says something else is a change."""
    assert nodes.meaning(BY_NAME[name], one) != nodes.meaning(BY_NAME[name], other)


@pytest.mark.parametrize("text", ["", "EL", "XK", "N", "NLD", "99", "Nederland"])
def test_what_is_no_country(text: str):
    """A text that Acumulus may take for NL is no code that can be written back."""
    assert nodes.country(text) is None
