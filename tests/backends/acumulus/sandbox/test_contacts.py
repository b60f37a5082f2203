from itertools import groupby

import pytest

from gateway.backends.acumulus.sandbox import create

LIST = "contacts/contacts_list.php"
GET = "contacts/contact_get.php"


@pytest.fixture
def documented_pair(contact):
    """The two contacts of the sample list."""
    return (
        contact(
            1234001,
            contactyourid="REL-1001",
            contactname1="Voorbeeld & Zonen B.V.",
            contactname2="Afdeling Inkoop",
            contactperson="J. de Tester",
            contactsalutation="Geachte heer De Tester",
            contactaddress1="Voorbeeldstraat 1",
            contactpostalcode="1000 AA",
            contactcity="Amsterdam",
            contactcountrycode="NL",
            contactcountry="Nederland",
            contacttelephone="020-0000001",
            contactemail="inkoop@example.com;admin@example.com",
            contactwebsite="https://www.example.com",
            contactiban="NL91ABNA0417164300",
            contactbic="ABNANL2A",
            contactmark="ref 42",
            contactaltname1="Magazijn Voorbeeld",
            contactvattype="1",
            contactcostheadingid="0",
            contactinvoicetemplateid="50001",
        ),
        contact(
            1234002,
            contactname1="Testbank N.V.",
            contactstatus="0",
            contacttype="2",
            contactvattypeid="1",
            contactcostheadingid="19",
            contactinvoicetemplateid="0",
        ),
    )


@pytest.fixture
def five(contact):
    """Five contacts of several types, one of them disabled."""
    return (
        contact(1, contacttype="1", contactname1="Alfa", contactcity="Schijndorp"),
        contact(2, contacttype="2", contactname2="Bèta", contactpostalcode="1234 XZ"),
        contact(3, contacttype="3", contactperson="Gamma", contactemail="alfa@example.com"),
        contact(4, contacttype="1", contactaddress1="Dwaalspoor 4", contactyourid="alfa", contactstatus="0"),
        contact(5, contacttype="3", contactaddress2="Achterom", contactabout="alfa"),
    )


async def test_list_answers_the_documented_bytes(serve, sandbox_of, documented_pair, sample):
    """The contacts of the sample list come back byte for byte as the sample has them."""
    caller = await serve(sandbox_of(*documented_pair))

    answer = await caller.ask(LIST)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml; charset=utf-8")
    assert answer.content == sample("list_response.xml")


async def test_list_of_one_answers_the_sample(serve, sandbox_of, documented_pair, sample):
    """A list of one has the same shape as a list of two."""
    caller = await serve(sandbox_of(*documented_pair))

    answer = await caller.ask(LIST, "<rowcount>1</rowcount>")

    assert answer.content == sample("list_response_single.xml")


async def test_every_row_of_the_sample_book_is_thin(serve, read, sample):
    """Each row of the sample book has the nodes of the documented row, in its order, and no others."""
    caller = await serve()
    wanted = [node.tag for node in read(sample("list_response.xml")).find("contacts/contact")]

    rows = read((await caller.ask(LIST)).content).findall("contacts/contact")

    assert len(rows) == 40
    assert {tuple(node.tag for node in row) for row in rows} == {tuple(wanted)}
    assert not {"contactpostalcode", "contactvatnumber", "contactiban", "contactabout"} & set(wanted)


@pytest.mark.parametrize(
    ("nodes", "ids"),
    [
        pytest.param("", [1, 2, 3, 4, 5], id="nothing asked"),
        pytest.param("<contactstatus>2</contactstatus>", [1, 2, 3, 4, 5], id="all statuses"),
        pytest.param("<contactstatus>1</contactstatus>", [1, 2, 3, 5], id="active"),
        pytest.param("<contactstatus>0</contactstatus>", [4], id="disabled"),
        pytest.param("<contacttype>2</contacttype>", [2], id="one type"),
        pytest.param("<contacttype>31</contacttype>", [3, 5, 1, 4], id="two types in their order"),
        pytest.param("<contacttype>213</contacttype>", [2, 1, 4, 3, 5], id="three types in their order"),
        pytest.param("<contacttype>11</contacttype>", [1, 4], id="a type twice"),
        pytest.param("<filter>ALFA</filter>", [1], id="filter finds name, not e-mail, own id or about"),
        pytest.param("<filter>BÈTA</filter>", [2], id="filter finds second name in other case"),
        pytest.param("<filter>gamma</filter>", [3], id="filter finds person"),
        pytest.param("<filter>234 x</filter>", [2], id="filter finds part of postal code"),
        pytest.param("<filter>schijn</filter>", [1], id="filter finds city"),
        pytest.param("<filter>spoor 4</filter>", [4], id="filter finds address"),
        pytest.param("<filter>achter</filter>", [5], id="filter finds second address line"),
        pytest.param("<filter>nergens</filter>", [], id="filter finds nothing"),
        pytest.param("<offset>1</offset><rowcount>2</rowcount>", [2, 3], id="page"),
        pytest.param("<offset>3</offset><rowcount>9</rowcount>", [4, 5], id="more than there are"),
        pytest.param("<offset>3</offset><rowcount>0</rowcount>", [4, 5], id="rowcount 0 is all"),
        pytest.param("<offset/><rowcount/>", [1, 2, 3, 4, 5], id="empty nodes"),
        pytest.param("<offset>5</offset>", [], id="offset at the end"),
        pytest.param("<offset>900</offset>", [], id="offset past the end"),
        pytest.param(
            "<contacttype>31</contacttype><contactstatus>1</contactstatus><offset>1</offset>",
            [5, 1],
            id="together",
        ),
    ],
)
async def test_list_chooses(serve, sandbox_of, five, nodes, ids):
    """A list holds what status, type, filter, offset and rowcount choose, in order."""
    caller = await serve(sandbox_of(*five))

    assert await caller.ids(nodes) == ids


async def test_types_order_the_sample_book(serve, read):
    """Digits of contacttype put the whole sample book in groups, each by id."""
    caller = await serve()

    rows = read((await caller.ask(LIST, "<contacttype>312</contacttype>")).content)
    found = [(row.findtext("contacttypeid"), int(row.findtext("contactid"))) for row in rows.iter("contact")]

    assert [kind for kind, _ in groupby(found, lambda row: row[0])] == ["3", "1", "2"]
    assert found == sorted(found, key=lambda row: ("312".index(row[0]), row[1]))


@pytest.mark.parametrize(
    ("nodes", "node"),
    [
        pytest.param("<rowcount>-1</rowcount>", "rowcount", id="negative rowcount"),
        pytest.param("<offset>-1</offset>", "offset", id="negative offset"),
        pytest.param("<rowcount>ten</rowcount>", "rowcount", id="rowcount in words"),
        pytest.param("<rowcount>١</rowcount>", "rowcount", id="digits of another script"),
        pytest.param("<contactstatus>3</contactstatus>", "contactstatus", id="unknown status"),
        pytest.param("<contacttype>14</contacttype>", "contacttype", id="unknown type"),
    ],
)
async def test_list_refuses(serve, read, nodes, node):
    """What is not acceptable is refused with HTTP 400, status 1 and the node's name."""
    answer = await (await serve()).ask(LIST, nodes)

    document = read(answer.content)
    assert answer.status_code == 400
    assert (document.findtext("status"), document.findtext("errors/count_errors")) == ("1", "1")
    assert node in document.findtext("errors/error/message")


@pytest.mark.parametrize("empty", ["status0", "status2"])
async def test_list_without_a_match(serve, sandbox_of, sample, empty):
    """No match answers the sample of whichever way the sandbox was told to take."""
    caller = await serve(sandbox_of(empty=empty))

    answer = await caller.ask(LIST, "<filter>nergens</filter>")

    assert answer.status_code == 200
    assert answer.content == sample(f"list_response_empty_{empty}.xml")


async def test_list_keeps_to_inodes(serve, sandbox_of, five, read):
    """Only the nodes asked for come back in a row, in the usual order."""
    caller = await serve(sandbox_of(*five))

    answer = await caller.ask(LIST, "<inodes>contactstatus;contactid; nonsense</inodes>")

    rows = read(answer.content).findall("contacts/contact")
    assert [[node.tag for node in row] for row in rows] == [["contactid", "contactstatus"]] * 5


@pytest.mark.parametrize("call", [LIST, GET])
async def test_inodes_none_is_messages_only(serve, sandbox_of, five, sample, call):
    """With inodes NONE both calls answer no contact, only messages and status."""
    caller = await serve(sandbox_of(*five))

    answer = await caller.ask(call, "<contactid>1</contactid><inodes>NONE</inodes>")

    assert answer.content == sample("manage_inodes_none_response.xml")


async def test_get_begins_with_the_documented_bytes(serve, sandbox_of, documented_pair, sample):
    """The documented contact's details begin with exactly the sample's nodes."""
    caller = await serve(sandbox_of(*documented_pair))
    head = sample("get_response_documented_head.xml").partition(b"  </contact>")[0]

    answer = await caller.ask(GET, "<contactid>1234001</contactid>")

    assert answer.status_code == 200
    assert answer.content.startswith(head)


async def test_get_full_has_the_nodes_of_the_assumed_sample(serve, sandbox_of, documented_pair, read, sample):
    """With all nodes the sample's assumed tail comes in its order, then the three it leaves out."""
    caller = await serve(sandbox_of(*documented_pair))

    answer = await caller.ask(GET, "<contactid>1234001</contactid>")

    assumed = [node.tag for node in read(sample("get_response_assumed_full.xml")).find("contact")]
    left_out = ["contacttelephone2", "contactprivaterate", "contactentrydescription"]
    assert [node.tag for node in read(answer.content).find("contact")] == assumed + left_out


async def test_get_documented_has_nodes_with_evidence_only(serve, sandbox_of, documented_pair, read, sample):
    """With documented nodes the head is followed by alternative address, VAT number and status alone."""
    caller = await serve(sandbox_of(*documented_pair, nodes="documented"))

    answer = await caller.ask(GET, "<contactid>1234001</contactid>")

    head = [node.tag for node in read(sample("get_response_documented_head.xml")).find("contact")]
    found = [node.tag for node in read(answer.content).find("contact")]
    assert found[: len(head)] == head
    rest = found[len(head) :]
    assert rest[-2:] == ["contactvatnumber", "contactstatus"]
    assert len(rest) == 9
    assert all(name.startswith("contactalt") for name in rest[:-2])


async def test_contactvattype_is_a_number_in_a_list_and_a_text_in_details(serve, sandbox_of, contact, read):
    """One name means the default VAT type in a row and the English name of contactvattypeid in details."""
    caller = await serve(sandbox_of(contact(1, contactvattype="3", contactvattypeid="1")))

    row = read((await caller.ask(LIST)).content)
    details = read((await caller.ask(GET, "<contactid>1</contactid>")).content)

    assert row.findtext("contacts/contact/contactvattype") == "3"
    assert details.findtext("contact/contactvattype") == "Private and/or VAT exempt"


@pytest.mark.parametrize(
    ("breaks", "text"),
    [
        pytest.param("real", "a\nb\tc\\d", id="as themselves"),
        pytest.param("escaped", "a\\nb\\tc\\d", id="as two characters"),
    ],
)
async def test_get_shows_line_breaks(serve, sandbox_of, contact, read, breaks, text):
    """Line breaks and tabs of a note come back in whichever way was chosen, backslashes as they are."""
    stored = contact(1, contactabout="a\nb\tc\\d", contactinvoicenotes="a\nb\tc\\d")
    caller = await serve(sandbox_of(stored, breaks=breaks))

    found = read((await caller.ask(GET, "<contactid>1</contactid>")).content).find("contact")

    assert [found.findtext(name) for name in ("contactabout", "contactinvoicenotes")] == [text, text]


@pytest.mark.parametrize(
    ("code", "countryid", "region"),
    [
        pytest.param("NL", "1", "1", id="home"),
        pytest.param("BE", "2", "2", id="union"),
        pytest.param("DE", "3", "2", id="union too"),
        pytest.param("AT", "6", "2", id="union of the east"),
        pytest.param("US", "29", "3", id="world"),
        pytest.param("ZZ", "0", "3", id="not in the table"),
        pytest.param("", "0", "0", id="none"),
    ],
)
async def test_get_tells_the_region(serve, sandbox_of, contact, read, code, countryid, region):
    """Country id and region follow the country code, and are zero where there is none."""
    caller = await serve(sandbox_of(contact(1, contactcountrycode=code)))

    found = read((await caller.ask(GET, "<contactid>1</contactid>")).content).find("contact")

    shown = [found.findtext(f"contactcountry{name}") for name in ("id", "typeid", "code")]
    assert shown == [countryid, region, code]


async def test_get_keeps_to_inodes(serve, read):
    """Only the nodes asked for come back of a contact."""
    answer = await (await serve()).ask(
        GET, "<contactid>1234001</contactid><inodes>contactid;contactiban</inodes>"
    )

    assert [node.tag for node in read(answer.content).find("contact")] == ["contactid", "contactiban"]


async def test_get_unknown_contact(serve, sample):
    """An unknown contactid is HTTP 404 with the sample's body, the id repeated."""
    answer = await (await serve()).ask(GET, "<contactid>99</contactid>")

    assert answer.status_code == 404
    assert answer.content == sample("get_response_not_found.xml")


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param("", id="absent"),
        pytest.param("<contactid/>", id="empty"),
        pytest.param("<contactid>abc</contactid>", id="letters"),
        pytest.param("<contactid>-5</contactid>", id="negative"),
        pytest.param("<contactid>1;2</contactid>", id="two"),
        pytest.param(f"<contactid>{'9' * 5000}</contactid>", id="endless"),
    ],
)
async def test_get_refuses_what_is_no_id(serve, read, nodes):
    """A contactid that is absent or no number is HTTP 400."""
    answer = await (await serve()).ask(GET, nodes)

    assert (answer.status_code, read(answer.content).findtext("status")) == (400, "1")


async def test_get_of_a_broken_contact_is_an_exception(serve, sandbox_of, contact, sample):
    """A contact declared broken answers status 3; others are answered."""
    caller = await serve(sandbox_of(contact(1), contact(2), broken=frozenset({"1"})))

    broken = await caller.ask(GET, "<contactid>1</contactid>")
    sound = await caller.ask(GET, "<contactid>2</contactid>")

    assert (broken.status_code, sound.status_code) == (500, 200)
    assert broken.content == sample("error_status3_response.xml")


async def test_every_listed_contact_can_be_got(serve, read):
    """Row and details of each contact of the sample book agree where they tell the same."""
    caller = await serve(create(contacts=12))
    rows = read((await caller.ask(LIST)).content).findall("contacts/contact")

    for row in rows:
        answer = await caller.ask(GET, f"<contactid>{row.findtext('contactid')}</contactid>")
        found = read(answer.content).find("contact")
        for name in ("contactname1", "contactcity", "contactemail", "contactstatus", "contactyourid"):
            assert found.findtext(name) == row.findtext(name)
