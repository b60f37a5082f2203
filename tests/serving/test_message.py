"""Requests and answers as values, and the words of headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.message import (
    Asked,
    Replied,
    TraceParent,
    Weighted,
    asked,
    parameterised,
    request_id,
    sent,
    trace_parent,
    weighted,
)

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def scope(*headers: tuple[bytes, bytes], **more) -> dict:
    return {"type": "http", "method": "POST", "path": "/graphql", "headers": headers, **more}


def test_a_scope_is_read():
    """Method, path, query and headers of a request are as they were sent, names in lower case."""
    found = asked(
        scope(
            (b"Accept", b" application/json "), (b"x-name", b"\xe9"), method="get", query_string=b"query=%7B"
        )
    )
    assert found == Asked("GET", "/graphql", b"query=%7B", {"accept": "application/json", "x-name": "é"})


def test_a_scope_without_a_query():
    """A request without a query has an empty one."""
    assert asked(scope()).query == b""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("accept", "a/b, c/d", id="a-list-is-joined"),
        pytest.param("if-none-match", "a/b, c/d", id="tags-are-a-list"),
        pytest.param("content-type", "a/b", id="the-first-type-counts"),
        pytest.param("authorization", "a/b", id="the-first-key-counts"),
    ],
)
def test_a_header_of_two_lines(name, value):
    """Lines of a list belong together; of anything else the first one counts."""
    found = asked(scope((name.encode(), b"a/b"), (name.encode(), b"c/d")))
    assert found.headers == {name: value}


@pytest.mark.parametrize(
    ("status", "length"),
    [
        pytest.param(200, [(b"content-length", b"2")], id="with-a-body"),
        pytest.param(304, [], id="what-the-client-has"),
        pytest.param(204, [], id="nothing"),
    ],
)
def test_an_answer_is_sent(status, length):
    """An answer tells its length, unless it never has a body."""
    start, body = sent(Replied(status, (("vary", "accept"),), b"{}"))
    assert start == {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"vary", b"accept"), *length],
    }
    assert body == {"type": "http.response.body", "body": b"{}", "more_body": False}


def test_a_header_is_replaced():
    """A header that is said again takes the place of what it said before."""
    replied = Replied(200, (("vary", "accept"), ("etag", "1")), b"").having(("vary", "*"))
    assert replied.headers == (("etag", "1"), ("vary", "*"))
    assert replied.header("vary") == "*"
    assert replied.header("age") is None


@pytest.mark.parametrize(
    ("text", "value", "parameters"),
    [
        pytest.param("", "", (), id="nothing"),
        pytest.param("Text/HTML", "text/html", (), id="case"),
        pytest.param("a/b ; Charset=UTF-8", "a/b", (("charset", "UTF-8"),), id="blanks"),
        pytest.param('a/b;c="d;e,f"', "a/b", (("c", "d;e,f"),), id="quoted"),
        pytest.param(r'a/b;c="d\"e"', "a/b", (("c", 'd"e'),), id="escaped"),
        pytest.param('a/b;c="d', "a/b", (("c", '"d'),), id="quote-left-open"),
        pytest.param("a/b;", "a/b", (), id="semicolon-at-the-end"),
        pytest.param("a/b;c", "a/b", (("c", ""),), id="name-alone"),
        pytest.param("a/b; c = d", "a/b", (("c", "d"),), id="blanks-around-the-sign"),
        pytest.param('a/b;c="', "a/b", (("c", '"'),), id="quote-alone"),
    ],
)
def test_parameters(text, value, parameters):
    """A value and its parameters come apart, whatever is quoted."""
    assert parameterised(text) == (value, parameters)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a/b", [("a/b", 1.0)], id="no-weight"),
        pytest.param("a/b;q=0.5,c/d;q=0", [("a/b", 0.5), ("c/d", 0.0)], id="weights"),
        pytest.param("a/b; Q=0.123456", [("a/b", 0.123456)], id="more-digits-than-allowed"),
        pytest.param("a/b;q=2, c/d;q=-1, e/f;q=x, g/h;q=", [], id="impossible-weights"),
        pytest.param(",, ,a/b,", [("a/b", 1.0)], id="empty-elements"),
        pytest.param('a/b;c="x,y";q=1.000', [("a/b", 1.0)], id="comma-in-quotes"),
        pytest.param("a/b;q=0.5;level=1", [("a/b", 0.5)], id="extension-behind-the-weight"),
    ],
)
def test_weights(text, elements):
    """Each element has its weight, 1 where none is said, and is left out where it is impossible."""
    assert [(each.value, each.weight) for each in weighted(text)] == elements


def test_parameters_before_the_weight():
    """What stands before a weight belongs to the value, what stands behind it does not."""
    assert weighted("a/b;c=d;q=0.5;e=f") == (Weighted("a/b", (("c", "d"),), 0.5),)


@given(st.text())
def test_any_header_can_be_read(text):
    """No header is a surprise."""
    assert all(0 <= each.weight <= 1 for each in weighted(text))
    assert trace_parent(text) is None


@pytest.mark.parametrize(
    ("given_id", "is_taken"),
    [
        pytest.param("a", True, id="one"),
        pytest.param("Az09_.-", True, id="all-kinds"),
        pytest.param("a" * 128, True, id="longest"),
        pytest.param("a" * 129, False, id="too-long"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="none"),
        pytest.param("a b", False, id="blank"),
        pytest.param("a\n", False, id="line-break"),
        pytest.param("é", False, id="not-ascii"),
        pytest.param("a=b", False, id="sign"),
    ],
)
def test_request_ids(given_id, is_taken):
    """A fit id is taken over; any other makes a fresh one."""
    assert request_id(given_id, lambda: "fresh") == (given_id if is_taken else "fresh")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"00-{TRACE}-{SPAN}-01", TraceParent(TRACE, SPAN, True), id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-00", TraceParent(TRACE, SPAN, False), id="not-sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-fe", TraceParent(TRACE, SPAN, False), id="unknown-flags"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-more", TraceParent(TRACE, SPAN, True), id="later-version"),
        pytest.param(f"00-{TRACE}-{SPAN}-01-more", None, id="more-than-version-00-has"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01.more", None, id="later-version-run-together"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", None, id="no-version"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", None, id="no-trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", None, id="no-parent"),
        pytest.param(f"00-{TRACE.upper()}-{SPAN}-01", None, id="upper-case"),
        pytest.param(f"00-{TRACE[1:]}-{SPAN}-01", None, id="short"),
        pytest.param(f" 00-{TRACE}-{SPAN}-01", None, id="blank"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
    ],
)
def test_traces(text, found):
    """A trace is taken over when nothing about it is wrong."""
    assert trace_parent(text) == found
