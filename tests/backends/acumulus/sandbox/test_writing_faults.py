import httpx
import pytest

ADD = "<contactname1>Nieuw</contactname1>"
PATH = "contact_manage"
NEW = "1234001"


@pytest.fixture
async def caller(serve, sandbox_of):
    """A caller of an empty administration."""
    return await serve(sandbox_of())


async def fault(caller, **fault):
    root = caller.url.removesuffix(caller.sandbox.base_path)
    answer = await caller.http.post(f"{root}/_control/faults", json={"path": PATH, **fault})
    assert answer.status_code == 200


async def write(caller):
    """Add a contact and tell what came of it: the HTTP status, or what went wrong on the way."""
    caller.http.timeout = httpx.Timeout(0.3)
    try:
        return (await caller.manage(ADD)).status_code
    except httpx.TransportError as error:
        return type(error)


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "not landed"])
@pytest.mark.parametrize(
    ("kind", "more", "met"),
    [
        pytest.param("hang", {}, httpx.ReadTimeout, id="hang"),
        pytest.param("reset", {}, httpx.ReadError, id="reset"),
        pytest.param("garbage", {}, httpx.RemoteProtocolError, id="garbage"),
        pytest.param("html", {}, 200, id="page instead of a document"),
        pytest.param("html", {"status": 503}, 503, id="page of an outage"),
        pytest.param("status", {"status": 500}, 500, id="500"),
        pytest.param("status", {"status": 429, "retry_after": "7"}, 429, id="429"),
        pytest.param("status", {"status": 403, "body": "<?xml version='1.0'?><response/>"}, 403, id="403"),
    ],
)
async def test_write_whose_answer_is_replaced(caller, kind, more, met, landed):
    """The contact is stored exactly when the fault says that the write landed; the next write is sound."""
    await fault(caller, kind=kind, count=1, landed=landed, **more)

    assert await write(caller) == met

    assert list(await caller.state()) == ([NEW] if landed else [])
    assert await write(caller) == 200


@pytest.mark.parametrize(
    ("kind", "seconds", "met"),
    [
        pytest.param("truncated", None, httpx.RemoteProtocolError, id="truncated"),
        pytest.param("cut", None, 200, id="cut"),
        pytest.param("drip", 0.0, 200, id="drip"),
        pytest.param("drip", 1.0, httpx.ReadTimeout, id="drip that nobody waits for"),
        pytest.param("latency", 0.01, 200, id="latency"),
    ],
)
async def test_write_whose_answer_is_spoilt(caller, kind, seconds, met):
    """A fault that alters the right answer comes after the write, which has always landed."""
    await fault(caller, kind=kind, count=1, **({} if seconds is None else {"seconds": seconds}))

    assert await write(caller) == met

    assert list(await caller.state()) == [NEW]


async def test_late_write_lands_after_the_client_has_left(caller):
    """A write that a client no longer waits for is stored all the same, later."""
    await fault(caller, kind="latency", seconds=0.4, count=1)
    await fault(caller, kind="latency", seconds=0.3, path="contacts_list")

    assert await write(caller) is httpx.ReadTimeout
    before = list(await caller.state())
    caller.http.timeout = httpx.Timeout(5)
    listed = await caller.ids()

    assert (before, listed) == ([], [int(NEW)])


async def test_refused_connection_stores_nothing(caller):
    """While nothing listens no write arrives, and the control surface is as deaf as the rest."""
    await fault(caller, kind="refuse", seconds=30)

    assert await write(caller) is httpx.ConnectError

    assert caller.sandbox.state() == {"contacts": {}}


async def test_cut_document_is_no_xml(caller, read):
    """A document that is cut in half is a whole HTTP answer that cannot be parsed."""
    await fault(caller, kind="cut")

    answer = await caller.manage(ADD)

    with pytest.raises(SyntaxError):
        read(answer.content)


async def test_answer_of_a_status_fault(caller):
    """Status, Retry-After and body of a fault are what a write is answered with."""
    await fault(caller, kind="status", status=429, retry_after=7, body="<html>busy</html>")

    answer = await caller.manage(ADD)

    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (429, "7", "<html>busy</html>")
    assert answer.headers["content-type"].startswith("text/html")


async def test_fault_hits_writes_alone_and_as_often_as_told(caller):
    """A fault on the writing path leaves reading alone, and ends when its count is used up."""
    await fault(caller, kind="status", status=503, count=2)

    read_before = await caller.ids()
    met = [await write(caller) for _ in range(3)]

    assert (read_before, met) == ([], [503, 503, 200])
    assert await caller.ids() == [int(NEW)]


async def test_fault_on_another_method_misses(caller):
    """A fault for GET does not hit a write, which is a POST."""
    await fault(caller, kind="hang", method="GET")

    assert await write(caller) == 200


async def test_log_tells_of_a_write_that_failed(caller):
    """The request log holds the fault and the call also where the write did not land."""
    await fault(caller, kind="reset")
    await write(caller)

    row = caller.emulator.log.rows()[-1]

    assert (row.fault, row.status, row.about["call"]) == ("reset", None, "contacts/contact_manage.php")
