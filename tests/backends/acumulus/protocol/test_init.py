"""Bytes to records or errors, and calls to bytes."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.backends.acumulus import protocol
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.errors import (
    BackendError,
    BadUpstreamAnswer,
)
from gateway.domain.secret import Secret
from tests.backends.acumulus.protocol.answers import (
    HTML,
    ORIGIN,
    XML,
    answer,
    envelope,
    fault,
    rows,
    sample,
)

LOGIN = AcumulusSettings(Secret("123456"), Secret("api&user"), Secret("back\\slash"))


def test_a_call_posts_the_whole_xml_as_one_field():
    """Credentials stand in the contract block, and no address for mail about errors is given."""
    call = protocol.call(LOGIN, "/contacts/contact_get.php", {"contactid": "7"})

    fields = parse_qs(call.body.decode(), strict_parsing=True)
    root = etree.fromstring(fields["xmlstring"][0].encode())
    assert (call.method, call.path, call.safe) == ("POST", "/contacts/contact_get.php", True)
    assert call.headers == {"content-type": "application/x-www-form-urlencoded"}
    assert list(fields) == ["xmlstring"]
    assert {node.tag: node.text for node in root.find("contract")} == {
        "contractcode": "123456",
        "username": "api&user",
        "password": "back\\slash",
    }
    assert [root.findtext(name) for name in ("format", "lang", "contactid")] == ["xml", "en", "7"]


def test_a_backslash_is_sent_as_a_reference():
    """Acumulus loses a raw backslash."""
    xml = parse_qs(protocol.call(LOGIN, "/x").body.decode())["xmlstring"][0]

    assert "back&#92;slash" in xml
    assert "\\" not in xml


def test_what_xml_cannot_carry_is_replaced():
    """A control character in a password ends in a refusal by Acumulus, not in a fault of ours."""
    login = AcumulusSettings(Secret("1"), Secret("u"), Secret("a\x00b\ud800"))

    xml = parse_qs(protocol.call(login, "/x").body.decode())["xmlstring"][0]

    assert "a\ufffdb\ufffd" in xml


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("list_response.xml", ["1234001", "1234002"]),
        ("list_response_single.xml", ["1234001"]),
        ("list_response_2017.xml", ["1234003"]),
        ("list_response_empty_status0.xml", []),
        ("list_response_empty_status2.xml", []),
    ],
)
def test_documented_lists(name: str, ids: list[str]):
    """Both node sets and both forms of an empty list are read."""
    assert [nodes["contactid"] for nodes in rows(answer(sample(name)))] == ids


@pytest.mark.parametrize(
    "body",
    [
        envelope(),
        envelope(status="2", warnings=fault("warning", "511", "CE005BVTC")),
        envelope("<contacts>temporarily not available</contacts>"),
        envelope("<contacts><kontakt><contactid>1</contactid></kontakt></contacts>"),
        envelope("<contacts/>", status="7"),
        "<response><contacts/></response>",
        "<response/>",
        '{"contacts": {}, "status": "0"}',
        sample("list_response.xml")[:900],
        "no data",
        "<a>" * 10_000,
        envelope(f"<contacts><contact>{'<a>' * 10_000}{'</a>' * 10_000}</contact></contacts>"),
        envelope(status="9" * 5000),
        "<response><status>0</status></response><!-- -->x",
    ],
    ids=[
        "no container",
        "other warning",
        "text in the container",
        "other items",
        "unknown status",
        "no status",
        "nothing in it",
        "json",
        "truncated",
        "plain text",
        "deep",
        "deep and closed",
        "endless number",
        "something behind",
    ],
)
def test_what_is_no_list_is_never_an_empty_one(body: bytes | str):
    """An answer that was not asked for must not make the contacts vanish."""
    with pytest.raises(BadUpstreamAnswer) as caught:
        rows(answer(body))

    assert (caught.value.system, caught.value.administration) == ("acumulus", "wholesale")


DOCTYPES = [
    pytest.param('<!DOCTYPE response SYSTEM "http://127.0.0.1:1/x">', id="external"),
    pytest.param('<!DOCTYPE response [<!ENTITY x "y">]>', id="entity"),
    pytest.param('<!-- --><!DOCTYPE response [<!ENTITY x SYSTEM "file:///etc/hostname">]>', id="file"),
    pytest.param("<!DOCTYPE response>", id="bare"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("doctype", DOCTYPES)
def test_a_doctype_is_refused(doctype: str, encoding: str):
    """No document that defines anything is read, in whatever encoding it comes."""
    declared = "utf-16" if encoding == "utf-16" else encoding
    body = f'<?xml version="1.0" encoding="{declared}"?>{doctype}{envelope("<contacts/>")}'

    with pytest.raises(BadUpstreamAnswer):
        rows(answer(body.encode(encoding)))


def test_a_doctype_within_a_text_is_a_text():
    """A contact may be called anything."""
    row = "<contact><contactid>1</contactid><contactname><![CDATA[<!DOCTYPE x>]]></contactname></contact>"

    assert rows(answer(envelope(f"<contacts>{row}</contacts>")))[0]["contactname"] == "<!DOCTYPE x>"


@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("latin-1", '<?xml version="1.0" encoding="ISO-8859-1"?>'),
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>'),
    ],
)
def test_declared_encodings_are_read(encoding: str, declaration: str):
    """A body is read by the encoding that it declares."""
    row = "<contact><contactid>1</contactid><contactname>Café</contactname></contact>"
    body = (declaration + envelope(f"<contacts>{row}</contacts>")).encode(encoding)

    assert rows(answer(body))[0]["contactname"] == "Café"


@pytest.mark.parametrize(
    "bad",
    [b"\x00", b"\x01", b"\xe9", b"\xed\xa0\x80", b"&#0;", b"&#xD800;", b"&#x1F;", b"&#99999999;"],
    ids=[
        "nul",
        "control",
        "latin byte",
        "surrogate",
        "nul reference",
        "surrogate reference",
        "control reference",
        "beyond unicode",
    ],
)
def test_one_broken_text_does_not_cost_the_list(bad: bytes):
    """What XML cannot carry is replaced, and the neighbours stay whole."""
    row = "<contact><contactid>%d</contactid><contactname>%s</contactname></contact>"
    body = envelope(f"<contacts>{row % (1, 'Zoë')}{row % (2, 'a!b')}</contacts>").encode()

    found = rows(answer(body.replace(b"!", bad)))

    assert found[0]["contactname"] == "Zoë"
    name = found[1]["contactname"]
    assert name[0] + name[-1] == "ab"
    assert set(name[1:-1]) == {"\ufffd"}


def test_a_node_with_elements_has_no_text():
    """A node that holds elements is told apart from an empty one."""
    row = "<contact><contactid>1</contactid><contactname>a<b>c</b></contactname><contactmark/></contact>"

    assert rows(answer(envelope(f"<contacts>{row}</contacts>"))) == [
        {"contactid": "1", "contactname": None, "contactmark": ""}
    ]


@pytest.mark.parametrize("name", ["get_response_documented_head.xml", "get_response_assumed_full.xml"])
def test_documented_details(name: str):
    """The contact that was asked for comes back as its nodes."""
    nodes = protocol.details(answer(sample(name)), ORIGIN, "1234001")

    assert nodes is not None
    assert nodes["contactname1"] == "Voorbeeld & Zonen B.V."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (sample("get_response_not_found.xml"), 404),
        (sample("get_response_not_found.xml"), 400),
        (sample("list_response_empty_status2.xml"), 200),
        (envelope(status="1", errors=fault("error", "400 Bad Request", "X1", "Invalid contactid")), 400),
        (envelope("<contactid>99</contactid>", status="1", errors=fault("error", "400", "X1")), 400),
        (envelope("<contact><contactid>99</contactid></contact>"), 200),
    ],
    ids=["404", "404 in a 400", "no data", "400 about it", "400 with it repeated", "same number"],
)
def test_a_contact_that_is_not_there(body: bytes | str, status: int):
    """Not there is what the API says so, in any of the ways of its related calls."""
    key = "099" if status == 200 and "contact>" in str(body) else "99"

    assert protocol.details(answer(body, status), ORIGIN, key) is None


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (sample("error_malformed_response.xml"), 400, XML),
        (sample("error_400_response.xml"), 400, XML),
        ("<html><body>Not Found</body></html>", 404, HTML),
        ("", 404, XML),
        (envelope("<contact><contactid>98</contactid></contact>"), 200, XML),
        (envelope("<contact/>"), 200, XML),
        (envelope(), 200, XML),
    ],
    ids=["malformed", "other errors", "wrong address", "empty 404", "another contact", "no id", "no contact"],
)
def test_what_does_not_say_that_a_contact_is_gone(body: bytes | str, status: int, headers: dict[str, str]):
    """A fault must not be taken for a contact that is not there."""
    with pytest.raises(BadUpstreamAnswer):
        protocol.details(answer(body, status, headers), ORIGIN, "99")


def test_about_tells_the_role():
    """The answer of general_about comes back as its nodes."""
    body = envelope("<general><about>x</about><roleapi>API-gebruiker</roleapi></general>")

    assert protocol.about(answer(body), ORIGIN)["roleapi"] == "API-gebruiker"
    with pytest.raises(BadUpstreamAnswer):
        protocol.about(answer(envelope()), ORIGIN)


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-16"))))
def test_any_bytes_end_in_an_error_of_ours(body: bytes):
    """No body makes anything but a BackendError come out."""
    with pytest.raises(BackendError):
        rows(answer(body))


@settings(max_examples=150)
@given(st.integers(0, 2000), st.integers(1, 40), st.binary(max_size=10))
def test_a_damaged_list_is_a_list_or_an_error_of_ours(start: int, length: int, instead: bytes):
    """A list with a piece torn out is read or refused."""
    body = sample("list_response.xml")
    try:
        found = rows(answer(body[:start] + instead + body[start + length :]))
    except BackendError:
        return
    assert all(isinstance(nodes, dict) for nodes in found)
