"""Whatever a contact holds and whatever an update sets: nothing else changes.

The other side is a small model of the documented rules, written from the vendor's page alone.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.backends.acumulus.merge import Merged, merge
from tests.backends.acumulus.written import SENT

BY_ZERO = {
    "contactinvoicetemplateid",
    "contactcostheadingid",
    "contactcostcenterid",
    "contactbankaccountid",
}
BY_EMPTY = {
    "contactwebsite",
    "contactbankaccountnumber",
    "contactprivaterate",
    "contactentrydescription",
    "contactaltname1",
    "contactaltname2",
    "contactaltperson",
    "contactaltaddress1",
    "contactaltaddress2",
    "contactaltpostalcode",
    "contactaltcity",
    "contactaltcountrycode",
    "contactaltcountry",
}
OF_LINES = {"contactinvoicenotes", "contactabout"}
DEFAULTS = {
    "contacttype": "3",
    "contactsalutation": "Geachte mevrouw/heer",
    "contactcountrycode": "NL",
    "contactstatus": "1",
    "contactsepaincassostatus": "FRST",
    "contactvatratebase": "21",
    # Not stated on the page: what would be worst for whoever relies on it staying empty.
    "contactvattypeid": "1",
    "contactvattype": "1",
}
CHOICES = {
    "contacttype": ["1", "2", "3"],
    "contactvattypeid": ["1", "2"],
    "contactstatus": ["0", "1"],
    "contactsepaincassostatus": ["FRST", "RCUR", "OOFF", "FNAL"],
    "contactvattype": ["1", "2", "3", "4", "5", "6", "7"],
    "contactvatratebase": ["-2", "-1", "0", "6", "9", "19", "21"],
    "contactcountrycode": ["NL", "BE", "US"],
}
ODD = {
    "contacttype": ["", "0"],
    "contactvattypeid": ["", "3"],
    "contactstatus": [],
    "contactsepaincassostatus": ["", "XXXX"],
    "contactvattype": ["", "9"],
    "contactvatratebase": ["", "17"],
    "contactcountrycode": ["", "EL", "xx"],
}

PLAIN = st.text(alphabet="ab &<>\\nt;,é'", max_size=8).map(str.strip)
LINES = st.text(alphabet="ab \n\t\\nt&", max_size=8).map(str.strip)
NUMBERS = st.sampled_from(["0", "50001", "70002"])


def a_text(name: str) -> st.SearchStrategy[str]:
    if name in CHOICES:
        # The odd ones seldom, or no contact could ever be written.
        return st.one_of(*[st.sampled_from(CHOICES[name])] * 12, st.sampled_from(ODD[name] or CHOICES[name]))
    if name == "contactsepamandatedate":
        return st.sampled_from(["", "2024-01-31", "1999-12-01"])
    if name in BY_ZERO:
        return NUMBERS
    return LINES if name in OF_LINES else PLAIN


def stored_after(stored: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """Carry out an update with overwriteifexists 1, as the page says."""
    return {name: _next(name, text, sent.get(name)) for name, text in stored.items()}


def _next(name: str, old: str, sent: str | None) -> str:
    if name in BY_ZERO:
        return sent or old
    if name in BY_EMPTY:
        return old if sent is None else sent
    if not sent:
        return DEFAULTS.get(name, "")
    if name in CHOICES and sent not in CHOICES[name]:
        return DEFAULTS[name]
    if name in OF_LINES:
        return sent.replace("\n", " ").replace("\t", " ").replace("\\n", "\n").replace("\\t", "\t")
    return sent.replace("\n", " ").replace("\t", " ")


@st.composite
def books(draw) -> tuple[dict[str, str], dict[str, str], dict[str, str], bool]:
    """A stored contact, what an account answers of it, its row, and whether breaks are escaped."""
    stored = {name: draw(a_text(name)) for name in SENT}
    hidden = draw(st.sets(st.sampled_from(sorted(SENT)), max_size=2)) if draw(st.booleans()) else set()
    escaped = draw(st.booleans())
    details = {name: text for name, text in stored.items() if name not in hidden}
    if escaped:
        details = {name: text.replace("\n", "\\n").replace("\t", "\\t") for name, text in details.items()}
    details["contactvattype"] = "Business VAT taxable"
    row = {"contacttypeid": stored["contacttype"], "contactvattype": stored["contactvattype"]}
    row |= {name: stored[name] for name in ("contactstatus", "contactvattypeid")}
    return stored, details, {name: text for name, text in row.items() if name not in hidden}, escaped


@st.composite
def wishes(draw) -> dict[str, str]:
    """Some nodes and the texts that a caller sets, as they are sent."""
    wanted = {}
    for name in draw(st.sets(st.sampled_from(sorted(SENT)), min_size=1, max_size=4)):
        text = draw(st.sampled_from(CHOICES[name]) if name in CHOICES else a_text(name))
        wanted[name] = text.replace("\n", "\\n").replace("\t", "\\t") if name in OF_LINES else text
    return wanted


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(books(), wishes())
def test_what_is_not_named_is_the_same_before_and_after(book, wanted):
    """An update that is not refused sets what it names, and leaves every other node as it was."""
    stored, details, row, _ = book
    found = merge(details, row, wanted)
    if found.refused:
        return

    after = stored_after(stored, dict(found.nodes))

    assert {name: text for name, text in after.items() if name not in wanted} == {
        name: text for name, text in stored.items() if name not in wanted
    }
    for name in found.moves:
        meant = wanted[name].replace("\\n", "\n").replace("\\t", "\t") if name in OF_LINES else wanted[name]
        assert after[name] == meant or (name in BY_ZERO and (after[name], meant) == ("0", "0"))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(books(), wishes())
def test_what_is_refused_is_what_cannot_be_known_to_stay(book, wanted):
    """Each refused field, accepted, makes the update go through, and nothing but those fields may differ."""
    stored, details, row, _ = book
    refused = merge(details, row, wanted).refused

    found: Merged = merge(details, row, wanted, frozenset(fault.path for fault in refused))

    after = stored_after(stored, dict(found.nodes))
    lost = {_node_in(fault.message) for fault in refused}
    assert found.refused == ()
    assert len(found.notices) == len(refused)
    assert {name for name in stored if after[name] != stored[name]} <= lost | set(wanted)


def _node_in(message: str) -> str:
    return next(name for name in sorted(SENT, key=len, reverse=True) if f"({name})" in message)
