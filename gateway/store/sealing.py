"""Files and values that show when they were altered, and that only the owner of a key can read.

A file begins with its preface, in the clear. What follows comes in pieces, each closed by itself, so that
none of the work takes long: with a key by AES-256-GCM, without one beside its SHA-256. Preface, number and
whether it is the last go into the closing, so that no piece can be left out, moved, or taken from elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.domain.secret import Secret

MAGIC = b"\x89CGW\r\n\x1a\n"
"""Begins every file. Its line breaks and its first byte do not survive a transfer as text."""

FORM = 1
"""How files of this release are laid out."""

_PREFACE = struct.Struct(">8sHH16s16s32s")
_LENGTH = struct.Struct(">I")
_ENCRYPTED = 1
_SUM = 32
_WORK = 2**15
"""What deriving a key costs: 32 MiB and about a tenth of a second."""

ENVELOPES = b"contacts-gateway between workers"
"""The salt of what processes give one another: all of them have to come to the same key."""

_NONCE = 12
_SHORT_SUM = 16

MAX_PIECE = 256 * 1024 * 1024
"""Bytes of a piece; a longer one was never written."""


class Unusable(Exception):
    """A file cannot be read, or must not be; its text is why, for people, and holds nothing of the file."""


@dataclass(frozen=True, slots=True)
class Preface:
    """What a file says of itself.

    Attributes:
        schema: What the shape of its content is, 32 bytes.
        mark: Its own, 16 random bytes.
        salt: Of the key's derivation, 16 random bytes.
        encrypted: Whether a key is needed.
    """

    schema: bytes
    mark: bytes
    salt: bytes
    encrypted: bool

    def encode(self) -> bytes:
        """Return it as it stands in the file."""
        flags = _ENCRYPTED if self.encrypted else 0
        return _PREFACE.pack(MAGIC, FORM, flags, self.salt, self.mark, self.schema)


def preface_of(file: BinaryIO, schema: bytes | None) -> Preface:
    """Read a preface.

    Args:
        file: At its beginning.
        schema: The only shape of contents that is read; None: any.

    Raises:
        Unusable: it is none, or that of a file for another release.
    """
    text = file.read(_PREFACE.size)
    if text[: len(MAGIC)] != MAGIC[: len(text)] or not text:
        raise Unusable("it was not written by this gateway")
    if len(text) < _PREFACE.size:
        raise Unusable("it is damaged")
    _, form, flags, salt, mark, found = _PREFACE.unpack(text)
    if form != FORM or flags & ~_ENCRYPTED or schema not in (None, found):
        raise Unusable("it was written by another release")
    return Preface(found, mark, salt, bool(flags & _ENCRYPTED))


class Seal(Protocol):
    """Closes the pieces of one file, and opens them."""

    def close(self, piece: bytes, number: int, last: bool) -> bytes:
        """Return what goes into the file."""

    def open(self, closed: bytes, number: int, last: bool) -> bytes:
        """Return what was put in.

        Raises:
            Unusable: it is not what was put in there.
        """


class Keys:
    """Makes the seals of files; with a secret they are encrypted.

    Args:
        secret: The owner's; None: files are only checked.
    """

    def __init__(self, secret: Secret | None) -> None:
        self._secret = secret
        self._salt = os.urandom(16)
        self._derived: dict[bytes, bytes] = {}

    @property
    def encrypts(self) -> bool:
        """Whether there is a secret."""
        return self._secret is not None

    def preface(self, schema: bytes) -> Preface:
        """Return the preface of a new file."""
        return Preface(schema, os.urandom(16), self._salt, self.encrypts)

    def seal(self, preface: Preface) -> Seal:
        """Return the seal of a file.

        Raises:
            Unusable: it is encrypted and there is no secret.
        """
        if not preface.encrypted:
            return Checked(preface.encode())
        if self._secret is None:
            raise Unusable("it is encrypted, and no cache.key is configured")
        return Encrypted(preface.encode(), self._key(preface, self._secret))

    def _key(self, preface: Preface, secret: Secret) -> bytes:
        """Return a file's own key, so that no two pieces of two files are closed alike."""
        derived = self._derived.get(preface.salt)
        if derived is None:
            derived = self._derived[preface.salt] = _stretched(secret, preface.salt)
        return HKDF(SHA256(), 32, salt=preface.mark, info=b"contacts-gateway at rest").derive(derived)


@dataclass(frozen=True, slots=True)
class Checked:
    """Puts a digest before each piece: shows damage, and keeps nobody out."""

    preface: bytes

    def close(self, piece: bytes, number: int, last: bool) -> bytes:
        """Return what goes into the file."""
        return self._sum(piece, number, last) + piece

    def open(self, closed: bytes, number: int, last: bool) -> bytes:
        """Return what was put in."""
        piece = closed[_SUM:]
        if not hmac.compare_digest(closed[:_SUM], self._sum(piece, number, last)):
            raise Unusable("it is damaged")
        return piece

    def _sum(self, piece: bytes, number: int, last: bool) -> bytes:
        return hashlib.sha256(self.preface + _place(number, last) + piece).digest()


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Encrypts each piece under the file's own key; its place is the nonce."""

    preface: bytes
    key: bytes

    def close(self, piece: bytes, number: int, last: bool) -> bytes:
        """Return what goes into the file."""
        return AESGCM(self.key).encrypt(_place(number, last), piece, self.preface)

    def open(self, closed: bytes, number: int, last: bool) -> bytes:
        """Return what was put in."""
        try:
            return AESGCM(self.key).decrypt(_place(number, last), closed, self.preface)
        except (InvalidTag, ValueError) as error:
            raise Unusable("it is damaged, or encrypted with another key") from error


class Envelopes:
    """Closes single values that go from process to process: with a secret encrypted, else beside a digest.

    Whoever has the same secret opens them, on whichever machine: so its derivation takes a salt that
    belongs to this program, and not one of a file's own. Each purpose has a key of its own, under which
    the nonces are random: good for 2**32 values.

    Args:
        secret: The owner's; None: values are only checked.
    """

    def __init__(self, secret: Secret | None) -> None:
        self._derived = _stretched(secret, ENVELOPES) if secret else None
        self._ciphers: dict[bytes, AESGCM] = {}

    @property
    def encrypts(self) -> bool:
        """Whether there is a secret."""
        return self._derived is not None

    def close(self, body: bytes, purpose: bytes, preface: bytes) -> bytes:
        """Return what may be given away, without the preface.

        Args:
            body: What is closed.
            purpose: What for: it opens for nothing else.
            preface: Goes along in the clear, and cannot be changed either.
        """
        if self._derived is None:
            return _envelope_sum(body, purpose, preface) + body
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher(purpose, self._derived).encrypt(nonce, body, preface)

    def open(self, closed: bytes, purpose: bytes, preface: bytes) -> bytes:
        """Return what was closed.

        Raises:
            Unusable: it is damaged, or closed for another purpose, or with another key.
        """
        if self._derived is None:
            body = closed[_SHORT_SUM:]
            if not hmac.compare_digest(closed[:_SHORT_SUM], _envelope_sum(body, purpose, preface)):
                raise Unusable("it is damaged")
            return body
        try:
            return self._cipher(purpose, self._derived).decrypt(closed[:_NONCE], closed[_NONCE:], preface)
        except (InvalidTag, ValueError) as error:
            raise Unusable("it is damaged, or encrypted with another key") from error

    def _cipher(self, purpose: bytes, derived: bytes) -> AESGCM:
        cipher = self._ciphers.get(purpose)
        if cipher is None:
            key = HKDF(SHA256(), 32, salt=None, info=ENVELOPES + b" for " + purpose).derive(derived)
            cipher = self._ciphers[purpose] = AESGCM(key)
        return cipher


def _envelope_sum(body: bytes, purpose: bytes, preface: bytes) -> bytes:
    # Its length before each, so that nothing of one can pass as the other's.
    head = b"%d %d " % (len(purpose), len(preface))
    return hashlib.sha256(head + purpose + preface + body).digest()[:_SHORT_SUM]


def _stretched(secret: Secret, salt: bytes) -> bytes:
    words = secret.reveal().encode("utf-8", "surrogateescape")
    return hashlib.scrypt(words, salt=salt, n=_WORK, r=8, p=1, maxmem=2 * _WORK * 1024, dklen=32)


def _place(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def closed_pieces(pieces: Iterable[bytes], seal: Seal) -> Iterator[bytes]:
    """Return the pieces of a file as they stand in it, each behind its length; nothing for no pieces."""
    waiting, number = list[bytes](), 0
    for piece in pieces:
        yield from (_framed(seal.close(each, number - 1, False)) for each in waiting)
        waiting, number = [piece], number + 1
    yield from (_framed(seal.close(each, number - 1, True)) for each in waiting)


def opened_pieces(file: BinaryIO, seal: Seal) -> Iterator[bytes]:
    """Return the pieces of a file that is read from behind its preface.

    Raises:
        Unusable: on the way, at the first piece that is not as it was written.
    """
    number, closed = 0, _next(file)
    if closed is None:
        raise Unusable("it is damaged")
    while closed is not None:
        following = _next(file)
        yield seal.open(closed, number, following is None)
        number, closed = number + 1, following


def _framed(closed: bytes) -> bytes:
    return _LENGTH.pack(len(closed)) + closed


def _next(file: BinaryIO) -> bytes | None:
    head = file.read(_LENGTH.size)
    if not head:
        return None
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else MAX_PIECE + 1
    closed = file.read(length) if length <= MAX_PIECE else b""
    if length > MAX_PIECE or len(closed) < length:
        raise Unusable("it is damaged")
    return closed
