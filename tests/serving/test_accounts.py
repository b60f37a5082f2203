"""What is noted of a request: its event and its counts."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.auth import EVERYONE
from gateway.domain.errors import BackendUnavailable
from gateway.serving.accounts import caller
from gateway.settings import GraphQLSettings, LimitSettings
from tests.fakes import FakeContacts, backend, contact
from tests.serving.test_site import KEYS
from tests.serving.visits import JSON, Line, Visited, client_of, visited
from tests.telemetry.measured import shown

NAMED = "query Short { contacts { totalCount } }"


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


def counted(site: Visited, name: str) -> dict[tuple[str, ...], float]:
    return shown(site.world.gateway.instruments, name)


def told(events: list) -> dict:
    [event] = [each for each in events if each["event"] == "request"]
    return event


async def test_a_request_is_one_event(contacts):
    """An event tells what was asked and how it went, by facts alone."""
    async with visited(backend(contacts)) as site:
        with capture_logs() as events:
            answer = await site.ask(NAMED)
    event = told(events)
    assert event.pop("ms") > 0
    assert event == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "bytes_in": len(answer.request.content),
        "bytes_out": len(answer.content),
        "operation": "Short",
        "kind": "query",
        "document": event["document"],
        "cost": answer.json()["extensions"]["cost"]["requested"],
        "upstream_calls": 0,
        "errors": [],
    }
    assert len(event["document"]) == 12


@pytest.mark.parametrize(
    ("document", "labels"),
    [
        pytest.param(NAMED, ("Short", "query", "complete"), id="complete"),
        pytest.param("{ contacts { totalCount } }", ("(anonymous)", "query", "complete"), id="anonymous"),
        pytest.param("{", ("(refused)", "none", "refused"), id="no-graphql"),
        pytest.param("query Bad { nothing }", ("(refused)", "none", "refused"), id="invalid"),
        pytest.param("mutation Save { x }", ("(refused)", "none", "refused"), id="invalid-mutation"),
        pytest.param(
            'query Half { node(id: "x") { id } viewer { name } }', ("Half", "query", "partial"), id="partial"
        ),
    ],
)
async def test_operations_are_counted(contacts, document, labels):
    """Each operation is timed once, by its name, its kind and how it ended."""
    async with visited(backend(contacts)) as site:
        await site.ask(document)
        assert counted(site, "operation_seconds_count") == {labels: 1}
        assert counted(site, "operations_in_flight") == {}


async def test_too_dear_is_refused_by_name_in_the_log_alone(contacts):
    """What fits but costs too much is no operation that has a series; the log knows its name."""
    async with visited(backend(contacts), limits=LimitSettings(cost=1)) as site:
        with capture_logs() as events:
            await site.ask("query Dear { contacts { nodes { id charges { id } } } }")
        assert counted(site, "operation_seconds_count") == {("(refused)", "query", "refused"): 1}
    event = told(events)
    assert (event["operation"], event["kind"]) == ("Dear", "query")
    assert event["cost"] > 1
    assert event["errors"] == ["QUERY_TOO_COMPLEX"]


async def test_a_book_that_fails_makes_answers_partial(contacts):
    """A list that lacks a book, or shows an old one, is counted as such, by book and as an answer."""
    contacts.switch.failing["scan"] = BackendUnavailable("away")
    async with visited(backend(contacts)) as site:
        await site.ask(NAMED)
        assert counted(site, "partial_answers_total") == {(): 1}
        assert counted(site, "list_sources_total") == {("shop", "UNAVAILABLE"): 1}
        assert counted(site, "operation_seconds_count") == {("Short", "query", "complete"): 1}


async def test_what_a_client_makes_up_is_other(contacts):
    """Paths, methods and names that anybody may make up are never told."""
    async with visited(backend(contacts)) as site:
        with capture_logs() as events:
            await site.browser.request("JAN", "/jan@example.com?x=jan@example.com")
    event = told(events)
    assert (event["method"], event["path"], event["status"]) == ("other", "other", 404)
    assert "jan" not in repr(events)
    assert counted(site, "requests_total") == {("other", "404"): 1}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/graphiql/none"])
async def test_probes_are_quiet(contacts, path):
    """What machines ask by themselves is told at the level of debugging, and counted."""
    async with visited(backend(contacts)) as site:
        with capture_logs() as events:
            answer = await site.browser.get(path)
        assert told(events)["log_level"] == "debug"
        told_as = "/graphiql" if path == "/graphiql/none" else path
        assert counted(site, "requests_total") == {(told_as, str(answer.status_code)): 1}
        assert counted(site, "requests_turned_away_total") == {}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param({"content": "x" * 2000, "headers": JSON}, "too_large", id="large"),
        pytest.param({"content": "x", "headers": {"Content-Type": "text/plain"}}, "wrong_type", id="type"),
        pytest.param({"json": {"query": NAMED}, "headers": {"Host": "x.example"}}, "misdirected", id="host"),
        pytest.param(
            {"json": {"query": NAMED}, "headers": {"Sec-Fetch-Site": "cross-site"}},
            "forbidden",
            id="other-site",
        ),
        pytest.param({"json": {"query": NAMED}}, "busy", id="busy"),
    ],
)
async def test_turned_away(contacts, sent, reason):
    """Whoever is not answered is counted by the reason, and told in the event."""
    limits = LimitSettings(body_bytes=1024, in_flight=0 if reason == "busy" else 10)
    async with visited(backend(contacts), limits=limits) as site:
        with capture_logs() as events:
            await site.browser.post("/graphql", **sent)
        assert counted(site, "requests_turned_away_total") == {(reason,): 1}
    assert told(events)["turned_away"] == reason


async def test_keys_are_told_by_their_names(contacts):
    """The event of a known key has its name; who is not known has none, and is turned away."""
    async with visited(backend(contacts), auth=KEYS) as site:
        with capture_logs() as events:
            await site.ask(NAMED, authorization="Bearer opens")
        assert told(events)["key"] == "one"
        with capture_logs() as events:
            await site.ask(NAMED, authorization="Bearer wrong")
        assert "key" not in told(events)
        assert counted(site, "requests_turned_away_total") == {("unauthenticated",): 1}
    assert "opens" not in repr(events)
    assert "wrong" not in repr(events)


def test_whoever_brings_a_token_is_told_by_a_digest():
    """A token's subject may be an address, so that only what tells it from others is shown."""
    told, other = caller("token:jan@example.com"), caller("token:an@example.com")
    assert told.startswith("token:")
    assert told != other
    assert "jan" not in told
    assert (caller("key:frontend"), caller(EVERYONE.id)) == ("frontend", "")


async def test_a_batch_is_one_event(contacts):
    """A batch is told once, with what its operations come to; each of them is counted."""
    async with visited(backend(contacts), graphql=GraphQLSettings(batching=5)) as site:
        with capture_logs() as events:
            await site.browser.post("/graphql", json=[{"query": NAMED}, {"query": NAMED}, {"query": "{"}])
        event = told(events)
        assert (event["operation"], event["operations"], event["cost"]) == ("(batch)", 3, 44)
        assert counted(site, "operation_seconds_count") == {
            ("Short", "query", "complete"): 2,
            ("(refused)", "none", "refused"): 1,
        }


async def test_a_client_that_goes_away(contacts):
    """Whoever does not wait for the answer is counted, and nothing is in flight any more."""
    gate = contacts.switch.shut("scan")
    async with visited(backend(contacts)) as site:
        body = b'{"query": "query Short { contacts { totalCount } }"}'
        line = Line([{"type": "http.request", "body": body}])
        with capture_logs() as events:
            running = asyncio.create_task(line.run(site.site))
            await contacts.switch.until("scan")
            line.leaves.set()
            await running
        gate.set()
        assert counted(site, "clients_gone_total") == {(): 1}
        assert counted(site, "requests_total") == {("/graphql", "gone"): 1}
        assert counted(site, "operations_in_flight") == {}
    assert told(events)["status"] == "gone"


async def test_what_nobody_foresaw_is_a_failed_request(contacts):
    """An answer of 500 has its event and its counts as any other."""

    def context(*_: object) -> None:
        raise RuntimeError("jan@example.com")

    async with visited(backend(contacts)) as site:
        broken = replace(site.site, endpoint=replace(site.site.endpoint, context=context))
        with capture_logs() as events:
            async with client_of(broken) as browser:
                answer = await browser.post("/graphql", json={"query": NAMED})
        assert answer.status_code == 500
        assert told(events)["status"] == 500
        assert counted(site, "operation_seconds_count") == {("Short", "query", "failed"): 1}
    assert "jan" not in repr(events)
