"""Errors as a client reads them, through the door."""

import re

import pytest

from gateway.domain.errors import GatewayError
from tests.fakes import FakeCharges, FakeContacts, backend, contact, world

PYTHON = re.compile(
    r"\b(?:True|False|None|NoneType|dict|list|str|int|object at)\b|<class|<\w+\.|'\w+' object"
)

WRONG = [
    pytest.param("{ contacts(first: True) { totalCount } }", {}, id="true-as-python-spells-it"),
    pytest.param("{ contacts(first: null, last: true) { totalCount } }", {}, id="boolean-for-a-number"),
    pytest.param('{ contacts(first: "1") { totalCount } }', {}, id="text-for-a-number"),
    pytest.param("{ contacts(first: 1.5) { totalCount } }", {}, id="fraction"),
    pytest.param("{ contacts(first: 99999999999) { totalCount } }", {}, id="too-large"),
    pytest.param("{ contacts(first: {a: 1}) { totalCount } }", {}, id="object-for-a-number"),
    pytest.param("{ contacts(nonsense: null) { totalCount } }", {}, id="unknown-argument"),
    pytest.param("{ contact(id: null) { id } }", {}, id="null-for-an-id"),
    pytest.param("{ contact { id } }", {}, id="missing-argument"),
    pytest.param("{ contact(id: [1]) { id } }", {}, id="list-for-an-id"),
    pytest.param("{ contacts { nonsense } }", {}, id="unknown-field"),
    pytest.param("{ contacts }", {}, id="no-selection"),
    pytest.param("{ administrations { choices(kind: NONSENSE) { name } } }", {}, id="unknown-value"),
    pytest.param('{ administrations { choices(kind: "USER") { name } } }', {}, id="text-for-a-value"),
    pytest.param("{ contacts(", {}, id="cut"),
    pytest.param("", {}, id="empty"),
    pytest.param("query($f: Int) { contacts(first: $f) { totalCount } }", {"f": True}, id="v-boolean"),
    pytest.param("query($f: Int) { contacts(first: $f) { totalCount } }", {"f": "x"}, id="v-text"),
    pytest.param("query($f: Int) { contacts(first: $f) { totalCount } }", {"f": [None, False]}, id="v-list"),
    pytest.param("query($f: Int) { contacts(first: $f) { totalCount } }", {"f": {"a": None}}, id="v-object"),
    pytest.param("query($f: Int) { contacts(first: $f) { totalCount } }", {"f": 2**40}, id="v-large"),
    pytest.param("query($i: ID!) { contact(id: $i) { id } }", {}, id="v-missing"),
    pytest.param("query($i: ID!) { contact(id: $i) { id } }", {"i": None}, id="v-null"),
    pytest.param("query($i: ID!) { contact(id: $i) { id } }", {"i": True}, id="v-boolean-for-an-id"),
    pytest.param("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [None]}, id="v-null-in-a-list"),
    pytest.param(
        "query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [{"a": True}]}, id="v-object-in-a-list"
    ),
    pytest.param(
        "query($k: ChoiceKind!) { administrations { choices(kind: $k) { name } } }", {"k": "X"}, id="v-value"
    ),
    pytest.param(
        "query($k: ChoiceKind!) { administrations { choices(kind: $k) { name } } }",
        {"k": False},
        id="v-no-value",
    ),
    pytest.param(
        "query($n: Nonsense) { contacts(first: $n) { totalCount } }", {"n": None}, id="v-unknown-type"
    ),
    pytest.param("query($s: String) { contacts(first: $s) { totalCount } }", {"s": "1"}, id="v-other-type"),
    pytest.param(
        "query($b: Boolean!) { contacts @skip(if: $b) { totalCount } }", {"b": None}, id="v-directive"
    ),
    pytest.param("mutation { nothing }", {}, id="no-mutation"),
]


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


@pytest.fixture
def charges() -> FakeCharges:
    return FakeCharges()


@pytest.fixture
async def browser(contacts, charges):
    async with world(backend(contacts, charges=charges)) as opened, opened.browser() as client:
        yield client


async def post(browser, query: str, **variables):
    answer = await browser.post("/graphql", json={"query": query, "variables": variables})
    return answer, answer.json()


@pytest.mark.parametrize(("query", "variables"), WRONG)
async def test_wrong_requests(browser, contacts, query, variables):
    """What makes no sense is refused in GraphQL's own words, with a code, before any system is asked."""
    answer = await browser.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code in (200, 400)
    assert not PYTHON.search(answer.text), answer.text
    assert contacts.switch.calls == []
    if answer.headers["content-type"].startswith("application/json"):
        for error in answer.json()["errors"]:
            assert error["extensions"]["code"] in (
                "BAD_USER_INPUT",
                "GRAPHQL_PARSE_FAILED",
                "GRAPHQL_VALIDATION_FAILED",
            )
            assert error["extensions"]["retryable"] is False


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        pytest.param("{", {}, "GRAPHQL_PARSE_FAILED", id="no-graphql"),
        pytest.param("{ nonsense }", {}, "GRAPHQL_VALIDATION_FAILED", id="not-of-this-schema"),
        pytest.param('{ contact(id: "x") { id } }', {}, "BAD_USER_INPUT", id="malformed-id"),
        pytest.param(
            "query($f: Int) { contacts(first: $f) { totalCount } }", {"f": "x"}, "BAD_USER_INPUT", id="v"
        ),
    ],
)
async def test_codes(browser, query, variables, code):
    """Every refusal has its word."""
    _, answer = await post(browser, query, **variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_facts_of_every_error(browser):
    """Every error has the same facts for programs, and the id of its request."""
    response, answer = await post(browser, "{ nonsense }")
    facts = answer["errors"][0]["extensions"]
    assert set(facts) == {"code", "system", "administration", "retryable", "retryAfter", "requestId"}
    assert facts["requestId"] == response.headers["x-request-id"]


async def test_quoted_words_are_the_clients(browser):
    """What the client itself wrote is quoted as written."""
    _, answer = await post(browser, '{ contacts(first: "None and True") { totalCount } }')
    assert '"None and True"' in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("failure", "code", "shown"),
    [
        pytest.param(KeyError("secret token"), "INTERNAL", False, id="unforeseen"),
        pytest.param(GatewayError("For people."), "INTERNAL", True, id="our-own"),
    ],
)
async def test_masking(browser, charges, failure, code, shown):
    """What nobody foresaw is masked, with the id that finds it in the log; what we say is said."""
    charges.switch.failing["of_contact"] = failure
    response, answer = await post(browser, "{ contacts { nodes { charges { price } } } }")
    error = answer["errors"][0]
    assert error["extensions"]["code"] == code
    assert "secret token" not in response.text
    assert (error["message"] == "For people.") is shown
    assert response.status_code == 200
