"""The paths that this gateway answers."""

from dataclasses import replace

import httpx
import pytest

from gateway.domain.errors import BackendUnavailable
from gateway.schema import print_sdl
from gateway.serving import Health, Site, application
from gateway.settings.values import CacheSettings, GraphQLSettings, Settings
from tests.fakes import FakeContacts, backend, contact, load_all, world

PRELOADED = Settings(cache=CacheSettings(preload=True))
ON_DEMAND = Settings(cache=CacheSettings(preload=False))


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


async def test_live(contacts):
    """The process is alive whatever its systems do."""
    contacts.switch.failing["scan"] = BackendUnavailable("away")
    async with world(backend(contacts)) as opened, opened.browser() as browser:
        answer = await browser.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert contacts.switch.calls == []


async def test_ready_once_a_book_is_there(contacts):
    """Where books are loaded ahead the gateway is ready when the first is there."""
    failing = FakeContacts()
    failing.switch.failing["scan"] = BackendUnavailable("away")
    both = backend(contacts), backend(failing, slug="web", system="acumulus")
    async with world(*both, settings=PRELOADED) as opened, opened.browser() as browser:
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
    async with world(backend(contacts), settings=ON_DEMAND) as opened, opened.browser() as browser:
        assert (await browser.get("/health/ready")).status_code == 200
    assert contacts.switch.calls == []


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "not-shown"])
async def test_the_schema_as_text(contacts, shown):
    """The schema is a page of its own, unless introspection is off."""
    settings = replace(ON_DEMAND, graphql=GraphQLSettings(introspection=shown))
    async with world(backend(contacts), settings=settings) as opened, opened.browser() as browser:
        answer = await browser.get("/schema.graphql")
        expected = print_sdl(opened.gateway.schema)
    assert (answer.status_code, answer.text == expected) == ((200, True) if shown else (404, False))


@pytest.mark.parametrize("shown", [True, False], ids=["on", "off"])
async def test_introspection(contacts, shown):
    """With introspection off the schema cannot be asked for, nor guessed from what is suggested."""
    settings = replace(ON_DEMAND, graphql=GraphQLSettings(introspection=shown))
    async with world(backend(contacts), settings=settings) as opened, opened.browser() as browser:
        asked = await browser.post("/graphql", json={"query": "{ __schema { types { name } } }"})
        typed = await browser.post("/graphql", json={"query": "{ contcts { totalCount } }"})
        named = await browser.post("/graphql", json={"query": "{ viewer { __typename } }"})
    assert ("errors" not in asked.json()) is shown
    assert ("contacts" in typed.text) is shown
    assert named.json()["data"] == {"viewer": {"__typename": "Viewer"}}


async def test_request_ids(contacts):
    """Every answer carries an id of its own, whatever path was asked."""
    async with world(backend(contacts)) as opened, opened.browser() as browser:
        paths = ["/health/live", "/health/ready", "/schema.graphql", "/nothing"]
        identifiers = [(await browser.get(path)).headers["x-request-id"] for path in paths]
        asked = await browser.post("/graphql", json={"query": "{ viewer { name } }"})
    assert len({*identifiers, asked.headers["x-request-id"]}) == 5
    assert all(len(each) == 32 for each in identifiers)


async def test_an_answer(contacts):
    """An operation is answered as JSON with data, and with errors only when there are any."""
    async with world(backend(contacts)) as opened, opened.browser() as browser:
        body = {"query": "query($n: Int) { contacts(first: $n) { totalCount } }", "variables": {"n": 1}}
        answer = await browser.post("/graphql", json=body)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"data": {"contacts": {"totalCount": 1}}}


@pytest.mark.parametrize("shown", [True, False], ids=["on", "off"])
async def test_the_explorer(contacts, shown):
    """A browser gets the explorer, where it is switched on."""
    settings = replace(ON_DEMAND, graphql=GraphQLSettings(graphiql=shown))
    async with world(backend(contacts), settings=settings) as opened, opened.browser() as browser:
        answer = await browser.get("/graphql", headers={"Accept": "text/html"})
    assert ("graphiql" in answer.text.lower()) is shown


async def test_requests_do_not_share_a_context(contacts):
    """Each request has loaders of its own: what one was told once another is told too."""
    contacts.book["1"] = contact("1", persons=None, complete=False)
    contacts.switch.failing["get_many"] = BackendUnavailable("away")
    contacts.listed = frozenset({"displayName"})
    query = {"query": "{ contacts { nodes { persons { id } } } }"}
    async with world(backend(contacts)) as opened, opened.browser() as browser:
        answers = [(await browser.post("/graphql", json=query)).json() for _ in range(2)]
    assert [len(answer["errors"]) for answer in answers] == [1, 1]


@pytest.mark.parametrize(
    "body",
    [
        b"17",
        b'"x"',
        b"null",
        b"{",
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": NaN}',
        b'{"query": "\\ud800"}',
    ],
    ids=["number", "text", "null", "cut", "empty", "no-utf8", "deep", "nan", "surrogate"],
)
async def test_a_body_that_is_no_request(contacts, body):
    """What is no JSON object is refused as the client's fault, in a line."""
    async with world(backend(contacts), settings=ON_DEMAND) as opened, opened.browser() as browser:
        answer = await browser.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert len(answer.text) < 100


async def test_what_nobody_foresaw_is_an_answer_too(contacts, capsys):
    """A fault outside of every operation is told with its request id, and nothing of its words is logged."""

    def fails() -> Health:
        raise RuntimeError("NL91ABNA0417164300")

    async with world(backend(contacts), settings=ON_DEMAND) as opened:
        gateway = opened.gateway
        site = Site(gateway.schema, gateway.context, fails, None, graphiql=False)
        transport = httpx.ASGITransport(application(site))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as browser:
            answer = await browser.get("/health/ready")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert error["extensions"]["requestId"] == answer.headers["X-Request-Id"]
    written = "".join(capsys.readouterr())
    assert "RuntimeError" in written
    assert "NL91" not in written + answer.text
