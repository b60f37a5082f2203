"""Answers that a client may keep, those that it still has, and answers made smaller for the way."""

import gzip

import pytest

from gateway.domain.errors import BackendUnavailable
from gateway.domain.identity import contact_id
from gateway.settings import Ages
from gateway.settings.values import CacheSettings
from tests.fakes import FakeContacts, aged, backend, contact, load_all
from tests.serving.visits import TOTAL, Line, visited

AGES = aged(contacts=Ages(fresh=30, revalidate=300, stale=3600)).cache
NAMES = "{ contacts(first: 50) { nodes { displayName companyName fullName } } }"
ARCHIVE = f'mutation {{ contactArchive(input: {{ id: "{contact_id("shop", "1")}" }}) {{ outcome }} }}'


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact(str(number)) for number in range(50)])


async def test_a_fresh_answer_may_be_kept(contacts):
    """By GET, what is fresh may be kept by the one who asked, for as long as it stays so."""
    async with visited(backend(contacts), cache=AGES) as site:
        await load_all(site.world.gateway.directory)
        site.world.clock.move(10)
        answer = await site.get(TOTAL)
    assert answer.headers["cache-control"] == "private, max-age=20"
    assert answer.headers["etag"].startswith('"')
    assert {"accept", "authorization", "accept-encoding"} <= set(answer.headers["vary"].split(", "))


async def test_what_a_post_got_is_not_kept(contacts):
    """What was asked by POST is kept by nobody."""
    async with visited(backend(contacts), cache=AGES) as site:
        answer = await site.ask(TOTAL)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("document", ["{ contacts { nope } }", "{", '{ contact(id: "x") { id } }'])
async def test_an_error_is_not_kept(contacts, document):
    """What could not be answered, wholly or in part, is asked again."""
    async with visited(backend(contacts), cache=AGES) as site:
        answer = await site.get(document)
    assert "errors" in answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_a_stale_answer_is_not_kept(contacts):
    """What stands in while its system is away is shown, and kept by nobody."""
    async with visited(backend(contacts), cache=AGES) as site:
        await load_all(site.world.gateway.directory)
        contacts.switch.failing["scan"] = BackendUnavailable("away")
        site.world.clock.move(301)
        answer = await site.get(TOTAL)
    assert answer.json()["data"] == {"contacts": {"totalCount": 50}}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_partial_answer_is_not_kept(contacts):
    """A list that lacks one of its books is not what will be there tomorrow."""
    away = FakeContacts()
    away.switch.failing["scan"] = BackendUnavailable("away")
    both = backend(contacts), backend(away, slug="web", system="acumulus")
    async with visited(*both, cache=AGES) as site:
        answer = await site.get(TOTAL)
    assert answer.json()["data"] == {"contacts": {"totalCount": None}}
    assert answer.headers["cache-control"] == "no-store"


async def test_an_answer_that_the_client_has(contacts):
    """A client that still has the answer is told so in a few bytes; once it changed it gets the new one."""
    async with visited(backend(contacts), cache=AGES) as site:
        first = await site.get(TOTAL)
        again = await site.get(TOTAL, If_None_Match=first.headers["etag"])
        other = await site.get(TOTAL, If_None_Match='"other"')
        contacts.book["new"] = contact("new")
        site.world.clock.move(301)
        changed = await site.get(TOTAL, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"].startswith("private")
    assert not {"content-type", "content-length", "content-encoding"} & set(again.headers)
    assert (other.status_code, changed.status_code) == (200, 200)
    assert changed.json()["data"] == {"contacts": {"totalCount": 51}}


async def test_a_post_is_never_not_modified(contacts):
    """Whoever posts gets an answer, whatever it says to have."""
    async with visited(backend(contacts), cache=AGES) as site:
        answer = await site.ask(TOTAL, If_None_Match="*")
    assert answer.json()["data"] == {"contacts": {"totalCount": 50}}


async def test_a_mutation_by_get(contacts):
    """GET changes nothing, and says how to."""
    async with visited(backend(contacts), cache=AGES) as site:
        answers = [await site.get(ARCHIVE, Accept=accept) for accept in ("*/*", "application/json")]
    assert [(answer.status_code, answer.headers["allow"]) for answer in answers] == [(405, "POST")] * 2
    assert "data" not in answers[0].json()
    assert contacts.switch.calls == []


async def test_a_query_beside_a_mutation_by_get(contacts):
    """By GET it is the operation that is meant that counts, not what else the document holds."""
    both = f"query A {TOTAL} {ARCHIVE.replace('mutation', 'mutation B')}"
    async with visited(backend(contacts), cache=AGES) as site:
        asked = [{"query": both, "operationName": name} for name in "AB"]
        query, mutation = [await site.browser.get("/graphql", params=each) for each in asked]
    assert (query.status_code, mutation.status_code) == (200, 405)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0", None), ("br", None)],
    ids=["gzip", "second-best", "any", "refused", "other"],
)
@pytest.mark.parametrize("by", ["GET", "POST"])
async def test_smaller_for_the_way(contacts, by, accepted, coding):
    """A large answer is compressed where the client takes that, and says what it depends on."""
    async with visited(backend(contacts), cache=AGES) as site:
        ask = site.get if by == "GET" else site.ask
        answer = await ask(NAMES, Accept_Encoding=accepted)
        small = await ask("{ viewer { name } }", Accept_Encoding=accepted)
    assert answer.headers.get("content-encoding") == coding
    assert "content-encoding" not in small.headers
    assert "accept-encoding" in answer.headers["vary"]
    assert len(answer.json()["data"]["contacts"]["nodes"]) == 50


async def test_how_much_smaller(contacts):
    """What is sent is what the length says, and a good deal less than what is read of it."""
    headers = [(b"host", b"localhost"), (b"accept-encoding", b"gzip")]
    async with visited(backend(contacts), cache=AGES) as site:
        request = site.browser.build_request("GET", "/graphql", params={"query": NAMES})
        line = Line(scope={"method": "GET", "query_string": request.url.query, "headers": headers})
        await line.run(site.site)
    body = line.sent[1]["body"]
    assert len(body) == int(line.headers["content-length"])
    assert len(body) < len(gzip.decompress(body)) / 3


async def test_each_form_has_a_tag_of_its_own(contacts):
    """A compressed answer is another form than a plain one, and each is known again by its tag."""
    async with visited(backend(contacts), cache=AGES) as site:
        tags = {
            coding: (await site.get(NAMES, Accept_Encoding=coding)).headers["etag"]
            for coding in ("gzip", "identity")
        }
        again = await site.get(NAMES, Accept_Encoding="gzip", If_None_Match=tags["gzip"])
        crossed = await site.get(NAMES, Accept_Encoding="gzip", If_None_Match=tags["identity"])
    assert tags["gzip"] != tags["identity"]
    assert (again.status_code, crossed.status_code) == (304, 200)


@pytest.mark.parametrize("wish", ["no-cache", "max-age=0"])
async def test_how_old_an_answer_may_be(contacts, wish):
    """A POST may ask for what is newer than what is held; a GET of a browser that says so may not."""
    async with visited(backend(contacts), cache=CacheSettings(preload=False)) as site:
        await site.ask(TOTAL)
        site.world.clock.move(5)
        await site.get(TOTAL, Cache_Control=wish)
        before = len(contacts.switch.asked("scan"))
        await site.ask(TOTAL, Cache_Control=wish)
        after = len(contacts.switch.asked("scan"))
    assert (before, after) == (1, 2)
