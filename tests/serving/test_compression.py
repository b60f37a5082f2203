"""Answers made smaller for the way."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.compression import ABOVE, coding, compressed
from gateway.serving.message import Replied

LARGE = ABOVE + 1


@pytest.mark.parametrize(
    ("accept", "size", "found"),
    [
        pytest.param("gzip", LARGE, "gzip", id="gzip"),
        pytest.param("gzip", ABOVE, "identity", id="small"),
        pytest.param(None, LARGE, "identity", id="nothing-said"),
        pytest.param("", LARGE, "identity", id="empty"),
        pytest.param("GZip", LARGE, "gzip", id="case"),
        pytest.param("x-gzip", LARGE, "gzip", id="alias"),
        pytest.param("gzip, deflate, br, zstd", LARGE, "gzip", id="browser"),
        pytest.param("br", LARGE, "identity", id="what-we-do-not-have"),
        pytest.param("*", LARGE, "gzip", id="anything"),
        pytest.param("gzip;q=0", LARGE, "identity", id="refused"),
        pytest.param("gzip;q=0, *", LARGE, "identity", id="refused-but-anything-else"),
        pytest.param("*;q=0, gzip", LARGE, "gzip", id="nothing-else"),
        pytest.param("gzip;q=0.5", LARGE, "gzip", id="weight"),
        pytest.param("gzip;q=0.5, identity", LARGE, "identity", id="liked-better-as-it-is"),
        pytest.param("gzip, identity;q=0.5", LARGE, "gzip", id="liked-better-small"),
        pytest.param("gzip, identity;q=0", 10, "gzip", id="never-as-it-is"),
        pytest.param("*;q=0, gzip", 10, "gzip", id="never-as-it-is-by-star"),
        pytest.param("identity;q=0", LARGE, "identity", id="neither"),
        pytest.param("*;q=0", LARGE, "identity", id="nothing"),
        pytest.param("gzip;q=nonsense", LARGE, "identity", id="no-weight"),
    ],
)
def test_codings(accept, size, found):
    """A large answer is compressed for those who take that, and like it no less than the plain one."""
    assert coding(accept, size) == found


@given(st.text(), st.integers(0, 10_000))
def test_any_header_has_a_coding(accept, size):
    """Whatever is said to be taken, the coding is one of two."""
    assert coding(accept, size) in ("gzip", "identity")


def test_the_same_body_becomes_the_same_bytes():
    """A compressed answer can be read again, and says nothing of when it was made."""
    body = b'{"data":{}}' * 200
    found = compressed(Replied(200, (("content-type", "application/json"),), body), "gzip")
    assert found.body == compressed(Replied(200, (), body), "gzip").body
    assert found.body[4:8] == bytes(4)
    assert gzip.decompress(found.body) == body
    assert len(found.body) < len(body) / 10
    assert found.headers == (
        ("content-type", "application/json"),
        ("vary", "accept-encoding"),
        ("content-encoding", "gzip"),
    )


@pytest.mark.parametrize(
    ("status", "body", "used"),
    [
        pytest.param(200, b"{}", "identity", id="as-it-is"),
        pytest.param(304, b"", "gzip", id="without-a-body"),
    ],
)
def test_what_is_not_compressed(status, body, used):
    """An answer that is not compressed says all the same that it might have been."""
    found = compressed(Replied(status, (("vary", "accept"),), body), used)
    assert found == Replied(status, (("vary", "accept, accept-encoding"),), body)
