"""Pieces that only open where they were closed, and shapes that tell releases apart."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from gateway.domain.contact import Contact, ContactKey
from gateway.domain.secret import Secret
from gateway.store.sealing import Keys, Unusable, closed_pieces, opened_pieces
from gateway.store.shape import shape_of

PIECES = [b"one", b"", b"three" * 1000]
SECRETS = [pytest.param(None, id="checked"), pytest.param(Secret("a long word"), id="encrypted")]


@pytest.mark.parametrize("secret", SECRETS)
def test_pieces_open_as_they_were_closed(secret):
    """Whoever has the secret and the preface gets every piece back, empty ones too."""
    keys = Keys(secret)
    preface = keys.preface(bytes(32))
    closed = list(closed_pieces(PIECES, keys.seal(preface)))
    assert list(opened_pieces(io.BytesIO(b"".join(closed)), Keys(secret).seal(preface))) == PIECES
    assert list(closed_pieces([], keys.seal(preface))) == []


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 1], id="without-the-last"),
        pytest.param([1, 2], id="without-the-first"),
        pytest.param([0, 2], id="without-the-middle"),
        pytest.param([1, 0, 2], id="swapped"),
        pytest.param([0, 1, 2, 2], id="repeated"),
        pytest.param([], id="nothing"),
    ],
)
def test_what_was_left_out_or_moved_is_noticed(secret, order):
    """Every piece by itself is whole; where it stands, and that it ends the file, is part of it."""
    keys = Keys(secret)
    seal = keys.seal(keys.preface(bytes(32)))
    closed = list(closed_pieces(PIECES, seal))
    with pytest.raises(Unusable):
        list(opened_pieces(io.BytesIO(b"".join(closed[at] for at in order)), seal))


@pytest.mark.parametrize("secret", SECRETS)
def test_a_piece_belongs_to_its_file(secret):
    """Nothing of one file opens in another one, although both are of one gateway."""
    keys = Keys(secret)
    closed = b"".join(closed_pieces(PIECES, keys.seal(keys.preface(bytes(32)))))
    with pytest.raises(Unusable):
        list(opened_pieces(io.BytesIO(closed), keys.seal(keys.preface(bytes(32)))))


def test_a_shape_is_that_of_all_parts():
    """A field more or another type make another shape; the same kind makes the same."""

    @dataclass(frozen=True)
    class One:
        key: str
        number: int

    @dataclass(frozen=True)
    class Two:
        key: str

    @dataclass(frozen=True)
    class Three:
        key: int

    shapes = [shape_of(kind) for kind in (One, Two, Three, ContactKey, Contact)]
    assert len(set(shapes)) == 5
    assert shape_of(Contact) == shapes[-1]
