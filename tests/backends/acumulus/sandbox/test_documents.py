import pytest

from gateway.backends.acumulus.sandbox.documents import block, container

LIST = "contacts/contacts_list.php"
GET = "contacts/contact_get.php"

AWKWARD = [
    pytest.param("a ]]> b", id="end of CDATA"),
    pytest.param("]]>", id="nothing but the end of CDATA"),
    pytest.param("]]]]>>", id="two ends in one another"),
    pytest.param("x]]", id="two brackets at the end"),
    pytest.param("<![CDATA[x]]>", id="a CDATA section as text"),
    pytest.param("& < > &amp; \" '", id="markup"),
    pytest.param("C:\\Lokaal\\Bestand", id="backslashes"),
    pytest.param("een\\ntwee", id="line break as two characters"),
    pytest.param("خيال 🌷 ß", id="scripts"),
    pytest.param("  blanks  ", id="blanks"),
]


@pytest.mark.parametrize("text", AWKWARD)
async def test_text_comes_through(serve, sandbox_of, contact, read, text):
    """A text is read back as it was stored, from CDATA and from plain nodes, of a row and of details."""
    stored = contact(1, contactname1=text, contactname2=text, contactcity=text, contactmark=text)
    caller = await serve(sandbox_of(stored))

    row = read((await caller.ask(LIST)).content).find("contacts/contact")
    details = read((await caller.ask(GET, "<contactid>1</contactid>")).content).find("contact")

    assert [row.findtext(name) for name in ("contactname", "contactname1", "contactcity")] == [text] * 3
    assert [details.findtext(name) for name in ("contactname1", "contactname2", "contactmark")] == [text] * 3


def test_carriage_return_stays_in_a_plain_node(read):
    """A carriage return is written so that no reader makes a line feed of it."""
    assert read(block("a", (("b", "1\r\n2"),), depth=0)).findtext("b") == "1\r\n2"


def test_container_without_items_is_on_one_line():
    """An empty list is an empty element."""
    assert container("contacts", ()) == b"  <contacts></contacts>\n"
