import asyncio

import pytest

MANAGE = "contacts/contact_manage.php"
GET = "contacts/contact_get.php"
ID = "<contactid>1234001</contactid>"
UPDATE = f"{ID}<overwriteifexists>1</overwriteifexists>"


@pytest.fixture
def texts(read):
    """Reads the contact of an answer: text by node, in the order of the answer."""
    return lambda xml: {node.tag: node.text or "" for node in read(xml).find("contact")}


def proc(texts, answer):
    return texts(answer.content)["contactproc"]


def data(stored):
    return {name: text for name, text in stored.items() if name != "contactid"}


@pytest.mark.parametrize(
    ("request_name", "response_name"),
    [
        pytest.param("manage_add_request", "manage_add_response", id="add"),
        pytest.param("manage_add_minimal_request", "manage_add_minimal_response", id="add two"),
        pytest.param("manage_update_request", "manage_update_response", id="update"),
        pytest.param("manage_update_hazard_request", "manage_update_hazard_response", id="partial"),
        pytest.param("manage_unchanged_request", "manage_unchanged_response", id="unchanged"),
        pytest.param("manage_testmode_request", "manage_testmode_response", id="testmode"),
        pytest.param("manage_update_keep_request", "manage_update_response", id="keep"),
    ],
)
async def test_samples(serve, sandbox_of, whole, texts, sample, send_sample, request_name, response_name):
    """The sample requests get the sample answers, node for node, but for the number of a new contact."""
    caller = await serve(sandbox_of(whole, breaks="escaped"))

    answer = await send_sample(caller, f"{request_name}.xml")

    expected = texts(sample(f"{response_name}.xml"))
    if expected["contactproc"] == "added":
        expected["contactid"] = "1234002"
    assert answer.status_code == 200
    assert list(texts(answer.content).items()) == list(expected.items())


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param("", id="no contactid"),
        pytest.param("<contactid/>", id="empty contactid"),
        pytest.param("<contactid> </contactid>", id="blank contactid"),
        pytest.param("<overwriteifexists>1</overwriteifexists>", id="overwriting"),
        pytest.param("<contactemail>inkoop@example.com;admin@example.com</contactemail>", id="known e-mail"),
        pytest.param("<contactyourid>REL-1001</contactyourid>", id="known own id"),
    ],
)
async def test_without_contactid_a_contact_is_added(serve, sandbox_of, whole, texts, nodes):
    """No contactid makes a new contact under the next id: nothing else is compared, and twice makes two."""
    caller = await serve(sandbox_of(whole))

    answers = [await caller.manage(f"{nodes}<contactname1>A</contactname1>") for _ in range(2)]

    state = await caller.state()
    assert [proc(texts, answer) for answer in answers] == ["added", "added"]
    assert list(state) == ["1234001", "1234002", "1234003"]
    assert state["1234001"] == data(whole)
    assert state["1234002"] == state["1234003"]


async def test_added_contact_is_listed_and_got(serve, sandbox_of, read):
    """What was written can be read at once, in the list and by itself."""
    caller = await serve(sandbox_of())

    await caller.manage("<contactname1>Nieuw</contactname1><contactcity>Waanbeke</contactcity>")

    assert await caller.ids("<filter>waanbeke</filter>") == [1234001]
    found = read((await caller.ask(GET, ID)).content).find("contact")
    assert (found.findtext("contactname1"), found.findtext("contactcountrytypeid")) == ("Nieuw", "1")


async def test_changed_contact_is_listed_and_got_anew(serve, sandbox_of, whole, read):
    """A row and details show an update at once, country and region together."""
    caller = await serve(sandbox_of(whole))
    await caller.ids()

    await caller.manage(
        f"{UPDATE}<contactname1>Anders</contactname1><contactcountrycode>be</contactcountrycode>"
    )

    rows = read((await caller.ask("contacts/contacts_list.php", "<filter>anders</filter>")).content)
    assert [row.findtext("contactname1") for row in rows.iterfind("contacts/contact")] == ["Anders"]
    found = read((await caller.ask(GET, ID)).content).find("contact")
    shown = [found.findtext(f"contactcountry{name}") for name in ("", "id", "typeid", "code")]
    assert shown == ["", "2", "2", "BE"]


@pytest.mark.parametrize("flag", ["", "<overwriteifexists/>", "<overwriteifexists>0</overwriteifexists>"])
async def test_without_overwriting_nothing_is_stored(serve, sandbox_of, whole, texts, flag):
    """A known contactid without overwriteifexists 1 is answered `unchanged`, with what is stored."""
    caller = await serve(sandbox_of(whole))

    answer = await caller.manage(f"{ID}{flag}<contactname1>Anders</contactname1>")

    assert texts(answer.content) == {**whole, "contactproc": "unchanged"}
    assert (await caller.state()) == {"1234001": data(whole)}


@pytest.mark.parametrize("identical", ["updated", "unchanged"])
async def test_identical_data(serve, sandbox_of, whole, texts, send_sample, identical):
    """An update to what is stored already is told in the chosen way, a real change is always `updated`."""
    caller = await serve(sandbox_of(whole, identical=identical))

    same = await send_sample(caller, "manage_update_request.xml")
    other = await caller.manage(f"{UPDATE}<contactname1>Anders</contactname1>")

    assert (proc(texts, same), proc(texts, other)) == (identical, "updated")


async def test_unknown_contactid_is_refused(serve, sandbox_of, whole, sample):
    """A contactid that nobody has is HTTP 404 as in contact_get, and nothing is stored."""
    caller = await serve(sandbox_of(whole))

    answer = await caller.manage("<contactid>99</contactid><overwriteifexists>1</overwriteifexists>")

    assert (answer.status_code, answer.content) == (404, sample("get_response_not_found.xml"))
    assert list(await caller.state()) == ["1234001"]


async def test_unknown_contactid_may_add(serve, sandbox_of, whole, texts):
    """Told so, the sandbox adds a contact for an unknown contactid, under another one."""
    caller = await serve(sandbox_of(whole, unknown_id="add"))

    answer = await caller.manage("<contactid>99</contactid><contactname1>A</contactname1>")

    found = texts(answer.content)
    assert (found["contactid"], found["contactproc"]) == ("1234002", "added")
    assert list(await caller.state()) == ["1234001", "1234002"]


@pytest.mark.parametrize(
    ("nodes", "contactid", "name"),
    [
        pytest.param("", "", "Anders", id="add"),
        pytest.param(UPDATE, "1234001", "Anders", id="update"),
        pytest.param(ID, "1234001", "Voorbeeld & Zonen B.V.", id="no overwriting"),
    ],
)
async def test_testmode_stores_nothing(serve, sandbox_of, whole, texts, nodes, contactid, name):
    """In testmode nothing is stored, no id is used up, and the answer shows what would have been stored."""
    caller = await serve(sandbox_of(whole))
    sent = f"{nodes}<contactname1>Anders</contactname1>"

    found = texts((await caller.manage(sent, "<testmode>1</testmode>")).content)

    assert (await caller.state()) == {"1234001": data(whole)}
    assert [found[node] for node in ("contactproc", "contactid", "contactname1")] == [
        "testmode",
        contactid,
        name,
    ]
    added = texts((await caller.manage("<contactname1>A</contactname1>")).content)
    assert added["contactid"] == "1234002"


async def test_testmode_checks(serve, sandbox_of, read):
    """In testmode faults and warnings are those of the real write."""
    caller = await serve(sandbox_of())

    wrong = await caller.manage("<contactprivaterate>x</contactprivaterate>", "<testmode>1</testmode>")
    odd = await caller.manage("<contacttype>9</contacttype>", "<testmode>1</testmode>")

    assert (wrong.status_code, read(wrong.content).findtext("status")) == (400, "1")
    assert (odd.status_code, read(odd.content).findtext("status")) == (200, "2")


@pytest.mark.parametrize(
    ("nodes", "contactid", "result"),
    [
        pytest.param(ID, "1234001", "unchanged", id="unchanged"),
        pytest.param(UPDATE, "1234001", "updated", id="updated"),
        pytest.param("", "1234002", "added", id="added"),
    ],
)
async def test_answer_may_be_what_was_submitted(serve, sandbox_of, whole, texts, nodes, contactid, result):
    """Told so, the sandbox answers all nodes of the call with what was sent, before any replacement."""
    caller = await serve(sandbox_of(whole, manage_answers="submitted"))

    answer = await caller.manage(f"{nodes}<contacttype>9</contacttype><contactabout>a&#92;nb</contactabout>")

    sent = {"contactid": contactid, "contacttype": "9", "contactabout": r"a\nb", "contactproc": result}
    assert texts(answer.content) == {**dict.fromkeys(whole, ""), **sent}


async def test_answer_keeps_to_inodes(serve, sandbox_of, texts, sample, read):
    """Only the nodes asked for come back; NONE leaves messages, of which the warnings are some."""
    caller = await serve(sandbox_of())

    some = await caller.manage("<contactname1>A</contactname1>", "<inodes>contactproc;contactid</inodes>")
    none = await caller.manage("<contactname1>A</contactname1>", "<inodes>NONE</inodes>")
    warned = read((await caller.manage("<contacttype>9</contacttype>", "<inodes>NONE</inodes>")).content)

    assert texts(some.content) == {"contactid": "1234001", "contactproc": "added"}
    assert none.content == sample("manage_inodes_none_response.xml")
    assert (warned.findtext("warnings/count_warnings"), warned.findtext("status")) == ("1", "2")
    assert len(await caller.state()) == 3


@pytest.mark.parametrize("role", ["API-beheerder", "API-gebruiker", "API-invoerder"])
async def test_every_role_writes(serve, sandbox_of, texts, role):
    """The role that may not read may write, as the others may."""
    caller = await serve(sandbox_of(role=role))

    assert proc(texts, await caller.manage("<contactname1>A</contactname1>")) == "added"


@pytest.mark.parametrize(
    ("outside", "node"),
    [
        pytest.param("", "contact", id="no contact"),
        pytest.param("<contact/><contact/>", "contact", id="two empty contacts"),
        pytest.param("<contact><a/></contact><contact><a/></contact>", "contact", id="two contacts"),
        pytest.param("<contact><contactid>x</contactid></contact>", "contactid", id="contactid in letters"),
        pytest.param("<contact><contactid>-1</contactid></contact>", "contactid", id="negative contactid"),
        pytest.param(
            "<contact><overwriteifexists>yes</overwriteifexists></contact>",
            "overwriteifexists",
            id="overwriting",
        ),
        pytest.param("<testmode>2</testmode><contact/>", "testmode", id="testmode"),
    ],
)
async def test_refused_requests(serve, sandbox_of, whole, read, outside, node):
    """What is no acceptable request is HTTP 400, names the node and stores nothing."""
    caller = await serve(sandbox_of(whole))

    answer = await caller.ask(MANAGE, outside)

    document = read(answer.content)
    assert (answer.status_code, document.findtext("status")) == (400, "1")
    assert document.findtext("errors/error/message") == f"Invalid {node}"
    assert await caller.state() == {"1234001": data(whole)}


async def test_unknown_nodes_are_ignored(serve, sandbox_of, texts):
    """Nodes nobody knows, within the contact and beside it, do no harm and are not answered."""
    caller = await serve(sandbox_of())

    answer = await caller.manage(
        "<meta-x>1</meta-x><contactlocationcode>1</contactlocationcode>", "<y><z/></y>"
    )

    assert proc(texts, answer) == "added"
    assert not {"meta-x", "contactlocationcode"} & set(texts(answer.content))


async def test_answer_in_json(serve, sandbox_of):
    """The same answer comes in JSON when asked, empty nodes as empty lists."""
    caller = await serve(sandbox_of())

    found = (await caller.manage("<contactname1>A</contactname1>", "<format>json</format>")).json()

    assert (found["contact"]["contactproc"], found["contact"]["contactcity"], found["status"]) == (
        "added",
        [],
        "0",
    )


async def test_writes_at_once_do_not_mix(serve, sandbox_of, texts):
    """Twenty contacts added at the same time have twenty ids, and each is stored as it was answered."""
    caller = await serve(sandbox_of())

    answers = await asyncio.gather(*(caller.manage(f"<contactname1>{n}</contactname1>") for n in range(20)))

    answered = {
        found["contactid"]: found["contactname1"] for found in (texts(each.content) for each in answers)
    }
    state = await caller.state()
    assert len(answered) == 20
    assert {contactid: stored["contactname1"] for contactid, stored in state.items()} == answered


async def test_reset_forgets_writes(serve, sandbox_of, whole):
    """After a reset the seeded contact is as it was and the added one is gone."""
    caller = await serve(sandbox_of(whole))
    await caller.manage(UPDATE)
    await caller.manage("")

    caller.sandbox.reset()

    assert await caller.state() == {"1234001": data(whole)}
