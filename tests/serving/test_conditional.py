"""Answers that may be kept, and those that a client still has."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.conditional import VARY, Part, cache_control, entity_tag, is_held, revalidated, tagged
from gateway.serving.message import Asked, Replied
from gateway.serving.negotiation import Ending

KEPT = "private, max-age=30"
TAG = '"abc"'


def replied(status: int = 200, cache: str | None = KEPT, body: bytes = b"{}") -> Replied:
    headers = (("content-type", "application/json"),) + ((("cache-control", cache),) if cache else ())
    return Replied(status, headers, body)


def request(tag: str | None, method: str = "GET") -> Asked:
    return Asked(method, "/graphql", b"", {} if tag is None else {"if-none-match": tag})


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        pytest.param([Part(0, 30)], "private, max-age=30", id="new"),
        pytest.param([Part(10.4, 30)], "private, max-age=19", id="seconds-are-whole-and-never-too-many"),
        pytest.param([Part(0, 900), Part(25, 30), Part(1, 30)], "private, max-age=5", id="least-fresh"),
        pytest.param([Part(30, 30)], "private, max-age=0", id="just-fresh"),
        pytest.param([Part(0, 0)], "private, max-age=0", id="never-as-good-as-new"),
        pytest.param([], "private, max-age=0", id="of-no-system"),
        pytest.param([Part(-3600, 30)], "private, max-age=30", id="from-the-future"),
        pytest.param([Part(0, math.inf)], "private, max-age=31536000", id="for-ever"),
        pytest.param([Part(30.1, 30)], "no-store", id="stale"),
        pytest.param([Part(0, 900), Part(31, 30)], "no-store", id="one-part-stale"),
        pytest.param([Part(0, 30, is_whole=False)], "no-store", id="not-whole"),
        pytest.param([Part(0, 30), Part(0, 30, is_whole=False)], "no-store", id="one-part-not-whole"),
        pytest.param([Part(math.inf, 30)], "no-store", id="never-known"),
        pytest.param([Part(math.nan, math.nan)], "no-store", id="no-number"),
    ],
)
def test_an_answer_is_kept_as_long_as_its_least_fresh_part(parts, said):
    """An answer may be kept while all of it is fresh, and not at all when some of it is not."""
    assert cache_control("GET", Ending.COMPLETE, parts) == said


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        pytest.param("POST", Ending.COMPLETE, id="post"),
        *[
            pytest.param("GET", ending, id=ending.name.lower())
            for ending in Ending
            if ending is not Ending.COMPLETE
        ],
    ],
)
def test_what_is_not_kept(method, ending):
    """Nothing but what a GET got without errors may be kept."""
    assert cache_control(method, ending, [Part(0, 30)]) == "no-store"


@given(st.lists(st.builds(Part, st.floats(), st.floats(), st.booleans())))
def test_any_ages(parts):
    """Whatever the ages are, the header is one of two."""
    said = cache_control("GET", Ending.COMPLETE, iter(parts))
    assert said == "no-store" or 0 <= int(said.removeprefix("private, max-age=")) <= 31536000


@pytest.mark.parametrize(
    ("answer", "is_tagged"),
    [
        pytest.param(replied(), True, id="kept"),
        pytest.param(replied(cache="no-store"), False, id="not-kept"),
        pytest.param(replied(cache=None), False, id="nothing-said"),
        pytest.param(replied(400), False, id="refused"),
    ],
)
def test_what_has_a_tag(answer, is_tagged):
    """What may be kept has a tag, and says what else it depends on; anything else is left as it was."""
    found = tagged(answer, "gzip")
    assert (found != answer) is is_tagged
    if is_tagged:
        assert found.header("etag") == entity_tag(b"{}", "application/json", "gzip")
        assert found.header("vary") == VARY
        assert found.body == answer.body


def test_every_form_has_its_own_strong_tag():
    """The same form always has the same tag; another body, type or coding has another."""
    forms = [
        (b"{}", "application/json", "identity"),
        (b"{} ", "application/json", "identity"),
        (b"{}", "application/graphql-response+json", "identity"),
        (b"{}", "application/json", "gzip"),
    ]
    tags = [entity_tag(*form) for form in forms]
    assert len(set(tags)) == len(forms)
    assert tags == [entity_tag(*form) for form in forms]
    assert all(tag[0] == tag[-1] == '"' and len(tag) == 34 for tag in tags)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        pytest.param(TAG, True, id="same"),
        pytest.param(f"W/{TAG}", True, id="weak"),
        pytest.param(f' "x" ,W/"y",{TAG}', True, id="list"),
        pytest.param("*", True, id="anything"),
        pytest.param(" * ", True, id="anything-with-blanks"),
        pytest.param('"x,"abc"', False, id="out-of-step"),
        pytest.param('"a,bc", "abc"', True, id="comma-in-a-tag"),
        pytest.param("abc", False, id="without-quotes"),
        pytest.param('"ABC"', False, id="case"),
        pytest.param('"x"', False, id="another"),
        pytest.param('"*"', False, id="star-as-a-tag"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="none"),
    ],
)
def test_what_a_client_has(said, held):
    """A client has an answer when its tag is among those that it names."""
    assert is_held(said, TAG) is held


def test_what_a_client_has_is_not_sent_again():
    """A client that still has the answer gets 304: no body, no word of it, all else."""
    answer = tagged(replied(), "identity").having(("x-request-id", "1"), ("content-encoding", "gzip"))
    tag = answer.header("etag")
    assert tag is not None
    found = revalidated(request(tag), answer)
    assert (found.status, found.body) == (304, b"")
    assert found.headers == (
        ("cache-control", KEPT),
        ("etag", tag),
        ("vary", VARY),
        ("x-request-id", "1"),
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(request(None), tagged(replied(), "identity"), id="nothing-asked"),
        pytest.param(request('"x"'), tagged(replied(), "identity"), id="another"),
        pytest.param(request("*", "POST"), tagged(replied(), "identity"), id="post"),
        pytest.param(request("*"), replied(cache="no-store"), id="not-kept"),
    ],
)
def test_what_a_client_does_not_have_is_sent(asked, answer):
    """Anything else is answered in full."""
    assert revalidated(asked, answer) is answer
