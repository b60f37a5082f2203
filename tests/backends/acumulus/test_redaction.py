"""What stays of an answer of Acumulus in a sample file, and what nobody finds in it again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.backends.acumulus import SYSTEM
from gateway.backends.acumulus.redaction import redact
from gateway.ports import Answer, Call
from tests.backends.acumulus.written import STORED

SAMPLES = Path(__file__).parents[2] / "samples" / "acumulus"
GET = Call("POST", "/contacts/contact_get.php")
CANARIES = ("Qwertzuiop", "qwertz@canary.example", "NL91ABNA0417164300", "0612345678", "Zürich-Ørsted")


def redacted(text: str) -> str:
    """Return what is left of an XML answer."""
    name, content = redact(GET, Answer(200, {}, text.encode()))
    assert name == "contacts-contact_get.xml"
    return content.decode()


def within(node: str, text: str) -> str:
    """Return what is left between the tags of a node."""
    found = redacted(f"<response><{node}>{text}</{node}></response>")
    return found.removeprefix(f"<response><{node}>").removesuffix(f"</{node}></response>")


def test_the_system_names_it():
    """The command finds the redaction at the system."""
    assert SYSTEM.redact is redact


@pytest.mark.parametrize(
    ("node", "text", "left"),
    [
        pytest.param("contactname1", "Jan &amp; Zn.", "Xxx &amp; Xx.", id="name"),
        pytest.param("contactname1", "<![CDATA[Jan & <b>]]>", "<![CDATA[Xxx & <x>]]>", id="cdata"),
        pytest.param("contactcity", "<![CDATA[]]>", "<![CDATA[]]>", id="empty-cdata"),
        pytest.param("contactabout", "ab\\ncd\\t1", "xx\\nxx\\t9", id="two-characters"),
        pytest.param("contactabout", "ab&#92;ncd", "xx&#92;nxx", id="reference-of-two"),
        pytest.param("contactabout", "ab\ncd&#10;e", "xx\nxx&#10;x", id="real-break"),
        pytest.param("contactabout", "&#74;&#xE9;&#57;&#9999999;", "&#88;&#120;&#57;&#120;", id="references"),
        pytest.param("contactabout", "&Jan;", "&Xxx;", id="no-entity"),
        pytest.param("contacttype", "1", "1", id="type"),
        pytest.param("contacttypeid", " 2 ", " 2 ", id="type-in-a-list"),
        pytest.param("contacttype", "17", "99", id="no-type"),
        pytest.param("contactstatus", "0", "0", id="contact-status"),
        pytest.param("contactvatratebase", "21.0000", "21.0000", id="rate"),
        pytest.param("contactvatratebase", "-1", "-1", id="mixed-rate"),
        pytest.param("contactvattype", "Business VAT taxable", "Xxxxxxxx XXX xxxxxxx", id="vat-type-name"),
        pytest.param("contactsepaincassostatus", "RCUR", "RCUR", id="sequence"),
        pytest.param("contactsepaincassostatus", "JANS", "XXXX", id="no-sequence"),
        pytest.param("contactinvoicetemplateid", "0", "0", id="no-template"),
        pytest.param("contactinvoicetemplateid", "50001", "99999", id="template"),
        pytest.param("contactsepamandatedate", "0000-00-00", "0000-00-00", id="no-day"),
        pytest.param("contactsepamandatedate", "2024-01-31", "9999-99-99", id="day"),
        pytest.param("contactproc", "testmode", "testmode", id="proc"),
        pytest.param("contactproc", "jan", "xxx", id="no-proc"),
        pytest.param("status", "2", "2", id="status"),
        pytest.param("code", "403 Forbidden", "403 Forbidden", id="code"),
        pytest.param("code", "400 Jan", "999 Xxx", id="other-code"),
        pytest.param("codetag", "A8N403GCN", "A8N403GCN", id="codetag"),
        pytest.param("codetag", "Jan", "Xxx", id="no-codetag"),
        pytest.param("message", "Jan is 7", "Xxx xx 9", id="message"),
        pytest.param("roleid", "4", "4", id="role-id"),
        pytest.param("rolenl", "API-beheerder", "API-beheerder", id="role"),
        pytest.param("contactid", "1234001", "9999999", id="id"),
        pytest.param("contactcountrycode", "NL", "XX", id="country"),
    ],
)
def test_what_is_left_of_a_node(node: str, text: str, left: str):
    """Documented words and signs stay, everything else keeps its shape alone."""
    assert within(node, text) == left


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<response><a/><b></b><c /></response>", id="empties"),
        pytest.param(
            '<?xml version="1.0" encoding="UTF-8"?>\r\n<response>\r\n</response>\n', id="declaration"
        ),
        pytest.param("\ufeff<response/>", id="byte-order-mark"),
    ],
)
def test_what_is_nobodys_stays(text: str):
    """The spelling around the texts is kept to the letter."""
    assert redacted(text) == text


def test_attributes_and_comments_are_masked():
    """Their names and places stay, what stands in them does not."""
    text = "<response a=\"Jan\" b='x7'><!-- Jan --></response>"
    assert redacted(text) == "<response a=\"Xxx\" b='x9'><!-- Xxx --></response>"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Jan", id="text"),
        pytest.param('{"name": "Jan"}', id="json"),
        pytest.param("<response><jan>", id="not-closed"),
        pytest.param("<response><a>x</jan></response>", id="crossed"),
        pytest.param("<response/><jan/>", id="two-roots"),
        pytest.param("<response/>Jan", id="behind"),
        pytest.param("<Jan/>", id="capital"),
        pytest.param("</jan>", id="closed-only"),
        pytest.param("<response><![CDATA[Jan</response>", id="open-cdata"),
        pytest.param('<!DOCTYPE r [<!ENTITY jan "Jan">]><r>&jan;</r>', id="doctype"),
        pytest.param("<response><?jan Jan?></response>", id="instruction"),
        pytest.param("<html><body>Jan</body></html>", id="web-page"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_understood_is_masked_as_a_whole(text: str):
    """No name of a node is trusted in an answer that is no document, and its extension says so."""
    name, content = redact(GET, Answer(200, {}, text.encode()))
    assert name in ("contacts-contact_get.txt", "contacts-contact_get.html")
    assert name.endswith(".html") == ("html" in text)
    assert re.sub("[^A-Za-z0-9]", "", content.decode()).strip("xX9") == ""


def test_another_encoding_is_masked_as_a_whole():
    """UTF-16 is no sequence of the letters that are looked for."""
    name, content = redact(GET, Answer(200, {}, "<response>Jan</response>".encode("utf-16")))
    assert name == "contacts-contact_get.txt"
    assert b"J" not in content


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*_response*.xml")), ids=lambda file: file.stem)
def test_the_documented_answers_keep_their_shape(file: Path):
    """Every sample stays as long as it was, with the same nodes, and is masked only once."""
    text = file.read_text()
    found = redacted(text)
    tags = re.compile(r"<[^!?][^>]*>|<!\[CDATA\[")
    assert len(found) == len(text)
    assert tags.findall(found) == tags.findall(text)
    assert redacted(found) == found


@pytest.mark.parametrize("node", sorted(STORED))
@pytest.mark.parametrize("canary", CANARIES)
def test_no_canary_is_left_in_any_node(node: str, canary: str):
    """Whatever node a value stands in, plain or in CDATA, no word of it is found again."""
    for text in (canary, f"<![CDATA[{canary}]]>", "".join(f"&#{ord(sign)};" for sign in canary)):
        left = within(node, text)
        assert re.sub(r"<!\[CDATA\[|&#(?:88|120|57|4[56]|64);|[xX9@.\]>-]", "", left) == ""


def test_only_words_of_closed_sets_are_left_of_a_contact():
    """Of a contact with a value in every node nothing else is found in its file."""
    left = redacted((SAMPLES / "manage_testmode_response.xml").read_text())
    kept = dict(re.findall(r"<(contact[a-z0-9]+)>([^<]+)<", left))
    assert {name: text for name, text in kept.items() if re.search("[A-WYZa-wyz0-8]", text)} == {
        "contactname1": "Xxxxxxxxx &amp; Xxxxx X.X.",
        "contacttype": "3",
        "contactvattypeid": "2",
        "contactstatus": "1",
        "contactsepaincassostatus": "RCUR",
        "contactvattype": "1",
        "contactvatratebase": "21",
        "contactinvoicenotes": "xxxxx 9&#92;nxxxxx 9",
        "contactabout": "xxxxx 9&#92;txxxxx 9",
        "contactproc": "testmode",
    }
