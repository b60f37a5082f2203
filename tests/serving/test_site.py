"""The paths that this gateway answers, and what every answer has in common."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256

import pytest

from gateway.app import on_demand
from gateway.domain.errors import BackendUnavailable
from gateway.schema import print_sdl
from gateway.serving import Draining, Health
from gateway.settings import GraphQLSettings, Scope, ServerSettings, Settings
from gateway.settings.values import AuthSettings, CacheSettings, KeySettings
from tests.fakes import FakeContacts, backend, contact, load_all, world
from tests.serving.visits import Line, Visited, client_of, code_of, posted, visited

PRELOADED = Settings(cache=CacheSettings(preload=True))
OTHER_SITE = "https://app.example"
KEYS = AuthSettings(
    (
        KeySettings("one", sha256(b"opens").hexdigest(), administrations=frozenset({"shop"})),
        KeySettings("all", sha256(b"opens-all").hexdigest(), scopes=frozenset({Scope.ADMIN})),
    )
)

KINDS = {
    "data": ("POST", "/graphql", {"content": '{"query": "{ viewer { name } }"}'}),
    "request-error": ("POST", "/graphql", {"content": "17"}),
    "method": ("PUT", "/graphql", {}),
    "kind-of-body": ("POST", "/graphql", {"content": "x", "headers": {"Content-Type": "text/plain"}}),
    "explorer": ("GET", "/graphql", {"headers": {"Accept": "text/html"}}),
    "live": ("GET", "/health/live", {}),
    "ready": ("GET", "/health/ready", {}),
    "schema": ("GET", "/schema.graphql", {}),
    "nothing": ("GET", "/nothing", {}),
    "read-only": ("POST", "/health/live", {}),
    "other-site": ("GET", "/health/live", {"headers": {"Sec-Fetch-Site": "cross-site"}}),
    "other-name": ("GET", "/health/live", {"headers": {"Host": "books.example"}}),
}
"""A request of every kind of answer: method, path, and what else is sent."""


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


async def told(site: Visited, kind: str, **headers: str):
    method, path, more = KINDS[kind]
    sent = {"Content-Type": "application/json", **more.get("headers", {}), **headers}
    return await site.browser.request(method, path, **{**more, "headers": sent})


async def test_live(contacts):
    """The process is alive whatever its systems do."""
    contacts.switch.failing["scan"] = BackendUnavailable("away")
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert contacts.switch.calls == []


async def test_ready_once_a_book_is_there(contacts):
    """Where books are loaded ahead the gateway is ready when the first is there."""
    failing = FakeContacts()
    failing.switch.failing["scan"] = BackendUnavailable("away")
    both = backend(contacts), backend(failing, slug="web", system="acumulus")
    async with world(*both, settings=PRELOADED) as opened, client_of(opened.gateway.application()) as browser:
        before = await browser.get("/health/ready")
        await load_all(opened.gateway.directory)
        opened.clock.move(5)
        after = await browser.get("/health/ready")
    assert (before.status_code, before.json()["status"]) == (503, "starting")
    assert (after.status_code, after.json()["status"]) == (200, "ready")
    assert [each["state"] for each in before.json()["administrations"]] == ["UNAVAILABLE", "UNAVAILABLE"]
    assert after.json()["administrations"] == [
        {"slug": "shop", "system": "moneybird", "state": "FRESH", "age": 5.0},
        {"slug": "web", "system": "acumulus", "state": "UNAVAILABLE", "age": None},
    ]


async def test_ready_at_once(contacts):
    """Where nothing is loaded ahead the gateway is ready from the start."""
    async with visited(backend(contacts)) as site:
        assert (await site.browser.get("/health/ready")).status_code == 200
    assert contacts.switch.calls == []


async def test_draining(contacts):
    """From the moment that the process is told to end it is not ready, and answers all the same."""
    draining = Draining()
    async with world(backend(contacts)) as opened, client_of(opened.gateway.application(draining)) as browser:
        before = await browser.get("/health/ready")
        draining.told = True
        after = await browser.get("/health/ready")
        asked = await browser.post("/graphql", json={"query": "{ contacts { totalCount } }"})
    assert (before.status_code, after.status_code) == (200, 503)
    assert after.json()["status"] == "draining"
    assert asked.json()["data"] == {"contacts": {"totalCount": 1}}
    assert (draining.answered, draining.dropped) == (2, 0)


@pytest.mark.parametrize("is_told", [False, True], ids=["serving", "draining"])
async def test_given_up_at_the_end(contacts, is_told):
    """What is not answered when the time to end is over counts as dropped, and as nothing before that."""
    draining, gate = Draining(is_told), contacts.switch.shut("scan")
    async with world(backend(contacts)) as opened:
        line = Line([posted("{ contacts { totalCount } }")])
        running = asyncio.create_task(line.run(opened.gateway.application(draining)))
        await contacts.switch.until("scan")
        running.cancel()
        await asyncio.wait([running])
        gate.set()
    assert (draining.answered, draining.dropped) == (0, int(is_told))


@pytest.mark.parametrize(
    ("key", "slugs"),
    [("", None), ("wrong", None), ("opens", ["shop"]), ("opens-all", ["shop", "web"])],
    ids=["no-key", "wrong-key", "one-administration", "all"],
)
async def test_whose_health_is_told(contacts, key, slugs):
    """Health needs no key; administrations are told to those alone who may see them."""
    both = backend(contacts), backend(slug="web", system="acumulus")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with visited(*both, auth=KEYS) as site:
        answer = await site.browser.get("/health/ready", headers=headers)
    assert answer.status_code == 200
    shown = answer.json().get("administrations")
    assert (shown and [each["slug"] for each in shown]) == slugs


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "not-shown"])
async def test_the_schema_as_text(contacts, shown):
    """The schema is a page of its own, unless introspection is off."""
    async with visited(backend(contacts), graphql=GraphQLSettings(introspection=shown)) as site:
        answer = await site.browser.get("/schema.graphql")
        expected = print_sdl(site.world.gateway.schema)
    assert (answer.status_code, answer.text == expected) == ((200, True) if shown else (404, False))


@pytest.mark.parametrize("path", ["/schema.graphql", "/graphql"])
@pytest.mark.parametrize("key", ["", "wrong"], ids=["no-key", "wrong-key"])
async def test_without_a_good_key(contacts, path, key):
    """Where keys are configured nothing is shown without one, and 401 says the same of every fault."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with visited(backend(contacts), auth=KEYS) as site:
        refused = await site.browser.get(path, params={"query": "{ viewer { name } }"}, headers=headers)
        let_in = await site.browser.get(path, headers={"Authorization": "Bearer opens"})
    assert (refused.status_code, code_of(refused)) == (401, "UNAUTHENTICATED")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["errors"][0]["message"].startswith("This needs a valid key or token")
    assert let_in.status_code != 401


async def test_keys_are_looked_at_before_anything_else(contacts):
    """Of a request without a key nothing is read, not even whether it makes sense."""
    line = Line(scope={"headers": [(b"host", b"localhost"), (b"content-length", b"99999999")]})
    async with visited(backend(contacts), auth=KEYS) as site:
        await line.run(site.site)
    assert (line.status, line.read) == (401, 0)


@pytest.mark.parametrize("shown", [True, False], ids=["on", "off"])
async def test_introspection(contacts, shown):
    """With introspection off the schema cannot be asked for, nor guessed from what is suggested."""
    async with visited(backend(contacts), graphql=GraphQLSettings(introspection=shown)) as site:
        asked = await site.ask("{ __schema { types { name } } }")
        typed = await site.ask("{ contcts { totalCount } }")
        named = await site.ask("{ viewer { __typename } }")
    assert ("errors" not in asked.json()) is shown
    assert ("contacts" in typed.text) is shown
    assert named.json()["data"] == {"viewer": {"__typename": "Viewer"}}


@pytest.mark.parametrize("shown", [True, False], ids=["on", "off"])
async def test_the_explorer(contacts, shown):
    """A browser gets the explorer, where it is switched on; a program never does."""
    async with visited(backend(contacts), graphql=GraphQLSettings(graphiql=shown)) as site:
        page = await site.browser.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
        program = await site.browser.get("/graphql", headers={"Accept": "*/*"})
    assert ("graphiql" in page.text.lower()) is shown
    assert ("accept" in page.headers.get("vary", "")) is shown
    assert code_of(program) == "BAD_USER_INPUT"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_every_answer_says(contacts, kind):
    """Every answer, of whatever kind, says what it is and that browsers must not make more of it."""
    async with visited(backend(contacts)) as site:
        answer = await told(site, kind)
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"].endswith("charset=utf-8")
    assert int(headers["content-length"]) == len(answer.content)
    assert kind == "explorer" or "default-src 'none'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("kind", [*KINDS])
async def test_a_site_that_is_let_in(contacts, kind):
    """Pages of a configured site may read every answer, errors too; those of others are told nothing."""
    server = ServerSettings(cors_origins=(OTHER_SITE,))
    async with visited(backend(contacts), server=server) as site:
        mine = await told(site, kind, Origin=OTHER_SITE)
        theirs = await told(site, kind, Origin="https://bad.example")
    assert mine.headers["access-control-allow-origin"] == OTHER_SITE
    assert mine.headers["cross-origin-resource-policy"] == "cross-origin"
    assert theirs.status_code in (403, 421)
    assert "access-control-allow-origin" not in theirs.headers
    assert "Origin" in mine.headers["vary"]
    assert "Origin" in theirs.headers["vary"]


async def test_a_browser_asks_before_it_sends(contacts):
    """What a page of a configured site may send is told beforehand, without a key; nobody else is told."""
    server = ServerSettings(cors_origins=(OTHER_SITE,))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with visited(backend(contacts), server=server, auth=KEYS) as site:
        mine = await site.browser.options("/graphql", headers={"Origin": OTHER_SITE, **asked})
        theirs = await site.browser.options("/graphql", headers={"Origin": "https://bad.example", **asked})
    assert (mine.status_code, mine.content) == (204, b"")
    allowed = mine.headers["access-control-allow-headers"]
    assert [name for name in ("Authorization", "X-Gateway-Upstream") if name not in allowed] == []
    assert "content-length" not in mine.headers
    assert theirs.status_code == 403


async def test_closed_to_other_sites_by_default(contacts):
    """Without configured sites nobody is told that they may send."""
    asked = {"Origin": OTHER_SITE, "Access-Control-Request-Method": "POST"}
    async with visited(backend(contacts)) as site:
        answer = await site.browser.options("/graphql", headers=asked)
    assert answer.status_code == 403


async def test_request_ids(contacts):
    """Every answer carries an id of its own, whatever path was asked; its errors name it."""
    async with visited(backend(contacts)) as site:
        answers = [await told(site, kind) for kind in KINDS]
    identifiers = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(identifiers)) == len(KINDS)
    assert all(len(each) == 32 for each in identifiers)
    named = [
        error["extensions"]["requestId"] == answer.headers["x-request-id"]
        for answer in answers
        if answer.headers["content-type"].startswith("application/json")
        for error in answer.json().get("errors", ())
    ]
    assert len(named) == 7
    assert all(named)


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Request-Id": "shop-4711"}, "shop-4711"),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
        ({"X-Request-Id": "shop-4711", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, "shop-4711"),
        ({"X-Request-Id": "a\tb"}, None),
        ({"X-Request-Id": "x" * 129}, None),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
    ],
    ids=["own", "trace", "own-before-trace", "not-fit", "too-long", "no-trace"],
)
async def test_the_caller_names_a_request(contacts, headers, expected):
    """A request goes by its caller's id, or its trace's, where that is fit to be written down."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get("/health/live", headers=headers)
    assert answer.headers["x-request-id"] in ([expected] if expected else [answer.headers["x-request-id"]])
    assert expected or answer.headers["x-request-id"] not in {*headers.values(), "0" * 32}


@pytest.mark.parametrize("path", ["/", "/graphql/", "/graphiql", "//graphql", "/health", "/.env", "/schema"])
async def test_nothing_there(contacts, path):
    """At any other address there is nothing, and it is told as an error like all others."""
    async with visited(backend(contacts)) as site:
        answers = [await site.browser.request(method, path) for method in ("GET", "POST")]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(404, "NOT_FOUND")] * 2


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/schema.graphql"])
async def test_pages_are_read_alone(contacts, path):
    """What can only be read says so to whoever tries otherwise."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/schema.graphql", "/nothing"])
async def test_head(contacts, path):
    """HEAD is GET without the body, and tells how long that would be."""
    async with visited(backend(contacts)) as site:
        read = await site.browser.get(path)
        line = Line(scope={"method": "HEAD", "path": path, "headers": [(b"host", b"localhost")]})
        await line.run(site.site)
    assert line.status == read.status_code
    assert line.headers["content-length"] == read.headers["content-length"]
    assert line.sent[1]["body"] == b""


async def test_a_web_socket_is_refused(contacts):
    """Nothing is spoken over web sockets: whoever tries is turned away before one is opened."""
    line = Line(scope={"type": "websocket"})
    async with visited(backend(contacts)) as site:
        await line.run(site.site)
    assert [message["type"] for message in line.sent] == ["websocket.close"]


@asynccontextmanager
async def broken(contacts: FakeContacts) -> AsyncIterator[Visited]:
    """Open a gateway that fails to tell its health."""

    def fails() -> Health:
        raise RuntimeError("NL91ABNA0417164300")

    async with visited(backend(contacts)) as site:
        application = replace(site.site, health=fails)
        async with client_of(application) as browser:
            yield Visited(site.world, application, browser)


async def test_what_nobody_foresaw_is_an_answer_too(contacts, capsys):
    """A fault outside of every operation is told with its request id, and nothing of its words is logged."""
    async with broken(contacts) as site:
        answer = await site.browser.get("/health/ready")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert error["extensions"]["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    logged = capsys.readouterr()
    assert "RuntimeError" in logged.out
    assert "NL91ABNA0417164300" not in answer.text + logged.out + logged.err
    assert "Traceback" not in answer.text + logged.out + logged.err


async def test_requests_do_not_share_a_context(contacts):
    """Each request has loaders of its own: what one was told once another is told too."""
    contacts.book["1"] = contact("1", persons=None, complete=False)
    contacts.switch.failing["get_many"] = BackendUnavailable("away")
    contacts.listed = frozenset({"displayName"})
    async with visited(backend(contacts)) as site:
        answers = [await site.ask("{ contacts { nodes { persons { id } } } }") for _ in range(2)]
    assert [len(answer.json()["errors"]) for answer in answers] == [1, 1]


async def test_what_a_command_serves_loads_ahead():
    """The settings of these tests differ from the defaults in what is loaded ahead alone."""
    assert replace(on_demand(Settings()), cache=CacheSettings()) == Settings()
