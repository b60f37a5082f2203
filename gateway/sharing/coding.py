"""Values as bytes that every worker can read, whichever machine it runs on, and nobody else with a key."""

from __future__ import annotations

import hashlib
import threading
import zlib
from typing import Any, TypeVar

import msgspec

from gateway.domain.secret import Secret
from gateway.store.sealing import Envelopes, Unusable
from gateway.store.shape import shape_of

T = TypeVar("T")

FORM = 1
"""How values of this release are laid out."""

MARK = b"cg" + bytes([FORM])
"""Begins every value."""

SHAPE = 8
"""Bytes of the digest of a value's shape."""

PACKED = 2048
"""Bytes from which on a value is compressed: with a smaller one that would take longer than all the rest."""

MAX_SIZE = 64 * 1024 * 1024
"""Bytes of a value; a longer one was never written."""

FAILURES = (TypeError, ValueError, OverflowError, RecursionError)
"""What coding a value raises that has no form as bytes, like half of a surrogate pair."""

_PLAIN, _COMPRESSED = b"\0", b"\1"

_encode = msgspec.msgpack.Encoder().encode

# msgspec works out a shape when it is first read, and the process dies where two threads do so at once.
_building = threading.Lock()
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}
_shapes: dict[Any, bytes] = {}


class Coding:
    """Turns values into bytes and back.

    In front stand a mark, the form and a digest of the value's shape, in which this release is counted.
    With a key all else is encrypted (AES-256-GCM); without one a digest beside it shows damage.

    Args:
        key: The same for all workers (`cache.key`); None: nothing is encrypted. Deriving from it takes a
            tenth of a second, here.
    """

    def __init__(self, key: Secret | None) -> None:
        self._envelopes = Envelopes(key)

    def close(self, value: object, purpose: bytes, kind: Any = None) -> bytes:
        """Return a value as bytes.

        Args:
            value: Dataclasses, structs and what they are made of.
            purpose: What for: it opens for no other one. There are few of them, each known in the code or
                the settings: what is derived for one is kept.
            kind: The type that it is opened as, where its own class does not tell: `tuple[Contact, int]`.

        Raises:
            ValueError: it has no form as bytes, like half of a surrogate pair.
        """
        try:
            body = _encode(value)
        except FAILURES as error:
            raise ValueError("A value has no form as bytes.") from error
        packed = _COMPRESSED + zlib.compress(body, 1) if len(body) >= PACKED else _PLAIN + body
        preface = MARK + _shape(type(value) if kind is None else kind)
        return preface + self._envelopes.close(packed, purpose, preface)

    def open(self, data: bytes | None, kind: type[T], purpose: bytes) -> T | None:
        """Return what was closed; None: there is nothing that can be used.

        That is so of nothing at all, and of what is foreign, damaged, of another release, shape, purpose
        or key. May be called in threads.
        """
        preface = MARK + _shape(kind)
        if not data or not data.startswith(preface):
            return None
        try:
            packed = self._envelopes.open(data[len(preface) :], purpose, preface)
            found: T = _decoder(kind).decode(_unpacked(packed))
        except (Unusable, zlib.error, msgspec.DecodeError, RecursionError):
            return None
        return found


def _unpacked(packed: bytes) -> bytes:
    if packed[:1] == _PLAIN:
        return packed[1:]
    # What is longer is cut off, and cannot be read then.
    return zlib.decompressobj().decompress(packed[1:], MAX_SIZE)


def _shape(kind: Any) -> bytes:
    digest = _shapes.get(kind)
    if digest is None:
        # Named too: `list[str]` and `dict[str, str]` have no fields to tell them apart.
        digest = hashlib.sha256(shape_of(kind) + repr(kind).encode()).digest()[:SHAPE]
        _shapes[kind] = digest
    return digest


def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    decoder = _decoders.get(kind)
    if decoder is None:
        with _building:
            decoder = _decoders.setdefault(kind, msgspec.msgpack.Decoder(kind))
    return decoder
