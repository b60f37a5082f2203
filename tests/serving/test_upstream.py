"""Who is told of upstream calls, and what."""

from dataclasses import replace

import pytest

from gateway.auth import EVERYONE, Viewer
from gateway.serving.upstream import upstream
from gateway.settings import GraphQLSettings, Scope
from gateway.telemetry import CacheState, Cause, UpstreamCall
from tests.fakes import backend, contact
from tests.serving.test_site import KEYS
from tests.serving.visits import visited

FIRST = UpstreamCall(
    system="moneybird",
    administration="shop",
    method="GET",
    cause=Cause.LOAD,
    cache=CacheState.NOT_HELD,
    outcome="200",
    started=1.5,
    ms=20.0,
    sent=0,
    received=300,
    tries=1,
)
LATER = replace(FIRST, administration="other", started=9.0)
ASKED = {"x-gateway-upstream": "1"}
NAMES = "{ contacts { totalCount } }"
ADMIN = "Bearer opens-all"


def test_calls_are_told_as_they_began():
    """A call is told by its facts, beside what else stands there; the one that began first stands first."""
    payload = {"data": {}, "extensions": {"cost": 1}}
    told = upstream(ASKED, EVERYONE).beside(payload, [LATER, FIRST])
    assert [each["administration"] for each in told["extensions"]["upstream"]] == ["shop", "other"]
    assert told["extensions"]["upstream"][0] == {
        "system": "MONEYBIRD",
        "administration": "shop",
        "cause": "load",
        "method": "GET",
        "cache": "not held",
        "started": 1.5,
        "ms": 20.0,
        "sent": 0,
        "received": 300,
        "outcome": "200",
        "tries": 1,
    }
    assert (told["extensions"]["cost"], payload["extensions"]) == (1, {"cost": 1})


def test_what_may_not_be_seen_is_not_told():
    """A call of an administration that does not exist for the viewer was none of theirs."""
    viewer = Viewer("one", frozenset({Scope.ADMIN}), frozenset({"shop"}))
    told = upstream(ASKED, viewer).beside({"data": {}}, [FIRST, LATER])
    assert [each["administration"] for each in told["extensions"]["upstream"]] == ["shop"]


@pytest.mark.parametrize(
    ("headers", "scopes"),
    [
        pytest.param({}, [Scope.ADMIN], id="not-asked"),
        pytest.param({"x-gateway-upstream": "0"}, [Scope.ADMIN], id="not-wanted"),
        pytest.param({"x-gateway-upstream": "true"}, [Scope.ADMIN], id="another-word"),
        pytest.param(ASKED, [Scope.READ, Scope.WRITE, Scope.RAW], id="without-admin"),
    ],
)
def test_nothing_is_told(headers, scopes):
    """Whoever does not ask, or has not the right, gets the answer as it is."""
    payload = {"data": {}}
    assert upstream(headers, Viewer("one", frozenset(scopes))).beside(payload, [FIRST]) is payload


@pytest.mark.parametrize(
    ("key", "document", "status"),
    [
        pytest.param("Bearer opens", NAMES, 200, id="read"),
        pytest.param("Bearer opens", "{ nothing }", 200, id="read-refused"),
    ],
)
async def test_a_key_without_the_right(key, document, status):
    """The answer to a key without the scope is byte for byte the one without the header."""
    async with visited(backend([contact("1")]), auth=KEYS) as site:
        await site.ask(NAMES, authorization=key)
        named = {"authorization": key, "X-Request-Id": "same"}
        plain = await site.ask(document, **named)
        asked = await site.ask(document, **named, X_Gateway_Upstream="1")
    assert (asked.status_code, asked.content) == (status, plain.content)
    assert dict(asked.headers) == dict(plain.headers)


@pytest.mark.parametrize("document", [NAMES, "{ nothing }", "{"], ids=["run", "invalid", "unparsed"])
async def test_an_answer_that_tells_is_not_kept(document):
    """Asked by GET it carries no tag, is not to be stored, and a tag held from before is not heeded."""
    async with visited(backend([contact("1")]), auth=KEYS) as site:
        kept = await site.get(document, authorization=ADMIN)
        held = {"If-None-Match": kept.headers.get("etag", "*")}
        told = await site.get(document, authorization=ADMIN, X_Gateway_Upstream="1", **held)
        again = await site.get(document, authorization=ADMIN)
    assert told.json()["extensions"]["upstream"] == []
    assert (told.headers["cache-control"], "etag" in told.headers) == ("no-store", False)
    assert told.status_code == kept.status_code
    assert "upstream" not in again.json().get("extensions", {})
    assert again.headers.get("etag") == kept.headers.get("etag")
    assert "etag" not in kept.headers or "x-gateway-upstream" in kept.headers["vary"]


async def test_a_batch_tells_of_each():
    """Each operation of a batch has its own list; what was no operation has none."""
    async with visited(backend([contact("1")]), graphql=GraphQLSettings(batching=5)) as site:
        body = [{"query": NAMES}, {"query": "{ viewer { name } }"}, {"query": 5}]
        answer = await site.browser.post("/graphql", json=body, headers=ASKED)
    assert [each.get("extensions", {}).get("upstream") for each in answer.json()] == [[], [], None]
