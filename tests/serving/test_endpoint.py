"""What becomes of a request at /graphql: refused, answered, turned away, or given up with its client."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gateway.domain.faults import Outcome
from gateway.domain.identity import contact_id
from gateway.ports import Written
from gateway.settings import GraphQLSettings, LimitSettings
from gateway.settings.values import AuthSettings, KeySettings
from tests.fakes import FakeContacts, Script, backend, contact
from tests.serving.visits import JSON, TOTAL, Line, client_of, code_of, piece, posted, visited

RESPONSE = "application/graphql-response+json"
ARCHIVE = f'mutation {{ contactArchive(input: {{ id: "{contact_id("shop", "1")}" }}) {{ outcome }} }}'
ONE = f'{{ contact(id: "{contact_id("shop", "1")}") {{ displayName }} }}'


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


class Gate:
    """Where calls wait until somebody gives them up."""

    def __init__(self) -> None:
        self.given_up = asyncio.Event()

    async def wait(self) -> None:
        """Wait for ever, and note that it was in vain."""
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"])
async def test_methods(contacts, method):
    """By anything but GET and POST nothing is asked, and the answer says so."""
    line = Line([posted(TOTAL)], {"method": method})
    async with visited(backend(contacts)) as site:
        await line.run(site.site)
    assert (line.status, line.headers["allow"], contacts.switch.calls) == (405, "GET, POST", [])


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE),
        (f"{RESPONSE};q=0.1, application/json", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
    ids=["none", "any", "json", "response", "response-first", "json-first", "browser"],
)
async def test_kinds_of_answers(contacts, accept, kind):
    """An answer is sent as the client likes it best, as application/json where it does not care."""
    async with visited(backend(contacts)) as site:
        site.browser.headers.pop("accept")
        answer = await site.ask(TOTAL, **({"Accept": accept} if accept else {}))
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.json()["data"] == {"contacts": {"totalCount": 1}}


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "application/xml"])
async def test_what_nobody_takes(contacts, accept):
    """Where nothing that can be sent is taken nothing is asked either."""
    async with visited(backend(contacts)) as site:
        answer = await site.ask(TOTAL, Accept=accept)
    assert (answer.status_code, code_of(answer)) == (406, "NOT_ACCEPTABLE")
    assert contacts.switch.calls == []


FORM = b"query=%7B+contacts+%7B+totalCount+%7D+%7D"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/graphql"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
    ids=["form", "multipart", "text", "graphql", "utf-16", "compressed", "none"],
)
@pytest.mark.parametrize("body", [FORM, b'{"query": "{ contacts { totalCount } }"}'], ids=["form", "json"])
async def test_kinds_of_bodies(contacts, headers, body):
    """A body of another kind is not read: a page of another site could send it without being asked."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, code_of(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert contacts.switch.calls == []


SMALL = LimitSettings(body_bytes=1024)


def headers_of(**more: str) -> dict[str, Any]:
    """Return a scope with these headers besides those that every request has."""
    named = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return {"headers": [*named, *given]}


@pytest.mark.parametrize("length", ["1025", "99999999999999999999", "0001025"])
async def test_a_length_that_is_too_long(contacts, length):
    """A body that says to be too large is refused before any of it is read."""
    line = Line([posted(TOTAL)], headers_of(content_length=length))
    async with visited(backend(contacts), limits=SMALL) as site:
        await line.run(site.site)
    assert (line.status, line.read) == (413, 0)
    assert line.told["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("said", ["5", "x", "-1"], ids=["lie", "word", "negative"])
async def test_a_body_that_grows(contacts, said):
    """A body is counted while it arrives, whatever it said of its length, and not read to its end."""
    pieces = [piece(b" " * 400, more=True) for _ in range(100)]
    line = Line(pieces, headers_of(content_length=said))
    async with visited(backend(contacts), limits=SMALL) as site:
        await line.run(site.site)
    assert (line.status, line.read) == (413, 3)


async def test_a_body_that_just_fits(contacts):
    """A body of exactly as many bytes as are allowed, in pieces, is answered."""
    body = posted(TOTAL)["body"]
    padded = body + b" " * (1024 - len(body))
    line = Line([piece(padded[:500], more=True), piece(b"", more=True), piece(padded[500:])])
    async with visited(backend(contacts), limits=SMALL) as site:
        await line.run(site.site)
    assert (line.status, line.told["data"]) == (200, {"contacts": {"totalCount": 1}})


async def test_a_slow_body(contacts):
    """A body that takes too long is given up, and its connection with it."""
    line = Line([piece(b'{"query": "', more=True)])
    async with visited(backend(contacts), limits=LimitSettings(body_seconds=0.05)) as site:
        await line.run(site.site)
    assert (line.status, line.headers["connection"]) == (408, "close")
    assert line.told["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"


async def test_slow_bodies_keep_nobody_waiting(contacts):
    """While bodies of others are on their way whole requests are answered: they are no operations yet."""
    slow = [Line([piece(b"{", more=True)]) for _ in range(50)]
    async with visited(backend(contacts), limits=LimitSettings(in_flight=1)) as site:
        waiting = [asyncio.create_task(line.run(site.site)) for line in slow]
        answer = await site.ask(TOTAL)
        for line in slow:
            line.leaves.set()
        await asyncio.gather(*waiting)
    assert answer.status_code == 200
    assert [line.sent for line in slow] == [[]] * 50


FAULTS = {
    "no-json": (b"{", "BAD_USER_INPUT", (400, 400, 400)),
    "no-query": (b"{}", "BAD_USER_INPUT", (400, 400, 422)),
    "no-object": (b"17", "BAD_USER_INPUT", (400, 400, 422)),
    "no-text": (b'{"query": 17}', "BAD_USER_INPUT", (400, 400, 422)),
    "no-graphql": (b'{"query": "{"}', "GRAPHQL_PARSE_FAILED", (200, 400, 400)),
    "unknown-field": (b'{"query": "{ nothing }"}', "GRAPHQL_VALIDATION_FAILED", (200, 400, 422)),
    "wrong-variable": (
        b'{"query": "query($n: Int) { contacts(first: $n) { totalCount } }", "variables": {"n": "x"}}',
        "BAD_USER_INPUT",
        (200, 400, 422),
    ),
    "unknown-operation": (
        b'{"query": "query A { viewer { name } }", "operationName": "B"}',
        "GRAPHQL_VALIDATION_FAILED",
        (200, 400, 422),
    ),
    "no-operation-named": (
        b'{"query": "query A { viewer { name } } query B { viewer { name } }"}',
        "GRAPHQL_VALIDATION_FAILED",
        (200, 400, 422),
    ),
    "too-deep": (
        b'{"query": "{ contacts { nodes { administration { slug } } } }"}',
        "QUERY_TOO_COMPLEX",
        (200, 400, 422),
    ),
}
"""Requests that are refused: body, code, and status as JSON, as a response, and by the later text."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", [0, 1, 2], ids=["json", "response", "draft"])
async def test_request_errors(contacts, fault, way):
    """What is wrong with a request is told as errors alone, without data; its status depends on the type."""
    body, code, statuses = FAULTS[fault]
    headers = {**JSON, "Accept": RESPONSE if way else "application/json"}
    options = {"graphql": GraphQLSettings(draft_status=way == 2), "limits": LimitSettings(depth=3)}
    async with visited(backend(contacts), **options) as site:
        answer = await site.browser.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, code_of(answer)) == (statuses[way], code)
    assert "data" not in answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert contacts.switch.calls == []


@pytest.mark.parametrize(
    ("draft", "accept", "status"),
    [(False, RESPONSE, 200), (True, RESPONSE, 294), (True, "application/json", 200)],
    ids=["today", "draft", "draft-json"],
)
async def test_data_with_errors(contacts, draft, accept, status):
    """Data with errors is data: 200, and by the later text 294 where the media type is GraphQL's own."""
    async with visited(backend(contacts), graphql=GraphQLSettings(draft_status=draft)) as site:
        answer = await site.ask('{ viewer { name } contact(id: "x") { id } }', Accept=accept)
    assert answer.status_code == status
    assert answer.json()["data"] == {"viewer": {"name": None}, "contact": None}
    assert code_of(answer) == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", ["A", "B"])
async def test_one_of_several_operations(contacts, name):
    """OperationName says which of a document's operations is meant."""
    document = "query A { viewer { name } } query B { contacts { totalCount } }"
    async with visited(backend(contacts)) as site:
        answer = await site.browser.post("/graphql", json={"query": document, "operationName": name})
    assert answer.json()["data"].keys() == {{"A": "viewer", "B": "contacts"}[name]}


async def test_too_much_at_once(contacts):
    """When as much as may be is being answered, one more is sent away for a second; then there is room."""
    gate = contacts.switch.shut("scan")
    first = Line([posted(TOTAL)])
    async with visited(backend(contacts), limits=LimitSettings(in_flight=1)) as site:
        answering = asyncio.create_task(first.run(site.site))
        await contacts.switch.until("scan")
        second = await site.ask(TOTAL)
        gate.set()
        await answering
        third = await site.ask(TOTAL)
    assert (second.status_code, code_of(second)) == (503, "SYSTEM_UNAVAILABLE")
    assert second.headers["retry-after"] == "1"
    assert (first.status, third.status_code) == (200, 200)


async def test_too_much_in_a_minute(contacts):
    """A caller who asked as often as it may is told after how many seconds to come again."""
    async with visited(backend(contacts), limits=LimitSettings(requests_per_minute=2)) as site:
        *good, bad = [await site.ask("{ viewer { name } }") for _ in range(3)]
        live = await site.browser.get("/health/live")
    assert [answer.status_code for answer in good] == [200, 200]
    assert (bad.status_code, code_of(bad)) == (429, "RATE_LIMITED")
    assert 1 <= int(bad.headers["retry-after"]) <= 60
    assert live.status_code == 200


async def test_a_client_that_leaves_ends_its_reads(contacts):
    """What is read for nobody any more is given up at once, and its place is free."""
    gate = Gate()
    contacts.switch.gates["get_many"] = gate  # type: ignore[assignment]
    line = Line([posted(ONE)])
    async with visited(backend(contacts), limits=LimitSettings(in_flight=1)) as site:
        answering = asyncio.create_task(line.run(site.site))
        await contacts.switch.until("get_many")
        line.leaves.set()
        await asyncio.wait_for(gate.given_up.wait(), 10)
        await answering
        after = await site.ask("{ viewer { name } }")
    assert line.sent == []
    assert after.status_code == 200


async def test_a_client_that_leaves_ends_no_write(contacts):
    """A write that is on its way goes on without the one who asked for it."""
    done = asyncio.Event()
    contacts.scripts["archive"] = script = Script(Written(Outcome.ARCHIVED), effect=done.set)
    gate = script.switch.shut("send")
    line = Line([posted(ARCHIVE)])
    async with visited(backend(contacts)) as site:
        answering = asyncio.create_task(line.run(site.site))
        await script.switch.until("send")
        line.leaves.set()
        await answering
        gate.set()
        await asyncio.wait_for(done.wait(), 1)
    assert line.sent == []
    assert script.steps() == ["plan", "send"]


async def test_a_client_that_leaves_in_its_body(contacts):
    """Of a request that never became whole nothing is done or said."""
    line = Line([piece(b'{"query": "{ contacts { totalCount', more=True), {"type": "http.disconnect"}])
    async with visited(backend(contacts)) as site:
        await line.run(site.site)
    assert (line.sent, contacts.switch.calls) == ([], [])


SECRET = "NL91ABNA0417164300"


async def test_what_a_resolver_did_not_foresee(contacts, capsys):
    """A fault of ours within an operation is masked, told with the request's id, and logged without words."""
    contacts.switch.failing["get_many"] = RuntimeError(SECRET)
    async with visited(backend(contacts)) as site:
        answer = await site.ask(ONE)
    (error,) = answer.json()["errors"]
    logged = capsys.readouterr()
    assert answer.status_code == 200
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert SECRET not in answer.text + logged.out + logged.err
    assert "Traceback" not in answer.text + logged.out + logged.err


@pytest.mark.parametrize(
    ("body", "name"), [(ONE, "\ud800"), (ONE, {1})], ids=["lone-surrogate", "no-text-at-all"]
)
async def test_an_answer_that_cannot_be_written(contacts, body, name):
    """What cannot be sent as JSON never brings the server down."""
    contacts.book["1"] = contact("1", name)
    async with visited(backend(contacts)) as site:
        answer = await site.ask(body)
        after = await site.ask("{ viewer { name } }")
    assert code_of(answer) == "INTERNAL"
    assert after.status_code == 200


async def test_what_nobody_foresaw(contacts, capsys):
    """A fault of ours before an operation runs is 500 with the request's id, and no word of it leaks."""

    def fails(*_: object) -> None:
        raise RuntimeError(SECRET)

    async with visited(backend(contacts)) as site:
        endpoint = replace(site.site.endpoint, context=fails)
        async with client_of(replace(site.site, endpoint=endpoint)) as browser:
            answers = [await browser.post("/graphql", json={"query": TOTAL}) for _ in range(2)]
    logged = capsys.readouterr()
    for answer in answers:
        assert (answer.status_code, code_of(answer)) == (500, "INTERNAL")
        assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert SECRET not in answer.text + logged.out + logged.err


KEYS = AuthSettings(
    (
        KeySettings("one", sha256(b"opens-one").hexdigest(), administrations=frozenset({"shop"})),
        KeySettings("all", sha256(b"opens-all").hexdigest()),
    )
)


@pytest.mark.parametrize(
    "document",
    [
        "{{ contact(id: {contact}) {{ id }} }}",
        "{{ node(id: {contact}) {{ id }} }}",
        "{{ nodes(ids: [{contact}]) {{ id }} }}",
        "{{ administration(id: {slug}) {{ id }} }}",
        "{{ contactByRemoteId(administration: {slug}, remoteId: 1) {{ id }} }}",
        '{{ contactByCustomerNumber(administration: {slug}, customerNumber: "1") {{ id }} }}',
        "{{ contacts(administrations: [{slug}]) {{ totalCount }} }}",
        "mutation {{ contactArchive(input: {{ id: {contact} }}) {{ userErrors {{ code message }} }} }}",
    ],
    ids=["contact", "node", "nodes", "administration", "remote-id", "number", "list", "mutation"],
)
async def test_what_a_key_may_not_see(contacts, document):
    """What a key may not see is told exactly as what does not exist, also while others look at it."""
    other = FakeContacts([contact("1", slug="web")])
    both = backend(contacts), backend(other, slug="web", system="acumulus")
    headers = {"Authorization": "Bearer opens-one", "X-Request-Id": "same"}
    async with visited(*both, auth=KEYS) as site:
        await site.ask("{ contacts { nodes { id } } }", Authorization="Bearer opens-all")
        hidden, nowhere = [
            (
                await site.ask(
                    document.format(contact=f'"{contact_id(slug, "1")}"', slug=f'"{slug}"'), **headers
                )
            )
            for slug in ("web", "nowhere")
        ]
    assert hidden.content == nowhere.content
    assert hidden.status_code == nowhere.status_code == 200
