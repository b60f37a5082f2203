"""What may be sent, what it is answered as, and with which status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.message import Asked
from gateway.serving.negotiation import (
    HTML,
    MUTATION_BY_GET,
    Ending,
    MediaType,
    answer_type,
    preferred,
    status,
    too_large,
    unacceptable,
)

JSON = MediaType.JSON
RESPONSE = MediaType.RESPONSE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


def request(method: str = "POST", **headers: str | None) -> Asked:
    """Return a request; a header that is None is left out of those that a good one has."""
    said = {"content_type": "application/json"} | headers
    named = {name.replace("_", "-"): value for name, value in said.items() if value is not None}
    return Asked(method, "/graphql", b"", named)


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        pytest.param(None, JSON, id="nothing-said"),
        pytest.param("", JSON, id="empty"),
        pytest.param("  ", JSON, id="blank"),
        pytest.param("*/*", JSON, id="anything"),
        pytest.param("application/*", JSON, id="any-application"),
        pytest.param("application/json", JSON, id="json"),
        pytest.param("application/graphql-response+json", RESPONSE, id="response"),
        pytest.param("Application/GraphQL-Response+JSON", RESPONSE, id="case"),
        pytest.param("application/graphql-response+json, application/json", RESPONSE, id="named-first"),
        pytest.param("application/json, application/graphql-response+json", JSON, id="json-named-first"),
        pytest.param(
            "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            RESPONSE,
            id="as-the-specification-recommends",
        ),
        pytest.param("application/json;q=0.9,application/graphql-response+json", RESPONSE, id="weight"),
        pytest.param(
            "application/json;q=0.2,application/graphql-response+json;q=0.1", JSON, id="low-weights"
        ),
        pytest.param("application/graphql-response+json, */*", RESPONSE, id="named-beside-anything"),
        pytest.param("*/*, application/graphql-response+json", RESPONSE, id="named-behind-anything"),
        pytest.param("application/json, text/plain, */*", JSON, id="axios"),
        pytest.param("application/graphql-response+json;q=0.5, */*", JSON, id="anything-is-liked-better"),
        pytest.param("application/json;q=0, */*", RESPONSE, id="json-refused"),
        pytest.param("*/*;q=0", None, id="nothing-taken"),
        pytest.param("application/json;q=0", None, id="all-that-is-named-refused"),
        pytest.param("*/*, application/*;q=0", None, id="more-exact-refusal"),
        pytest.param("text/html", None, id="html-alone"),
        pytest.param(BROWSER, JSON, id="browser"),
        pytest.param('application/json; charset="UTF-8"', JSON, id="quoted-charset"),
        pytest.param("application/json; charset=utf8", JSON, id="charset-without-dash"),
        pytest.param("application/json; charset=iso-8859-1", None, id="other-charset"),
        pytest.param("application/json; charset=utf-16, */*;q=0.1", JSON, id="other-charset-or-anything"),
        pytest.param("application/json; profile=x", None, id="other-parameter"),
        pytest.param("multipart/mixed;deferSpec=20220824, application/json", JSON, id="apollo-client"),
        pytest.param("nonsense", None, id="no-media-type"),
        pytest.param(";;;,,,", None, id="no-words"),
        pytest.param("application/json;q=nonsense", None, id="no-weight"),
    ],
)
def test_accept(accept, answered):
    """A client gets what it likes best of what we have, or is told that it takes nothing of it."""
    assert answer_type(accept) == answered


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        pytest.param(BROWSER, HTML, id="browser"),
        pytest.param("application/json, text/html;q=0.9", JSON, id="program"),
        pytest.param("*/*", JSON, id="curl"),
        pytest.param(None, JSON, id="nothing-said"),
    ],
)
def test_a_browser_is_told_apart(accept, found):
    """Only who asks for HTML by name gets it."""
    assert preferred(accept, (*MediaType, HTML)) == found


@given(st.text())
def test_any_accept_has_an_answer(accept):
    """Whatever is asked for, the answer is one of ours or none."""
    assert answer_type(accept) in (None, *MediaType)


STATUSES = [
    pytest.param(Ending.COMPLETE, 200, 200, 200, id="complete"),
    pytest.param(Ending.PARTIAL, 200, 200, 294, id="partial"),
    pytest.param(Ending.UNREADABLE, 400, 400, 400, id="no-json"),
    pytest.param(Ending.MALFORMED, 400, 400, 422, id="no-request"),
    pytest.param(Ending.UNPARSED, 200, 400, 400, id="no-graphql"),
    pytest.param(Ending.INVALID, 200, 400, 422, id="not-valid"),
    pytest.param(Ending.FORBIDDEN, 200, 403, 403, id="not-trusted"),
    pytest.param(Ending.WRONG_METHOD, 405, 405, 405, id="method"),
    pytest.param(Ending.NOT_ACCEPTABLE, 406, 406, 406, id="accept"),
    pytest.param(Ending.TOO_LARGE, 413, 413, 413, id="size"),
    pytest.param(Ending.WRONG_TYPE, 415, 415, 415, id="content-type"),
]


@pytest.mark.parametrize(("ending", "json", "response", "draft"), STATUSES)
def test_statuses(ending, json, response, draft):
    """As JSON, all that GraphQL understood is 200; as a GraphQL response, the status says what happened."""
    assert status(ending, JSON, draft=False) == json
    assert status(ending, JSON, draft=True) == json
    assert status(ending, RESPONSE, draft=False) == response
    assert status(ending, RESPONSE, draft=True) == draft


def test_every_ending_has_its_statuses():
    """The table of statuses leaves no ending out."""
    assert {row.values[0] for row in STATUSES} == set(Ending)


@pytest.mark.parametrize("media_type", [pytest.param(each, id=each.name.lower()) for each in MediaType])
def test_answers_say_that_they_are_utf8(media_type):
    """Every answer names its charset."""
    assert media_type.header == f"{media_type.value}; charset=utf-8"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request(), id="post"),
        pytest.param(request("GET", content_type=None), id="get"),
        pytest.param(request("GET", content_type="text/plain"), id="get-has-no-body-to-read"),
        pytest.param(request("GET", content_length="999"), id="get-has-no-body-to-measure"),
        pytest.param(request(content_type="application/json; charset=utf-8"), id="utf-8"),
        pytest.param(request(content_type='Application/JSON;CHARSET="Utf8"'), id="utf-8-in-another-spelling"),
        pytest.param(request(content_type="application/json;"), id="semicolon"),
        pytest.param(request(content_type="application/json; profile=x"), id="other-parameter"),
        pytest.param(request(content_length="100"), id="exactly-as-large"),
        pytest.param(request(content_length="0000000000000000000000100"), id="leading-zeros"),
        pytest.param(request(content_length="nonsense"), id="length-to-be-counted"),
        pytest.param(request(content_encoding="identity"), id="not-compressed"),
    ],
)
def test_good_heads(asked):
    """What may be sent is let through."""
    assert unacceptable(asked, body_bytes=100) is None


@pytest.mark.parametrize(
    ("asked", "ending", "code", "headers"),
    [
        *[
            pytest.param(
                request(method),
                Ending.WRONG_METHOD,
                "METHOD_NOT_ALLOWED",
                (("allow", "GET, POST"),),
                id=method.lower(),
            )
            for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "QUERY")
        ],
        *[
            pytest.param(
                request(content_type=kind), Ending.WRONG_TYPE, "UNSUPPORTED_MEDIA_TYPE", (), id=kind or "none"
            )
            for kind in (
                None,
                "",
                "text/plain;charset=UTF-8",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/graphql",
                "application/graphql-response+json",
                "application/json; charset=utf-16",
                "application/json; charset=",
                "application/json; charset=utf-8; charset=latin1",
                "application/json, application/json",
                "application/jsonx",
            )
        ],
        pytest.param(
            request(content_encoding="gzip"), Ending.WRONG_TYPE, "UNSUPPORTED_MEDIA_TYPE", (), id="compressed"
        ),
        pytest.param(request(accept="text/html"), Ending.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", (), id="accept"),
        pytest.param(
            request("GET", accept="text/html"),
            Ending.NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            (),
            id="accept-of-get",
        ),
        pytest.param(
            request(content_length="101"), Ending.TOO_LARGE, "BODY_TOO_LARGE", (), id="one-too-many"
        ),
        pytest.param(
            request(content_length="9" * 5000),
            Ending.TOO_LARGE,
            "BODY_TOO_LARGE",
            (),
            id="thousands-of-digits",
        ),
    ],
)
def test_bad_heads(asked, ending, code, headers):
    """What may not be sent is refused before its body is read, with the word and the headers for it."""
    refusal = unacceptable(asked, body_bytes=100)
    assert refusal is not None
    assert (refusal.ending, refusal.code, refusal.headers) == (ending, code, headers)


def test_a_mutation_by_get():
    """A mutation that comes by GET is told to come by POST."""
    assert (MUTATION_BY_GET.ending, MUTATION_BY_GET.headers) == (Ending.WRONG_METHOD, (("allow", "POST"),))


def test_a_limit_is_named():
    """Who sends too much is told how much it may be."""
    assert "262144 bytes" in too_large(262144).message
