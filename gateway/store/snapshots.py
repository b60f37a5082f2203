"""Books at rest: a file for each administration, and a small one beside it that tells how old it is.

A file is named as the journal's are: by slug and by what the system calls the book, so that a slug that is
used again never shows another book. It holds contacts a few at a time, then the versions of the list, and
at last what belongs to all of them. Confirming that nothing changed writes the small file alone.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from gateway.domain.contact import Contact
from gateway.ports import Confirmed, Saved
from gateway.store.replacing import alone, replace, sync
from gateway.store.sealing import MAX_PIECE, Keys, Preface, Unusable, closed_pieces, opened_pieces, preface_of
from gateway.store.shape import shape_of
from gateway.telemetry import log

T = TypeVar("T")

BOOK, AGE, ASIDE = ".book", ".age", ".set-aside"
"""How the names end of a book, of how old it is, and of one that could not be used."""

AT_ONCE = 100
"""Contacts in a piece: its coding takes about a millisecond, in which nothing else runs."""

VERSIONS_AT_ONCE = 5000

FAILURES = (TypeError, ValueError, OverflowError, RecursionError)
"""What coding a value raises that has no form at rest, like half of a surrogate pair."""


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Some of a book."""

    contacts: list[tuple[Contact, datetime | None]] = []
    versions: dict[str, str] = {}


class Head(msgspec.Struct, frozen=True, array_like=True):
    """Begins a book."""

    name: str
    confirmed: Confirmed


class Tail(msgspec.Struct, frozen=True, array_like=True):
    """Ends a book."""

    left_out: int
    expected: int | None


class Age(msgspec.Struct, frozen=True, array_like=True):
    """The whole of a small file; `mark` is that of the book that it speaks of."""

    name: str
    mark: bytes
    confirmed: Confirmed


# msgspec works out a shape when it is first read, and the process dies where two threads do so at once.
for _shape in (Piece, Head, Tail, Age):
    msgspec.msgpack.Decoder(_shape)


class FileSnapshots:
    """Books in a directory.

    Args:
        directory: Made when it is not there.
        names: An administration's slug to what its files are called.
        keys: Close the files.
        writes: Whether anything is changed there; else nothing is set aside either.
    """

    def __init__(self, directory: Path, names: Mapping[str, str], keys: Keys, *, writes: bool = True) -> None:
        self._directory = directory
        self._names = names
        self._keys = keys
        self._writes = writes
        self._shape = shape_of(Contact)

    async def load(self, administration: str) -> Saved | None:
        """Return what is kept of a book; a file that cannot be used is set aside, and that is told.

        Raises:
            OSError: the file cannot be read at all.
        """
        return await asyncio.to_thread(self._load, administration)

    async def save(self, administration: str, saved: Saved) -> bytes:
        """Keep a book in the place of an older one, whole or not at all; return its mark.

        Raises:
            OSError: it could not be written; what was there is as it was.
        """
        return await asyncio.to_thread(self._save, self._names[administration], saved)

    async def confirm(self, administration: str, mark: bytes, confirmed: Confirmed) -> bool:
        """Note how old a book is that is kept, unless it is not there any more; return whether it is.

        Raises:
            OSError: it could not be written.
        """
        return await asyncio.to_thread(self._confirm, self._names[administration], mark, confirmed)

    def _save(self, name: str, saved: Saved) -> bytes:
        preface = self._keys.preface(self._shape)
        with alone(self._directory, name):
            # What is at rest beside it speaks of the older book, and is not read with the new one.
            replace(self._path(name, BOOK), self._closed(preface, _pieces(name, saved)))
        return preface.mark

    def _confirm(self, name: str, mark: bytes, confirmed: Confirmed) -> bool:
        with alone(self._directory, name):
            try:
                with self._path(name, BOOK).open("rb") as file:
                    found = preface_of(file, self._shape)
            except (FileNotFoundError, Unusable):
                return False
            if found.mark != mark:
                return False
            preface = self._keys.preface(self._shape)
            age = msgspec.msgpack.encode(Age(name, mark, confirmed))
            replace(self._path(name, AGE), self._closed(preface, [age]))
            return True

    def _load(self, administration: str) -> Saved | None:
        name = self._names[administration]
        try:
            with self._path(name, BOOK).open("rb") as file:
                return self._read(file, name)
        except FileNotFoundError:
            return None
        except Unusable as error:
            self._set_aside(administration, name, str(error))
            return None

    def _read(self, file: BinaryIO, name: str) -> Saved:
        preface = preface_of(file, self._shape)
        if self._keys.encrypts and not preface.encrypted:
            raise Unusable("it is not encrypted, although cache.key is configured")
        pieces = self._opened(file, preface)
        head = _decoded(next(pieces), Head)
        if head.name != name:
            raise Unusable("it is that of another administration")
        age = self._age(name, preface.mark)
        return _book(pieces, age or head.confirmed, preface.mark)

    def _age(self, name: str, mark: bytes) -> Confirmed | None:
        """Return what the small file tells of a book; None where there is none, or that of another book."""
        try:
            with self._path(name, AGE).open("rb") as file:
                preface = preface_of(file, self._shape)
                age = _decoded(b"".join(self._opened(file, preface)), Age)
        except FileNotFoundError:
            return None
        if age.name != name or preface.encrypted != self._keys.encrypts:
            raise Unusable("what tells its age is not its own")
        return age.confirmed if age.mark == mark else None

    def _set_aside(self, administration: str, name: str, reason: str) -> None:
        log().warning("snapshot_set_aside", administration=administration, reason=reason)
        if not self._writes:
            return
        with alone(self._directory, name):
            with suppress(FileNotFoundError):
                self._path(name, BOOK).replace(self._path(name, ASIDE))
            self._path(name, AGE).unlink(missing_ok=True)
            if self._keys.encrypts:
                _drop_readable(self._path(name, ASIDE))
            sync(self._directory)

    def _closed(self, preface: Preface, pieces: Iterable[bytes]) -> Iterator[bytes]:
        yield preface.encode()
        yield from closed_pieces((zlib.compress(each, 1) for each in pieces), self._keys.seal(preface))

    def _opened(self, file: BinaryIO, preface: Preface) -> Iterator[bytes]:
        for each in opened_pieces(file, self._keys.seal(preface)):
            unpacking = zlib.decompressobj()
            try:
                piece = unpacking.decompress(each, MAX_PIECE)
            except zlib.error as error:
                raise Unusable("it is damaged") from error
            if not unpacking.eof:
                raise Unusable("it is damaged")
            yield piece

    def _path(self, name: str, ending: str) -> Path:
        return self._directory / f"{name}{ending}"


def _drop_readable(path: Path) -> None:
    """Remove a file that anybody could read: once there is a key, nothing stays in the clear."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            is_readable = not preface_of(file, None).encrypted
        except Unusable:
            is_readable = True
        if is_readable:
            path.unlink()


def _pieces(name: str, saved: Saved) -> Iterator[bytes]:
    """Return a book as it is put down; a contact that has no form at rest is left out, and asked for anew."""
    lost: set[str] = set()
    count = 0
    yield msgspec.msgpack.encode(Head(name, saved.confirmed))
    for some in _batches(saved.contacts, AT_ONCE):
        count += len(some)
        yield _encoded(some, lost)
    versions = ((key, each) for key, each in saved.versions.items() if key not in lost)
    for told in _batches(versions, VERSIONS_AT_ONCE):
        yield msgspec.msgpack.encode(Piece(versions=dict(told)))
    expected = count if lost and saved.expected is None else saved.expected
    yield msgspec.msgpack.encode(Tail(saved.left_out, expected))


def _encoded(contacts: list[tuple[Contact, datetime | None]], lost: set[str]) -> bytes:
    try:
        return msgspec.msgpack.encode(Piece(contacts))
    except FAILURES:
        kept = [each for each in contacts if _has_form(each[0])]
        lost |= {each.key.remote for each, _ in contacts} - {each.key.remote for each, _ in kept}
        return msgspec.msgpack.encode(Piece(kept))


def _has_form(contact: Contact) -> bool:
    try:
        msgspec.msgpack.encode(contact)
    except FAILURES:
        return False
    return True


def _book(pieces: Iterator[bytes], confirmed: Confirmed, mark: bytes) -> Saved:
    contacts: list[tuple[Contact, datetime | None]] = []
    versions: dict[str, str] = {}
    decoder = msgspec.msgpack.Decoder(Piece)
    last = next(pieces, None)
    if last is None:
        raise Unusable("it is damaged")
    for following in pieces:
        piece = _by(decoder, last)
        contacts += piece.contacts
        versions |= piece.versions
        last = following
    tail = _decoded(last, Tail)
    return Saved(confirmed, tuple(contacts), versions, tail.left_out, tail.expected, mark)


def _decoded(piece: bytes, kind: type[T]) -> T:
    return _by(msgspec.msgpack.Decoder(kind), piece)


def _by(decoder: msgspec.msgpack.Decoder[T], piece: bytes) -> T:
    try:
        return decoder.decode(piece)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unusable("it is damaged") from error


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(items)
    while some := list(islice(waiting, size)):
        yield some
