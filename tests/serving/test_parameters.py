"""What a body or a URL asks for, whatever comes."""

import re
import time
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.negotiation import Ending, Refusal
from gateway.serving.parameters import Operation, in_url, posted

PYTHON = re.compile(
    r"\b(?:True|False|None|NoneType|dict|list|str|int|object at)\b|<class|<\w+\.|'\w+' object|Error"
)

QUERY = "{ __typename }"
BATCH = 3

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
MEMBERS = st.dictionaries(
    st.sampled_from(["query", "operationName", "variables", "extensions", "documentId", "doc_id", "id", "x"]),
    JSON_VALUES,
)


def operation(**members) -> Operation:
    plain = {"query": QUERY, "operation_name": None, "variables": {}, "extensions": {}}
    return Operation(**plain | members)


def body(**members) -> bytes:
    return orjson.dumps({"query": QUERY} | members)


def urlencoded(members: dict[str, str]) -> bytes:
    return "&".join(f"{quote(name)}={quote_plus(value)}" for name, value in members.items()).encode()


def refused(found: object, ending: Ending = Ending.MALFORMED) -> str:
    """Return the message of a refusal, which says what every refusal says."""
    assert isinstance(found, Refusal)
    assert (found.ending, found.code) == (ending, "BAD_USER_INPUT")
    assert not PYTHON.search(found.message), found.message
    return found.message


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        pytest.param(body(), operation(), id="query"),
        pytest.param(b" \r\n\t" + body() + b"\n", operation(), id="blanks-around"),
        pytest.param(body(operationName="A"), operation(operation_name="A"), id="name"),
        pytest.param(body(operationName=""), operation(), id="empty-name"),
        pytest.param(body(variables={"a": [1, None]}), operation(variables={"a": [1, None]}), id="variables"),
        pytest.param(body(extensions={"a": {}}), operation(extensions={"a": {}}), id="extensions"),
        pytest.param(body(operationName=None, variables=None, extensions=None), operation(), id="nulls"),
        pytest.param(body(documentId=None, other=1), operation(), id="what-we-do-not-know"),
        pytest.param(body(query=" { a }\n"), operation(query=" { a }\n"), id="text-as-it-is"),
        pytest.param(b'{"query":"a","query":"b"}', operation(query="b"), id="twice-the-last-counts"),
        pytest.param(
            '{"query":"{ a(b: \\"🏃\\") }"}'.encode(), operation(query='{ a(b: "🏃") }'), id="beyond-ascii"
        ),
        pytest.param(b'{"query":"\\ud83c\\udfc3"}', operation(query="🏃"), id="a-pair-of-surrogates"),
        pytest.param(body(variables={"a": "\0"}), operation(variables={"a": "\0"}), id="nul"),
        pytest.param(
            b'{"documentId":"abc"}', operation(query=None, document_id="abc"), id="document-id-alone"
        ),
        pytest.param(b'{"doc_id":"abc"}', operation(query=None, document_id="abc"), id="relay"),
        pytest.param(b'{"id":"abc"}', operation(query=None, document_id="abc"), id="relay-of-old"),
        pytest.param(
            b'{"id":"a","documentId":"a"}', operation(query=None, document_id="a"), id="the-same-id-twice"
        ),
        pytest.param(body(id="abc"), operation(document_id="abc"), id="text-and-id"),
        pytest.param(
            b'{"query":"","extensions":{"persistedQuery":{}}}',
            operation(query=None, extensions={"persistedQuery": {}}),
            id="hash-and-empty-text",
        ),
    ],
)
def test_good_bodies(sent, found):
    """What a body asks for is read, with null as good as nothing."""
    assert posted(sent, batch=0) == found


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{ "not a JSON', id="cut"),
        pytest.param(b"{hello hello", id="tokens"),
        pytest.param(b"{'query': 'a'}", id="quotes-of-python"),
        pytest.param(b'{"query":"a"} {}', id="more-behind-it"),
        pytest.param(b'{"query":"\xff"}', id="not-utf-8"),
        pytest.param(b'{"query":"\xed\xa0\x80"}', id="surrogate"),
        pytest.param(b'{"query":"a","variables":{"a":"\\ud800"}}', id="surrogate-escaped"),
        pytest.param(b'{"query":"a","variables":{"\\udc00":1}}', id="surrogate-in-a-name"),
        pytest.param(b'{"query":"a\0"}', id="nul-not-escaped"),
        pytest.param('{"query":"a"}'.encode("utf-16"), id="utf-16-with-mark"),
        pytest.param('{"query":"a"}'.encode("utf-16-le"), id="utf-16"),
        pytest.param('{"query":"a"}'.encode("utf-32-be"), id="utf-32"),
        pytest.param(b"\xef\xbb\xbf" + body(), id="byte-order-mark"),
        pytest.param(b'{"query":"a","variables":{"a":NaN}}', id="nan"),
        pytest.param(b'{"query":"a","variables":{"a":Infinity}}', id="infinity"),
        pytest.param(b'{"query":"a","variables":{"a":-Infinity}}', id="minus-infinity"),
        pytest.param(b'{"query":"a","variables":{"a":1e400}}', id="beyond-a-double"),
        pytest.param(b'{"query":"a","variables":{"a":' + b"9" * 5000 + b"}}", id="5000-digits"),
        pytest.param(b'{"query":"a","variables":{"a":-' + b"9" * 5000 + b"}}", id="minus-5000-digits"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100000-arrays"),
        pytest.param(b"[" * 100_000, id="100000-arrays-left-open"),
        pytest.param(b'{"query":"a","variables":' + b'{"a":' * 50_000, id="50000-objects"),
    ],
)
def test_bodies_that_are_no_json(sent):
    """What cannot be read is refused in words of our own."""
    assert refused(posted(sent, batch=BATCH), Ending.UNREADABLE).startswith("The body ")


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        pytest.param(b"17", "JSON object", id="number"),
        pytest.param(b'"secret"', "JSON object", id="text"),
        pytest.param(b"null", "JSON object", id="null"),
        pytest.param(b"true", "JSON object", id="true"),
        pytest.param(b"{}", "query", id="nothing"),
        pytest.param(b'{"qeury":"{ a }"}', "query", id="typing-error"),
        pytest.param(b'{"query":null}', "query", id="query-null"),
        pytest.param(b'{"query":""}', "query", id="query-empty"),
        pytest.param(b'{"query":" \\n"}', "query", id="query-blank"),
        pytest.param(b'{"query":"","extensions":{"persistedQuery":null}}', "query", id="hash-null"),
        *[
            pytest.param(body(**{name: value}), name, id=f"{name}-{kind}")
            for name in ("query", "operationName", "documentId", "doc_id", "id")
            for kind, value in {"object": {"a": "secret"}, "0": 0, "false": False, "list": ["secret"]}.items()
        ],
        *[
            pytest.param(body(**{name: value}), name, id=f"{name}-{kind}")
            for name in ("variables", "extensions")
            for kind, value in {"text": "secret", "0": 0, "false": False, "list": ["secret"]}.items()
        ],
        pytest.param(b'{"documentId":"a","id":"b"}', "one id", id="two-ids"),
    ],
)
def test_bodies_that_are_no_request(sent, word):
    """What is JSON but no request is refused, with the member that is wrong and nothing of its value."""
    message = refused(posted(sent, batch=BATCH))
    assert word in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("sent", "batch"),
    [
        pytest.param(b"[" + body() + b"]", 0, id="switched-off"),
        pytest.param(b"[]", BATCH, id="empty"),
        pytest.param(b"[" + b",".join([body()] * (BATCH + 1)) + b"]", BATCH, id="one-too-many"),
        pytest.param(b"[" + body() + b",17]", BATCH, id="an-item-that-is-no-object"),
        pytest.param(b"[[" + body() + b"]]", BATCH, id="a-batch-of-batches"),
    ],
)
def test_batches_that_are_refused(sent, batch):
    """A batch that may not be is refused as a whole."""
    refused(posted(sent, batch=batch))


def test_a_batch():
    """Each operation of a batch is read or refused on its own, in its place."""
    found = posted(b"[" + body() + b',{"query":1},' + body(query="{ a }") + b"]", batch=BATCH)
    assert isinstance(found, tuple)
    assert [found[0], found[2]] == [operation(), operation(query="{ a }")]
    assert refused(found[1]) == "query must be a string."


def test_where_json_ends():
    """Who sends what is no JSON is told the place."""
    message = refused(posted(b'{\n "query": x}', batch=0), Ending.UNREADABLE)
    assert message == "The body cannot be read as JSON, from line 2, column 11."


@pytest.mark.parametrize(
    ("url", "found"),
    [
        pytest.param("query=" + quote(QUERY), operation(), id="query"),
        pytest.param("query=" + quote_plus(QUERY), operation(), id="plus-is-a-blank"),
        pytest.param("query=a%2Bb", operation(query="a+b"), id="plus"),
        pytest.param("query=a=b", operation(query="a=b"), id="equals-sign"),
        pytest.param("&query=a&", operation(query="a"), id="empty-pairs"),
        pytest.param("query=a&operationName=B", operation(query="a", operation_name="B"), id="name"),
        pytest.param("query=a&operationName=", operation(query="a"), id="empty-name"),
        pytest.param(
            "query=a&operationName=null", operation(query="a", operation_name="null"), id="named-null"
        ),
        pytest.param(
            "query=a&variables=" + quote('{"name":"x"}'),
            operation(query="a", variables={"name": "x"}),
            id="variables",
        ),
        pytest.param(
            "query=a&variables=null&extensions=", operation(query="a"), id="null-and-empty-are-nothing"
        ),
        pytest.param("query=a&utm=1&utm=2&%75tm=3", operation(query="a"), id="what-we-do-not-know"),
        pytest.param("%71uery=a", operation(query="a"), id="escaped-name"),
        pytest.param("query=%F0%9F%8F%83", operation(query="🏃"), id="beyond-ascii"),
        pytest.param("query=🏃", operation(query="🏃"), id="beyond-ascii-not-escaped"),
        pytest.param("query=a%00", operation(query="a\0"), id="nul"),
        pytest.param(
            "extensions=" + quote('{"persistedQuery":{"version":1}}'),
            operation(query=None, extensions={"persistedQuery": {"version": 1}}),
            id="hash-alone",
        ),
        pytest.param(
            "documentId=sha256:71f7&operationName=A",
            operation(query=None, operation_name="A", document_id="sha256:71f7"),
            id="document-id",
        ),
        pytest.param("query=&id=7", operation(query=None, document_id="7"), id="id-and-empty-text"),
    ],
)
def test_good_urls(url, found):
    """What a URL asks for is read."""
    assert in_url(url.encode()) == found


@pytest.mark.parametrize(
    ("url", "ending", "word"),
    [
        pytest.param(b"", Ending.MALFORMED, "query", id="nothing"),
        pytest.param(b"query=", Ending.MALFORMED, "query", id="empty"),
        pytest.param(b"query=a&query=b", Ending.MALFORMED, "query", id="twice"),
        pytest.param(b"query=a&query=", Ending.MALFORMED, "query", id="twice-once-empty"),
        pytest.param(b"query=a&%71uery=a", Ending.MALFORMED, "query", id="twice-once-escaped"),
        pytest.param(
            b"query=a&variables={}&variables={}", Ending.MALFORMED, "variables", id="variables-twice"
        ),
        pytest.param(b"query=a%", Ending.UNREADABLE, "percent", id="cut"),
        pytest.param(b"query=a%zz", Ending.UNREADABLE, "percent", id="no-digits"),
        pytest.param(b"query=%ff", Ending.UNREADABLE, "UTF-8", id="not-utf-8"),
        pytest.param(b"query=%ED%A0%80", Ending.UNREADABLE, "UTF-8", id="surrogate"),
        pytest.param(b"query=\xff", Ending.UNREADABLE, "UTF-8", id="not-utf-8-not-escaped"),
        pytest.param(b"query=%u0041", Ending.UNREADABLE, "percent", id="escape-of-old"),
        pytest.param(b"query=a&variables={secret", Ending.UNREADABLE, "variables", id="no-json"),
        pytest.param(b'query=a&variables="secret"', Ending.MALFORMED, "variables", id="text"),
        pytest.param(b"query=a&variables=[1]", Ending.MALFORMED, "variables", id="list"),
        pytest.param(b"query=a&extensions=0", Ending.MALFORMED, "extensions", id="number"),
        pytest.param(b"query=a&variables=%00", Ending.UNREADABLE, "variables", id="nul"),
        pytest.param(b'query=a&variables={"a":NaN}', Ending.UNREADABLE, "variables", id="nan"),
        pytest.param(
            b'query=a&variables={"a":"\\ud800"}', Ending.UNREADABLE, "variables", id="surrogate-json"
        ),
        pytest.param(b"id=a&doc_id=b", Ending.MALFORMED, "one id", id="two-ids"),
    ],
)
def test_bad_urls(url, ending, word):
    """What a URL cannot mean is refused, with nothing of what it says."""
    message = refused(in_url(url), ending)
    assert word in message
    assert "secret" not in message


@given(st.binary() | JSON_VALUES.map(orjson.dumps) | MEMBERS.map(orjson.dumps))
def test_any_body(sent):
    """Whatever comes as a body is read or refused, never a surprise."""
    found = posted(sent, batch=BATCH)
    for each in found if isinstance(found, tuple) else (found,):
        if isinstance(each, Refusal):
            refused(each, each.ending)


@given(st.binary() | st.dictionaries(st.text(), st.text()).map(urlencoded))
def test_any_url(sent):
    """Whatever comes in a URL is read or refused, never a surprise."""
    found = in_url(sent)
    if isinstance(found, Refusal):
        refused(found, found.ending)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"[" * 2_000_000, id="arrays"),
        pytest.param(b"{hello " * 300_000, id="tokens"),
        pytest.param(b'{"query":"' + b"\\u0041" * 300_000, id="escapes"),
        pytest.param(b'{"query":"a","variables":{"a":' + b"9" * 2_000_000 + b"}}", id="digits"),
        pytest.param(b" " * 2_000_000, id="blanks"),
        pytest.param(b"[" + b"{}," * 600_000 + b"{}]", id="batch"),
    ],
)
def test_large_bodies_cost_little(sent):
    """A body of 2 MB, were it let through, takes no longer than its length explains."""
    before = time.perf_counter()
    found = [posted(sent, batch=BATCH), in_url(sent)]
    assert time.perf_counter() - before < 5
    assert all(isinstance(each, Refusal) for each in found)
