"""Bodies unpacked in small steps: a few packed bytes may become gigabytes, and are not taken at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

ACCEPTED = "gzip"
"""What is asked for; httpx would also take encodings that it unpacks in one go."""

STEP = 256 * 1024
"""Bytes that are unpacked at a time."""

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})
_EITHER_HEADER = 32 + zlib.MAX_WBITS


class Unpacker:
    """Unpacks one body as its pieces come in.

    Args:
        encoding: The answer's Content-Encoding.

    Raises:
        zlib.error: it is not known, or the body is not packed so.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in _PACKED | _PLAIN:
            raise zlib.error("unknown encoding")
        self._stream = zlib.decompressobj(_EITHER_HEADER) if name in _PACKED else None
        self._began = False

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """Return what a piece of the body holds, in steps; take them one by one."""
        if self._stream is None:
            yield piece
            return
        self._began = self._began or bool(piece)
        while not self._stream.eof:
            step = self._stream.decompress(piece, STEP)
            yield step
            piece = self._stream.unconsumed_tail
            if not piece and len(step) < STEP:
                return

    def end(self) -> None:
        """Check that the body was whole."""
        if self._stream is not None and self._began and not self._stream.eof:
            raise zlib.error("incomplete body")
