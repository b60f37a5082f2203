import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backends.acumulus.sandbox import create
from gateway.emulation.vocabulary import Request

LIST = "contacts/contacts_list.php"
GET = "contacts/contact_get.php"
MANAGE = "contacts/contact_manage.php"
ABOUT = "general/general_about.php"
EVERY_CALL = (
    LIST,
    GET,
    MANAGE,
    ABOUT,
    "picklists/picklist_accounts.php",
    "picklists/picklist_costcenters.php",
    "picklists/picklist_costheadings.php",
    "picklists/picklist_invoicetemplates.php",
    "picklists/picklist_contacttypes.php",
    "picklists/picklist_vattypes.php",
)


@pytest.mark.parametrize("call", EVERY_CALL)
async def test_every_call_answers(serve, read, call):
    """Each call answers status 0 to the right credentials."""
    answer = await (await serve()).ask(call, "<contactid>1234001</contactid><contact/>")

    assert (answer.status_code, read(answer.content).findtext("status")) == (200, "0")


@pytest.mark.parametrize("call", EVERY_CALL)
async def test_every_call_asks_for_a_contract(serve, sample, call):
    """Without a contract block each call answers 403 with the documented body, in Dutch when asked."""
    answer = await (await serve()).ask(call, "<lang>nl</lang>", contract="")

    assert answer.status_code == 403
    assert answer.content == sample("error_403_contract_missing_response.xml")


@pytest.mark.parametrize(
    ("code", "user", "password"),
    [
        pytest.param("654321", "ApiUser123456", "sandbox-only-Acumulus", id="contract code"),
        pytest.param("123456", "somebody", "sandbox-only-Acumulus", id="user"),
        pytest.param("123456", "ApiUser123456", "guess", id="password"),
        pytest.param("123456", "ApiUser123456", "", id="no password"),
    ],
)
async def test_wrong_credentials(serve, sample, code, user, password):
    """Any wrong part of the credentials answers 403, the same for each."""
    block = (
        f"<contract><contractcode>{code}</contractcode><username>{user}</username>"
        f"<password>{password}</password></contract>"
    )

    answer = await (await serve()).ask(LIST, contract=block)

    assert answer.status_code == 403
    assert answer.content == sample("error_403_wrong_login_response.xml")


async def test_empty_contract_is_a_wrong_login(serve, sample):
    """A contract block with nothing in it is there, but lets nobody in."""
    answer = await (await serve()).ask(LIST, contract="<contract/>")

    assert answer.content == sample("error_403_wrong_login_response.xml")


@pytest.mark.parametrize("call", [LIST, GET])
async def test_low_role_may_not_read(serve, sandbox_of, contact, sample, call):
    """The role that only writes is refused the contacts with the documented code tag."""
    caller = await serve(sandbox_of(contact(1), role="API-invoerder"))

    answer = await caller.ask(call, "<contactid>1</contactid>")

    assert answer.status_code == 403
    body = sample("error_403_role_response.xml").replace(b"contacts/contact_get.php", call.encode())
    assert answer.content == body


@pytest.mark.parametrize(
    ("role", "roleid", "contacts"),
    [
        pytest.param("API-beheerder", "4", 200, id="administrator"),
        pytest.param("API-gebruiker", "5", 200, id="user"),
        pytest.param("API-invoerder", "6", 403, id="contributor"),
    ],
)
async def test_about_tells_the_role(serve, sandbox_of, read, role, roleid, contacts):
    """Each role learns its own name and id, and picklists stay open to it whatever it may read."""
    caller = await serve(sandbox_of(role=role))

    own = read((await caller.ask(ABOUT)).content).find("general")
    picklist = await caller.ask("picklists/picklist_vattypes.php")

    assert [node.tag for node in own] == ["about", "role", "roleapi", "roleid", "rolenl"]
    assert (own.findtext("roleapi"), own.findtext("roleid")) == (role, roleid)
    assert (picklist.status_code, (await caller.ask(LIST)).status_code) == (200, contacts)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/acumulus/stable/contacts/contact_delete.php", id="a call there is not"),
        pytest.param("/acumulus/stable/contacts/contacts_list.php/", id="slash behind"),
        pytest.param("/acumulus/dev/contacts/contacts_list.php", id="other version"),
        pytest.param("/contacts/contacts_list.php", id="no base path"),
        pytest.param("/contacts/contact_get.php", id="only the call"),
        pytest.param("/", id="root"),
    ],
)
async def test_wrong_address_is_a_page(serve, path):
    """An unknown path answers 404 as HTML, not in the API's format."""
    caller = await serve()

    answer = await caller.http.post(f"{caller.emulator.url}{path}", data={"xmlstring": "<myxml/>"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_path_without_its_first_slash_is_no_call():
    """A call's own path, without the base path in front, is not taken for the call."""
    assert create(contacts=1).answer(Request("POST", LIST)).status == 404


async def test_get_request_is_a_page(serve):
    """Another method than POST answers 405 as HTML and names the right one."""
    caller = await serve()

    answer = await caller.http.get(f"{caller.url}/{LIST}")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"].startswith("text/html")


async def test_malformed_xml_answers_xml_whatever_was_asked(serve, sample):
    """XML that cannot be parsed answers 400 in XML, though it asks for JSON."""
    answer = await (await serve()).send(LIST, sample("error_malformed_request.txt").decode())

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/xml; charset=utf-8")
    assert answer.content == sample("error_malformed_response.xml")


async def test_json_when_asked(serve):
    """With format json, in any case, an error is an object in JSON."""
    answer = await (await serve()).ask(GET, "<format>JSON</format><contactid>99</contactid>")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json; charset=utf-8")
    assert answer.json()["errors"]["error"]["code"] == "404 Not Found"


async def test_sample_requests_are_understood(serve, sample):
    """The documented requests work once they hold the sandbox's password."""
    caller = await serve()
    password = caller.sandbox.connection["password"]

    for name, call in (("list_request.xml", LIST), ("get_request.xml", GET)):
        xml = sample(name).decode().replace("example-password", password)
        assert (await caller.send(call, xml)).status_code == 200


async def test_log_tells_the_call_and_no_secret(serve):
    """The request log holds call, id, page and the filter's length: no credential and no searched text."""
    caller = await serve()

    await caller.ask(LIST, "<filter>van der Kwast</filter><offset>5</offset><rowcount>10</rowcount>")
    await caller.ask(GET, "<contactid>1234001</contactid>")
    await caller.ask(GET, "<contactid>van der Kwast</contactid>")
    await caller.manage(
        "<contactid>1234001</contactid><contactname1>Kwast</contactname1>", "<testmode>1</testmode>"
    )
    await caller.manage("<contactname1>Kwast</contactname1><overwriteifexists>Kwast</overwriteifexists>")
    await caller.send(LIST, "<myxml")

    about = [dict(row.about) for row in caller.emulator.log.rows()]
    assert about == [
        {"call": LIST, "offset": "5", "rowcount": "10", "filter_length": "13"},
        {"call": GET, "contactid": "1234001"},
        {"call": GET, "contactid": "not a number"},
        {"call": MANAGE, "contactid": "1234001", "testmode": "1"},
        {"call": MANAGE, "overwriteifexists": "not a number"},
        {"call": LIST},
    ]
    assert not [text for text in caller.sandbox.connection.values() if text in repr(about)]


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=A"
FRAMES = (
    (FORM, b"xmlstring=", b""),
    (PARTS, b'--A\r\nContent-Disposition: form-data; name="xmlstring"\r\n\r\n', b"\r\n--A--\r\n"),
    (PARTS, b"--A\r\n", b"--A"),
    ("A; =;;", b"", b""),
)
PIECES = (b"<m>", b"</m>", b"<contract/>", b"<lang>", b"</lang>", b"&", b"%3C", b"<!DOCTYPE m>", b"\xff")


@settings(max_examples=200, deadline=None)
@given(
    call=st.sampled_from(EVERY_CALL),
    frame=st.sampled_from(FRAMES),
    inside=st.lists(st.sampled_from(PIECES) | st.binary(max_size=20)).map(b"".join),
)
def test_nothing_a_client_sends_raises(call, frame, inside):
    """Any body, in a right form or a wrong one, gets an answer and a description."""
    sandbox = create(contacts=0)
    content_type, head, tail = frame
    path, headers = f"{sandbox.base_path}/{call}", {"content-type": content_type}
    request = Request("POST", path, headers=headers, body=head + inside + tail)

    assert sandbox.answer(request).status in (400, 403)
    assert sandbox.describe(request)["call"] == call


def test_describe_of_another_address_is_empty():
    """A request that is no call is described by nothing."""
    assert create(contacts=1).describe(Request("GET", "/favicon.ico")) == {}


async def test_state_is_all_that_is_stored(serve, sandbox_of, contact):
    """The control surface shows every node of every contact, also those that no answer shows."""
    stored = contact(
        1, contactvattype="5", contactprivaterate="12.50", contactabout="a\nb", contacttelephone2="7"
    )
    caller = await serve(sandbox_of(stored, contact(2), nodes="documented", breaks="escaped"))

    state = await caller.state()

    assert (list(state), {len(nodes) for nodes in state.values()}) == (["1", "2"], {46})
    assert state["1"] == {name: text for name, text in stored.items() if name != "contactid"}


def test_reset_puts_the_seeded_book_back(contact):
    """What was stored since the start is gone after a reset, the seeded contacts are as they were."""
    sandbox = create(contacts=5)
    before = [sandbox.book.row(contactid) for contactid in map(str, range(1234001, 1234006))]
    sandbox.book.put(contact(1234001, contactname1="Changed"))
    sandbox.book.put(contact(7))

    sandbox.reset()

    assert len(sandbox.book) == 5
    assert [sandbox.book.row(contactid) for contactid in map(str, range(1234001, 1234006))] == before


def test_access_is_told_to_people():
    """The lines for people hold every credential, which are the keys a configuration needs."""
    sandbox = create(contacts=0)

    lines = "\n".join(sandbox.describe_access())

    assert set(sandbox.connection) == {"contract_code", "username", "password"}
    assert all(text in lines for text in sandbox.connection.values())
    assert (sandbox.name, sandbox.default_port, sandbox.base_path) == ("acumulus", 8102, "/acumulus/stable")


async def test_two_thousand_rows_are_listed_soon(serve):
    """A list of two thousand rows is answered fast once it was asked for."""
    sandbox = create(contacts=2000)
    caller = await serve(sandbox)
    await caller.ask(LIST)

    started = time.process_time()
    answer = await caller.ask(LIST)

    assert time.process_time() - started < 1
    assert answer.content.count(b"<contactid>") == 2000
