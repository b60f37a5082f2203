"""Several operations in one request, and documents that are named instead of sent."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.settings import GraphQLSettings, LimitSettings
from gateway.settings.values import AuthSettings, KeySettings
from tests.fakes import FakeContacts, backend, contact
from tests.serving.visits import TOTAL, code_of, visited

VIEWER = "{ viewer { name } }"
TEN = GraphQLSettings(batching=10)


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


def hashed(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def named(document: str, *, version: object = 1) -> dict[str, object]:
    """Return the extensions that name a document by its hash."""
    return {"persistedQuery": {"version": version, "sha256Hash": hashed(document)}}


@pytest.mark.parametrize(
    ("batching", "size", "status"),
    [(0, 1, 400), (0, 2, 400), (10, 0, 400), (10, 1, 200), (10, 10, 200), (10, 11, 400)],
    ids=["off", "off-two", "empty", "one", "most", "too-many"],
)
async def test_batches(contacts, batching, size, status):
    """A list of operations is taken where that is switched on, up to so many, and answered in its order."""
    async with visited(backend(contacts), graphql=GraphQLSettings(batching=batching)) as site:
        answer = await site.browser.post("/graphql", json=[{"query": TOTAL}] * size)
    assert answer.status_code == status
    if status == 200:
        assert [each["data"] for each in answer.json()] == [{"contacts": {"totalCount": 1}}] * size
    else:
        assert code_of(answer) == "BAD_USER_INPUT"
        assert contacts.switch.calls == []


async def test_one_bad_operation_of_a_batch(contacts):
    """Each operation of a batch is answered by itself: what is wrong with one is told in its place."""
    batch = [{"query": TOTAL}, {"query": 17}, {"query": "{"}, {"query": "{ nothing }"}, {"query": VIEWER}]
    async with visited(backend(contacts), graphql=TEN) as site:
        answer = await site.browser.post("/graphql", json=batch)
    answers = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [each.get("data") for each in answers] == [
        {"contacts": {"totalCount": 1}},
        None,
        None,
        None,
        {"viewer": {"name": None}},
    ]
    codes = [each["errors"][0]["extensions"]["code"] for each in answers[1:4]]
    assert codes == ["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"]
    assert ["data" in each for each in answers[1:4]] == [False] * 3


async def test_a_batch_costs_what_its_operations_cost_together(contacts):
    """The limit of cost is that of the whole request: what is over it is not run."""
    async with visited(backend(contacts), graphql=TEN) as site:
        alone = (await site.ask(TOTAL)).json()["extensions"]["cost"]["requested"]
    limits = LimitSettings(cost=2 * alone)
    async with visited(backend(contacts), graphql=TEN, limits=limits) as site:
        answer = await site.browser.post("/graphql", json=[{"query": TOTAL}] * 3)
    *good, bad = answer.json()
    assert [each["data"] for each in good] == [{"contacts": {"totalCount": 1}}] * 2
    facts = bad["errors"][0]["extensions"]
    assert (facts["code"], facts["limit"], facts["counted"]) == ("QUERY_TOO_COMPLEX", "cost", 3 * alone)
    assert "data" not in bad


@pytest.mark.parametrize("limits", [{"in_flight": 2}, {"requests_per_minute": 2}], ids=["at-once", "minute"])
async def test_a_batch_counts_as_what_it_holds(contacts, limits):
    """Three operations are three, for whatever counts them."""
    async with visited(backend(contacts), graphql=TEN, limits=LimitSettings(**limits)) as site:
        two = await site.browser.post("/graphql", json=[{"query": VIEWER}] * 2)
        three = await site.browser.post("/graphql", json=[{"query": VIEWER}] * 3)
    assert two.status_code == 200
    assert three.status_code in (429, 503)


async def test_no_batch_by_get(contacts):
    """What stands in a URL is one operation."""
    async with visited(backend(contacts), graphql=TEN) as site:
        answer = await site.get(json.dumps([{"query": TOTAL}]))
    assert code_of(answer) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("by", ["POST", "GET"])
async def test_a_document_by_its_hash(contacts, by):
    """A client that names a document is asked for its text once, and from then on the hash is enough."""
    async with visited(backend(contacts)) as site:

        async def send(**members: object):
            told = {"extensions": named(VIEWER), **members}
            if by == "POST":
                return await site.browser.post("/graphql", json=told)
            return await site.browser.get(
                "/graphql", params={**told, "extensions": json.dumps(named(VIEWER))}
            )

        unknown, offered, known = await send(), await send(query=VIEWER), await send()
    assert code_of(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert offered.json()["data"] == known.json()["data"] == {"viewer": {"name": None}}


@pytest.mark.parametrize(
    "document",
    ["{", "{ nothing }", "{ contacts(first: 100) { nodes { events(first: 100) { id } } } }"],
    ids=["no-graphql", "invalid", "too-dear"],
)
async def test_only_good_documents_are_kept(contacts, document):
    """A text that was refused is not kept: nobody fills the shelf with what cannot be run."""
    async with visited(backend(contacts), limits=LimitSettings(cost=10)) as site:
        offered = await site.browser.post("/graphql", json={"query": document, "extensions": named(document)})
        asked = await site.browser.post("/graphql", json={"extensions": named(document)})
    assert "errors" in offered.json()
    assert code_of(asked) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "extensions",
    [
        named(TOTAL),
        named(VIEWER, version=2),
        named(VIEWER, version=True),
        {"persistedQuery": 17},
        {"persistedQuery": {"version": 1, "sha256Hash": [hashed(VIEWER)]}},
    ],
    ids=["other-hash", "version", "no-number", "no-object", "no-text"],
)
async def test_names_that_do_not_fit(contacts, extensions):
    """A hash that is not that of the text, or is none at all, is the client's fault and keeps nothing."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.post("/graphql", json={"query": VIEWER, "extensions": extensions})
        after = await site.browser.post("/graphql", json={"extensions": named(VIEWER)})
    assert (answer.status_code, code_of(answer)) == (400, "BAD_USER_INPUT")
    assert code_of(after) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"viewer": VIEWER}))
    return file


@pytest.mark.parametrize("by", ["documentId", "doc_id", "id"])
async def test_trusted_documents(contacts, manifest, by):
    """Where only trusted documents are run one is asked for by its id, and nothing else is run or kept."""
    options = GraphQLSettings(trusted_documents=manifest, require_trusted=True)
    async with visited(backend(contacts), graphql=options) as site:
        good = await site.browser.post("/graphql", json={by: "viewer"})
        by_get = await site.browser.get("/graphql", params={by: "viewer"})
        same = await site.ask(VIEWER)
        other = await site.ask(TOTAL)
        offered = await site.browser.post("/graphql", json={"query": TOTAL, "extensions": named(TOTAL)})
    assert good.json()["data"] == by_get.json()["data"] == same.json()["data"] == {"viewer": {"name": None}}
    assert [code_of(each) for each in (other, offered)] == [code_of(other)] * 2
    assert "data" not in other.json()
    assert contacts.switch.calls == []


async def test_trust_by_key(contacts, manifest):
    """A key may be bound to trusted documents while another may ask what it likes."""
    keys = AuthSettings(
        (
            KeySettings("bound", sha256(b"bound").hexdigest(), require_trusted=True),
            KeySettings("free", sha256(b"free").hexdigest()),
        )
    )
    options = GraphQLSettings(trusted_documents=manifest)
    async with visited(backend(contacts), graphql=options, auth=keys) as site:
        bound = await site.ask(TOTAL, Authorization="Bearer bound")
        free = await site.ask(TOTAL, Authorization="Bearer free")
    assert "data" not in bound.json()
    assert free.json()["data"] == {"contacts": {"totalCount": 1}}
