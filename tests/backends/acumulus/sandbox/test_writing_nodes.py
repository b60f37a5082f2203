import pytest

from gateway.backends.acumulus.sandbox.nodes import STORED

ID = "<contactid>1</contactid>"
UPDATE = f"{ID}<overwriteifexists>1</overwriteifexists>"

ZERO_CLEARS = (
    "contactinvoicetemplateid",
    "contactcostheadingid",
    "contactcostcenterid",
    "contactbankaccountid",
)
EMPTY_CLEARS = (
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
)
DEFAULTS = {
    "contacttype": "3",
    "contactsalutation": "Geachte mevrouw/heer",
    "contactcountrycode": "NL",
    "contactstatus": "1",
    "contactsepaincassostatus": "FRST",
    "contactvatratebase": "21",
}
FILLED = {
    **dict.fromkeys(STORED, "Iets"),
    "contacttype": "1",
    "contactvattypeid": "1",
    "contactcountrycode": "BE",
    "contactaltcountrycode": "DE",
    "contactstatus": "0",
    "contactsepamandatedate": "2024-02-29",
    "contactsepaincassostatus": "OOFF",
    "contactinvoicetemplateid": "50002",
    "contactvattype": "4",
    "contactvatratebase": "9",
    "contactcostheadingid": "31",
    "contactcostcenterid": "40002",
    "contactbankaccountid": "70002",
    "contactprivaterate": "33.33",
}
DATA_NODES = STORED[1:]
RESET = [name for name in DATA_NODES if name not in (*ZERO_CLEARS, *EMPTY_CLEARS)]


@pytest.fixture
async def filled(serve, sandbox_of, contact):
    """A caller of a sandbox with one contact, 1, of which every node is filled and none has its default."""
    return await serve(sandbox_of(contact(**{**FILLED, "contactid": 1})))


async def stored(caller):
    return (await caller.state())["1"]


def all_but(*left_out):
    return "".join(f"<{name}>{FILLED[name]}</{name}>" for name in DATA_NODES if name not in left_out)


def test_the_classes_have_the_documented_sizes():
    """Of 46 data nodes 29 are reset when omitted, 4 cleared by zero and 13 by emptiness."""
    assert (len(DATA_NODES), len(RESET), len(ZERO_CLEARS), len(EMPTY_CLEARS)) == (46, 29, 4, 13)


@pytest.mark.parametrize("name", DATA_NODES)
async def test_update_without_a_node(filled, name):
    """One omitted node is reset to its default or kept, by its class; all others stay as sent."""
    await filled.manage(f"{UPDATE}{all_but(name)}")

    left = DEFAULTS.get(name, "") if name in RESET else FILLED[name]
    assert await stored(filled) == {**{each: FILLED[each] for each in DATA_NODES}, name: left}


@pytest.mark.parametrize("empty", ["", " "], ids=["empty", "blank"])
@pytest.mark.parametrize("name", DATA_NODES)
async def test_update_with_an_empty_node(filled, name, empty):
    """An empty node is reset to its default or cleared, but kept where only 0 clears."""
    await filled.manage(f"{UPDATE}{all_but(name)}<{name}>{empty}</{name}>")

    assert (await stored(filled))[name] == (FILLED[name] if name in ZERO_CLEARS else DEFAULTS.get(name, ""))


@pytest.mark.parametrize("name", ZERO_CLEARS)
async def test_zero_clears(filled, name, read):
    """0 clears each of the four nodes for which the page asks it, without a warning."""
    answer = await filled.manage(f"{UPDATE}{all_but(name)}<{name}>0</{name}>")

    assert (read(answer.content).findtext("status"), (await stored(filled))[name]) == ("0", "0")


async def test_empty_contact_is_added(serve, sandbox_of):
    """No node is mandatory: an empty contact is one with the defaults alone."""
    caller = await serve(sandbox_of())

    await caller.ask("contacts/contact_manage.php", "<contact></contact>")

    stored = (await caller.state())["1234001"]
    assert {name: text for name, text in stored.items() if text} == DEFAULTS


async def test_clear_sample_clears_what_omission_keeps(serve, sandbox_of, whole, send_sample):
    """Zeros in four nodes and emptiness in thirteen clear them, and nothing else changes."""
    caller = await serve(sandbox_of(whole))

    await send_sample(caller, "manage_update_clear_request.xml")

    stored = (await caller.state())["1234001"]
    changed = {name: stored[name] for name in stored if stored[name] != whole[name]}
    filled = {name for name in (*ZERO_CLEARS, *EMPTY_CLEARS) if whole[name]}
    assert changed == {name: "0" if name in ZERO_CLEARS else "" for name in filled}


async def test_update_that_omits_the_status_activates(filled, read):
    """A disabled contact whose update says nothing of its status is active again."""
    await filled.manage(f"{UPDATE}<contactname1>A</contactname1>")

    row = read((await filled.ask("contacts/contacts_list.php")).content).find("contacts/contact")
    assert row.findtext("contactstatus") == "1"


async def test_status_zero_disables(filled, read):
    """Disabling is a write with contactstatus 0; no other call does it."""
    added = await filled.manage("<contactname1>B</contactname1>")
    new = int(read(added.content).findtext("contact/contactid"))

    await filled.manage(
        f"<contactid>{new}</contactid><overwriteifexists>1</overwriteifexists><contactstatus>0</contactstatus>"
    )

    assert await filled.ids("<contactstatus>0</contactstatus>") == [1, new]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("contacttype", "1 2 3", id="type"),
        pytest.param("contactvattypeid", "1 2", id="VAT liability"),
        pytest.param("contactstatus", "0 1", id="status"),
        pytest.param("contactsepaincassostatus", "FRST RCUR OOFF FNAL", id="SEPA sequence"),
        pytest.param("contactvattype", "1 2 3 4 5 6 7", id="VAT type"),
        pytest.param("contactvatratebase", "-2 -1 0 6 9 19 21", id="VAT rate"),
        pytest.param("contactprivaterate", "0 0.5 12.50 100 100.00", id="private rate"),
        pytest.param("contactsepamandatedate", "2024-02-29 1999-12-31", id="mandate's date"),
        pytest.param("contactinvoicetemplateid", "0 50001 50002", id="template"),
        pytest.param("contactcostheadingid", "0 10 19 23 31", id="cost heading"),
        pytest.param("contactcostcenterid", "0 40001 40002", id="cost centre"),
        pytest.param("contactbankaccountid", "0 70001 70002 70003", id="own account, also a disabled one"),
        pytest.param("contactcountrycode", "NL BE GR US", id="country"),
        pytest.param("contactemail", "a@b.example a@b.example,c@d.example;e", id="e-mail, unchecked"),
        pytest.param("contactiban", "NL91ABNA0417164300 no-iban", id="IBAN, unchecked"),
        pytest.param("contactvatnumber", "NL000099998B57 1", id="VAT number, unchecked"),
    ],
)
async def test_accepted_values(filled, read, name, values):
    """Each value a node may have is stored as sent, without a word."""
    for value in values.split():
        answer = await filled.manage(f"{UPDATE}<{name}> {value} </{name}>")
        assert (read(answer.content).findtext("status"), (await stored(filled))[name].strip()) == ("0", value)


@pytest.mark.parametrize(
    ("name", "sent", "instead"),
    [
        pytest.param("contacttype", "4", "3", id="type"),
        pytest.param("contacttype", "31", "3", id="two types, as a list may ask"),
        pytest.param("contactvattypeid", "3", "", id="VAT liability"),
        pytest.param("contactstatus", "2", "1", id="status"),
        pytest.param("contactsepaincassostatus", "frst", "FRST", id="SEPA sequence in small letters"),
        pytest.param("contactvattype", "Business VAT taxable", "1", id="VAT type as read"),
        pytest.param("contactvatratebase", "20", "21", id="VAT rate"),
        pytest.param("contactvatratebase", "21.00", "21", id="VAT rate as once read"),
        pytest.param("contactinvoicetemplateid", "1", "0", id="template"),
        pytest.param("contactcostheadingid", "1", "0", id="cost heading"),
        pytest.param("contactcostcenterid", "x", "0", id="cost centre"),
        pytest.param("contactbankaccountid", "-1", "0", id="own account"),
    ],
)
async def test_replaced_values(filled, read, name, sent, instead):
    """What is not on the list is stored as its default, and told in a warning with status 2."""
    answer = await filled.manage(f"{UPDATE}<{name}>{sent}</{name}>")

    document = read(answer.content)
    assert (answer.status_code, document.findtext("status")) == (200, "2")
    assert document.findtext("warnings/warning/message").startswith(f"Incorrect {name} value used ({sent}).")
    assert (await stored(filled))[name] == document.findtext(f"contact/{name}") == instead


async def test_warning_has_the_sample_s_words(filled, sample):
    """The warning of a wrong contactvattype is that of the sample, byte for byte."""
    answer = await filled.manage(f"{UPDATE}<contactvattype>9</contactvattype>")

    tail = sample("manage_warning_response.xml").partition(b"  </contact>")[2]
    assert answer.content.endswith(b"  </contact>" + tail)


async def test_warning_in_dutch(filled, read):
    """Messages come in Dutch when asked for."""
    answer = await filled.manage(f"{UPDATE}<contactvattypeid>9</contactvattypeid>", "<lang>nl</lang>")

    message = read(answer.content).findtext("warnings/warning/message")
    assert message == "Onjuiste waarde voor contactvattypeid gebruikt (9). Er wordt geen waarde gebruikt."


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param("contactsepamandatedate", "2023-02-29", id="no such day"),
        pytest.param("contactsepamandatedate", "0000-00-00", id="zeros"),
        pytest.param("contactsepamandatedate", "20240131", id="no dashes"),
        pytest.param("contactsepamandatedate", "31-01-2024", id="Dutch order"),
        pytest.param("contactsepamandatedate", "2024-01-31T00:00:00", id="with a time"),
        pytest.param("contactprivaterate", "100.01", id="over a hundred"),
        pytest.param("contactprivaterate", "-1", id="below zero"),
        pytest.param("contactprivaterate", "1.234", id="three decimals"),
        pytest.param("contactprivaterate", "12,5", id="comma"),
        pytest.param("contactprivaterate", "1e1", id="exponent"),
    ],
)
async def test_refused_values(filled, read, name, sent):
    """An impossible date or percentage is HTTP 400, and nothing at all is stored."""
    before = await filled.state()

    answer = await filled.manage(f"{UPDATE}<contactname1>A</contactname1><{name}>{sent}</{name}>")

    document = read(answer.content)
    assert (answer.status_code, document.findtext("status")) == (400, "1")
    assert document.findtext("errors/error/message") == f"Invalid {name}"
    assert (document.find("contact"), await filled.state()) == (None, before)


async def test_all_faults_are_told_at_once(filled, read):
    """Two refused nodes and a replaced one are two errors and a warning, and no contact is added."""
    nodes = (
        "<contactsepamandatedate>x</contactsepamandatedate><contactprivaterate>x</contactprivaterate>"
        "<contacttype>x</contacttype>"
    )

    document = read((await filled.manage(nodes)).content)

    counts = (document.findtext("errors/count_errors"), document.findtext("warnings/count_warnings"))
    assert (counts, len(await filled.state())) == (("2", "1"), 1)


@pytest.mark.parametrize(
    ("name", "sent", "stored_code"),
    [
        pytest.param("contactcountrycode", "", "NL", id="empty"),
        pytest.param("contactcountrycode", "XX", "NL", id="invalid"),
        pytest.param("contactcountrycode", "Belgium", "NL", id="a name"),
        pytest.param("contactcountrycode", "be", "BE", id="small letters"),
        pytest.param("contactaltcountrycode", "", "", id="empty alternative"),
        pytest.param("contactaltcountrycode", "XX", "NL", id="invalid alternative"),
    ],
)
async def test_country(filled, read, name, sent, stored_code):
    """An empty or invalid country becomes NL without a warning; an empty alternative one is cleared."""
    answer = await filled.manage(f"{UPDATE}<{name}>{sent}</{name}>")

    assert read(answer.content).findtext("status") == "0"
    assert (await stored(filled))[name] == stored_code


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("a&#92;nb&#92;tc", "a\nb\tc", id="two characters, by reference"),
        pytest.param(r"a\nb\tc", "anbtc", id="two characters, backslash raw"),
        pytest.param(r"<![CDATA[a\nb]]>", "anb", id="raw in CDATA"),
        pytest.param("a\nb\tc\r\nd&#13;e", "a b c d e", id="line breaks and tabs themselves"),
        pytest.param("C:&#92;nieuw", "C:\nieuw", id="a path"),
        pytest.param("C:&#92;map", r"C:\map", id="another path"),
        pytest.param("<![CDATA[R&D <x>]]>", "R&D <x>", id="CDATA"),
        pytest.param("R&amp;D &lt;x&gt; &#233;é🙂", "R&D <x> éé🙂", id="escaped"),
    ],
)
@pytest.mark.parametrize("name", ["contactinvoicenotes", "contactabout"])
async def test_texts_of_several_lines(filled, name, written, kept):
    """Line breaks and tabs get into notes as two characters whose backslash is a reference."""
    await filled.manage(f"{UPDATE}<{name}>{written}</{name}>")

    assert (await stored(filled))[name] == kept


async def test_two_characters_elsewhere_stay_two(filled):
    """In any other node the backslash and its letter are stored as they are, and a real break as a blank."""
    await filled.manage(f"{UPDATE}<contactname1>a&#92;nb</contactname1><contactcity>c\nd</contactcity>")

    found = await stored(filled)
    assert (found["contactname1"], found["contactcity"]) == (r"a\nb", "c d")


@pytest.mark.parametrize(
    ("breaks", "shown"), [("real", "a\nb"), ("escaped", r"a\nb")], ids=["real", "escaped"]
)
async def test_answer_shows_line_breaks(serve, sandbox_of, read, breaks, shown):
    """A write answers stored line breaks in the way that reading does."""
    caller = await serve(sandbox_of(breaks=breaks))

    answer = await caller.manage("<contactabout>a&#92;nb</contactabout>")

    assert read(answer.content).findtext("contact/contactabout") == shown
