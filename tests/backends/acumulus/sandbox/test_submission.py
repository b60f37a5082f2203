from urllib.parse import urlencode

import pytest

from gateway.backends.acumulus.sandbox.refusals import RefusedError
from gateway.backends.acumulus.sandbox.submission import Submission, read
from gateway.emulation.vocabulary import Request

LIST = "contacts/contacts_list.php"
FORM = "application/x-www-form-urlencoded"


def request(body, content_type=FORM):
    return Request("POST", "/", headers={"content-type": content_type}, body=body)


async def test_multipart_is_accepted_too(serve):
    """The same XML as a field of multipart/form-data gets the same answer."""
    caller = await serve()
    xml = f"<myxml>{caller.contract}<filter>Müßig</filter></myxml>"

    plain = await caller.send(LIST, xml)
    parts = await caller.http.post(f"{caller.url}/{LIST}", files={"other": b"1", "xmlstring": (None, xml)})

    assert parts.request.headers["content-type"].startswith("multipart/form-data")
    assert (parts.status_code, parts.content) == (200, plain.content)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        pytest.param('multipart/form-data; boundary="A b"', b"A b", id="quoted boundary"),
        pytest.param("multipart/form-data; boundary=Ab", b"Ab", id="bare boundary"),
    ],
)
def test_multipart_field_keeps_its_line_ends(content_type, boundary):
    """A multipart field arrives whole, its own line ends and headers notwithstanding."""
    head = b'Content-Type: text/xml\r\nContent-Disposition: form-data; name="xmlstring"; filename="x"'
    body = b"--%b\r\n%b\r\n\r\n<m>\r\n<a>1\n2</a></m>\r\n--%b--\r\n" % (boundary, head, boundary)

    assert read(request(body, content_type)).nodes == {"a": "1\n2"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"", FORM, id="nothing"),
        pytest.param(b"xmlstring=", FORM, id="empty field"),
        pytest.param(b"xml=%3Cm%2F%3E", FORM, id="another field"),
        pytest.param(b"&".join([b"xmlstring=%3Cm%2F%3E"] * 101), FORM, id="too many fields"),
        pytest.param(b"<m/>", "text/xml", id="bare XML"),
        pytest.param(b"xmlstring=%3Cm%2F%3E", "", id="no content type"),
        pytest.param(
            b'--\r\nContent-Disposition: form-data; name="xmlstring"\r\n\r\n<m/>\r\n----\r\n',
            "multipart/form-data",
            id="no boundary",
        ),
        pytest.param(b"xmlstring=%3Cm%2F%3E", "multipart/form-data; boundary=A", id="no part"),
        pytest.param(b"xmlstring=%3Cm%3E%FF%3C%2Fm%3E", FORM, id="not UTF-8"),
        pytest.param(b"xmlstring=\xff", FORM, id="not UTF-8, unencoded"),
        pytest.param(b"xmlstring=%3Cm%3E%00%3C%2Fm%3E", FORM, id="NUL"),
        pytest.param(b"xmlstring=%3Cm%3E", FORM, id="cut off"),
        pytest.param(b"xmlstring=++", FORM, id="blanks"),
        pytest.param(b"xmlstring=%3Cm%3E%26eacute;%3C%2Fm%3E", FORM, id="HTML entity"),
        pytest.param(b"xmlstring=" + b"<a>" * 3000 + b"</a>" * 3000, FORM, id="three thousand deep"),
    ],
)
def test_refused_body(body, content_type):
    """A body without acceptable XML in the field xmlstring is HTTP 400."""
    with pytest.raises(RefusedError) as refused:
        read(request(body, content_type))

    assert refused.value.http == 400


@pytest.mark.parametrize(
    "prolog",
    [
        pytest.param("<!DOCTYPE m>", id="bare"),
        pytest.param('<!DOCTYPE m SYSTEM "file:///etc/hostname">', id="external subset"),
        pytest.param('<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/hostname">]>', id="external entity"),
        pytest.param(
            '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>', id="expansion"
        ),
    ],
)
async def test_doctype_is_refused(serve, read, prolog):
    """A DOCTYPE is HTTP 400 even around a request that would be right, and nothing of it is resolved."""
    caller = await serve()
    inside = "&e;" if "ENTITY" in prolog else ""

    answer = await caller.send(LIST, f"{prolog}<m>{caller.contract}<filter>{inside}</filter></m>")

    assert answer.status_code == 400
    assert "DOCTYPE" in read(answer.content).findtext("errors/error/message")


def test_doctype_in_a_text_is_a_text():
    """The letters of a DOCTYPE inside CDATA are no DOCTYPE."""
    asked = read(request(b"xmlstring=<m><filter><![CDATA[<!DOCTYPE m>]]></filter></m>"))

    assert asked.text("filter") == "<!DOCTYPE m>"


def test_other_encoding_is_refused():
    """A declaration of another encoding than UTF-8 is HTTP 400."""
    with pytest.raises(RefusedError, match="encoding"):
        read(request(b'xmlstring=<?xml version="1.0" encoding="ISO-8859-1"?><m/>'))


def test_root_name_is_free_and_comments_are_nothing():
    """The root's name does not count, a comment divides no text, the last of two nodes wins."""
    asked = read(request(b"xmlstring=<whatever><filter>x</filter><filter> a<!-- b -->c </filter></whatever>"))

    assert asked.text("filter") == "ac"


@pytest.mark.parametrize(
    ("written", "arrived"),
    [
        pytest.param(r"a\b", "ab", id="raw"),
        pytest.param(r"a\\b", "ab", id="raw twice"),
        pytest.param(r"<![CDATA[a\b]]>", "ab", id="raw in CDATA"),
        pytest.param("a&#92;b", r"a\b", id="reference"),
        pytest.param("a&#x5C;b", r"a\b", id="hexadecimal reference"),
        pytest.param("<![CDATA[a&#92;b]]>", "a&#92;b", id="reference in CDATA is none"),
    ],
)
def test_raw_backslash_is_lost(written, arrived):
    """A backslash arrives as a character reference only."""
    body = urlencode({"xmlstring": f"<m><filter>{written}</filter></m>"}).encode()

    assert read(request(body)).text("filter") == arrived


@pytest.mark.parametrize(
    ("text", "value"),
    [("", False), ("0", False), (" 1 ", True)],
    ids=["empty", "zero", "one"],
)
def test_flag(text, value):
    """Only 1 sets a flag."""
    assert Submission({"testmode": text}).flag("testmode") is value


@pytest.mark.parametrize("text", ["2", "true", "01"])
def test_flag_refuses(text):
    """A flag that is neither 0 nor 1 is HTTP 400 and named."""
    with pytest.raises(RefusedError, match="testmode"):
        Submission({"testmode": text}).flag("testmode")


def test_blocks_are_apart_from_nodes():
    """A node inside a block is not taken for one under the root."""
    xml = b"xmlstring=<m><contact><filter>x</filter></contact><lang>nl</lang></m>"

    asked = read(request(xml))

    assert asked == Submission({"lang": "nl"}, {"contact": {"filter": "x"}})
    assert asked.text("filter") == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("", None, id="empty"),
        pytest.param(" 12 ", 12, id="blanks around"),
        pytest.param("007", 7, id="leading zeros"),
        pytest.param("0", 0, id="zero"),
    ],
)
def test_number(text, number):
    """A number is read without blanks and leading zeros; an empty node is no number given."""
    assert Submission({"offset": text}).number("offset") == number


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("", None, id="empty"),
        pytest.param(" ; ", None, id="only separators"),
        pytest.param("a; b;;a", frozenset("ab"), id="names"),
    ],
)
def test_inodes(text, names):
    """Names are separated by semicolons; none at all means every node."""
    assert Submission({"inodes": text}).inodes() == names
