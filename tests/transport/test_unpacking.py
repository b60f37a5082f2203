"""Bodies unpacked in small steps."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.transport.unpacking import STEP, Unpacker

TEXT = bytes(range(256)) * 5000


def unpack(encoding: str, *pieces: bytes) -> bytes:
    unpacker = Unpacker(encoding)
    body = b"".join(step for piece in pieces for step in unpacker.unpacked(piece))
    unpacker.end()
    return body


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
        pytest.param(" X-GZIP ", gzip.compress(TEXT), id="old-name"),
        pytest.param("deflate", zlib.compress(TEXT), id="deflate"),
        pytest.param("", TEXT, id="plain"),
        pytest.param("identity", TEXT, id="said-to-be-plain"),
    ],
)
def test_encodings(encoding, packed):
    """What is packed in a known way comes out whole, in one piece or byte by byte."""
    assert unpack(encoding, packed) == TEXT
    assert unpack(encoding, *(packed[at : at + 1] for at in range(len(packed)))) == TEXT


@given(size=st.integers(0, 3 * STEP), cut=st.integers(1, 2000))
def test_sizes_around_a_step(size, cut):
    """No size and no way of cutting a packed body loses a byte."""
    packed = gzip.compress(bytes(size), 1)
    assert len(unpack("gzip", packed[:cut], packed[cut:])) == size


def test_steps_are_small():
    """However much a piece holds, it comes out a step at a time."""
    steps = Unpacker("gzip").unpacked(gzip.compress(bytes(100 * STEP)))
    assert max(len(step) for step in steps) <= STEP


def test_nothing_is_nothing():
    """An answer without a body may name an encoding all the same."""
    assert unpack("gzip") == b""
    assert unpack("gzip", b"") == b""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("br", b"x", id="not-asked-for"),
        pytest.param("gzip", b"plain", id="not-packed"),
        pytest.param("gzip", gzip.compress(TEXT)[:-5], id="cut"),
    ],
)
def test_faults(encoding, body):
    """What cannot be unpacked to its end is a fault."""
    with pytest.raises(zlib.error):
        unpack(encoding, body)
